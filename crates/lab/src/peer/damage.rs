//! Small harms to messages, before and after they are signed.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use pec::Pieces;
use pec::compose::Draft;

/// Where `wanted` stands in `text`, from `start` on.
pub fn find(text: &[u8], wanted: &[u8], start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    rest.windows(wanted.len()).position(|window| window == wanted).map(|at| start + at)
}

/// Every occurrence of a word replaced.
pub fn replaced(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = find(text, old, at) {
        out.extend_from_slice(text.get(at..found).unwrap_or_default());
        out.extend_from_slice(new);
        at = found + old.len();
    }
    out.extend_from_slice(text.get(at..).unwrap_or_default());
    out
}

/// Where the part `daticert.xml` stands in an entity of ours, from its header to the end of its last line.
fn data_part(entity: &[u8]) -> Option<Range<usize>> {
    let start = find(entity, b"Content-Type: application/xml; name=\"daticert.xml\"", 0)?;
    // The base64 of the body holds no hyphen.
    Some(start..find(entity, b"\r\n--", start)?)
}

/// A draft whose XML ends in the middle; signed after that, its signature holds.
pub fn cut_xml(draft: &mut Draft) {
    let entity = draft.entity.to_bytes();
    let xml = draft.data.as_ref().map(|data| data.write()).unwrap_or_default();
    let half = STANDARD.encode(xml.get(..xml.len() / 2).unwrap_or_default());
    if let Some(part) = data_part(&entity)
        && let Some(body) = find(&entity, b"\r\n\r\n", part.start)
    {
        let lines: String =
            half.as_bytes().chunks(76).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect();
        splice(draft, &entity, body + 4..part.end, lines.as_bytes());
    }
}

/// A draft with a second `daticert.xml` after the first.
pub fn double_xml(draft: &mut Draft) {
    let entity = draft.entity.to_bytes();
    if let Some(part) = data_part(&entity)
        && let Some(before) =
            entity.get(..part.start.saturating_sub(2)).and_then(|head| head.rsplit(|b| *b == b'\n').next())
    {
        let copy = [b"\r\n".as_slice(), before, b"\r\n", entity.get(part.clone()).unwrap_or_default()].concat();
        splice(draft, &entity, part.end..part.end, &copy);
    }
}

/// A draft in which a word of the entity is another word.
pub fn reworded(draft: &mut Draft, old: &str, new: &str) {
    draft.entity = Pieces::own(replaced(&draft.entity.to_bytes(), old.as_bytes(), new.as_bytes()));
}

/// A draft whose inner multipart ends where the outer one should: both have one boundary.
pub fn one_boundary(draft: &mut Draft) {
    let entity = draft.entity.to_bytes();
    let mut boundaries = Vec::new();
    let mut at = 0;
    while let Some(start) = find(&entity, b"boundary=\"", at) {
        let value = entity.get(start + 10..).unwrap_or_default();
        let value = value.get(..value.iter().position(|b| *b == b'"').unwrap_or(0)).unwrap_or_default();
        boundaries.push(value.to_vec());
        at = start + 10;
        if boundaries.len() == 2 {
            draft.entity = Pieces::own(replaced(&entity, &boundaries[1], &boundaries[0]));
            return;
        }
    }
}

fn splice(draft: &mut Draft, entity: &[u8], range: Range<usize>, new: &[u8]) {
    let (head, tail) = (entity.get(..range.start).unwrap_or_default(), entity.get(range.end..).unwrap_or_default());
    draft.entity = Pieces::own([head, new, tail].concat());
}

/// A signed message in which one letter of the signed text is another.
pub fn altered(message: &Bytes) -> Bytes {
    let mut bytes = message.to_vec();
    // The text for people comes first, in quoted-printable, after the third empty line at the latest.
    let start = find(&bytes, b"quoted-printable\r\n\r\n", 0).map_or(0, |at| at + 20);
    if let Some(letter) = bytes.iter_mut().skip(start).find(|byte| byte.is_ascii_alphabetic()) {
        *letter ^= 0x20;
    }
    bytes.into()
}

/// A message after a system that knows seven bits only.
pub fn seven_bits(message: &Bytes) -> Bytes {
    message.iter().map(|byte| byte & 0x7f).collect::<Vec<u8>>().into()
}
