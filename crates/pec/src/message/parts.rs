//! The MIME parts of a signed entity, walked within bounds and never into an attached message.

use std::ops::Range;

use bytes::Bytes;

use super::slice;
use crate::header::{Header, line_end};
use crate::{decode, header};

/// Providers write four parts in three levels; these bounds only stop abuse.
const MAX_PARTS: usize = 200;
const MAX_DEPTH: usize = 8;

/// One part that is no multipart.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// `name` of Content-Type and `filename` of Content-Disposition, where given.
    pub(crate) names: Vec<String>,
    /// Whether its disposition is `attachment`.
    pub(crate) attachment: bool,
    /// Where its body stands in the message, without the line end before the boundary.
    pub(crate) body: Range<usize>,
    transfer: String,
}

/// What a Content-Transfer-Encoding does to the octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// 7bit, 8bit, binary, and whatever is not known.
    Identity,
    Base64,
    QuotedPrintable,
}

impl Part {
    pub(crate) fn encoding(&self) -> Encoding {
        match self.transfer.as_str() {
            "base64" => Encoding::Base64,
            "quoted-printable" => Encoding::QuotedPrintable,
            _ => Encoding::Identity,
        }
    }

    /// The octets of the body, decoded.
    pub(crate) fn decoded(&self, message: &Bytes) -> Option<Bytes> {
        let body = slice(message, &self.body)?;
        Some(match self.encoding() {
            Encoding::Identity => body,
            Encoding::Base64 => decode::base64(&body).into(),
            Encoding::QuotedPrintable => decode::quoted_printable(&body).into(),
        })
    }
}

/// The leaves of the entity, in order; `None` when it has too many or too deep parts. A range
/// outside the message has no parts.
pub(crate) fn walk(message: &Bytes, entity: Range<usize>) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut open = vec![(entity, 0)];
    while let Some((range, depth)) = open.pop() {
        let Some(bytes) = slice(message, &range) else {
            continue;
        };
        let header = Header::parse(&bytes);
        let body = range.start + header.body_start()..range.end;
        let content = Parameters::read(&header.value("Content-Type").unwrap_or_default());
        let boundary = content.boundary().filter(|boundary| !boundary.is_empty());
        match boundary.filter(|_| content.value.starts_with("multipart/")) {
            Some(boundary) => {
                let children = split(message, body, &boundary);
                if depth == MAX_DEPTH || children.len() + open.len() + parts.len() > MAX_PARTS {
                    return None;
                }
                open.extend(children.into_iter().rev().map(|child| (child, depth + 1)));
            }
            None => parts.push(part(&header, &content, body)),
        }
    }
    Some(parts)
}

fn part(header: &Header, content: &Parameters, body: Range<usize>) -> Part {
    let disposition = Parameters::read(&header.value("Content-Disposition").unwrap_or_default());
    let names = [content.get("name"), disposition.get("filename")].into_iter().flatten().collect();
    let transfer = header.value("Content-Transfer-Encoding").unwrap_or_default();
    let transfer = Parameters::read(&transfer).value;
    Part { names, attachment: disposition.value == "attachment", body, transfer }
}

/// The parts between the delimiter lines of `boundary` (RFC 2046 §5.1.1), one more than
/// [`MAX_PARTS`] at most. A delimiter line holds nothing else but blanks, so that a boundary which
/// begins like another one is not taken for it.
pub(crate) fn split(message: &Bytes, body: Range<usize>, boundary: &str) -> Vec<Range<usize>> {
    let bytes = message.get(..body.end).unwrap_or_default();
    let mut parts = Vec::new();
    let mut part: Option<usize> = None;
    let mut at = body.start;
    while at < bytes.len() && parts.len() <= MAX_PARTS {
        let end = line_end(bytes, at);
        let line = bytes.get(at..end).unwrap_or_default();
        if let Some(closes) = delimiter(line, boundary) {
            parts.extend(part.map(|start| start..before_line_end(bytes, start, at)));
            part = Some(end);
            if closes {
                return parts;
            }
        }
        at = end;
    }
    // The closing line is missing: the last part reaches to the end.
    parts.extend(part.map(|start| start..bytes.len()));
    parts
}

/// Whether the line is a delimiter, and if so, the closing one.
fn delimiter(line: &[u8], boundary: &str) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary.as_bytes())?;
    match rest.trim_ascii_end() {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

/// Where the part that begins at `start` ends: its last line end belongs to the delimiter.
fn before_line_end(bytes: &[u8], start: usize, at: usize) -> usize {
    let part = bytes.get(start..at).unwrap_or_default();
    let content = part.strip_suffix(b"\r\n").or_else(|| part.strip_suffix(b"\n")).unwrap_or(part);
    start + content.len()
}

/// A structured value with parameters: Content-Type, Content-Disposition (RFC 2045 §5.1, RFC 2183).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameters {
    /// What stands before the first semicolon, in lower case.
    pub(crate) value: String,
    parameters: Vec<(String, String)>,
}

/// The most parameters that are read.
const MAX_PARAMETERS: usize = 100;

impl Parameters {
    /// Reads an unfolded value. Unquoted values may hold blanks, which many programs write.
    pub(crate) fn read(text: &str) -> Self {
        let (value, mut rest) = text.split_once(';').unwrap_or((text, ""));
        let value = value.split('(').next().unwrap_or_default().trim().to_ascii_lowercase();
        let mut parameters = Vec::new();
        while parameters.len() < MAX_PARAMETERS {
            rest = rest.trim_start_matches([' ', '\t', ';']);
            let Some((name, after)) = rest.split_once('=') else {
                break;
            };
            // A word without value before the next semicolon is no parameter.
            let name = name.rsplit(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            let after = after.trim_start_matches([' ', '\t']);
            let value;
            (value, rest) = match after.strip_prefix('"') {
                Some(quoted) => unquote(quoted),
                None => {
                    let (value, rest) = after.split_once(';').unwrap_or((after, ""));
                    (value.trim().to_owned(), rest)
                }
            };
            parameters.push((name, value));
        }
        Self { value, parameters }
    }

    /// The boundary, in which what looks like an encoded word is none.
    pub(crate) fn boundary(&self) -> Option<String> {
        self.exact("boundary").map(str::to_owned).or_else(|| self.get("boundary"))
    }

    /// The parameter called `name`, also in the forms of RFC 2231 and with the encoded words that
    /// RFC 2047 forbids here and programs write.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        if let Some(value) = self.exact(name) {
            return Some(header::decode_words(value).trim().to_owned());
        }
        if let Some(value) = self.exact(&format!("{name}*")) {
            return Some(extended(value));
        }
        let mut whole = String::new();
        let mut is_extended = false;
        for n in 0..MAX_PARAMETERS {
            let section = format!("{name}*{n}");
            if let Some(value) = self.exact(&section) {
                whole.push_str(value);
            } else if let Some(value) = self.exact(&format!("{section}*")) {
                is_extended = true;
                whole.push_str(value);
            } else {
                break;
            }
        }
        match whole.is_empty() {
            true => None,
            false if is_extended => Some(extended(&whole)),
            false => Some(whole),
        }
    }

    fn exact(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

/// The content of a quoted string whose opening quote is gone, and what follows its closing one.
fn unquote(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            c => value.push(c),
        }
    }
    (value, "")
}

/// `charset'language'percent-encoded` (RFC 2231 §4).
fn extended(value: &str) -> String {
    let mut sections = value.splitn(3, '\'');
    let (Some(charset), Some(_), Some(text)) = (sections.next(), sections.next(), sections.next()) else {
        return value.to_owned();
    };
    let mut octets = Vec::with_capacity(text.len());
    // The same escapes as quoted-printable, with another sign.
    for (n, piece) in text.split('%').enumerate() {
        if n == 0 {
            octets.extend_from_slice(piece.as_bytes());
        } else {
            decode::escapes(format!("={piece}").as_bytes(), &mut octets);
        }
    }
    decode::declared(&octets, charset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(message: &str, boundary: &str) -> Vec<String> {
        let bytes = Bytes::copy_from_slice(message.as_bytes());
        split(&bytes, 0..bytes.len(), boundary).into_iter().map(|range| message[range].to_owned()).collect()
    }

    #[test]
    fn parts_stand_between_delimiter_lines_without_their_last_line_end() {
        let message = "preamble\r\n--b\r\nuno\r\n\r\n--b  \r\n--b\r\ndue\n--b--\r\nepilogue\r\n--b\r\n";
        assert_eq!(texts(message, "b"), ["uno\r\n", "", "due"]);
        assert_eq!(texts("--b\nopen\n", "b"), ["open\n"]);
        assert_eq!(texts("none", "b"), Vec::<String>::new());
    }

    #[test]
    fn a_boundary_that_begins_like_another_is_not_taken_for_it() {
        let message = "--b\r\nx\r\n--bb\r\ny\r\n--b-\r\nz\r\n--bb--\r\n --b\r\n--b--\r\n";
        assert_eq!(texts(message, "b"), ["x\r\n--bb\r\ny\r\n--b-\r\nz\r\n--bb--\r\n --b"]);
    }

    #[test]
    fn parameters_are_read_in_every_form_that_programs_write() {
        for (text, name) in [
            ("application/xml; name=\"daticert.xml\"", "daticert.xml"),
            ("Application/XML; charset=UTF-8; NAME=daticert.xml", "daticert.xml"),
            ("application/xml ; name = daticert.xml ; x=y", "daticert.xml"),
            ("application/xml; x; name=\"a\\\"; b\"", "a\"; b"),
            ("application/xml; name*=utf-8'it'dati%63ert.xml", "daticert.xml"),
            ("application/xml; name*1=\"cert.xml\"; name*0=dati", "daticert.xml"),
            ("application/xml; name*0*=iso-8859-1''perch%E9; name*1=.xml", "perché.xml"),
            ("application/xml; name=\"=?utf-8?Q?daticert.xml?=\"", "daticert.xml"),
            ("application/xml; name=la mia.xml", "la mia.xml"),
        ] {
            let read = Parameters::read(text);
            assert_eq!(read.get("name").as_deref(), Some(name), "{text}");
            assert_eq!(read.value, "application/xml");
        }
        assert_eq!(Parameters::read("7BIT (comment)").value, "7bit");
        assert_eq!(Parameters::read("a/b; x=y").get("name"), None);
        let mixed = Parameters::read("multipart/mixed; boundary=\"=?utf-8?Q?a?=\"");
        assert_eq!(mixed.boundary().as_deref(), Some("=?utf-8?Q?a?="));
        assert_eq!(Parameters::read("a/b; name=\"open").get("name").as_deref(), Some("open"));
    }

    #[test]
    fn too_many_and_too_deep_parts_are_refused() {
        let many = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\n".repeat(MAX_PARTS + 1));
        let many = Bytes::from(many);
        assert!(walk(&many, 0..many.len()).is_none());
        let level = |n: usize| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n");
        let deep = Bytes::from((0..=MAX_DEPTH).map(level).collect::<String>());
        assert!(walk(&deep, 0..deep.len()).is_none());
        let fits = Bytes::from((0..MAX_DEPTH).map(level).collect::<String>());
        assert_eq!(walk(&fits, 0..fits.len()).map(|parts| parts.len()), Some(1));
    }

    #[test]
    fn a_range_outside_the_message_has_no_parts() {
        let message = Bytes::from_static(b"A: b\r\n\r\n");
        let (after, backwards) = (5, 3);
        assert_eq!(walk(&message, 2..99).map(|parts| parts.len()), Some(0));
        assert_eq!(walk(&message, after..backwards).map(|parts| parts.len()), Some(0));
    }

    proptest! {
        #[test]
        fn any_entity_is_walked_without_panic(
            text in "(Content-Type: multipart/mixed; boundary=\"?b\"?\r\n\r\n|--b\r\n|--b--\r\n|\r\n|[ -~\n;=*'%\"]{0,9}){0,20}"
        ) {
            let message = Bytes::from(text);
            if let Some(parts) = walk(&message, 0..message.len()) {
                for part in parts {
                    prop_assert!(part.decoded(&message).is_some());
                }
            }
        }

        #[test]
        fn any_parameters_are_read_without_panic(text in "[ -~;=*'%\"é]{0,80}") {
            let _ = Parameters::read(&text).get("name");
        }
    }
}
