//! What is to be carried: dispatches, leases, retries.
//!
//! `ready` is the one column that workers ask for: when a dispatch falls due, or when its lease ends. With the
//! index on (hop, ready, id) every question below costs a few steps per hop, however long the queue is.

use pec::{Address, Moment, ReversePath};
use rusqlite::{Connection, Row, params};

use super::sql::{Statements, column, kind, list, moment, parse_address, signed, texts, unsigned};
use crate::{Dispatch, Hop, MessageId, QueueChange, QueueId, QueueItem, StoreError};

pub(super) fn push(tx: &Connection, dispatch: &Dispatch, message: MessageId) -> Result<(), StoreError> {
    tx.run(
        "queueing a dispatch",
        "INSERT INTO queue (message, hop, ready, due, path, recipients, identifier, kind, created, expires)
         VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?3, ?8)",
        params![
            message.0,
            written(&dispatch.hop),
            dispatch.at.unix(),
            dispatch.path.as_str(),
            addresses(&dispatch.recipients),
            dispatch.identifier,
            dispatch.kind.map(|kind| kind.name()),
            dispatch.expires.unix(),
        ],
    )?;
    Ok(())
}

/// Does what became of a dispatch; gives back the message it let go. A dispatch that is no longer there is left so.
pub(super) fn change(tx: &Connection, change: &QueueChange) -> Result<Option<MessageId>, StoreError> {
    match change {
        QueueChange::Done(id) => {
            let sql = "DELETE FROM queue WHERE id = ?1 RETURNING message";
            tx.one("finishing a dispatch", sql, [id.0], |row| Ok(MessageId(column(row, 0)?)))
        }
        QueueChange::Retry { id, due, recipients, error, attempted } => {
            let sql = "UPDATE queue SET due = ?2, ready = ?2, leased = 0, recipients = ?3, last_error = ?4,
                         attempts = attempts + ?5 WHERE id = ?1";
            let params = params![id.0, due.unix(), addresses(recipients), error, attempted];
            tx.run("postponing a dispatch", sql, params)?;
            Ok(None)
        }
    }
}

/// The hops one by one, each with its earliest `ready`, without reading the rows between.
const HOPS: &str = "WITH RECURSIVE hops (hop) AS (
    SELECT min(hop) FROM queue UNION ALL SELECT (SELECT min(q.hop) FROM queue q WHERE q.hop > hops.hop) FROM hops
    WHERE hops.hop IS NOT NULL
  ), earliest (hop, ready) AS (
    SELECT hop, (SELECT min(q.ready) FROM queue q WHERE q.hop = hops.hop) FROM hops WHERE hop IS NOT NULL
  )";

/// Hops with something to take at `now`, the longest waiting first.
pub(super) fn due_hops(connection: &Connection, now: Moment) -> Result<Vec<Hop>, StoreError> {
    connection.all("looking for due dispatches", &due_sql(), [now.unix()], |row| read_hop(&column::<String>(row, 0)?))
}

/// When there is next something to take: the end of a lease counts, since the dispatch is due and free again then.
pub(super) fn next_due(connection: &Connection) -> Result<Option<Moment>, StoreError> {
    let ready =
        connection.one("looking for the next dispatch", &next_sql(), [], |row| column::<Option<i64>>(row, 0))?;
    Ok(ready.flatten().map(Moment::from_unix))
}

fn due_sql() -> String {
    format!("{HOPS} SELECT hop FROM earliest WHERE ready <= ?1 ORDER BY ready, hop")
}

fn next_sql() -> String {
    format!("{HOPS} SELECT min(ready) FROM earliest")
}

fn lease_sql() -> String {
    format!("{ITEM} WHERE hop = ?1 AND ready <= ?2 ORDER BY ready, id LIMIT ?3")
}

/// What workers ask all the time, for the test that looks at the plans.
#[cfg(test)]
pub(super) fn questions() -> [String; 3] {
    let bound = |sql: String| sql.replace("?1", "'local'").replace("?2", "9").replace("?3", "9");
    [due_sql(), next_sql(), lease_sql()].map(bound)
}

const ITEM: &str = "SELECT id, message, path, recipients, hop, identifier, kind, attempts, created, expires, last_error
                    FROM queue";

pub(super) fn lease(
    tx: &Connection,
    hop: &Hop,
    limit: usize,
    now: Moment,
    until: Moment,
) -> Result<Vec<QueueItem>, StoreError> {
    let items = tx.all("leasing dispatches", &lease_sql(), params![written(hop), now.unix(), signed(limit)], item)?;
    for item in &items {
        let sql = "UPDATE queue SET ready = ?2, leased = 1 WHERE id = ?1";
        tx.run("leasing dispatches", sql, params![item.id.0, until.unix()])?;
    }
    Ok(items)
}

/// Ends every lease: who held them ended with the process.
pub(super) fn void_leases(tx: &Connection) -> Result<usize, StoreError> {
    tx.run("voiding leases", "UPDATE queue SET ready = due, leased = 0 WHERE leased", [])
}

pub(super) fn list_all(connection: &Connection, limit: usize) -> Result<Vec<QueueItem>, StoreError> {
    connection.all("reading the queue", &format!("{ITEM} ORDER BY id LIMIT ?1"), [signed(limit)], item)
}

fn item(row: &Row<'_>) -> Result<QueueItem, StoreError> {
    let path: String = column(row, 2)?;
    let recipients = texts(row, 3)?;
    Ok(QueueItem {
        id: QueueId(column(row, 0)?),
        message: MessageId(column(row, 1)?),
        path: if path.is_empty() { ReversePath::Null } else { ReversePath::Address(parse_address(&path)?) },
        recipients: recipients.iter().map(|text| parse_address(text)).collect::<Result<_, _>>()?,
        hop: read_hop(&column::<String>(row, 4)?)?,
        identifier: column(row, 5)?,
        kind: kind(row, 6)?,
        attempts: unsigned(row, 7)?,
        created: moment(row, 8)?,
        expires: moment(row, 9)?,
        last_error: column(row, 10)?,
    })
}

fn addresses(recipients: &[Address]) -> String {
    list(recipients.iter().map(Address::as_str))
}

fn written(hop: &Hop) -> String {
    match hop {
        Hop::Local => "local".into(),
        Hop::Provider(name) => format!("provider:{name}"),
        Hop::Ordinary(domain) => format!("ordinary:{domain}"),
    }
}

fn read_hop(text: &str) -> Result<Hop, StoreError> {
    match text.split_once(':') {
        None if text == "local" => Ok(Hop::Local),
        Some(("provider", name)) => Ok(Hop::Provider(name.into())),
        Some(("ordinary", domain)) => Ok(Hop::Ordinary(domain.into())),
        _ => Err(StoreError(format!("a dispatch goes to the unknown hop '{text}'"))),
    }
}
