//! The check that goes on beside running work, a slice at a time: where its round is, and what it found, stand in the
//! database, so that a restart goes on with both.

use std::collections::BTreeMap;
use std::sync::Arc;

use pec::Moment;
use rusqlite::{Connection, params};

use super::check::{self, Pace, Part, Slice};
use super::originals::Files;
use super::readers::Readers;
use super::sql::{Statements, column, moment, named, signed, unsigned};
use crate::{CheckStep, Checked, Fault, Round, StoreError};

/// Rows that one step looks at, at most.
const ROWS: usize = 200;
/// Numbers of rows begin above this.
const FIRST: i64 = 0;

/// Where the open round is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    part: Part,
    after: i64,
    begins: bool,
}

/// What one step looked at.
#[derive(Debug)]
pub(super) struct Looked {
    standing: Standing,
    slice: Slice,
}

/// Where the open round goes on; at its beginning, when none is open.
pub(super) fn standing(db: &Connection) -> Result<Standing, StoreError> {
    let sql = "SELECT part, after FROM rounds WHERE which = 'open'";
    let found = db.one("reading where the check is", sql, [], |row| {
        // What cannot be read begins anew.
        Ok(named(column(row, 0)?, Part::from_name).ok().flatten().zip(Some(column::<i64>(row, 1)?)))
    })?;
    let begins = found.is_none();
    let (part, after) = found.flatten().unwrap_or((Part::first(), FIRST));
    Ok(Standing { part, after, begins })
}

impl Standing {
    /// Whether a round begins here.
    pub(super) fn begins(self) -> bool {
        self.begins
    }
}

/// Looks at the next slice.
pub(super) async fn look(
    readers: &Readers,
    files: &Arc<Files>,
    standing: Standing,
    octets: u64,
) -> Result<Looked, StoreError> {
    let Standing { part, after, begins: _ } = standing;
    let slice = check::slice(readers, files, part, after, Pace { rows: ROWS, octets }).await?;
    Ok(Looked { standing, slice })
}

impl Looked {
    /// Whether it is worth a flush: what is lost with it would be looked at once more, no worse.
    pub(super) fn matters(&self) -> bool {
        !self.slice.faults.is_empty() || self.ends()
    }

    fn ends(&self) -> bool {
        self.slice.last.is_none() && self.standing.part.next().is_none()
    }
}

/// Notes what was looked at: the round goes on behind it, what is damaged is known, and what is whole again is forgotten.
pub(super) fn note(tx: &Connection, looked: Looked, now: Moment) -> Result<CheckStep, StoreError> {
    let ends = looked.ends();
    let Looked { standing: Standing { part, after, begins: _ }, slice } = looked;
    let what = "noting how far the check is";
    let sql = "INSERT INTO rounds VALUES ('open', ?1, NULL, ?2, ?3, 0, 0) ON CONFLICT DO NOTHING";
    tx.run(what, sql, params![now.unix(), Part::first().name(), FIRST])?;
    // A row may have several faults.
    let mut faults: BTreeMap<i64, Fault> = BTreeMap::new();
    for (number, fault) in slice.faults {
        let known = faults.entry(number).or_insert_with(|| Fault { what: String::new(), place: fault.place.clone() });
        known.what = if known.what.is_empty() { fault.what } else { format!("{}; {}", known.what, fault.what) };
    }
    let last = slice.last.unwrap_or(i64::MAX);
    let sql = "SELECT number, place FROM damage WHERE part = ?1 AND number > ?2 AND number <= ?3";
    let read = |row: &rusqlite::Row<'_>| Ok((column::<i64>(row, 0)?, column::<String>(row, 1)?));
    let known: BTreeMap<i64, String> =
        tx.all(what, sql, params![part.name(), after, last], read)?.into_iter().collect();
    // Of rows that could not be listed nobody knows whether they are whole.
    let whole = |(number, _): &(&i64, &String)| !slice.unreadable && !faults.contains_key(number);
    let gone = known.iter().filter(whole).map(|(number, _)| (part.name(), *number));
    tx.each(what, "DELETE FROM damage WHERE part = ?1 AND number = ?2", gone)?;
    let mended: Vec<String> = known.iter().filter(whole).map(|(_, place)| place.clone()).collect();
    let count = faults.len();
    let sql = "INSERT INTO damage VALUES (?1, ?2, ?3, ?4, ?5, NULL)
               ON CONFLICT DO UPDATE SET place = excluded.place, what = excluded.what";
    let row =
        |(number, fault): (&i64, &Fault)| (part.name(), *number, fault.place.clone(), fault.what.clone(), now.unix());
    tx.each(what, sql, faults.iter().map(row))?;
    let found = faults.into_iter().filter(|(number, _)| !known.contains_key(number)).map(|(_, fault)| fault).collect();

    let (next, after) = match slice.last {
        Some(last) => (part, last),
        None => (part.next().unwrap_or(Part::first()), FIRST),
    };
    let messages = if part == Part::Messages { slice.looked_at } else { 0 };
    let sql =
        "UPDATE rounds SET part = ?1, after = ?2, messages = messages + ?3, faults = faults + ?4 WHERE which = 'open'";
    tx.run(what, sql, params![next.name(), after, signed(messages), signed(count)])?;
    if ends {
        tx.run(what, "DELETE FROM rounds WHERE which = 'last'", [])?;
        tx.run(what, "UPDATE rounds SET which = 'last', ended = ?1 WHERE which = 'open'", [now.unix()])?;
    }
    Ok(CheckStep { octets: slice.octets, found, mended, ended: ends })
}

/// How the rounds stand.
pub(super) fn checked(db: &Connection) -> Result<Checked, StoreError> {
    let one = |which: &str| {
        let sql = "SELECT began, ended, messages, faults FROM rounds WHERE which = ?1";
        db.one("reading how far the check is", sql, [which], |row| {
            let ended = column::<Option<i64>>(row, 1)?.map(Moment::from_unix);
            Ok(Round { began: moment(row, 0)?, ended, messages: unsigned(row, 2)?, faults: unsigned(row, 3)? })
        })
    };
    Ok(Checked { open: one("open")?, last: one("last")? })
}

/// How much is damaged that nobody acknowledged, and what of it was found first.
pub(super) fn damage(db: &Connection) -> Result<(u64, Option<String>), StoreError> {
    let what = "reading what is damaged";
    let sql = "SELECT count(*) FROM damage WHERE acknowledged IS NULL";
    let count = db.one(what, sql, [], |row| unsigned(row, 0))?.unwrap_or(0);
    let sql = "SELECT place, what FROM damage WHERE acknowledged IS NULL ORDER BY found LIMIT 1";
    let first =
        db.one(what, sql, [], |row| Ok(format!("{}: {}", column::<String>(row, 0)?, column::<String>(row, 1)?)))?;
    Ok((count, first))
}

/// An operator knows what is damaged; how much that was.
pub(super) fn acknowledge(tx: &Connection, now: Moment) -> Result<u64, StoreError> {
    let sql = "UPDATE damage SET acknowledged = ?1 WHERE acknowledged IS NULL";
    Ok(tx.run("acknowledging damage", sql, [now.unix()])? as u64)
}

/// Everything was found whole.
pub(super) fn whole(tx: &Connection) -> Result<(), StoreError> {
    tx.run("forgetting damage", "DELETE FROM damage", []).map(drop)
}
