//! What a client may make us hold, in octets and pieces.

/// The bounds of one command before it is understood. A message of APPEND is not among them: it is never gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The longest line between two literals, octets; a `LOGIN` needs a hundred, a set of UIDs some thousands (RFC 2683
    /// §3.2.1.5 asks for 8,000).
    pub line: usize,
    /// The largest literal, octets.
    pub literal: usize,
    /// The most literals of one command.
    pub literals: usize,
    /// The whole command with its literals, octets.
    pub command: usize,
    /// The most octets of a refused command that are read and thrown away, so that the dialogue stays in step. Where a
    /// client has announced more (`{4294967296+}`), it would send for minutes what nobody wants: the session ends with
    /// BYE (RFC 7888 §4).
    pub skip: u64,
}

impl Bounds {
    /// For who has not logged in: LOGIN, AUTHENTICATE and ID fit.
    pub const STRANGER: Bounds =
        Bounds { line: 8 << 10, literal: 4 << 10, literals: 8, command: 16 << 10, skip: 64 << 10 };
    /// For who has: search texts, metadata and long sets of UIDs fit.
    pub const HOLDER: Bounds =
        Bounds { line: 64 << 10, literal: 64 << 10, literals: 64, command: 128 << 10, skip: 1 << 20 };
}
