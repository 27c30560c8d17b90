//! What ends after the months that the law asks for [R-2.3-b] [R-2.2.4-a].

use proof::{Expiry, head};
use rusqlite::{Connection, params};

use super::content;
use super::evidence::{Entry, add, logs, named, place};
use super::reconciliation;
use super::sql::{Statements, column, signed, unsigned};
use super::subjects::Numbers;
use crate::{Expired, ExpiryLimit, LogId, MessageId, StoreError};

const WHAT: &str = "removing old evidence";

/// Removes one lot of each kind of row.
pub(super) fn run(tx: &Connection, limit: ExpiryLimit) -> Result<Expired, StoreError> {
    let ExpiryLimit { now, before, rows } = limit;
    let rows = signed(rows);
    let infected = infected(tx, now.unix(), rows)?;
    let evidence = evidence(tx, limit)?;
    let service = service(tx, before.unix(), rows)?;
    let kept = kept(tx, before.unix(), rows)?;
    let notes = ["sent", "once"].into_iter().try_fold(0, |sum, table| {
        let key = if table == "sent" { "identifier" } else { "identifier, kind, recipient, provider, contradicts" };
        let sql = format!(
            "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE at < ?1 ORDER BY at LIMIT ?2)"
        );
        Ok::<_, StoreError>(sum + tx.run("removing old notes", &sql, params![before.unix(), rows])? as u64)
    })?;
    let notes = notes + names(tx, before.unix(), rows)?;
    told(tx, before.unix(), rows)?;
    subjects(tx, rows)?;
    reconciliation::expire(tx, before.unix(), rows)?;
    Ok(Expired { evidence, infected, notes, service, kept })
}

fn infected(tx: &Connection, now: i64, rows: i64) -> Result<u64, StoreError> {
    let sql =
        "DELETE FROM infected WHERE number IN (SELECT number FROM infected WHERE until < ?1 ORDER BY until LIMIT ?2)
               RETURNING message";
    empty(tx, "emptying the special store", sql, now, rows)
}

/// The names of users who were erased so long ago that no evidence names them any more.
fn names(tx: &Connection, before: i64, rows: i64) -> Result<u64, StoreError> {
    let sql =
        "DELETE FROM users WHERE id IN (SELECT id FROM users INDEXED BY users_by_erased WHERE erased < ?1 LIMIT ?2)";
    Ok(tx.run("removing old names", sql, params![before, rows])? as u64)
}

/// When holders were last told of what their full mailboxes refused.
fn told(tx: &Connection, before: i64, rows: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM refusing WHERE mailbox IN
                 (SELECT mailbox FROM refusing INDEXED BY refusing_told WHERE count = 0 AND told < ?1 ORDER BY told LIMIT ?2)";
    tx.run("removing old notes", sql, params![before, rows]).map(drop)
}

/// The service mailbox goes from its beginning: its rows came in the order of time, or nearly.
fn service(tx: &Connection, before: i64, rows: i64) -> Result<u64, StoreError> {
    let sql = "DELETE FROM service WHERE number IN (SELECT number FROM service ORDER BY number LIMIT ?2) AND at < ?1
               RETURNING message";
    empty(tx, "emptying the service mailbox", sql, before, rows)
}

/// What is kept of certified mail, unless a legal hold is on that message: held here, it waits, and what comes after it goes on.
fn kept(tx: &Connection, before: i64, rows: i64) -> Result<u64, StoreError> {
    let sql = "UPDATE messages SET kept = NULL, whole = 0 WHERE id IN (
                 SELECT id FROM messages AS m WHERE kept < ?1
                   AND NOT EXISTS (SELECT 1 FROM holds WHERE identifier = m.identifier)
                 ORDER BY kept LIMIT ?2)
               RETURNING id";
    empty(tx, "giving up what was kept", sql, before, rows)
}

/// Removes one lot of rows that are older than an instant, and the messages that only they held.
fn empty(tx: &Connection, what: &str, sql: &str, before: i64, rows: i64) -> Result<u64, StoreError> {
    let gone = tx.all(what, sql, params![before, rows], |row| Ok(MessageId(column(row, 0)?)))?;
    content::collect(tx, &gone)?;
    Ok(gone.len() as u64)
}

/// Of every log, up to a number of rows each. Where a whole tree has gone, that it has is evidence too: a statement that is
/// sealed and stamped as everything is.
fn evidence(tx: &Connection, limit: ExpiryLimit) -> Result<u64, StoreError> {
    let mut gone = 0;
    for (log, _) in logs(tx)? {
        let (rows, tree) = of_log(tx, log, limit.before.unix(), signed(limit.rows))?;
        gone += rows;
        if let Some(tree) = tree {
            add(tx, &Entry::all(&[tree.evidence(limit.now)])?, &mut Numbers::default())?;
        }
    }
    Ok(gone)
}

/// What seals a row.
enum Sealed {
    /// A tree that was closed long ago.
    Old(Expiry),
    /// One that grows, or was closed lately.
    Lately,
    /// Nothing: it never was.
    Never,
}

/// What is older than this may go: the trigger that guards the evidence counts its months in UTC, which in summer ends an hour
/// earlier than in Italian time, and a row of that hour would undo the whole lot.
const OLD: &str = "min(?1, unixepoch('now', '-30 months'))";

fn sealed(tx: &Connection, log: LogId, row: u64, before: i64) -> Result<Sealed, StoreError> {
    let sql = format!(
        "SELECT first, size, number, text, closed AND at < {OLD} FROM heads
         WHERE log = ?2 AND first = (SELECT max(first) FROM heads WHERE log = ?2 AND first <= ?3)
         ORDER BY number DESC LIMIT 1"
    );
    let read = |row: &rusqlite::Row<'_>| {
        let digest = head::digest_of(&column::<Vec<u8>>(row, 3)?);
        let tree = Expiry { log, first: unsigned(row, 0)?, size: unsigned(row, 1)?, head: unsigned(row, 2)?, digest };
        Ok((tree, column::<bool>(row, 4)?))
    };
    Ok(match tx.one(WHAT, &sql, params![before, log.0, signed(row)], read)? {
        Some((tree, old)) if tree.end() > row => {
            if old {
                Sealed::Old(tree)
            } else {
                Sealed::Lately
            }
        }
        Some(_) | None => Sealed::Never,
    })
}

/// Removes a lot from the beginning, up to the first row that is not old yet; of a tree only where it was closed long ago, and
/// which one has gone with the lot. Instants may differ by a little from the order of numbers. Looks at no more rows than it
/// removes.
fn of_log(tx: &Connection, log: LogId, before: i64, rows: i64) -> Result<(u64, Option<Expiry>), StoreError> {
    let ends = "SELECT (SELECT min(place) FROM evidence WHERE place BETWEEN ?1 AND ?2),
                       (SELECT max(place) FROM evidence WHERE place BETWEEN ?1 AND ?2)";
    let read = |row: &rusqlite::Row<'_>| Ok((column::<Option<i64>>(row, 0)?, column::<Option<i64>>(row, 1)?));
    let ends = tx.one(WHAT, ends, params![place(log, 0), place(log, u64::MAX)], read)?;
    let Some((Some(first), Some(last))) = ends else { return Ok((0, None)) };
    let tree = match sealed(tx, log, u64::try_from(named(first).1).unwrap_or_default(), before)? {
        Sealed::Old(tree) => Some(tree),
        Sealed::Lately => return Ok((0, None)),
        Sealed::Never => None,
    };
    // The last row of a log stays, and with it its tree.
    let end = tree.as_ref().map_or(last, |tree| place(log, tree.end()));
    if end > last {
        return Ok((0, None));
    }
    let lot = end.min(first.saturating_add(rows));
    let young =
        format!("SELECT place FROM evidence WHERE place >= ?2 AND place < ?3 AND at >= {OLD} ORDER BY place LIMIT 1");
    let young = tx.one(WHAT, &young, params![before, first, lot], |row| column(row, 0))?;
    let places = first..young.unwrap_or(lot);
    let (gone, whole) = (u64::try_from(places.end - places.start).unwrap_or(0), places.end == end);
    // One by one: the trigger that guards the evidence wants the first row each time.
    tx.each(WHAT, "DELETE FROM evidence WHERE place = ?1", places.map(|place| [place]))?;
    Ok((gone, tree.filter(|_| whole)))
}

/// Of the oldest subjects those that nothing refers to any more: they go in the order in which they came, behind their
/// evidence.
fn subjects(tx: &Connection, rows: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM subjects WHERE id IN (SELECT id FROM subjects ORDER BY id LIMIT ?1)
                 AND NOT EXISTS (SELECT 1 FROM evidence WHERE about = subjects.id)
                 AND NOT EXISTS (SELECT 1 FROM sent WHERE subject = subjects.id)
                 AND NOT EXISTS (SELECT 1 FROM queue WHERE about = subjects.id)";
    tx.run("removing old subjects", sql, [rows])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::schema;

    #[test]
    fn when_a_holder_was_told_is_kept_while_it_may_matter() {
        let file = Connection::open_in_memory().unwrap();
        schema::make(&file).unwrap();
        let rows = "INSERT INTO refusing (mailbox, count, told) VALUES (1, 0, 99), (2, 3, 99), (3, 0, 100), (4, 0, 1)";
        file.execute_batch(&format!("PRAGMA foreign_keys = OFF; {rows}")).unwrap();
        let left = || {
            let mut kept = file.prepare("SELECT mailbox FROM refusing ORDER BY mailbox").unwrap();
            kept.query_map([], |row| row.get(0)).unwrap().collect::<Result<Vec<i64>, _>>().unwrap()
        };
        told(&file, 100, 1).unwrap();
        assert_eq!(left(), [1, 2, 3], "the oldest first");
        told(&file, 100, 9).unwrap();
        assert_eq!(left(), [2, 3]);
    }
}
