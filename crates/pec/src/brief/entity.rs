//! The header of the hash that stands in for a part.

use std::ops::Range;

use super::name::Name;
use crate::mime::{Block, Bounds, line_end};

/// The header of the part in `range` with its empty line, once the part is a hash called `name`: the three fields about
/// the content are swapped where they stand, or added at the end; every other field stays byte for byte [R-I-br-1].
pub(super) fn renamed_header(source: &[u8], range: Range<usize>, name: &Name) -> Vec<u8> {
    let first = source.get(range.start..line_end(source.get(..range.end).unwrap_or(source), range.start));
    let eol = match first {
        Some(line) if line.ends_with(b"\n") && !line.ends_with(b"\r\n") => "\n",
        _ => "\r\n",
    };
    let mut swapped = [
        ("Content-Type", Some(name.field("Content-Type: text/plain", "name", eol))),
        ("Content-Disposition", Some(name.field("Content-Disposition: attachment", "filename", eol))),
        ("Content-Transfer-Encoding", Some(format!("Content-Transfer-Encoding: 7bit{eol}").into_bytes())),
    ];
    let block = Block::read(source, range, &Bounds::ORIGINAL);
    let fields = block.of(source);
    let mut out = Vec::new();
    for field in fields.iter() {
        match swapped.iter_mut().find(|(key, _)| fields.is(field, key)) {
            Some((_, new)) => out.extend(new.take().unwrap_or_default()),
            None => {
                let raw = fields.raw(field);
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
