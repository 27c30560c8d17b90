//! The reduced original of a brief delivery notification (RFC 6109 §3.3.2.2).
//!
//! The reader of MIME here is our own, because the copy must keep every byte it does not replace: it
//! works on exact offsets, is bounded in depth and in number of parts, and what it does not understand
//! stays as it is. A part it misses is therefore sent whole, never lost.

mod digest;
mod entity;
mod name;
#[cfg(test)]
mod tests;

use std::ops::Range;

use bytes::Bytes;

use entity::{Entity, MediaType, parts};

/// What the SHA-1 of a replaced part covers: the texts do not settle it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HashInput {
    /// The part's body as it stands, encoded, without the CRLF before the boundary.
    #[default]
    Encoded,
    /// The decoded octets.
    Decoded,
}

/// How deep multiparts are opened; a multipart below that is left as it is.
pub const MAX_DEPTH: usize = 32;

/// How many parts are looked at; those after are left as they are, so that a message of a million
/// empty attachments does not grow many times over.
pub const MAX_PARTS: usize = 10_000;

/// The original with each named part replaced by its hash; boundaries, preambles and all other bytes
/// unaltered [R-3.3.2.2-b] to [R-3.3.2.2-i] [R-I-br-1].
///
/// An original in which nothing is replaced comes back without being copied. A part is named when
/// `Content-Disposition` has a `filename` or `Content-Type` has a `name`; when both are there the
/// first counts. The hash is 40 lower-case digits without a line end.
pub fn reduce(original: &Bytes, input: HashInput) -> Bytes {
    let mut reducer = Reducer { source: original, input, out: Vec::new(), copied: 0, seen: 0 };
    reducer.message();
    if reducer.copied == 0 {
        return original.clone();
    }
    reducer.out.extend_from_slice(original.get(reducer.copied..).unwrap_or_default());
    reducer.out.into()
}

struct Reducer<'a> {
    source: &'a [u8],
    input: HashInput,
    out: Vec<u8>,
    /// All bytes before this offset are in `out`, copied or replaced.
    copied: usize,
    seen: usize,
}

impl Reducer<'_> {
    /// The top level, where S/MIME is decided, and nowhere else [R-3.3.2.2-i].
    fn message(&mut self) {
        let root = Entity::parse(self.source, 0..self.source.len());
        let media = root.media_type(MediaType::TEXT);
        if media.is("application", "pkcs7-mime") || media.is("application", "x-pkcs7-mime") {
            return; // [R-3.3.2.2-h]
        }
        match media.is("multipart", "signed").then(|| media.boundary()).flatten() {
            // Of a signed message only the first part is worked on; the signature stays [R-3.3.2.2-g].
            Some(boundary) => {
                if let Some(content) = parts(self.source, root.body.clone(), &boundary).next() {
                    self.part(content, MediaType::TEXT, 1);
                }
            }
            None => self.entity(&root, &media, 0),
        }
    }

    fn part(&mut self, range: Range<usize>, default: &str, depth: usize) {
        self.seen += 1;
        if self.seen <= MAX_PARTS {
            let entity = Entity::parse(self.source, range);
            let media = entity.media_type(default);
            self.entity(&entity, &media, depth);
        }
    }

    fn entity(&mut self, entity: &Entity<'_>, media: &MediaType, depth: usize) {
        if media.main == "multipart"
            && let Some(boundary) = media.boundary()
        {
            let default = if media.sub == "digest" { MediaType::MESSAGE } else { MediaType::TEXT };
            if depth < MAX_DEPTH {
                for range in parts(self.source, entity.body.clone(), &boundary) {
                    self.part(range, default, depth + 1);
                    if self.seen > MAX_PARTS {
                        break;
                    }
                }
            }
            return;
        }
        // [R-3.3.2.2-c]
        let name = entity.disposition().name("filename").or_else(|| media.parameters.name("name"));
        // An attached message is replaced whole, named or not [R-3.3.2.2-f].
        let name = name.or_else(|| media.is("message", "rfc822").then(|| name::Name::plain("message.eml")));
        if let Some(name) = name {
            let body = self.source.get(entity.body.clone()).unwrap_or_default();
            let hash = digest::sha1_hex(body, &entity.transfer_encoding(), self.input);
            let mut replacement = entity.renamed_header(&name);
            replacement.extend_from_slice(hash.as_bytes());
            self.replace(entity.start..entity.body.end, &replacement);
        }
    }

    fn replace(&mut self, range: Range<usize>, with: &[u8]) {
        self.out.extend_from_slice(self.source.get(self.copied..range.start).unwrap_or_default());
        self.out.extend_from_slice(with);
        self.copied = range.end;
    }
}
