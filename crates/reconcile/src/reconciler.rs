//! The duty that reconciles: it follows what is committed, a piece at a time, and judges each message that new rows are about
//! by all that the store has of it.
//!
//! It holds nothing that others wait for: rows are read by readers, and a piece is one small transaction that is not flushed.
//! What it knows is kept in the store with the pieces; after a crash it goes on from there, and what was under way is judged
//! again with the same result.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use duty::{News, Trouble};
use pec::{Clock, Identifier, Moment};
use store::{
    About, Addressee, Discrepancy, EvidenceLog, EvidenceQuery, Ledger, LogId, Question, Reconciled, Reconciliation,
    StoreError, UnreadableRow, Wrong,
};
use tokio::sync::watch;

use crate::case::{Case, Known};
use crate::judge::LAST_WORD;
use crate::reason::{Flaw, Reason};
use crate::standing::Standing;

/// Rows that are read at once.
const ROWS: usize = 500;
/// How often it is looked what was committed; also the wait after a failure. What comes in between is judged once.
const LOOK: Duration = Duration::from_secs(60);
/// Recipients without an outcome that are looked at in one round, those that wait for longest.
const OVERDUE: usize = 1000;
/// The watch tells at twenty-three hours; a row is overdue so long after its deadline, less the margin, seconds.
const AFTER_DUE: i64 = 3600;
/// Seconds after the twenty-four hours in which an outcome may still be on its way.
pub const MARGIN: i64 = 3600;
/// Months after which nothing is judged any more: what came first expires first.
const MONTHS: u16 = 29;
/// How often a message is judged again because something came in between; the next round judges it in any case.
const AGAIN: usize = 3;

/// What is reconciled, and where what comes of it is kept.
#[derive(Clone)]
pub struct Trace {
    /// The rows.
    pub evidence: Arc<dyn EvidenceLog>,
    /// Where recipients stand.
    pub ledger: Arc<dyn Ledger>,
    /// What was found.
    pub kept: Arc<dyn Reconciliation>,
}

impl Trace {
    /// Of one store.
    pub fn of(store: Arc<impl EvidenceLog + Ledger + Reconciliation + 'static>) -> Self {
        Self { evidence: store.clone(), ledger: store.clone(), kept: store }
    }
}

/// Reconciles the logs of a store.
pub struct Reconciler {
    trace: Trace,
    clock: Arc<dyn Clock>,
    standing: Mutex<Standing>,
    /// Who looks; the duty and an operator do not follow a log at once.
    turn: tokio::sync::Mutex<()>,
    /// Messages without an outcome that were judged since the start: as long as nothing comes, nothing changes.
    overdue: Mutex<BTreeSet<Identifier>>,
}

impl Reconciler {
    /// Reconciles this trace.
    pub fn new(trace: Trace, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            trace,
            clock,
            standing: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            overdue: Mutex::default(),
        })
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.lock().clone()
    }

    /// What of it an operator must know.
    pub fn warnings(&self) -> Vec<String> {
        let standing = self.standing();
        let trouble = standing.trouble.as_ref().map(|trouble| format!("messages are not reconciled {trouble}"));
        let count = standing.count();
        let found = (count > 0).then(|| {
            let each = standing.unacknowledged.iter().map(|(reason, count)| format!("{reason} {count}"));
            let each = each.collect::<Vec<_>>().join(", ");
            format!("{count} discrepancies of messages, 'sigillo reconcile' names them: {each}")
        });
        trouble.into_iter().chain(found).collect()
    }

    /// Reconciles until `stop` becomes true; then at once no further.
    pub async fn run(self: Arc<Self>, stop: watch::Receiver<bool>) {
        duty::run(LOOK, stop, || self.look()).await;
    }

    /// Judges what was committed since the last time, and what has become overdue.
    pub async fn look(&self) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        let ended = self.all().await;
        let (mut standing, now) = (self.lock(), self.clock.now());
        match (Trouble::note(&mut standing.trouble, &ended, now), &ended) {
            (Some(News::Begins), Err(error)) => {
                tracing::error!(event = "reconciling-failed", %error, "mail goes on; it is tried again");
            }
            (Some(News::Passed), _) => tracing::info!(event = "reconciling-works-again"),
            _ => {}
        }
        standing.unacknowledged = ended?;
        standing.done = Some(now);
        Ok(())
    }

    async fn all(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let kept = self.trace.kept.reconciled().await?;
        for (log, last) in self.trace.evidence.logs().await? {
            let next = kept.iter().find(|(known, _)| *known == log).map(|(_, next)| *next);
            self.follow(log, next, last).await?;
        }
        self.late().await?;
        self.trace.kept.unacknowledged().await
    }

    /// Reads a log on, from where it was left; up to its end, which is at `last` at least.
    async fn follow(&self, log: LogId, next: Option<u64>, last: u64) -> Result<(), StoreError> {
        let mut next = match next {
            Some(next) => next,
            // What expired before anybody reconciled is not missed.
            None => self.oldest(log).await?.unwrap_or(1),
        };
        loop {
            let query = EvidenceQuery { log: Some(log), after: next - 1, limit: ROWS, ..EvidenceQuery::default() };
            let rows = self.trace.evidence.rows(query).await?;
            let last_piece = rows.len() < ROWS;
            let mut touched = BTreeSet::new();
            let mut wrong = Vec::new();
            for row in &rows {
                let number = row.as_ref().map_or_else(|bad| bad.number, |row| row.number);
                if number > next && self.oldest(log).await? != Some(number) {
                    wrong.push(missing(log, next, number - 1));
                }
                next = number + 1;
                match row {
                    Ok(row) => touched.extend(match &row.evidence.about {
                        About::Subject(subject) => Some(subject.subject().identifier.clone()),
                        About::Nothing | About::Known(_) => None,
                    }),
                    Err(bad) => wrong.push(unreadable(bad)),
                }
            }
            if last_piece && next <= last {
                wrong.push(missing(log, next, last));
                next = last + 1;
            }
            if !rows.is_empty() || !wrong.is_empty() {
                self.keep(Some((log, next)), touched, wrong).await?;
            }
            if last_piece {
                return Ok(());
            }
        }
    }

    async fn oldest(&self, log: LogId) -> Result<Option<u64>, StoreError> {
        Ok(self.trace.evidence.leaves(log, 1, 1).await?.first().map(|row| row.number))
    }

    /// Judges messages of which no outcome came, though it should have.
    async fn late(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let waiting = self.trace.ledger.due(now.plus(-AFTER_DUE - MARGIN), OVERDUE).await?;
        // Where the watch does not run their deadline is still the first one.
        let over = |one: &Addressee| now >= one.accepted_at.plus(LAST_WORD + MARGIN);
        let all: BTreeSet<Identifier> = waiting.into_iter().filter(over).map(|one| one.identifier).collect();
        let fresh = {
            let mut known = self.overdue.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh: BTreeSet<Identifier> = all.difference(&known).cloned().collect();
            *known = all;
            fresh
        };
        if fresh.is_empty() { Ok(()) } else { self.keep(None, fresh, Vec::new()).await }
    }

    async fn keep(
        &self,
        next: Option<(LogId, u64)>,
        messages: BTreeSet<Identifier>,
        rows: Vec<Wrong>,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut judged = Vec::new();
        for identifier in messages {
            let flaws = self.judge(&identifier, now).await?;
            judged.push((identifier, flaws.into_iter().map(Flaw::kept).collect()));
        }
        let fresh = self.trace.kept.keep_reconciled(Reconciled { next, messages: judged, rows }, now).await?;
        for Discrepancy { identifier, whom, reason, .. } in &fresh {
            let identifier = identifier.as_deref();
            tracing::warn!(event = "discrepancy", identifier, whom, reason, "'sigillo reconcile' lists it");
        }
        Ok(())
    }

    /// What is wrong with a message.
    async fn judge(&self, identifier: &Identifier, now: Moment) -> Result<Vec<Flaw>, StoreError> {
        let mut known = self.known(identifier).await?;
        let mut flaws = Vec::new();
        for _ in 0..AGAIN {
            let case = self.case(identifier).await?;
            if case.first.is_none_or(|first| first < now.minus_months(MONTHS)) {
                return Ok(Vec::new());
            }
            flaws = case.judge(&known, now, MARGIN);
            if flaws.is_empty() {
                break;
            }
            // What is read is of two moments: where recipients moved between them, nothing is said.
            let after = self.known(identifier).await?;
            if after.addressees == known.addressees && after.sent == known.sent {
                break;
            }
            known = after;
        }
        Ok(flaws)
    }

    async fn known(&self, identifier: &Identifier) -> Result<Known, StoreError> {
        let question = Question { sent: Some(identifier.clone()), ..Question::default() };
        let sent = self.trace.ledger.ask(question).await?.sent.is_some();
        let addressees = if sent { self.trace.ledger.addressees(identifier).await? } else { Vec::new() };
        Ok(Known { sent, addressees })
    }

    async fn case(&self, identifier: &Identifier) -> Result<Case, StoreError> {
        let mut case = Case::default();
        for (log, _) in self.trace.evidence.logs().await? {
            let mut after = 0;
            loop {
                let identifier = Some(identifier.clone());
                let query =
                    EvidenceQuery { log: Some(log), after, identifier, limit: ROWS, ..EvidenceQuery::default() };
                let rows = self.trace.evidence.rows(query).await?;
                // One that cannot be read is told where the log is followed.
                rows.iter().flatten().for_each(|row| case.add(&row.evidence));
                match rows.last() {
                    Some(last) if rows.len() == ROWS => {
                        after = last.as_ref().map_or_else(|bad| bad.number, |row| row.number);
                    }
                    _ => break,
                }
            }
        }
        Ok(case)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn missing(log: LogId, first: u64, last: u64) -> Wrong {
    let whom = if first == last { format!("{}/{first}", log.0) } else { format!("{}/{first}-{last}", log.0) };
    Wrong { whom, reason: Reason::MissingRow.name(), what: Reason::MissingRow.words().to_owned() }
}

fn unreadable(bad: &UnreadableRow) -> Wrong {
    let UnreadableRow { log, number, what } = bad;
    Wrong { whom: format!("{}/{number}", log.0), reason: Reason::UnreadableRow.name(), what: what.clone() }
}

#[cfg(test)]
mod tests;
