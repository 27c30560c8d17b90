//! Logins by browser.

use std::net::IpAddr;

use async_trait::async_trait;
use pec::Moment;
use rusqlite::{Connection, Row, params};

use super::sql::{Statements, column, moment, parse_address, signed};
use super::{Embedded, holders, users};
use crate::{Account, BrowserSession, BrowserSessionId, BrowserSessions, NewBrowserSession, SecretStamp, StoreError};

const WHAT: &str = "reading a login by browser";
const COLUMNS: &str = "s.id, u.name, m.address, s.stamp, s.began, s.used, s.peer, s.client FROM browser_sessions AS s
  LEFT JOIN users AS u ON u.id = s.user LEFT JOIN mailboxes AS m ON m.id = s.mailbox";

#[async_trait]
impl BrowserSessions for Embedded {
    async fn begin_browser_session(&self, new: NewBrowserSession) -> Result<Option<BrowserSessionId>, StoreError> {
        self.write(move |tx| begin(tx, &new)).await
    }

    async fn browser_session(&self, digest: [u8; 32]) -> Result<Option<BrowserSession>, StoreError> {
        let sql = format!("SELECT {COLUMNS} WHERE s.digest = ?1");
        self.readers.run(move |db| db.one(WHAT, &sql, [digest], read)).await
    }

    async fn browser_sessions(&self, of: &Account) -> Result<Vec<BrowserSession>, StoreError> {
        let of = of.clone();
        self.readers
            .run(move |db| {
                let Some(owner) = Owner::find(db, &of)? else { return Ok(Vec::new()) };
                let sql =
                    format!("SELECT {COLUMNS} WHERE s.user IS ?1 AND s.mailbox IS ?2 ORDER BY s.used DESC, s.id DESC");
                db.all(WHAT, &sql, params![owner.user, owner.mailbox], read)
            })
            .await
    }

    async fn browser_session_used(&self, id: BrowserSessionId, at: Moment) -> Result<(), StoreError> {
        let sql = "UPDATE browser_sessions SET used = max(used, ?2) WHERE id = ?1";
        self.pass(move |tx| tx.run("noting that a login is used", sql, params![id.0, at.unix()]).map(drop)).await
    }

    async fn end_browser_session(&self, of: &Account, id: BrowserSessionId) -> Result<bool, StoreError> {
        let of = of.clone();
        self.write(move |tx| {
            let Some(owner) = Owner::find(tx, &of)? else { return Ok(false) };
            let sql = "DELETE FROM browser_sessions WHERE id = ?3 AND user IS ?1 AND mailbox IS ?2";
            Ok(tx.run("ending a login", sql, params![owner.user, owner.mailbox, id.0])? > 0)
        })
        .await
    }

    async fn end_browser_sessions(&self, of: &Account, but: Option<BrowserSessionId>) -> Result<usize, StoreError> {
        let of = of.clone();
        self.write(move |tx| {
            let Some(owner) = Owner::find(tx, &of)? else { return Ok(0) };
            let sql = "DELETE FROM browser_sessions WHERE user IS ?1 AND mailbox IS ?2 AND id IS NOT ?3";
            tx.run("ending logins", sql, params![owner.user, owner.mailbox, but.map(|but| but.0)])
        })
        .await
    }

    async fn expire_browser_sessions(&self, used: Moment, began: Moment, rows: usize) -> Result<usize, StoreError> {
        let sql = "DELETE FROM browser_sessions WHERE id IN (
                     SELECT id FROM browser_sessions WHERE used < ?1 OR began < ?2 LIMIT ?3)";
        self.write(move |tx| tx.run("removing old logins", sql, params![used.unix(), began.unix(), signed(rows)])).await
    }
}

/// Whose: a user, or the holder of a mailbox.
struct Owner {
    user: Option<i64>,
    mailbox: Option<i64>,
}

impl Owner {
    fn find(db: &Connection, of: &Account) -> Result<Option<Self>, StoreError> {
        Ok(match of {
            Account::Mailbox(address) => {
                holders::find(db, &address.key())?.map(|mailbox| Self { user: None, mailbox: Some(mailbox.id.0) })
            }
            Account::User(name) => {
                users::account(db, &users::key(name))?.map(|(user, _)| Self { user: Some(user.id.0), mailbox: None })
            }
        })
    }
}

fn begin(tx: &Connection, new: &NewBrowserSession) -> Result<Option<BrowserSessionId>, StoreError> {
    let what = "beginning a login";
    let NewBrowserSession { digest, of, stamp, at, peer, client } = new;
    let Some(owner) = Owner::find(tx, of)? else { return Ok(None) };
    let crowded = "DELETE FROM browser_sessions WHERE id IN (
                     SELECT id FROM browser_sessions WHERE user IS ?1 AND mailbox IS ?2
                     ORDER BY used DESC, id DESC LIMIT -1 OFFSET ?3)";
    tx.run(what, crowded, params![owner.user, owner.mailbox, BrowserSession::MOST - 1])?;
    let client: String = client.chars().take(BrowserSession::CLIENT).collect();
    let sql = "INSERT INTO browser_sessions (digest, user, mailbox, stamp, began, used, peer, client)
               VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7)";
    let values = params![digest, owner.user, owner.mailbox, stamp.0, at.unix(), peer.to_string(), client];
    tx.run(what, sql, values)?;
    Ok(Some(BrowserSessionId(tx.last_insert_rowid())))
}

fn read(row: &Row<'_>) -> Result<BrowserSession, StoreError> {
    let (user, mailbox): (Option<String>, Option<String>) = (column(row, 1)?, column(row, 2)?);
    let of = match (user, mailbox) {
        (Some(name), _) => Account::User(name),
        (None, Some(address)) => Account::Mailbox(parse_address(&address)?),
        (None, None) => return Err(StoreError::damaged("a login by browser is nobody's")),
    };
    let peer: String = column(row, 6)?;
    let peer: IpAddr =
        peer.parse().map_err(|_| StoreError::damaged(format!("a login by browser came from {peer:?}")))?;
    Ok(BrowserSession {
        id: BrowserSessionId(column(row, 0)?),
        of,
        stamp: SecretStamp(column(row, 3)?),
        began: moment(row, 4)?,
        used: moment(row, 5)?,
        peer,
        client: column(row, 7)?,
    })
}
