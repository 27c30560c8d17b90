//! What a test says.

use std::io;

/// What a test says: nothing, or which of several lawful ways was seen.
pub type Outcome = Result<String, Fault>;

/// Why a test did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The requirement is broken.
    Fail(String),
    /// A recommendation is not followed.
    Advice(String),
    /// Something is missing that the test needs.
    Skip(String),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Fault::Fail(error.to_string())
    }
}
