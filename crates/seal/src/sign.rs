//! S/MIME clear-signed messages (RFC 6109 §2.1, RFC 5751 §3.4.3).

use aws_lc_rs::digest::{self, Context, SHA256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pec::compose::Draft;
use pec::{Moment, Pieces};

use crate::certificate::hex;
use crate::key::{KeyError, Signer};
use crate::signed_data;

/// Signs a draft: `multipart/signed` [R-L-6-1], SHA-256 [R-O-sig-2], signed attributes contentType, messageDigest,
/// signingTime = the draft's moment; signer and issuers included; DER. The entity's pieces are
/// hashed where they lie and go into the result unflattened [R-2.1-a] [R-2.1-b].
///
/// What is signed is `draft.entity`, every octet of it and none besides: the CRLF that follows the entity in
/// the message belongs to the boundary (RFC 2046 §5.1.1), so the entity's own last CRLF stands before an
/// empty line and no reader can count it differently.
///
/// The entity must have CRLF line ends throughout [R-I-sig-4]: readers that bring text to canonical form before they
/// verify (`openssl smime -verify`) find a lone CR or LF changed. The doors refuse such originals; here they are
/// signed as they are, and every reader that takes bytes as bytes agrees. Octets above 127 are announced by
/// `Content-Transfer-Encoding: 8bit` on the whole message.
pub fn seal(draft: &Draft, signer: &dyn Signer) -> Result<Pieces, KeyError> {
    seal_letter(&draft.into(), signer)
}

/// What becomes a signed message, of whatever kind: the parts of a [`Draft`] that signing looks at.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// As [`Draft::header`].
    pub header: &'a [u8],
    /// As [`Draft::entity`].
    pub entity: &'a Pieces,
    /// As [`Draft::moment`].
    pub moment: Moment,
    /// As [`Draft::message_id`].
    pub message_id: &'a str,
}

impl<'a> From<&'a Draft> for Letter<'a> {
    fn from(draft: &'a Draft) -> Self {
        let Draft { header, entity, moment, message_id, kind: _, data: _ } = draft;
        Self { header, entity, moment: *moment, message_id }
    }
}

/// Signs what is no message of the norm, in the same form as [`seal`].
pub fn seal_letter(draft: &Letter<'_>, signer: &dyn Signer) -> Result<Pieces, KeyError> {
    let mut context = Context::new(&SHA256);
    let mut seven_bit = true;
    for chunk in draft.entity.chunks() {
        context.update(chunk);
        seven_bit = seven_bit && chunk.is_ascii();
    }
    let sha256 = context.finish();
    let signature = signed_data::sign(sha256.as_ref(), None, draft.moment.unix(), signer)?;
    let boundary = boundary(draft, &sha256);

    let mut head = Vec::with_capacity(draft.header.len() + 320);
    head.extend_from_slice(draft.header);
    head.extend_from_slice(b"MIME-Version: 1.0\r\n");
    head.extend_from_slice(
        b"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n\tmicalg=sha-256; boundary=\"",
    );
    head.extend_from_slice(boundary.as_bytes());
    head.extend_from_slice(b"\"\r\n");
    if !seven_bit {
        head.extend_from_slice(b"Content-Transfer-Encoding: 8bit\r\n");
    }
    head.extend_from_slice(b"\r\nThis is an S/MIME signed message\r\n\r\n--");
    head.extend_from_slice(boundary.as_bytes());
    head.extend_from_slice(b"\r\n");

    let mut tail = Vec::with_capacity(signature.len() * 7 / 5 + 320);
    tail.extend_from_slice(b"\r\n--");
    tail.extend_from_slice(boundary.as_bytes());
    tail.extend_from_slice(
        b"\r\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n\
          Content-Transfer-Encoding: base64\r\n\
          Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n",
    );
    for line in STANDARD.encode(signature).as_bytes().chunks(64) {
        tail.extend_from_slice(line);
        tail.extend_from_slice(b"\r\n");
    }
    tail.extend_from_slice(b"\r\n--");
    tail.extend_from_slice(boundary.as_bytes());
    tail.extend_from_slice(b"--\r\n");

    let mut message = Pieces::own(head);
    message.extend(draft.entity.clone());
    message.push(tail);
    Ok(message)
}

/// A boundary that cannot occur in the entity: it is drawn from the digest of the entity (and of what makes the
/// message itself, so that one original in two messages has two), and no text contains its own SHA-256.
/// The form is OpenSSL's, which every client has met.
fn boundary(draft: &Letter<'_>, sha256: &digest::Digest) -> String {
    let mut context = Context::new(&SHA256);
    context.update(sha256.as_ref());
    context.update(&draft.moment.unix().to_be_bytes());
    context.update(draft.message_id.as_bytes());
    context.update(&[0]);
    context.update(draft.header);
    let digest = hex(context.finish().as_ref()).to_ascii_uppercase();
    format!("----{:.32}", digest)
}

#[cfg(test)]
mod tests;
