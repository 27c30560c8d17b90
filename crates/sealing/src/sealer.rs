//! The duty that seals [R-I-log-3]: it follows what is committed, a piece at a time, and signs heads.
//!
//! It never holds what others wait for: rows are read by readers, hashed on a blocking thread, and each commit is a few
//! tiles or one head. What it knows is kept nowhere but in tiles and heads; after a crash it goes on from there, and what
//! was under way is made again with the same result. The store refuses a second head for the same rows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use duty::{News, Trouble};
use pec::{Clock, Moment};
use proof::head::Head;
use proof::{LogId, tree};
use seal::{Signer, p7m};
use store::{Leaf, SealedHead, Tile};
use tokio::sync::watch;

use crate::Trace;
use crate::error::SealingError;
use crate::growing::{Growing, Tree};
use crate::standing::Standing;

/// Rows that are read at once.
const ROWS: usize = 1024;
/// Tiles of one commit, about.
const TILES: usize = 16;
/// How often it is looked what was committed; also the wait after a failure.
const LOOK: Duration = Duration::from_secs(30);

/// Who signs heads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The domain of the service address, which stands in the certificate.
    pub domain: String,
    /// The provider's name.
    pub provider: String,
}

/// Seals the logs of a store.
pub struct Sealer {
    trace: Trace,
    identity: Identity,
    signer: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
    /// So long a row waits for its head, about.
    every: Duration,
    standing: Mutex<Standing>,
    growing: tokio::sync::Mutex<HashMap<LogId, Growing>>,
}

impl Sealer {
    /// Seals this trace with this key: a head is made when a row has waited so long for one, and when a day has ended.
    pub fn new(
        trace: Trace,
        identity: Identity,
        signer: Arc<dyn Signer>,
        clock: Arc<dyn Clock>,
        every: Duration,
    ) -> Arc<Self> {
        let (standing, growing) = (Mutex::default(), tokio::sync::Mutex::default());
        Arc::new(Self { trace, identity, signer, clock, every, standing, growing })
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What of it an operator must know; `None`: all is well. A head may be late by an interval: the key may be away for a
    /// while, and nothing is lost by it.
    pub fn trouble(&self) -> Option<String> {
        let standing = self.standing();
        if let Some(trouble) = standing.trouble {
            return Some(format!("the evidence is not sealed {trouble}"));
        }
        let lag = standing.lag(self.clock.now());
        let late = lag > 2 * self.every.as_secs() + 2 * LOOK.as_secs();
        late.then(|| format!("the evidence is sealed late: its oldest row waits for {lag} seconds"))
    }

    /// Seals until `stop` becomes true; then at once no further.
    pub async fn run(self: Arc<Self>, stop: watch::Receiver<bool>) {
        let wait = LOOK.min(self.every).max(Duration::from_millis(10));
        duty::run(wait, stop, || self.look()).await;
    }

    /// Seals what is there and due, once. One log's trouble stops no other; the first one is given.
    pub async fn look(&self) -> Result<(), SealingError> {
        let ended = self.all().await;
        self.tell(&ended);
        ended
    }

    async fn all(&self) -> Result<(), SealingError> {
        let mut all = self.growing.lock().await;
        let mut ended = Ok(());
        let mut unsealed: Option<Moment> = None;
        for (log, _) in self.trace.evidence.logs().await? {
            let one = self.log(&mut all, log).await;
            if let Some(growing) = all.get(&log) {
                unsealed = growing.unsealed.into_iter().chain(unsealed).min();
            }
            // What is known may be ahead of what is kept.
            if one.is_err() {
                all.remove(&log);
            }
            ended = ended.and(one);
        }
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).unsealed = unsealed;
        ended
    }

    fn tell(&self, ended: &Result<(), SealingError>) {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        match (Trouble::note(&mut standing.trouble, ended, self.clock.now()), ended) {
            (Some(News::Begins), Err(error)) => {
                tracing::error!(event = "sealing-failed", %error, "mail goes on; it is tried again");
            }
            (Some(News::Passed), _) => tracing::info!(event = "sealing-works-again"),
            _ => {}
        }
    }

    async fn log(&self, all: &mut HashMap<LogId, Growing>, log: LogId) -> Result<(), SealingError> {
        let growing = match all.entry(log) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => place.insert(Growing::resume(&self.trace, log).await?),
        };
        self.follow(growing).await?;
        let now = self.clock.now();
        let Some(tree) = &growing.tree else { return Ok(()) };
        if tree.day.is_over(now) {
            return self.head(growing, true).await;
        }
        let waits = growing.unsealed.and_then(|since| u64::try_from(now.unix() - since.unix()).ok());
        match waits.is_some_and(|waits| waits >= self.every.as_secs()) {
            true => self.head(growing, false).await,
            false => Ok(()),
        }
    }

    /// Takes the rows that were committed into the tree; a row of another day ends it and begins the next one.
    async fn follow(&self, growing: &mut Growing) -> Result<(), SealingError> {
        loop {
            let rows = self.trace.evidence.leaves(growing.log, growing.next, ROWS).await?;
            let last_piece = rows.len() < ROWS;
            for (row, at, leaf) in hashed(rows).await? {
                if row != growing.next && (growing.tree.is_some() || growing.last.is_some()) {
                    return Err(SealingError::Missing { log: growing.log, number: growing.next });
                }
                growing.next = row;
                if growing.tree.as_ref().is_some_and(|tree| !tree.day.takes(at)) {
                    self.head(growing, true).await?;
                }
                growing.push(at, leaf);
            }
            self.keep(growing, if last_piece { 1 } else { TILES }).await?;
            if last_piece {
                // Rows that a head has cannot be gone.
                let gone = growing.last.is_some_and(|last| growing.next < last.end);
                let missing = SealingError::Missing { log: growing.log, number: growing.next };
                return if gone { Err(missing) } else { Ok(()) };
            }
        }
    }

    async fn keep(&self, growing: &mut Growing, least: usize) -> Result<(), SealingError> {
        let tiles = growing.take_full(least);
        if tiles.is_empty() { Ok(()) } else { Ok(self.trace.seals.add_tiles(growing.log, tiles).await?) }
    }

    /// Signs the tree as it is, and keeps that.
    async fn head(&self, growing: &mut Growing, closed: bool) -> Result<(), SealingError> {
        self.keep(growing, 1).await?;
        let Some(tree) = &growing.tree else { return Ok(()) };
        let last: Option<Tile> = if closed { tree.last_tile() } else { None };
        let head = self.describe(growing, tree, closed);
        let text = Bytes::from(head.text());
        let (signer, signed, at) = (self.signer.clone(), text.clone(), head.at.unix());
        let signing = tokio::task::spawn_blocking(move || p7m::seal_detached(&signed, at, signer.as_ref()));
        let signature = signing.await.map_err(|error| SealingError::Interrupted(error.to_string()))??;
        let Head { log, number, first, size, at, .. } = head;
        let kept = SealedHead { log, number, first, size, closed, at, text, signature: signature.into(), stamp: None };
        self.trace.seals.add_head(kept.clone(), last).await?;
        growing.sealed(&kept);
        metrics::counter!("sigillo_evidence_heads_total").increment(1);
        tracing::info!(event = "sealed", log = log.0, head = number, first, rows = size, closed, day = head.day);
        Ok(())
    }

    fn describe(&self, growing: &Growing, tree: &Tree, closed: bool) -> Head {
        Head {
            domain: self.identity.domain.clone(),
            log: growing.log,
            first: tree.first,
            size: tree.frontier.size(),
            root: tree.frontier.root(),
            number: growing.last.map_or(1, |last| last.number + 1),
            day: tree.day.name.clone(),
            at: self.clock.now(),
            previous: growing.last.map(|last| last.digest),
            closed,
            // A head has a line for it.
            provider: self.identity.provider.replace(char::is_control, " "),
        }
    }
}

/// Rows as leaves.
async fn hashed(rows: Vec<Leaf>) -> Result<Vec<(u64, Moment, tree::Node)>, SealingError> {
    let hash = |row: Leaf| (row.number, row.at, tree::leaf(&row.canonical));
    let hashing = tokio::task::spawn_blocking(move || rows.into_iter().map(hash).collect());
    hashing.await.map_err(|error| SealingError::Interrupted(error.to_string()))
}

#[cfg(test)]
mod tests;
