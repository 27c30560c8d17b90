//! The two parts of a clear-signed message (RFC 1847 §2.1, RFC 2046 §5.1.1), found byte-exactly.

use std::ops::Range;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

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
    let (header, body) = header(message);
    let mut content_types = header.iter().filter(|(name, _)| name == "content-type").map(|(_, value)| value);
    let media = MediaType::parse(content_types.next().ok_or(OpenError::NotSigned)?);
    if media.name != "multipart/signed" {
        return Err(OpenError::NotSigned);
    }
    let mut quirks = Vec::new();
    let protocol = media.parameter("protocol")?.map(str::to_ascii_lowercase);
    if protocol.as_deref().is_some_and(|protocol| !is_pkcs7_signature(protocol)) {
        return Err(OpenError::NotSigned);
    }
    if content_types.next().is_some() {
        return Err(broken("there are several Content-Type fields"));
    }
    let Some(boundary) = media.parameter("boundary")?.filter(|boundary| !boundary.is_empty()) else {
        return Err(broken("the boundary is missing"));
    };

    let [entity, signature] = parts(message, body, boundary, &mut quirks)?;
    let (signature, part_type) = read_signature(message.get(signature).unwrap_or_default())?;
    if protocol.as_ref() != Some(&part_type) {
        quirks.push("protocol");
    }
    Ok(ClearSigned { entity, signature, micalg: media.parameter("micalg")?.map(str::to_owned), quirks })
}

fn is_pkcs7_signature(name: &str) -> bool {
    matches!(name, "application/pkcs7-signature" | "application/x-pkcs7-signature")
}

/// A line that begins with the boundary.
struct Delimiter {
    /// Where the part before it ends.
    end: usize,
    /// Where the part after it begins.
    next: usize,
    kind: DelimiterKind,
}

#[derive(PartialEq)]
enum DelimiterKind {
    Open,
    Close,
    /// More text follows on the line: no delimiter to RFC 2046, but one to readers that compare beginnings.
    Doubtful,
}

/// The ranges of exactly two parts.
fn parts(
    message: &[u8],
    body: usize,
    boundary: &str,
    quirks: &mut Vec<&'static str>,
) -> Result<[Range<usize>; 2], OpenError> {
    let mut found = delimiters(message, body, boundary);
    let first = found
        .next()
        .filter(|first| first.kind == DelimiterKind::Open)
        .ok_or_else(|| broken("there is no first part"))?;
    // Inside the signed part a doubtful line is covered by the signature.
    let second = found
        .by_ref()
        .find(|delimiter| delimiter.kind != DelimiterKind::Doubtful)
        .filter(|second| second.kind == DelimiterKind::Open)
        .ok_or_else(|| broken("there is no signature part"))?;
    let end = match found.next() {
        Some(last) if last.kind == DelimiterKind::Close => last.end,
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
fn delimiters<'a>(message: &'a [u8], from: usize, boundary: &'a str) -> impl Iterator<Item = Delimiter> + 'a {
    let mut start = from;
    std::iter::from_fn(move || {
        while let Some(rest) = message.get(start..).filter(|rest| !rest.is_empty()) {
            let line_start = start;
            let line = rest.iter().position(|b| *b == b'\n').map_or(rest, |end| &rest[..=end]);
            start += line.len();
            let Some(after) = line.strip_prefix(b"--").and_then(|line| line.strip_prefix(boundary.as_bytes())) else {
                continue;
            };
            let before = message.get(from..line_start).unwrap_or_default();
            let line_end = if before.ends_with(b"\r\n") { 2 } else { usize::from(before.ends_with(b"\n")) };
            let kind = match after.trim_ascii_end() {
                b"" => DelimiterKind::Open,
                b"--" => DelimiterKind::Close,
                _ => DelimiterKind::Doubtful,
            };
            return Some(Delimiter { end: line_start - line_end, next: start, kind });
        }
        None
    })
}

/// Decodes the signature part and gives its type.
fn read_signature(part: &[u8]) -> Result<(Vec<u8>, String), OpenError> {
    let (header, body) = header(part);
    let field = |name| header.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
    let media = MediaType::parse(field("content-type").ok_or(OpenError::NotSigned)?);
    if !is_pkcs7_signature(&media.name) {
        return Err(OpenError::NotSigned);
    }
    let body = part.get(body..).unwrap_or_default();
    if body.len() > MAX_SIGNATURE {
        return Err(broken("the signature is too large"));
    }
    let encoding = field("content-transfer-encoding").map(|value| value.trim().to_ascii_lowercase());
    match encoding.as_deref() {
        Some("base64") => decode_base64(body),
        Some("binary" | "8bit") => Ok(body.to_vec()),
        // 0x30 begins every SignedData and no base64 of one.
        None | Some("7bit") if body.first() != Some(&0x30) => decode_base64(body),
        None => Ok(body.to_vec()),
        Some(_) => Err(broken("the signature part has an unknown transfer encoding")),
    }
    .map(|signature| (signature, media.name))
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

/// The fields (name in lower case, unfolded value) at the start of `bytes`, and where the body begins.
fn header(bytes: &[u8]) -> (Vec<(String, String)>, usize) {
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut position = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        position += line.len();
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.is_empty() {
            break;
        }
        let text = String::from_utf8_lossy(text);
        if text.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push_str(&text);
            }
        } else if let Some((name, value)) = text.split_once(':') {
            fields.push((name.trim_end().to_ascii_lowercase(), value.to_owned()));
        } else {
            // No field: kept nameless, so that what is folded under it joins no other field.
            fields.push((String::new(), String::new()));
        }
    }
    (fields, position)
}

/// A media type and its parameters (RFC 2045 §5.1).
#[derive(Debug)]
struct MediaType {
    name: String,
    parameters: Vec<(String, String)>,
}

impl MediaType {
    fn parse(value: &str) -> Self {
        let mut pieces = pieces(value).into_iter();
        let name = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
        let parameters = pieces
            .filter_map(|piece| {
                let (name, value) = piece.split_once('=')?;
                Some((name.trim().to_ascii_lowercase(), unquote(value.trim())))
            })
            .collect();
        Self { name, parameters }
    }

    /// The value of a parameter; readers would choose differently among several.
    fn parameter(&self, name: &str) -> Result<Option<&str>, OpenError> {
        let mut values =
            self.parameters.iter().filter(|(parameter, _)| parameter == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(broken("a parameter of Content-Type is repeated")),
        }
    }
}

/// Cuts a field value at its semicolons, those in quoted strings excepted; comments go.
fn pieces(value: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut quoted, mut escaped, mut comment) = (false, false, 0usize);
    for c in value.chars() {
        let last = pieces.last_mut();
        let kept = comment == 0;
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted || comment > 0 => escaped = true,
            '"' if comment == 0 => quoted = !quoted,
            '(' if !quoted => {
                comment += 1;
                continue;
            }
            ')' if comment > 0 => {
                comment -= 1;
                continue;
            }
            ';' if !quoted && comment == 0 => {
                pieces.push(String::new());
                continue;
            }
            _ => {}
        }
        if let (true, Some(last)) = (kept, last) {
            last.push(c);
        }
    }
    pieces
}

fn unquote(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else { return value.to_owned() };
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => text.extend(chars.next()),
            c => text.push(c),
        }
    }
    text
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
