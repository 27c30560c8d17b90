//! Users, and what they may do with mailboxes.

use rusqlite::{Connection, Row, params};

use super::sql::{Statements, address, column, unsigned};
use crate::{Change, ChangeKind, ErrorKind, Grant, GrantsOf, MailboxId, Rights, StoreError, User, UserId};

/// The longest name of a user, octets.
const LONGEST: usize = 255;

/// The name as it is kept; what is none is refused.
pub(super) fn name(text: &str) -> Result<String, StoreError> {
    let name = key(text);
    let refused = |why: String| Err(StoreError::new(ErrorKind::Refused, why));
    if name.is_empty() || name.len() > LONGEST {
        return refused(format!("the name of a user has 1 to {LONGEST} octets, this one has {}", name.len()));
    }
    // What has an @ is the address of a mailbox.
    if name.contains(|found: char| found == '@' || found.is_control() || found.is_whitespace()) {
        let shown = name.escape_debug();
        return refused(format!("'{shown}' is no name of a user: blanks, control characters and @ are not allowed"));
    }
    Ok(name)
}

/// A name as it is looked for.
pub(super) fn key(text: &str) -> String {
    text.to_lowercase()
}

/// `None`: the name is taken.
pub(super) fn create(
    tx: &Connection,
    name: &str,
    display: &str,
    password: Option<&str>,
) -> Result<Option<User>, StoreError> {
    let sql = "INSERT INTO users (name, display, password) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO NOTHING
               RETURNING id, name, display, enabled";
    tx.one("creating a user", sql, params![name, display, password], user)
}

/// A user, and the hash of the password.
pub(super) fn account(connection: &Connection, key: &str) -> Result<Option<(User, Option<String>)>, StoreError> {
    let sql = "SELECT id, name, display, enabled, password FROM users WHERE name = ?1";
    connection.one("reading a user", sql, [key], |row| Ok((user(row)?, column(row, 4)?)))
}

pub(super) fn all(connection: &Connection) -> Result<Vec<User>, StoreError> {
    connection.all("reading the users", "SELECT id, name, display, enabled FROM users ORDER BY name", [], user)
}

/// Lets a user log in, or not.
pub(super) fn enable(tx: &Connection, key: &str, enabled: bool) -> Result<(bool, Vec<Change>), StoreError> {
    change(tx, "UPDATE users SET enabled = ?2 WHERE name = ?1 RETURNING id", key, enabled)
}

pub(super) fn set_password(tx: &Connection, key: &str, hash: &str) -> Result<(bool, Vec<Change>), StoreError> {
    change(tx, "UPDATE users SET password = ?2 WHERE name = ?1 RETURNING id", key, hash)
}

/// Changes a user, and tells it on every mailbox that the user may use: sessions there look again.
fn change(
    tx: &Connection,
    sql: &str,
    key: &str,
    value: impl rusqlite::ToSql,
) -> Result<(bool, Vec<Change>), StoreError> {
    let Some(user) = tx.one("changing a user", sql, params![key, value], |row| column::<i64>(row, 0))? else {
        return Ok((false, Vec::new()));
    };
    let sql = "UPDATE mailboxes SET modseq = modseq + 1 WHERE id IN (SELECT mailbox FROM grants WHERE user = ?1)
               RETURNING id, modseq";
    Ok((true, tx.all("telling of a user", sql, [user], told)?))
}

/// `false`: no such user or mailbox.
pub(super) fn grant(
    tx: &Connection,
    user: &str,
    mailbox: &str,
    rights: Rights,
) -> Result<(bool, Vec<Change>), StoreError> {
    let what = "granting";
    let sql = "SELECT u.id, m.id FROM users AS u, mailboxes AS m WHERE u.name = ?1 AND m.key = ?2";
    let found =
        tx.one(what, sql, params![user, mailbox], |row| Ok((column::<i64>(row, 0)?, column::<i64>(row, 1)?)))?;
    let Some((user, mailbox)) = found else { return Ok((false, Vec::new())) };
    if rights == Rights::default() {
        tx.run(what, "DELETE FROM grants WHERE user = ?1 AND mailbox = ?2", params![user, mailbox])?;
    } else {
        let Rights { read, send, manage } = rights;
        let sql = "INSERT INTO grants (user, mailbox, read, send, manage) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (user, mailbox) DO UPDATE SET read = excluded.read, send = excluded.send,
                     manage = excluded.manage";
        tx.run(what, sql, params![user, mailbox, read, send, manage])?;
    }
    let sql = "UPDATE mailboxes SET modseq = modseq + 1 WHERE id = ?1 RETURNING id, modseq";
    Ok((true, tx.all(what, sql, [mailbox], told)?))
}

pub(super) fn grants(connection: &Connection, of: &GrantsOf) -> Result<Vec<Grant>, StoreError> {
    let (condition, key) = match of {
        GrantsOf::User(name) => ("u.name = ?1", key(name)),
        GrantsOf::Mailbox(address) => ("m.key = ?1", address.key()),
    };
    let sql = format!(
        "SELECT u.id, u.name, u.display, u.enabled, m.address, g.read, g.send, g.manage FROM grants AS g
         JOIN users AS u ON u.id = g.user JOIN mailboxes AS m ON m.id = g.mailbox WHERE {condition}
         ORDER BY u.name, m.key"
    );
    connection.all("reading grants", &sql, [key], |row| {
        let rights = Rights { read: column(row, 5)?, send: column(row, 6)?, manage: column(row, 7)? };
        Ok(Grant { user: user(row)?, mailbox: address(row, 4)?, rights })
    })
}

fn told(row: &Row<'_>) -> Result<Change, StoreError> {
    let (mailbox, modseq) = (MailboxId(column(row, 0)?), unsigned(row, 1)?);
    Ok(Change { mailbox, folder: None, modseq, what: ChangeKind::Mailbox })
}

fn user(row: &Row<'_>) -> Result<User, StoreError> {
    Ok(User { id: UserId(column(row, 0)?), name: column(row, 1)?, display: column(row, 2)?, enabled: column(row, 3)? })
}
