//! The sender's copies, and the client's own ([`crate::sent_copy`] says which is which, and which of them stays).

use rusqlite::{Connection, params};

use super::limits::MailboxLimits;
use super::sequence::{self, Place};
use super::sql::{Statements, column, signed, unsigned};
use super::{content, folders, holds, removals};
use crate::mailboxes::BORN_WITH;
use crate::sent_copy::WINDOW;
use crate::{
    Actor, Append, Change, ChangeKind, CommitError, CopyKey, Deposited, FolderId, FolderName, MailboxId, MessageId,
    SentCopy, SentCopyKept, SpecialUse, StoreError, SystemFlags, UidSet,
};

const WHAT: &str = "keeping a copy of what was sent";

/// Where a copy goes.
#[derive(Debug)]
pub(super) struct Shelf {
    mailbox: MailboxId,
    folder: FolderId,
    uid: u32,
}

/// Where a copy goes, or what became of it without one. A mailbox that went meanwhile fails the commit, as a deposit does.
pub(super) fn plan(tx: &Connection, copy: &SentCopy, size: u64) -> Result<Result<Shelf, SentCopyKept>, CommitError> {
    let sql = "SELECT m.id, m.modseq + 1, m.counted, m.quota, f.id, f.uid_next FROM mailboxes m
               LEFT JOIN folders f ON f.mailbox = m.id AND f.special = ?2 WHERE m.key = ?1 AND NOT m.service";
    let found = tx.one(WHAT, sql, params![copy.mailbox.key(), SpecialUse::Sent.name()], |row| {
        let (counted, quota) = (unsigned::<u64>(row, 2)?, unsigned::<u64>(row, 3)?);
        let folder = column::<Option<i64>>(row, 4)?.map(FolderId);
        let uid = column::<Option<u32>>(row, 5)?.filter(|next| *next < u32::MAX);
        let room = counted.saturating_add(size) <= quota;
        Ok((MailboxId(column(row, 0)?), unsigned::<u64>(row, 1)?, room, folder, uid))
    })?;
    let Some((mailbox, modseq, room, folder, uid)) = found else {
        return Err(CommitError::NoMailbox(copy.mailbox.clone()));
    };
    if let Some(Known { client: true, .. }) = take(tx, mailbox, copy.key, copy.at.unix())? {
        return Ok(Err(SentCopyKept::OfClient));
    }
    if !room {
        return Ok(Err(SentCopyKept::NoRoom));
    }
    Ok(match (folder, uid) {
        (Some(folder), Some(uid)) => Ok(Shelf { mailbox, folder, uid }),
        // Its UIDs are used up: what was accepted is not refused for that.
        (Some(_), None) => Err(SentCopyKept::NoRoom),
        (None, _) => {
            let folder = made(tx, mailbox, modseq)?;
            let sql = "SELECT uid_next FROM folders WHERE id = ?1";
            let uid = tx.one(WHAT, sql, [folder.0], |row| unsigned(row, 0))?.unwrap_or(1);
            Ok(Shelf { mailbox, folder, uid })
        }
    })
}

/// The folder for `\Sent` of a mailbox whose holder removed it.
fn made(tx: &Connection, mailbox: MailboxId, modseq: u64) -> Result<FolderId, StoreError> {
    let born = BORN_WITH.iter().find(|(_, special)| *special == SpecialUse::Sent);
    let name = FolderName::parse(born.map_or("Inviata", |(name, _)| name))?;
    let folder = folders::open(tx, mailbox, &name, modseq)?;
    folders::enroll(tx, mailbox, name.as_str())?;
    // One of that name that is for something else stays so, and holds the copies too.
    let sql = "UPDATE folders SET special = ?2 WHERE id = ?1 AND special IS NULL";
    tx.run(WHAT, sql, params![folder.0, SpecialUse::Sent.name()])?;
    Ok(folder)
}

/// Puts the copy there, seen by its sender.
pub(super) fn keep(
    tx: &Connection,
    copy: &SentCopy,
    shelf: &Shelf,
    (message, size): (MessageId, u64),
    limits: MailboxLimits,
) -> Result<(Deposited, Change), StoreError> {
    let Shelf { mailbox, folder, uid } = *shelf;
    // What was deposited in this Outcome before it has taken a modification sequence as well.
    let modseq = sequence::weigh(tx, mailbox, signed(size), signed(size), limits)?;
    let sql =
        "UPDATE folders SET highest_modseq = ?2, uid_next = uid_next + 1, messages = messages + 1, size = size + ?3
               WHERE id = ?1";
    tx.run(WHAT, sql, params![folder.0, signed(modseq), signed(size)])?;
    let sql = "INSERT INTO entries (folder, uid, message, flags, modseq, counts, size, at, saved)
               VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7, ?7)";
    let (seen, at) = (SystemFlags::SEEN.bits(), copy.at.unix());
    tx.run(WHAT, sql, params![folder.0, uid, message.0, seen, signed(modseq), signed(size), at])?;
    if let Actor::User(name) = &copy.by {
        let sql = "INSERT INTO seen (folder, uid, user, modseq) SELECT ?1, ?2, id, ?4 FROM users WHERE name = ?3";
        tx.run(WHAT, sql, params![folder.0, uid, name, signed(modseq)])?;
    }
    note(tx, mailbox, copy.key, false, (folder, uid), at)?;
    let what = ChangeKind::Added(UidSet::from_iter([uid]));
    Ok((Deposited { mailbox, folder, uid, modseq, message }, Change { mailbox, folder: Some(folder), modseq, what }))
}

/// A copy that a client has just put in a folder: one of ours goes for it, and what goes is told; or it is remembered, so
/// that there will be none of ours.
pub(super) fn of_client(
    tx: &Connection,
    place: &Place,
    uid: u32,
    append: &Append,
    (message, key): (MessageId, CopyKey),
    limits: MailboxLimits,
) -> Result<Option<Change>, StoreError> {
    let now = append.saved.unix();
    if !holds_what_was_sent(tx, place.folder)? {
        return Ok(None);
    }
    if let Some(known) = take(tx, place.mailbox, key, now)?
        && !known.client
    {
        return replace(tx, place.mailbox, known, message, limits);
    }
    // What is moved here from elsewhere is old, and no copy of what is being sent.
    if (append.at.unix() - now).abs() <= WINDOW {
        note(tx, place.mailbox, key, true, (place.folder, uid), now)?;
    }
    Ok(None)
}

fn holds_what_was_sent(tx: &Connection, folder: FolderId) -> Result<bool, StoreError> {
    let sql = "SELECT special FROM folders WHERE id = ?1";
    let special = tx.one(WHAT, sql, [folder.0], |row| column::<Option<String>>(row, 0))?.flatten();
    let special = special.as_deref().and_then(SpecialUse::from_name);
    Ok(!matches!(special, Some(SpecialUse::Drafts | SpecialUse::Junk | SpecialUse::Trash)))
}

/// The client's copy is the one that stays, and is of the same message as ours was.
fn replace(
    tx: &Connection,
    mailbox: MailboxId,
    known: Known,
    message: MessageId,
    limits: MailboxLimits,
) -> Result<Option<Change>, StoreError> {
    let sql =
        "SELECT m.identifier FROM entries e JOIN messages m ON m.id = e.message WHERE e.folder = ?1 AND e.uid = ?2";
    let identifier = tx.one(WHAT, sql, params![known.folder.0, known.uid], |row| column::<Option<String>>(row, 0))?;
    let Some(identifier) = identifier else { return Ok(None) };
    tx.run(WHAT, "UPDATE messages SET identifier = ?2 WHERE id = ?1", params![message.0, identifier])?;
    let place = super::sequence::place(tx, known.folder)?;
    debug_assert_eq!(place.mailbox, mailbox);
    // What is held stays beside the client's own.
    let ours = UidSet::from_iter([known.uid]);
    if !holds::among(tx, &place, &ours)?.is_empty() {
        return Ok(None);
    }
    let (_, gone, change) = removals::take(tx, &place, &ours, limits)?;
    content::collect(tx, &gone)?;
    Ok(change)
}

/// A copy that was put somewhere lately.
#[derive(Clone, Copy, Debug)]
struct Known {
    client: bool,
    folder: FolderId,
    uid: u32,
}

/// What is remembered of a message's copy, if that is there still; it is told once.
fn take(tx: &Connection, mailbox: MailboxId, key: CopyKey, now: i64) -> Result<Option<Known>, StoreError> {
    let sql = "SELECT number, client, folder, uid, at,
                 EXISTS (SELECT 1 FROM entries e WHERE e.folder = s.folder AND e.uid = s.uid)
               FROM sent_copies s WHERE mailbox = ?1 AND key = ?2";
    let found = tx.one(WHAT, sql, params![mailbox.0, key.0], |row| {
        let known = Known { client: column(row, 1)?, folder: FolderId(column(row, 2)?), uid: unsigned(row, 3)? };
        let usable = column::<bool>(row, 5)? && (now - column::<i64>(row, 4)?).abs() <= WINDOW;
        Ok((column::<i64>(row, 0)?, usable.then_some(known)))
    })?;
    let Some((number, known)) = found else { return Ok(None) };
    tx.run(WHAT, "DELETE FROM sent_copies WHERE number = ?1", [number])?;
    Ok(known)
}

/// Old rows that one new row takes with it: more than come, so that they become few again.
const SWEPT: i64 = 4;

fn note(
    tx: &Connection,
    mailbox: MailboxId,
    key: CopyKey,
    client: bool,
    (folder, uid): (FolderId, u32),
    at: i64,
) -> Result<(), StoreError> {
    let sql =
        "DELETE FROM sent_copies WHERE number IN (SELECT number FROM sent_copies ORDER BY number LIMIT ?1) AND at < ?2";
    tx.run(WHAT, sql, [SWEPT, at - WINDOW])?;
    let sql =
        "INSERT OR REPLACE INTO sent_copies (mailbox, key, client, folder, uid, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    tx.run(WHAT, sql, params![mailbox.0, key.0, client, folder.0, uid, at]).map(drop)
}
