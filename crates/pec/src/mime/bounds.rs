//! How much of a message is told apart.

/// What a reader takes in before it stops telling things apart. Beyond a bound nothing is lost or guessed: a block's
/// further fields are one nameless field, further parts are no parts, and the reader says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Fields of one header block.
    pub fields: usize,
    /// Octets of one header block.
    pub header: usize,
    /// Octets of one field that speaks of content (`Content-Type` and its like).
    pub value: usize,
    /// Parts in the whole tree, containers counted.
    pub parts: usize,
    /// Containers inside each other.
    pub depth: usize,
    /// Whether attached messages (`message/rfc822`) are opened.
    pub messages: bool,
}

impl Bounds {
    /// A header block alone, as long as the message is. Nobody writes [`crate::header::MAX_FIELDS`] fields.
    pub const HEADER: Bounds =
        Bounds { fields: 10_000, header: usize::MAX, value: 64 << 10, parts: 1, depth: 0, messages: false };

    /// A signed entity: providers write four parts in three levels.
    pub const SIGNED: Bounds =
        Bounds { fields: 10_000, header: 16 << 20, value: 64 << 10, parts: 200, depth: 8, messages: false };

    /// An original whose named parts are replaced by their hashes.
    pub const ORIGINAL: Bounds =
        Bounds { fields: 10_000, header: 16 << 20, value: 64 << 10, parts: 10_000, depth: 32, messages: false };

    /// Any message of a mailbox, for [`super::structure`].
    pub const STRUCTURE: Bounds =
        Bounds { fields: 10_000, header: 16 << 20, value: 16 << 10, parts: 1_000, depth: 32, messages: true };
}
