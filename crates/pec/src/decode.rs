//! Transfer encodings and charsets of foreign text, read without ever failing.

mod flow;

use encoding_rs::{Encoding, WINDOWS_1252};

pub(crate) use flow::{Base64, QuotedPrintable};

/// As [`Base64`] reads it.
pub(crate) fn base64(text: &[u8]) -> Vec<u8> {
    let (mut flow, mut out) = (Base64::default(), Vec::with_capacity(text.len() / 4 * 3 + 3));
    flow.take(text, &mut out);
    flow.end(&mut out);
    out
}

/// As [`QuotedPrintable`] reads it.
pub(crate) fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let (mut flow, mut out) = (QuotedPrintable::default(), Vec::with_capacity(text.len()));
    flow.take(text, &mut out);
    flow.end(&mut out);
    out
}

/// The escapes alone, `=XX` as the Q encoding of headers has them too (RFC 2047 §4.2), or `%XX` (RFC 2231 §4, RFC 3986 §2.1).
/// What only begins like one stays as it is.
pub fn escapes(text: &[u8], sign: u8, out: &mut Vec<u8>) {
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
    Some((flow::digit(high)? << 4 | flow::digit(low)?, after))
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
    use proptest::prelude::*;

    use super::*;

    fn sign() -> impl Strategy<Value = Vec<u8>> {
        let signs: [&[u8]; 12] =
            [b"=", b"=4", b"=41", b" ", b"\t", b"\r\n", b"\n", b"\r", b"YWJj", b"Zw", b"!", b"\xe8"];
        prop::sample::select(signs.to_vec()).prop_map(<[u8]>::to_vec)
    }

    /// Line by line, as the RFC tells it.
    fn by_lines(text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for line in text.split_inclusive(|&b| b == b'\n') {
            let content = line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\n")).unwrap_or(line);
            let (ending, content) = (&line[content.len()..], content.trim_ascii_end());
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

    proptest! {
        #[test]
        fn what_comes_out_does_not_depend_on_the_cuts(signs in prop::collection::vec(sign(), 0..30), cut in 1usize..7) {
            let text = signs.concat();
            prop_assert_eq!(quoted_printable(&text), by_lines(&text));
            let (mut digits, mut quoted) = (Base64::default(), QuotedPrintable::default());
            let (mut of_digits, mut of_quoted) = (Vec::new(), Vec::new());
            for piece in text.chunks(cut) {
                digits.take(piece, &mut of_digits);
                quoted.take(piece, &mut of_quoted);
            }
            digits.end(&mut of_digits);
            quoted.end(&mut of_quoted);
            prop_assert_eq!((of_digits, of_quoted), (base64(&text), by_lines(&text)));
        }
    }

    #[test]
    fn blanks_without_end_are_not_held() {
        let mut flow = QuotedPrintable::default();
        let mut out = Vec::new();
        (0..100).for_each(|_| flow.take(&[b' '; 10_000], &mut out));
        assert!(out.len() > 900_000);
    }

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
