//! Of which messages no session has been told (`\Recent`, RFC 3501 §2.3.2): of those of a folder from one UID on. One number
//! says it of all, so that nothing is written for a message.

use rusqlite::{Connection, params};

use super::sql::{Statements, column, unsigned};
use crate::{FolderId, StoreError};

const WHAT: &str = "telling what is recent";

/// A session is told of what is below a UID; from which one on it is the first. A UID that no message has had yet is not passed.
pub(super) fn take(tx: &Connection, folder: FolderId, below: u32) -> Result<u32, StoreError> {
    let sql = "SELECT recent_from, min(?2, uid_next) FROM folders WHERE id = ?1";
    let read = |row: &rusqlite::Row<'_>| Ok((unsigned::<u32>(row, 0)?, unsigned::<u32>(row, 1)?));
    // Of a folder that is gone nothing is recent.
    let Some((from, to)) = tx.one(WHAT, sql, params![folder.0, below], read)? else { return Ok(below) };
    if from < to {
        tx.run(WHAT, "UPDATE folders SET recent_from = ?2 WHERE id = ?1", params![folder.0, to])?;
    }
    Ok(from)
}

/// Of how many no session has been told.
pub(super) fn count(connection: &Connection, folder: FolderId) -> Result<u32, StoreError> {
    // A folder that nobody opens may be large, and is asked about as often as others.
    let sql = "SELECT CASE recent_from WHEN 1 THEN messages WHEN uid_next THEN 0 ELSE
                 (SELECT count(*) FROM entries AS e WHERE e.folder = f.id AND e.uid >= f.recent_from) END
               FROM folders AS f WHERE id = ?1";
    Ok(connection.one(WHAT, sql, [folder.0], |row| column(row, 0))?.unwrap_or_default())
}

/// What was recent in a folder all of whose messages were moved to a new one is recent there. `pairs` are the UIDs here and
/// there, ascending.
pub(super) fn follow(tx: &Connection, from: FolderId, to: FolderId, pairs: &[(u32, u32)]) -> Result<(), StoreError> {
    let sql = "SELECT recent_from FROM folders WHERE id = ?1";
    let recent: u32 = tx.one(WHAT, sql, [from.0], |row| unsigned(row, 0))?.unwrap_or_default();
    let first = pairs.iter().find(|(here, _)| *here >= recent).map(|(_, there)| *there);
    let sql = "UPDATE folders SET recent_from = coalesce(?2, uid_next) WHERE id = ?1";
    tx.run(WHAT, sql, params![to.0, first]).map(drop)
}
