//! What happened, for thirty months and before a court (RFC 6109 §2.3): what is kept of it, and how it is read.
//!
//! The forms stand in [`proof`] (`docs/evidence-format.md`): what is common to all operations on one message, its
//! [`Subject`], is kept once; each operation is an [`Evidence`] that names its subject by hash. A log is one writer; its
//! rows are numbered from 1 without gaps.

use async_trait::async_trait;
use bytes::Bytes;
use pec::{Identifier, Kind, Moment};
pub use proof::{
    About, Actor, Event, Evidence, FormatError, LogId, Named, SharedSubject, Subject, SubjectHash, canonical,
};

use crate::error::StoreError;
use crate::find::{FoundMessages, MessageQuery};

/// A row of evidence as it is kept.
#[derive(Clone, Debug)]
pub struct EvidenceRow {
    /// Whose.
    pub log: LogId,
    /// From 1, ascending without gaps in its log.
    pub number: u64,
    /// What happened; its `about` is a [`About::Subject`], or nothing.
    pub evidence: Evidence,
}

/// A row of evidence that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableRow {
    /// Whose.
    pub log: LogId,
    /// Its number.
    pub number: u64,
    /// What is wrong with it, in English.
    pub what: String,
}

/// What to look for; `None` matches all.
#[derive(Clone, Debug, Default)]
pub struct EvidenceQuery {
    /// Of which log; `None`: of all, one log after the other.
    pub log: Option<LogId>,
    /// Rows after this number; counts in one log.
    pub after: u64,
    /// PEC msgid.
    pub identifier: Option<Identifier>,
    /// What the message was.
    pub kind: Option<Kind>,
    /// What happened.
    pub event: Option<Event>,
    /// At most this many rows.
    pub limit: usize,
}

/// A row of evidence as the tree of its log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Its number.
    pub number: u64,
    /// The elaboration's instant.
    pub at: Moment,
    /// Its canonical bytes.
    pub canonical: Bytes,
}

/// The trace that everything leaves.
#[async_trait]
pub trait EvidenceLog: Send + Sync {
    /// Rows, ascending by log and number. One that cannot be read hides no other.
    async fn rows(&self, query: EvidenceQuery) -> Result<Vec<Result<EvidenceRow, UnreadableRow>>, StoreError>;
    /// The rows of a log from number `first` on, ascending, at most `limit`: the leaves of its tree.
    async fn leaves(&self, log: LogId, first: u64, limit: usize) -> Result<Vec<Leaf>, StoreError>;
    /// The canonical bytes of a subject.
    async fn subject(&self, hash: SubjectHash) -> Result<Option<Bytes>, StoreError>;
    /// Messages that left evidence and are as asked for, in parts: each costs a bounded time, whatever is asked.
    async fn find(&self, query: MessageQuery) -> Result<FoundMessages, StoreError>;
    /// The logs, each with its last number.
    async fn logs(&self) -> Result<Vec<(LogId, u64)>, StoreError>;
}
