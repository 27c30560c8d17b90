//! The pieces of a line.

/// The pieces of one line.
pub type Line = Vec<Run>;

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// Words.
    Words(String),
    /// A link that stands in the text.
    Link {
        /// What is shown: the words as written, or where the name of the host is not ASCII, the address in ASCII.
        words: String,
        /// `http`, `https` or `mailto`, normalised.
        address: String,
    },
}
