//! A header block: where each field stands, and what its value is.

use std::borrow::Cow;
use std::ops::Range;

use super::bounds::Bounds;
use super::line::line_end;

/// Where the fields of one header block stand in the bytes they were read from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    fields: Vec<Field>,
    start: usize,
    body: usize,
    overlong: bool,
}

/// One field; it begins where its name begins. A line that is no field has an empty name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name without blanks.
    pub name: Range<usize>,
    /// What follows the colon, folded lines and line end included.
    pub value: Range<usize>,
    /// Where the field ends: after its last line.
    pub end: usize,
}

/// A [`Block`] together with the bytes it was read from.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    source: &'a [u8],
    block: &'a Block,
}

impl Block {
    /// Indexes the header block that begins `range` of `source` (CRLF or bare LF line ends).
    ///
    /// A line that is no field ends nothing: it is kept as a nameless field. So is a first line that begins with a
    /// blank, which continues nothing (RFC 5322 §2.2.3). Only blank and tab may stand before the colon, an obsolete
    /// form (§4.5.8); with any other control the line is no field.
    pub fn read(source: &[u8], range: Range<usize>, bounds: &Bounds) -> Self {
        let source = source.get(..range.end).unwrap_or(source);
        let mut reader = BlockReader::new(range.start.min(source.len()), bounds);
        loop {
            let at = reader.at;
            let line = source.get(at..line_end(source, at)).unwrap_or_default();
            if reader.line(line) {
                return reader.finish();
            }
        }
    }

    /// The fields, with `source`, which must be the bytes that were read.
    pub fn of<'a>(&'a self, source: &'a [u8]) -> Fields<'a> {
        Fields { source, block: self }
    }

    /// Where the block begins.
    pub fn start(&self) -> usize {
        self.start
    }

    /// Where the fields end: before the empty line, or at the end when there is none.
    pub fn end(&self) -> usize {
        self.fields.last().map_or(self.start, |last| last.end)
    }

    /// Where the body begins: after the empty line, or at the end when there is none.
    pub fn body_start(&self) -> usize {
        self.body
    }

    /// Whether the block exceeds a bound, so that a name may stand unseen.
    pub fn is_overlong(&self) -> bool {
        self.overlong
    }
}

impl<'a> Fields<'a> {
    /// As [`Block::is_overlong`].
    pub fn is_overlong(self) -> bool {
        self.block.is_overlong()
    }

    /// Every field, in order.
    pub fn iter(self) -> impl Iterator<Item = &'a Field> + 'a {
        self.block.fields.iter()
    }

    /// The fields called `name`, without regard to case, in order.
    pub fn named<'n>(self, name: &'n str) -> impl Iterator<Item = &'a Field> + use<'a, 'n> {
        self.iter().filter(move |field| self.is(field, name))
    }

    /// Whether `field` is called `name`, without regard to case.
    pub fn is(self, field: &Field, name: &str) -> bool {
        !field.name.is_empty() && self.bytes(field.name.clone()).eq_ignore_ascii_case(name.as_bytes())
    }

    /// The bytes of a range of the source; none when it lies outside.
    pub fn bytes(self, range: Range<usize>) -> &'a [u8] {
        self.source.get(range).unwrap_or_default()
    }

    /// The raw bytes of a field: name, colon, value, folding, line end.
    pub fn raw(self, field: &Field) -> &'a [u8] {
        self.bytes(field.name.start..field.end)
    }

    /// The trimmed value without the line ends of its folding: inside a field each LF is one. Copies only what was
    /// folded.
    pub fn unfolded(self, field: &Field) -> Cow<'a, [u8]> {
        let value = self.bytes(field.value.clone()).trim_ascii();
        if !value.contains(&b'\n') {
            return Cow::Borrowed(value);
        }
        let mut out = Vec::with_capacity(value.len());
        for line in value.split_inclusive(|&b| b == b'\n') {
            out.extend_from_slice(line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\n")).unwrap_or(line));
        }
        Cow::Owned(out)
    }
}

/// Takes the lines of a block one after the other.
pub(super) struct BlockReader {
    fields: Vec<Field>,
    start: usize,
    max_fields: usize,
    max_octets: usize,
    overlong: bool,
    /// Where the next line begins.
    pub(super) at: usize,
    body: Option<usize>,
}

impl BlockReader {
    pub(super) fn new(start: usize, bounds: &Bounds) -> Self {
        let (max_fields, max_octets) = (bounds.fields, bounds.header);
        Self { fields: Vec::new(), start, max_fields, max_octets, overlong: false, at: start, body: None }
    }

    /// Takes the next line, with its end, and says whether the block ends with it: an empty line, or no line.
    pub(super) fn line(&mut self, line: &[u8]) -> bool {
        let (at, end) = (self.at, self.at + line.len());
        if matches!(line, b"" | b"\n" | b"\r\n") {
            self.body = Some(end);
            return true;
        }
        self.at = end;
        let folded = matches!(line.first(), Some(b' ' | b'\t'));
        match self.fields.last_mut() {
            Some(last) if folded && end - self.start <= self.max_octets || self.overlong => {
                last.value.end = end;
                last.end = end;
            }
            _ => {
                self.overlong = self.fields.len() == self.max_fields || end - self.start > self.max_octets;
                // The field that takes in the rest claims no name.
                let field = if self.overlong { Field::nameless(at, end) } else { Field::new(line, at) };
                self.fields.push(field);
            }
        }
        false
    }

    /// The block; without an empty line its body is empty.
    pub(super) fn finish(self) -> Block {
        Block { fields: self.fields, start: self.start, body: self.body.unwrap_or(self.at), overlong: self.overlong }
    }
}

impl Field {
    /// The field that begins with `line` at offset `at`.
    fn new(line: &[u8], at: usize) -> Self {
        let end = at + line.len();
        let Some(colon) = line.iter().position(|&b| b == b':') else {
            return Self::nameless(at, end);
        };
        let mut name = line.get(..colon).unwrap_or_default();
        while let [head @ .., b' ' | b'\t'] = name {
            name = head;
        }
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            return Self::nameless(at, end);
        }
        Self { name: at..at + name.len(), value: at + colon + 1..end, end }
    }

    fn nameless(at: usize, end: usize) -> Self {
        Self { name: at..at, value: at..end, end }
    }
}
