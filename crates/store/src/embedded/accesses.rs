//! The access history of mailboxes.

use std::net::IpAddr;

use async_trait::async_trait;
use pec::{Address, Moment};
use rusqlite::{Connection, Row, params};

use super::Embedded;
use super::sql::{Statements, address, column, moment, named, signed, unsigned};
use crate::{Access, AccessOutcome, AccessRow, Accesses, Actor, Protocol, StoreError};

/// Seconds of a day.
const DAY: i64 = 24 * 3600;
/// Of the use of an app password only the minute is kept: a program that logs in all the time writes no row each time.
const USED: i64 = 60;
/// Characters of what a program calls itself.
const CLIENT: usize = 200;

#[async_trait]
impl Accesses for Embedded {
    async fn note_accesses(&self, accesses: Vec<Access>) -> Result<(), StoreError> {
        self.write(move |tx| accesses.iter().try_for_each(|access| note(tx, access))).await
    }

    async fn accesses(&self, mailbox: &Address, after: i64, limit: usize) -> Result<Vec<AccessRow>, StoreError> {
        let key = mailbox.key();
        let sql =
            "SELECT a.id, a.first, a.last, a.count, a.actor, p.name, a.peer, a.client, a.protocol, a.outcome, a.message
                   FROM accesses AS a LEFT JOIN app_passwords AS p ON p.id = a.app_password
                   WHERE a.mailbox = (SELECT id FROM mailboxes WHERE key = ?1) AND a.id > ?2 ORDER BY a.id LIMIT ?3";
        self.readers.run(move |db| db.all("reading accesses", sql, params![key, after, signed(limit)], read)).await
    }

    async fn expire_accesses(&self, before: Moment, rows: usize) -> Result<usize, StoreError> {
        let sql = "DELETE FROM accesses WHERE id IN (SELECT id FROM accesses WHERE last < ?1 LIMIT ?2)";
        self.write(move |tx| tx.run("removing accesses", sql, params![before.unix(), signed(rows)])).await
    }
}

/// What a user did, by the name in small letters. The holder's own rows, and those of nobody, are in no index by who it was.
pub(super) fn by(
    db: &Connection,
    user: &str,
    after: i64,
    limit: usize,
) -> Result<Vec<(Address, AccessRow)>, StoreError> {
    let sql =
        "SELECT a.id, a.first, a.last, a.count, a.actor, p.name, a.peer, a.client, a.protocol, a.outcome, a.message, m.address
               FROM accesses AS a INDEXED BY accesses_by_user JOIN mailboxes AS m ON m.id = a.mailbox
               LEFT JOIN app_passwords AS p ON p.id = a.app_password
               WHERE a.actor = ?1 AND a.actor NOT IN ('', '@') AND a.id > ?2 ORDER BY a.id LIMIT ?3";
    let params = params![user, after, signed(limit)];
    db.all("reading accesses", sql, params, |row| Ok((address(row, 11)?, read(row)?)))
}

fn note(tx: &Connection, access: &Access) -> Result<(), StoreError> {
    let what = "noting an access";
    let Access { at, mailbox, who, app_password, peer, client, protocol, outcome, message, count } = access;
    if let Some(app) = app_password {
        let sql = "UPDATE app_passwords SET used = ?2 WHERE id = ?1 AND (used IS NULL OR used <= ?2 - ?3)";
        tx.run(what, sql, params![app.0, at.unix(), USED])?;
    }
    let sql = "SELECT id FROM mailboxes WHERE key = ?1 AND NOT service";
    let Some(mailbox) = tx.one(what, sql, [mailbox.key()], |row| column::<i64>(row, 0))? else { return Ok(()) };
    let (day, outcome, protocol) = (at.unix().div_euclid(DAY), outcome.name(), protocol.name());
    let (at, actor) = (at.unix(), who.as_ref().map(actor).unwrap_or_default());
    let client = client.as_ref().map(|client| client.chars().take(CLIENT).collect::<String>());
    let app = app_password.map_or(0, |app| app.0);
    let peer = peer.map(|peer| peer.to_string()).unwrap_or_default();
    let message = message.clone().unwrap_or_default();
    let known = "UPDATE accesses SET first = min(first, ?9), last = max(last, ?9), count = count + ?10,
                   client = coalesce(?11, client)
                 WHERE mailbox = ?1 AND day = ?2 AND outcome = ?3 AND protocol = ?4 AND actor = ?5 AND app_password = ?6
                   AND peer = ?7 AND message = ?8";
    let values = params![mailbox, day, outcome, protocol, actor, app, peer, message, at, count, client];
    if tx.run(what, known, values)? > 0 || *count == 0 {
        return Ok(());
    }
    let sql = "SELECT count(*) FROM accesses WHERE mailbox = ?1 AND day = ?2 AND outcome = ?3";
    let rows: Option<u32> = tx.one(what, sql, params![mailbox, day, outcome], |row| unsigned(row, 0))?;
    let beyond = rows.unwrap_or_default() >= access.outcome.most();
    // What is beyond the bound has neither app password nor address nor message nor program: it is one row.
    let (app, client) = (app * i64::from(!beyond), client.filter(|_| !beyond));
    let [peer, message] = [peer, message].map(|text| if beyond { String::new() } else { text });
    let sql =
        "INSERT INTO accesses (mailbox, day, outcome, protocol, actor, app_password, peer, message, first, last, count,
                 client)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11)
               ON CONFLICT (mailbox, day, outcome, protocol, actor, app_password, peer, message) DO UPDATE SET
                 first = min(first, excluded.first), last = max(last, excluded.last), count = count + excluded.count";
    let values = params![mailbox, day, outcome, protocol, actor, app, peer, message, at, count, client];
    tx.run(what, sql, values).map(drop)
}

/// As it is written: the holder has a name that no user can have.
fn actor(who: &Actor) -> String {
    match who {
        Actor::User(name) => name.clone(),
        Actor::Holder | Actor::System | Actor::Operator(_) | Actor::Peer => "@".to_owned(),
    }
}

fn read(row: &Row<'_>) -> Result<AccessRow, StoreError> {
    let text = |at| column::<String>(row, at).map(|text| Some(text).filter(|text| !text.is_empty()));
    let unknown = || StoreError::damaged("a row of accesses has no outcome or protocol");
    let peer = text(6)?.map(|peer| peer.parse::<IpAddr>()).transpose();
    let protocol = named(column(row, 8)?, Protocol::from_name)?;
    let outcome = named(column(row, 9)?, AccessOutcome::from_name)?;
    Ok(AccessRow {
        id: column(row, 0)?,
        first: moment(row, 1)?,
        last: moment(row, 2)?,
        count: unsigned(row, 3)?,
        who: text(4)?.map(|name| if name == "@" { Actor::Holder } else { Actor::User(name) }),
        app_password: column(row, 5)?,
        peer: peer.map_err(|_| StoreError::damaged("a row holds an address that is none"))?,
        client: column(row, 7)?,
        protocol: protocol.ok_or_else(unknown)?,
        outcome: outcome.ok_or_else(unknown)?,
        message: text(10)?,
    })
}
