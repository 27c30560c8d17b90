//! What can be wrong with an index.

/// Why an index is refused: where, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct DirectoryError {
    /// 1-based line of the LDIF, 0 when built from records.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}
