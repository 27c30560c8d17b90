//! The face of reconciliation.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use pec::{Identifier, Moment};
use rusqlite::{Connection, params};

use super::Embedded;
use super::sql::{Statements, column, moment, signed, unsigned};
use crate::reconciliation::MOST_DISCREPANCIES;
use crate::{Discrepancy, DiscrepancyQuery, LogId, Reconciled, Reconciliation, StoreError, Wrong};

const WHAT: &str = "keeping what was reconciled";

fn keep(tx: &Connection, piece: &Reconciled, now: Moment) -> Result<Vec<Discrepancy>, StoreError> {
    if let Some((log, next)) = piece.next {
        let sql = "INSERT INTO reconciled VALUES (?1, ?2) ON CONFLICT DO UPDATE SET next = excluded.next";
        tx.run(WHAT, sql, params![log.0, signed(next)])?;
    }
    for (identifier, wrong) in &piece.messages {
        go(tx, identifier, wrong)?;
    }
    let all = piece.messages.iter().map(|(identifier, wrong)| (&**identifier, wrong));
    let mut all = all.chain([("", &piece.rows)]).filter(|(_, wrong)| !wrong.is_empty()).peekable();
    if all.peek().is_none() {
        return Ok(Vec::new());
    }
    let there = tx.one(WHAT, "SELECT count(*) FROM discrepancies", [], |row| unsigned::<u64>(row, 0))?.unwrap_or(0);
    let rows = all.flat_map(|(identifier, wrong)| wrong.iter().map(move |wrong| (identifier, wrong)));
    let room = usize::try_from(MOST_DISCREPANCIES.saturating_sub(there)).unwrap_or(usize::MAX);
    // What was found before keeps the hour of that, and who knows of it.
    let sql = "INSERT INTO discrepancies (identifier, whom, reason, what, found) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (identifier, whom, reason) DO NOTHING RETURNING number";
    let mut fresh = Vec::new();
    for (identifier, wrong) in rows.take(room) {
        let Wrong { whom, reason, what } = wrong;
        let params = params![identifier, whom, reason, what, now.unix()];
        fresh.extend(tx.one(WHAT, sql, params, |row| {
            Ok(Discrepancy {
                number: unsigned(row, 0)?,
                identifier: named(identifier),
                whom: whom.clone(),
                reason: (*reason).to_owned(),
                what: what.clone(),
                found: now,
                acknowledged: None,
            })
        })?);
    }
    Ok(fresh)
}

/// The message that a row names, if it names one.
fn named(identifier: &str) -> Option<Identifier> {
    (!identifier.is_empty()).then(|| identifier.into())
}

/// What was wrong about a message and is no more.
fn go(tx: &Connection, identifier: &Identifier, wrong: &[Wrong]) -> Result<(), StoreError> {
    let sql = "SELECT number, whom, reason FROM discrepancies WHERE identifier = ?1";
    let read =
        |row: &rusqlite::Row<'_>| Ok((column::<i64>(row, 0)?, column::<String>(row, 1)?, column::<String>(row, 2)?));
    let there = tx.all(WHAT, sql, [&**identifier], read)?;
    if there.is_empty() {
        return Ok(());
    }
    let stays: BTreeSet<(&str, &str)> = wrong.iter().map(|wrong| (&*wrong.whom, wrong.reason)).collect();
    let gone = there.iter().filter(|(_, whom, reason)| !stays.contains(&(whom, reason)));
    tx.each(WHAT, "DELETE FROM discrepancies WHERE number = ?1", gone.map(|(number, ..)| [*number]))
}

/// Removes one lot of what is older than the evidence that is kept.
pub(super) fn expire(tx: &Connection, before: i64, rows: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM discrepancies WHERE number IN
                 (SELECT number FROM discrepancies WHERE found < ?1 ORDER BY found LIMIT ?2)";
    tx.run("removing old discrepancies", sql, params![before, rows]).map(drop)
}

#[async_trait]
impl Reconciliation for Embedded {
    async fn reconciled(&self) -> Result<Vec<(LogId, u64)>, StoreError> {
        let read = |db: &Connection| {
            let sql = "SELECT log, next FROM reconciled ORDER BY log";
            db.all("reading what was reconciled", sql, [], |row| Ok((LogId(unsigned(row, 0)?), unsigned(row, 1)?)))
        };
        self.readers.run(read).await
    }

    async fn keep_reconciled(&self, piece: Reconciled, now: Moment) -> Result<Vec<Discrepancy>, StoreError> {
        self.pass(move |tx| keep(tx, &piece, now)).await
    }

    async fn discrepancies(&self, query: DiscrepancyQuery) -> Result<Vec<Discrepancy>, StoreError> {
        let read = move |db: &Connection| {
            let sql = "SELECT number, identifier, whom, reason, what, found, acknowledged FROM discrepancies
                       WHERE number > ?1 AND (?2 IS NULL OR identifier = ?2) ORDER BY number LIMIT ?3";
            let about = query.identifier.as_deref();
            let params = params![signed(query.after), about, signed(query.limit)];
            db.all("reading discrepancies", sql, params, |row| {
                Ok(Discrepancy {
                    number: unsigned(row, 0)?,
                    identifier: named(&column::<String>(row, 1)?),
                    whom: column(row, 2)?,
                    reason: column(row, 3)?,
                    what: column(row, 4)?,
                    found: moment(row, 5)?,
                    acknowledged: column::<Option<i64>>(row, 6)?.map(Moment::from_unix),
                })
            })
        };
        self.readers.run(read).await
    }

    async fn unacknowledged(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let read = |db: &Connection| {
            let sql = "SELECT reason, count(*) FROM discrepancies WHERE acknowledged IS NULL GROUP BY reason";
            let all = db.all("counting discrepancies", sql, [], |row| Ok((column(row, 0)?, unsigned(row, 1)?)))?;
            Ok(all.into_iter().collect())
        };
        self.readers.run(read).await
    }

    async fn acknowledge_discrepancies(&self, about: Option<Identifier>, now: Moment) -> Result<u64, StoreError> {
        self.write(move |tx| {
            let sql = "UPDATE discrepancies SET acknowledged = ?1
                       WHERE acknowledged IS NULL AND (?2 IS NULL OR identifier = ?2)";
            Ok(tx.run("acknowledging discrepancies", sql, params![now.unix(), about.as_deref()])? as u64)
        })
        .await
    }
}
