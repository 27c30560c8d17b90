//! Users as accounts.

use rusqlite::{Connection, Row, params};

use super::sql::{Statements, column};
use crate::{ErrorKind, FeedItem, StoreError, User, UserId};

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

/// `None`: the name is taken, perhaps by one who was erased.
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
    let sql = "SELECT id, name, display, enabled, password FROM users WHERE name = ?1 AND erased IS NULL";
    connection.one("reading a user", sql, [key], |row| Ok((user(row)?, column(row, 4)?)))
}

pub(super) fn all(connection: &Connection) -> Result<Vec<User>, StoreError> {
    connection.all(
        "reading the users",
        "SELECT id, name, display, enabled FROM users WHERE erased IS NULL ORDER BY name",
        [],
        user,
    )
}

/// Lets a user log in, or not.
pub(super) fn enable(tx: &Connection, key: &str, enabled: bool) -> Result<(bool, Vec<FeedItem>), StoreError> {
    change(tx, "UPDATE users SET enabled = ?2 WHERE name = ?1 AND erased IS NULL RETURNING id", key, enabled)
}

pub(super) fn set_password(tx: &Connection, key: &str, hash: &str) -> Result<(bool, Vec<FeedItem>), StoreError> {
    change(tx, "UPDATE users SET password = ?2 WHERE name = ?1 AND erased IS NULL RETURNING id", key, hash)
}

/// Changes a user, whose sessions look again.
fn change(
    tx: &Connection,
    sql: &str,
    key: &str,
    value: impl rusqlite::ToSql,
) -> Result<(bool, Vec<FeedItem>), StoreError> {
    let found = tx.one("changing a user", sql, params![key, value], |row| column(row, 0).map(UserId))?;
    Ok((found.is_some(), found.into_iter().map(FeedItem::User).collect()))
}

pub(super) fn user(row: &Row<'_>) -> Result<User, StoreError> {
    Ok(User { id: UserId(column(row, 0)?), name: column(row, 1)?, display: column(row, 2)?, enabled: column(row, 3)? })
}
