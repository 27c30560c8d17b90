//! The reduced original of a brief delivery notification (RFC 6109 §3.3.2.2).
//!
//! The copy keeps every byte it does not replace: it works on exact offsets, is bounded in depth and in number of parts
//! ([`Bounds::ORIGINAL`]), and what it does not understand stays as it is. A part it misses is therefore sent whole,
//! never lost.

mod digest;
mod entity;
mod name;
#[cfg(test)]
mod tests;

use std::ops::Range;

use bytes::Bytes;

use self::entity::renamed_header;
use self::name::Name;
use crate::mime::{Bounds, Node, Tree};

pub use digest::HashInput;

/// The original with each named part replaced by its hash; boundaries, preambles and all other bytes
/// unaltered [R-3.3.2.2-b] to [R-3.3.2.2-i] [R-I-br-1].
///
/// An original in which nothing is replaced comes back without being copied. A part is named when
/// `Content-Disposition` has a `filename` or `Content-Type` has a `name`; when both are there the
/// first counts. The hash is 40 lower-case digits without a line end.
pub fn reduce(original: &Bytes, input: HashInput) -> Bytes {
    let tree = Tree::read(original, 0..original.len(), &Bounds::ORIGINAL, |_, _| {});
    let mut reduced = Reduced { source: original, out: Vec::new(), copied: 0 };
    for node in parts(&tree) {
        if let Some(name) = replaced(node) {
            let body = original.get(node.body.clone()).unwrap_or_default();
            let hash = digest::sha1_hex(body, node.entity.encoding(), input);
            let mut replacement = renamed_header(original, node.range(), &name);
            replacement.extend_from_slice(hash.as_bytes());
            reduced.replace(node.range(), &replacement);
        }
    }
    if reduced.copied == 0 {
        return original.clone();
    }
    reduced.out.extend_from_slice(original.get(reduced.copied..).unwrap_or_default());
    reduced.out.into()
}

/// The parts that are looked at. S/MIME is decided at the top level, and nowhere else [R-3.3.2.2-i].
fn parts(tree: &Tree) -> &[Node] {
    let nodes = tree.nodes();
    let Some((root, inside)) = nodes.split_first() else { return nodes };
    let media = &root.entity;
    if media.is("application", "pkcs7-mime") || media.is("application", "x-pkcs7-mime") {
        return &[]; // [R-3.3.2.2-h]
    }
    if !(media.is("multipart", "signed") && root.opened) {
        return nodes;
    }
    // Of a signed message only the first part is worked on; the signature stays [R-3.3.2.2-g].
    let second = inside.iter().skip(1).position(|node| node.parent == Some(0));
    second.and_then(|at| inside.get(..=at)).unwrap_or(inside)
}

/// The name of the part, if it is replaced [R-3.3.2.2-c]. A container is opened and never replaced, named or not: its
/// parts are.
fn replaced(node: &Node) -> Option<Name> {
    let entity = &node.entity;
    if entity.boundary().is_some() {
        return None;
    }
    let name = entity.disposition.as_ref().and_then(|disposition| Name::of(disposition, "filename"));
    let name = name.or_else(|| Name::of(entity.content.as_ref()?, "name"));
    // An attached message is replaced whole, named or not [R-3.3.2.2-f].
    name.or_else(|| entity.is("message", "rfc822").then(|| Name::plain("message.eml")))
}

struct Reduced<'a> {
    source: &'a [u8],
    out: Vec<u8>,
    /// All bytes before this offset are in `out`, copied or replaced.
    copied: usize,
}

impl Reduced<'_> {
    fn replace(&mut self, range: Range<usize>, with: &[u8]) {
        self.out.extend_from_slice(self.source.get(self.copied..range.start).unwrap_or_default());
        self.out.extend_from_slice(with);
        self.copied = range.end;
    }
}
