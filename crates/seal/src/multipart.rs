//! The two parts of a clear-signed message (RFC 1847 §2.1, RFC 2046 §5.1.1), found byte-exactly.

use std::ops::Range;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use pec::mime::{Block, Bounds, Delimiter, Entity, Parameter, delimiter, line_end, without_line_end};

use crate::open_error::{OpenError, broken};

/// A `multipart/signed` message taken apart.
#[derive(Debug)]
pub(crate) struct ClearSigned {
    /// The first part, without the line end that belongs to the boundary.
    pub entity: Range<usize>,
    /// The signature, decoded.
    pub signature: Vec<u8>,
    /// The announced digest, as written.
    pub micalg: Option<String>,
    pub quirks: Vec<&'static str>,
}

/// A signature with a handful of certificates has some 5 kB; nothing honest comes near this.
const MAX_SIGNATURE: usize = 4 << 20;

/// Takes a message apart.
pub(crate) fn split(message: &[u8]) -> Result<ClearSigned, OpenError> {
    let (outer, body) = entity(message);
    // A message that only some programs take for signed is signed to nobody.
    if outer.content.is_none() || !outer.is("multipart", "signed") {
        return Err(OpenError::NotSigned);
    }
    let protocol = parameter(&outer, "protocol");
    if protocol.as_deref().is_some_and(|protocol| !is_pkcs7_signature(protocol)) {
        return Err(OpenError::NotSigned);
    }
    clear(&outer)?;
    let boundary = outer.boundary().ok_or_else(|| broken("the boundary is missing"))?;

    let mut quirks = Vec::new();
    let [entity, signature] = parts(message, body, &boundary, &mut quirks)?;
    let (signature, part_type) = read_signature(message.get(signature).unwrap_or_default())?;
    if protocol.as_ref() != Some(&part_type) {
        quirks.push("protocol");
    }
    let micalg = outer.content.as_ref().and_then(|content| content.exact("micalg")).map(Parameter::value);
    let micalg = micalg.map(|micalg| String::from_utf8_lossy(&micalg).into_owned());
    Ok(ClearSigned { entity, signature, micalg, quirks })
}

/// The entity that `bytes` begin with, and where its body begins.
fn entity(bytes: &[u8]) -> (Entity, usize) {
    let block = Block::read(bytes, 0..bytes.len(), &Bounds::SIGNED);
    (Entity::read(block.of(bytes), Entity::TEXT, &Bounds::SIGNED), block.body_start())
}

/// A parameter of Content-Type in lower case.
fn parameter(entity: &Entity, name: &str) -> Option<String> {
    let value = entity.content.as_ref()?.exact(name)?.value();
    Some(String::from_utf8_lossy(&value).to_ascii_lowercase())
}

/// Readers would choose differently among several fields or parameters, and what one checks another would not show.
fn clear(entity: &Entity) -> Result<(), OpenError> {
    entity.flaws.first().map_or(Ok(()), |flaw| Err(broken(&flaw.to_string())))
}

fn is_pkcs7_signature(name: &str) -> bool {
    matches!(name, "application/pkcs7-signature" | "application/x-pkcs7-signature")
}

/// A line that begins with the boundary.
struct Line {
    /// Where the part before it ends.
    end: usize,
    /// Where the part after it begins.
    next: usize,
    kind: Delimiter,
}

/// The ranges of exactly two parts.
fn parts(
    message: &[u8],
    body: usize,
    boundary: &[u8],
    quirks: &mut Vec<&'static str>,
) -> Result<[Range<usize>; 2], OpenError> {
    let mut found = delimiters(message, body, boundary);
    let first =
        found.next().filter(|first| first.kind == Delimiter::Open).ok_or_else(|| broken("there is no first part"))?;
    // Inside the signed part a doubtful line is covered by the signature.
    let second = found
        .by_ref()
        .find(|line| line.kind != Delimiter::Doubtful)
        .filter(|second| second.kind == Delimiter::Open)
        .ok_or_else(|| broken("there is no signature part"))?;
    let end = match found.next() {
        Some(last) if last.kind == Delimiter::Close => last.end,
        Some(_) => return Err(broken("there are parts besides the signed one")),
        None => {
            quirks.push("no-closing-boundary");
            message.len()
        }
    };
    if found.next().is_some() {
        return Err(broken("there are parts after the signature"));
    }
    Ok([first.next..second.end.max(first.next), second.next..end.max(second.next)])
}

/// Every line at or after `from` that begins with the boundary.
fn delimiters<'a>(message: &'a [u8], from: usize, boundary: &'a [u8]) -> impl Iterator<Item = Line> + 'a {
    let mut start = from;
    std::iter::from_fn(move || {
        while let Some(rest) = message.get(start..).filter(|rest| !rest.is_empty()) {
            let line_start = start;
            let line = rest.get(..line_end(rest, 0)).unwrap_or(rest);
            start += line.len();
            let Some(kind) = delimiter(line, boundary) else {
                continue;
            };
            let end = without_line_end(message, from..line_start).end;
            return Some(Line { end, next: start, kind });
        }
        None
    })
}

/// Decodes the signature part and gives its type.
fn read_signature(part: &[u8]) -> Result<(Vec<u8>, String), OpenError> {
    let (header, body) = entity(part);
    let media = format!("{}/{}", header.main, header.sub);
    if header.content.is_none() || !is_pkcs7_signature(&media) {
        return Err(OpenError::NotSigned);
    }
    clear(&header)?;
    let body = part.get(body..).unwrap_or_default();
    if body.len() > MAX_SIGNATURE {
        return Err(broken("the signature is too large"));
    }
    match header.transfer.as_deref() {
        Some("base64") => decode_base64(body),
        Some("binary" | "8bit") => Ok(body.to_vec()),
        // 0x30 begins every SignedData and no base64 of one.
        None | Some("7bit") if body.first() != Some(&0x30) => decode_base64(body),
        None => Ok(body.to_vec()),
        Some(_) => Err(broken("the signature part has an unknown transfer encoding")),
    }
    .map(|signature| (signature, media))
}

fn decode_base64(text: &[u8]) -> Result<Vec<u8>, OpenError> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let digits: Vec<u8> = text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    LENIENT.decode(digits).map_err(|_| broken("the signature is not base64"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(content_type: &str, body: &str) -> String {
        format!("Subject: x\r\nContent-Type: {content_type}\r\n\r\n{body}")
    }

    const TYPE: &str = "multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b";
    const SIGNATURE: &str =
        "Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\nMAA=\r\n";

    fn entity(message: &str) -> Result<&str, OpenError> {
        split(message.as_bytes()).map(|parts| &message[parts.entity])
    }

    #[test]
    fn the_line_end_before_a_boundary_belongs_to_the_boundary() {
        for (inside, expected) in
            [("A: b\r\n\r\nc\r\n\r\n", "A: b\r\n\r\nc\r\n"), ("c\r\n", "c"), ("\r\n", ""), ("", "")]
        {
            let message = message(TYPE, &format!("preamble\r\n--b\r\n{inside}--b\r\n{SIGNATURE}--b--\r\n"));
            assert_eq!(entity(&message), Ok(expected), "{inside:?}");
        }
        let message =
            message(TYPE, &format!("--b\r\nA: b\r\n\r\nc\r\n--b\r\n{SIGNATURE}--b--\r\n")).replace("\r\n", "\n");
        assert_eq!(entity(&message), Ok("A: b\n\nc"));
    }

    #[test]
    fn parameters_come_quoted_bare_folded_commented_and_in_any_case() {
        for content_type in [
            "Multipart/Signed; PROTOCOL=application/x-pkcs7-signature; Micalg=SHA1; Boundary=\"b\"",
            "multipart/signed;\r\n\tprotocol=\"application/pkcs7-signature\";micalg=\"SHA1\"; \r\n boundary=b",
            "multipart/signed (a; comment); boundary=\"\\b\"; micalg=SHA1 (old); x=\"a;b=c\"",
        ] {
            let message = message(content_type, &format!("--b\r\nA: b\r\n\r\nc\r\n--b\r\n{SIGNATURE}--b--\r\n"));
            let parts = split(message.as_bytes()).unwrap();
            assert_eq!(&message[parts.entity], "A: b\r\n\r\nc", "{content_type}");
            assert_eq!(parts.micalg.as_deref(), Some("SHA1"), "{content_type}");
            assert_eq!(parts.signature, [0x30, 0]);
        }
    }

    #[test]
    fn a_signature_may_come_in_binary_or_without_a_declared_encoding() {
        for encoding in ["Content-Transfer-Encoding: binary\r\n", ""] {
            let part = format!("Content-Type: application/x-pkcs7-signature\r\n{encoding}\r\n0\0\r\n");
            let message = message(TYPE, &format!("--b\r\nc\r\n--b\r\n{part}--b--\r\n"));
            assert_eq!(split(message.as_bytes()).unwrap().signature, [0x30, 0], "{encoding}");
        }
    }

    #[test]
    fn whatever_is_not_a_pkcs7_signature_is_not_signed() {
        let signed = format!("--b\r\nc\r\n--b\r\n{SIGNATURE}--b--\r\n");
        for not_signed in [
            "no header".into(),
            message("text/plain", "hello"),
            message("multipart/mixed; boundary=b", &signed),
            message("multipart/signed; protocol=\"application/pgp-signature\"; boundary=b", &signed),
            message(TYPE, "--b\r\nc\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nMAA=\r\n--b--\r\n"),
        ] {
            assert_eq!(entity(&not_signed), Err(OpenError::NotSigned), "{not_signed}");
        }
    }

    #[test]
    fn nothing_may_stand_beside_the_signed_part() {
        let signed = format!("--b\r\nc\r\n--b\r\n{SIGNATURE}");
        for hiding in [
            format!("{signed}--b\r\n\r\nthird\r\n--b--\r\n"),
            format!("{signed}--b--\r\n--b\r\n\r\nafter the end\r\n"),
            format!("{signed}--bX\r\n\r\na part to readers that compare beginnings\r\n--b--\r\n"),
            format!("--bX\r\n\r\nthe same before\r\n{signed}--b--\r\n"),
            "--b\r\nc\r\n--b--\r\n".into(),
            "no boundary at all".into(),
        ] {
            assert!(matches!(entity(&message(TYPE, &hiding)), Err(OpenError::Broken(_))), "{hiding}");
        }
        let twice = message(TYPE, &format!("{signed}--b--\r\n")).replacen("Subject: x", "Content-Type: text/html", 1);
        assert!(entity(&twice).is_err());
        for (first, other) in [
            ("Subject: x", "Content-Type\u{b}: text/html"),
            ("boundary=b", "boundary=b; boundary*=''c"),
            ("boundary=b", "boundary=\"b\" c"),
        ] {
            let doubtful = message(TYPE, &format!("{signed}--b--\r\n")).replacen(first, other, 1);
            assert!(matches!(entity(&doubtful), Err(OpenError::Broken(_))), "{other}");
        }
        let doubled = message(&format!("{TYPE}; boundary=c"), &format!("{signed}--b--\r\n"));
        assert!(matches!(entity(&doubled), Err(OpenError::Broken(_))));
    }

    #[test]
    fn a_line_that_only_begins_like_the_boundary_may_stand_in_the_signed_part() {
        let message = message(TYPE, &format!("--b\r\n--b2\r\n--b2--\r\n--b\r\n{SIGNATURE}--b--\r\n"));
        assert_eq!(entity(&message), Ok("--b2\r\n--b2--"));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_scanner_panic(text in "(--b|--|b|\r\n|\n|:|;|\"|\\\\|\\(|Content-Type: multipart/signed|boundary=b|[ -~])*") {
            let _ = split(text.as_bytes());
            let _ = split(message(TYPE, &text).as_bytes());
        }

        #[test]
        fn no_bytes_make_the_scanner_panic(bytes: Vec<u8>) {
            let _ = split(&bytes);
        }
    }
}
