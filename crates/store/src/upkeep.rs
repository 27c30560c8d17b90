//! What the program does to keep the store well, and what operators ask about it.

use std::collections::BTreeMap;
use std::path::Path;

use async_trait::async_trait;
use pec::{Identifier, Moment};

use crate::error::StoreError;
use crate::message::MessageId;
use crate::outcome::Point;
use crate::search::IndexFigures;

/// A message of the special store [R-2.2.4-a].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InfectedRow {
    /// Ascending.
    pub number: u64,
    /// The message; [`crate::Content::read`] gives its bytes.
    pub message: MessageId,
    /// PEC msgid.
    pub identifier: Identifier,
    /// When it was found.
    pub at: Moment,
    /// What was found.
    pub virus: String,
    /// Where it was found.
    pub point: Point,
    /// Until when it must be kept.
    pub until: Moment,
    /// Octets of the message.
    pub size: u64,
}

/// What to look for in the special store; `None` matches all.
#[derive(Clone, Debug, Default)]
pub struct InfectedQuery {
    /// Rows after this number.
    pub after: u64,
    /// PEC msgid.
    pub identifier: Option<Identifier>,
    /// At most this many rows.
    pub limit: usize,
}

/// What need not be kept any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpiryLimit {
    /// Messages of the special store whose time ended before go.
    pub now: Moment,
    /// Evidence, the fates of recipients, what was noted to recognise repetitions, and what is kept of certified mail, go when they
    /// are older.
    pub before: Moment,
    /// At most this many rows of each kind.
    pub rows: usize,
}

/// How many rows went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Of evidence.
    pub evidence: u64,
    /// Of the special store.
    pub infected: u64,
    /// Of what was certified, of its recipients, of what is done once, and of names of users who were erased.
    pub notes: u64,
    /// Of the service mailbox.
    pub service: u64,
    /// Of messages that were kept outside mailboxes.
    pub kept: u64,
}

impl Expired {
    /// Whether anything went.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// Figures for metrics and health.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Dispatches waiting or under way.
    pub queued: u64,
    /// Seconds-since-1970 of the oldest queued dispatch.
    pub oldest: Option<i64>,
    /// Messages stored.
    pub messages: u64,
    /// Distinct originals known: in rows, as files, or by their digests alone.
    pub originals: u64,
    /// Recipients of whom something is awaited.
    pub awaited: u64,
    /// Holders' mailboxes.
    pub mailboxes: u64,
    /// How many mailboxes stand at each level of fullness, of those at which holders are told.
    pub fullness: BTreeMap<u8, u64>,
    /// Transactions made since start (flushes).
    pub flushes: u64,
    /// Outcomes committed since start.
    pub outcomes: u64,
    /// Reads since start that failed or gave damaged bytes.
    pub read_failures: u64,
    /// Why a read failed within the last ten minutes, other than by damaged bytes.
    pub read_trouble: Option<String>,
    /// Why the last transaction failed, as on a full disk; `None` when it did not.
    pub trouble: Option<String>,
    /// What the last damaged read was, until a round of the check that began after it has ended, a check at once finds
    /// everything whole, or an operator acknowledges it. The place may be among [`Figures::damaged`] too.
    pub damage: Option<String>,
    /// Places that the check beside running work found damaged and nobody acknowledged.
    pub damaged: u64,
    /// What of these was found first.
    pub first_damaged: Option<String>,
    /// How the rounds of that check stand.
    pub checked: Checked,
    /// Octets free on the store's file system; `None`: it does not say.
    pub disk_free: Option<u64>,
    /// How the index for searches stands.
    pub search: IndexFigures,
}

/// A round of the check beside running work: through messages, originals, evidence and queue, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// When it began.
    pub began: Moment,
    /// When it ended; `None`: it is under way.
    pub ended: Option<Moment>,
    /// Messages looked at.
    pub messages: u64,
    /// Places found damaged, known ones included.
    pub faults: u64,
}

/// How the rounds stand. They outlive restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// The round that is under way, if one is.
    pub open: Option<Round>,
    /// The last one that ended.
    pub last: Option<Round>,
}

/// What one step of a round came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckStep {
    /// Octets that were read, about: for the pace.
    pub octets: u64,
    /// Damage that was not known before.
    pub found: Vec<Fault>,
    /// Places that were damaged and are whole, or gone.
    pub mended: Vec<String>,
    /// Whether the round has ended with it.
    pub ended: bool,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong, in English.
    pub what: String,
    /// Where: the number of a row, the name of a file, the address of a mailbox.
    pub place: String,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Messages looked at.
    pub messages: u64,
    /// Originals whose bytes were compared with their digests.
    pub originals: u64,
    /// Rows of evidence read back.
    pub evidence: u64,
    /// Files that nothing refers to; harmless, swept in time.
    pub orphans: u64,
    /// What is wrong, at most as many as [`CheckReport::MOST`].
    pub faults: Vec<Fault>,
    /// How many faults there are.
    pub count: u64,
}

impl CheckReport {
    /// Faults that a report names one by one.
    pub const MOST: usize = 1000;

    /// Whether everything is whole.
    pub fn is_whole(&self) -> bool {
        self.count == 0
    }
}

/// Who hears how far a check is.
pub type Told = dyn Fn(&CheckReport) + Send + Sync;

/// Upkeep.
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// Messages of the special store, ascending [R-2.2.4-a].
    async fn infected(&self, query: InfectedQuery) -> Result<Vec<InfectedRow>, StoreError>;
    /// Removes what need not be kept any longer, at most so much at once: call again until nothing goes. What is younger
    /// is never removed, nor is the last row of a log, whose number counts on.
    async fn expire(&self, limit: ExpiryLimit) -> Result<Expired, StoreError>;
    /// Removes files of originals that nothing refers to, nor any commit under way is about to; how many.
    async fn sweep(&self) -> Result<u64, StoreError>;
    /// Figures.
    async fn figures(&self) -> Result<Figures, StoreError>;
    /// Checks everything: the database's own structure, every reference, every original against its digest, the evidence,
    /// every counter. Reads everything, so it takes long on a large store; other work goes on beside it. `told` hears again
    /// and again how far it is.
    async fn check(&self, told: &Told) -> Result<CheckReport, StoreError>;
    /// Goes on with the round that is under way, or begins one, by some rows and about so many octets, a large original
    /// being read whole. By the same judgement as [`Upkeep::check`], but only what is looked at row by row: no view is held
    /// for long. Where it is and what it found is kept.
    async fn check_on(&self, now: Moment, octets: u64) -> Result<CheckStep, StoreError>;
    /// An operator knows of the damage that was found: it is no trouble any more, though it is there; how many places.
    async fn acknowledge(&self, now: Moment) -> Result<u64, StoreError>;
    /// Begins the index for searches anew; searches go on meanwhile, and take longer.
    async fn reindex(&self) -> Result<(), StoreError>;
    /// Waits until the index for searches knows everything that was committed before; an error says why it does not go on.
    async fn indexed(&self) -> Result<(), StoreError>;
    /// A consistent copy in a folder that does not exist yet, made while everything goes on; mode 0700 and 0600. Where an
    /// original is missing, damaged or unreadable here, the copy has everything else and the error names it.
    async fn backup(&self, folder: &Path) -> Result<(), StoreError>;
    /// Finishes what is under way, checkpoints and closes; later calls fail.
    async fn close(&self) -> Result<(), StoreError>;
}
