//! The thread that keeps the index.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;

use super::follow::{self, Trouble};
use super::trail::Trail;
use crate::embedded::folder;
use crate::{ErrorKind, StoreError};

/// How often it looks what was committed: what comes in between is looked at by who asks.
const LOOK: Duration = Duration::from_secs(2);
/// How long it waits before it tries again what did not work, longer each time, and at most.
const SOON: Duration = Duration::from_millis(100);
const AGAIN: Duration = Duration::from_secs(10);

/// The thread.
pub(in crate::embedded) struct Finder {
    trail: Arc<Trail>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Finder {
    /// Starts it: it goes on where the index ends.
    pub(in crate::embedded) fn start(trail: Arc<Trail>, database: PathBuf) -> Result<Self, StoreError> {
        let its = trail.clone();
        let thread = thread::Builder::new().name("store-finder".into()).spawn(move || work(&its, &database));
        let thread = thread.map_err(|error| {
            StoreError::new(ErrorKind::Disk, format!("the thread of the index of the evidence cannot start: {error}"))
        })?;
        Ok(Self { trail, thread: Mutex::new(Some(thread)) })
    }

    /// Ends it and gives the databases back. Blocks for as long as one step takes.
    pub(in crate::embedded) fn end(&self) {
        self.trail.stop();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!(event = "store-finder-lost", "the thread of the index of the evidence ended by a fault");
        }
    }
}

impl Drop for Finder {
    fn drop(&mut self) {
        self.end();
    }
}

/// What it works on: the database and the index.
type Desk = Option<(Connection, Connection)>;

fn work(trail: &Trail, database: &Path) {
    let (mut desk, mut failed): (Desk, u32) = (None, 0);
    loop {
        if trail.is_useless() {
            desk = None;
        }
        let wait = match step(trail, database, &mut desk) {
            Ok(more) => {
                failed = 0;
                if more { Duration::ZERO } else { LOOK }
            }
            Err(trouble) => {
                desk = None;
                let error = match trouble {
                    Trouble::Index(error) => {
                        trail.judge(&error);
                        error
                    }
                    Trouble::Store(error) => error,
                };
                tracing::warn!(event = "find-not-indexed", %error, "the index of the evidence does not go on; messages are found without it, slowly");
                failed += 1;
                AGAIN.min(SOON * 2u32.saturating_pow(failed))
            }
        };
        if !trail.pause(wait, failed == 0) {
            return;
        }
    }
}

fn step(trail: &Trail, database: &Path, desk: &mut Desk) -> Result<bool, Trouble> {
    let (db, index) = match desk {
        Some(desk) => desk,
        none => {
            let index = trail.open().map_err(Trouble::Index)?;
            none.insert((folder::reader(database).map_err(Trouble::Store)?, index))
        }
    };
    follow::step(db, index)
}
