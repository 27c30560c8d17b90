//! The fields of a foreign header that an envelope inherits, made fit for a signed message's way.

use std::ops::Range;

use crate::decode;
use crate::encoded_word;
use crate::header::Header;
use crate::limits::LINE;
use crate::mime::comment;

use super::words;

/// The line at which rewritten fields are folded where they can be.
const FOLD: usize = 76;

/// The fields whose values are address lists.
const ADDRESSES: [&str; 3] = ["To", "Cc", "Reply-To"];

/// The octets that the address fields and the subject of an original take in its envelope.
pub(crate) fn octets(header: &Header, subject: Option<&str>) -> usize {
    let addresses = ADDRESSES.iter().flat_map(|name| header.raw(name).map(|raw| field(name, raw)));
    addresses.flatten().map(|field| field.len()).sum::<usize>() + words::subject("", subject.unwrap_or_default()).len()
}

/// A field called `name` as an envelope has it, ended by CRLF.
///
/// It keeps its bytes [R-3.1.5-a] as long as they are ASCII in lines of at most 998 octets: only line ends are made CRLF,
/// and a lone CR inside a line a blank, so that no field can end earlier than its sender could have it end. Otherwise it
/// is written anew with the same meaning: names of people in encoded words (RFC 2047), folded at blanks and between
/// addresses. `None` where a word is longer than any line, which only a message that nobody certifies can have.
pub(super) fn field(name: &str, raw: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(raw.len() + 2);
    let mut fits = true;
    for line in raw.split_inclusive(|&b| b == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        fits &= line.len() <= LINE && line.is_ascii();
        out.extend(line.iter().map(|&b| if b == b'\r' { b' ' } else { b }));
        out.extend_from_slice(b"\r\n");
    }
    if fits {
        return Some(out);
    }
    out.retain(|b| !matches!(b, b'\r' | b'\n'));
    let text = decode::undeclared(&out);
    let (_, value) = text.split_once(':')?;
    let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let is_list = ADDRESSES.iter().any(|list| list.eq_ignore_ascii_case(name));
    let value = if is_list { encoded(&value) } else { ascii(&value) };
    Some(fold(name, value.trim(), is_list)?.into_bytes())
}

/// Whether `list` has octets above 127 outside the names of people, where no encoding is (RFC 6532 apart).
pub(crate) fn has_eight_bit_address(list: &str) -> bool {
    pieces(list).any(|(piece, text)| {
        let address = match piece {
            // A name that no address follows is damage, not an address.
            Piece::Name { before_angle } => !before_angle && text.contains('@'),
            Piece::Angle => true,
            Piece::Comment | Piece::Separator => false,
        };
        address && !text.is_ascii()
    })
}

/// A piece of an address list.
#[derive(Clone, Copy, PartialEq)]
enum Piece {
    /// Atoms and quoted strings: a display name where an angle bracket or the colon of a group follows, else an address.
    Name { before_angle: bool },
    /// With its brackets.
    Angle,
    /// With its parentheses.
    Comment,
    /// A comma or one of its like.
    Separator,
}

/// Cuts a list, losing nothing.
fn pieces(list: &str) -> impl Iterator<Item = (Piece, &str)> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let (piece, len) = match first {
            // One that nothing closes reaches to the end.
            '(' => (Piece::Comment, comment(rest.as_bytes()).unwrap_or(rest.len())),
            '<' => (Piece::Angle, rest.find('>').map_or(rest.len(), |at| at + 1)),
            ',' | ';' | ':' | '>' | ')' => (Piece::Separator, 1),
            _ => {
                let len = name(rest);
                let after = rest.get(len..).unwrap_or_default();
                (Piece::Name { before_angle: after.starts_with(['<', ':']) }, len)
            }
        };
        let (text, after) = rest.split_at_checked(len)?;
        rest = after;
        Some((piece, text))
    })
}

/// How far a run of atoms and quoted strings reaches.
fn name(text: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    let end = text.find(|c| {
        let ends = !quoted && matches!(c, '(' | '<' | ',' | ';' | ':' | '>' | ')');
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        ends
    });
    end.unwrap_or(text.len())
}

/// A list in which names and comments with octets above 127 are encoded words.
fn encoded(list: &str) -> String {
    let mut out = String::with_capacity(list.len());
    for (piece, text) in pieces(list) {
        if text.is_ascii() {
            out.push_str(text);
            continue;
        }
        match piece {
            Piece::Name { .. } => {
                out.push_str(if text.starts_with(' ') { " " } else { "" });
                out.push_str(&words::phrase(&encoded_word::decode(&unquoted(text.trim()))));
                out.push_str(if text.ends_with(' ') { " " } else { "" });
            }
            Piece::Comment => {
                let inside = text.strip_prefix('(').unwrap_or(text);
                let inside = inside.strip_suffix(')').unwrap_or(inside);
                out.push_str(&format!("({})", words::phrase(&encoded_word::decode(inside))));
            }
            Piece::Angle | Piece::Separator => out.push_str(&ascii(text)),
        }
    }
    out
}

/// A name without the quotes of its quoted strings.
fn unquoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            _ if escaped => {
                out.push(c);
                escaped = false;
            }
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c => out.push(c),
        }
    }
    out
}

fn ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect()
}

/// `name: value`, folded before blanks and, in a list, after the commas between addresses.
fn fold(name: &str, value: &str, is_list: bool) -> Option<String> {
    let mut out = format!("{name}:");
    let mut column = out.len();
    for (at, range) in places(value, is_list).into_iter().enumerate() {
        let text = value.get(range)?;
        let text =
            if at == 0 || !text.starts_with([' ', '\t']) { format!(" {}", text.trim_start()) } else { text.into() };
        // Where the field itself was cut after a comma, the blank is new, and means nothing there.
        let joined = if at > 0 && column + text.len() <= FOLD || at == 0 && column + text.len() <= LINE {
            column + text.len()
        } else {
            out.push_str("\r\n");
            text.len()
        };
        out.push_str(&text);
        column = joined;
        if column > LINE {
            return None;
        }
    }
    out.push_str("\r\n");
    Some(out)
}

/// The runs of a value between which it may be folded; each but the first begins with blanks or follows a comma.
fn places(value: &str, is_list: bool) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let mut start = 0;
    let (mut quoted, mut escaped, mut blank, mut comma) = (false, false, true, false);
    for (at, &byte) in value.as_bytes().iter().enumerate() {
        let is_blank = matches!(byte, b' ' | b'\t');
        if at > start && (is_blank && !blank && !escaped || comma && !is_blank) {
            places.push(start..at);
            start = at;
        }
        comma = is_list && byte == b',' && !quoted;
        blank = is_blank;
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
    }
    if start < value.len() {
        places.push(start..value.len());
    }
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(raw: &str) -> String {
        String::from_utf8(field("To", raw.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn a_field_that_is_fit_keeps_its_bytes() {
        // [R-3.1.5-a]
        for raw in ["To: a@b.it,\r\n\tc@d.it\r\n", "to : \"x\" <a@b.it>\r\n", "To:a@b.it\r\n"] {
            assert_eq!(written(raw), raw);
        }
    }

    #[test]
    fn names_with_octets_above_127_become_encoded_words() {
        for (raw, expected) in [
            ("To: \"Perché\" <a@b.it>\r\n", "To: =?UTF-8?B?UGVyY2jDqQ==?= <a@b.it>\r\n"),
            (
                "To: Perché, no <a@b.it>, c@d.it (già)\r\n",
                "To: =?UTF-8?B?UGVyY2jDqQ==?=, no <a@b.it>, c@d.it (=?UTF-8?B?Z2nDoA==?=)\r\n",
            ),
            ("To: Città: a@b.it;\r\n", "To: =?UTF-8?B?Q2l0dMOg?=: a@b.it;\r\n"),
            ("To: \"x\" <perché@b.it>\r\n", "To: \"x\" <perch?@b.it>\r\n"),
        ] {
            assert_eq!(written(raw), expected);
        }
        let western = field("To", b"To: \"Perch\xe9\" <a@b.it>\r\n").unwrap();
        assert_eq!(String::from_utf8(western).unwrap(), "To: =?UTF-8?B?UGVyY2jDqQ==?= <a@b.it>\r\n");
    }

    #[test]
    fn a_line_that_is_too_long_is_folded_and_means_the_same() {
        let list: Vec<String> = (0..200).map(|n| format!("\"a, b\" <u{n}@d.it>")).collect();
        for separator in [", ", ","] {
            let field = written(&format!("To: {}\r\n", list.join(separator)));
            assert!(field.lines().all(|line| line.len() <= FOLD), "{field}");
            let header = Header::parse(&bytes::Bytes::from(field));
            assert_eq!(header.addresses("To").iter().flatten().count(), 200);
        }
        assert_eq!(field("To", format!("To: {}@b.it\r\n", "a".repeat(1_000)).as_bytes()), None);
    }

    #[test]
    fn octets_above_127_are_found_in_addresses_and_not_in_names() {
        for (list, eight_bit) in [
            ("\"Perché\" <a@b.it>, Città: c@d.it;, e@f.it (è), però", false),
            ("perché@b.it", true),
            ("x <a@città.it>", true),
            ("\"perché\"@b.it", true),
        ] {
            assert_eq!(has_eight_bit_address(list), eight_bit, "{list}");
        }
    }

    proptest! {
        #[test]
        fn what_is_inherited_is_one_ascii_field_in_short_lines(value in "[ -~è\r\t]{0,60}|[ -~è(),<>\"\\\\:;@]{0,3000}") {
            let raw = format!("To: {value}\r\n");
            if let Some(field) = field("To", raw.as_bytes()) {
                let field = String::from_utf8(field).unwrap();
                let lines: Vec<_> = field.strip_suffix("\r\n").unwrap().split("\r\n").collect();
                for (at, line) in lines.iter().enumerate() {
                    prop_assert!(line.len() <= LINE && line.is_ascii() && !line.contains(['\r', '\n']), "{:?}", field);
                    prop_assert!(at == 0 || line.starts_with([' ', '\t']), "{:?}", field);
                }
            }
        }
    }
}
