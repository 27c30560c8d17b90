//! Messages that come in: deposits of the points, appends of clients.

use rusqlite::{Connection, params};

use super::fullness::{self, Held, STOOD};
use super::keywords;
use super::sent_copies;
use super::sequence::{self, Scale, Weight};
use super::sets;
use super::sql::{Statements, column, signed, unsigned};
use super::{folders, limits::MailboxLimits};
use crate::{
    Append, Change, ChangeKind, CommitError, CopyKey, Deposit, DepositIn, Deposited, FolderId, FolderName, MailboxId,
    MessageId, RECEIPTS, Reader, StoreError, SystemFlags, UidSet,
};

/// Puts a message of `size` octets into a mailbox's folder; the service mailbox has none, and nobody is told of what it
/// gets.
pub(super) fn deposit(
    tx: &Connection,
    deposit: &Deposit,
    message: MessageId,
    size: u64,
    limits: MailboxLimits,
) -> Result<(Option<Deposited>, Option<Change>), CommitError> {
    let what = "depositing a message";
    let counts = if deposit.counts { size } else { 0 };
    // Every exchange does this: a question and a change cost less than a change that answers (RETURNING), which makes a
    // table of its own.
    let sql = format!(
        "SELECT id, modseq + 1, receipts = 'folder', {STOOD}, counted, quota FROM mailboxes WHERE key = ?1 AND NOT service"
    );
    let owner = tx.one(what, &sql, [deposit.mailbox.key()], |row| {
        let before = fullness::read_held(row, 3)?;
        let held = Held { counted: before.counted.saturating_add(counts), ..before };
        Ok((MailboxId(column(row, 0)?), unsigned::<u64>(row, 1)?, column::<bool>(row, 2)?, held))
    })?;
    let Some((mailbox, modseq, apart, held)) = owner else {
        serve(tx, deposit, message)?;
        return Ok((None, None));
    };
    if deposit.within_quota && deposit.counts && held.counted > held.quota {
        return Err(CommitError::MailboxFull(deposit.mailbox.clone()));
    }
    let sql = "UPDATE mailboxes SET modseq = ?2, used = used + ?3, counted = counted + ?4 WHERE id = ?1";
    tx.run(what, sql, params![mailbox.0, signed(modseq), signed(size), signed(counts)])?;
    fullness::judge(tx, mailbox, held, limits.levels)?;
    let name = match &deposit.folder {
        DepositIn::Folder(name) => FolderName::parse(name)?,
        DepositIn::Receipts if apart => FolderName::parse(RECEIPTS)?,
        DepositIn::Receipts => FolderName::inbox(),
    };
    let (folder, uid) = match fill(tx, mailbox, &name, modseq, size)? {
        Some(given) => given,
        None => {
            folders::open(tx, mailbox, &name, modseq)?;
            // Many clients show what is subscribed and nothing else.
            folders::enroll(tx, mailbox, name.as_str())?;
            fill(tx, mailbox, &name, modseq, size)?.ok_or_else(|| sequence::out_of_uids(&name))?
        }
    };
    let sql = "INSERT INTO entries (folder, uid, message, flags, modseq, counts, size, at, saved)
               VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?7)";
    let at = deposit.at.unix();
    tx.run(what, sql, params![folder.0, uid, message.0, signed(modseq), deposit.counts, signed(size), at])?;
    let what = ChangeKind::Added(UidSet::from_iter([uid]));
    Ok((
        Some(Deposited { mailbox, folder, uid, modseq, message }),
        Some(Change { mailbox, folder: Some(folder), modseq, what }),
    ))
}

/// Takes one UID of a folder. `None`: there is no such folder, or it has none left.
fn fill(
    tx: &Connection,
    mailbox: MailboxId,
    name: &FolderName,
    modseq: u64,
    size: u64,
) -> Result<Option<(FolderId, u32)>, StoreError> {
    let what = "filling a folder";
    let sql = "SELECT id, uid_next FROM folders WHERE mailbox = ?1 AND name = ?2 AND uid_next < 4294967295";
    let read = |row: &rusqlite::Row<'_>| Ok((FolderId(column(row, 0)?), unsigned::<u32>(row, 1)?));
    let Some((folder, uid)) = tx.one(what, sql, params![mailbox.0, name.as_str()], read)? else { return Ok(None) };
    let sql = "UPDATE folders SET highest_modseq = ?2, uid_next = uid_next + 1, messages = messages + 1,
                 unseen = unseen + 1, size = size + ?3 WHERE id = ?1";
    tx.run(what, sql, params![folder.0, signed(modseq), signed(size)])?;
    Ok(Some((folder, uid)))
}

/// Adds a message to the service mailbox [R-2.2.5-a].
fn serve(tx: &Connection, deposit: &Deposit, message: MessageId) -> Result<(), CommitError> {
    let sql = "INSERT INTO service (message, at) SELECT ?2, ?3 FROM mailboxes WHERE key = ?1 AND service";
    let added = tx.run("serving a message", sql, params![deposit.mailbox.key(), message.0, deposit.at.unix()])?;
    if added == 1 { Ok(()) } else { Err(CommitError::NoMailbox(deposit.mailbox.clone())) }
}

/// A message that is stored already, with what [`Append`] says of it.
pub(super) struct Stored<'a> {
    pub(super) append: &'a Append,
    pub(super) message: MessageId,
    pub(super) size: u64,
    /// Of which message it may be the client's own copy.
    pub(super) copy: Option<CopyKey>,
}

/// Puts appended messages into their folders; their UIDs in order. Those that go to one folder one after the other are one
/// change.
pub(super) fn append(
    tx: &Connection,
    messages: &[Stored<'_>],
    limits: MailboxLimits,
) -> Result<(Vec<u32>, Vec<Change>), StoreError> {
    let (mut uids, mut changes) = (Vec::with_capacity(messages.len()), Vec::new());
    for run in messages.chunk_by(|one, other| one.append.folder == other.append.folder) {
        let Some(Stored { append: first, .. }) = run.first() else { continue };
        let place = sequence::place(tx, first.folder)?;
        let mut weight = Weight::default();
        for Stored { append, size, .. } in run {
            weight.add(owner_flags(append).contains(SystemFlags::SEEN), *size, true);
        }
        let (uid, modseq) = sequence::grow(tx, &place, weight, Scale::Mailbox(limits))?;
        let mut replaced = Vec::new();
        // In this order: who is asked for one UID too many may have none left.
        for (stored, uid) in run.iter().zip(uid..) {
            enter(tx, place.mailbox, uid, modseq, stored, limits)?;
            if let Stored { append, message, copy: Some(key), .. } = stored {
                replaced.extend(sent_copies::of_client(tx, &place, uid, append, (*message, *key), limits)?);
            }
            uids.push(uid);
        }
        sequence::within_bounds(tx, place.mailbox, limits)?;
        let added = UidSet::from_ranges([uid..=uid.saturating_add(weight.messages.saturating_sub(1))]);
        let (mailbox, folder) = (place.mailbox, Some(place.folder));
        changes.push(Change { mailbox, folder, modseq, what: ChangeKind::Added(added) });
        changes.extend(replaced);
    }
    Ok((uids, changes))
}

fn enter(
    tx: &Connection,
    mailbox: MailboxId,
    uid: u32,
    modseq: u64,
    Stored { append, message, size, .. }: &Stored<'_>,
    limits: MailboxLimits,
) -> Result<(), StoreError> {
    let what = "appending a message";
    let folder = append.folder.0;
    let sql = "INSERT INTO entries (folder, uid, message, flags, modseq, counts, size, at, saved)
               VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7, ?8)";
    let (flags, at, saved) = (owner_flags(append).bits(), append.at.unix(), append.saved.unix());
    tx.run(what, sql, params![folder, uid, message.0, flags, signed(modseq), signed(*size), at, saved])?;
    if !append.flags.keywords.is_empty() {
        let ids = keywords::numbers(tx, mailbox, &append.flags.keywords, limits)?;
        let sql = "INSERT INTO entry_keywords (folder, uid, keyword) SELECT ?1, ?2, value FROM json_each(?3)";
        tx.run(what, sql, params![folder, uid, sets::list(ids)])?;
    }
    if let Reader::User(user) = append.reader
        && append.flags.system.contains(SystemFlags::SEEN)
    {
        let sql = "INSERT INTO seen (folder, uid, user, modseq) VALUES (?1, ?2, ?3, ?4)";
        tx.run(what, sql, params![folder, uid, user.0, signed(modseq)])?;
    }
    Ok(())
}

/// The flags of the entry itself: a user's `\Seen` is not among them.
fn owner_flags(append: &Append) -> SystemFlags {
    match append.reader {
        Reader::Owner => append.flags.system,
        Reader::User(_) => append.flags.system.without(SystemFlags::SEEN),
    }
}
