//! Deadlines on the recipients of accepted messages.

use pec::{Address, Moment};
use rusqlite::{Connection, Row, params};

use super::sql::{Statements, address, column, moment, signed};
use crate::{CommitError, StoreError, Watch, WatchChange};

/// Opens, moves or closes a watch. Opening one that is open changes nothing.
pub(super) fn change(tx: &Connection, change: &WatchChange) -> Result<(), CommitError> {
    match change {
        WatchChange::Open { identifier, recipient, opened, due } => tx.run(
            "opening a watch",
            "INSERT INTO watches (identifier, key, recipient, opened, due) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (identifier, key) DO NOTHING",
            params![identifier, recipient.key(), recipient.as_str(), opened.unix(), due.unix()],
        ),
        WatchChange::Told { watch, due } => {
            let Watch { identifier, recipient, taken, due: seen, .. } = watch;
            let found = match due {
                Some(due) => tx.run(
                    "moving a watch",
                    "UPDATE watches SET due = ?5 WHERE identifier = ?1 AND key = ?2 AND taken = ?3 AND due = ?4",
                    params![identifier, recipient.key(), taken, seen.unix(), due.unix()],
                ),
                None => tx.run(
                    "closing a watch that was told",
                    "DELETE FROM watches WHERE identifier = ?1 AND key = ?2 AND taken = ?3 AND due = ?4",
                    params![identifier, recipient.key(), taken, seen.unix()],
                ),
            }?;
            if found == 0 {
                return Err(CommitError::Moved { identifier: identifier.clone(), recipient: recipient.clone() });
            }
            Ok(found)
        }
        WatchChange::Taken { identifier, recipient } => tx.run(
            "noting a take-charge",
            "UPDATE watches SET taken = 1 WHERE identifier = ?1 AND key = ?2",
            params![identifier, recipient.key()],
        ),
        WatchChange::Close { identifier, recipient } => tx.run(
            "closing a watch",
            "DELETE FROM watches WHERE identifier = ?1 AND key = ?2",
            params![identifier, recipient.key()],
        ),
    }?;
    Ok(())
}

pub(super) fn due(connection: &Connection, now: Moment, limit: usize) -> Result<Vec<Watch>, StoreError> {
    let sql = "SELECT identifier, recipient, opened, taken, due FROM watches WHERE due <= ?1
               ORDER BY due, identifier, key LIMIT ?2";
    connection.all("reading the watches", sql, params![now.unix(), signed(limit)], read)
}

pub(super) fn one(connection: &Connection, identifier: &str, recipient: &Address) -> Result<Option<Watch>, StoreError> {
    let sql = "SELECT identifier, recipient, opened, taken, due FROM watches WHERE identifier = ?1 AND key = ?2";
    connection.one("reading a watch", sql, params![identifier, recipient.key()], read)
}

fn read(row: &Row<'_>) -> Result<Watch, StoreError> {
    Ok(Watch {
        identifier: column(row, 0)?,
        recipient: address(row, 1)?,
        opened: moment(row, 2)?,
        taken: column(row, 3)?,
        due: moment(row, 4)?,
    })
}
