//! Delimiter lines of a multipart (RFC 2046 §5.1.1).

use std::ops::Range;

/// What a line that begins like a boundary is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// A part begins after it.
    Open,
    /// It ends the multipart.
    Close,
    /// More text follows: no delimiter to RFC 2046, but one to readers that compare beginnings.
    Doubtful,
}

/// What `line` (with or without its end) is to `boundary`; `None` when it does not begin like it.
pub fn delimiter(line: &[u8], boundary: &[u8]) -> Option<Delimiter> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?;
    Some(match rest.trim_ascii_end() {
        b"" => Delimiter::Open,
        b"--" => Delimiter::Close,
        _ => Delimiter::Doubtful,
    })
}

/// The range without the line end at its end, which belongs to the delimiter that follows.
pub fn without_line_end(source: &[u8], range: Range<usize>) -> Range<usize> {
    let part = source.get(range.clone()).unwrap_or_default();
    let content = part.strip_suffix(b"\r\n").or_else(|| part.strip_suffix(b"\n")).unwrap_or(part);
    range.start..range.start + content.len()
}
