//! The connections that read: few, opened when first needed, each used by one blocking task at a time.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::folder;
use super::health::Health;
use super::sql::Statements;
use crate::{ErrorKind, StoreError};

/// A pool of readers. A reader sees everything whose commit was answered before it began.
pub(super) struct Readers {
    database: PathBuf,
    width: u32,
    turns: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
    health: Arc<Health>,
}

impl Readers {
    /// A pool of at most `width` connections.
    pub(super) fn new(database: PathBuf, width: u16, health: Arc<Health>) -> Self {
        let width = width.max(1);
        let turns = Arc::new(Semaphore::new(width.into()));
        Self { database, width: width.into(), turns, idle: Arc::default(), health }
    }

    /// Runs `work` on one consistent view of the database.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.examine(work).await.inspect_err(|error| self.health.note(error))
    }

    /// As [`Readers::run`], but what cannot be read is the caller's to tell.
    pub(super) async fn examine<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let (idle, database) = (self.idle.clone(), self.database.clone());
        self.in_turn(move || {
            let free = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = free.map_or_else(|| folder::reader(&database), Ok)?;
            let result = view(&connection, work);
            if connection.is_autocommit() {
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            }
            result
        })
        .await
    }

    /// Runs `work`, which brings its own connection, as one of the readers.
    pub(super) async fn apart<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce() -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.in_turn(work).await.inspect_err(|error| self.health.note(error))
    }

    async fn in_turn<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce() -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        // The turn goes along: a caller that gives up does not free it while the work goes on.
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| closed())?;
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        let fault = |error| StoreError::bug(format!("a fault in the store's own code: {error}"));
        task.await.unwrap_or_else(|error| Err(fault(error)))
    }

    /// Waits for the readers under way and closes all connections; later calls fail.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let all = self.turns.acquire_many(self.width).await.map_err(|_| closed())?;
        self.turns.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        drop(all);
        Ok(())
    }
}

fn view<T>(connection: &Connection, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
    // Prepared once: most questions are shorter than it takes to read these two words.
    connection.run("starting to read", "BEGIN", [])?;
    let read = work(connection);
    // Nothing was changed, so there is nothing to commit: that would fail once more where a damaged page was met and
    // passed. A connection whose view does not end is not used again.
    let _ = connection.run("ending to read", "ROLLBACK", []);
    read
}

fn closed() -> StoreError {
    StoreError::new(ErrorKind::Closed, "the store is closed")
}
