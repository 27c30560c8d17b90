//! Annotations: what clients note about a folder, or about a mailbox as a whole (RFC 5464).

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::limits::MailboxLimits;
use super::sequence::Place;
use super::sql::{Statements, column, unsigned};
use crate::{Annotated, ErrorKind, MailboxId, Note, Notes, NotesOf, Reader, StoreError};

/// The folder of what is noted about a mailbox as a whole: no folder has this number.
const WHOLE: i64 = 0;
/// The reader of what all see: no user has this number, nor is it the owner's.
const ALL: i64 = -1;
/// The owner's.
const OWNER: i64 = 0;

fn reader(reader: Option<Reader>) -> i64 {
    match reader {
        None => ALL,
        Some(Reader::Owner) => OWNER,
        Some(Reader::User(user)) => user.0,
    }
}

fn folder(of: NotesOf) -> i64 {
    of.folder.map_or(WHOLE, |folder| folder.0)
}

/// What is noted, for these readers' eyes.
pub(super) fn list(connection: &Connection, of: NotesOf, eyes: Option<Reader>) -> Result<Notes, StoreError> {
    let sql = "SELECT name, value FROM annotations WHERE mailbox = ?1 AND folder = ?2 AND reader = ?3 ORDER BY name";
    let params = params![of.mailbox.0, folder(of), reader(eyes)];
    let all = connection
        .all("reading annotations", sql, params, |row| Ok((column::<String>(row, 0)?, column::<Vec<u8>>(row, 1)?)))?;
    Ok(all.into_iter().collect::<BTreeMap<_, _>>())
}

/// Changes all of them, or none.
pub(super) fn change(
    tx: &Connection,
    of: NotesOf,
    notes: &[Note],
    limits: MailboxLimits,
) -> Result<Annotated, StoreError> {
    let what = "writing annotations";
    let longest = notes.iter().filter_map(|note| note.value.as_ref()).map(Vec::len).max().unwrap_or_default();
    if longest > limits.annotation as usize {
        return Ok(Annotated::TooLong(limits.annotation));
    }
    for Note { name, value, reader: eyes } in notes {
        let place = (of.mailbox.0, folder(of), reader(*eyes), name);
        match value {
            Some(value) => {
                let sql = "INSERT INTO annotations (mailbox, folder, reader, name, value) VALUES (?1, ?2, ?3, ?4, ?5)
                           ON CONFLICT (mailbox, folder, reader, name) DO UPDATE SET value = excluded.value";
                tx.run(what, sql, params![place.0, place.1, place.2, place.3, value])?;
            }
            None => {
                let sql = "DELETE FROM annotations WHERE mailbox = ?1 AND folder = ?2 AND reader = ?3 AND name = ?4";
                tx.run(what, sql, params![place.0, place.1, place.2, place.3])?;
            }
        }
    }
    let adds = notes.iter().any(|note| note.value.is_some());
    let (count, octets) = held(tx, of.mailbox)?;
    if adds && (count > limits.annotations || octets > limits.annotated) {
        let (most, size) = (limits.annotations, limits.annotated >> 10);
        let why = format!("a mailbox may have {most} annotations, of {size} KiB together: remove some");
        return Err(StoreError::new(ErrorKind::Limit, why));
    }
    Ok(Annotated::Done)
}

/// How many there are in a mailbox, and of how many octets.
fn held(connection: &Connection, mailbox: MailboxId) -> Result<(u32, u32), StoreError> {
    let sql =
        "SELECT count(*), coalesce(sum(octet_length(name) + length(value)), 0) FROM annotations WHERE mailbox = ?1";
    let held =
        connection.one("counting annotations", sql, [mailbox.0], |row| Ok((unsigned(row, 0)?, unsigned(row, 1)?)))?;
    Ok(held.unwrap_or_default())
}

/// A folder goes, and what was noted about it.
pub(super) fn forget(tx: &Connection, place: &Place) -> Result<(), StoreError> {
    let sql = "DELETE FROM annotations WHERE mailbox = ?1 AND folder = ?2";
    tx.run("removing a folder", sql, params![place.mailbox.0, place.folder.0]).map(drop)
}
