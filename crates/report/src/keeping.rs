//! The duty that counts each row once, and notes that the provider serves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pec::{Clock, Moment};
use store::{Beat, EvidenceLog, EvidenceQuery, EvidenceRow, LogId, StoreError, Sum, Sums};
use tokio::sync::watch;

use crate::counter::Counter;
use crate::life::{self, ENDED, WELL};

/// Rows that are counted in one transaction.
const ROWS: usize = 1000;

/// Why nothing can be accepted or delivered now; `None`: all is well.
pub type Standing = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// Keeps the sums of a store.
pub struct Keeping {
    evidence: Arc<dyn EvidenceLog>,
    sums: Arc<dyn Sums>,
    clock: Arc<dyn Clock>,
    standing: Standing,
}

impl Keeping {
    /// Of this store.
    pub fn new(store: Arc<impl EvidenceLog + Sums + 'static>, clock: Arc<dyn Clock>, standing: Standing) -> Self {
        Self { evidence: store.clone(), sums: store, clock, standing }
    }

    /// Counts and notes every minute until `stop` becomes true; the end is noted too.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut failing = false;
        while !*stop.borrow() {
            let ended = self.look().await;
            if let (Err(error), false) = (&ended, failing) {
                tracing::error!(event = "statistics-not-kept", %error, "it is tried again");
            }
            failing = ended.is_err();
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(life::EVERY.unsigned_abs())) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
        if let Err(error) = self.note(ENDED.into()).await {
            tracing::warn!(event = "statistics-not-kept", %error, "it will look as if the program had died");
        }
    }

    /// Notes how the provider stands, and counts what came since; once.
    pub async fn look(&self) -> Result<(), StoreError> {
        self.note((self.standing)().unwrap_or_else(|| WELL.into())).await?;
        for (log, _) in self.evidence.logs().await? {
            while self.count(log).await? {}
        }
        let (domains, mailboxes) = self.sums.hosted().await?;
        let day = self.clock.now().date();
        let known = self.sums.sums(&day, &day).await?;
        let sum = |what: &str, value| Sum { day: day.clone(), what: what.into(), value };
        let hosted = [sum("domains", domains), sum("mailboxes", mailboxes)];
        let news: Vec<Sum> = hosted.into_iter().filter(|sum| !known.contains(sum)).collect();
        if news.is_empty() { Ok(()) } else { self.sums.put_sums(news).await }
    }

    async fn note(&self, standing: String) -> Result<(), StoreError> {
        let now = self.clock.now();
        let outage = match self.sums.last_beat().await? {
            None => None,
            Some(last) => {
                let before = self.sums.outages(last.at.plus(-1), last.at.plus(1)).await?;
                life::between(&last, now, &before)
            }
        };
        if let Some(outage) = &outage {
            let (began, cause) = (outage.began, outage.cause.name());
            tracing::info!(event = "outage", %began, cause, note = outage.note);
        }
        self.sums.beat(Beat { at: now, standing }, outage).await
    }

    /// Counts the next rows of a log; whether there may be more.
    async fn count(&self, log: LogId) -> Result<bool, StoreError> {
        let from = self.sums.counted(log).await?;
        // The row before says what the first one follows.
        let after = from.saturating_sub(1);
        let page = page(&*self.evidence, log, after).await?;
        let to = page.last;
        if to <= from {
            return Ok(false);
        }
        let full = page.full;
        let mut rows = page.rows.into_iter().peekable();
        let mut counter = Counter::behind(rows.next_if(|row| row.number <= from));
        rows.for_each(|row| counter.row(row));
        let sums = finished(counter, &*self.sums).await?;
        self.sums.add_sums(log, from, to, sums).await?;
        Ok(full)
    }
}

struct Page {
    rows: Vec<EvidenceRow>,
    last: u64,
    full: bool,
}

/// Rows behind this one. What cannot be read is not counted; a check names it.
async fn page(evidence: &dyn EvidenceLog, log: LogId, after: u64) -> Result<Page, StoreError> {
    let query = EvidenceQuery { log: Some(log), after, limit: ROWS, ..EvidenceQuery::default() };
    let page = evidence.rows(query).await?;
    let number =
        |row: &Result<EvidenceRow, store::UnreadableRow>| row.as_ref().map_or_else(|bad| bad.number, |row| row.number);
    let (last, full) = (page.last().map_or(0, number), page.len() == ROWS);
    Ok(Page { rows: page.into_iter().filter_map(Result::ok).collect(), last, full })
}

async fn finished(counter: Counter, sums: &dyn Sums) -> Result<Vec<Sum>, StoreError> {
    let accepted = sums.accepted(counter.delivered()).await?;
    Ok(counter.sums(|identifier| accepted.get(identifier).copied()))
}

/// What the rows that there are come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recount {
    /// By days.
    pub sums: Vec<Sum>,
    /// The first day of which every row is there: of those before it some have expired.
    pub whole_from: String,
}

/// Counts the rows that there are anew, for comparison with what is kept. Reads everything.
pub async fn recount(evidence: &dyn EvidenceLog, sums: &dyn Sums) -> Result<Recount, StoreError> {
    let mut all = BTreeMap::new();
    let mut whole_from = String::new();
    for (log, _) in evidence.logs().await? {
        let (mut after, mut before) = (0, None);
        loop {
            let page = page(evidence, log, after).await?;
            if let Some(oldest) = page.rows.first().filter(|oldest| after == 0 && oldest.number > 1) {
                // A day has 25 hours at most.
                let next =
                    Moment::midnight(&oldest.evidence.at.date()).map_or(oldest.evidence.at, |at| at.plus(26 * 3600));
                whole_from = whole_from.max(next.date());
            }
            let mut counter = Counter::behind(before.take());
            before = page.rows.last().cloned();
            page.rows.into_iter().for_each(|row| counter.row(row));
            for Sum { day, what, value } in finished(counter, sums).await? {
                *all.entry((day, what)).or_insert(0) += value;
            }
            if !page.full {
                break;
            }
            after = page.last;
        }
    }
    let sums = all.into_iter().map(|((day, what), value)| Sum { day, what, value }).collect();
    Ok(Recount { sums, whole_from })
}

/// Whether rows of this moment or before it are not counted yet.
pub(crate) async fn is_behind(evidence: &dyn EvidenceLog, sums: &dyn Sums, until: Moment) -> Result<bool, StoreError> {
    for (log, _) in evidence.logs().await? {
        let next = evidence.leaves(log, sums.counted(log).await? + 1, 1).await?;
        if next.first().is_some_and(|row| row.at < until) {
            return Ok(true);
        }
    }
    Ok(false)
}
