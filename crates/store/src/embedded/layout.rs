//! How a message lies on disk: its header block, its further own bytes, and the content that is let in. Made outside the
//! writer, since it copies and hashes.

use std::sync::OnceLock;

use bytes::Bytes;
use pec::{Piece, Pieces, Shared};

use super::checks::{Check, check};
use super::chunks;
use super::structure::structure_of;
use crate::summary;

/// From how many octets on content lies where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// Shared runs below are kept with the message's own bytes.
    pub(super) inline_below: usize,
    /// Runs from here on are files, also those that no other message shares: the writer never carries them.
    pub(super) files_from: usize,
}

/// A message laid out.
#[derive(Debug)]
pub(super) struct Layout {
    /// Octets of the message.
    pub(super) size: u64,
    /// The header block; of a message in no folder it may be a part.
    pub(super) header: Bytes,
    /// The further own bytes.
    pub(super) own: Vec<u8>,
    /// Of header and own bytes.
    pub(super) digest: Check,
    /// Content that is let in, in order.
    pub(super) inserts: Vec<Insert>,
    /// Where the parts are, of a message in a folder.
    pub(super) structure: Option<Vec<u8>>,
}

/// Content in a message.
#[derive(Debug)]
pub(super) struct Insert {
    /// It stands after so many octets of header and own bytes.
    pub(super) at: u64,
    /// The content.
    pub(super) shared: Shared,
    /// So many octets at its beginning are left out.
    pub(super) skip: u64,
    /// Whether it is a file.
    pub(super) file: bool,
    chunks: OnceLock<Vec<u8>>,
}

impl Insert {
    /// The checks of its chunks, reckoned at the first call.
    pub(super) fn chunks(&self) -> &[u8] {
        self.chunks.get_or_init(|| chunks::of(self.shared.bytes()))
    }
}

impl Layout {
    /// Lays out a message; `in_folder` says whether a person may read it.
    pub(super) fn of(pieces: &Pieces, sizes: Sizes, in_folder: bool) -> Self {
        let header = header(pieces, in_folder);
        let mut layout = Self {
            size: pieces.len() as u64,
            own: Vec::new(),
            digest: Check::default(),
            inserts: Vec::new(),
            structure: if in_folder { structure_of(pieces) } else { None },
            header,
        };
        let mut skip = layout.header.len();
        for piece in pieces.iter() {
            let (bytes, shared, left_out) = match piece {
                Piece::Own(bytes) => (bytes, None, 0),
                Piece::Shared(shared) => (shared.bytes(), Some(shared), 0),
                Piece::Tail(tail) => (tail.bytes(), Some(tail.whole()), tail.skipped()),
            };
            let within = skip.min(bytes.len());
            skip -= within;
            let rest = bytes.slice(within..);
            if rest.is_empty() {
                continue;
            }
            // How long the whole run is decides: what ends alike lies where it lies.
            let octets = shared.map_or(rest.len(), |shared| shared.bytes().len());
            match shared {
                Some(shared) if within == 0 && octets >= sizes.inline_below.min(sizes.files_from) => {
                    layout.insert(shared.clone(), left_out as u64, octets >= sizes.files_from);
                }
                _ if rest.len() >= sizes.files_from => layout.insert(Shared::new(rest), 0, true),
                _ => layout.own.extend_from_slice(&rest),
            }
        }
        layout.digest = check(&[&layout.header, &layout.own]);
        layout
    }

    /// Octets that the writer carries.
    pub(super) fn carried(&self) -> usize {
        let rows = self.inserts.iter().filter(|insert| !insert.file).map(|insert| insert.shared.bytes().len());
        self.header.len() + self.own.len() + rows.sum::<usize>()
    }

    fn insert(&mut self, shared: Shared, skip: u64, file: bool) {
        // Hashed here, not where everybody waits.
        shared.sha256();
        self.inserts.push(Insert {
            at: (self.header.len() + self.own.len()) as u64,
            shared,
            skip,
            file,
            chunks: OnceLock::new(),
        });
    }
}

/// The header block. Where nobody reads it apart from the rest, no shared run is cut for it.
fn header(pieces: &Pieces, in_folder: bool) -> Bytes {
    let block = summary::block(pieces);
    if in_folder {
        return block;
    }
    let own = pieces.iter().take_while(|piece| matches!(piece, Piece::Own(_)));
    let own: usize = own.map(|piece| if let Piece::Own(bytes) = piece { bytes.len() } else { 0 }).sum();
    block.slice(..own.min(block.len()))
}
