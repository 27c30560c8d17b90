//! Who came to a mailbox: each login, each failure, each message sent, for its holder to read.
//!
//! What is equal but for its instant is one row a day with its first and last instant and a count: a program that looks for
//! mail every minute makes one row, not 1,440. Rows of one mailbox and day are bounded for each outcome; what is beyond is counted in
//! one row without address and program, so that strangers who guess from a thousand addresses fill nothing and are seen all
//! the same.

use std::net::IpAddr;

use async_trait::async_trait;
use pec::{Address, Moment};

use crate::app_password::AppPasswordId;
use crate::error::StoreError;
use crate::evidence::Actor;
use crate::protocol::Protocol;

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessOutcome {
    /// He came in.
    LoggedIn,
    /// The password was wrong.
    Failed,
    /// The password was right, and he did not come in: an app password that has ended or is for something else, a protocol
    /// that is switched off.
    Barred,
    /// He sent a message.
    Sent,
}

impl AccessOutcome {
    /// Every outcome.
    pub const ALL: [AccessOutcome; 4] =
        [AccessOutcome::LoggedIn, AccessOutcome::Failed, AccessOutcome::Barred, AccessOutcome::Sent];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            AccessOutcome::LoggedIn => "logged-in",
            AccessOutcome::Failed => "failed",
            AccessOutcome::Barred => "barred",
            AccessOutcome::Sent => "sent",
        }
    }

    /// The outcome with this name.
    pub fn from_name(name: &str) -> Option<AccessOutcome> {
        AccessOutcome::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// Rows of it that one mailbox has on one day, at most.
    pub fn most(self) -> u32 {
        match self {
            AccessOutcome::Failed | AccessOutcome::Barred => 100,
            AccessOutcome::LoggedIn => 1_000,
            AccessOutcome::Sent => 10_000,
        }
    }
}

/// Something to note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// When.
    pub at: Moment,
    /// Which mailbox; what is no mailbox of ours is not noted.
    pub mailbox: Address,
    /// Who; `None`: nobody knows, since the password was wrong.
    pub who: Option<Actor>,
    /// With which app password.
    pub app_password: Option<AppPasswordId>,
    /// From where.
    pub peer: Option<IpAddr>,
    /// What the program calls itself, where it does.
    pub client: Option<String>,
    /// How.
    pub protocol: Protocol,
    /// How it went.
    pub outcome: AccessOutcome,
    /// The PEC identifier of what was sent.
    pub message: Option<String>,
    /// How often: nought only adds what the program calls itself to what was noted before.
    pub count: u32,
}

/// What was noted, equal things of one day together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRow {
    /// Its number; rows that began later have higher ones.
    pub id: i64,
    /// The first time.
    pub first: Moment,
    /// The last time.
    pub last: Moment,
    /// How often.
    pub count: u64,
    /// Who; `None`: nobody knows.
    pub who: Option<Actor>,
    /// The name of the app password, as long as it is there.
    pub app_password: Option<String>,
    /// From where; `None` in the row of what was beyond the bound.
    pub peer: Option<IpAddr>,
    /// What the program called itself last.
    pub client: Option<String>,
    /// How.
    pub protocol: Protocol,
    /// How it went.
    pub outcome: AccessOutcome,
    /// The PEC identifier of what was sent.
    pub message: Option<String>,
}

/// The access history of mailboxes.
#[async_trait]
pub trait Accesses: Send + Sync {
    /// Notes what happened, and when each app password was used last.
    async fn note_accesses(&self, accesses: Vec<Access>) -> Result<(), StoreError>;
    /// What was noted of a mailbox, ascending, after that number; at most `limit`.
    async fn accesses(&self, mailbox: &Address, after: i64, limit: usize) -> Result<Vec<AccessRow>, StoreError>;
    /// Removes rows whose last time is before an instant, at most so many; how many went.
    async fn expire_accesses(&self, before: Moment, rows: usize) -> Result<usize, StoreError>;
}
