//! What no entry of a mailbox holds any more leaves the index: by small steps, when nothing waits.

use rusqlite::{Connection, params};

use super::doc::Doc;
use crate::StoreError;
use crate::embedded::sql::{Statements, column};

/// Messages that one step looks at.
const STEP: i64 = 200;

const WHAT: &str = "sweeping the search index";

/// Looks at some of what left its place, in a transaction of the index; whether there was anything.
pub(super) fn step(index: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT box, message FROM loose LIMIT ?1";
    let loose = index.all(WHAT, sql, [STEP], |row| Ok((column::<i64>(row, 0)?, column::<i64>(row, 1)?)))?;
    for (mailbox, message) in &loose {
        index.run(WHAT, "DELETE FROM loose WHERE box = ?1 AND message = ?2", [mailbox, message])?;
        let held = "SELECT 1 FROM placed WHERE message = ?2 AND box = ?1 LIMIT 1";
        if index.one(WHAT, held, [mailbox, message], |_| Ok(()))?.is_none() {
            take_out(index, *mailbox, *message)?;
        }
    }
    Ok(!loose.is_empty())
}

/// A message is nowhere in a mailbox.
fn take_out(index: &Connection, mailbox: i64, message: i64) -> Result<(), StoreError> {
    let texts: Vec<i64> =
        index.all(WHAT, "SELECT text FROM holds WHERE message = ?1", [message], |row| column(row, 0))?;
    remove(index, Doc::Message(message).number(mailbox))?;
    for text in &texts {
        let sql = "SELECT 1 FROM holds AS h CROSS JOIN placed AS p ON p.message = h.message AND p.box = ?2
                   WHERE h.text = ?1 LIMIT 1";
        if index.one(WHAT, sql, [*text, mailbox], |_| Ok(()))?.is_none() {
            remove(index, Doc::Text(*text).number(mailbox))?;
        }
    }
    let anywhere = "SELECT 1 FROM placed WHERE message = ?1 UNION ALL SELECT 1 FROM loose WHERE message = ?1 LIMIT 1";
    if index.one(WHAT, anywhere, [message], |_| Ok(()))?.is_some() {
        return Ok(());
    }
    index.run(WHAT, "DELETE FROM holds WHERE message = ?1", [message])?;
    index.run(WHAT, "DELETE FROM known WHERE number = ?1", [message])?;
    for text in texts {
        let sql = "DELETE FROM texts WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM holds WHERE text = ?1)";
        index.run(WHAT, sql, params![text])?;
    }
    Ok(())
}

fn remove(index: &Connection, number: i64) -> Result<(), StoreError> {
    index.run(WHAT, "DELETE FROM grams WHERE rowid = ?1", [number])?;
    index.run(WHAT, "DELETE FROM words WHERE rowid = ?1", [number]).map(drop)
}
