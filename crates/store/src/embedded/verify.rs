//! A check of everything, for operators, backups and the end of every test.

use pec::Shared;
use rusqlite::Connection;

use super::sql::{Statements, column};
use crate::StoreError;

/// What must never be found, each with a statement that finds it.
const FAULTS: &[(&str, &str)] = &[
    ("a row refers to nothing", "SELECT count(*) FROM pragma_foreign_key_check"),
    (
        "a mailbox's used octets are not the sum of its messages",
        "SELECT count(*) FROM mailboxes b WHERE b.used <> (SELECT coalesce(sum(m.size), 0) FROM folders f
           JOIN entries e ON e.folder = f.id JOIN messages m ON m.id = e.message WHERE f.mailbox = b.id)",
    ),
    (
        "a folder's counts are not those of its entries",
        "SELECT count(*) FROM folders f WHERE
           f.messages <> (SELECT count(*) FROM entries WHERE folder = f.id)
           OR f.unseen <> (SELECT count(*) FROM entries WHERE folder = f.id AND NOT seen)
           OR f.uid_next <= (SELECT coalesce(max(uid), 0) FROM entries WHERE folder = f.id)
           OR f.highest_modseq < (SELECT coalesce(max(modseq), 0) FROM entries WHERE folder = f.id)",
    ),
    (
        "nothing refers to a message",
        "SELECT count(*) FROM messages m WHERE NOT EXISTS (SELECT 1 FROM entries WHERE message = m.id)
           AND NOT EXISTS (SELECT 1 FROM queue WHERE message = m.id)
           AND NOT EXISTS (SELECT 1 FROM infected WHERE message = m.id)",
    ),
    (
        "a message's pieces are not as long as the message",
        "SELECT count(*) FROM messages m WHERE m.size <> length(m.own) + (SELECT coalesce(sum(o.size), 0)
           FROM inserts i JOIN originals o ON o.id = i.original WHERE i.message = m.id)",
    ),
    (
        "no message holds an original",
        "SELECT count(*) FROM originals o WHERE NOT EXISTS (SELECT 1 FROM inserts WHERE original = o.id)",
    ),
    ("an original is not as long as it was", "SELECT count(*) FROM originals WHERE size <> length(data)"),
    ("the evidence has gaps", "SELECT coalesce(max(number) - min(number) + 1 - count(*), 0) FROM evidence"),
    (
        "a counter is wrong",
        "SELECT count(*) FROM counters WHERE value <> CASE name
           WHEN 'messages' THEN (SELECT count(*) FROM messages) WHEN 'originals' THEN (SELECT count(*) FROM originals)
           WHEN 'queue' THEN (SELECT count(*) FROM queue) WHEN 'watches' THEN (SELECT count(*) FROM watches)
           ELSE value END",
    ),
];

pub(super) fn all(connection: &Connection) -> Result<(), StoreError> {
    let mut found = connection.all("checking the file", "PRAGMA integrity_check", [], |row| column(row, 0))?;
    found.retain(|line: &String| line != "ok");
    for (fault, sql) in FAULTS {
        let count: i64 = connection.one("checking the tables", sql, [], |row| column(row, 0))?.unwrap_or(0);
        if count != 0 {
            found.push(format!("{fault} ({count} times)"));
        }
    }
    let spoilt = |row: &rusqlite::Row<'_>| {
        let (number, sha256, data): (i64, [u8; 32], Vec<u8>) = (column(row, 0)?, column(row, 1)?, column(row, 2)?);
        Ok((*Shared::new(data.into()).sha256() != sha256).then_some(number))
    };
    let originals = connection.all("checking the originals", "SELECT id, sha256, data FROM originals", [], spoilt)?;
    for number in originals.into_iter().flatten() {
        found.push(format!("original {number} is not what its SHA-256 says"));
    }
    if found.is_empty() { Ok(()) } else { Err(StoreError(format!("the store is damaged: {}", found.join("; ")))) }
}
