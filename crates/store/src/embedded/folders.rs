//! Folders: made, listed, renamed, removed, subscribed.

use rusqlite::{Connection, params};

use super::limits::MailboxLimits;
use super::sequence::{self, Place};
use super::sql::{Statements, column, named, signed, unsigned};
use super::{annotations, holds, recent, seen, transfers};
use crate::mailboxes::BORN_WITH;
use crate::{
    Change, ChangeKind, ErrorKind, Folder, FolderId, FolderName, Listing, MailboxId, Reader, SpecialUse, StoreError,
    UidSet,
};

/// Makes the folders that a holder's mailbox is born with, and subscribes them.
pub(super) fn bear(tx: &Connection, mailbox: MailboxId) -> Result<(), StoreError> {
    let born = BORN_WITH.into_iter().map(|(name, special)| (name, Some(special)));
    for (name, special) in [(FolderName::inbox().as_str(), None)].into_iter().chain(born) {
        make(tx, mailbox, name, special, 1)?;
        enroll(tx, mailbox, name)?;
    }
    Ok(())
}

/// The folder of this name, made with those above it if it is missing.
pub(super) fn open(
    tx: &Connection,
    mailbox: MailboxId,
    name: &FolderName,
    modseq: u64,
) -> Result<FolderId, StoreError> {
    if let Some(folder) = find(tx, mailbox, name.as_str())? {
        return Ok(folder);
    }
    for above in name.above() {
        if find(tx, mailbox, above.as_str())?.is_none() {
            make(tx, mailbox, above.as_str(), None, modseq)?;
        }
    }
    make(tx, mailbox, name.as_str(), None, modseq)
}

pub(super) fn list(connection: &Connection, mailbox: MailboxId, reader: Reader) -> Result<Vec<Folder>, StoreError> {
    let which = "f.mailbox = ?1 AND ?3 IS NULL ORDER BY f.name <> 'INBOX', f.name";
    read(connection, which, mailbox.0, None, reader)
}

/// What there is to list of as many of these mailboxes as have so many rows together.
pub(super) fn listings(
    connection: &Connection,
    mailboxes: &[MailboxId],
    reader: Reader,
    rows: usize,
) -> Result<Vec<Listing>, StoreError> {
    let (mut all, mut count) = (Vec::new(), 0);
    for mailbox in mailboxes {
        let (folders, subscribed) = (list(connection, *mailbox, reader)?, subscriptions(connection, *mailbox)?);
        count += folders.len() + subscribed.len();
        all.push(Listing { folders, subscribed });
        if count >= rows {
            break;
        }
    }
    Ok(all)
}

/// One folder.
pub(super) fn one(connection: &Connection, folder: FolderId, reader: Reader) -> Result<Option<Folder>, StoreError> {
    Ok(read(connection, "f.id = ?1 AND ?3 IS NULL", folder.0, None, reader)?.pop())
}

/// The folder of this name.
pub(super) fn called(
    connection: &Connection,
    mailbox: MailboxId,
    name: &FolderName,
    reader: Reader,
) -> Result<Option<Folder>, StoreError> {
    Ok(read(connection, "f.mailbox = ?1 AND f.name = ?3", mailbox.0, Some(name.as_str()), reader)?.pop())
}

fn read(
    connection: &Connection,
    which: &str,
    id: i64,
    name: Option<&str>,
    reader: Reader,
) -> Result<Vec<Folder>, StoreError> {
    let (highest, unseen, user) = match reader {
        Reader::Owner => ("f.highest_modseq", "f.unseen", 0),
        Reader::User(user) => (seen::HIGHEST, seen::UNSEEN, user.0),
    };
    let sql = format!(
        "SELECT f.id, f.name, f.special, s.name IS NOT NULL, f.uid_validity, f.uid_next, f.recent_from,
           {highest}, f.messages, {unseen}, f.size, f.mailbox
         FROM folders f LEFT JOIN subscriptions s ON s.mailbox = f.mailbox AND s.name = f.name
         WHERE ?2 IS NOT NULL AND {which}"
    );
    connection.all("reading the folders", &sql, params![id, user, name], |row| {
        Ok(Folder {
            id: FolderId(column(row, 0)?),
            mailbox: MailboxId(column(row, 11)?),
            name: column(row, 1)?,
            special: named(column(row, 2)?, SpecialUse::from_name)?,
            subscribed: column(row, 3)?,
            uid_validity: unsigned(row, 4)?,
            uid_next: unsigned(row, 5)?,
            recent_from: unsigned(row, 6)?,
            highest_modseq: unsigned(row, 7)?,
            messages: unsigned(row, 8)?,
            unseen: unsigned(row, 9)?,
            size: unsigned(row, 10)?,
        })
    })
}

pub(super) fn create(
    tx: &Connection,
    mailbox: MailboxId,
    name: &FolderName,
    special: Option<SpecialUse>,
    limits: MailboxLimits,
) -> Result<(Option<FolderId>, Vec<Change>), StoreError> {
    has_folders(tx, mailbox)?;
    if find(tx, mailbox, name.as_str())?.is_some() {
        return Ok((None, Vec::new()));
    }
    if let Some(special) = special {
        let sql = "SELECT name FROM folders WHERE mailbox = ?1 AND special = ?2";
        let params = params![mailbox.0, special.name()];
        if let Some(other) = tx.one("making a folder", sql, params, |row| column::<String>(row, 0))? {
            return refused(format!("the folder '{other}' is the one for {} already", special.name()));
        }
    }
    let modseq = sequence::advance(tx, mailbox)?;
    let folder = open(tx, mailbox, name, modseq)?;
    if let Some(special) = special {
        let sql = "UPDATE folders SET special = ?2 WHERE id = ?1";
        tx.run("making a folder", sql, params![folder.0, special.name()])?;
    }
    within(tx, mailbox, limits)?;
    Ok((Some(folder), vec![told(mailbox, modseq)]))
}

/// `false`: the name is taken.
pub(super) fn rename(
    tx: &Connection,
    folder: FolderId,
    name: &FolderName,
    limits: MailboxLimits,
) -> Result<(bool, Vec<Change>), StoreError> {
    let place = sequence::place(tx, folder)?;
    let mailbox = place.mailbox;
    if find(tx, mailbox, name.as_str())?.is_some() {
        return Ok((false, Vec::new()));
    }
    if name.is_below(&place.name) && !place.name.is_inbox() {
        return refused(format!("the folder '{}' cannot be put below itself", place.name));
    }
    let modseq = sequence::advance(tx, mailbox)?;
    let mut changes = vec![told(mailbox, modseq)];
    if place.name.is_inbox() {
        let to = Place { folder: open(tx, mailbox, name, modseq)?, mailbox, name: name.clone() };
        let (pairs, moved) = transfers::relocate(tx, &place, &UidSet::all(), &to, None, limits)?;
        recent::follow(tx, folder, to.folder, &pairs)?;
        changes.extend(moved);
    } else {
        if let Some(above) = name.above().last() {
            open(tx, mailbox, &above, modseq)?;
        }
        for below in below(tx, &place)? {
            let moved = FolderName::parse(&below.replacen(place.name.as_str(), name.as_str(), 1))?;
            keep_subscription(tx, mailbox, &below, moved.as_str())?;
        }
        keep_subscription(tx, mailbox, place.name.as_str(), name.as_str())?;
        // The places of names below it are those that begin with it and a slash; '0' follows the slash.
        let sql = "UPDATE folders SET name = ?3 || substr(name, length(?2) + 1)
                   WHERE mailbox = ?1 AND (name = ?2 OR (name > ?2 || '/' AND name < ?2 || '0'))";
        tx.run("renaming a folder", sql, params![mailbox.0, place.name.as_str(), name.as_str()])?;
    }
    within(tx, mailbox, limits)?;
    Ok((true, changes))
}

/// Refuses a folder that is not removed, or in which a legal hold keeps anything.
pub(super) fn removable(connection: &Connection, folder: FolderId) -> Result<Place, StoreError> {
    let place = sequence::place(connection, folder)?;
    if place.name.is_inbox() {
        return refused("INBOX cannot be removed".into());
    }
    if !below(connection, &place)?.is_empty() {
        return refused(format!("the folder '{}' has folders below it: remove them first", place.name));
    }
    holds::free(connection, &place, &UidSet::all())?;
    Ok(place)
}

/// Removes an empty folder; `false`: something is in it.
pub(super) fn delete(tx: &Connection, folder: FolderId) -> Result<(bool, Vec<Change>), StoreError> {
    let what = "removing a folder";
    let place = removable(tx, folder)?;
    let sql = "DELETE FROM folders WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM entries WHERE folder = ?1)";
    if tx.run(what, sql, [folder.0])? == 0 {
        return Ok((false, Vec::new()));
    }
    annotations::forget(tx, &place)?;
    Ok((true, vec![told(place.mailbox, sequence::advance(tx, place.mailbox)?)]))
}

pub(super) fn subscriptions(connection: &Connection, mailbox: MailboxId) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT name FROM subscriptions WHERE mailbox = ?1 ORDER BY name";
    connection.all("reading subscriptions", sql, [mailbox.0], |row| column(row, 0))
}

pub(super) fn subscribe(
    tx: &Connection,
    mailbox: MailboxId,
    name: &FolderName,
    subscribed: bool,
    limits: MailboxLimits,
) -> Result<Vec<Change>, StoreError> {
    has_folders(tx, mailbox)?;
    let changed = if subscribed {
        enroll(tx, mailbox, name.as_str())?
    } else {
        let sql = "DELETE FROM subscriptions WHERE mailbox = ?1 AND name = ?2";
        tx.run("unsubscribing", sql, params![mailbox.0, name.as_str()])?
    };
    if changed == 0 {
        return Ok(Vec::new());
    }
    let sql = "SELECT count(*) FROM subscriptions WHERE mailbox = ?1";
    let count: u32 = tx.one("subscribing", sql, [mailbox.0], |row| column(row, 0))?.unwrap_or_default();
    if subscribed && count > limits.subscriptions {
        let why = format!("a mailbox may subscribe {} names: unsubscribe some", limits.subscriptions);
        return Err(StoreError::new(ErrorKind::Limit, why));
    }
    Ok(vec![told(mailbox, sequence::advance(tx, mailbox)?)])
}

fn find(connection: &Connection, mailbox: MailboxId, name: &str) -> Result<Option<FolderId>, StoreError> {
    let sql = "SELECT id FROM folders WHERE mailbox = ?1 AND name = ?2";
    connection.one("finding a folder", sql, params![mailbox.0, name], |row| Ok(FolderId(column(row, 0)?)))
}

fn make(
    tx: &Connection,
    mailbox: MailboxId,
    name: &str,
    special: Option<SpecialUse>,
    modseq: u64,
) -> Result<FolderId, StoreError> {
    let what = "making a folder";
    let next = "UPDATE counters SET value = value + 1 WHERE name = 'uid_validity' RETURNING value";
    let validity: Option<u32> = tx.one(what, next, [], |row| unsigned(row, 0))?;
    let validity = validity.ok_or_else(|| StoreError::damaged("the counter of UIDVALIDITY is missing"))?;
    let sql = "INSERT INTO folders (mailbox, name, special, uid_validity, highest_modseq) VALUES (?1, ?2, ?3, ?4, ?5)";
    tx.run(what, sql, params![mailbox.0, name, special.map(SpecialUse::name), validity, signed(modseq)])?;
    Ok(FolderId(tx.last_insert_rowid()))
}

/// Subscribes a name; how many were not yet.
pub(super) fn enroll(tx: &Connection, mailbox: MailboxId, name: &str) -> Result<usize, StoreError> {
    let sql = "INSERT OR IGNORE INTO subscriptions (mailbox, name) VALUES (?1, ?2)";
    tx.run("subscribing", sql, params![mailbox.0, name])
}

/// Who had subscribed the old name has the new one too; the old name stays, as RFC 9051 §6.3.7 wants it.
fn keep_subscription(tx: &Connection, mailbox: MailboxId, old: &str, new: &str) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO subscriptions (mailbox, name)
               SELECT mailbox, ?3 FROM subscriptions WHERE mailbox = ?1 AND name = ?2";
    tx.run("renaming a folder", sql, params![mailbox.0, old, new]).map(drop)
}

/// The names of the folders below one.
fn below(connection: &Connection, place: &Place) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT name FROM folders WHERE mailbox = ?1 AND name > ?2 || '/' AND name < ?2 || '0'";
    let params = params![place.mailbox.0, place.name.as_str()];
    connection.all("reading the folders", sql, params, |row| column(row, 0))
}

/// Refuses a mailbox that is not there, and the service mailbox, which has no folders.
fn has_folders(connection: &Connection, mailbox: MailboxId) -> Result<(), StoreError> {
    let sql = "SELECT service FROM mailboxes WHERE id = ?1";
    match connection.one("finding a mailbox", sql, [mailbox.0], |row| column(row, 0))? {
        Some(false) => Ok(()),
        Some(true) => refused("the service mailbox has no folders".into()),
        None => refused("there is no such mailbox".into()),
    }
}

fn within(connection: &Connection, mailbox: MailboxId, limits: MailboxLimits) -> Result<(), StoreError> {
    let sql = "SELECT count(*) FROM folders WHERE mailbox = ?1";
    let count: u32 = connection.one("counting folders", sql, [mailbox.0], |row| column(row, 0))?.unwrap_or_default();
    if count > limits.folders {
        return Err(StoreError::new(
            ErrorKind::Limit,
            format!("a mailbox may have {} folders: remove some", limits.folders),
        ));
    }
    Ok(())
}

fn told(mailbox: MailboxId, modseq: u64) -> Change {
    Change { mailbox, folder: None, modseq, what: ChangeKind::Folders }
}

fn refused<T>(why: String) -> Result<T, StoreError> {
    Err(StoreError::new(ErrorKind::Refused, why))
}
