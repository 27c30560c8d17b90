//! The face of the program's upkeep.

use std::io;
use std::path::Path;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Instant;

use async_trait::async_trait;
use pec::Moment;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::jobs::Purpose;
use super::originals::Errand;
use super::sql::{Statements, column, unsigned};
use super::{Embedded, backup, check, expiry, fullness, infected, rounds};
use crate::{
    CheckReport, CheckStep, ErrorKind, Expired, ExpiryLimit, FeedItem, Figures, InfectedQuery, InfectedRow, StoreError,
    Told, Upkeep,
};

#[async_trait]
impl Upkeep for Embedded {
    async fn infected(&self, query: InfectedQuery) -> Result<Vec<InfectedRow>, StoreError> {
        self.readers.run(move |db| infected::rows(db, &query)).await
    }

    async fn expire(&self, limit: ExpiryLimit) -> Result<Expired, StoreError> {
        self.write(move |tx| expiry::run(tx, limit)).await
    }

    async fn sweep(&self) -> Result<u64, StoreError> {
        let closed = || StoreError::new(ErrorKind::Closed, "the store is closed, or was opened for looking only");
        let (reply, answer) = oneshot::channel();
        self.workshop.files.send(Errand::Sweep(Some(reply)));
        answer.await.map_err(|_| closed())?
    }

    async fn figures(&self) -> Result<Figures, StoreError> {
        let mut figures = self.readers.run(counted).await?;
        for level in self.limits.levels.iter() {
            figures.fullness.entry(level).or_default();
        }
        let tally = self.writer.tally();
        figures.flushes = tally.flushes.load(Ordering::Relaxed);
        figures.outcomes = tally.outcomes.load(Ordering::Relaxed);
        figures.trouble = tally.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        figures.read_failures = self.health.failures();
        figures.read_trouble = self.health.trouble(Instant::now());
        figures.damage = self.health.damage();
        figures.search = self.shelf.figures();
        // That alone must not hide everything else.
        figures.disk_free = disk_free(&self.folder).ok();
        Ok(figures)
    }

    async fn check(&self, told: &Told) -> Result<CheckReport, StoreError> {
        let report = check::all(&self.readers, &self.workshop.files, told).await?;
        if report.is_whole() {
            self.health.whole();
            if self.figures().await?.damaged > 0 {
                self.write(rounds::whole).await?;
            }
        }
        Ok(report)
    }

    async fn check_on(&self, now: Moment, octets: u64) -> Result<CheckStep, StoreError> {
        let standing = self.readers.run(rounds::standing).await?;
        if standing.begins() {
            self.health.round_begins();
        }
        let looked = rounds::look(&self.readers, &self.workshop.files, standing, octets).await?;
        let purpose = if looked.matters() { Purpose::Change } else { Purpose::Passing };
        let step =
            self.writer.run(purpose, 0, move |tx| Ok((rounds::note(tx, looked, now)?, Vec::<FeedItem>::new()))).await?;
        if step.ended {
            self.health.round_ended();
        }
        Ok(step)
    }

    async fn acknowledge(&self, now: Moment) -> Result<u64, StoreError> {
        let known = self.write(move |tx| rounds::acknowledge(tx, now)).await?;
        Ok(known + u64::from(self.health.acknowledge()))
    }

    async fn reindex(&self) -> Result<(), StoreError> {
        self.begin_index()
    }

    async fn indexed(&self) -> Result<(), StoreError> {
        self.index_ready().await
    }

    async fn backup(&self, folder: &Path) -> Result<(), StoreError> {
        if self.sweeper.is_none() {
            // Whoever has it open would remove files under our hands.
            let what = "the store was opened for looking only: the provider that runs makes the copy";
            return Err(StoreError::new(ErrorKind::Refused, what));
        }
        let (files, from, to) = (self.workshop.files.clone(), self.folder.clone(), folder.to_owned());
        self.readers.apart(move || backup::make(&files, &from, &to)).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        // What takes long among the readers ends early. Readers first: the checkpoint wants the file for itself.
        self.workshop.files.stop();
        self.shelf.pending().stop();
        self.trail.stop();
        self.readers.close().await?;
        if let Some(indexer) = self.indexer.clone() {
            ended(move || indexer.end()).await?;
        }
        if let Some(finder) = self.finder.clone() {
            ended(move || finder.end()).await?;
        }
        if let Some(sweeper) = self.sweeper.clone() {
            ended(move || sweeper.end()).await?;
        } else {
            self.workshop.files.close();
        }
        self.writer.close().await
    }
}

/// Waits until a thread has ended.
async fn ended(end: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    let ended = tokio::task::spawn_blocking(end).await;
    ended.map_err(|error| StoreError::bug(format!("a fault in the store's own code: {error}")))
}

fn counted(connection: &Connection) -> Result<Figures, StoreError> {
    let what = "reading the figures";
    let count = |name: &str| -> Result<u64, StoreError> {
        let sql = "SELECT value FROM counters WHERE name = ?1";
        Ok(connection.one(what, sql, [name], |row| unsigned(row, 0))?.unwrap_or(0))
    };
    let (damaged, first_damaged) = rounds::damage(connection)?;
    Ok(Figures {
        damaged,
        first_damaged,
        checked: rounds::checked(connection)?,
        queued: count("queue")?,
        oldest: connection.one(what, "SELECT created FROM queue ORDER BY id LIMIT 1", [], |row| column(row, 0))?,
        messages: count("messages")?,
        originals: count("originals")?,
        awaited: count("awaited")?,
        mailboxes: count("mailboxes")?,
        fullness: fullness::by_level(connection)?.into_iter().collect(),
        ..Figures::default()
    })
}

/// Octets that we may still use of the file system in which a folder or file is.
pub fn disk_free(place: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(place)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}
