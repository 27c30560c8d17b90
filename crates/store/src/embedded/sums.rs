//! What days came to, and when the provider did not serve.

use std::collections::HashMap;

use async_trait::async_trait;
use pec::{Identifier, Moment};
use rusqlite::{Connection, params};

use super::Embedded;
use super::sql::{Statements, column, moment, named, signed, unsigned};
use crate::{Beat, LogId, Outage, OutageCause, StoreError, Sum, Sums};

fn counted(db: &Connection, log: LogId) -> Result<u64, StoreError> {
    let sql = "SELECT last FROM counted WHERE log = ?1";
    Ok(db.one("reading what is counted", sql, [log.0], |row| unsigned(row, 0))?.unwrap_or(0))
}

fn add_sums(tx: &Connection, log: LogId, from: u64, to: u64, sums: &[Sum]) -> Result<(), StoreError> {
    let before = counted(tx, log)?;
    if before != from {
        let what = format!("rows up to {before} of log {} are counted, not up to {from}", log.0);
        return Err(StoreError::bug(what));
    }
    let what = "adding what days came to";
    let sql = "INSERT INTO sums (day, what, value) VALUES (?1, ?2, ?3)
               ON CONFLICT (day, what) DO UPDATE SET value = value + excluded.value";
    tx.each(what, sql, sums.iter().map(|sum| (&sum.day, &sum.what, signed(sum.value))))?;
    let sql = "INSERT INTO counted (log, last) VALUES (?1, ?2) ON CONFLICT (log) DO UPDATE SET last = excluded.last";
    tx.run(what, sql, params![log.0, signed(to)]).map(drop)
}

fn put_sums(tx: &Connection, sums: &[Sum]) -> Result<(), StoreError> {
    let sql = "INSERT INTO sums (day, what, value) VALUES (?1, ?2, ?3)
               ON CONFLICT (day, what) DO UPDATE SET value = excluded.value";
    tx.each("noting what a day came to", sql, sums.iter().map(|sum| (&sum.day, &sum.what, signed(sum.value))))
}

fn beat(tx: &Connection, beat: &Beat, outage: Option<&Outage>) -> Result<(), StoreError> {
    let what = "noting that the provider serves";
    let sql = "INSERT INTO beats (one, at, standing) VALUES (1, ?1, ?2)
               ON CONFLICT (one) DO UPDATE SET at = excluded.at, standing = excluded.standing";
    tx.run(what, sql, params![beat.at.unix(), beat.standing])?;
    let Some(Outage { began, ended, cause, note }) = outage else { return Ok(()) };
    let sql = "INSERT INTO outages (began, ended, cause, note) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (began) DO UPDATE SET ended = excluded.ended, cause = excluded.cause, note = excluded.note";
    tx.run(what, sql, params![began.unix(), ended.unix(), cause.name(), note]).map(drop)
}

const SUM: &str = "SELECT day, what, value FROM sums";

fn sum(row: &rusqlite::Row<'_>) -> Result<Sum, StoreError> {
    Ok(Sum { day: column(row, 0)?, what: column(row, 1)?, value: unsigned(row, 2)? })
}

#[async_trait]
impl Sums for Embedded {
    async fn counted(&self, log: LogId) -> Result<u64, StoreError> {
        self.readers.run(move |db| counted(db, log)).await
    }

    async fn add_sums(&self, log: LogId, from: u64, to: u64, sums: Vec<Sum>) -> Result<(), StoreError> {
        self.write(move |tx| add_sums(tx, log, from, to, &sums)).await
    }

    async fn put_sums(&self, sums: Vec<Sum>) -> Result<(), StoreError> {
        self.write(move |tx| put_sums(tx, &sums)).await
    }

    async fn sums(&self, from: &str, to: &str) -> Result<Vec<Sum>, StoreError> {
        let (from, to) = (from.to_owned(), to.to_owned());
        let sql = format!("{SUM} WHERE day >= ?1 AND day <= ?2 ORDER BY day, what");
        self.readers.run(move |db| db.all("reading what days came to", &sql, params![from, to], sum)).await
    }

    async fn last_sum(&self, what: &str, day: &str) -> Result<Option<Sum>, StoreError> {
        let (what, day) = (what.to_owned(), day.to_owned());
        let sql = format!("{SUM} WHERE what = ?1 AND day <= ?2 ORDER BY day DESC LIMIT 1");
        self.readers.run(move |db| db.one("reading what a day came to", &sql, params![what, day], sum)).await
    }

    async fn accepted(&self, identifiers: Vec<Identifier>) -> Result<HashMap<Identifier, Moment>, StoreError> {
        let read = move |db: &Connection| {
            let mut found = HashMap::new();
            for identifier in identifiers {
                let sql = "SELECT at FROM sent WHERE identifier = ?1";
                let at = db.one("reading when messages were accepted", sql, [&*identifier], |row| moment(row, 0))?;
                found.extend(at.map(|at| (identifier, at)));
            }
            Ok(found)
        };
        self.readers.run(read).await
    }

    async fn hosted(&self) -> Result<(u64, u64), StoreError> {
        let read = |db: &Connection| {
            let what = "counting what is hosted";
            let domains = db.one(what, "SELECT count(*) FROM domains", [], |row| unsigned(row, 0))?;
            let sql = "SELECT value FROM counters WHERE name = 'mailboxes'";
            let mailboxes = db.one(what, sql, [], |row| unsigned(row, 0))?;
            Ok((domains.unwrap_or(0), mailboxes.unwrap_or(0)))
        };
        self.readers.run(read).await
    }

    async fn last_beat(&self) -> Result<Option<Beat>, StoreError> {
        let read = |row: &rusqlite::Row<'_>| Ok(Beat { at: moment(row, 0)?, standing: column(row, 1)? });
        let sql = "SELECT at, standing FROM beats";
        self.readers.run(move |db| db.one("reading when the provider served", sql, [], read)).await
    }

    async fn beat(&self, of: Beat, outage: Option<Outage>) -> Result<(), StoreError> {
        match outage {
            // Who loses the last note counts from the one before.
            None => self.pass(move |tx| beat(tx, &of, None)).await,
            Some(outage) => self.write(move |tx| beat(tx, &of, Some(&outage))).await,
        }
    }

    async fn outages(&self, from: Moment, to: Moment) -> Result<Vec<Outage>, StoreError> {
        let sql = "SELECT began, ended, cause, note FROM outages WHERE ended > ?1 AND began < ?2 ORDER BY began";
        let read = |row: &rusqlite::Row<'_>| {
            let cause = named(column(row, 2)?, OutageCause::from_name)?;
            let cause = cause.ok_or_else(|| StoreError::damaged("a time without service has no cause"))?;
            Ok(Outage { began: moment(row, 0)?, ended: moment(row, 1)?, cause, note: column(row, 3)? })
        };
        let params = [from.unix(), to.unix()];
        self.readers.run(move |db| db.all("reading when the provider did not serve", sql, params, read)).await
    }
}
