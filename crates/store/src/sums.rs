//! What days came to, and when the provider did not serve: what statistics are made of. Who counts is not known here; what is
//! kept is that no row is counted twice.

use std::collections::HashMap;

use async_trait::async_trait;
use pec::{Identifier, Moment};
use proof::LogId;

use crate::error::StoreError;

/// How much there was of something on a day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sum {
    /// A day of Italian legal time, `yyyy-mm-dd`.
    pub day: String,
    /// Of what.
    pub what: String,
    /// How much.
    pub value: u64,
}

/// Why a provider did not serve, as the supervisor asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutageCause {
    /// It was told to end.
    Planned,
    /// It ended by itself, or its machine did.
    Incident,
    /// It ran, and could not do its work.
    Malfunction,
}

impl OutageCause {
    /// Every cause.
    pub const ALL: [OutageCause; 3] = [OutageCause::Planned, OutageCause::Incident, OutageCause::Malfunction];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Incident => "incident",
            Self::Malfunction => "malfunction",
        }
    }

    /// The cause with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }
}

/// A time in which a provider did not serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Since when; no two begin at once.
    pub began: Moment,
    /// Until when.
    pub ended: Moment,
    /// Why.
    pub cause: OutageCause,
    /// In words.
    pub note: String,
}

/// A moment at which it was known whether the provider serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// When.
    pub at: Moment,
    /// `well`, `ended`, or why it does not serve.
    pub standing: String,
}

/// What statistics are made of.
#[async_trait]
pub trait Sums: Send + Sync {
    /// The number of the last row of a log that is counted; 0: none is.
    async fn counted(&self, log: LogId) -> Result<u64, StoreError>;
    /// Adds what the rows of a log behind `from`, up to `to`, come to. Refused where others than those up to `from` are counted.
    async fn add_sums(&self, log: LogId, from: u64, to: u64, sums: Vec<Sum>) -> Result<(), StoreError>;
    /// Puts these in the place of what was there.
    async fn put_sums(&self, sums: Vec<Sum>) -> Result<(), StoreError>;
    /// What the days between these two came to, in their order; both are among them.
    async fn sums(&self, from: &str, to: &str) -> Result<Vec<Sum>, StoreError>;
    /// The last that there is of something on this day or before it.
    async fn last_sum(&self, what: &str, day: &str) -> Result<Option<Sum>, StoreError>;
    /// When these messages of our holders were accepted; those that are none are left out.
    async fn accepted(&self, identifiers: Vec<Identifier>) -> Result<HashMap<Identifier, Moment>, StoreError>;
    /// How many domains, and how many mailboxes of holders, there are.
    async fn hosted(&self) -> Result<(u64, u64), StoreError>;
    /// The last moment at which it was known.
    async fn last_beat(&self) -> Result<Option<Beat>, StoreError>;
    /// Notes how it stands, and a time without service that came to light; one that began at the same moment is replaced.
    async fn beat(&self, beat: Beat, outage: Option<Outage>) -> Result<(), StoreError>;
    /// Times without service that end after `from` and begin before `to`, in their order.
    async fn outages(&self, from: Moment, to: Moment) -> Result<Vec<Outage>, StoreError>;
}
