//! Where the files of originals are, and what lies there.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::folder::{self, unusable};
use crate::StoreError;

/// The SHA-256 that names a file.
pub(super) type Digest = [u8; 32];

/// Where the originals of a store are.
pub(super) fn root(folder: &Path) -> PathBuf {
    folder.join("originals")
}

/// Makes the folder of originals and those in it that are missing, durably.
pub(super) fn make_folders(root: &Path) -> Result<(), StoreError> {
    let make = |path: &Path| match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(unusable(path, &error)),
        made => Ok(made.is_ok()),
    };
    let new = make(root)?;
    let mut more = false;
    for folder in folders(root) {
        more |= make(&folder)?;
    }
    if more {
        folder::sync(root)?;
    }
    root.parent().filter(|_| new).map_or(Ok(()), folder::sync)
}

/// Where an original is below `root`.
pub(super) fn path(root: &Path, digest: &Digest) -> PathBuf {
    let name = hex::encode(digest);
    root.join(name.get(..2).unwrap_or_default()).join(name)
}

/// The folders of originals.
pub(super) fn folders(root: &Path) -> impl Iterator<Item = PathBuf> {
    (0..=u8::MAX).map(move |first| root.join(format!("{first:02x}")))
}

/// What lies in one of them.
pub(super) enum Found {
    /// An original.
    Original(Digest),
    /// One that is being written, or that a crash left.
    Unfinished(Digest, PathBuf),
    /// Nothing of ours: left alone.
    Foreign,
}

/// Everything in a folder.
pub(super) fn list(folder: &Path) -> Result<Vec<Found>, StoreError> {
    let fault = |error| unusable(folder, &error);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(fault)?,
    };
    let found = |entry: io::Result<fs::DirEntry>| {
        let entry = entry.map_err(fault)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let mut digest = Digest::default();
        let ours = name.get(..64).is_some_and(|name| hex::decode_to_slice(name, &mut digest).is_ok());
        Ok(match name.get(64..) {
            Some("") if ours => Found::Original(digest),
            Some(rest) if ours && rest.ends_with(".new") => Found::Unfinished(digest, entry.path()),
            _ => Found::Foreign,
        })
    };
    entries.map(found).collect()
}

/// Reads until the part is full or the file has ended.
pub(super) fn fill(file: &mut File, part: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = part.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Removes a file; whether it was there.
pub(super) fn removed(path: &Path) -> Result<bool, StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        removed => removed.map(|()| true).map_err(|error| unusable(path, &error)),
    }
}
