//! What one file is about.

use pec::Moment;
use proof::LogId;
use proof::head::Head;
use proof::tree::Node;
use store::{HeadQuery, SealedHead, Seals};

use crate::error::JournalError;

/// Heads that are read at once.
const HEADS: usize = 100;

/// The rows of one tree of a log: as a rule, those of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Whose.
    pub log: LogId,
    /// The number of the head that says so.
    pub head: u64,
    /// The day of the first row, in Italian legal time, `yyyy-mm-dd`.
    pub day: String,
    /// The number of the first row.
    pub first: u64,
    /// The number of the row behind the last one.
    pub end: u64,
    /// The root over them.
    pub root: Node,
    /// Whether the tree has ended. One that grows has further rows later.
    pub closed: bool,
    /// When the head was made.
    pub at: Moment,
    /// The provider's name.
    pub provider: String,
}

impl Sheet {
    /// What a head says.
    pub(crate) fn of(kept: &SealedHead) -> Result<Self, JournalError> {
        let (log, number) = (kept.log, kept.number);
        let damaged = |what: String| JournalError::Damaged { log, number, what };
        let head = Head::read(&kept.text).map_err(|error| damaged(error.to_string()))?;
        let end = head.end();
        let Head { day, first, root, closed, at, provider, .. } = head;
        Ok(Self { log, head: number, day, first, end, root, closed, at, provider })
    }
}

/// The sheets of a log whose days are among these (`yyyy-mm-dd`), ascending by rows: each tree that has ended, and the one
/// that grows, as far as it is sealed.
pub async fn sheets(seals: &dyn Seals, log: LogId, from: &str, to: &str) -> Result<Vec<Sheet>, JournalError> {
    let mut query = HeadQuery { log: Some(log), closed: true, limit: HEADS, ..HeadQuery::default() };
    let mut found = Vec::new();
    let mut take = |kept: &SealedHead| {
        let sheet = Sheet::of(kept)?;
        if (from..=to).contains(&&*sheet.day) {
            found.push(sheet);
        }
        Ok::<_, JournalError>(())
    };
    loop {
        let page = seals.heads(query).await?;
        page.iter().try_for_each(&mut take)?;
        match page.last() {
            Some(last) if page.len() == HEADS => query.after = Some((log, last.number)),
            _ => break,
        }
    }
    if let Some(last) = seals.last_head(log).await?.filter(|last| !last.closed) {
        take(&last)?;
    }
    Ok(found)
}
