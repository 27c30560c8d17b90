//! What happened, what was done before, and what was certified: rows that are only ever added.

use bytes::Bytes;
use rusqlite::{Connection, Row, params};

use super::sql::{Statements, address, column, kind, list, moment, named, signed, texts, unsigned};
use crate::{CommitError, Event, Evidence, EvidenceQuery, EvidenceRow, OnceKey, Sent, StoreError};

/// Adds a row [R-2.3-a]. Its number is one more than the last: a transaction that fails takes its numbers back.
pub(super) fn add(tx: &Connection, evidence: &Evidence) -> Result<(), StoreError> {
    let month = evidence.at.compact().get(..6).and_then(|month| month.parse::<i64>().ok()).unwrap_or(0);
    let texts = |all: &[String]| list(all.iter().map(String::as_str));
    tx.run(
        "writing evidence",
        "INSERT INTO evidence (number, month, at, event, kind, identifier, message_id, client_id, sender, recipients, subject,
           provider, concerns, error) VALUES ((SELECT coalesce(max(number), 0) + 1 FROM evidence), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
           ?10, ?11, ?12, ?13)",
        params![
            month,
            evidence.at.unix(),
            evidence.event.name(),
            evidence.kind.map(|kind| kind.name()),
            evidence.identifier,
            evidence.message_id,
            evidence.client_id,
            evidence.sender,
            texts(&evidence.recipients),
            evidence.subject,
            evidence.provider,
            texts(&evidence.concerns),
            evidence.error,
        ],
    )?;
    Ok(())
}

pub(super) fn rows(connection: &Connection, query: &EvidenceQuery) -> Result<Vec<EvidenceRow>, StoreError> {
    let filter = if query.identifier.is_some() { "identifier = ?3 AND" } else { "?3 IS NULL AND" };
    let sql = format!(
        "SELECT number, at, event, kind, identifier, message_id, client_id, sender, recipients, subject, provider,
           concerns, error FROM evidence WHERE {filter} (?4 IS NULL OR kind = ?4) AND number > ?1 ORDER BY number LIMIT ?2"
    );
    let params =
        params![signed(query.after), signed(query.limit), query.identifier, query.kind.map(|kind| kind.name())];
    connection.all("reading the evidence", &sql, params, row)
}

fn row(row: &Row<'_>) -> Result<EvidenceRow, StoreError> {
    let event = named(column(row, 2)?, Event::from_name)?;
    let evidence = Evidence {
        at: moment(row, 1)?,
        event: event.ok_or_else(|| StoreError("a row of evidence has no event".into()))?,
        kind: kind(row, 3)?,
        identifier: column(row, 4)?,
        message_id: column(row, 5)?,
        client_id: column(row, 6)?,
        sender: column(row, 7)?,
        recipients: texts(row, 8)?,
        subject: column(row, 9)?,
        provider: column(row, 10)?,
        concerns: texts(row, 11)?,
        error: column(row, 12)?,
    };
    Ok(EvidenceRow { number: unsigned(row, 0)?, evidence })
}

/// Notes that this was done; an error if it was done before.
pub(super) fn once(tx: &Connection, key: &OnceKey) -> Result<(), CommitError> {
    let sql = "INSERT INTO once (provider, identifier, kind, recipient) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    match tx.run("noting what is done once", sql, params![key.provider, key.identifier, key.kind, key.recipient])? {
        0 => Err(CommitError::AlreadyDone(key.clone())),
        _ => Ok(()),
    }
}

pub(super) fn done(connection: &Connection, key: &OnceKey) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM once WHERE provider = ?1 AND identifier = ?2 AND kind = ?3 AND recipient = ?4";
    let params = params![key.provider, key.identifier, key.kind, key.recipient];
    Ok(connection.one("looking for what is done once", sql, params, |_| Ok(()))?.is_some())
}

pub(super) fn send(tx: &Connection, sent: &Sent) -> Result<(), StoreError> {
    let sql = "INSERT INTO sent (identifier, mailbox, at, data) VALUES (?1, ?2, ?3, ?4)";
    let params = params![sent.identifier, sent.mailbox.as_str(), sent.at.unix(), sent.data.as_ref()];
    tx.run("noting what was certified", sql, params)?;
    Ok(())
}

pub(super) fn sent(connection: &Connection, identifier: &str) -> Result<Option<Sent>, StoreError> {
    let sql = "SELECT identifier, mailbox, at, data FROM sent WHERE identifier = ?1";
    connection.one("reading what was certified", sql, [identifier], |row| {
        Ok(Sent {
            identifier: column(row, 0)?,
            mailbox: address(row, 1)?,
            at: moment(row, 2)?,
            data: Bytes::from(column::<Vec<u8>>(row, 3)?),
        })
    })
}
