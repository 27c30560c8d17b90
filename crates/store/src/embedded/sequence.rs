//! What every change of entries writes besides them: modification sequences, UIDs and counts.

use rusqlite::{Connection, params};

use super::fullness::{self, STOOD};
use super::limits::MailboxLimits;
use super::sql::{Statements, column, signed, unsigned};
use crate::{ErrorKind, FolderId, FolderName, MailboxId, StoreError};

/// The highest UIDNEXT.
const LAST: u32 = u32::MAX;

/// A folder, and whose it is.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) folder: FolderId,
    pub(super) mailbox: MailboxId,
    pub(super) name: FolderName,
}

/// What entries weigh in the counts of their folder and mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    /// How many.
    pub(super) messages: u32,
    /// How many of them the owner has not seen.
    pub(super) unseen: u32,
    /// Their octets.
    pub(super) size: u64,
    /// The octets among them that count against the quota.
    pub(super) counted: u64,
}

impl Weight {
    /// Adds one entry, described by its columns.
    pub(super) fn add(&mut self, seen: bool, size: u64, counts: bool) {
        self.messages = self.messages.saturating_add(1);
        self.unseen = self.unseen.saturating_add((!seen).into());
        self.size = self.size.saturating_add(size);
        self.counted = self.counted.saturating_add(if counts { size } else { 0 });
    }
}

/// Where a folder is.
pub(super) fn place(connection: &Connection, folder: FolderId) -> Result<Place, StoreError> {
    let sql = "SELECT mailbox, name FROM folders WHERE id = ?1";
    let found = connection.one("finding a folder", sql, [folder.0], |row| {
        let name: String = column(row, 1)?;
        Ok(Place { folder, mailbox: MailboxId(column(row, 0)?), name: FolderName::parse(&name)? })
    })?;
    found.ok_or_else(|| StoreError::new(ErrorKind::Refused, "there is no such folder any more"))
}

/// The next modification sequence of a mailbox.
pub(super) fn advance(tx: &Connection, mailbox: MailboxId) -> Result<u64, StoreError> {
    // Not what weighs: how full the mailbox is was judged when that changed.
    let sql = "UPDATE mailboxes SET modseq = modseq + 1 WHERE id = ?1 RETURNING modseq";
    there(tx.one("changing a mailbox", sql, [mailbox.0], |row| unsigned(row, 0))?)
}

/// What is heavier, or lighter, by entries that come to a folder or leave it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scale {
    /// The mailbox too: it is judged anew how full it is.
    Mailbox(MailboxLimits),
    /// The folder alone: the entries stay in the mailbox, whose octets never were more or less.
    Folder,
}

impl Scale {
    /// The next modification sequence of the mailbox, which is so much heavier where it is weighed.
    fn put(self, tx: &Connection, mailbox: MailboxId, used: i64, counted: i64) -> Result<u64, StoreError> {
        match self {
            Self::Mailbox(limits) => weigh(tx, mailbox, used, counted, limits),
            Self::Folder => advance(tx, mailbox),
        }
    }
}

/// The next modification sequence, with so many octets more, or less, in the mailbox and against its quota.
pub(super) fn weigh(
    tx: &Connection,
    mailbox: MailboxId,
    used: i64,
    counted: i64,
    limits: MailboxLimits,
) -> Result<u64, StoreError> {
    let sql = format!(
        "UPDATE mailboxes SET modseq = modseq + 1, used = used + ?2, counted = counted + ?3
         WHERE id = ?1 RETURNING modseq, {STOOD}, counted, quota"
    );
    let params = params![mailbox.0, used, counted];
    let weighed =
        tx.one("changing a mailbox", &sql, params, |row| Ok((unsigned(row, 0)?, fullness::read_held(row, 1)?)))?;
    if let Some((_, held)) = weighed {
        fullness::judge(tx, mailbox, held, limits.levels)?;
    }
    there(weighed.map(|(modseq, _)| modseq))
}

fn there(modseq: Option<u64>) -> Result<u64, StoreError> {
    modseq.ok_or_else(|| StoreError::new(ErrorKind::Refused, "there is no such mailbox"))
}

/// Refuses that a mailbox holds more now than its holder may put there: the change that did it is undone.
pub(super) fn within_bounds(tx: &Connection, mailbox: MailboxId, limits: MailboxLimits) -> Result<(), StoreError> {
    let what = "weighing a mailbox";
    let sql = "SELECT counted, quota FROM mailboxes WHERE id = ?1 AND counted > quota";
    let over: Option<(u64, u64)> = tx.one(what, sql, [mailbox.0], |row| Ok((unsigned(row, 0)?, unsigned(row, 1)?)))?;
    if let Some((counted, quota)) = over {
        let what = format!("the mailbox would hold {counted} octets, and may hold {quota}");
        return Err(StoreError::new(ErrorKind::OverQuota, what));
    }
    let sql = "SELECT coalesce(sum(messages), 0) FROM folders WHERE mailbox = ?1";
    let entries: u64 = tx.one(what, sql, [mailbox.0], |row| unsigned(row, 0))?.unwrap_or_default();
    if entries > limits.entries.into() {
        let what = format!("the mailbox would hold {entries} messages, and may hold {}: remove some", limits.entries);
        return Err(StoreError::new(ErrorKind::Limit, what));
    }
    Ok(())
}

/// Counts entries that come into a folder: the UID of the first of them, and the modification sequence of all.
pub(super) fn grow(tx: &Connection, place: &Place, weight: Weight, scale: Scale) -> Result<(u32, u64), StoreError> {
    let modseq = scale.put(tx, place.mailbox, signed(weight.size), signed(weight.counted))?;
    let sql = "UPDATE folders SET highest_modseq = ?2, uid_next = uid_next + ?3, messages = messages + ?3,
                 unseen = unseen + ?4, size = size + ?5
               WHERE id = ?1 AND uid_next <= ?6 - ?3 RETURNING uid_next - ?3";
    let params = params![place.folder.0, signed(modseq), weight.messages, weight.unseen, signed(weight.size), LAST];
    let first = tx.one("filling a folder", sql, params, |row| unsigned(row, 0))?;
    Ok((first.ok_or_else(|| out_of_uids(&place.name))?, modseq))
}

/// Counts entries that leave a folder, in so many ranges of UIDs: the modification sequence of that, and how many ranges
/// are remembered now.
pub(super) fn shrink(
    tx: &Connection,
    place: &Place,
    weight: Weight,
    ranges: usize,
    scale: Scale,
) -> Result<(u64, u32), StoreError> {
    let modseq = scale.put(tx, place.mailbox, -signed(weight.size), -signed(weight.counted))?;
    let sql =
        "UPDATE folders SET highest_modseq = ?2, messages = messages - ?3, unseen = unseen - ?4, size = size - ?5,
                 tombstones = tombstones + ?6
               WHERE id = ?1 RETURNING tombstones";
    let params =
        params![place.folder.0, signed(modseq), weight.messages, weight.unseen, signed(weight.size), signed(ranges)];
    let tombstones = tx.one("emptying a folder", sql, params, |row| unsigned(row, 0))?;
    Ok((modseq, tombstones.unwrap_or_default()))
}

/// A folder whose UIDs are used up: four thousand million messages went through it.
pub(super) fn out_of_uids(name: &FolderName) -> StoreError {
    StoreError::new(ErrorKind::Refused, format!("the folder '{name}' has no UIDs left: move its messages to a new one"))
}
