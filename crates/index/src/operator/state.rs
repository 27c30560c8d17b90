//! What the operator keeps on disk; each file is replaced whole or not at all.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use fetch::keep;
use serde::{Deserialize, Serialize};

use crate::copy::sha256;
use crate::error::IndexError;

/// The folder.
pub(super) struct State {
    folder: PathBuf,
}

/// How the collection of one provider's file goes, kept for the next process. Seconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Status {
    /// When its file was last found good.
    pub good: Option<i64>,
    /// Since when it is not, and why.
    pub failing: Option<(i64, String)>,
}

impl State {
    /// Opens the folder, and makes it where it is missing.
    pub(super) fn open(folder: &Path) -> Result<Self, IndexError> {
        let providers = folder.join("providers");
        keep::folder(&providers).map_err(|error| unwritten(&providers, &error))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Where the published file stands.
    pub(super) fn published(&self) -> PathBuf {
        self.folder.join("indice.ldif.p7m")
    }

    /// The published file, if there is one.
    pub(super) fn read_published(&self) -> Result<Option<Bytes>, IndexError> {
        read(&self.published())
    }

    /// Where the last good file of a provider stands. The name says nothing to the file system.
    pub(super) fn file_of(&self, name: &str) -> PathBuf {
        let hash = sha256(name.to_lowercase().as_bytes());
        self.folder.join("providers").join(format!("{hash:.32}.p7m"))
    }

    /// The last good file of a provider, if there is one.
    pub(super) fn read_file_of(&self, name: &str) -> Result<Option<Bytes>, IndexError> {
        read(&self.file_of(name))
    }

    /// How the collections went, by name.
    pub(super) fn read_statuses(&self) -> Result<BTreeMap<String, Status>, IndexError> {
        let path = self.folder.join("status.json");
        let Some(text) = read(&path)? else { return Ok(BTreeMap::new()) };
        serde_json::from_slice(&text).map_err(|error| IndexError::file(&path, error))
    }

    /// Keeps how the collections went.
    pub(super) fn write_statuses(&self, statuses: &BTreeMap<String, Status>) -> Result<(), IndexError> {
        let path = self.folder.join("status.json");
        let text = serde_json::to_vec_pretty(statuses).map_err(IndexError::fault)?;
        keep::replace(&path, &text).map_err(|error| unwritten(&path, &error))
    }
}

fn unwritten(path: &Path, error: &io::Error) -> IndexError {
    IndexError::Unwritten(format!("{}: {error}", path.display()))
}

fn read(path: &Path) -> Result<Option<Bytes>, IndexError> {
    match std::fs::read(path) {
        Ok(octets) => Ok(Some(octets.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(IndexError::file(path, error)),
    }
}
