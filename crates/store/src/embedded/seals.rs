//! What seals the evidence: tiles, heads, stamps; rows that are only ever added.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use proof::tree;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::Embedded;
use super::evidence::place;
use super::sql::{Statements, column, moment, signed, unsigned};
use crate::{HeadQuery, LogId, SealedHead, Seals, StoreError, Tile, TileRoot};

const HEAD: &str = "SELECT h.log, h.number, h.first, h.size, h.closed, h.at, h.text, h.signature, s.stamp
                    FROM heads h LEFT JOIN stamps s ON s.log = h.log AND s.number = h.number";

fn head(row: &Row<'_>) -> Result<SealedHead, StoreError> {
    let bytes = |at| column::<Vec<u8>>(row, at).map(Bytes::from);
    Ok(SealedHead {
        log: LogId(unsigned(row, 0)?),
        number: unsigned(row, 1)?,
        first: unsigned(row, 2)?,
        size: unsigned(row, 3)?,
        closed: column(row, 4)?,
        at: moment(row, 5)?,
        text: bytes(6)?,
        signature: bytes(7)?,
        stamp: column::<Option<Vec<u8>>>(row, 8)?.map(Bytes::from),
    })
}

fn heads(db: &Connection, query: &HeadQuery) -> Result<Vec<SealedHead>, StoreError> {
    let HeadQuery { log, after, closed, unstamped, limit } = *query;
    let mut sql = format!("{HEAD} WHERE TRUE");
    let mut values = Vec::new();
    if let Some(log) = log {
        sql.push_str(" AND h.log = ?");
        values.push(Value::from(log.0));
    }
    if let Some((log, number)) = after {
        sql.push_str(" AND (h.log, h.number) > (?, ?)");
        values.extend([log.0.into(), signed(number).into()]);
    }
    if closed {
        sql.push_str(" AND h.closed");
    }
    if unstamped {
        sql.push_str(" AND s.stamp IS NULL");
    }
    sql.push_str(" ORDER BY h.log, h.number LIMIT ?");
    values.push(signed(limit).into());
    db.all("reading heads", &sql, params_from_iter(values), head)
}

fn last_head(db: &Connection, log: LogId) -> Result<Option<SealedHead>, StoreError> {
    db.one("reading the last head", &format!("{HEAD} WHERE h.log = ?1 ORDER BY h.number DESC LIMIT 1"), [log.0], head)
}

fn head_over(db: &Connection, log: LogId, row: u64) -> Result<Option<SealedHead>, StoreError> {
    let what = "looking for the head over a row";
    let first = db.one(what, TREE, params![log.0, signed(row)], |row| column::<Option<i64>>(row, 0))?.flatten();
    let Some(first) = first else { return Ok(None) };
    db.one(what, &over(), params![log.0, first, signed(row) - first], head)
}

/// Where the tree begins that has a row of a log, if one has it.
pub(super) const TREE: &str = "SELECT max(first) FROM heads WHERE log = ?1 AND first <= ?2";

/// Of the tree of log ?1 that begins with row ?2, the first head with more than ?3 rows, or the first stamped one behind it. A tree
/// only grows, so that its heads stand in the order of their sizes and of their numbers: two are looked at, however many it has.
pub(super) fn over() -> String {
    format!(
        "WITH least (number) AS
           (SELECT number FROM heads WHERE log = ?1 AND first = ?2 AND size > ?3 ORDER BY size, number LIMIT 1),
         stamped (number) AS
           (SELECT number FROM stamps WHERE log = ?1 AND number >= (SELECT number FROM least) ORDER BY number LIMIT 1)
         {HEAD} WHERE h.log = ?1 AND h.number IN (SELECT number FROM least UNION ALL SELECT number FROM stamped)
           AND +h.first = ?2
         ORDER BY s.stamp IS NULL, h.number LIMIT 1"
    )
}

fn tile_roots(db: &Connection, log: LogId, level: u32, rows: &Range<u64>) -> Result<Vec<TileRoot>, StoreError> {
    let sql = "SELECT place & 1099511627775, length(nodes) / 32, root FROM tiles
               WHERE level = ?1 AND place >= ?2 AND place < ?3 ORDER BY place";
    db.all("reading tiles", sql, params![level, place(log, rows.start), place(log, rows.end)], |row| {
        Ok(TileRoot { first: unsigned(row, 0)?, count: unsigned(row, 1)?, root: column(row, 2)? })
    })
}

fn tile(db: &Connection, log: LogId, level: u32, first: u64) -> Result<Option<Tile>, StoreError> {
    let sql = "SELECT root, nodes FROM tiles WHERE level = ?1 AND place = ?2";
    let read = |row: &Row<'_>| Ok((column::<tree::Node>(row, 0)?, column::<Vec<u8>>(row, 1)?));
    let found = db.one("reading a tile", sql, params![level, place(log, first)], read)?;
    let Some((root, bytes)) = found else { return Ok(None) };
    let (nodes, rest) = bytes.as_chunks::<32>();
    let whole = !nodes.is_empty() && nodes.len() <= Tile::FULL && rest.is_empty();
    if !whole || tree::root(nodes.iter().copied()) != root {
        let what = format!(
            "the tile of level {level} at row {first} of log {} is damaged: its nodes have not its root",
            log.0
        );
        return Err(StoreError::damaged(what));
    }
    Ok(Some(Tile { level, first, nodes: nodes.to_vec() }))
}

fn add_tiles(tx: &Connection, log: LogId, tiles: &[Tile]) -> Result<(), StoreError> {
    let row = |tile: &Tile| {
        let root = tree::root(tile.nodes.iter().copied());
        (tile.level, place(log, tile.first), root, tile.nodes.concat())
    };
    let sql = "INSERT INTO tiles (level, place, root, nodes) VALUES (?1, ?2, ?3, ?4)";
    tx.each("keeping tiles", sql, tiles.iter().map(row))
}

fn add_head(tx: &Connection, head: &SealedHead, last: Option<&Tile>) -> Result<(), StoreError> {
    let SealedHead { log, number, first, size, closed, at, text, signature, stamp: _ } = head;
    add_tiles(tx, *log, last.map_or(&[], std::slice::from_ref))?;
    let sql = "INSERT INTO heads (log, number, first, size, closed, at, text, signature)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let params = params![
        log.0,
        signed(*number),
        signed(*first),
        signed(*size),
        closed,
        at.unix(),
        text.as_ref(),
        signature.as_ref()
    ];
    tx.run("keeping a head", sql, params).map(drop)
}

#[async_trait]
impl Seals for Embedded {
    async fn heads(&self, query: HeadQuery) -> Result<Vec<SealedHead>, StoreError> {
        self.readers.run(move |db| heads(db, &query)).await
    }

    async fn last_head(&self, log: LogId) -> Result<Option<SealedHead>, StoreError> {
        self.readers.run(move |db| last_head(db, log)).await
    }

    async fn head_over(&self, log: LogId, row: u64) -> Result<Option<SealedHead>, StoreError> {
        self.readers.run(move |db| head_over(db, log, row)).await
    }

    async fn tile_roots(&self, log: LogId, level: u32, rows: Range<u64>) -> Result<Vec<TileRoot>, StoreError> {
        self.readers.run(move |db| tile_roots(db, log, level, &rows)).await
    }

    async fn tile(&self, log: LogId, level: u32, first: u64) -> Result<Option<Tile>, StoreError> {
        self.readers.run(move |db| tile(db, log, level, first)).await
    }

    async fn add_tiles(&self, log: LogId, tiles: Vec<Tile>) -> Result<(), StoreError> {
        self.write(move |tx| add_tiles(tx, log, &tiles)).await
    }

    async fn add_head(&self, head: SealedHead, last: Option<Tile>) -> Result<(), StoreError> {
        self.write(move |tx| add_head(tx, &head, last.as_ref())).await
    }

    async fn add_stamp(&self, log: LogId, number: u64, stamp: Bytes) -> Result<(), StoreError> {
        let sql = "INSERT INTO stamps (log, number, stamp) VALUES (?1, ?2, ?3)";
        self.write(move |tx| {
            tx.run("keeping a time stamp", sql, params![log.0, signed(number), stamp.as_ref()]).map(drop)
        })
        .await
    }
}
