//! What happened, for thirty months and before a court (RFC 6109 §2.3): the forms of evidence.
//!
//! What is common to all operations on one message, its [`Subject`], is kept once; each operation is an [`Evidence`] that
//! names its subject by hash. Both have canonical bytes (`docs/evidence-format.md`, [`canonical`]): what is sealed later is
//! a tree over exactly these bytes. A log is one writer; its rows are numbered from 1 without gaps.

pub mod canonical;
mod cbor;
mod record;
mod subject;
mod version;

use async_trait::async_trait;
use bytes::Bytes;

pub use self::canonical::FormatError;
pub use self::record::{About, Actor, Event, Evidence, EvidenceQuery, EvidenceRow, LogId, UnreadableRow};
pub use self::subject::{Named, SharedSubject, Subject, SubjectHash};
use crate::error::StoreError;

/// The trace that everything leaves.
#[async_trait]
pub trait EvidenceLog: Send + Sync {
    /// Rows, ascending by log and number. One that cannot be read hides no other.
    async fn rows(&self, query: EvidenceQuery) -> Result<Vec<Result<EvidenceRow, UnreadableRow>>, StoreError>;
    /// The canonical bytes of the rows of a log from number `first` on, ascending, at most `limit`: the leaves of its tree.
    async fn leaves(&self, log: LogId, first: u64, limit: usize) -> Result<Vec<(u64, Bytes)>, StoreError>;
    /// The canonical bytes of a subject.
    async fn subject(&self, hash: SubjectHash) -> Result<Option<Bytes>, StoreError>;
    /// The logs, each with its last number.
    async fn logs(&self) -> Result<Vec<(LogId, u64)>, StoreError>;
}
