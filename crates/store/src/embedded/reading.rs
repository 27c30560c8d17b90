//! The bytes of a message, compared with what was written before anybody gets them.

use std::ops::Range;

use bytes::Bytes;
use pec::{Pieces, Shared};
use rusqlite::{Connection, Row};

use super::checks::{Check, check};
use super::originals::{Digest, Files};
use super::sql::{Statements, column, unsigned};
use crate::{ErrorKind, MessageId, StoreError};

const READING: &str = "reading a message";

/// Header and own bytes, as they were written.
struct Own {
    header: Bytes,
    rest: Bytes,
}

/// An original in a message.
pub(super) struct Place {
    pub(super) at: u64,
    /// Octets of the original that are left out at its beginning.
    pub(super) skip: u64,
    pub(super) original: i64,
    pub(super) digest: Digest,
    /// Of the whole original.
    pub(super) size: u64,
    pub(super) file: bool,
    /// Whether its digest alone is kept.
    pub(super) gone: bool,
}

impl Place {
    /// Octets of it in the message. `None`: more are left out than it has.
    fn shown(&self) -> Option<u64> {
        self.size.checked_sub(self.skip)
    }
}

/// The exact bytes of a message; originals come back marked as shared.
pub(super) fn whole(db: &Connection, files: &Files, message: MessageId) -> Result<Option<Pieces>, StoreError> {
    let Some(size) = size(db, message)? else { return Ok(None) };
    let own = own(db, message)?;
    let mut pieces = Pieces::new();
    let mut written = 0;
    for place in places(db, message)? {
        own.push(&mut pieces, message, written..place.at)?;
        let Some(shared) = original(db, files, &place).map_err(|error| about(message, error))? else { return Ok(None) };
        pieces.push_tail(shared, usize::try_from(place.skip).unwrap_or(usize::MAX));
        written = place.at;
    }
    own.push(&mut pieces, message, written..own.len())?;
    if pieces.len() as u64 != size {
        let what = format!("it has {} octets, not {size}", pieces.len());
        return Err(damaged(message, &what));
    }
    Ok(Some(pieces))
}

/// The bytes of a message in `range`, cut to its length.
pub(super) fn range(
    db: &Connection,
    files: &Files,
    message: MessageId,
    range: Range<u64>,
) -> Result<Option<Bytes>, StoreError> {
    let Some(Begun { size, mut own }) = begin(db, message)? else { return Ok(None) };
    let (start, end) = (range.start.min(size), range.end.min(size));
    let mut found: Vec<Bytes> = Vec::new();
    // Where the piece at hand begins in the message, and in header and own bytes.
    let (mut here, mut written) = (0, 0);
    let places = if own.is_some() { Vec::new() } else { places(db, message)? };
    let inserted = places.iter().try_fold(0u64, |sum, place| sum.checked_add(place.shown()?));
    let last = inserted
        .and_then(|inserted| size.checked_sub(inserted))
        .ok_or_else(|| damaged(message, "it is shorter than what it holds"))?;
    for place in places.iter().map(Some).chain([None]) {
        let until = place.map_or(last, |place| place.at);
        let length = until.checked_sub(written).ok_or_else(|| damaged(message, "its parts are out of order"))?;
        if let Some(part) = overlap(start..end, here, length) {
            let own = match &mut own {
                Some(own) => own,
                none => none.insert(self::own(db, message)?),
            };
            found.extend(own.slice(message, written + part.start..written + part.end)?);
        }
        (here, written) = (here + length, until);
        let Some(place) = place else { break };
        let shown = place.size - place.skip;
        if let Some(part) = overlap(start..end, here, shown) {
            let part = part.start + place.skip..part.end + place.skip;
            let read = original_range(db, files, place, &part).map_err(|error| about(message, error))?;
            let Some(read) = read else { return Ok(None) };
            found.push(read);
        }
        here += shown;
    }
    found.retain(|run| !run.is_empty());
    Ok(Some(match found.as_mut_slice() {
        // What lies in one place is not copied.
        [one] => std::mem::take(one),
        several => several.concat().into(),
    }))
}

/// A message, as one look at its row shows it.
struct Begun {
    size: u64,
    /// Where they are all of it, which most messages are.
    own: Option<Own>,
}

fn begin(db: &Connection, message: MessageId) -> Result<Option<Begun>, StoreError> {
    // How long they are is known before they are read: of a message that holds more, nothing of them is.
    let sql = "SELECT size, length(header) + length(own), digest, header, own FROM messages WHERE id = ?1";
    let begun = db.one(READING, sql, [message.0], |row| {
        let size: u64 = unsigned(row, 0)?;
        let own = (unsigned::<u64>(row, 1)? == size).then(|| written(row, 2)).transpose()?;
        Ok((size, own))
    })?;
    let Some((size, own)) = begun else { return Ok(None) };
    Ok(Some(Begun { size, own: own.map(|own| own.checked(message)).transpose()? }))
}

/// The part of a run of `length` octets at `here` that lies in `range`, counted from the run's beginning.
fn overlap(range: Range<u64>, here: u64, length: u64) -> Option<Range<u64>> {
    let (start, end) = (range.start.max(here), range.end.min(here + length));
    (start < end).then(|| start - here..end - here)
}

fn size(db: &Connection, message: MessageId) -> Result<Option<u64>, StoreError> {
    db.one(READING, "SELECT size FROM messages WHERE id = ?1", [message.0], |row| unsigned(row, 0))
}

fn own(db: &Connection, message: MessageId) -> Result<Own, StoreError> {
    let sql = "SELECT digest, header, own FROM messages WHERE id = ?1";
    let found = db.one(READING, sql, [message.0], |row| written(row, 0))?;
    found.ok_or_else(|| damaged(message, "it has no row"))?.checked(message)
}

/// Header and own bytes as they are read, and what they are to be compared with.
struct Read {
    own: Own,
    known: Check,
}

/// From columns that follow each other: digest, header, own bytes.
fn written(row: &Row<'_>, first: usize) -> Result<Read, StoreError> {
    let octets = |index| column::<Vec<u8>>(row, index).map(Bytes::from);
    Ok(Read { known: column(row, first)?, own: Own { header: octets(first + 1)?, rest: octets(first + 2)? } })
}

impl Read {
    fn checked(self, message: MessageId) -> Result<Own, StoreError> {
        match check(&[&self.own.header, &self.own.rest]) == self.known {
            true => Ok(self.own),
            false => Err(damaged(message, "its header and own bytes in sigillo.db are not what was written")),
        }
    }
}

impl Own {
    fn len(&self) -> u64 {
        (self.header.len() + self.rest.len()) as u64
    }

    /// Header and own bytes in `range`, without a copy.
    fn slice(&self, message: MessageId, range: Range<u64>) -> Result<[Bytes; 2], StoreError> {
        let header = self.header.len() as u64;
        if range.start > range.end || range.end > self.len() {
            return Err(damaged(message, "it is laid out beyond its own bytes"));
        }
        let cut = |bytes: &Bytes, from: u64, to: u64| {
            let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX).min(bytes.len());
            bytes.slice(at(from)..at(to))
        };
        let first = cut(&self.header, range.start, range.end);
        let second = cut(&self.rest, range.start.saturating_sub(header), range.end.saturating_sub(header));
        Ok([first, second])
    }

    fn push(&self, pieces: &mut Pieces, message: MessageId, range: Range<u64>) -> Result<(), StoreError> {
        self.slice(message, range)?.into_iter().for_each(|run| pieces.push(run));
        Ok(())
    }
}

fn places(db: &Connection, message: MessageId) -> Result<Vec<Place>, StoreError> {
    let sql = "SELECT i.at, o.id, o.sha256, o.size, o.data IS NULL, i.skip, o.gone FROM inserts i JOIN originals o ON o.id = i.original
               WHERE i.message = ?1 ORDER BY i.position";
    db.all(READING, sql, [message.0], |row| {
        let (at, original, digest) = (unsigned(row, 0)?, column(row, 1)?, column(row, 2)?);
        let (size, file, skip, gone) = (unsigned(row, 3)?, column(row, 4)?, unsigned(row, 5)?, column(row, 6)?);
        Ok(Place { at, skip, original, digest, size, file, gone })
    })
}

/// An original, compared with its digest. `None`: it is gone by now.
pub(super) fn original(db: &Connection, files: &Files, place: &Place) -> Result<Option<Shared>, StoreError> {
    if place.gone {
        return Ok(None);
    }
    if place.file {
        return files.read(&place.digest, place.size);
    }
    let sql = "SELECT data FROM originals WHERE id = ?1";
    let data = db.one(READING, sql, [place.original], |row| column::<Vec<u8>>(row, 0))?.unwrap_or_default();
    let shared = Shared::new(data.into());
    match *shared.sha256() == place.digest {
        true => Ok(Some(shared)),
        false => Err(StoreError::damaged(format!(
            "original {} in sigillo.db is not what its SHA-256 says; restore the last backup",
            place.original
        ))),
    }
}

fn original_range(
    db: &Connection,
    files: &Files,
    place: &Place,
    range: &Range<u64>,
) -> Result<Option<Bytes>, StoreError> {
    if place.gone {
        return Ok(None);
    }
    if place.file {
        return files.read_range(&place.digest, place.size, &checks(db, place.original)?, range);
    }
    let Some(whole) = original(db, files, place)? else { return Ok(None) };
    if whole.bytes().len() as u64 != place.size {
        let what = format!("original {} in sigillo.db has another length than its row says", place.original);
        return Err(StoreError::damaged(format!("{what}; restore the last backup")));
    }
    let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX);
    Ok(Some(whole.bytes().slice(at(range.start)..at(range.end))))
}

/// The checks of an original's chunks.
pub(super) fn checks(db: &Connection, original: i64) -> Result<Vec<u8>, StoreError> {
    let sql = "SELECT chunks FROM originals WHERE id = ?1";
    Ok(db.one(READING, sql, [original], |row| column(row, 0))?.unwrap_or_default())
}

fn about(message: MessageId, error: StoreError) -> StoreError {
    StoreError::new(error.kind, format!("{READING}: message {}: {}", message.0, error.what))
}

fn damaged(message: MessageId, what: &str) -> StoreError {
    about(message, StoreError::damaged(format!("{what}; restore the last backup")))
}

/// What is wrong with the bytes of a message that lie in its row, if anything is. An error is one of the engine.
pub(super) fn fault(db: &Connection, message: MessageId) -> Result<Option<String>, StoreError> {
    match laid_out(db, message) {
        Ok(what) => Ok(what.map(str::to_owned)),
        Err(error) if error.kind == ErrorKind::Damaged => Ok(Some(error.what)),
        Err(error) => Err(error),
    }
}

fn laid_out(db: &Connection, message: MessageId) -> Result<Option<&'static str>, StoreError> {
    let Some(size) = size(db, message)? else { return Ok(None) };
    let (own, places) = (own(db, message)?, places(db, message)?);
    // No sum of sizes is trusted before it was made: one of them may be anything.
    let sum = places.iter().try_fold(own.len(), |sum, place| sum.checked_add(place.shown()?));
    let inside = |place: &Place| place.at <= own.len();
    Ok(match sum {
        sum if sum != Some(size) => Some("its pieces are not as long as the message"),
        _ if !places.is_sorted_by_key(|place| place.at) || !places.iter().all(inside) => {
            Some("it is laid out beyond its own bytes")
        }
        _ => None,
    })
}
