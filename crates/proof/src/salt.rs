//! What makes a row of evidence one that nobody can guess.

use std::fmt;

/// Random octets that stand in a row and nowhere else. Leaves and heads are published, and whoever sent or received a message knows
/// nearly all of every row about it: without these he could try the rest. They are drawn once, by whoever keeps the row, and
/// shown to whom the row is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Salt(pub [u8; Salt::OCTETS]);

impl Salt {
    /// How many.
    pub const OCTETS: usize = 16;
}

impl fmt::Debug for Salt {
    /// Not what it is: it opens its row to whoever knows the rest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}
