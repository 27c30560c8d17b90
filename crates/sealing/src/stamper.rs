//! The duty that has heads stamped [R-U-2]: whichever wait, oldest first, by one authority or another. Heads do not wait for it, and
//! what it knows is kept nowhere but in the store: after a crash a head has its stamp or waits for one, and an answer that
//! was lost is asked for again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use duty::{News, Trouble};
use pec::{Clock, Moment};
use proof::LogId;
use sha2::{Digest as _, Sha256};
use stamp::{NoStamp, Stamps};
use store::{HeadQuery, SealedHead, StoreError};
use tokio::sync::watch;

use crate::Trace;

/// Heads that are read at once: each has some KiB.
const HEADS: usize = 100;
/// How often it is looked what waits.
const LOOK: Duration = Duration::from_secs(30);
/// How often the log says that heads still wait, seconds.
const REMIND: i64 = 3600;

/// Why heads wait.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StampingError {
    /// No authority gives a stamp.
    #[error(transparent)]
    NoStamp(#[from] NoStamp),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Which heads wait for their stamps, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many.
    pub heads: u64,
    /// When the oldest of them was made.
    pub oldest: Option<Moment>,
    /// Since when none is stamped, and why.
    pub trouble: Option<Trouble>,
}

impl Waiting {
    /// How long the oldest waits, seconds.
    pub fn lag(&self, now: Moment) -> u64 {
        self.oldest.map_or(0, |at| u64::try_from(now.unix() - at.unix()).unwrap_or(0))
    }
}

/// Has the heads of a store stamped.
pub struct Stamper {
    trace: Trace,
    stamps: Arc<Stamps>,
    clock: Arc<dyn Clock>,
    every: Duration,
    waiting: Mutex<Waiting>,
    /// When the log last said that heads wait.
    told: Mutex<Option<Moment>>,
    /// Of each log the last head up to which all are stamped: stamps are given in order, so what is older is not asked for
    /// again.
    done: tokio::sync::Mutex<HashMap<LogId, u64>>,
}

/// The heads of one log that wait.
struct Backlog {
    log: LogId,
    /// The last one.
    last: u64,
    count: u64,
}

impl Stamper {
    /// Has the heads of this trace stamped by these. `every`: how often heads are made.
    pub fn new(trace: Trace, stamps: Arc<Stamps>, clock: Arc<dyn Clock>, every: Duration) -> Arc<Self> {
        stamps.show_counts();
        let (waiting, told, done) = Default::default();
        Arc::new(Self { trace, stamps, clock, every, waiting, told, done })
    }

    /// How it stands.
    pub fn waiting(&self) -> Waiting {
        self.lock().clone()
    }

    /// Whom it asks.
    pub fn stamps(&self) -> &Stamps {
        &self.stamps
    }

    /// What of it an operator must know; `None`: all is well.
    pub fn trouble(&self) -> Option<String> {
        let waiting = self.waiting();
        let Trouble { since, why } = waiting.trouble?;
        Some(format!("{} heads of the evidence wait for their time stamps, since {since}: {why}", waiting.heads))
    }

    /// Has heads stamped until `stop` becomes true; then at once no further.
    pub async fn run(self: Arc<Self>, stop: watch::Receiver<bool>) {
        let every = if self.every.is_zero() { LOOK } else { self.every };
        let wait = LOOK.min(every).max(Duration::from_millis(10));
        duty::run(wait, stop, || self.look()).await;
    }

    /// Has stamped what waits, once; gives how many it were. The first that gets none ends it: the others would get none
    /// either, and none is passed over.
    pub async fn look(&self) -> Result<u64, StampingError> {
        let mut stamped = 0;
        let ended = self.all(&mut stamped).await;
        self.tell(&ended, stamped);
        ended.map(|()| stamped)
    }

    async fn all(&self, stamped: &mut u64) -> Result<(), StampingError> {
        let mut done = self.done.lock().await;
        let backlogs = self.backlogs(&mut done).await?;
        let mut left: u64 = backlogs.iter().map(|backlog| backlog.count).sum();
        for Backlog { log, last, .. } in backlogs {
            loop {
                let page = self.page(log, done.get(&log).copied(), HEADS).await?;
                for head in &page {
                    self.waits(left.max(1), Some(head.at));
                    self.stamp(head).await?;
                    done.insert(log, head.number);
                    (*stamped, left) = (*stamped + 1, left.saturating_sub(1));
                }
                if page.len() < HEADS {
                    // A head that came meanwhile is found by the next look.
                    let reached = done.entry(log).or_default();
                    *reached = last.max(*reached);
                    break;
                }
            }
        }
        self.waits(0, None);
        Ok(())
    }

    /// What waits in each log, oldest logs first. All heads of a log are looked through once.
    async fn backlogs(&self, done: &mut HashMap<LogId, u64>) -> Result<Vec<Backlog>, StampingError> {
        let mut backlogs = Vec::new();
        let mut oldest: Option<Moment> = None;
        for (log, _) in self.trace.evidence.logs().await? {
            let Some(last) = self.trace.seals.last_head(log).await?.map(|head| head.number) else { continue };
            if done.get(&log).is_some_and(|done| *done >= last) {
                continue;
            }
            let first = self.page(log, done.get(&log).copied(), 1).await?;
            let Some(head) = first.first() else {
                done.insert(log, last);
                continue;
            };
            done.insert(log, head.number - 1);
            oldest = oldest.into_iter().chain([head.at]).min();
            backlogs.push(Backlog { log, last, count: (last + 1).saturating_sub(head.number) });
        }
        self.waits(backlogs.iter().map(|backlog| backlog.count).sum(), oldest);
        Ok(backlogs)
    }

    async fn page(&self, log: LogId, after: Option<u64>, limit: usize) -> Result<Vec<SealedHead>, StoreError> {
        let after = after.map(|number| (log, number));
        let query = HeadQuery { log: Some(log), after, unstamped: true, limit, ..HeadQuery::default() };
        self.trace.seals.heads(query).await
    }

    /// What is stamped is the provider's signature: it covers the head, and the stamp both.
    async fn stamp(&self, head: &SealedHead) -> Result<(), StampingError> {
        let SealedHead { log, number, .. } = head;
        let stamp = self.stamps.stamp(Sha256::digest(&head.signature).into()).await?;
        self.trace.seals.add_stamp(*log, *number, stamp.token().clone()).await?;
        let time = Moment::from_unix(stamp.time());
        tracing::info!(event = "stamped", log = log.0, head = number, %time, by = stamp.signer().subject());
        Ok(())
    }

    fn waits(&self, heads: u64, oldest: Option<Moment>) {
        let mut waiting = self.lock();
        (waiting.heads, waiting.oldest) = (heads, oldest);
    }

    fn tell(&self, ended: &Result<(), StampingError>, stamped: u64) {
        let now = self.clock.now();
        let mut waiting = self.lock();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(News::Passed) = Trouble::note(&mut waiting.trouble, ended, now) {
            tracing::info!(event = "stamping-works-again", heads = stamped);
        }
        // It is told again from time to time: the authorities are others' affair, and somebody has to ask them.
        match &waiting.trouble {
            None => *told = None,
            Some(Trouble { since, why }) if told.is_none_or(|told| now.unix() - told.unix() >= REMIND) => {
                *told = Some(now);
                let heads = waiting.heads;
                tracing::error!(event = "heads-not-stamped", heads, %since, error = %why, "they are tried again, the oldest first");
            }
            Some(_) => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
