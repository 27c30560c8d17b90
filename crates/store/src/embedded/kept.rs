//! Messages about a certified one, and what of them is gone.

use async_trait::async_trait;
use pec::Identifier;
use rusqlite::{Connection, params};

use super::Embedded;
use super::sql::{Statements, column, kind, moment, signed, unsigned};
use crate::{AboutMessage, Kept, MessageId, StoreError};

const WHAT: &str = "looking for what is kept of a message";

#[async_trait]
impl Kept for Embedded {
    async fn about(
        &self,
        identifier: &Identifier,
        after: MessageId,
        limit: usize,
    ) -> Result<Vec<AboutMessage>, StoreError> {
        let identifier = identifier.clone();
        self.readers.run(move |db| about(db, &identifier, after, limit)).await
    }

    async fn gone(&self, message: MessageId) -> Result<Vec<[u8; 32]>, StoreError> {
        self.readers.run(move |db| gone(db, message)).await
    }
}

fn about(
    db: &Connection,
    identifier: &Identifier,
    after: MessageId,
    limit: usize,
) -> Result<Vec<AboutMessage>, StoreError> {
    let sql = "SELECT id, kind, message_id, size, kept, NOT EXISTS (
                 SELECT 1 FROM inserts AS i JOIN originals AS o ON o.id = i.original WHERE i.message = m.id AND o.gone)
               FROM messages AS m WHERE identifier = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
    db.all(WHAT, sql, params![&**identifier, after.0, signed(limit)], |row| {
        let message_id: String = column(row, 2)?;
        Ok(AboutMessage {
            message: MessageId(column(row, 0)?),
            kind: kind(row, 1)?,
            message_id: message_id.trim().trim_start_matches('<').trim_end_matches('>').to_owned(),
            size: unsigned(row, 3)?,
            kept: column::<Option<i64>>(row, 4)?.map(|_| moment(row, 4)).transpose()?,
            whole: column(row, 5)?,
        })
    })
}

fn gone(db: &Connection, message: MessageId) -> Result<Vec<[u8; 32]>, StoreError> {
    let sql = "SELECT o.sha256 FROM inserts AS i JOIN originals AS o ON o.id = i.original
               WHERE i.message = ?1 AND o.gone ORDER BY i.position";
    db.all(WHAT, sql, [message.0], |row| column(row, 0))
}
