//! Why something about the index does not go on. Whose fault it is decides what a command ends with and what an operator
//! does.

use std::fmt::Display;
use std::path::Path;

use fetch::FetchError;

/// What is wrong, by blame.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// Ours: a file that the configuration names, or a port.
    #[error("{0}")]
    Ours(String),
    /// The server's, or the network's: nothing came.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Its maker's: what came is not believed.
    #[error("{0}")]
    Refused(String),
    /// Ours: it cannot be written.
    #[error("{0}")]
    Unwritten(String),
    /// Ours, and temporary: it cannot be signed.
    #[error("{0}")]
    Unsigned(String),
    /// A fault of the program.
    #[error("{0}")]
    Fault(String),
}

impl IndexError {
    /// The same with the file or address that it is about in front.
    #[must_use]
    pub fn about(self, what: impl Display) -> Self {
        match self {
            Self::Ours(why) => Self::Ours(format!("{what}: {why}")),
            Self::Refused(why) => Self::Refused(format!("{what}: {why}")),
            Self::Unwritten(why) => Self::Unwritten(format!("{what}: {why}")),
            Self::Unsigned(why) => Self::Unsigned(format!("{what}: {why}")),
            Self::Fault(why) => Self::Fault(format!("{what}: {why}")),
            // It names the address itself.
            fetch @ Self::Fetch(_) => fetch,
        }
    }

    /// A file of ours that cannot be used.
    pub(crate) fn file(path: &Path, why: impl Display) -> Self {
        Self::Ours(format!("{}: {why}", path.display()))
    }

    /// A blocking task that ended by a fault.
    pub(crate) fn fault(error: impl Display) -> Self {
        Self::Fault(error.to_string())
    }
}
