//! Follows the subjects by their numbers: what was committed since is noted in the index, what expired leaves it.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::terms;
use crate::embedded::derived;
use crate::embedded::sql::{Statements, column, signed};
use crate::embedded::subjects;
use crate::{ErrorKind, StoreError};

/// Subjects that one transaction takes in; one has at most some thousands of recipients.
const SUBJECTS: i64 = 500;
/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

const WHAT: &str = "following the evidence";

/// How far the index goes.
pub(super) struct Followed {
    /// The number of the last subject that it knows.
    pub(super) subject: i64,
    hash: Vec<u8>,
    swept: i64,
}

/// How far the index goes.
pub(super) fn followed(index: &Connection) -> Result<Followed, StoreError> {
    let sql = "SELECT subject, hash, swept FROM followed";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Followed { subject: column(row, 0)?, hash: column(row, 1)?, swept: column(row, 2)? })
    };
    index.one(WHAT, sql, [], read)?.ok_or_else(|| StoreError::damaged("the index does not say how far it goes"))
}

/// What did not work, and where.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The index itself.
    Index(StoreError),
    /// Reading what is to be indexed.
    Store(StoreError),
}

/// A subject that was committed.
struct Row {
    number: i64,
    hash: Vec<u8>,
    /// Its terms; empty where it cannot be read: nobody could be shown it.
    terms: String,
    at: Option<i64>,
}

/// Takes in what follows; whether there may be more.
pub(super) fn step(db: &Connection, index: &Connection) -> Result<bool, Trouble> {
    let from = followed(index).map_err(Trouble::Index)?;
    if !is_of(db, &from).map_err(Trouble::Store)? {
        return Err(Trouble::Index(StoreError::damaged("the index is of another state of this store")));
    }
    let rows = rows(db, from.subject).map_err(Trouble::Store)?;
    let Some(last) = rows.last() else { return sweep(db, index, &from) };
    let noted = derived::together(index, |index| note(index, &rows, last));
    noted.map_err(Trouble::Index)?;
    Ok(signed(rows.len()) == SUBJECTS)
}

/// Subjects behind a number.
fn rows(db: &Connection, after: i64) -> Result<Vec<Row>, StoreError> {
    let sql = "SELECT s.id, s.hash, s.canonical, (SELECT at FROM evidence WHERE about = s.id ORDER BY place LIMIT 1)
               FROM subjects s WHERE s.id > ?1 ORDER BY s.id LIMIT ?2";
    db.all(WHAT, sql, params![after, SUBJECTS], |row| {
        let terms = match subjects::read(row, 1, 2) {
            Ok(subject) => terms::terms(subject.subject()),
            Err(error) if error.kind == ErrorKind::Damaged => String::new(),
            Err(error) => return Err(error),
        };
        Ok(Row { number: column(row, 0)?, hash: column(row, 1)?, terms, at: column(row, 3)? })
    })
}

fn note(index: &Connection, rows: &[Row], last: &Row) -> Result<(), StoreError> {
    let mut days: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for row in rows {
        index.run(WHAT, "INSERT INTO terms (rowid, text) VALUES (?1, ?2)", params![row.number, row.terms])?;
        if let Some(at) = row.at {
            days.entry(at.div_euclid(DAY)).or_insert((row.number, row.number)).1 = row.number;
        }
    }
    let sql = "INSERT INTO days VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET last = excluded.last";
    index.each(WHAT, sql, days.into_iter().map(|(day, (first, last))| [day, first, last]))?;
    let sql = "UPDATE followed SET subject = ?1, hash = ?2";
    index.run(WHAT, sql, params![last.number, last.hash]).map(drop)
}

/// Whether an index is of this store as it is: one that was put back as it was before gives the same numbers to other
/// subjects.
fn is_of(db: &Connection, from: &Followed) -> Result<bool, StoreError> {
    let given = "SELECT seq FROM sqlite_sequence WHERE name = 'subjects'";
    let given = db.one(WHAT, given, [], |row| column::<i64>(row, 0))?.unwrap_or(0);
    let hash = "SELECT hash FROM subjects WHERE id = ?1";
    let hash = db.one(WHAT, hash, [from.subject], |row| column::<Vec<u8>>(row, 0))?;
    Ok(given >= from.subject && hash.is_none_or(|hash| hash == from.hash))
}

/// What expired leaves the index, some at a time; whether there may be more.
fn sweep(db: &Connection, index: &Connection, from: &Followed) -> Result<bool, Trouble> {
    let oldest = db.one(WHAT, "SELECT min(id) FROM subjects", [], |row| column::<Option<i64>>(row, 0));
    let oldest = oldest.map_err(Trouble::Store)?.flatten();
    let end = oldest.map_or(from.subject, |oldest| oldest - 1).min(from.subject);
    let to = end.min(from.swept.saturating_add(SUBJECTS));
    if to <= from.swept {
        return Ok(false);
    }
    let swept = derived::together(index, |index| {
        let gone = (from.swept + 1..=to).map(|number| [number]);
        index.each(WHAT, "DELETE FROM terms WHERE rowid = ?1", gone)?;
        index.run(WHAT, "DELETE FROM days WHERE last <= ?1", [to])?;
        index.run(WHAT, "UPDATE followed SET swept = ?1", [to])
    });
    swept.map_err(Trouble::Index)?;
    Ok(to < end)
}
