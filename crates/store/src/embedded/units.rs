//! Units: how they are called and found, and which mailboxes may stand where.

use pec::Address;
use rusqlite::{Connection, Row, params};

use super::secrets::prepared;
use super::sql::{Statements, column};
use crate::{ErrorKind, OfficeId, OrganisationId, StoreError, Unit};

/// Characters of a name.
const LONGEST_NAME: usize = 200;
/// Octets of a code.
const LONGEST_CODE: usize = 32;

/// What was asked for cannot be done.
pub(super) fn refused(why: impl Into<String>) -> StoreError {
    StoreError::new(ErrorKind::Refused, why)
}

/// A name as it is kept: one text, whatever keyboard writes it.
pub(super) fn name(text: &str) -> Result<String, StoreError> {
    let name = prepared(text).split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(refused(format!("a name of an organisation or office has 1 to {LONGEST_NAME} characters")));
    }
    if name.contains(|one: char| one == '/' || one.is_control()) {
        let shown = name.escape_debug();
        return Err(refused(format!(
            "'{shown}' is no name of an organisation or office: it may have no / and no control characters"
        )));
    }
    Ok(name)
}

/// What a name is found by.
pub(super) fn key(name: &str) -> String {
    name.to_lowercase()
}

/// A code of the Index of public administrations.
pub(super) fn code(text: &str) -> Result<&str, StoreError> {
    let fits = |one: u8| one.is_ascii_alphanumeric() || matches!(one, b'.' | b'-' | b'_');
    if text.is_empty() || text.len() > LONGEST_CODE || !text.bytes().all(fits) {
        let shown = text.escape_debug();
        return Err(refused(format!(
            "'{shown}' is no code: it has 1 to {LONGEST_CODE} letters, digits, dots, hyphens and underscores"
        )));
    }
    Ok(text)
}

/// The unit that these names lead to.
pub(super) fn find(db: &Connection, names: &[String]) -> Result<Option<Unit>, StoreError> {
    let what = "looking for an office";
    let Some((first, offices)) = names.split_first() else { return Ok(None) };
    let sql = "SELECT id FROM organisations WHERE key = ?1";
    let Some(organisation) = db.one(what, sql, [key(&name(first)?)], |row| column::<i64>(row, 0))? else {
        return Ok(None);
    };
    let sql = "SELECT id FROM offices WHERE organisation = ?1 AND coalesce(parent, 0) = ?2 AND key = ?3";
    let mut office: Option<i64> = None;
    for text in offices {
        let params = params![organisation, office.unwrap_or(0), key(&name(text)?)];
        office = db.one(what, sql, params, |row| column(row, 0))?;
        if office.is_none() {
            return Ok(None);
        }
    }
    Ok(Some(office.map_or(Unit::Organisation(OrganisationId(organisation)), |id| Unit::Office(OfficeId(id)))))
}

/// The names that lead to a unit.
pub(super) fn names(db: &Connection, of: Unit) -> Result<Option<Vec<String>>, StoreError> {
    let what = "naming an office";
    let mut names = Vec::new();
    let organisation = match of {
        Unit::Organisation(id) => id.0,
        Unit::Office(id) => {
            let sql = format!(
                "{} SELECT organisation, name FROM above JOIN offices USING (id) ORDER BY up",
                above("SELECT ?1, 0")
            );
            let above: Vec<(i64, String)> = db.all(what, &sql, [id.0], |row| Ok((column(row, 0)?, column(row, 1)?)))?;
            let Some((organisation, _)) = above.first() else { return Ok(None) };
            let organisation = *organisation;
            names.extend(above.into_iter().map(|(_, name)| name));
            organisation
        }
    };
    let sql = "SELECT name FROM organisations WHERE id = ?1";
    let Some(first) = db.one(what, sql, [organisation], |row| column(row, 0))? else { return Ok(None) };
    names.push(first);
    names.reverse();
    Ok(Some(names))
}

/// A unit as errors name it.
pub(super) fn shown(db: &Connection, unit: Unit) -> Result<String, StoreError> {
    Ok(names(db, unit)?.unwrap_or_default().join("/"))
}

/// Where a mailbox stands, as its row says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) organisation: Option<i64>,
    pub(super) office: Option<i64>,
}

impl Seat {
    /// That of a row of `mailboxes`: the organisation in this column, the office in the next one.
    pub(super) fn read(row: &Row<'_>, at: usize) -> Result<Self, StoreError> {
        Ok(Self { organisation: column(row, at)?, office: column(row, at + 1)? })
    }

    /// The unit that it means.
    pub(super) fn unit(self) -> Option<Unit> {
        let office = self.office.map(|id| Unit::Office(OfficeId(id)));
        office.or(self.organisation.map(|id| Unit::Organisation(OrganisationId(id))))
    }
}

/// The seat of a mailbox with this address that is to stand in this unit. In a domain of an organisation it stands in that one at
/// least; another one's unit is refused.
pub(super) fn seat(db: &Connection, address: &Address, unit: Option<Unit>) -> Result<Seat, StoreError> {
    let what = "looking for the organisation of a domain";
    let domain = address.domain_key();
    let sql = "SELECT organisation FROM domains WHERE name = ?1";
    let owner: Option<i64> = db.one(what, sql, [&domain], |row| column(row, 0))?.flatten();
    let wanted = match unit {
        None => return Ok(Seat { organisation: owner, office: None }),
        Some(Unit::Organisation(id)) => {
            let sql = "SELECT id FROM organisations WHERE id = ?1";
            let found = db.one(what, sql, [id.0], |row| column(row, 0))?;
            found.map(|id| Seat { organisation: Some(id), office: None })
        }
        Some(Unit::Office(id)) => {
            let sql = "SELECT organisation, id FROM offices WHERE id = ?1";
            db.one(what, sql, [id.0], |row| Seat::read(row, 0))?
        }
    };
    let wanted = wanted.ok_or_else(|| refused("there is no such organisation or office any more"))?;
    match owner {
        Some(owner) if wanted.organisation != Some(owner) => {
            let owner = shown(db, Unit::Organisation(OrganisationId(owner)))?;
            Err(refused(format!(
                "the domain {domain} belongs to {owner}: mailboxes in it stand there, and in no other organisation"
            )))
        }
        _ => Ok(wanted),
    }
}

/// Offices that stand in `?1`, and itself, as `below (id, down)`: how many levels below it.
pub(super) const BELOW: &str = "WITH RECURSIVE below (id, down) AS (
  SELECT ?1, 0 UNION ALL SELECT o.id, down + 1 FROM below JOIN offices AS o ON o.parent = below.id)";

/// An office and those above it, as `above (id, up)`: how many levels above it. `first` selects the office, and 0.
pub(super) fn above(first: &str) -> String {
    format!(
        "WITH RECURSIVE above (id, up) AS (
           {first} UNION ALL SELECT parent, up + 1 FROM above JOIN offices USING (id) WHERE parent IS NOT NULL)"
    )
}
