//! Transfer encodings and charsets of foreign text, read without ever failing.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use encoding_rs::{Encoding, WINDOWS_1252};

/// Base64 as it arrives: characters outside the alphabet are skipped (RFC 2045 §6.8), padding may be
/// missing, what stands after the padding is not read.
pub(crate) fn base64(text: &[u8]) -> Vec<u8> {
    const ENGINE: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let mut digits: Vec<u8> = text
        .iter()
        .copied()
        .take_while(|&b| b != b'=')
        .filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
        .collect();
    // One digit alone holds no octet.
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    ENGINE.decode(&digits).unwrap_or_default()
}

/// Quoted-printable (RFC 2045 §6.7): `=` that begins no escape stays as it is, blanks before a line
/// end go, line ends stay as they came.
pub(crate) fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|&b| b == b'\n') {
        let content = line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\n")).unwrap_or(line);
        let ending = line.get(content.len()..).unwrap_or_default();
        let content = content.trim_ascii_end();
        match content.strip_suffix(b"=") {
            Some(soft) => escapes(soft, b'=', &mut out),
            None => {
                escapes(content, b'=', &mut out);
                out.extend_from_slice(ending);
            }
        }
    }
    out
}

/// The escapes alone, `=XX` as the Q encoding of headers has them too (RFC 2047 §4.2), or `%XX` (RFC 2231 §4).
pub(crate) fn escapes(text: &[u8], sign: u8, out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        match hex_pair(tail).filter(|_| first == sign) {
            Some((octet, after)) => {
                out.push(octet);
                rest = after;
            }
            None => {
                out.push(first);
                rest = tail;
            }
        }
    }
}

fn hex_pair(text: &[u8]) -> Option<(u8, &[u8])> {
    let (&[high, low], after) = text.split_first_chunk::<2>()?;
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    Some((digit(high)? << 4 | digit(low)?, after))
}

/// Octets without a declared charset: UTF-8 when they are, else ISO-8859-1 in its superset
/// windows-1252, which is what mail programs mean by it.
pub fn undeclared(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(octets).0.into_owned(),
    }
}

/// Octets in the charset called `label`; unknown names read as [`undeclared`].
pub(crate) fn declared(octets: &[u8], label: &str) -> String {
    let label = label.trim();
    if label.eq_ignore_ascii_case("utf-7") {
        // Still met in real originals, and absent from the web's list of encodings.
        if let Some(decoder) = mail_parser::decoders::charsets::map::charset_decoder(b"utf-7") {
            return decoder(octets);
        }
    }
    match Encoding::for_label_no_replacement(label.as_bytes()) {
        Some(encoding) => encoding.decode_without_bom_handling(octets).0.into_owned(),
        None => undeclared(octets),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_with_line_ends_junk_and_without_padding() {
        assert_eq!(base64(b"YWJj\r\nZGVm\r\nZw=="), b"abcdefg");
        assert_eq!(base64(b"YW!Jj ZA"), b"abcd");
        assert_eq!(base64(b"Y"), b"");
        assert_eq!(base64(b""), b"");
    }

    #[test]
    fn quoted_printable_keeps_line_ends_and_joins_soft_breaks() {
        assert_eq!(quoted_printable(b"a=20b =  \r\nc=E8=\nd  \r\n=zz=4"), b"a b c\xe8d\r\n=zz=4");
    }

    #[test]
    fn octets_without_charset_are_utf8_or_western() {
        assert_eq!(undeclared("è".as_bytes()), "è");
        assert_eq!(undeclared(b"\xe8\x92"), "è\u{2019}");
        assert_eq!(declared(b"+AOA-", "UTF-7"), "à");
        assert_eq!(declared(b"\xe8", "unknown-8bit"), "è");
    }
}
