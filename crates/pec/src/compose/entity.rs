//! The entity to sign: `multipart/mixed` of text, certification data and original (§4.3).
//!
//! Everything of ours is 7-bit with CRLF line ends. The original goes in byte for byte: bare CR or LF
//! in it would not survive SMTP, so the submission door refuses or mends them before an original exists;
//! here they are embedded as they are.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::text::Text;
use crate::{Pieces, Shared};

/// Text first, then `daticert.xml`, then `postacert.eml` as `message/rfc822` [R-4.3-a] [R-4.3.2-a]. What is ours is
/// encoded and short [R-4.3-b] [R-I-sig-4]. `seed` makes the boundaries:
/// the same message has the same bytes.
pub(super) fn mixed(seed: &str, text: &Text, data: Option<&[u8]>, original: Option<Shared>) -> Pieces {
    let mut parts = alternative(seed, text);
    if let Some(xml) = data {
        parts.push(daticert(xml));
    }
    let original_bytes = original.as_ref().map(|o| o.bytes().as_ref()).unwrap_or_default();
    let boundary = boundary(seed, "mixed", &[original_bytes]);
    // An original with octets above 127 makes itself and what surrounds it 8bit (RFC 2045 §6.4).
    let transfer = if original_bytes.is_ascii() { "7bit" } else { "8bit" };

    let mut head = format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n");
    if transfer == "8bit" {
        head.push_str("Content-Transfer-Encoding: 8bit\r\n");
    }
    for part in parts {
        head.push_str(&format!("\r\n--{boundary}\r\n{part}"));
    }
    let mut pieces = Pieces::new();
    if let Some(original) = original {
        head.push_str(&format!(
            "\r\n--{boundary}\r\n\
             Content-Type: message/rfc822; name=\"postacert.eml\"\r\n\
             Content-Disposition: inline; filename=\"postacert.eml\"\r\n\
             Content-Transfer-Encoding: {transfer}\r\n\r\n"
        ));
        pieces.push(head);
        pieces.push_shared(original);
        pieces.push(Bytes::from(format!("\r\n--{boundary}--\r\n")));
    } else {
        head.push_str(&format!("\r\n--{boundary}--\r\n"));
        pieces.push(head);
    }
    pieces
}

/// The text as `multipart/alternative` of exactly two parts [R-4.3.1-b].
fn alternative(seed: &str, text: &Text) -> Vec<String> {
    let plain = quoted_printable(&text.plain);
    let html = quoted_printable(text.html.as_bytes());
    let boundary = boundary(seed, "alternative", &[plain.as_bytes(), html.as_bytes()]);
    let part = |media: &str, body: &str| {
        format!(
            "--{boundary}\r\n\
             Content-Type: {media}; charset=ISO-8859-1\r\n\
             Content-Disposition: inline\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\n\
             {body}\r\n"
        )
    };
    vec![format!(
        "Content-Type: multipart/alternative;\r\n boundary=\"{boundary}\"\r\n\r\n{}{}--{boundary}--\r\n",
        part("text/plain", &plain),
        part("text/html", &html),
    )]
}

/// [R-4.3.3-a] [R-O-4.3-1]
fn daticert(xml: &[u8]) -> String {
    let mut part = String::from(
        "Content-Type: application/xml; name=\"daticert.xml\"\r\n\
         Content-Disposition: inline; filename=\"daticert.xml\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n",
    );
    // 57 octets make a line of 76 digits.
    for chunk in xml.chunks(57) {
        part.push_str(&STANDARD.encode(chunk));
        part.push_str("\r\n");
    }
    part
}

/// A boundary that stands in none of `parts`, always the same for the same seed and parts. `=_`
/// occurs neither in base64 nor in quoted-printable.
fn boundary(seed: &str, label: &str, parts: &[&[u8]]) -> String {
    let mut round = 0u64;
    loop {
        let digest = Sha256::digest(format!("{label}\n{round}\n{seed}"));
        let boundary: String = format!("=_{}", hex::encode(digest)).chars().take(34).collect();
        if !parts.iter().any(|part| contains(part, boundary.as_bytes())) {
            return boundary;
        }
        round += 1;
    }
}

/// Substring search that skips ahead (Horspool), since an original may be tens of megabytes.
fn contains(text: &[u8], wanted: &[u8]) -> bool {
    let Some((last, head)) = wanted.split_last() else { return true };
    let mut skip = [wanted.len(); 256];
    for (at, &byte) in head.iter().enumerate() {
        if let Some(slot) = skip.get_mut(usize::from(byte)) {
            *slot = head.len() - at;
        }
    }
    let mut at = 0;
    while let Some(window) = text.get(at..at + wanted.len()) {
        if window == wanted {
            return true;
        }
        let end = window.last().unwrap_or(last);
        at += skip.get(usize::from(*end)).copied().unwrap_or(1);
    }
    false
}

/// Quoted-printable of a text with CRLF line ends (RFC 2045 §6.7). `From ` and a lone dot at the
/// start of a line are encoded too: old relays change them, and the text is signed.
fn quoted_printable(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for line in text.split_inclusive(|&b| b == b'\n') {
        let (line, end) = match line.strip_suffix(b"\r\n") {
            Some(line) => (line, "\r\n"),
            None => (line, ""),
        };
        let mut column = 0;
        for (at, &byte) in line.iter().enumerate() {
            let last = at + 1 == line.len();
            let starts = column == 0 || column + 1 > 75;
            let literal = match byte {
                b'=' => false,
                b' ' => !last,
                b'F' => !(starts && line.get(at..).is_some_and(|rest| rest.starts_with(b"From "))),
                b'.' => !starts,
                byte => byte.is_ascii_graphic(),
            };
            let width = if literal { 1 } else { 3 };
            // The last line of a soft break has its `=` in column 76.
            if column + width > 75 {
                out.push_str("=\r\n");
                column = 0;
            }
            if literal {
                out.push(char::from(byte));
            } else {
                out.push_str(&format!("={byte:02X}"));
            }
            column += width;
        }
        out.push_str(end);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> Text {
        Text { plain: b"\xe8 vero\r\n".to_vec(), html: "<p>&#232; vero</p>\r\n".into() }
    }

    #[test]
    fn a_boundary_that_stands_in_the_original_is_not_taken() {
        let first = boundary("seed", "mixed", &[]);
        let original = Shared::new(Bytes::from(format!("Subject: x\r\n\r\n--{first}\r\n")));
        let entity = mixed("seed", &text(), None, Some(original)).to_bytes();
        let second = boundary("seed", "mixed", &[first.as_bytes()]);
        assert_ne!(first, second);
        assert!(entity.ends_with(format!("\r\n--{second}--\r\n").as_bytes()));
    }

    #[test]
    fn the_skipping_search_finds_what_is_there_and_nothing_else() {
        for (text, wanted, found) in [
            ("abcabd", "abd", true),
            ("abcab", "abd", false),
            ("aaab", "ab", true),
            ("", "x", false),
            ("xx", "xxx", false),
        ] {
            assert_eq!(contains(text.as_bytes(), wanted.as_bytes()), found, "{text} {wanted}");
        }
    }

    #[test]
    fn quoted_printable_lines_have_at_most_76_columns_and_no_blank_at_their_end() {
        let long = [b"\xe8=".repeat(100), b" \r\nFrom me\r\n.\r\n".to_vec()].concat();
        let coded = quoted_printable(&long);
        assert!(coded.split("\r\n").all(|line| line.len() <= 76 && !line.ends_with(' ')), "{coded}");
        assert!(coded.ends_with("=20\r\n=46rom me\r\n=2E\r\n"), "{coded}");
    }
}
