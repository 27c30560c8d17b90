//! The one thread that writes: what waits together is committed together.
//!
//! A job runs inside its own savepoint, so jobs of one transaction fail one by one; nobody is answered before
//! the transaction has ended. When the transaction itself fails, nothing of it was written and everybody in it
//! hears that, also who was refused: the refusal may have rested on a neighbour that is not there now. What changed in
//! mailboxes is told, and files whose rows went are removed, when the transaction is committed and not before.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::feed::Feed;
use super::folder::Folder;
use super::jobs::{Job, JobError, Purpose, Task};
use super::originals::{Errand, Files};
use super::sql::{Statements, column, failed};
use crate::{ErrorKind, FeedItem, StoreError};

/// How much one transaction takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Jobs, and jobs that may wait for the next one.
    pub(super) jobs: usize,
    /// Octets; a job that is larger alone is taken alone.
    pub(super) octets: usize,
}

/// Since start.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Transactions flushed.
    pub(super) flushes: AtomicU64,
    /// Outcomes committed.
    pub(super) outcomes: AtomicU64,
    /// Why the last transaction failed; `None` when it did not.
    pub(super) trouble: Mutex<Option<String>>,
}

impl Tally {
    /// Notes how something ended that was to be written. What is not flushed proves nothing: on a full disk a lease may still find its place.
    pub(super) fn note(&self, fault: Option<&StoreError>, durable: bool) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = fault {
            *trouble = Some(error.to_string());
        } else if durable && trouble.take().is_some() {
            tracing::info!(event = "store-works-again");
        }
    }
}

/// The way to the thread.
pub(super) struct Writer {
    sender: Option<mpsc::Sender<Message>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    tally: Arc<Tally>,
}

enum Message {
    Job(Box<dyn Job>),
    Close(oneshot::Sender<Result<(), StoreError>>),
}

impl Writer {
    /// Starts the thread; it owns the connection and the folder until it ends.
    pub(super) fn start(
        connection: Connection,
        folder: Folder,
        limits: Limits,
        feed: Arc<Feed>,
        files: Arc<Files>,
    ) -> Result<Self, StoreError> {
        connection.execute_batch(REMOVED).map_err(|e| failed("preparing for removals", e))?;
        let (sender, receiver) = mpsc::channel(limits.jobs.max(1));
        let tally = Arc::new(Tally::default());
        let room = Room { connection, folder, receiver, limits, tally: tally.clone(), feed, files, durable: true };
        let thread = thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || room.work())
            .map_err(|error| StoreError::new(ErrorKind::Disk, format!("the writer's thread cannot start: {error}")))?;
        Ok(Self { sender: Some(sender), thread: Mutex::new(Some(thread)), tally })
    }

    /// No writer: every change is refused.
    pub(super) fn none() -> Self {
        Self { sender: None, thread: Mutex::new(None), tally: Arc::default() }
    }

    /// What was done since start.
    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Has `work` done in a transaction and waits for its end. `octets` is about what it will write. The work gives its
    /// value, and what is told when it is committed. When the future is dropped the work may still be done.
    pub(super) async fn run<F, T, I, E>(&self, purpose: Purpose, octets: usize, work: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<(T, Vec<I>), E> + Send + 'static,
        T: Send + 'static,
        I: Into<FeedItem>,
        E: JobError + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work = move |tx: &Connection| {
            let (value, told) = work(tx)?;
            Ok((value, told.into_iter().map(Into::into).collect()))
        };
        self.send(Message::Job(Box::new(Task::new(purpose, octets, work, reply)))).await?;
        answer.await.map_err(|_| stopped())?
    }

    /// Does what was asked before, checkpoints and closes the file; later calls fail.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        if self.sender.is_none() {
            return Ok(());
        }
        let (reply, answer) = oneshot::channel();
        self.send(Message::Close(reply)).await?;
        answer.await.map_err(|_| stopped())?
    }

    async fn send(&self, message: Message) -> Result<(), StoreError> {
        let looking = || {
            let what = "the store was opened for looking only: what runs the provider changes it";
            StoreError::new(ErrorKind::Closed, what)
        };
        let sender = self.sender.as_ref().ok_or_else(looking)?;
        sender.send(message).await.map_err(|_| stopped())
    }
}

impl Drop for Writer {
    /// Waits until the thread has done what was asked of it, so that the folder is free afterwards.
    fn drop(&mut self) {
        self.sender = None;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!(event = "store-writer-lost", "the store's writer thread ended by a fault");
        }
    }
}

/// What the thread has around it.
struct Room {
    connection: Connection,
    folder: Folder,
    receiver: mpsc::Receiver<Message>,
    limits: Limits,
    tally: Arc<Tally>,
    feed: Arc<Feed>,
    files: Arc<Files>,
    durable: bool,
}

/// Collects the files whose rows went, of this connection alone: undoing a job undoes that too.
const REMOVED: &str = "
    CREATE TEMP TABLE removed (sha256 BLOB NOT NULL);
    CREATE TEMP TRIGGER originals_removed AFTER DELETE ON main.originals WHEN old.data IS NULL
      BEGIN INSERT INTO removed VALUES (old.sha256); END;
    CREATE TEMP TRIGGER originals_gone AFTER UPDATE OF gone ON main.originals WHEN new.gone AND old.data IS NULL
      BEGIN INSERT INTO removed VALUES (old.sha256); END;";

impl Room {
    fn work(mut self) {
        let mut closing = None;
        let mut next = self.receiver.blocking_recv();
        while let Some(message) = next.take() {
            match message {
                Message::Close(reply) => {
                    self.receiver.close();
                    closing.get_or_insert(reply);
                }
                Message::Job(first) => {
                    let mut jobs = vec![first];
                    next = self.gather(&mut jobs);
                    self.transact(jobs);
                }
            }
            next = next.or_else(|| self.receiver.blocking_recv());
        }
        let Self { connection, folder, .. } = self;
        let closed = checkpoint(&connection)
            .and_then(|()| connection.close().map_err(|(_, error)| failed("closing sigillo.db", error)));
        drop(folder);
        if let Err(error) = &closed {
            tracing::error!(event = "store-not-closed", %error, "the store did not close cleanly; nothing is lost, the next start recovers");
        }
        if let Some(reply) = closing {
            let _ = reply.send(closed);
        }
    }

    /// Takes what waits, up to the limits; gives back what did not fit or is no job.
    fn gather(&mut self, jobs: &mut Vec<Box<dyn Job>>) -> Option<Message> {
        let mut octets: usize = jobs.iter().map(|job| job.octets()).sum();
        while jobs.len() < self.limits.jobs {
            match self.receiver.try_recv().ok()? {
                Message::Job(job) if octets.saturating_add(job.octets()) <= self.limits.octets => {
                    octets = octets.saturating_add(job.octets());
                    jobs.push(job);
                }
                other => return Some(other),
            }
        }
        None
    }

    fn transact(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        let durable = jobs.iter().any(|job| job.purpose().durable());
        let begun = Instant::now();
        let ended = self.durable(durable).and_then(|()| self.together(&mut jobs));
        match &ended {
            Ok(()) => {
                if durable && jobs.iter().any(|job| job.done()) {
                    self.files.trust();
                }
                self.count(durable, &jobs, begun.elapsed());
                self.feed.tell(jobs.iter_mut().flat_map(|job| job.told()).collect());
                self.remove_files();
            }
            Err(error) => {
                // On a full disk the last page of a commit, which makes it one, is not there.
                if error.kind != ErrorKind::Full {
                    self.files.doubt();
                }
                tracing::error!(
                    event = "store-not-written",
                    %error,
                    jobs = jobs.len(),
                    "a transaction failed; nothing of it was written"
                );
            }
        }
        // A job may be refused alone, as by a full disk; what the other purposes ask for may be wrong in itself.
        let outcomes = || jobs.iter().filter(|job| job.purpose() == Purpose::Outcome);
        let fault = ended.as_ref().err().or_else(|| outcomes().find_map(|job| job.fault()));
        self.tally.note(fault, durable);
        for job in jobs {
            job.answer(ended.clone());
        }
    }

    fn together(&self, jobs: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        let connection = &self.connection;
        begin(connection)?;
        let done = match jobs {
            [alone] => {
                let done = alone.run(connection);
                whole(connection).map(|()| done)
            }
            jobs => jobs.iter_mut().try_for_each(|job| apart(connection, job.as_mut())).map(|()| true),
        };
        let ended = done.and_then(|done| {
            // What is undone alone leaves nothing to commit.
            let (what, sql) = if done { ("committing", "COMMIT") } else { ("undoing a job", "ROLLBACK") };
            connection.run(what, sql, []).map(|_| ())
        });
        if ended.is_err()
            && let Err(error) = roll_back(connection)
        {
            tracing::error!(event = "store-not-written", %error, "a transaction could not be undone; it is before the next one");
        }
        ended
    }

    /// Has the files removed whose rows went with the last transaction.
    fn remove_files(&self) {
        let what = "removing originals";
        let removed = self.connection.all(what, "SELECT sha256 FROM temp.removed", [], |row| column(row, 0));
        let removed = removed.and_then(|removed| match removed.is_empty() {
            true => Ok(removed),
            false => self.connection.run(what, "DELETE FROM temp.removed", []).map(|_| removed),
        });
        match removed {
            Ok(removed) => removed.into_iter().for_each(|digest| self.files.send(Errand::Remove(digest))),
            // The rows are gone all the same; a sweep finds the files.
            Err(error) => tracing::warn!(event = "store-not-swept", %error, "files of originals were not removed"),
        }
    }

    /// Flushes the commits that follow, or not.
    fn durable(&mut self, durable: bool) -> Result<(), StoreError> {
        if durable != self.durable {
            let sql = if durable { "PRAGMA synchronous = FULL" } else { "PRAGMA synchronous = NORMAL" };
            self.connection.execute_batch(sql).map_err(|e| failed("setting the durability", e))?;
            self.durable = durable;
        }
        Ok(())
    }

    fn count(&self, durable: bool, jobs: &[Box<dyn Job>], took: Duration) {
        let outcomes = jobs.iter().filter(|job| job.purpose() == Purpose::Outcome && job.done()).count();
        // What was undone was not flushed.
        let durable = durable && jobs.iter().any(|job| job.done());
        self.tally.flushes.fetch_add(durable.into(), Ordering::Relaxed);
        self.tally.outcomes.fetch_add(outcomes as u64, Ordering::Relaxed);
        metrics::counter!("sigillo_store_flushes_total").increment(durable.into());
        if durable {
            // The others would hide how long a flush takes.
            metrics::histogram!("sigillo_store_commit_seconds").record(took);
        }
        metrics::counter!("sigillo_store_outcomes_total").increment(outcomes as u64);
    }
}

/// Begins a transaction; one that could not be undone before is undone now.
fn begin(connection: &Connection) -> Result<(), StoreError> {
    roll_back(connection)?;
    connection.run("starting a transaction", "BEGIN IMMEDIATE", []).map(drop)
}

fn roll_back(connection: &Connection) -> Result<(), StoreError> {
    match connection.is_autocommit() {
        true => Ok(()),
        false => connection.run("rolling back", "ROLLBACK", []).map(drop),
    }
}

/// Runs one job so that it can be undone alone. An error here is the end of the whole transaction.
fn apart(connection: &Connection, job: &mut dyn Job) -> Result<(), StoreError> {
    connection.run("starting a job", "SAVEPOINT job", [])?;
    let done = job.run(connection);
    whole(connection)?;
    if !done {
        connection.run("undoing a job", "ROLLBACK TO job", [])?;
    }
    connection.run("ending a job", "RELEASE job", [])?;
    Ok(())
}

/// A full disk or a failing one makes the database undo everything by itself.
fn whole(connection: &Connection) -> Result<(), StoreError> {
    let what = "the transaction was undone: the disk is full or failing, or memory ran out";
    if connection.is_autocommit() { Err(StoreError::new(ErrorKind::Disk, what)) } else { Ok(()) }
}

fn checkpoint(connection: &Connection) -> Result<(), StoreError> {
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    match busy.map_err(|e| failed("checkpointing", e))? {
        0 => Ok(()),
        _ => Err(StoreError::new(ErrorKind::Busy, "checkpointing: another program is reading sigillo.db")),
    }
}

fn stopped() -> StoreError {
    StoreError::new(ErrorKind::Closed, "the store is closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_that_was_left_open_stops_no_later_one() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE a (x); BEGIN; INSERT INTO a VALUES (1)").unwrap();
        begin(&connection).unwrap();
        connection.execute_batch("INSERT INTO a VALUES (2); COMMIT").unwrap();
        let all: Vec<i64> = connection.all("", "SELECT x FROM a", [], |row| column(row, 0)).unwrap();
        assert_eq!(all, [2]);
    }
}
