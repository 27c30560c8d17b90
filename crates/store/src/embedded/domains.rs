//! Certified domains.

use rusqlite::{Connection, params};

use super::sql::{Statements, column, list, texts};
use crate::{Correspondents, Domain, ErrorKind, StoreError};

pub(super) fn all(connection: &Connection) -> Result<Vec<Domain>, StoreError> {
    let sql =
        "SELECT name, english, ordinary, certified_only_from, correspondents, sent_copies FROM domains ORDER BY name";
    connection.all("reading the domains", sql, [], |row| {
        let (ordinary, rules) = (column::<String>(row, 2)?, texts(row, 4)?);
        Ok(Domain {
            name: column(row, 0)?,
            english: column(row, 1)?,
            ordinary: ordinary.parse().map_err(StoreError::damaged)?,
            certified_only_from: column::<Option<i64>>(row, 3)?.map(pec::Moment::from_unix),
            correspondents: Correspondents::from_rules(rules.iter().map(String::as_str))
                .map_err(StoreError::damaged)?,
            sent_copies: column::<String>(row, 5)?.parse().map_err(StoreError::damaged)?,
        })
    })
}

/// Adds a domain, or changes the one of this name; whether it is new.
pub(super) fn put(tx: &Connection, domain: &Domain) -> Result<bool, StoreError> {
    let what = "writing a domain";
    let name = domain.name.to_ascii_lowercase();
    let known = tx.one(what, "SELECT 1 FROM domains WHERE name = ?1", [&name], |row| column::<i64>(row, 0))?;
    let rules = domain.correspondents.rules();
    let sql = "INSERT INTO domains (name, english, ordinary, certified_only_from, correspondents, sent_copies)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (name) DO UPDATE SET english = excluded.english,
                 ordinary = excluded.ordinary, certified_only_from = excluded.certified_only_from,
                 correspondents = excluded.correspondents, sent_copies = excluded.sent_copies";
    let from = domain.certified_only_from.map(pec::Moment::unix);
    let rules = list(rules.iter().map(String::as_str));
    let (ordinary, copies) = (domain.ordinary.to_string(), domain.sent_copies.to_string());
    tx.run(what, sql, params![name, domain.english, ordinary, from, rules, copies])?;
    Ok(known.is_none())
}

/// `false`: there is no such domain.
pub(super) fn remove(tx: &Connection, name: &str) -> Result<bool, StoreError> {
    let what = "removing a domain";
    let name = name.to_ascii_lowercase();
    let sql = "SELECT count(*) FROM mailboxes WHERE domain = ?1";
    let mailboxes: i64 = tx.one(what, sql, [&name], |row| column(row, 0))?.unwrap_or_default();
    if mailboxes > 0 {
        let why =
            format!("the domain {name} has mailboxes ({mailboxes}): it stays as long as their addresses are known");
        return Err(StoreError::new(ErrorKind::Refused, why));
    }
    Ok(tx.run(what, "DELETE FROM domains WHERE name = ?1", [&name])? == 1)
}
