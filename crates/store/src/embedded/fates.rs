//! What became of messages, as the mailbox that sent them is shown it; and what lies in a mailbox about a message.

use pec::{Address, Identifier};
use rusqlite::{Connection, params};

use super::addressees;
use super::sql::{Statements, column, kind, list, moment, named, signed, unsigned};
use crate::{Addressee, FateCount, Filed, FolderId, MailboxId, MessageId, State, StoreError};

const WHAT: &str = "reading what became of messages";
/// Whether `sent` is a message of the mailbox whose number is the first parameter, by whatever name it had.
const OWN: &str = "lower(mailbox) IN (SELECT key FROM mailboxes WHERE id = ?1
    UNION ALL SELECT key FROM former_addresses WHERE mailbox = ?1)";

/// What lies in a mailbox about a message, in the order in which it came.
pub(super) fn filed(
    db: &Connection,
    mailbox: MailboxId,
    identifier: &Identifier,
    limit: usize,
) -> Result<Vec<Filed>, StoreError> {
    let sql = "SELECT e.folder, e.uid, m.id, m.kind, m.message_id, e.at, e.size
               FROM messages AS m JOIN entries AS e ON e.message = m.id JOIN folders AS f ON f.id = e.folder
               WHERE m.identifier = ?2 AND f.mailbox = ?1 ORDER BY m.id, e.folder, e.uid LIMIT ?3";
    db.all(WHAT, sql, params![mailbox.0, &**identifier, signed(limit)], |row| {
        let message_id: String = column(row, 4)?;
        Ok(Filed {
            folder: FolderId(column(row, 0)?),
            uid: unsigned(row, 1)?,
            message: MessageId(column(row, 2)?),
            kind: kind(row, 3)?,
            message_id: message_id.trim().trim_start_matches('<').trim_end_matches('>').to_owned(),
            at: moment(row, 5)?,
            size: unsigned(row, 6)?,
        })
    })
}

/// Every recipient of a message that was sent from a mailbox; none where it was not.
pub(super) fn of(db: &Connection, mailbox: MailboxId, identifier: &Identifier) -> Result<Vec<Addressee>, StoreError> {
    let sql = format!("SELECT 1 FROM sent WHERE {OWN} AND identifier = ?2");
    match db.one(WHAT, &sql, params![mailbox.0, &**identifier], |row| column::<i64>(row, 0))? {
        Some(_) => addressees::all(db, identifier),
        None => Ok(Vec::new()),
    }
}

/// How many recipients of messages that were sent from a mailbox stand where.
pub(super) fn counted(
    db: &Connection,
    mailbox: MailboxId,
    identifiers: &[Identifier],
) -> Result<Vec<FateCount>, StoreError> {
    let sql = format!(
        "SELECT a.identifier, a.state, count(*) FROM addressees AS a
         WHERE a.identifier IN (SELECT identifier FROM sent WHERE identifier IN (SELECT value FROM json_each(?2)) AND {OWN})
         GROUP BY a.identifier, a.state"
    );
    let identifiers = list(identifiers.iter().map(|identifier| &**identifier));
    db.all(WHAT, &sql, params![mailbox.0, identifiers], |row| {
        let state = named(Some(column(row, 1)?), State::from_name)?;
        let state = state.ok_or_else(|| StoreError::damaged("a recipient stands nowhere"))?;
        Ok(FateCount { identifier: column::<String>(row, 0)?.into(), state, recipients: unsigned(row, 2)? })
    })
}

/// Addresses with which a mailbox has exchanged messages lately, the last one first, that hold this text in small letters.
pub(super) fn correspondents(
    db: &Connection,
    mailbox: MailboxId,
    text: &str,
    limit: usize,
) -> Result<Vec<Address>, StoreError> {
    let sql = format!(
        "SELECT a.recipient, max(a.accepted_at) FROM (SELECT identifier FROM sent WHERE {OWN} ORDER BY at DESC LIMIT 500) AS s
         JOIN addressees AS a ON a.identifier = s.identifier WHERE instr(a.key, ?2) > 0
         GROUP BY a.key ORDER BY 2 DESC LIMIT ?3"
    );
    db.all(WHAT, &sql, params![mailbox.0, text.to_lowercase(), signed(limit)], |row| super::sql::address(row, 0))
}
