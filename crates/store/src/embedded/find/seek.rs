//! The face of questions: a part of an answer is made of what the index names and of what it does not know yet.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::follow::{self, DAY};
use super::terms::Sought;
use super::trail::Trail;
use crate::embedded::evidence::named;
use crate::embedded::sql::{Statements, column, moment, signed};
use crate::embedded::subjects;
use crate::{ErrorKind, FoundMessage, FoundMessages, LogId, MessagePlace, MessageQuery, SharedSubject, StoreError};

/// Subjects that one part of an answer looks at.
const LOOKED: usize = 2000;
/// Numbers of subjects among which the index is asked at once.
const AMONG: i64 = 2_000_000;
/// Messages of one part of an answer at most.
const MOST: usize = 500;
/// Other subjects under an identifier that are looked at so that a message is shown once.
const SAME: usize = 8;

const WHAT: &str = "looking for messages";

/// A part of the answer, and what of it cannot be read.
pub(in crate::embedded) fn part(
    trail: &Trail,
    db: &Connection,
    query: &MessageQuery,
) -> Result<(FoundMessages, Vec<StoreError>), StoreError> {
    let mut part = Part { query, sought: Sought::of(query), found: FoundMessages::default(), unreadable: Vec::new() };
    let before = query.before.map_or(i64::MAX, |place| signed(place.0));
    let end = match &query.identifier {
        Some(identifier) => part.under(db, identifier.as_str(), before)?,
        None => part.anywhere(trail, db, before)?,
    };
    part.found.next = end.map(|number| MessagePlace(number.unsigned_abs()));
    Ok((part.found, part.unreadable))
}

struct Part<'a> {
    query: &'a MessageQuery,
    sought: Sought,
    found: FoundMessages,
    unreadable: Vec<StoreError>,
}

/// Candidates in the order in which they are looked at.
struct Named {
    numbers: Vec<i64>,
    /// Where to go on when all of them were looked at; `None`: nowhere.
    next: Option<i64>,
}

impl Part<'_> {
    /// Those that have an identifier.
    fn under(&mut self, db: &Connection, identifier: &str, before: i64) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT id FROM subjects WHERE identifier = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
        let numbers: Vec<i64> = db.all(WHAT, sql, params![identifier, before, signed(LOOKED)], |row| column(row, 0))?;
        let next = numbers.last().copied().filter(|_| numbers.len() == LOOKED);
        self.look(db, Named { numbers, next })
    }

    /// All: first those that the index does not know, then those that it names.
    fn anywhere(&mut self, trail: &Trail, db: &Connection, before: i64) -> Result<Option<i64>, StoreError> {
        // How far the index goes is read before the database: nothing comes between the two.
        let index = trail.lend();
        let known = index.as_ref().and_then(|index| {
            let bounds = follow::followed(index).and_then(|to| self.bounds(index, to.subject));
            Some((index, trail.use_of(bounds)?))
        });
        let end = known.as_ref().map_or(0, |(_, bounds)| bounds.known);
        if before > end.saturating_add(1) {
            let named = self.between(db, end + 1, before)?;
            let next = self.look(db, named)?;
            if next.is_some() {
                return Ok(next);
            }
        }
        let Some((index, Bounds { known, first, last })) = known else { return Ok(None) };
        let before = before.min(known.saturating_add(1)).min(last.saturating_add(1));
        match self.sought.question() {
            None => {
                let named = self.between(db, first, before)?;
                self.look(db, named)
            }
            Some(question) => match trail.use_of(asked(index, &question, first, before)) {
                Some(named) => self.look(db, named),
                // Everything is looked at from here.
                None => {
                    let named = self.between(db, 1, before)?;
                    self.look(db, named)
                }
            },
        }
    }

    /// Up to where the index goes, and between which numbers it has what is of the days asked for.
    fn bounds(&self, index: &Connection, known: i64) -> Result<Bounds, StoreError> {
        let MessageQuery { since, until, .. } = self.query;
        if since.is_none() && until.is_none() {
            return Ok(Bounds { known, first: 1, last: i64::MAX });
        }
        let day = |at: pec::Moment| at.unix().div_euclid(DAY);
        let days = params![since.map_or(i64::MIN, day), until.map_or(i64::MAX, day)];
        let sql = "SELECT min(first), max(last) FROM days WHERE day BETWEEN ?1 AND ?2";
        let read = |row: &Row<'_>| Ok((column::<Option<i64>>(row, 0)?, column::<Option<i64>>(row, 1)?));
        let (first, last) = index.one(WHAT, sql, days, read)?.unwrap_or_default();
        Ok(Bounds { known, first: first.unwrap_or(1), last: last.unwrap_or(0) })
    }

    /// All from a number on and before another.
    fn between(&self, db: &Connection, first: i64, before: i64) -> Result<Named, StoreError> {
        let sql = "SELECT id FROM subjects WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
        let numbers: Vec<i64> = db.all(WHAT, sql, params![first, before, signed(LOOKED)], |row| column(row, 0))?;
        let next = numbers.last().copied().filter(|_| numbers.len() == LOOKED);
        Ok(Named { numbers, next })
    }

    /// Takes those that are as asked for; where to go on.
    fn look(&mut self, db: &Connection, named: Named) -> Result<Option<i64>, StoreError> {
        let limit = self.query.limit.min(MOST);
        for number in named.numbers {
            if self.found.messages.len() >= limit {
                // Behind the last one that was looked at.
                return Ok(Some(number + 1));
            }
            match self.one(db, number) {
                Ok(found) => self.found.messages.extend(found),
                Err(error) if error.kind == ErrorKind::Damaged => self.unreadable.push(error),
                Err(error) => return Err(error),
            }
        }
        Ok(named.next)
    }

    /// The message of a subject, if it is as asked for, and not shown by an earlier subject under its identifier.
    fn one(&self, db: &Connection, number: i64) -> Result<Option<FoundMessage>, StoreError> {
        let Some(found) = message(db, number)? else { return Ok(None) };
        if !self.is(&found) {
            return Ok(None);
        }
        let sql = "SELECT id FROM subjects WHERE identifier = ?1 AND id < ?2 ORDER BY id LIMIT ?3";
        let identifier = &*found.subject.subject().identifier;
        let same: Vec<i64> = db.all(WHAT, sql, params![identifier, number, signed(SAME)], |row| column(row, 0))?;
        for earlier in same {
            if message(db, earlier)?.is_some_and(|earlier| self.is(&earlier)) {
                return Ok(None);
            }
        }
        Ok(Some(found))
    }

    fn is(&self, found: &FoundMessage) -> bool {
        let MessageQuery { since, until, .. } = self.query;
        since.is_none_or(|since| found.at >= since)
            && until.is_none_or(|until| found.at < until)
            && self.sought.is(found.subject.subject())
    }
}

struct Bounds {
    /// The last subject that the index knows.
    known: i64,
    first: i64,
    last: i64,
}

/// Those that the index names, from a number on and before another.
fn asked(index: &Connection, question: &str, first: i64, before: i64) -> Result<Named, StoreError> {
    let from = first.max(before.saturating_sub(AMONG));
    let sql = "SELECT rowid FROM terms WHERE terms MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?";
    let values = [Value::from(question.to_owned()), from.into(), before.into(), signed(LOOKED).into()];
    let numbers: Vec<i64> = index.all(WHAT, sql, params_from_iter(values), |row| column(row, 0))?;
    let next = match numbers.last() {
        Some(last) if numbers.len() == LOOKED => Some(*last),
        _ => Some(from).filter(|from| *from > first),
    };
    Ok(Named { numbers, next })
}

/// The message of a subject; `None`: it has expired, and nothing is left of it.
fn message(db: &Connection, number: i64) -> Result<Option<FoundMessage>, StoreError> {
    let sql = "SELECT s.hash, s.canonical, e.at, e.place FROM subjects s
               JOIN evidence e ON e.place = (SELECT min(place) FROM evidence WHERE about = s.id) WHERE s.id = ?1";
    db.one(WHAT, sql, [number], |row| {
        let subject: SharedSubject = subjects::read(row, 0, 1)?;
        let (log, row_number) = named(column(row, 3)?);
        let log = u32::try_from(log).map_err(|_| StoreError::damaged(format!("a row is in the log {log}")))?;
        Ok(FoundMessage {
            place: MessagePlace(number.unsigned_abs()),
            subject,
            at: moment(row, 2)?,
            log: LogId(log),
            number: row_number.unsigned_abs(),
        })
    })
}
