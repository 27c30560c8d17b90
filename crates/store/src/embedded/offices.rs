//! Offices: a tree in each organisation.

use rusqlite::{Connection, Row, params};

use super::reach;
use super::sql::{Statements, column, unsigned};
use super::units::{self, BELOW, refused};
use crate::{
    DEEPEST, ErrorKind, MOST_OFFICES, NewOffice, Office, OfficeChange, OfficeId, OrganisationId, StoreError, Unit,
    UserId,
};

/// The columns that [`read`] reads, of `offices` as `o`, after the depth.
const COLUMNS: &str = "o.id, o.organisation, o.parent, o.name, o.aoo, o.uo,
  (SELECT count(*) FROM mailboxes WHERE office = o.id)";

fn read(row: &Row<'_>) -> Result<Office, StoreError> {
    Ok(Office {
        depth: unsigned(row, 0)?,
        id: OfficeId(column(row, 1)?),
        organisation: OrganisationId(column(row, 2)?),
        parent: column::<Option<i64>>(row, 3)?.map(OfficeId),
        name: column(row, 4)?,
        aoo: column(row, 5)?,
        uo: column(row, 6)?,
        mailboxes: unsigned(row, 7)?,
    })
}

pub(super) fn find(db: &Connection, id: OfficeId) -> Result<Option<Office>, StoreError> {
    let above = units::above("SELECT ?1, 0");
    let sql = format!("{above} SELECT (SELECT count(*) FROM above), {COLUMNS} FROM offices AS o WHERE o.id = ?1");
    db.one("reading an office", &sql, [id.0], read)
}

/// Each before those below it, siblings by name.
pub(super) fn all(db: &Connection, of: OrganisationId) -> Result<Vec<Office>, StoreError> {
    // The order of a recursive step is that in which rows are gone on from: the deepest first walks down each branch.
    let sql = format!(
        "WITH RECURSIVE tree (id, depth, key) AS (
           SELECT id, 1, key FROM offices WHERE organisation = ?1 AND parent IS NULL
           UNION ALL SELECT o.id, depth + 1, o.key FROM tree JOIN offices AS o ON o.parent = tree.id
           ORDER BY 2 DESC, 3)
         SELECT depth, {COLUMNS} FROM tree JOIN offices AS o ON o.id = tree.id"
    );
    db.all("reading the offices", &sql, [of.0], read)
}

pub(super) fn add(tx: &Connection, new: &NewOffice) -> Result<Office, StoreError> {
    let name = units::name(&new.name)?;
    let (aoo, uo) = (new.aoo.as_deref().map(units::code).transpose()?, new.uo.as_deref().map(units::code).transpose()?);
    let (organisation, parent, depth) = place(tx, new.under)?;
    deep(depth + 1)?;
    let what = "making an office";
    let sql = "SELECT count(*) FROM offices WHERE organisation = ?1";
    let there: u32 = tx.one(what, sql, [organisation], |row| unsigned(row, 0))?.unwrap_or_default();
    if there >= MOST_OFFICES {
        return Err(StoreError::new(ErrorKind::Limit, format!("an organisation has at most {MOST_OFFICES} offices")));
    }
    named_once(tx, OfficeId(0), organisation, parent, &name)?;
    codes_free(tx, OfficeId(0), aoo, uo)?;
    let sql = "INSERT INTO offices (organisation, parent, key, name, aoo, uo) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    tx.run(what, sql, params![organisation, parent, units::key(&name), name, aoo, uo])?;
    let made = find(tx, OfficeId(tx.last_insert_rowid()))?;
    made.ok_or_else(|| StoreError::bug("an office that was made is not there"))
}

/// Changes what is to be changed, and tells who may have lost a right by it: it is one row, whatever stands in the office.
pub(super) fn set(
    tx: &Connection,
    id: OfficeId,
    change: &OfficeChange,
) -> Result<(Option<Office>, Vec<UserId>), StoreError> {
    let OfficeChange { name, aoo, uo, under } = change;
    let Some(before) = find(tx, id)? else { return Ok((None, Vec::new())) };
    let new_name = name.as_deref().map(units::name).transpose()?.unwrap_or_else(|| before.name.clone());
    let code = |code: &Option<Option<String>>, before: &Option<String>| -> Result<Option<String>, StoreError> {
        match code {
            None => Ok(before.clone()),
            Some(code) => Ok(code.as_deref().map(units::code).transpose()?.map(str::to_owned)),
        }
    };
    let (aoo, uo) = (code(aoo, &before.aoo)?, code(uo, &before.uo)?);
    let parent = match under {
        None => before.parent.map(|id| id.0),
        Some(under) => moved(tx, &before, *under)?,
    };
    named_once(tx, id, before.organisation.0, parent, &new_name)?;
    codes_free(tx, id, aoo.as_deref(), uo.as_deref())?;
    let sql = "UPDATE offices SET parent = ?2, key = ?3, name = ?4, aoo = ?5, uo = ?6 WHERE id = ?1";
    tx.run("changing an office", sql, params![id.0, parent, units::key(&new_name), new_name, aoo, uo])?;
    let told = match before.parent.filter(|above| Some(above.0) != parent) {
        Some(above) => reach::users_of(tx, above)?,
        None => Vec::new(),
    };
    Ok((find(tx, id)?, told))
}

/// The parent that an office has where it shall stand.
fn moved(tx: &Connection, office: &Office, under: Unit) -> Result<Option<i64>, StoreError> {
    let what = "moving an office";
    let (organisation, parent, depth) = place(tx, under)?;
    if organisation != office.organisation.0 {
        let whose = units::shown(tx, Unit::Organisation(office.organisation))?;
        return Err(refused(format!(
            "{} stays in {whose}: an office never moves to another organisation",
            office.name
        )));
    }
    let sql = format!("{BELOW} SELECT 1 FROM below WHERE id = ?2");
    if tx.one(what, &sql, params![office.id.0, parent], |_| Ok(()))?.is_some() {
        return Err(refused(format!("{} cannot stand below itself", office.name)));
    }
    let sql = format!("{BELOW} SELECT 1 + max(down) FROM below");
    let height: u32 = tx.one(what, &sql, [office.id.0], |row| unsigned(row, 0))?.unwrap_or_default();
    deep(depth + height)?;
    Ok(parent)
}

pub(super) fn remove(tx: &Connection, id: OfficeId) -> Result<bool, StoreError> {
    let what = "removing an office";
    let Some(office) = find(tx, id)? else { return Ok(false) };
    let first = |sql: &str| -> Result<Vec<String>, StoreError> { tx.all(what, sql, [id.0], |row| column(row, 0)) };
    let offices = first("SELECT name FROM offices WHERE parent = ?1 ORDER BY key LIMIT 3")?;
    let mailboxes = first("SELECT address FROM mailboxes WHERE office = ?1 ORDER BY key LIMIT 3")?;
    let below: u64 = tx
        .one(what, "SELECT count(*) FROM offices WHERE parent = ?1", [id.0], |row| unsigned(row, 0))?
        .unwrap_or_default();
    let inside = [
        (below > 0).then(|| some("offices", below, &offices)),
        (office.mailboxes > 0).then(|| some("mailboxes", office.mailboxes, &mailboxes)),
    ];
    let inside: Vec<String> = inside.into_iter().flatten().collect();
    if !inside.is_empty() {
        return Err(refused(format!("{} is not empty: it has {}", office.name, inside.join(" and "))));
    }
    tx.run(what, "DELETE FROM office_grants WHERE office = ?1", [id.0])?;
    Ok(tx.run(what, "DELETE FROM offices WHERE id = ?1", [id.0])? == 1)
}

/// How many there are, and the first of them.
fn some(what: &str, count: u64, first: &[String]) -> String {
    let more = if count > first.len() as u64 { ", …" } else { "" };
    format!("{what} ({count}: {}{more})", first.join(", "))
}

/// The organisation of a unit, the office that it is, and how deep it stands.
fn place(tx: &Connection, under: Unit) -> Result<(i64, Option<i64>, u32), StoreError> {
    let gone = || refused("there is no such organisation or office any more");
    match under {
        Unit::Organisation(id) => {
            let sql = "SELECT id FROM organisations WHERE id = ?1";
            let found = tx.one("looking for an organisation", sql, [id.0], |row| column(row, 0))?;
            Ok((found.ok_or_else(gone)?, None, 0))
        }
        Unit::Office(id) => {
            let office = find(tx, id)?.ok_or_else(gone)?;
            Ok((office.organisation.0, Some(id.0), office.depth))
        }
    }
}

fn deep(depth: u32) -> Result<(), StoreError> {
    if depth <= DEEPEST {
        return Ok(());
    }
    Err(StoreError::new(ErrorKind::Limit, format!("offices stand at most {DEEPEST} deep, this would be {depth}")))
}

fn named_once(tx: &Connection, id: OfficeId, of: i64, parent: Option<i64>, name: &str) -> Result<(), StoreError> {
    let sql = "SELECT name FROM offices WHERE organisation = ?2 AND coalesce(parent, 0) = ?3 AND key = ?4 AND id <> ?1";
    let params = params![id.0, of, parent.unwrap_or(0), units::key(name)];
    match tx.one("looking for offices", sql, params, |row| column::<String>(row, 0))? {
        None => Ok(()),
        Some(other) => Err(refused(format!("there is an office {other} in that place already"))),
    }
}

fn codes_free(tx: &Connection, id: OfficeId, aoo: Option<&str>, uo: Option<&str>) -> Result<(), StoreError> {
    let what = "looking for codes of offices";
    for (sql, code) in [
        ("SELECT id FROM offices WHERE aoo = ?2 AND id <> ?1", aoo),
        ("SELECT id FROM offices WHERE uo = ?2 AND id <> ?1", uo),
    ] {
        let Some(code) = code else { continue };
        if let Some(other) = tx.one(what, sql, params![id.0, code], |row| column::<i64>(row, 0))? {
            let other = units::shown(tx, Unit::Office(OfficeId(other)))?;
            return Err(refused(format!("the code {code} is that of {other}")));
        }
    }
    Ok(())
}
