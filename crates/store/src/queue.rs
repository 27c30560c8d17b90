//! What is to be carried: the relay's face of the store, and the operators'.

use async_trait::async_trait;
use pec::{Address, Identifier, Kind, Moment, ProviderKey, ReversePath};

use crate::error::StoreError;
use crate::evidence::SubjectHash;
use crate::message::{Content, MessageId};

/// A queued dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueueId(pub i64);

/// Where a dispatch goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Hop {
    /// Our own Incoming Point.
    Local,
    /// Another provider.
    Provider(ProviderKey),
    /// An ordinary domain, lower case.
    Ordinary(String),
}

/// A queued dispatch.
#[derive(Clone, Debug)]
pub struct QueueItem {
    /// Its number.
    pub id: QueueId,
    /// What to carry.
    pub message: MessageId,
    /// Octets of it.
    pub size: u64,
    /// MAIL FROM.
    pub path: ReversePath,
    /// RCPT TO that remain.
    pub recipients: Vec<Address>,
    /// Where to.
    pub hop: Hop,
    /// PEC msgid the message is about, for logs and notices.
    pub identifier: Identifier,
    /// Its subject in the evidence.
    pub about: Option<SubjectHash>,
    /// What is carried; `None` for what is no message of ours.
    pub kind: Option<Kind>,
    /// Attempts made before this one.
    pub attempts: u32,
    /// When it was queued.
    pub created: Moment,
    /// Not to be tried before.
    pub due: Moment,
    /// Whether a worker holds it.
    pub leased: bool,
    /// When to give up.
    pub expires: Moment,
    /// What the last attempt said.
    pub last_error: Option<String>,
    /// Why an operator wants it failed, and who; the relay ends it at its next turn and tells the sender.
    pub failed_by: Option<String>,
}

/// Which dispatches to show; `None` matches all.
#[derive(Clone, Debug, Default)]
pub struct QueueQuery {
    /// After this number.
    pub after: Option<QueueId>,
    /// To this hop.
    pub hop: Option<Hop>,
    /// About this message.
    pub identifier: Option<Identifier>,
    /// At most this many.
    pub limit: usize,
}

/// How much waits for one hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HopFigures {
    /// Where to.
    pub hop: Hop,
    /// Dispatches, leased ones included.
    pub dispatches: u64,
    /// When the oldest was queued.
    pub oldest: Moment,
    /// What was said last to one of them.
    pub last_error: Option<String>,
}

/// The queue.
#[async_trait]
pub trait Queue: Content {
    /// The hops that have dispatches due at `now` and not leased, the longest waiting first.
    async fn due_hops(&self, now: Moment) -> Result<Vec<Hop>, StoreError>;
    /// Leases up to `limit` due dispatches of one hop until `until`, oldest first. An expired lease is free.
    async fn lease(&self, hop: &Hop, limit: usize, now: Moment, until: Moment) -> Result<Vec<QueueItem>, StoreError>;
    /// Gives leases back: the dispatches are due again at `due`, nothing else of them changes.
    async fn release(&self, ids: &[QueueId], due: Moment) -> Result<(), StoreError>;
    /// When the next dispatch that is not leased falls due.
    async fn next_due(&self) -> Result<Option<Moment>, StoreError>;
    /// Makes every dispatch of a hop that waits for its next attempt due now, as when the peer answers again; gives how
    /// many.
    async fn wake(&self, hop: &Hop, now: Moment) -> Result<u64, StoreError>;
    /// Dispatches, by number.
    async fn list(&self, query: QueueQuery) -> Result<Vec<QueueItem>, StoreError>;
    /// What waits, by hop, the oldest first.
    async fn by_hop(&self) -> Result<Vec<HopFigures>, StoreError>;
    /// Makes one dispatch due now. `false`: no such dispatch.
    async fn retry(&self, id: QueueId, now: Moment) -> Result<bool, StoreError>;
    /// Has the relay fail one dispatch at once, for this reason. `false`: no such dispatch.
    async fn fail(&self, id: QueueId, reason: &str, now: Moment) -> Result<bool, StoreError>;
}
