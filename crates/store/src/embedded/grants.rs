//! Rights that are given to users, on mailboxes and on offices. What comes of them stands in `reach`.

use rusqlite::{Connection, params};

use super::reach::rights;
use super::sql::{Statements, address, column};
use super::units::{self, told};
use super::users;
use crate::{Change, Grant, GrantedOn, GrantsOf, OfficeId, Rights, StoreError};

/// Gives a user rights on a mailbox. `false`: no such user or mailbox.
pub(super) fn on_mailbox(
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

/// Gives a user rights on whatever stands in an office. `false`: no such user or office.
pub(super) fn on_office(
    tx: &Connection,
    user: &str,
    office: OfficeId,
    rights: Rights,
) -> Result<(bool, Vec<Change>), StoreError> {
    let what = "granting on an office";
    let sql = "SELECT u.id FROM users AS u, offices AS o WHERE u.name = ?1 AND o.id = ?2";
    let Some(user) = tx.one(what, sql, params![user, office.0], |row| column::<i64>(row, 0))? else {
        return Ok((false, Vec::new()));
    };
    if rights == Rights::default() {
        tx.run(what, "DELETE FROM office_grants WHERE user = ?1 AND office = ?2", params![user, office.0])?;
    } else {
        let Rights { read, send, manage } = rights;
        let sql = "INSERT INTO office_grants (user, office, read, send, manage) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (user, office) DO UPDATE SET read = excluded.read, send = excluded.send,
                     manage = excluded.manage";
        tx.run(what, sql, params![user, office.0, read, send, manage])?;
    }
    Ok((true, units::tell(tx, office)?))
}

/// Grants as they were given, by user, those on mailboxes first.
pub(super) fn list(db: &Connection, of: &GrantsOf) -> Result<Vec<Grant>, StoreError> {
    let (mailboxes, offices, key) = match of {
        GrantsOf::User(name) => ("u.name = ?1", "u.name = ?1", users::key(name)),
        GrantsOf::Mailbox(address) => (
            "m.key = ?1",
            "g.office IN (WITH RECURSIVE above (office) AS (
               SELECT office FROM mailboxes WHERE key = ?1 AND office IS NOT NULL
               UNION SELECT parent FROM above JOIN offices ON id = office WHERE parent IS NOT NULL)
             SELECT office FROM above)",
            address.key(),
        ),
        GrantsOf::Office(id) => ("?1 IS NULL", "g.office = CAST(?1 AS INTEGER)", id.0.to_string()),
    };
    let sql = format!(
        "SELECT id, name, display, enabled, address, office, read, send, manage FROM (
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
