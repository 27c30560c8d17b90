//! What the writer is asked to do: a job's work, what it gave, and who waits for that.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::{CommitError, FeedItem, StoreError};

/// What a job is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// An Outcome; counted.
    Outcome,
    /// Any other change.
    Change,
    /// What need not survive a power cut, and costs no flush of its own: a lease, which is void after a restart anyway.
    Passing,
}

impl Purpose {
    /// Whether it is flushed.
    pub(super) fn durable(self) -> bool {
        self != Purpose::Passing
    }
}

/// A job, whatever it gives.
pub(super) trait Job: Send {
    /// About what it will write.
    fn octets(&self) -> usize;
    /// What it is for.
    fn purpose(&self) -> Purpose;
    /// Does the work; `false`: undo it.
    fn run(&mut self, connection: &Connection) -> bool;
    /// What is to be told of it, once the transaction is committed.
    fn told(&mut self) -> Vec<FeedItem>;
    /// Tells the outcome, once the transaction has ended so.
    fn answer(self: Box<Self>, ended: Result<(), StoreError>);
    /// Whether the work itself went well.
    fn done(&self) -> bool;
    /// What the engine said, when the work failed by it.
    fn fault(&self) -> Option<&StoreError>;
}

/// What a job may fail with.
pub(super) trait JobError: From<StoreError> + Send {
    /// The engine's fault, if it is one.
    fn fault(&self) -> Option<&StoreError>;
}

impl JobError for StoreError {
    fn fault(&self) -> Option<&StoreError> {
        Some(self)
    }
}

impl JobError for CommitError {
    fn fault(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::AlreadyDone(_)
            | Self::AlreadyTold(_)
            | Self::Moved { .. }
            | Self::NoMailbox(_)
            | Self::MailboxFull(_) => None,
        }
    }
}

/// A job that one caller waits for.
pub(super) struct Task<F, T, E> {
    octets: usize,
    purpose: Purpose,
    work: Option<F>,
    result: Option<Result<(T, Vec<FeedItem>), E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Task<F, T, E> {
    /// Work that writes about so many octets; what it gives goes to `reply`.
    pub(super) fn new(purpose: Purpose, octets: usize, work: F, reply: oneshot::Sender<Result<T, E>>) -> Self {
        Self { octets, purpose, work: Some(work), result: None, reply }
    }
}

impl<F, T, E> Job for Task<F, T, E>
where
    F: FnOnce(&Connection) -> Result<(T, Vec<FeedItem>), E> + Send,
    T: Send,
    E: JobError,
{
    fn octets(&self) -> usize {
        self.octets
    }

    fn purpose(&self) -> Purpose {
        self.purpose
    }

    fn run(&mut self, connection: &Connection) -> bool {
        let work = self.work.take();
        // One bad job must not end the thread that everybody waits for.
        let result = catch_unwind(AssertUnwindSafe(|| work.map(|work| work(connection))));
        self.result = result.unwrap_or_else(|_| Some(Err(StoreError::bug("a fault in the store's own code").into())));
        self.done()
    }

    fn told(&mut self) -> Vec<FeedItem> {
        self.result
            .as_mut()
            .and_then(|result| result.as_mut().ok())
            .map(|(_, told)| std::mem::take(told))
            .unwrap_or_default()
    }

    fn done(&self) -> bool {
        matches!(self.result, Some(Ok(_)))
    }

    fn fault(&self) -> Option<&StoreError> {
        self.result.as_ref()?.as_ref().err()?.fault()
    }

    fn answer(self: Box<Self>, ended: Result<(), StoreError>) {
        let result = match ended {
            Ok(()) => self.result.map_or_else(
                || Err(StoreError::bug("a job was not run").into()),
                |result| result.map(|(value, _)| value),
            ),
            Err(error) => Err(error.into()),
        };
        // Who asked may have gone away; what was done stays done.
        let _ = self.reply.send(result);
    }
}
