//! Certified domains.

use rusqlite::{Connection, params};

use super::sql::{Statements, column, list, signed, texts};
use super::units;
use crate::{Correspondents, Domain, ErrorKind, OrganisationId, StoreError, Unit};

pub(super) fn all(connection: &Connection) -> Result<Vec<Domain>, StoreError> {
    let sql = "SELECT name, english, ordinary, certified_only_from, correspondents, sent_copies, keeps, organisation
               FROM domains ORDER BY name";
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
            keeps: column::<String>(row, 6)?.parse().map_err(StoreError::damaged)?,
            organisation: column::<Option<i64>>(row, 7)?.map(OrganisationId),
        })
    })
}

/// Adds a domain, or changes the one of this name; whether it is new. Mailboxes of a domain that is given to an organisation are put
/// into it by [`seat_some`].
pub(super) fn put(tx: &Connection, domain: &Domain) -> Result<bool, StoreError> {
    let what = "writing a domain";
    let name = domain.name.to_ascii_lowercase();
    let known = tx.one(what, "SELECT 1 FROM domains WHERE name = ?1", [&name], |row| column::<i64>(row, 0))?;
    let rules = domain.correspondents.rules();
    let sql =
        "INSERT INTO domains (name, english, ordinary, certified_only_from, correspondents, sent_copies, keeps, organisation)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (name) DO UPDATE SET english = excluded.english,
                 ordinary = excluded.ordinary, certified_only_from = excluded.certified_only_from,
                 correspondents = excluded.correspondents, sent_copies = excluded.sent_copies,
                 keeps = excluded.keeps, organisation = excluded.organisation";
    let organisation = domain.organisation.map(|id| id.0);
    if let Some(organisation) = organisation {
        may_belong(tx, &name, organisation)?;
    }
    let from = domain.certified_only_from.map(pec::Moment::unix);
    let rules = list(rules.iter().map(String::as_str));
    let (ordinary, copies, keeps) =
        (domain.ordinary.to_string(), domain.sent_copies.to_string(), domain.keeps.to_string());
    tx.run(what, sql, params![name, domain.english, ordinary, from, rules, copies, keeps, organisation])?;
    Ok(known.is_none())
}

/// Refuses an organisation that is not there, and a domain of which a mailbox stands in another one.
fn may_belong(tx: &Connection, domain: &str, organisation: i64) -> Result<(), StoreError> {
    let what = "giving a domain to an organisation";
    let sql = "SELECT id FROM organisations WHERE id = ?1";
    if tx.one(what, sql, [organisation], |row| column::<i64>(row, 0))?.is_none() {
        return Err(units::refused("there is no such organisation any more"));
    }
    let sql = "SELECT address, organisation FROM mailboxes WHERE domain = ?1 AND organisation <> ?2 LIMIT 1";
    let other = tx.one(what, sql, params![domain, organisation], |row| {
        Ok((column::<String>(row, 0)?, Unit::Organisation(OrganisationId(column(row, 1)?))))
    })?;
    if let Some((address, whose)) = other {
        let whose = units::shown(tx, whose)?;
        return Err(units::refused(format!(
            "{domain} cannot belong to one organisation: {address}, and perhaps others, stand in {whose}; move them first"
        )));
    }
    Ok(())
}

/// Puts mailboxes of a domain that belongs to an organisation into it, so many at most; how many. None is put elsewhere meanwhile,
/// since the domain says whose it is.
pub(super) fn seat_some(tx: &Connection, domain: &str, limit: usize) -> Result<usize, StoreError> {
    let sql = "UPDATE mailboxes SET organisation = d.organisation FROM domains AS d
               WHERE d.name = ?1 AND d.organisation IS NOT NULL AND id IN (
                 SELECT id FROM mailboxes WHERE domain = ?1 AND organisation IS NULL AND NOT service LIMIT ?2)";
    tx.run("giving a domain to an organisation", sql, params![domain.to_ascii_lowercase(), signed(limit)])
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
