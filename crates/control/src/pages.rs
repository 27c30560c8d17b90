//! The trace read page by page.

use std::collections::VecDeque;

use store::{EvidenceLog, EvidenceQuery, EvidenceRow, LogId, StoreError, UnreadableRow};

/// Rows read at once.
const PAGE: usize = 500;

/// Rows that a query names, log after log.
pub struct Pages<'a> {
    evidence: &'a dyn EvidenceLog,
    logs: VecDeque<LogId>,
    query: EvidenceQuery,
    /// The number after which the front log is read on.
    after: u64,
    left: u64,
}

impl<'a> Pages<'a> {
    /// Those of this query, at most `limit` in all. What the query says of a limit does not count.
    pub async fn of(evidence: &'a dyn EvidenceLog, query: EvidenceQuery, limit: u64) -> Result<Self, StoreError> {
        let logs = match query.log {
            Some(log) => VecDeque::from([log]),
            None => evidence.logs().await?.into_iter().map(|(log, _)| log).collect(),
        };
        Ok(Self { evidence, logs, after: query.after, query, left: limit })
    }

    /// The next page; `None` when there are no more. A row that is not as it was written stands in its place.
    pub async fn next(&mut self) -> Result<Option<Vec<Result<EvidenceRow, UnreadableRow>>>, StoreError> {
        while let Some(log) = self.logs.front().filter(|_| self.left > 0) {
            let limit = usize::try_from(self.left).map_or(PAGE, |left| left.min(PAGE));
            let query = EvidenceQuery { log: Some(*log), after: self.after, limit, ..self.query.clone() };
            let page = self.evidence.rows(query).await?;
            if let Some(last) = page.last() {
                self.after = last.as_ref().map_or_else(|bad| bad.number, |row| row.number);
                self.left -= page.len() as u64;
                return Ok(Some(page));
            }
            self.logs.pop_front();
            self.after = self.query.after;
        }
        Ok(None)
    }
}
