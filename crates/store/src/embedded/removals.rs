//! Entries that go, and what is remembered of them.

use rusqlite::{Connection, params};

use super::limits::MailboxLimits;
use super::sequence::{self, Place, Weight};
use super::sets::{self, AMONG};
use super::sql::{Statements, column, signed, unsigned};
use crate::{Change, ChangeKind, FolderId, MessageId, StoreError, SystemFlags, UidSet, Vanished};

/// Which of these entries are marked `\Deleted`.
pub(super) fn deleted(connection: &Connection, folder: FolderId, among: &UidSet) -> Result<UidSet, StoreError> {
    let sql = format!("SELECT e.uid FROM {AMONG} WHERE e.flags & ?3");
    let marked = params![folder.0, sets::ranges(among), SystemFlags::DELETED.bits()];
    Ok(connection.all("reading what is marked to go", &sql, marked, |row| unsigned(row, 0))?.into_iter().collect())
}

/// How many entries of a folder are marked `\Deleted`, and their octets.
pub(super) fn count_deleted(connection: &Connection, folder: FolderId) -> Result<(u32, u64), StoreError> {
    let sql = "SELECT count(*), coalesce(sum(size), 0) FROM entries WHERE folder = ?1 AND flags & ?2 <> 0";
    let params = params![folder.0, SystemFlags::DELETED.bits()];
    let read = |row: &rusqlite::Row<'_>| Ok((unsigned(row, 0)?, unsigned(row, 1)?));
    Ok(connection.one("counting what is marked to go", sql, params, read)?.unwrap_or_default())
}

/// Takes entries out of a folder and remembers that they went; their messages are left where they are.
pub(super) fn take(
    tx: &Connection,
    place: &Place,
    uids: &UidSet,
    limits: MailboxLimits,
) -> Result<(UidSet, Vec<MessageId>, Option<Change>), StoreError> {
    let (taken, weight) = clear(tx, place, uids)?;
    if taken.is_empty() {
        return Ok((UidSet::default(), Vec::new(), None));
    }
    let gone: UidSet = taken.iter().map(|(uid, _)| *uid).collect();
    let messages = taken.into_iter().map(|(_, message)| message).collect();
    let (modseq, tombstones) = sequence::shrink(tx, place, weight, gone.ranges().len())?;
    let sql = "INSERT INTO vanished (folder, modseq, first, last)
               SELECT ?1, ?3, (value >> 32) & 4294967295, value & 4294967295 FROM json_each(?2)";
    tx.run("remembering what went", sql, params![place.folder.0, sets::ranges(&gone), signed(modseq)])?;
    if tombstones > limits.tombstones {
        forget(tx, place.folder, limits.tombstones / 2)?;
    }
    let what = ChangeKind::Vanished(gone.clone());
    let change = Change { mailbox: place.mailbox, folder: Some(place.folder), modseq, what };
    Ok((gone, messages, Some(change)))
}

/// Removes entries and nothing else: their UIDs and messages, and what they weighed.
fn clear(tx: &Connection, place: &Place, uids: &UidSet) -> Result<(Vec<(u32, MessageId)>, Weight), StoreError> {
    let sql = format!(
        "DELETE FROM entries WHERE folder = ?1 AND uid IN (SELECT e.uid FROM {AMONG})
         RETURNING uid, message, flags, size, counts"
    );
    let mut weight = Weight::default();
    let taken = tx.all("removing entries", &sql, params![place.folder.0, sets::ranges(uids)], |row| {
        let flags = SystemFlags::from_bits(column(row, 2)?);
        weight.add(flags.contains(SystemFlags::SEEN), unsigned(row, 3)?, column(row, 4)?);
        Ok((unsigned(row, 0)?, MessageId(column(row, 1)?)))
    })?;
    Ok((taken, weight))
}

/// Forgets the oldest of what went, down to at most so many ranges. What one change removed is remembered whole or not at
/// all.
fn forget(tx: &Connection, folder: FolderId, keep: u32) -> Result<(), StoreError> {
    let what = "forgetting what went";
    let sql = "SELECT modseq FROM vanished WHERE folder = ?1 ORDER BY modseq DESC LIMIT 1 OFFSET ?2";
    let Some(from) = tx.one(what, sql, params![folder.0, keep], |row| column::<i64>(row, 0))? else { return Ok(()) };
    let forgotten = tx.run(what, "DELETE FROM vanished WHERE folder = ?1 AND modseq <= ?2", params![folder.0, from])?;
    let sql = "UPDATE folders SET vanished_from = ?2, tombstones = tombstones - ?3 WHERE id = ?1";
    tx.run(what, sql, params![folder.0, from, signed(forgotten)]).map(drop)
}

/// What went after a modification sequence; of a folder that is not there, everything.
pub(super) fn vanished(connection: &Connection, folder: FolderId, since: u64) -> Result<Vanished, StoreError> {
    let what = "reading what went";
    let sql = "SELECT vanished_from FROM folders WHERE id = ?1";
    let from: Option<u64> = connection.one(what, sql, [folder.0], |row| unsigned(row, 0))?;
    if from.is_none_or(|from| since < from) {
        return Ok(Vanished::TooOld);
    }
    let sql = "SELECT first, last FROM vanished WHERE folder = ?1 AND modseq > ?2";
    let ranges = connection.all(what, sql, params![folder.0, signed(since)], |row| {
        Ok(unsigned::<u32>(row, 0)?..=unsigned::<u32>(row, 1)?)
    })?;
    Ok(Vanished::Uids(UidSet::from_ranges(ranges)))
}
