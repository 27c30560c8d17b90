//! The index as the rest of the engine sees it: where it is, whether it is of any use, whether its thread goes on.

use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use super::file;
use crate::embedded::derived;
use crate::{ErrorKind, StoreError};

/// The index.
pub(in crate::embedded) struct Trail {
    path: PathBuf,
    store: String,
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Default)]
struct State {
    stopping: bool,
    /// What it has is worth nothing.
    anew: bool,
}

impl Trail {
    /// The index at `path` of the store with this id, which nobody has opened yet.
    pub(in crate::embedded) fn new(path: PathBuf, store: &str) -> Self {
        Self { path, store: store.to_owned(), state: Mutex::default(), bell: Condvar::new() }
    }

    /// A connection that reads it; `None`: there is no index, or one of no use.
    pub(super) fn lend(&self) -> Option<Connection> {
        if self.lock().anew {
            return None;
        }
        self.use_of(file::look(&self.path, &self.store)).flatten()
    }

    /// What was read of it; `None` where it cannot be read, and everything must be looked at.
    pub(super) fn use_of<T>(&self, read: Result<T, StoreError>) -> Option<T> {
        read.inspect_err(|error| {
            tracing::warn!(event = "find-index-unread", %error, "messages are found without the index, slowly");
            self.judge(error);
        })
        .ok()
    }

    /// Whether an error of the index says that what it has is worth nothing: then it is begun anew.
    pub(super) fn judge(&self, error: &StoreError) {
        if matches!(error.kind, ErrorKind::Damaged | ErrorKind::Bug) {
            self.lock().anew = true;
            self.bell.notify_all();
        }
    }

    /// A connection that writes it.
    pub(super) fn open(&self) -> Result<Connection, StoreError> {
        if std::mem::take(&mut self.lock().anew) {
            derived::remove(&self.path)?;
        }
        file::open(&self.path, &self.store)
    }

    /// Whether it is to be begun anew.
    pub(super) fn is_useless(&self) -> bool {
        self.lock().anew
    }

    /// Waits so long, or until it is to be begun anew where `eager`; `false`: it is over.
    pub(super) fn pause(&self, time: Duration, eager: bool) -> bool {
        let waits = |state: &mut State| !(state.stopping || eager && state.anew);
        let paused = self.bell.wait_timeout_while(self.lock(), time, waits);
        !paused.unwrap_or_else(PoisonError::into_inner).0.stopping
    }

    /// It is over.
    pub(in crate::embedded) fn stop(&self) {
        self.lock().stopping = true;
        self.bell.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
