//! Messages and originals in their tables: how they get there, and when they go.

use rusqlite::{Connection, Row, params};

use super::chunks;
use super::layout::{Insert, Layout};
use super::sets;
use super::sql::{Statements, column, kind, signed};
use crate::{Keeping, MessageId, StoreError, Summary};

/// Stores a message; its originals once. Those that are files have been written before.
pub(super) fn store(
    tx: &Connection,
    layout: &Layout,
    summary: &Summary,
    kept: Option<Keeping>,
) -> Result<MessageId, StoreError> {
    let what = "storing a message";
    tx.run(
        what,
        "INSERT INTO messages (size, kind, identifier, digest, date, subject, header_from, sender, reply_to, header_to, cc,
           in_reply_to, message_id, structure, header, own, kept, whole)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        params![
            signed(layout.size),
            summary.kind.map(|kind| kind.name()),
            summary.identifier.as_deref(),
            layout.digest,
            summary.date,
            summary.subject,
            summary.from,
            summary.sender,
            summary.reply_to,
            summary.to,
            summary.cc,
            summary.in_reply_to,
            summary.message_id,
            layout.structure,
            layout.header.as_ref(),
            layout.own,
            kept.map(|kept| kept.since.unix()),
            kept.is_some_and(|kept| kept.whole),
        ],
    )?;
    let message = MessageId(tx.last_insert_rowid());
    for (position, insert) in (0i64..).zip(&layout.inserts) {
        let original = original(tx, insert)?;
        let sql = "INSERT INTO inserts (message, position, at, skip, original) VALUES (?1, ?2, ?3, ?4, ?5)";
        tx.run(what, sql, params![message.0, position, signed(insert.at), signed(insert.skip), original])?;
    }
    Ok(message)
}

fn original(tx: &Connection, insert: &Insert) -> Result<i64, StoreError> {
    let what = "storing an original";
    let (sha256, bytes) = (insert.shared.sha256(), insert.shared.bytes());
    let (chunks, data) = match insert.file {
        true => (insert.chunks(), None),
        false => (chunks::none(), Some(bytes.as_ref())),
    };
    let sql = "SELECT id, gone FROM originals WHERE sha256 = ?1";
    let known = tx.one(what, sql, [sha256], |row| Ok((column::<i64>(row, 0)?, column::<bool>(row, 1)?)))?;
    match known {
        Some((id, false)) => Ok(id),
        Some((id, true)) => {
            let sql = "UPDATE originals SET gone = 0, chunks = ?2, data = ?3 WHERE id = ?1";
            tx.run(what, sql, params![id, chunks, data])?;
            Ok(id)
        }
        None => {
            let sql = "INSERT INTO originals (sha256, size, chunks, data) VALUES (?1, ?2, ?3, ?4)";
            tx.run(what, sql, params![sha256, signed(bytes.len()), chunks, data])?;
            Ok(tx.last_insert_rowid())
        }
    }
}

/// Removes each of these messages that nothing refers to any more and nobody keeps, and the bytes of originals that only they
/// held, or only what is kept without them.
pub(super) fn collect(tx: &Connection, messages: &[MessageId]) -> Result<(), StoreError> {
    match messages {
        [] => Ok(()),
        // What almost every Outcome lets go. No statement here makes a table of its own, as one about a list does.
        [one] => collect_one(tx, *one),
        many => collect_many(tx, many),
    }
}

fn collect_one(tx: &Connection, message: MessageId) -> Result<(), StoreError> {
    let what = "removing a message";
    let sql = format!("SELECT {}, kept IS NOT NULL, whole FROM messages WHERE id = ?1", referred("?1"));
    let standing = tx.one(what, &sql, [message.0], |row| {
        Ok((column::<bool>(row, 0)?, column::<bool>(row, 1)?, column::<bool>(row, 2)?))
    })?;
    let kept = match standing {
        None | Some((true, ..) | (_, true, true)) => return Ok(()),
        Some((false, kept, _)) => kept,
    };
    // Looked for first: how a message holds them goes with it.
    let sql = "SELECT original FROM inserts WHERE message = ?1";
    let held: Vec<i64> = tx.all(what, sql, [message.0], |row| column(row, 0))?;
    if !kept {
        tx.run(what, "DELETE FROM messages WHERE id = ?1", [message.0])?;
    }
    for original in held {
        let what = "removing an original";
        let sql = "SELECT 1 FROM inserts WHERE original = ?1 LIMIT 1";
        if !kept && tx.one(what, sql, [original], |_| Ok(()))?.is_none() {
            tx.run(what, "DELETE FROM originals WHERE id = ?1", [original])?;
        } else {
            let sql = format!("{EMPTY} WHERE id = ?1 AND NOT gone AND NOT {}", needed("originals.id"));
            tx.run(what, &sql, [original])?;
        }
    }
    Ok(())
}

/// A folder may let go of thousands.
fn collect_many(tx: &Connection, messages: &[MessageId]) -> Result<(), StoreError> {
    const ONE_OF: &str = "IN (SELECT value FROM json_each(?1))";
    let what = "removing messages";
    let list = sets::list(messages.iter().map(|message| message.0));
    let sql = format!("SELECT DISTINCT original FROM inserts WHERE message {ONE_OF}");
    let held: Vec<i64> = tx.all(what, &sql, [&list], |row| column(row, 0))?;
    let sql = format!("DELETE FROM messages WHERE id {ONE_OF} AND kept IS NULL AND NOT ({})", referred("messages.id"));
    tx.run(what, &sql, [&list])?;
    if held.is_empty() {
        return Ok(());
    }
    let (what, list) = ("removing originals", sets::list(held));
    let sql = format!(
        "DELETE FROM originals WHERE id {ONE_OF} AND NOT EXISTS (SELECT 1 FROM inserts WHERE original = originals.id)"
    );
    tx.run(what, &sql, [&list])?;
    let sql = format!("{EMPTY} WHERE id {ONE_OF} AND NOT gone AND NOT {}", needed("originals.id"));
    tx.run(what, &sql, [&list]).map(drop)
}

/// Leaves of an original what it was. Its file goes when the transaction has ended.
const EMPTY: &str = "UPDATE originals SET gone = 1, data = NULL";

/// Whether the bytes of an original are needed: by a message that somebody has, or that is kept with them.
pub(super) fn needed(original: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM inserts AS i JOIN messages AS m ON m.id = i.message
           WHERE i.original = {original} AND (m.whole OR {}))",
        referred("m.id")
    )
}

/// Whether anything refers to a message, its keeping apart.
pub(super) fn referred(message: &str) -> String {
    let exists = |table| format!("EXISTS (SELECT 1 FROM {table} WHERE message = {message})");
    ["entries", "queue", "infected", "service"].map(exists).join(" OR ")
}

/// The cached header values of a row that has the columns of `messages`.
pub(super) fn summary(row: &Row<'_>) -> Result<Summary, StoreError> {
    Ok(Summary {
        kind: kind(row, "kind")?,
        identifier: column::<Option<String>>(row, "identifier")?.map(Into::into),
        date: column(row, "date")?,
        subject: column(row, "subject")?,
        from: column(row, "header_from")?,
        sender: column(row, "sender")?,
        reply_to: column(row, "reply_to")?,
        to: column(row, "header_to")?,
        cc: column(row, "cc")?,
        in_reply_to: column(row, "in_reply_to")?,
        message_id: column(row, "message_id")?,
    })
}
