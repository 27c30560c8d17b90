//! Rights that are given to users, on mailboxes and on offices. What comes of them stands in `reach`.
//!
//! A grant is one row, however many mailboxes it concerns, and what is told of it is one item: that the user's sessions look again.

use rusqlite::{Connection, params};

use super::reach::rights;
use super::sql::{Statements, address, column};
use super::units::above;
use super::users;
use crate::{FeedItem, Grant, GrantedOn, GrantsOf, OfficeId, Rights, StoreError, UserId};

/// Gives a user rights on a mailbox. `false`: no such user or mailbox.
pub(super) fn on_mailbox(
    tx: &Connection,
    user: &str,
    mailbox: &str,
    rights: Rights,
) -> Result<(bool, Vec<FeedItem>), StoreError> {
    let sql = "SELECT u.id, m.id FROM users AS u, mailboxes AS m WHERE u.name = ?1 AND u.erased IS NULL AND m.key = ?2";
    put(tx, "grants", "mailbox", tx.one("granting", sql, params![user, mailbox], both)?, rights)
}

/// Gives a user rights on whatever stands in an office. `false`: no such user or office.
pub(super) fn on_office(
    tx: &Connection,
    user: &str,
    office: OfficeId,
    rights: Rights,
) -> Result<(bool, Vec<FeedItem>), StoreError> {
    let sql = "SELECT u.id, o.id FROM users AS u, offices AS o WHERE u.name = ?1 AND u.erased IS NULL AND o.id = ?2";
    put(tx, "office_grants", "office", tx.one("granting", sql, params![user, office.0], both)?, rights)
}

/// The numbers of a user, and of what the right is on.
fn both(row: &rusqlite::Row<'_>) -> Result<(i64, i64), StoreError> {
    Ok((column(row, 0)?, column(row, 1)?))
}

/// Writes the row of a grant, or takes it away where nothing is left of it.
fn put(
    tx: &Connection,
    table: &str,
    on: &str,
    found: Option<(i64, i64)>,
    rights: Rights,
) -> Result<(bool, Vec<FeedItem>), StoreError> {
    let what = "granting";
    let Some((user, place)) = found else { return Ok((false, Vec::new())) };
    if rights == Rights::default() {
        tx.run(what, &format!("DELETE FROM {table} WHERE user = ?1 AND {on} = ?2"), params![user, place])?;
    } else {
        let Rights { read, send, manage } = rights;
        let sql = format!(
            "INSERT INTO {table} (user, {on}, read, send, manage) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (user, {on}) DO UPDATE SET read = excluded.read, send = excluded.send, manage = excluded.manage"
        );
        tx.run(what, &sql, params![user, place, read, send, manage])?;
    }
    Ok((true, vec![UserId(user).into()]))
}

/// Grants as they were given, by user, those on mailboxes first.
pub(super) fn list(db: &Connection, of: &GrantsOf) -> Result<Vec<Grant>, StoreError> {
    let above = above("SELECT office, 0 FROM mailboxes WHERE key = ?1 AND office IS NOT NULL");
    let (mailboxes, offices, key) = match of {
        GrantsOf::User(name) => ("u.name = ?1", "u.name = ?1", users::key(name)),
        GrantsOf::Mailbox(address) => ("m.key = ?1", "g.office IN (SELECT id FROM above)", address.key()),
        GrantsOf::Office(id) => ("?1 IS NULL", "g.office = CAST(?1 AS INTEGER)", id.0.to_string()),
    };
    let sql = format!(
        "{above}
         SELECT id, name, display, enabled, address, office, read, send, manage FROM (
           SELECT u.id, u.name, u.display, u.enabled, m.address, NULL AS office, g.read, g.send, g.manage, m.key
           FROM grants AS g JOIN users AS u ON u.id = g.user JOIN mailboxes AS m ON m.id = g.mailbox WHERE {mailboxes}
           UNION ALL
           SELECT u.id, u.name, u.display, u.enabled, NULL, g.office, g.read, g.send, g.manage, NULL
           FROM office_grants AS g JOIN users AS u ON u.id = g.user WHERE {offices})
         ORDER BY name, office IS NOT NULL, key, office"
    );
    db.all("reading grants", &sql, [key], |row| {
        let on = match column::<Option<i64>>(row, 5)? {
            Some(office) => GrantedOn::Office(OfficeId(office)),
            None => GrantedOn::Mailbox(address(row, 4)?),
        };
        Ok(Grant { user: users::user(row)?, on, rights: rights(row, 6)? })
    })
}
