//! A MIME entity by its offsets: header fields, body, parts.

use std::ops::Range;

use super::name::{Name, Parameters};
use crate::header::line_end;

/// One entity (message or part) within the bytes of the original.
pub(super) struct Entity<'a> {
    source: &'a [u8],
    fields: Vec<Field>,
    /// Where the header begins.
    pub start: usize,
    /// From after the empty line to the end of the entity.
    pub body: Range<usize>,
}

struct Field {
    name: Range<usize>,
    value: Range<usize>,
    all: Range<usize>,
}

/// A media type with its parameters.
pub(super) struct MediaType {
    pub main: String,
    pub sub: String,
    pub parameters: Parameters,
}

impl MediaType {
    /// What a part without `Content-Type` is (RFC 2045 §5.2).
    pub const TEXT: &'static str = "text/plain";
    /// What a part of a digest without `Content-Type` is (RFC 2046 §5.1.5).
    pub const MESSAGE: &'static str = "message/rfc822";

    pub fn is(&self, main: &str, sub: &str) -> bool {
        self.main == main && self.sub == sub
    }

    /// The boundary of a multipart; without one it cannot be opened.
    pub fn boundary(&self) -> Option<Vec<u8>> {
        let mut boundary = self.parameters.value("boundary")?;
        boundary.truncate(boundary.trim_ascii_end().len());
        (!boundary.is_empty()).then_some(boundary)
    }
}

impl<'a> Entity<'a> {
    /// Reads the header of the entity in `range`; a line that is no field is kept and ends nothing.
    pub fn parse(source: &'a [u8], range: Range<usize>) -> Self {
        let mut fields: Vec<Field> = Vec::new();
        let mut at = range.start;
        let mut body = range.end;
        while at < range.end {
            let line = line_at(source, at, range.end);
            let text = source.get(line.clone()).unwrap_or_default();
            if matches!(text, b"\r\n" | b"\n") {
                body = line.end;
                break;
            }
            match fields.last_mut() {
                Some(field) if matches!(text.first(), Some(b' ' | b'\t')) => {
                    field.value.end = line.end;
                    field.all.end = line.end;
                }
                _ => {
                    let colon = text.iter().position(|&b| b == b':').unwrap_or(0);
                    let value = if colon == 0 { line.end..line.end } else { line.start + colon + 1..line.end };
                    fields.push(Field { name: line.start..line.start + colon, value, all: line.clone() });
                }
            }
            at = line.end;
        }
        Self { source, fields, start: range.start, body: body..range.end }
    }

    pub fn media_type(&self, default: &str) -> MediaType {
        let (head, parameters) = Parameters::parse(self.value("Content-Type").unwrap_or_default());
        let (main, sub) = head.split_once('/').or_else(|| default.split_once('/')).unwrap_or_default();
        MediaType { main: main.trim().to_owned(), sub: sub.trim().to_owned(), parameters }
    }

    pub fn disposition(&self) -> Parameters {
        Parameters::parse(self.value("Content-Disposition").unwrap_or_default()).1
    }

    /// In lower case; empty when there is none.
    pub fn transfer_encoding(&self) -> String {
        Parameters::parse(self.value("Content-Transfer-Encoding").unwrap_or_default()).0
    }

    /// The header of the hash that stands in for this part, with its empty line: the three fields
    /// about the content are swapped where they stand, or added at the end; every other field stays
    /// byte for byte [R-I-br-1].
    pub fn renamed_header(&self, name: &Name) -> Vec<u8> {
        let eol = match self.source.get(line_at(self.source, self.start, self.body.end)) {
            Some(line) if line.ends_with(b"\n") && !line.ends_with(b"\r\n") => "\n",
            _ => "\r\n",
        };
        let mut swapped = [
            ("Content-Type", Some(name.field("Content-Type: text/plain", "name", eol))),
            ("Content-Disposition", Some(name.field("Content-Disposition: attachment", "filename", eol))),
            ("Content-Transfer-Encoding", Some(format!("Content-Transfer-Encoding: 7bit{eol}").into_bytes())),
        ];
        let mut out = Vec::new();
        for field in &self.fields {
            match swapped.iter_mut().find(|(key, _)| self.is(field, key)) {
                Some((_, new)) => out.extend(new.take().unwrap_or_default()),
                None => {
                    let raw = self.source.get(field.all.clone()).unwrap_or_default();
                    out.extend_from_slice(raw);
                    if !raw.ends_with(b"\n") {
                        out.extend_from_slice(eol.as_bytes());
                    }
                }
            }
        }
        swapped.into_iter().filter_map(|(_, new)| new).for_each(|new| out.extend(new));
        out.extend_from_slice(eol.as_bytes());
        out
    }

    fn value(&self, name: &str) -> Option<&'a [u8]> {
        let field = self.fields.iter().find(|field| self.is(field, name))?;
        self.source.get(field.value.clone())
    }

    fn is(&self, field: &Field, name: &str) -> bool {
        self.source.get(field.name.clone()).is_some_and(|n| n.trim_ascii_end().eq_ignore_ascii_case(name.as_bytes()))
    }
}

/// The parts of a multipart with this body, each without the line break before its delimiter
/// (RFC 2046 §5.1.1). A last part that no delimiter closes goes to the end.
pub(super) fn parts<'a>(
    source: &'a [u8],
    body: Range<usize>,
    boundary: &'a [u8],
) -> impl Iterator<Item = Range<usize>> + 'a {
    let mut at = body.start;
    let mut open = None;
    std::iter::from_fn(move || {
        while at < body.end {
            let line = line_at(source, at, body.end);
            at = line.end;
            let Some(last) = delimiter(source.get(line.clone()).unwrap_or_default(), boundary) else {
                continue;
            };
            let before = open.replace(line.end).map(|start: usize| start..before_break(source, line.start).max(start));
            if last {
                open = None;
                at = body.end;
            }
            if before.is_some() {
                return before;
            }
        }
        open.take().map(|start| start..body.end)
    })
}

/// Whether a line is a delimiter of `boundary`, and if so whether it is the closing one.
fn delimiter(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?.trim_ascii_end();
    match rest {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

fn before_break(source: &[u8], at: usize) -> usize {
    match source.get(..at) {
        Some(head) if head.ends_with(b"\r\n") => at - 2,
        Some(head) if head.ends_with(b"\n") => at - 1,
        _ => at,
    }
}

/// The line that begins at `at`, with its end.
fn line_at(source: &[u8], at: usize, end: usize) -> Range<usize> {
    at..line_end(source.get(..end).unwrap_or_default(), at)
}
