//! What was seen, in a file: the last head of each log.

use std::path::Path;

use proof::LogId;
use proof::file::SignedHead;
use proof::head::Head;
use serde::{Deserialize, Serialize};

use super::discord::WatchError;

/// The form of the file.
pub const FORM: &str = "sigillo-watch 1";

/// What was seen of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// [`FORM`]
    pub form: String,
    /// The domain of its service address; empty before anything was seen.
    pub domain: String,
    /// Its logs.
    pub logs: Vec<Seen>,
}

/// What was seen of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Its last head, which was judged.
    pub head: SignedHead,
    /// The first of its heads that had no time stamp when it was seen; none: all had theirs.
    pub unstamped: Option<u64>,
}

impl Default for State {
    fn default() -> Self {
        Self { form: FORM.to_owned(), domain: String::new(), logs: Vec::new() }
    }
}

impl Seen {
    /// The last head.
    pub(crate) fn last(&self) -> Result<Head, WatchError> {
        Head::read(&self.head.text.0).map_err(|error| WatchError::State(format!("a head in the state: {error}")))
    }
}

impl State {
    /// Reads the file; nothing was seen where there is none.
    pub fn read(path: &Path) -> Result<Self, WatchError> {
        let wrong = |what: String| WatchError::State(format!("{}: {what}", path.display()));
        let octets = match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            octets => octets.map_err(|error| wrong(error.to_string()))?,
        };
        let state: Self = serde_json::from_slice(&octets).map_err(|error| wrong(error.to_string()))?;
        if state.form != FORM {
            return Err(wrong(format!("expected {FORM}, found {:.40}", state.form)));
        }
        for seen in &state.logs {
            seen.last().map_err(|error| wrong(error.to_string()))?;
        }
        Ok(state)
    }

    /// Writes the file, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<(), WatchError> {
        let wrong = |what: String| WatchError::State(format!("{}: {what}", path.display()));
        let text = serde_json::to_string_pretty(self).map_err(|error| wrong(error.to_string()))?;
        fetch::keep::replace(path, (text + "\n").as_bytes()).map_err(|error| wrong(error.to_string()))
    }

    /// What was seen of a log.
    pub(crate) fn of(&self, log: LogId) -> Result<Option<(Head, &Seen)>, WatchError> {
        for seen in &self.logs {
            let last = seen.last()?;
            if last.log == log {
                return Ok(Some((last, seen)));
            }
        }
        Ok(None)
    }

    /// Notes what was seen of a log now.
    pub(crate) fn note(&mut self, log: LogId, seen: Seen) -> Result<(), WatchError> {
        for known in &mut self.logs {
            if known.last()?.log == log {
                *known = seen;
                return Ok(());
            }
        }
        self.logs.push(seen);
        Ok(())
    }
}
