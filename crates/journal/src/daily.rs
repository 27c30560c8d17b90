//! The duty that writes each day once it has ended, and never twice.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use duty::{News, Trouble};
use proof::LogId;
use store::HeadQuery;
use tokio::sync::watch;

use crate::error::JournalError;
use crate::marker::Marker;
use crate::sheet::Sheet;
use crate::writing::{Writing, aside};

/// How often it is looked whether a day has ended.
const LOOK: Duration = Duration::from_secs(60);
/// Heads that are read at once.
const HEADS: usize = 100;

/// Writes the days of a store.
pub struct Daily {
    writing: Writing,
    /// Why it does not go on.
    trouble: Mutex<Option<Trouble>>,
}

impl Daily {
    /// Writes so, into that folder, which is made where it is missing.
    pub fn new(writing: Writing) -> Self {
        Self { writing, trouble: Mutex::default() }
    }

    /// What of it an operator must know; `None`: all is well.
    pub fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        trouble.map(|trouble| format!("the daily logs are not written {trouble}"))
    }

    /// Writes until `stop` becomes true; then at once no further.
    pub async fn run(&self, stop: watch::Receiver<bool>) {
        let folder = self.writing.folder.clone();
        let swept = aside(move || fetch::keep::folder(&folder).and_then(|()| fetch::keep::sweep(&folder))).await;
        if let Ok(Err(error)) = swept {
            let folder = self.writing.folder.display();
            tracing::warn!(event = "daily-logs-unswept", %folder, %error);
        }
        duty::run(LOOK, stop, || self.look()).await;
    }

    /// Writes the days that have ended since, once; gives how many. One log's trouble stops no other; the first one is given.
    pub async fn look(&self) -> Result<u64, JournalError> {
        let mut days = 0;
        let ended = self.all(&mut days).await;
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match (Trouble::note(&mut trouble, &ended, self.writing.clock.now()), &ended) {
            (Some(News::Begins), Err(error)) => {
                tracing::error!(event = "daily-logs-not-written", %error, "it is tried again");
            }
            (Some(News::Passed), _) => tracing::info!(event = "daily-logs-written-again"),
            _ => {}
        }
        ended.map(|()| days)
    }

    async fn all(&self, days: &mut u64) -> Result<(), JournalError> {
        let mut ended = Ok(());
        for (log, _) in self.writing.source.evidence.logs().await? {
            ended = ended.and(self.log(log, days).await);
        }
        ended
    }

    async fn log(&self, log: LogId, days: &mut u64) -> Result<(), JournalError> {
        let folder = self.writing.folder.clone();
        let mut marker = aside(move || Marker::read(&folder, log)).await??;
        loop {
            let after = Some((log, marker.done));
            let query = HeadQuery { log: Some(log), after, closed: true, limit: HEADS, ..HeadQuery::default() };
            let page = self.writing.source.seals.heads(query).await?;
            for kept in &page {
                self.day(&Sheet::of(kept)?, &mut marker).await?;
                *days += 1;
            }
            if page.len() < HEADS {
                return Ok(());
            }
        }
    }

    /// Writes a day. Its name is noted before: whoever begins again knows which files are its.
    async fn day(&self, sheet: &Sheet, marker: &mut Marker) -> Result<(), JournalError> {
        let name = match marker.writing.take() {
            Some((head, name)) if head == sheet.head => name,
            _ => self.writing.free_name(sheet).await?,
        };
        marker.writing = Some((sheet.head, name.clone()));
        self.note(sheet.log, marker).await?;
        let written = self.writing.write(sheet, &name).await?;
        *marker = Marker { done: sheet.head, writing: None };
        self.note(sheet.log, marker).await?;
        metrics::counter!("sigillo_daily_logs_total").increment(1);
        let (rows, lines) = (written.rows, written.lines);
        tracing::info!(event = "daily-log-written", name, rows, lines, day = sheet.day);
        if written.unreadable > 0 {
            let unreadable = written.unreadable;
            tracing::error!(event = "daily-log-with-damage", name, unreadable, "rows cannot be read: sigillo check");
        }
        Ok(())
    }

    async fn note(&self, log: LogId, marker: &Marker) -> Result<(), JournalError> {
        let (folder, marker) = (self.writing.folder.clone(), marker.clone());
        aside(move || marker.write(&folder, log)).await?
    }
}
