//! Messages and originals: how pieces lie on disk, how they come back, and when they go.

use bytes::Bytes;
use pec::{Piece, Pieces, Shared};
use rusqlite::{Connection, Row, params};

use super::sql::{Statements, column, kind, signed, unsigned};
use crate::{MessageId, StoreError, Summary};

/// A message laid out for the disk; made outside the writer, since it hashes and copies.
pub(super) struct Layout {
    pub(super) size: usize,
    own: Vec<u8>,
    inserts: Vec<(usize, Shared)>,
}

impl Layout {
    /// Shared runs below `inline_below` octets are kept with the message's own bytes.
    pub(super) fn of(pieces: &Pieces, inline_below: usize) -> Self {
        let mut layout = Self { size: pieces.len(), own: Vec::new(), inserts: Vec::new() };
        for piece in pieces.iter() {
            match piece {
                Piece::Own(bytes) => layout.own.extend_from_slice(bytes),
                Piece::Shared(shared) if shared.bytes().len() < inline_below => {
                    layout.own.extend_from_slice(shared.bytes());
                }
                Piece::Shared(shared) => {
                    shared.sha256();
                    layout.inserts.push((layout.own.len(), shared.clone()));
                }
            }
        }
        layout
    }
}

/// Stores a message; its originals once.
pub(super) fn store(tx: &Connection, layout: &Layout, summary: &Summary) -> Result<MessageId, StoreError> {
    tx.run(
        "storing a message",
        "INSERT INTO messages (size, kind, identifier, date, subject, header_from, sender, reply_to, header_to, cc,
           in_reply_to, message_id, own) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        params![
            signed(layout.size),
            summary.kind.map(|kind| kind.name()),
            summary.identifier,
            summary.date,
            summary.subject,
            summary.from,
            summary.sender,
            summary.reply_to,
            summary.to,
            summary.cc,
            summary.in_reply_to,
            summary.message_id,
            layout.own,
        ],
    )?;
    let message = MessageId(tx.last_insert_rowid());
    for (position, (at, shared)) in (0i64..).zip(&layout.inserts) {
        let original = original(tx, shared)?;
        tx.run(
            "storing a message",
            "INSERT INTO inserts (message, position, at, original) VALUES (?1, ?2, ?3, ?4)",
            params![message.0, position, signed(*at), original],
        )?;
    }
    Ok(message)
}

fn original(tx: &Connection, shared: &Shared) -> Result<i64, StoreError> {
    let what = "storing an original";
    let known = tx.one(what, "SELECT id FROM originals WHERE sha256 = ?1", [shared.sha256()], |row| column(row, 0))?;
    if let Some(id) = known {
        return Ok(id);
    }
    tx.run(
        what,
        "INSERT INTO originals (sha256, size, data) VALUES (?1, ?2, ?3)",
        params![shared.sha256(), signed(shared.bytes().len()), shared.bytes().as_ref()],
    )?;
    Ok(tx.last_insert_rowid())
}

/// Removes each of these messages that no entry, no dispatch and no row of the special store refers to, and originals that only they held.
pub(super) fn collect(tx: &Connection, messages: &[MessageId]) -> Result<(), StoreError> {
    let what = "removing a message";
    for message in messages {
        let held: Vec<i64> =
            tx.all(what, "SELECT DISTINCT original FROM inserts WHERE message = ?1", [message.0], |row| {
                column(row, 0)
            })?;
        let removed = tx.run(
            what,
            "DELETE FROM messages WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM entries WHERE message = ?1)
               AND NOT EXISTS (SELECT 1 FROM queue WHERE message = ?1)
               AND NOT EXISTS (SELECT 1 FROM infected WHERE message = ?1)",
            [message.0],
        )?;
        if removed == 0 {
            continue;
        }
        for original in held {
            tx.run(
                "removing an original",
                "DELETE FROM originals WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM inserts WHERE original = ?1)",
                [original],
            )?;
        }
    }
    Ok(())
}

/// The exact bytes of a message; originals come back marked as shared.
pub(super) fn read(connection: &Connection, message: MessageId) -> Result<Option<Pieces>, StoreError> {
    let what = "reading a message";
    let found = connection.one(what, "SELECT own, size FROM messages WHERE id = ?1", [message.0], |row| {
        Ok((Bytes::from(column::<Vec<u8>>(row, 0)?), unsigned::<usize>(row, 1)?))
    })?;
    let Some((own, size)) = found else { return Ok(None) };
    let inserts = connection.all(
        what,
        "SELECT i.at, o.id, o.sha256, o.data FROM inserts i JOIN originals o ON o.id = i.original
         WHERE i.message = ?1 ORDER BY i.position",
        [message.0],
        |row| Ok((unsigned::<usize>(row, 0)?, column::<[u8; 32]>(row, 2)?, Bytes::from(column::<Vec<u8>>(row, 3)?))),
    )?;
    let mut pieces = Pieces::new();
    let mut written = 0;
    for (at, sha256, data) in inserts {
        if at < written || at > own.len() {
            return Err(StoreError(format!("reading a message: {message:?} is laid out beyond its own bytes")));
        }
        pieces.push(own.slice(written..at));
        pieces.push_shared(Shared::with_sha256(data, sha256));
        written = at;
    }
    pieces.push(own.slice(written..));
    if pieces.len() != size {
        return Err(StoreError(format!("reading a message: {message:?} has {} octets, not {size}", pieces.len())));
    }
    Ok(Some(pieces))
}

/// The cached header values of a row that has the columns of `messages`.
pub(super) fn summary(row: &Row<'_>) -> Result<Summary, StoreError> {
    Ok(Summary {
        kind: kind(row, "kind")?,
        identifier: column(row, "identifier")?,
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::schema;
    use super::*;

    fn file() -> Connection {
        let file = Connection::open_in_memory().unwrap();
        schema::prepare(&file).unwrap();
        file
    }

    fn count(file: &Connection, table: &str) -> i64 {
        file.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn reading_gives_back_what_was_stored_and_removing_leaves_nothing(
            runs in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..40)), 0..12),
        ) {
            let mut pieces = Pieces::new();
            for (shared, bytes) in runs {
                if shared { pieces.push_shared(Shared::new(bytes.into())) } else { pieces.push(bytes) }
            }
            let file = file();
            let layout = Layout::of(&pieces, 10);
            let first = store(&file, &layout, &Summary::default()).unwrap();
            let second = store(&file, &layout, &Summary::default()).unwrap();
            for message in [first, second] {
                let back = read(&file, message).unwrap().unwrap();
                prop_assert_eq!(back.to_bytes(), pieces.to_bytes());
                let runs = |pieces: &Pieces| pieces.iter().filter_map(|piece| match piece {
                    Piece::Shared(shared) if shared.bytes().len() >= 10 => Some(*shared.sha256()),
                    _ => None,
                }).collect::<Vec<_>>();
                prop_assert_eq!(runs(&back), runs(&pieces));
            }
            collect(&file, &[first]).unwrap();
            prop_assert_eq!(read(&file, second).unwrap().unwrap().to_bytes(), pieces.to_bytes());
            collect(&file, &[second, first]).unwrap();
            prop_assert_eq!((count(&file, "messages"), count(&file, "inserts"), count(&file, "originals")), (0, 0, 0));
        }
    }
}
