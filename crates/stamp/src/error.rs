//! Why nobody can be asked.

use std::path::PathBuf;

use fetch::FetchError;
use thiserror::Error;

/// Why nobody can be asked: a file of the operator's cannot be used.
#[derive(Debug, Error)]
pub enum StampsError {
    /// One for TLS.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// An authority's certificates.
    #[error("{}: {}", .0.display(), .1)]
    Roots(PathBuf, String),
}
