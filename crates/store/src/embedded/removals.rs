//! Entries that go, and what is remembered of them.
//!
//! Where a receipt goes of which the mailbox has a copy, the copy takes its place among what does not count: a client that
//! files receipts by copying and removing them fills nothing. So of each message at most as many entries do not count as were
//! delivered.

use rusqlite::{Connection, params};

use super::limits::MailboxLimits;
use super::sequence::{self, Place, Scale, Weight};
use super::sets::{self, AMONG};
use super::sql::{Statements, column, signed, unsigned};
use crate::{Change, ChangeKind, FolderId, MailboxId, MessageId, StoreError, SystemFlags, UidSet, Vanished};

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

/// Which UIDs went, the messages of their entries, and what is to be told.
type Removed = (UidSet, Vec<MessageId>, Option<Change>);

/// Takes entries out of a folder and remembers that they went; their messages are left where they are.
pub(super) fn take(
    tx: &Connection,
    place: &Place,
    uids: &UidSet,
    limits: MailboxLimits,
) -> Result<Removed, StoreError> {
    move_away(tx, place, uids, Scale::Mailbox(limits), limits)
}

/// The same of entries that may stand elsewhere in the mailbox already.
pub(super) fn move_away(
    tx: &Connection,
    place: &Place,
    uids: &UidSet,
    scale: Scale,
    limits: MailboxLimits,
) -> Result<Removed, StoreError> {
    let (taken, mut weight) = clear(tx, place, uids)?;
    if taken.is_empty() {
        return Ok((UidSet::default(), Vec::new(), None));
    }
    let free: Vec<MessageId> = taken.iter().filter(|taken| !taken.counts).map(|taken| taken.message).collect();
    if !free.is_empty() {
        weight.counted = weight.counted.saturating_add(inherit(tx, place.mailbox, &free)?);
    }
    let gone: UidSet = taken.iter().map(|taken| taken.uid).collect();
    let messages = taken.into_iter().map(|taken| taken.message).collect();
    let (modseq, tombstones) = sequence::shrink(tx, place, weight, gone.ranges().len(), scale)?;
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

/// An entry that was removed.
struct Taken {
    uid: u32,
    message: MessageId,
    counts: bool,
}

/// Removes entries and nothing else: what they were, and what they weighed.
fn clear(tx: &Connection, place: &Place, uids: &UidSet) -> Result<(Vec<Taken>, Weight), StoreError> {
    let sql = format!(
        "DELETE FROM entries WHERE folder = ?1 AND uid IN (SELECT e.uid FROM {AMONG})
         RETURNING uid, message, flags, size, counts"
    );
    let mut weight = Weight::default();
    let taken = tx.all("removing entries", &sql, params![place.folder.0, sets::ranges(uids)], |row| {
        let flags = SystemFlags::from_bits(column(row, 2)?);
        let counts = column(row, 4)?;
        weight.add(flags.contains(SystemFlags::SEEN), unsigned(row, 3)?, counts);
        Ok(Taken { uid: unsigned(row, 0)?, message: MessageId(column(row, 1)?), counts })
    })?;
    Ok((taken, weight))
}

/// Has one copy of each of these messages count no more, where the mailbox has copies and all of them count; their octets.
fn inherit(tx: &Connection, mailbox: MailboxId, messages: &[MessageId]) -> Result<u64, StoreError> {
    let list = sets::list(messages.iter().map(|message| message.0));
    let sql = "UPDATE entries SET counts = 0 WHERE (folder, uid) IN (
                 SELECT folder, uid FROM (
                   SELECT e.folder, e.uid, e.counts,
                     row_number() OVER (PARTITION BY e.message ORDER BY e.counts, e.folder, e.uid) AS place
                   FROM (SELECT DISTINCT value FROM json_each(?2)) AS l CROSS JOIN entries AS e ON e.message = l.value
                   JOIN folders AS f ON f.id = e.folder WHERE f.mailbox = ?1)
                 WHERE place = 1 AND counts)
               RETURNING size";
    let sizes = tx.all("removing entries", sql, params![mailbox.0, list], |row| unsigned::<u64>(row, 0))?;
    Ok(sizes.into_iter().fold(0, u64::saturating_add))
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
