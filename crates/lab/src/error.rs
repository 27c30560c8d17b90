//! Why a laboratory was not made.

use std::io;
use std::path::PathBuf;

use config::ConfigError;
use directory::DirectoryError;
use seal::KeyError;

/// What went wrong, and whose file or wish it was.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The plan cannot work.
    #[error("the plan of the laboratory: {0}")]
    Plan(String),
    /// The folder holds something else.
    #[error("the folder {} is not empty and holds no laboratory; choose a new or an empty folder", .0.display())]
    NotEmpty(PathBuf),
    /// The folder holds another laboratory.
    #[error("the folder {} holds a laboratory made with another plan; choose another folder or remove that one", .0.display())]
    Different(PathBuf),
    /// A laboratory that is there cannot be read.
    #[error(transparent)]
    Existing(#[from] ConfigError),
    /// A file or folder cannot be used.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A key or certificate cannot be made.
    #[error("certificates of the laboratory: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The index is refused.
    #[error("index of the laboratory: {0}")]
    Directory(#[from] DirectoryError),
    /// The index cannot be signed.
    #[error("signature of the laboratory's index: {0}")]
    Sign(#[from] KeyError),
    /// A store cannot be made or filled.
    #[error("a store of the laboratory: {0}")]
    Store(String),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
}
