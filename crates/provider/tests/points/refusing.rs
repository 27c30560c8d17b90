//! A store with a disk that the test can fill.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use pec::{Identifier, Moment, Pieces};
use store::{
    Addressee, CommitError, Committed, Content, Embedded, ErrorKind, Known, Ledger, MessageId, Outcome, Question,
    StoreError,
};

/// Commits only while there is room.
pub struct Refusing {
    inner: Arc<Embedded>,
    pub full: AtomicBool,
    /// How many commits were refused.
    pub refused: AtomicU64,
}

impl Refusing {
    pub fn over(inner: Arc<Embedded>) -> Self {
        Self { inner, full: AtomicBool::new(false), refused: AtomicU64::new(0) }
    }
}

#[async_trait]
impl Content for Refusing {
    async fn read(&self, message: MessageId) -> Result<Option<Pieces>, StoreError> {
        self.inner.read(message).await
    }

    async fn read_range(&self, message: MessageId, range: Range<u64>) -> Result<Option<Bytes>, StoreError> {
        self.inner.read_range(message, range).await
    }

    async fn read_ranges(
        &self,
        wanted: Vec<(MessageId, Range<u64>)>,
    ) -> Result<Vec<Result<Option<Bytes>, StoreError>>, StoreError> {
        self.inner.read_ranges(wanted).await
    }
}

#[async_trait]
impl Ledger for Refusing {
    async fn commit(&self, outcome: Outcome) -> Result<Committed, CommitError> {
        if self.full.load(Ordering::SeqCst) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Err(StoreError::new(ErrorKind::Full, "no room").into());
        }
        self.inner.commit(outcome).await
    }

    async fn ask(&self, question: Question) -> Result<Known, StoreError> {
        self.inner.ask(question).await
    }

    async fn due(&self, now: Moment, limit: usize) -> Result<Vec<Addressee>, StoreError> {
        self.inner.due(now, limit).await
    }

    async fn addressees(&self, identifier: &Identifier) -> Result<Vec<Addressee>, StoreError> {
        self.inner.addressees(identifier).await
    }
}
