//! The bytes of a [`Structure`].
//!
//! One version octet, then the root part. A part is: an octet of marks (what it holds in the lowest two bits, then one
//! bit for each optional text), type, subtype, encoding, parameters, the optional texts in the order of the marks, the
//! distance of its start from the start of the body or the end of the part before it, the lengths of header and body,
//! the number of lines, and its parts. A number is LEB128 in its shortest form; a text is its length and its octets; a
//! list is its length and its elements. One structure has one form.

use super::bounds::Bounds;
use super::structure::{Content, NamedValues, Part, Structure};

const VERSION: u8 = 1;

const MULTIPART: u8 = 1;
const MESSAGE: u8 = 2;
const ID: u8 = 1 << 2;
const DESCRIPTION: u8 = 1 << 3;
const MD5: u8 = 1 << 4;
const DISPOSITION: u8 = 1 << 5;
const LANGUAGE: u8 = 1 << 6;
const LOCATION: u8 = 1 << 7;

/// Bytes that are no [`Structure`], or one of another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the structure of a message: {0}")]
pub struct StructureError(&'static str);

impl Structure {
    /// The form that is kept. [`Structure::from_bytes`] reads it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        write(&mut out, &self.root, 0);
        out
    }

    /// Reads what [`Structure::to_bytes`] wrote, and nothing else.
    ///
    /// # Errors
    /// When a byte is missing, too many, or not as `to_bytes` writes it; parts never reach beyond what they are in.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StructureError> {
        let (&version, rest) = bytes.split_first().ok_or(StructureError("no bytes"))?;
        if version != VERSION {
            return Err(StructureError("unknown version"));
        }
        let mut reader = Reader { rest };
        let root = reader.part(0, usize::MAX, 0)?;
        if !reader.rest.is_empty() {
            return Err(StructureError("bytes after the end"));
        }
        Ok(Self { root })
    }
}

/// Writes a part that begins at or after `from`.
fn write(out: &mut Vec<u8>, part: &Part, from: usize) {
    let holds = match part.content {
        Content::Single => 0,
        Content::Multipart(_) => MULTIPART,
        Content::Message(_) => MESSAGE,
    };
    let mark = |there, mark| if there { mark } else { 0 };
    out.push(
        holds
            | mark(part.id.is_some(), ID)
            | mark(part.description.is_some(), DESCRIPTION)
            | mark(part.md5.is_some(), MD5)
            | mark(part.disposition.is_some(), DISPOSITION)
            | mark(!part.language.is_empty(), LANGUAGE)
            | mark(part.location.is_some(), LOCATION),
    );
    text(out, part.main.as_bytes());
    text(out, part.sub.as_bytes());
    text(out, part.encoding.as_bytes());
    parameters(out, &part.parameters);
    [&part.id, &part.description, &part.md5].into_iter().flatten().for_each(|value| text(out, value));
    if let Some((value, list)) = &part.disposition {
        text(out, value.as_bytes());
        parameters(out, list);
    }
    if !part.language.is_empty() {
        number(out, part.language.len());
        part.language.iter().for_each(|tag| text(out, tag));
    }
    part.location.iter().for_each(|value| text(out, value));
    number(out, part.start.saturating_sub(from));
    number(out, part.header().len());
    number(out, part.body().len());
    number(out, part.lines);
    let mut from = part.body;
    if let Content::Multipart(parts) = &part.content {
        number(out, parts.len());
    }
    for inside in part.inside() {
        write(out, inside, from);
        from = inside.end;
    }
}

fn parameters(out: &mut Vec<u8>, list: &NamedValues) {
    number(out, list.len());
    for (name, value) in list {
        text(out, name.as_bytes());
        text(out, value);
    }
}

fn text(out: &mut Vec<u8>, value: &[u8]) {
    number(out, value.len());
    out.extend_from_slice(value);
}

fn number(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    /// A part that begins at or after `from` and ends at or before `until`.
    fn part(&mut self, from: usize, until: usize, depth: usize) -> Result<Part, StructureError> {
        if depth > Bounds::STRUCTURE.depth {
            return Err(StructureError("too deep"));
        }
        let marks = self.octet()?;
        let has = |mark| marks & mark != 0;
        let mut part = Part { main: self.name()?, sub: self.name()?, encoding: self.name()?, ..Part::default() };
        part.parameters = self.parameters()?;
        part.id = self.optional(has(ID))?;
        part.description = self.optional(has(DESCRIPTION))?;
        part.md5 = self.optional(has(MD5))?;
        if has(DISPOSITION) {
            part.disposition = Some((self.name()?, self.parameters()?));
        }
        if has(LANGUAGE) {
            let tags = self.number()?;
            for _ in 0..tags {
                part.language.push(self.text()?);
            }
            if tags == 0 {
                return Err(StructureError("a mark for no languages"));
            }
        }
        part.location = self.optional(has(LOCATION))?;
        let far = StructureError("a part beyond its container");
        part.start = from.checked_add(self.number()?).ok_or(far)?;
        part.body = part.start.checked_add(self.number()?).ok_or(far)?;
        part.end = part.body.checked_add(self.number()?).filter(|end| *end <= until).ok_or(far)?;
        part.lines = self.number()?;
        part.content = match marks & 3 {
            0 => Content::Single,
            MULTIPART => {
                let mut parts: Vec<Part> = Vec::new();
                for _ in 0..self.number()? {
                    let from = parts.last().map_or(part.body, |last| last.end);
                    parts.push(self.part(from, part.end, depth + 1)?);
                }
                if parts.is_empty() {
                    return Err(StructureError("a multipart without parts"));
                }
                Content::Multipart(parts)
            }
            MESSAGE => Content::Message(Box::new(self.part(part.body, part.end, depth + 1)?)),
            _ => return Err(StructureError("unknown content")),
        };
        Ok(part)
    }

    fn parameters(&mut self) -> Result<NamedValues, StructureError> {
        // Grown as the bytes come: a length alone takes no memory.
        let mut list = Vec::new();
        for _ in 0..self.number()? {
            list.push((self.name()?, self.text()?));
        }
        Ok(list)
    }

    fn optional(&mut self, there: bool) -> Result<Option<Vec<u8>>, StructureError> {
        there.then(|| self.text()).transpose()
    }

    fn name(&mut self) -> Result<String, StructureError> {
        String::from_utf8(self.text()?).map_err(|_| StructureError("a name that is not UTF-8"))
    }

    fn text(&mut self) -> Result<Vec<u8>, StructureError> {
        let length = self.number()?;
        let (text, rest) = self.rest.split_at_checked(length).ok_or(StructureError("cut off"))?;
        self.rest = rest;
        Ok(text.to_vec())
    }

    fn number(&mut self) -> Result<usize, StructureError> {
        let mut value = 0usize;
        for shift in (0..usize::BITS).step_by(7) {
            let octet = self.octet()?;
            let digits = usize::from(octet & 0x7f);
            if digits << shift >> shift != digits {
                break;
            }
            value |= digits << shift;
            if octet & 0x80 == 0 {
                if octet == 0 && shift > 0 {
                    return Err(StructureError("a number that is not in its shortest form"));
                }
                return Ok(value);
            }
        }
        Err(StructureError("a number that is too large"))
    }

    fn octet(&mut self) -> Result<u8, StructureError> {
        let (&octet, rest) = self.rest.split_first().ok_or(StructureError("cut off"))?;
        self.rest = rest;
        Ok(octet)
    }
}
