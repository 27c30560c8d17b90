//! The index as the rest of the engine sees it: who reads it gets a connection, who finds it damaged says so, and how it
//! stands.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rusqlite::Connection;

use super::file;
use crate::embedded::derived;
use crate::embedded::pending::{Pending, Work};
use crate::{IndexFigures, StoreError};

/// Connections that are kept open for searches.
const KEPT: usize = 4;

/// The index.
pub(in crate::embedded) struct Shelf {
    path: PathBuf,
    pending: Arc<Pending>,
    /// Which file it is; `false` in `ready`: there is none.
    generation: AtomicU64,
    ready: AtomicBool,
    idle: Mutex<Vec<(u64, Connection)>>,
    indexed: AtomicU64,
    begun: AtomicU64,
    trouble: Mutex<Option<String>>,
}

impl Shelf {
    /// The index at `path`, which nobody has opened yet.
    pub(in crate::embedded) fn new(path: PathBuf, pending: Arc<Pending>) -> Self {
        Self {
            path,
            pending,
            generation: AtomicU64::new(0),
            ready: AtomicBool::new(false),
            idle: Mutex::default(),
            indexed: AtomicU64::new(0),
            begun: AtomicU64::new(0),
            trouble: Mutex::default(),
        }
    }

    /// Where its file is.
    pub(super) fn path(&self) -> &PathBuf {
        &self.path
    }

    /// What it does not know yet.
    pub(in crate::embedded) fn pending(&self) -> &Arc<Pending> {
        &self.pending
    }

    /// Begins it anew: what it has is worth nothing, or an operator says so.
    pub(in crate::embedded) fn begin_anew(&self) {
        self.withdraw();
        self.pending.ask(Work { anew: true, ..Work::default() });
    }

    /// Nobody reads it from now on.
    pub(super) fn withdraw(&self) {
        self.ready.store(false, Ordering::Release);
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// It may be read.
    pub(super) fn open(&self) {
        self.ready.store(true, Ordering::Release);
    }

    /// A connection that reads it; `None`: there is no index now.
    pub(super) fn lend(self: &Arc<Self>) -> Result<Option<Lent>, StoreError> {
        let generation = self.generation.load(Ordering::Acquire);
        if !self.ready.load(Ordering::Acquire) {
            return Ok(None);
        }
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match kept.filter(|(of, _)| *of == generation) {
            Some((_, connection)) => connection,
            None => file::reader(&self.path)?,
        };
        Ok(Some(Lent { shelf: self.clone(), generation, connection: Some(connection) }))
    }

    /// Closes all connections.
    pub(super) fn close(&self) {
        self.withdraw();
    }

    /// Counts messages that were indexed.
    pub(super) fn count(&self, messages: u64) {
        self.indexed.fetch_add(messages, Ordering::Relaxed);
        metrics::counter!("sigillo_search_indexed_total").increment(messages);
    }

    /// Counts that it was begun anew.
    pub(super) fn count_begun(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes why it does not go on, or that it does.
    pub(super) fn note(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Why it does not go on.
    pub(in crate::embedded) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How it stands.
    pub(in crate::embedded) fn figures(&self) -> IndexFigures {
        let (waiting, since) = self.pending.waiting();
        IndexFigures {
            waiting,
            lag: since.map_or(0, |since| Instant::now().duration_since(since).as_secs()),
            indexed: self.indexed.load(Ordering::Relaxed),
            begun: self.begun.load(Ordering::Relaxed),
            octets: derived::octets(&self.path),
            trouble: self.trouble(),
        }
    }
}

/// A connection that goes back when it is dropped.
pub(super) struct Lent {
    shelf: Arc<Shelf>,
    generation: u64,
    connection: Option<Connection>,
}

impl Lent {
    /// The connection.
    pub(super) fn connection(&self) -> Result<&Connection, StoreError> {
        self.connection.as_ref().ok_or_else(|| StoreError::bug("a connection was given back before its end"))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let over = connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok();
        let mut idle = self.shelf.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.generation == self.shelf.generation.load(Ordering::Acquire);
        if over && current && idle.len() < KEPT {
            idle.push((self.generation, connection));
        }
    }
}
