//! Why nothing was judged.

use std::fmt::Display;
use std::path::{Path, PathBuf};

/// What of the caller's is wrong.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A file that was given cannot be used.
    #[error("{}: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The authorities that were given are none.
    #[error("{0}")]
    Authorities(String),
    /// Nobody can be asked over the network from here.
    #[error("{0}")]
    Client(String),
}

impl VerifyError {
    pub(crate) fn file(path: &Path, why: impl Display) -> Self {
        Self::File { path: path.to_owned(), why: why.to_string() }
    }
}
