//! How far a log is written, in a file beside the days: so that a day is written once, whatever ends the program in between.

use std::path::{Path, PathBuf};

use proof::LogId;
use serde::{Deserialize, Serialize};

use crate::error::JournalError;

/// How far a log is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Marker {
    /// The head of the last day that is written whole.
    pub(crate) done: u64,
    /// The head of the day that is being written, and the name of its files.
    pub(crate) writing: Option<(u64, String)>,
}

fn path(folder: &Path, log: LogId) -> PathBuf {
    folder.join(format!("PEC{}.json", log.0))
}

impl Marker {
    pub(crate) fn read(folder: &Path, log: LogId) -> Result<Self, JournalError> {
        let path = path(folder, log);
        let octets = match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            octets => octets.map_err(|error| JournalError::file(&path, &error))?,
        };
        let wrong = |error: serde_json::Error| {
            let what = "which says how far the log is written, cannot be read";
            JournalError::File(format!("{}, {what}: {error}", path.display()))
        };
        serde_json::from_slice(&octets).map_err(wrong)
    }

    pub(crate) fn write(&self, folder: &Path, log: LogId) -> Result<(), JournalError> {
        let path = path(folder, log);
        // Numbers and a name.
        let octets = serde_json::to_vec(self).unwrap_or_default();
        fetch::keep::replace(&path, &octets).map_err(|error| JournalError::file(&path, &error))
    }
}
