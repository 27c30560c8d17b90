//! What reconciliation keeps: how far it went through the evidence, and the discrepancies that it found. Who reconciles, and by
//! which rules, is not known here.

use std::collections::BTreeMap;

use async_trait::async_trait;
use pec::{Identifier, Moment};

use crate::error::StoreError;
use crate::evidence::LogId;

/// Something about a message, or in a log, that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    /// Ascending, in the order in which they were found.
    pub number: u64,
    /// PEC msgid; `None`: a row of a log.
    pub identifier: Option<Identifier>,
    /// The recipient, where it is about one; of a log, the place: `1/4711`.
    pub whom: String,
    /// Stable name of what is wrong.
    pub reason: String,
    /// The same in English words.
    pub what: String,
    /// When it was found.
    pub found: Moment,
    /// When an operator said that it is known; `None`: nobody has.
    pub acknowledged: Option<Moment>,
}

/// What was found wrong about a message or a log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wrong {
    /// [`Discrepancy::whom`]
    pub whom: String,
    /// [`Discrepancy::reason`]
    pub reason: &'static str,
    /// [`Discrepancy::what`]
    pub what: String,
}

/// What came of a piece of reconciliation.
#[derive(Clone, Debug, Default)]
pub struct Reconciled {
    /// Where a log is to be read on, by the number of the next row.
    pub next: Option<(LogId, u64)>,
    /// Each message that was judged, with all that is wrong about it now: what was, and is no more, goes.
    pub messages: Vec<(Identifier, Vec<Wrong>)>,
    /// What is wrong in a log; it stays until somebody acknowledges it.
    pub rows: Vec<Wrong>,
}

/// Which discrepancies; `None` matches all.
#[derive(Clone, Debug, Default)]
pub struct DiscrepancyQuery {
    /// Those after this number.
    pub after: u64,
    /// About this message.
    pub identifier: Option<Identifier>,
    /// At most so many.
    pub limit: usize,
}

/// How many discrepancies a store keeps: what is found beyond is counted in no other way than by being there when it is judged
/// again.
pub const MOST_DISCREPANCIES: u64 = 100_000;

/// What reconciliation keeps.
#[async_trait]
pub trait Reconciliation: Send + Sync {
    /// Where each log is to be read on; a log that is not named, from its beginning.
    async fn reconciled(&self) -> Result<Vec<(LogId, u64)>, StoreError>;
    /// Keeps what came of a piece, and gives what was not found before. A power cut may undo it whole: the piece is done again.
    async fn keep_reconciled(&self, piece: Reconciled, now: Moment) -> Result<Vec<Discrepancy>, StoreError>;
    /// Discrepancies, ascending by number.
    async fn discrepancies(&self, query: DiscrepancyQuery) -> Result<Vec<Discrepancy>, StoreError>;
    /// How many of each reason nobody has acknowledged.
    async fn unacknowledged(&self) -> Result<BTreeMap<String, u64>, StoreError>;
    /// An operator knows of those about a message, or of all; how many.
    async fn acknowledge_discrepancies(&self, about: Option<Identifier>, now: Moment) -> Result<u64, StoreError>;
}
