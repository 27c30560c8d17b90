//! Messages about a certified one, and what of them is gone.

use async_trait::async_trait;
use pec::{Address, Identifier, Kind};
use rusqlite::{Connection, params};

use super::Embedded;
use super::sql::{Statements, column, kind, moment, signed, unsigned};
use crate::{AboutMessage, Exchanged, Kept, MessageId, StoreError};

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

    async fn exchanged(&self, range: Exchanged, limit: usize) -> Result<Vec<Identifier>, StoreError> {
        self.readers.run(move |db| exchanged(db, &range, limit)).await
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

/// What is done once with each envelope that came is kept as long as the evidence; so is what was accepted.
fn exchanged(db: &Connection, range: &Exchanged, limit: usize) -> Result<Vec<Identifier>, StoreError> {
    let sql = "SELECT identifier FROM (
                 SELECT identifier, at FROM sent WHERE at >= ?1 AND at < ?2 AND (?3 IS NULL OR lower(mailbox) = ?3)
                 UNION ALL
                 SELECT identifier, at FROM once WHERE at >= ?1 AND at < ?2 AND kind = ?4 AND contradicts = x''
                   AND (?3 IS NULL OR recipient = ?3))
               GROUP BY identifier ORDER BY min(at), identifier LIMIT ?5";
    let Exchanged { since, until, mailbox } = range;
    let mailbox = mailbox.as_ref().map(Address::key);
    let params = params![since.unix(), until.unix(), mailbox, Kind::TransportEnvelope.name(), signed(limit)];
    db.all(WHAT, sql, params, |row| Ok(column::<String>(row, 0)?.into()))
}

fn gone(db: &Connection, message: MessageId) -> Result<Vec<[u8; 32]>, StoreError> {
    let sql = "SELECT o.sha256 FROM inserts AS i JOIN originals AS o ON o.id = i.original
               WHERE i.message = ?1 AND o.gone ORDER BY i.position";
    db.all(WHAT, sql, [message.0], |row| column(row, 0))
}
