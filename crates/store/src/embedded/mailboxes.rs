//! Mailboxes, folders, entries.
//!
//! A folder's modification sequence is its own and ascends from 1 (RFC 7162 §3.1); a deposit, a change of flags
//! and a call of expunge each take the next value. UIDVALIDITY comes from one counter for all folders, so that a
//! folder made again never has the value of its predecessor; UIDs are never given twice.

use pec::{Address, Moment};
use rusqlite::{Connection, Row, params};

use super::content;
use super::sql::{Statements, address, column, list, moment, named, signed, texts, unsigned};
use crate::{CommitError, Correspondents, Entry, Folder, Mailbox, MailboxState, MessageId, StoreError};

/// What a new mailbox is, with its password already hashed.
pub(super) struct Opening {
    pub(super) address: Address,
    pub(super) password: Option<String>,
    pub(super) quota: u64,
    pub(super) service: bool,
}

/// What a mailbox row gives: the mailbox, and the hash of its password.
pub(super) type Account = (Mailbox, Option<String>);

pub(super) fn create(tx: &Connection, new: &Opening) -> Result<bool, StoreError> {
    let made = tx.run(
        "creating a mailbox",
        "INSERT INTO mailboxes (key, address, state, quota, service, password) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (key) DO NOTHING",
        params![
            new.address.key(),
            new.address.as_str(),
            MailboxState::Active.name(),
            signed(new.quota),
            new.service,
            new.password
        ],
    )?;
    if made == 1 {
        folder(tx, tx.last_insert_rowid(), "INBOX")?;
    }
    Ok(made == 1)
}

const MAILBOX: &str = "SELECT address, state, quota, used, service, password, ordinary, correspondents FROM mailboxes";

/// The mailbox with this [`Address::key`].
pub(super) fn account(connection: &Connection, key: &str) -> Result<Option<Account>, StoreError> {
    connection.one("reading a mailbox", &format!("{MAILBOX} WHERE key = ?1"), [key], account_row)
}

pub(super) fn every(connection: &Connection) -> Result<Vec<Mailbox>, StoreError> {
    let all = connection.all("reading the mailboxes", &format!("{MAILBOX} ORDER BY key"), [], account_row)?;
    Ok(all.into_iter().map(|(mailbox, _)| mailbox).collect())
}

fn account_row(row: &Row<'_>) -> Result<Account, StoreError> {
    let state = named(column(row, 1)?, MailboxState::from_name)?;
    let mailbox = Mailbox {
        address: address(row, 0)?,
        state: state.ok_or_else(|| StoreError("a mailbox has no state".into()))?,
        quota: unsigned(row, 2)?,
        used: unsigned(row, 3)?,
        service: column(row, 4)?,
        ordinary: named(column(row, 6)?, |text| text.parse().ok())?,
        correspondents: group(row)?,
    };
    Ok((mailbox, column(row, 5)?))
}

/// The closed group of a mailbox row.
fn group(row: &Row<'_>) -> Result<Option<Correspondents>, StoreError> {
    if column::<Option<String>>(row, 7)?.is_none() {
        return Ok(None);
    }
    let rules = texts(row, 7)?;
    Correspondents::from_rules(rules.iter().map(String::as_str)).map(Some).map_err(StoreError)
}

/// Changes one column of a mailbox.
pub(super) fn change(
    tx: &Connection,
    mailbox: &Address,
    column: &'static str,
    value: impl rusqlite::ToSql,
) -> Result<bool, StoreError> {
    let sql = format!("UPDATE mailboxes SET {column} = ?2 WHERE key = ?1");
    Ok(tx.run("changing a mailbox", &sql, params![mailbox.key(), value])? == 1)
}

/// `INBOX` has one name however it is written (RFC 9051 §5.1).
fn canonical(name: &str) -> &str {
    if name.eq_ignore_ascii_case("INBOX") { "INBOX" } else { name }
}

/// The folder's number, made if it is missing.
fn folder(tx: &Connection, mailbox: i64, name: &str) -> Result<i64, StoreError> {
    let what = "opening a folder";
    let name = canonical(name);
    let sql = "SELECT id FROM folders WHERE mailbox = ?1 AND name = ?2";
    if let Some(id) = tx.one(what, sql, params![mailbox, name], |row| column(row, 0))? {
        return Ok(id);
    }
    let next = "UPDATE counters SET value = value + 1 WHERE name = 'uid_validity' RETURNING value";
    let validity: Option<u32> = tx.one(what, next, [], |row| unsigned(row, 0))?;
    let validity = validity.ok_or_else(|| StoreError("the counter of UIDVALIDITY is missing".into()))?;
    let sql = "INSERT INTO folders (mailbox, name, uid_validity) VALUES (?1, ?2, ?3)";
    tx.run(what, sql, params![mailbox, name, validity])?;
    Ok(tx.last_insert_rowid())
}

/// Puts a message into a mailbox's folder.
pub(super) fn deposit(
    tx: &Connection,
    mailbox: &Address,
    name: &str,
    flags: &[String],
    at: Moment,
    (message, size): (MessageId, usize),
) -> Result<(), CommitError> {
    let what = "depositing a message";
    let sql = "UPDATE mailboxes SET used = used + ?2 WHERE key = ?1 RETURNING id";
    let owner = tx.one(what, sql, params![mailbox.key(), signed(size)], |row| column(row, 0))?;
    let owner = owner.ok_or_else(|| CommitError::NoMailbox(mailbox.clone()))?;
    let folder = folder(tx, owner, name)?;
    let sql = "UPDATE folders SET uid_next = uid_next + 1, highest_modseq = highest_modseq + 1,
                 messages = messages + 1, unseen = unseen + ?2
               WHERE id = ?1 AND uid_next < 4294967295 RETURNING uid_next - 1, highest_modseq";
    let given =
        tx.one(what, sql, params![folder, !seen(flags)], |row| Ok((column::<i64>(row, 0)?, column::<i64>(row, 1)?)))?;
    let (uid, modseq) = given.ok_or_else(|| StoreError(format!("{what}: the folder '{name}' has no UIDs left")))?;
    let sql = "INSERT INTO entries (folder, uid, message, flags, seen, modseq, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let flags = (written(flags), seen(flags));
    tx.run(what, sql, params![folder, uid, message.0, flags.0, flags.1, modseq, at.unix()])?;
    Ok(())
}

fn seen(flags: &[String]) -> bool {
    flags.iter().any(|flag| flag.eq_ignore_ascii_case("\\Seen"))
}

/// Each flag once, in the order given.
fn written(flags: &[String]) -> String {
    let new = |(at, flag): &(usize, &String)| !flags.iter().take(*at).any(|known| known.eq_ignore_ascii_case(flag));
    list(flags.iter().enumerate().filter(new).map(|(_, flag)| flag.as_str()))
}

pub(super) fn folders(connection: &Connection, mailbox: &Address) -> Result<Vec<Folder>, StoreError> {
    let sql = "SELECT f.name, f.uid_validity, f.uid_next, f.highest_modseq, f.messages, f.unseen
               FROM folders f JOIN mailboxes m ON m.id = f.mailbox WHERE m.key = ?1
               ORDER BY f.name <> 'INBOX', f.name";
    connection.all("reading the folders", sql, [mailbox.key()], |row| {
        Ok(Folder {
            name: column(row, 0)?,
            uid_validity: unsigned(row, 1)?,
            uid_next: unsigned(row, 2)?,
            highest_modseq: unsigned(row, 3)?,
            messages: unsigned(row, 4)?,
            unseen: unsigned(row, 5)?,
        })
    })
}

/// The numbers of a mailbox and of one of its folders.
fn locate(connection: &Connection, mailbox: &Address, name: &str) -> Result<Option<(i64, i64)>, StoreError> {
    let sql = "SELECT m.id, f.id FROM mailboxes m JOIN folders f ON f.mailbox = m.id WHERE m.key = ?1 AND f.name = ?2";
    let params = params![mailbox.key(), canonical(name)];
    connection.one("finding a folder", sql, params, |row| Ok((column(row, 0)?, column(row, 1)?)))
}

pub(super) fn entries(
    connection: &Connection,
    mailbox: &Address,
    name: &str,
    after: u32,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let Some((_, folder)) = locate(connection, mailbox, name)? else { return Ok(Vec::new()) };
    let sql = "SELECT e.uid, e.message AS entry_message, e.flags, e.modseq, e.at, m.size, m.kind, m.identifier, m.date,
                 m.subject, m.header_from, m.sender, m.reply_to, m.header_to, m.cc, m.in_reply_to, m.message_id
               FROM entries e JOIN messages m ON m.id = e.message WHERE e.folder = ?1 AND e.uid > ?2
               ORDER BY e.uid LIMIT ?3";
    connection.all("listing a folder", sql, params![folder, after, signed(limit)], |row| {
        Ok(Entry {
            uid: unsigned(row, "uid")?,
            message: MessageId(column(row, "entry_message")?),
            flags: texts(row, "flags")?,
            modseq: unsigned(row, "modseq")?,
            internal_date: moment(row, "at")?,
            size: unsigned(row, "size")?,
            summary: content::summary(row)?,
        })
    })
}

pub(super) fn set_flags(
    tx: &Connection,
    mailbox: &Address,
    name: &str,
    uid: u32,
    flags: &[String],
) -> Result<bool, StoreError> {
    let what = "changing flags";
    let Some((_, folder)) = locate(tx, mailbox, name)? else { return Ok(false) };
    let sql = "SELECT seen FROM entries WHERE folder = ?1 AND uid = ?2";
    let Some(before) = tx.one(what, sql, params![folder, uid], |row| column::<bool>(row, 0))? else {
        return Ok(false);
    };
    let unseen = i64::from(before) - i64::from(seen(flags));
    let sql = "UPDATE folders SET highest_modseq = highest_modseq + 1, unseen = unseen + ?2 WHERE id = ?1";
    tx.run(what, sql, params![folder, unseen])?;
    let sql = "UPDATE entries SET flags = ?3, seen = ?4,
                 modseq = (SELECT highest_modseq FROM folders WHERE id = ?1) WHERE folder = ?1 AND uid = ?2";
    tx.run(what, sql, params![folder, uid, written(flags), seen(flags)])?;
    Ok(true)
}

pub(super) fn expunge(tx: &Connection, mailbox: &Address, name: &str, uids: &[u32]) -> Result<usize, StoreError> {
    let what = "expunging";
    let Some((owner, folder)) = locate(tx, mailbox, name)? else { return Ok(0) };
    let mut gone = Vec::new();
    let mut unseen = 0;
    for uid in uids {
        let sql = "DELETE FROM entries WHERE folder = ?1 AND uid = ?2 RETURNING message, seen";
        let entry = tx.all(what, sql, params![folder, uid], |row| Ok((column(row, 0)?, column::<bool>(row, 1)?)))?;
        for (message, seen) in entry {
            gone.push(MessageId(message));
            unseen += i64::from(!seen);
            let sql = "INSERT INTO vanished (folder, modseq, uid)
                       SELECT id, highest_modseq + 1, ?2 FROM folders WHERE id = ?1";
            tx.run(what, sql, params![folder, uid])?;
            let sql = "UPDATE mailboxes SET used = used - (SELECT size FROM messages WHERE id = ?2) WHERE id = ?1";
            tx.run(what, sql, params![owner, message])?;
        }
    }
    if !gone.is_empty() {
        let sql = "UPDATE folders SET highest_modseq = highest_modseq + 1, messages = messages - ?2,
                     unseen = unseen - ?3 WHERE id = ?1";
        tx.run(what, sql, params![folder, signed(gone.len()), unseen])?;
    }
    content::collect(tx, &gone)?;
    Ok(gone.len())
}

/// UIDs expunged after modification sequence `since`, ascending.
pub(super) fn vanished(
    connection: &Connection,
    mailbox: &Address,
    name: &str,
    since: u64,
) -> Result<Vec<u32>, StoreError> {
    let Some((_, folder)) = locate(connection, mailbox, name)? else { return Ok(Vec::new()) };
    let sql = "SELECT uid FROM vanished WHERE folder = ?1 AND modseq > ?2 ORDER BY uid";
    connection.all("reading what vanished", sql, params![folder, signed(since)], |row| unsigned(row, 0))
}
