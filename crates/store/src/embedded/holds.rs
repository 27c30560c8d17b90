//! Legal holds: what they keep is not removed ([`crate::Hold`]).

use pec::{Address, Identifier};
use rusqlite::{Connection, params};

use super::sequence::Place;
use super::sets::{self, AMONG};
use super::sql::{Statements, address, column, moment, unsigned};
use crate::{ErrorKind, Hold, Holding, MailboxId, StoreError, UidSet};

const WHAT: &str = "reading the legal holds";

/// The identifier of a hold on a whole mailbox.
const WHOLE: &str = "";

fn key(identifier: Option<&Identifier>) -> &str {
    identifier.map_or(WHOLE, |identifier| identifier)
}

pub(super) fn put(tx: &Connection, hold: &Hold) -> Result<Holding, StoreError> {
    let sql =
        "INSERT INTO holds (mailbox, identifier, at, by, why) SELECT id, ?2, ?3, ?4, ?5 FROM mailboxes WHERE key = ?1
               ON CONFLICT (mailbox, identifier) DO NOTHING";
    let params = params![hold.mailbox.key(), key(hold.identifier.as_ref()), hold.at.unix(), hold.by, hold.why];
    if tx.run("putting a legal hold", sql, params)? == 1 {
        return Ok(Holding::Done);
    }
    let sql = "SELECT 1 FROM mailboxes WHERE key = ?1";
    let known = tx.one(WHAT, sql, [hold.mailbox.key()], |_| Ok(()))?.is_some();
    Ok(if known { Holding::AsItWas } else { Holding::NoMailbox })
}

pub(super) fn release(
    tx: &Connection,
    mailbox: &Address,
    identifier: Option<&Identifier>,
) -> Result<Holding, StoreError> {
    let sql = "DELETE FROM holds WHERE identifier = ?2 AND mailbox = (SELECT id FROM mailboxes WHERE key = ?1)";
    let released = tx.run("releasing a legal hold", sql, params![mailbox.key(), key(identifier)])?;
    Ok(if released == 1 { Holding::Done } else { Holding::AsItWas })
}

pub(super) fn list(connection: &Connection, mailbox: &Address) -> Result<Vec<Hold>, StoreError> {
    let sql = "SELECT m.address, h.identifier, h.at, h.by, h.why FROM holds h JOIN mailboxes m ON m.id = h.mailbox
               WHERE m.key = ?1 ORDER BY h.number";
    connection.all(WHAT, sql, [mailbox.key()], |row| {
        let identifier: String = column(row, 1)?;
        Ok(Hold {
            mailbox: address(row, 0)?,
            identifier: (identifier != WHOLE).then(|| identifier.into()),
            at: moment(row, 2)?,
            by: column(row, 3)?,
            why: column(row, 4)?,
        })
    })
}

/// Which of these entries a hold keeps. Where there is none, that costs one look.
pub(super) fn among(connection: &Connection, place: &Place, uids: &UidSet) -> Result<UidSet, StoreError> {
    let sql = "SELECT min(identifier) FROM holds WHERE mailbox = ?1";
    let first = connection.one(WHAT, sql, [place.mailbox.0], |row| column::<Option<String>>(row, 0))?.flatten();
    let condition = match first.as_deref() {
        None => return Ok(UidSet::default()),
        Some(WHOLE) => "?3 IS NOT NULL",
        Some(_) => "m.identifier IN (SELECT identifier FROM holds WHERE mailbox = ?3)",
    };
    let sql = format!("SELECT e.uid FROM {AMONG} CROSS JOIN messages AS m ON m.id = e.message WHERE {condition}");
    let params = params![place.folder.0, sets::ranges(uids), place.mailbox.0];
    Ok(connection.all(WHAT, &sql, params, |row| unsigned(row, 0))?.into_iter().collect())
}

/// Refuses that any of these entries leave their mailbox.
pub(super) fn free(connection: &Connection, place: &Place, uids: &UidSet) -> Result<(), StoreError> {
    match among(connection, place, uids)?.len() {
        0 => Ok(()),
        held => Err(kept(&format!("{held} messages of the folder '{}'", place.name))),
    }
}

/// Refuses that a mailbox is closed of which anything is held.
pub(super) fn open(connection: &Connection, mailbox: MailboxId) -> Result<(), StoreError> {
    let sql = "SELECT 1 FROM holds WHERE mailbox = ?1 LIMIT 1";
    match connection.one(WHAT, sql, [mailbox.0], |_| Ok(()))? {
        None => Ok(()),
        Some(()) => Err(kept("this mailbox, or messages in it,")),
    }
}

fn kept(what: &str) -> StoreError {
    StoreError::new(ErrorKind::Held, format!("a legal hold keeps {what} until an operator releases it"))
}
