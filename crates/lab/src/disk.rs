//! The files and folders of a laboratory.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use crate::error::LabError;

/// Who may read a file.
#[derive(Clone, Copy)]
pub(crate) enum Readers {
    All,
    Owner,
}

/// Writes a new file.
pub(crate) fn write(path: &Path, content: &[u8], readers: Readers) -> Result<(), LabError> {
    let mode = match readers {
        Readers::All => 0o644,
        Readers::Owner => 0o600,
    };
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .and_then(|mut file| file.write_all(content))
        .map_err(|source| LabError::Io { path: path.to_owned(), source })
}

/// Makes a folder, with all above it.
pub(crate) fn make_folder(path: &Path, mode: u32) -> Result<(), LabError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(path)
        .map_err(|source| LabError::Io { path: path.to_owned(), source })
}
