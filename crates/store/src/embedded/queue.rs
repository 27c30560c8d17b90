//! What is to be carried: dispatches, leases, retries.
//!
//! `ready` is the one column that workers ask for: when a dispatch falls due, or when its lease ends. With the
//! index on (hop, ready, id) every question of theirs costs a few steps per hop, however long the queue is.

use pec::{Address, Moment, ProviderKey, ReversePath};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::sql::{Statements, column, kind, list, moment, parse_address, parse_texts, signed, texts, unsigned};
use crate::{
    Dispatch, Hop, HopFigures, MessageId, QueueChange, QueueId, QueueItem, QueueQuery, StoreError, SubjectHash,
};

/// Queues a message, of which the evidence speaks as `about`.
pub(super) fn push(
    tx: &Connection,
    dispatch: &Dispatch,
    message: MessageId,
    about: Option<i64>,
) -> Result<QueueId, StoreError> {
    tx.run(
        "queueing a dispatch",
        "INSERT INTO queue (message, hop, ready, due, path, recipients, identifier, about, kind, created, expires)
         VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?3, ?9)",
        params![
            message.0,
            written(&dispatch.hop),
            dispatch.at.unix(),
            dispatch.path.as_str(),
            addresses(&dispatch.recipients),
            &*dispatch.identifier,
            about,
            dispatch.kind.map(|kind| kind.name()),
            dispatch.expires.unix(),
        ],
    )?;
    Ok(QueueId(tx.last_insert_rowid()))
}

/// Does what became of a dispatch; gives back the message it let go. A dispatch that is no longer there is left so.
pub(super) fn change(tx: &Connection, change: &QueueChange) -> Result<Option<MessageId>, StoreError> {
    match change {
        QueueChange::Done(id) => {
            let what = "finishing a dispatch";
            let sql = "SELECT message FROM queue WHERE id = ?1";
            let message = tx.one(what, sql, [id.0], |row| Ok(MessageId(column(row, 0)?)))?;
            tx.run(what, "DELETE FROM queue WHERE id = ?1", [id.0])?;
            Ok(message)
        }
        QueueChange::Retry { id, due, recipients, error, attempted } => {
            // One that an operator wants failed is due at once, whatever the attempt under way came to.
            let sql = "UPDATE queue SET leased = 0, recipients = ?3, last_error = ?4, attempts = attempts + ?5,
                         due = iif(failed_by IS NULL, ?2, min(due, ?2)), ready = iif(failed_by IS NULL, ?2, min(due, ?2))
                       WHERE id = ?1";
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

/// Hops with something to take at `now`, the longest waiting first; beside them the texts that name none.
pub(super) fn due_hops(connection: &Connection, now: Moment) -> Result<(Vec<Hop>, Vec<String>), StoreError> {
    let texts: Vec<String> =
        connection.all("looking for due dispatches", &due_sql(), [now.unix()], |row| column(row, 0))?;
    let (mut hops, mut unknown) = (Vec::new(), Vec::new());
    for text in texts {
        match read_hop(&text) {
            Ok(hop) => hops.push(hop),
            Err(_) => unknown.push(text),
        }
    }
    Ok((hops, unknown))
}

/// Sets aside what goes to a hop that cannot be read, for as long as a lease holds others: it must not stop the rest.
pub(super) fn set_aside(tx: &Connection, hop: &str, now: Moment) -> Result<(), StoreError> {
    let sql = "UPDATE queue SET ready = ?3, leased = 1 WHERE id IN (SELECT id FROM queue WHERE hop = ?1 AND ready <= ?2 LIMIT 500)";
    let dispatches = tx.run("setting dispatches aside", sql, params![hop, now.unix(), now.plus(ASIDE).unix()])?;
    tracing::error!(event = "damaged-dispatch", hop, dispatches, "set aside: the hop cannot be read");
    Ok(())
}

/// Seconds for which what cannot be read is set aside.
const ASIDE: i64 = 3600;

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
    format!("{ITEM} WHERE q.hop = ?1 AND q.ready <= ?2 ORDER BY q.ready, q.id LIMIT ?3")
}

fn wake_sql() -> String {
    "UPDATE queue SET due = ?2, ready = ?2
     WHERE id IN (SELECT id FROM queue WHERE hop = ?1 AND ready > ?2 AND NOT leased LIMIT ?3)"
        .into()
}

/// What workers ask all the time, for the test that looks at the plans.
#[cfg(test)]
pub(super) fn questions() -> [String; 4] {
    let bound = |sql: String| sql.replace("?1", "'local'").replace("?2", "9").replace("?3", "9");
    [due_sql(), next_sql(), lease_sql(), wake_sql()].map(bound)
}

const ITEM: &str =
    "SELECT q.id, q.message, m.size, q.path, q.recipients, q.hop, q.identifier, s.hash, q.kind, q.attempts,
                      q.created, q.due, q.leased, q.expires, q.last_error, q.failed_by
                    FROM queue q JOIN messages m ON m.id = q.message LEFT JOIN subjects s ON s.id = q.about";

/// Leases dispatches of one hop. One that cannot be read is set aside for as long as the others are held, and told: it
/// must not stop those behind it.
pub(super) fn lease(
    tx: &Connection,
    hop: &Hop,
    limit: usize,
    now: Moment,
    until: Moment,
) -> Result<Vec<QueueItem>, StoreError> {
    let what = "leasing dispatches";
    let read = |row: &Row<'_>| Ok((column::<i64>(row, 0)?, item(row)));
    let found = tx.all(what, &lease_sql(), params![written(hop), now.unix(), signed(limit)], read)?;
    let sql = "UPDATE queue SET ready = ?2, leased = 1 WHERE id = ?1";
    tx.each(what, sql, found.iter().map(|(id, _)| (*id, until.unix())))?;
    let mut items = Vec::with_capacity(found.len());
    for (id, read) in found {
        match read {
            Ok(item) => items.push(item),
            Err(error) => tracing::error!(event = "damaged-dispatch", dispatch = id, %error, "set aside"),
        }
    }
    items.iter_mut().for_each(|item| item.leased = true);
    Ok(items)
}

/// Ends leases; the dispatches fall due again.
pub(super) fn release(tx: &Connection, ids: &[QueueId], due: Moment) -> Result<(), StoreError> {
    let sql =
        "UPDATE queue SET due = iif(failed_by IS NULL, ?2, due), ready = iif(failed_by IS NULL, ?2, 0), leased = 0
               WHERE id = ?1 AND leased";
    tx.each("releasing dispatches", sql, ids.iter().map(|id| (id.0, due.unix())))
}

/// Makes dispatches of a hop that wait due now, at most `limit`; how many.
pub(super) fn wake(tx: &Connection, hop: &Hop, now: Moment, limit: usize) -> Result<u64, StoreError> {
    let woken = tx.run("waking dispatches", &wake_sql(), params![written(hop), now.unix(), signed(limit)])?;
    Ok(woken as u64)
}

/// Makes one dispatch due now; one that is leased is under way.
pub(super) fn retry(tx: &Connection, id: QueueId, now: Moment) -> Result<bool, StoreError> {
    let sql = "UPDATE queue SET due = ?2, ready = iif(leased, ready, ?2) WHERE id = ?1";
    Ok(tx.run("retrying a dispatch", sql, params![id.0, now.unix()])? == 1)
}

/// Orders that one dispatch be given up, and makes it due now.
pub(super) fn fail(tx: &Connection, id: QueueId, reason: &str, now: Moment) -> Result<bool, StoreError> {
    let sql = "UPDATE queue SET failed_by = ?3, due = ?2, ready = iif(leased, ready, 0) WHERE id = ?1";
    Ok(tx.run("failing a dispatch", sql, params![id.0, now.unix(), reason])? == 1)
}

/// Ends every lease: who held them ended with the process.
pub(super) fn void_leases(tx: &Connection) -> Result<usize, StoreError> {
    tx.run("voiding leases", "UPDATE queue SET ready = due, leased = 0 WHERE leased", [])
}

/// Dispatches that match, by number; beside them what cannot be read.
pub(super) fn list_all(
    connection: &Connection,
    query: &QueueQuery,
) -> Result<(Vec<QueueItem>, Vec<StoreError>), StoreError> {
    let QueueQuery { after, hop, identifier, limit } = query;
    let mut sql = format!("{ITEM} WHERE q.id > ?");
    let mut values = vec![Value::from(after.map_or(i64::MIN, |id| id.0))];
    let mut filter = |condition: &str, value: Option<Value>| {
        if let Some(value) = value {
            sql.push_str(condition);
            values.push(value);
        }
    };
    filter(" AND q.hop = ?", hop.as_ref().map(|hop| written(hop).into()));
    filter(" AND q.identifier = ?", identifier.as_deref().map(|identifier| identifier.to_owned().into()));
    sql.push_str(" ORDER BY q.id");
    connection.readable("reading the queue", &sql, params_from_iter(values), *limit, |row| {
        item(row).map_err(|error| {
            let id = column::<i64>(row, 0).unwrap_or_default();
            StoreError::new(error.kind, format!("dispatch {id}: {}", error.what))
        })
    })
}

/// What a check found of a dispatch.
pub(super) type Examined = (i64, Result<QueueItem, StoreError>);

/// Dispatches from a number on, for a check; what is wrong with one does not hide the others.
pub(super) fn examine(connection: &Connection, first: i64, limit: usize) -> Result<Vec<Examined>, StoreError> {
    let sql = format!("{ITEM} WHERE q.id >= ?1 ORDER BY q.id LIMIT ?2");
    connection.all("checking the queue", &sql, params![first, signed(limit)], |row| Ok((column(row, 0)?, item(row))))
}

/// What waits, by hop; beside it what cannot be read.
pub(super) fn by_hop(connection: &Connection) -> Result<(Vec<HopFigures>, Vec<StoreError>), StoreError> {
    let sql = "SELECT hop, count(*), min(created),
                 (SELECT last_error FROM queue l WHERE l.hop = q.hop AND last_error IS NOT NULL ORDER BY l.due DESC LIMIT 1)
               FROM queue q GROUP BY hop ORDER BY min(created), hop";
    connection.readable("reading the queue", sql, [], usize::MAX, |row| {
        let (hop, dispatches) = (read_hop(&column::<String>(row, 0)?)?, unsigned(row, 1)?);
        Ok(HopFigures { hop, dispatches, oldest: moment(row, 2)?, last_error: column(row, 3)? })
    })
}

fn item(row: &Row<'_>) -> Result<QueueItem, StoreError> {
    let path: String = column(row, 3)?;
    let recipients = texts(row, 4)?;
    Ok(QueueItem {
        id: QueueId(column(row, 0)?),
        message: MessageId(column(row, 1)?),
        size: unsigned(row, 2)?,
        path: if path.is_empty() { ReversePath::Null } else { ReversePath::Address(parse_address(&path)?) },
        recipients: recipients.iter().map(|text| parse_address(text)).collect::<Result<_, _>>()?,
        hop: read_hop(&column::<String>(row, 5)?)?,
        identifier: column::<String>(row, 6)?.into(),
        about: column::<Option<[u8; 32]>>(row, 7)?.map(SubjectHash),
        kind: kind(row, 8)?,
        attempts: unsigned(row, 9)?,
        created: moment(row, 10)?,
        due: moment(row, 11)?,
        leased: column(row, 12)?,
        expires: moment(row, 13)?,
        last_error: column(row, 14)?,
        failed_by: column(row, 15)?,
    })
}

fn addresses(recipients: &[Address]) -> String {
    list(recipients.iter().map(Address::as_str))
}

fn written(hop: &Hop) -> String {
    match hop {
        Hop::Local => list(["local"]),
        Hop::Provider(key) => list(["provider", &key.name].into_iter().chain(key.unit.as_deref())),
        Hop::Ordinary(domain) => list(["ordinary", domain]),
    }
}

fn read_hop(text: &str) -> Result<Hop, StoreError> {
    let parts = parse_texts(text)?;
    match parts.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["local"] => Ok(Hop::Local),
        ["provider", name] => Ok(Hop::Provider(ProviderKey { name: name.into(), unit: None })),
        ["provider", name, unit] => Ok(Hop::Provider(ProviderKey { name: name.into(), unit: Some(unit.into()) })),
        ["ordinary", domain] => Ok(Hop::Ordinary(domain.into())),
        _ => Err(StoreError::damaged(format!("a dispatch goes to the unknown hop '{text}'"))),
    }
}
