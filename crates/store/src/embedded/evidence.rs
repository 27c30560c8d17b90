//! Evidence: rows that are only ever added, made outside the writer.

use std::collections::HashMap;

use proof::Salt;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::secrets;
use super::sql::{Statements, column, moment, signed, unsigned};
use super::subjects::{self, Named, Numbers};
use crate::evidence::canonical;
use crate::{
    About, ErrorKind, Evidence, EvidenceQuery, EvidenceRow, Leaf, LogId, SharedSubject, StoreError, SubjectHash,
    UnreadableRow,
};

/// The key of a row: its log, and in the lower forty bits its number.
pub(super) fn place(log: LogId, number: u64) -> i64 {
    (i64::from(log.0) << 40) | signed(number.min(LAST))
}

/// The log and the number of a key.
pub(super) fn named(place: i64) -> (i64, i64) {
    (place >> 40, place & signed(LAST))
}

/// The highest number of a log.
const LAST: u64 = (1 << 40) - 1;

/// A row of evidence as it will stand on disk; its number is given inside the transaction.
#[derive(Debug)]
pub(super) struct Entry {
    at: i64,
    event: u64,
    kind: Option<u64>,
    about: Option<Named>,
    canonical: Vec<u8>,
}

impl Entry {
    /// Makes the canonical bytes of rows, each with its salt. All salts are one question to the system.
    pub(super) fn all(rows: &[Evidence]) -> Result<Vec<Self>, StoreError> {
        let mut salts = vec![0; rows.len() * Salt::OCTETS];
        secrets::fill(&mut salts)?;
        let (salts, _) = salts.as_chunks();
        Ok(rows.iter().zip(salts).map(|(evidence, salt)| Self::of(evidence, Salt(*salt))).collect())
    }

    fn of(evidence: &Evidence, salt: Salt) -> Self {
        Self {
            at: evidence.at.unix(),
            event: canonical::event_number(evidence.event),
            kind: evidence.kind.map(canonical::kind_number),
            about: Named::of(&evidence.about),
            canonical: canonical::evidence(evidence, salt),
        }
    }

    /// What it weighs in a transaction, about, its subject left out.
    pub(super) fn octets(&self) -> usize {
        self.canonical.len() + 64
    }
}

/// Adds rows [R-2.3-a]. Their numbers follow the last: a transaction that fails takes its numbers back.
pub(super) fn add(tx: &Connection, entries: &[Entry], numbers: &mut Numbers) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let what = "writing evidence";
    // One writer writes one log, the youngest: those before it were of stores that this one was restored from.
    let youngest = "SELECT log, last FROM logs ORDER BY log DESC LIMIT 1";
    let open = tx.one(what, youngest, [], |row| Ok((LogId(unsigned(row, 0)?), unsigned::<u64>(row, 1)?)))?;
    let (log, last) = open.ok_or_else(|| StoreError::damaged("writing evidence: the log is gone"))?;
    tx.run(what, "UPDATE logs SET last = ?2 WHERE log = ?1", params![log.0, signed(last + entries.len() as u64)])?;
    let about = entries.iter().map(|entry| numbers.number(tx, entry.about.as_ref()));
    let about = about.collect::<Result<Vec<_>, _>>()?;
    let sql = "INSERT INTO evidence (place, at, event, kind, about, canonical) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let row = |((number, entry), about)| {
        let Entry { at, event, kind, canonical, about: _ }: &Entry = entry;
        (place(log, number), *at, signed(*event), kind.map(signed), about, canonical)
    };
    tx.each(what, sql, (last + 1..).zip(entries).zip(about).map(row))
}

/// Rows that match, each compared with its canonical bytes; one log after the other.
pub(super) fn rows(
    connection: &Connection,
    query: &EvidenceQuery,
) -> Result<Vec<Result<EvidenceRow, UnreadableRow>>, StoreError> {
    let logs = match query.log {
        Some(log) => vec![log],
        None => logs(connection)?.into_iter().map(|(log, _)| log).collect(),
    };
    let mut rows = Vec::new();
    for log in logs {
        rows.extend(of_log(connection, log, query, query.limit - rows.len())?);
    }
    Ok(rows)
}

fn of_log(
    connection: &Connection,
    log: LogId,
    query: &EvidenceQuery,
    limit: usize,
) -> Result<Vec<Result<EvidenceRow, UnreadableRow>>, StoreError> {
    let EvidenceQuery { log: _, after, identifier, kind, event, limit: _ } = query;
    let mut sql = format!("{ROW} WHERE e.place > ? AND e.place <= ?");
    let mut values = vec![Value::from(place(log, *after)), Value::from(place(log, LAST))];
    let mut filter = |condition: &str, value: Option<Value>| {
        if let Some(value) = value {
            sql.push_str(condition);
            values.push(value);
        }
    };
    let subject = " AND e.about IN (SELECT id FROM subjects WHERE identifier = ?)";
    filter(subject, identifier.as_deref().map(|identifier| identifier.to_owned().into()));
    filter(" AND e.kind = ?", kind.map(|kind| signed(canonical::kind_number(kind)).into()));
    filter(" AND e.event = ?", event.map(|event| signed(canonical::event_number(event)).into()));
    filter(" ORDER BY e.place LIMIT ?", Some(signed(limit).into()));
    let mut known = HashMap::new();
    connection.all("reading the evidence", &sql, params_from_iter(values), |row| match read(row, &mut known) {
        Err(error) if error.kind == ErrorKind::Damaged => {
            let (log, number) = (unsigned(row, 0)?, unsigned(row, 1)?);
            Ok(Err(UnreadableRow { log: LogId(log), number, what: error.what }))
        }
        read => read.map(Ok),
    })
}

/// What a check found at a place.
pub(super) type Examined = (i64, Result<EvidenceRow, StoreError>);

/// Rows from a place on, for a check; what is wrong with one does not hide the others.
pub(super) fn examine(connection: &Connection, first: i64, limit: usize) -> Result<Vec<Examined>, StoreError> {
    let sql = format!("{ROW} WHERE e.place >= ?1 ORDER BY e.place LIMIT ?2");
    let mut known = HashMap::new();
    connection.all("checking the evidence", &sql, params![first, signed(limit)], |row| {
        Ok((column(row, 9)?, read(row, &mut known)))
    })
}

const ROW: &str = "SELECT e.log, e.number, e.at, e.event, e.kind, e.about, s.hash, e.canonical, s.canonical, e.place
                   FROM evidence e LEFT JOIN subjects s ON s.id = e.about";

fn read(row: &Row<'_>, known: &mut HashMap<i64, SharedSubject>) -> Result<EvidenceRow, StoreError> {
    let (log, number) = (unsigned(row, 0)?, unsigned(row, 1)?);
    let spoilt = |what: &str| StoreError::damaged(format!("row {number} of log {log} {what}; restore the last backup"));
    let bytes: Vec<u8> = column(row, 7)?;
    let read = canonical::read_evidence(&bytes).map_err(|error| spoilt(&format!("cannot be read: {error}")))?;
    let (mut evidence, _) = read;
    let columns = (column::<i64>(row, 2)?, unsigned::<u64>(row, 3)?, column::<Option<i64>>(row, 4)?);
    let kind = evidence.kind.map(|kind| signed(canonical::kind_number(kind)));
    let about = column::<Option<[u8; 32]>>(row, 6)?.map(SubjectHash);
    if columns != (evidence.at.unix(), canonical::event_number(evidence.event), kind) || about != evidence.about.hash()
    {
        return Err(spoilt("has columns that are not those of its canonical bytes"));
    }
    if let Some(number) = column::<Option<i64>>(row, 5)? {
        let subject = match known.get(&number) {
            Some(subject) => subject.clone(),
            None => known.entry(number).or_insert(subjects::read(row, 6, 8)?).clone(),
        };
        evidence.about = About::Subject(subject);
    }
    Ok(EvidenceRow { log: LogId(log), number, evidence })
}

/// Canonical bytes from a number on.
pub(super) fn leaves(connection: &Connection, log: LogId, first: u64, limit: usize) -> Result<Vec<Leaf>, StoreError> {
    let sql = "SELECT number, at, canonical FROM evidence WHERE place >= ?1 AND place <= ?2 ORDER BY place LIMIT ?3";
    let params = params![place(log, first), place(log, LAST), signed(limit)];
    connection.all("reading the leaves", sql, params, |row| {
        Ok(Leaf { number: unsigned(row, 0)?, at: moment(row, 1)?, canonical: column::<Vec<u8>>(row, 2)?.into() })
    })
}

/// The logs, each with its last number.
pub(super) fn logs(connection: &Connection) -> Result<Vec<(LogId, u64)>, StoreError> {
    let sql = "SELECT log, last FROM logs ORDER BY log";
    connection.all("reading the logs", sql, [], |row| Ok((LogId(unsigned(row, 0)?), unsigned(row, 1)?)))
}
