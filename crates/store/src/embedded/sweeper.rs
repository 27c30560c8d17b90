//! Removes files of originals, one after the other, where nobody waits for it.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

use super::originals::{Errand, Files};
use crate::{ErrorKind, StoreError};

/// The thread.
#[derive(Debug)]
pub(super) struct Sweeper {
    files: Arc<Files>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Sweeper {
    /// Starts it, first with a look through all files: what a crash left goes.
    pub(super) fn start(files: Arc<Files>, errands: mpsc::Receiver<Errand>) -> Result<Self, StoreError> {
        files.send(Errand::Sweep(None));
        let its = files.clone();
        let thread = thread::Builder::new()
            .name("store-sweeper".into())
            .spawn(move || work(&its, &errands))
            .map_err(|error| StoreError::new(ErrorKind::Disk, format!("the sweeper's thread cannot start: {error}")))?;
        Ok(Self { files, thread: Mutex::new(Some(thread)) })
    }

    /// Ends it and gives the database back. Blocks for as long as one file takes.
    pub(super) fn end(&self) {
        self.files.stop();
        self.files.send(Errand::End);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!(event = "store-sweeper-lost", "the thread that removes originals ended by a fault");
        }
        self.files.close();
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.end();
    }
}

fn work(files: &Files, errands: &mpsc::Receiver<Errand>) {
    while let Ok(errand) = errands.recv() {
        let failed = match errand {
            Errand::Remove(digest) => files.remove(&digest).err(),
            Errand::Sweep(asked) => {
                let swept = files.sweep();
                let failed = swept.as_ref().err().cloned();
                if let Ok(gone @ 1..) = &swept {
                    tracing::info!(gone, "files of originals that nothing refers to were removed");
                }
                // Who asked may have gone away.
                asked.map(|asked| asked.send(swept));
                failed
            }
            Errand::End => break,
        };
        if let Some(error) = failed {
            tracing::warn!(event = "store-not-swept", %error, "a file of an original was not removed; it is tried again later");
        }
    }
}
