//! Signatures of received messages (RFC 6109 §2.2.2: existence and integrity).

use std::ops::Range;

use bytes::Bytes;

use crate::key::Certificate;
use crate::multipart::{self, ClearSigned};
pub use crate::open_error::OpenError;
use crate::open_error::broken;
use crate::signed_data::SignedData;

/// A message whose signature fits its content. Says nothing yet about who may sign.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The signed entity within the message: its MIME header to the end of its last line.
    pub entity: Range<usize>,
    /// Who signed.
    pub signer: Certificate,
    /// The other certificates in the signature.
    pub others: Vec<Certificate>,
    /// signingTime, seconds since 1970.
    pub signing_time: Option<i64>,
    /// `sha1`, `sha256`, `sha384`, `sha512`.
    pub digest: &'static str,
    /// SHA-256 of the signed entity in the octets that the signature covers, whatever digest the signer used.
    pub sha256: [u8; 32],
    /// Names of tolerated deviations (BER, unsorted attributes, micalg that disagrees, …); all of them:
    ///
    /// * `ber`: indefinite lengths (Legalmail, Telecompost, Irideos, Cedacri; Aruba 2026);
    /// * `ber-attributes`: so are lengths inside the signed attributes;
    /// * `line-ends`: lone LF where CRLF was signed (messages kept in files of another system);
    /// * `micalg`: it names another digest than the signature, or none;
    /// * `no-closing-boundary`: the message ends with the signature;
    /// * `no-signed-attributes`: the signature covers the content itself;
    /// * `protocol`: it is missing or disagrees with the part's type;
    /// * `unreadable-certificate`: one that is not the signer's was left out;
    /// * `unsorted-attributes`: the signed attributes are not in DER order.
    pub quirks: Vec<&'static str>,
}

/// Opens a clear-signed message [R-2.2.2-c] [R-2.2.2-e]: finds the two parts, checks the digest and the
/// signature, by SHA-1 or SHA-2 [R-O-sig-2]. Accepts BER, both protocols, any micalg [R-O-sig-1].
///
/// The signed part must be the only body: a third part, a second `Content-Type`, text that some reader could
/// take for another part are refused, since a person might be shown what nobody signed [R-I-sec-1] [R-7-c].
pub fn open(message: &Bytes) -> Result<Opened, OpenError> {
    let ClearSigned { entity, signature, micalg, mut quirks } = multipart::split(message)?;
    let signed_data = SignedData::parse(&signature)?;
    if signed_data.content.is_some() {
        return Err(broken("the signature part carries a content of its own"));
    }
    let content = message.get(entity.clone()).unwrap_or_default();
    let verified = signed_data.verify(content, true)?;
    let named = micalg.map(|micalg| micalg.to_ascii_lowercase().replace('-', ""));
    if named.as_deref() != Some(verified.digest) {
        quirks.push("micalg");
    }
    quirks.extend(verified.quirks);
    Ok(Opened {
        entity,
        signer: verified.signer,
        others: verified.others,
        signing_time: verified.signing_time,
        digest: verified.digest,
        sha256: verified.sha256,
        quirks,
    })
}

#[cfg(test)]
mod tests;
