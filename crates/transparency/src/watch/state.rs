//! What was seen, in a file: the last head of each log.

use std::collections::VecDeque;
use std::path::Path;

use proof::LogId;
use proof::file::{Octets, SignedHead};
use proof::head::{Head, digest_of};
use serde::{Deserialize, Serialize};

use super::discord::WatchError;

/// The form of the file.
pub const FORM: &str = "sigillo-watch 1";

/// Digests that are kept of the heads of a log that wait for their stamps: of more than two years with one each hour, a megabyte.
/// Heads behind these are asked for too; only their place is compared.
const WAITING: usize = 20_000;

/// What was seen of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// [`FORM`]
    pub form: String,
    /// The domain of its service address; empty before anything was seen.
    pub domain: String,
    /// Whether it published the nodes of its trees.
    pub tiles: bool,
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
    /// The digests of the texts of that head and of those behind it, as they were seen; of so many at most as a watcher keeps.
    pub waiting: VecDeque<Octets>,
}

impl Default for State {
    fn default() -> Self {
        Self { form: FORM.to_owned(), domain: String::new(), tiles: false, logs: Vec::new() }
    }
}

impl Seen {
    /// The last head.
    pub(crate) fn last(&self) -> Result<Head, WatchError> {
        Head::read(&self.head.text.0).map_err(|error| WatchError::State(format!("a head in the state: {error}")))
    }

    /// The first that waited has its stamp; `last` is the number of the last head.
    pub(crate) fn has_stamp(&mut self, last: u64) {
        self.waiting.pop_front();
        self.unstamped = self.unstamped.map(|first| first + 1).filter(|first| *first <= last);
    }

    /// A further head, which was judged, takes the place of the last.
    fn follow(&mut self, read: &Head, shown: &SignedHead) {
        self.head = shown.clone();
        let waits = shown.stamp.is_none().then_some(read.number);
        self.unstamped = self.unstamped.or(waits);
        if let Some(first) = self.unstamped
            && self.waiting.len() < WAITING
            // Where some are left out, those behind them are too: the place says whose a digest is.
            && first + self.waiting.len() as u64 == read.number
        {
            self.waiting.push_back(Octets(digest_of(&shown.text.0).to_vec()));
        }
    }
}

impl State {
    /// Reads the file of whoever begins with it; nothing was seen where there is none.
    pub fn read_or_begin(path: &Path) -> Result<Self, WatchError> {
        match std::fs::symlink_metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            _ => Self::read(path),
        }
    }

    /// Reads the file, which must be there.
    pub fn read(path: &Path) -> Result<Self, WatchError> {
        let wrong = |what: String| WatchError::State(format!("{}: {what}", path.display()));
        let octets = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
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

    /// Notes a further head of its log, which was judged.
    pub(crate) fn follow(&mut self, read: &Head, shown: &SignedHead) -> Result<(), WatchError> {
        for known in &mut self.logs {
            if known.last()?.log == read.log {
                known.follow(read, shown);
                return Ok(());
            }
        }
        let mut seen = Seen { head: shown.clone(), unstamped: None, waiting: VecDeque::new() };
        seen.follow(read, shown);
        self.logs.push(seen);
        Ok(())
    }

    /// Notes what was seen now of a log that is known.
    pub(crate) fn note(&mut self, log: LogId, seen: Seen) -> Result<(), WatchError> {
        for known in &mut self.logs {
            if known.last()?.log == log {
                *known = seen;
                break;
            }
        }
        Ok(())
    }
}
