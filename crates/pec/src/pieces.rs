//! A message as a list of pieces: own bytes, and slices of originals held once.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use sha2::{Digest, Sha256};

/// A message in flight. Cloning copies references, never bytes; writing it out sends the pieces
/// one after the other without joining them.
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    pieces: Vec<Piece>,
    /// The same bytes in one run, where the pieces were cut from one: nobody who wants them so copies them.
    whole: Option<Bytes>,
}

/// One run of bytes of a message.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Bytes of this message alone.
    Own(Bytes),
    /// A certified original, byte for byte: the same run stands in the envelope and in every
    /// complete receipt, and is stored once.
    Shared(Shared),
    /// The end of such a run, as of an original whose header block stands otherwise before it.
    Tail(Tail),
}

/// The end of a shared run.
#[derive(Clone, Debug)]
pub struct Tail {
    whole: Shared,
    bytes: Bytes,
}

impl Tail {
    /// The run whose end it is.
    pub fn whole(&self) -> &Shared {
        &self.whole
    }

    /// Its bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// How many octets of the run stand before it.
    pub fn skipped(&self) -> usize {
        self.whole.bytes.len() - self.bytes.len()
    }
}

/// A run of bytes worth storing once, with its SHA-256 computed once at most.
#[derive(Clone, Debug)]
pub struct Shared {
    bytes: Bytes,
    sha256: Arc<OnceLock<[u8; 32]>>,
}

impl Shared {
    /// Marks a run of bytes as worth storing once.
    pub fn new(bytes: Bytes) -> Self {
        Self { bytes, sha256: Arc::default() }
    }

    /// A run whose SHA-256 the caller already knows to be `sha256` (as a store that addresses by it).
    pub fn with_sha256(bytes: Bytes, sha256: [u8; 32]) -> Self {
        Self { bytes, sha256: Arc::new(OnceLock::from(sha256)) }
    }

    /// The bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The SHA-256 of the bytes, computed at the first call.
    pub fn sha256(&self) -> &[u8; 32] {
        self.sha256.get_or_init(|| Sha256::digest(&self.bytes).into())
    }
}

impl Pieces {
    /// No bytes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A message of one run of own bytes.
    pub fn own(bytes: impl Into<Bytes>) -> Self {
        Self { pieces: vec![Piece::Own(bytes.into())], whole: None }
    }

    /// Adds own bytes at the end.
    pub fn push(&mut self, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        if !bytes.is_empty() {
            self.add(Piece::Own(bytes));
        }
    }

    /// Adds a shared run at the end.
    pub fn push_shared(&mut self, shared: Shared) {
        if !shared.bytes.is_empty() {
            self.add(Piece::Shared(shared));
        }
    }

    /// Adds at the end what of a shared run follows its first `skipped` octets.
    pub fn push_tail(&mut self, whole: Shared, skipped: usize) {
        match skipped.min(whole.bytes.len()) {
            0 => self.push_shared(whole),
            all if all == whole.bytes.len() => {}
            skipped => {
                let bytes = whole.bytes.slice(skipped..);
                self.add(Piece::Tail(Tail { whole, bytes }));
            }
        }
    }

    fn add(&mut self, piece: Piece) {
        self.whole = None;
        self.pieces.push(piece);
    }

    /// Adds all pieces of `other` at the end.
    pub fn extend(&mut self, other: Pieces) {
        self.whole = None;
        self.pieces.extend(other.pieces);
    }

    /// The pieces in order.
    pub fn iter(&self) -> impl Iterator<Item = &Piece> {
        self.pieces.iter()
    }

    /// The runs of bytes in order.
    pub fn chunks(&self) -> impl Iterator<Item = &Bytes> {
        self.pieces.iter().map(|piece| match piece {
            Piece::Own(bytes) => bytes,
            Piece::Shared(shared) => &shared.bytes,
            Piece::Tail(tail) => &tail.bytes,
        })
    }

    /// Length in octets.
    pub fn len(&self) -> usize {
        self.chunks().map(Bytes::len).sum()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The message as one run; copies, unless there is only one piece, or all were cut from one.
    pub fn to_bytes(&self) -> Bytes {
        match (&self.whole, self.pieces.as_slice()) {
            (Some(whole), _) => whole.clone(),
            (None, []) => Bytes::new(),
            (None, [Piece::Own(bytes)]) => bytes.clone(),
            (None, [Piece::Shared(shared)]) => shared.bytes.clone(),
            (None, [Piece::Tail(tail)]) => tail.bytes.clone(),
            (None, _) => {
                let mut all = Vec::with_capacity(self.len());
                self.chunks().for_each(|chunk| all.extend_from_slice(chunk));
                all.into()
            }
        }
    }

    /// Splits one contiguous message so that `original` (a range within it) becomes a shared run.
    pub fn split(message: &Bytes, original: Option<std::ops::Range<usize>>) -> Self {
        let Some(range) = original.filter(|r| r.start < r.end && r.end <= message.len()) else {
            return Self::own(message.clone());
        };
        let mut pieces = Self::new();
        pieces.push(message.slice(..range.start));
        pieces.push_shared(Shared::new(message.slice(range.clone())));
        pieces.push(message.slice(range.end..));
        pieces.whole = Some(message.clone());
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitting_changes_no_byte_and_shares_the_original() {
        let message = Bytes::from_static(b"head ORIGINAL tail");
        let pieces = Pieces::split(&message, Some(5..13));
        assert_eq!(pieces.to_bytes(), message);
        let shared: Vec<_> = pieces
            .iter()
            .filter_map(|p| if let Piece::Shared(s) = p { Some(s.bytes().clone()) } else { None })
            .collect();
        assert_eq!(shared, [Bytes::from_static(b"ORIGINAL")]);
    }

    #[test]
    fn what_was_cut_from_one_run_is_one_run_again_without_a_copy() {
        let message = Bytes::from(b"head ORIGINAL tail".to_vec());
        let mut pieces = Pieces::split(&message, Some(5..13));
        assert_eq!(pieces.to_bytes().as_ptr(), message.as_ptr());
        pieces.push("more");
        assert_eq!(pieces.to_bytes(), "head ORIGINAL tailmore");
    }

    #[test]
    fn the_end_of_a_shared_run_follows_other_bytes_without_a_copy() {
        let whole = Shared::new(Bytes::from_static(b"head BODY"));
        let mut pieces = Pieces::own("other ");
        pieces.push_tail(whole.clone(), 5);
        pieces.push_tail(whole.clone(), 0);
        pieces.push_tail(whole, 9);
        assert_eq!(pieces.to_bytes(), "other BODYhead BODY");
        let kinds: Vec<_> = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Own(_) => ("own", 0),
                Piece::Shared(_) => ("shared", 0),
                Piece::Tail(tail) => ("tail", tail.skipped()),
            })
            .collect();
        assert_eq!(kinds, [("own", 0), ("tail", 5), ("shared", 0)]);
    }
}
