//! Organisations, and the face of what stands in them.

use async_trait::async_trait;
use pec::Address;
use rusqlite::{Connection, Row, params};

use super::accounts::Password;
use super::holders::Opening;
use super::sql::{Statements, column, signed, unsigned};
use super::{Embedded, holders, offices, units};
use crate::{
    Created, Mailbox, NewMailbox, NewOffice, Office, OfficeChange, OfficeId, Organisation, OrganisationChange,
    OrganisationId, Organisations, StoreError, Unit,
};

#[async_trait]
impl Organisations for Embedded {
    async fn add_organisation(&self, name: &str, ipa: Option<&str>) -> Result<Organisation, StoreError> {
        let (name, ipa) = (units::name(name)?, ipa.map(units::code).transpose()?.map(str::to_owned));
        self.write(move |tx| add(tx, &name, ipa.as_deref())).await
    }

    async fn organisations(&self, after: Option<&str>, limit: usize) -> Result<Vec<Organisation>, StoreError> {
        let after = after.map(units::key).unwrap_or_default();
        self.readers.run(move |db| list_after(db, &after, limit)).await
    }

    async fn organisation(&self, id: OrganisationId) -> Result<Option<Organisation>, StoreError> {
        self.readers.run(move |db| find(db, id)).await
    }

    async fn change_organisation(
        &self,
        id: OrganisationId,
        change: OrganisationChange,
    ) -> Result<Option<Organisation>, StoreError> {
        self.write(move |tx| set(tx, id, &change)).await
    }

    async fn remove_organisation(&self, id: OrganisationId) -> Result<bool, StoreError> {
        self.write(move |tx| remove(tx, id)).await
    }

    async fn add_office(&self, office: NewOffice) -> Result<Office, StoreError> {
        self.write(move |tx| offices::add(tx, &office)).await
    }

    async fn office(&self, id: OfficeId) -> Result<Option<Office>, StoreError> {
        self.readers.run(move |db| offices::find(db, id)).await
    }

    async fn offices(&self, of: OrganisationId) -> Result<Vec<Office>, StoreError> {
        self.readers.run(move |db| offices::all(db, of)).await
    }

    async fn change_office(&self, id: OfficeId, change: OfficeChange) -> Result<Option<Office>, StoreError> {
        self.change(move |tx| offices::set(tx, id, &change)).await
    }

    async fn remove_office(&self, id: OfficeId) -> Result<bool, StoreError> {
        self.write(move |tx| offices::remove(tx, id)).await
    }

    async fn unit(&self, names: &[String]) -> Result<Option<Unit>, StoreError> {
        let names = names.to_vec();
        self.readers.run(move |db| units::find(db, &names)).await
    }

    async fn names(&self, of: Unit) -> Result<Option<Vec<String>>, StoreError> {
        self.readers.run(move |db| units::names(db, of)).await
    }

    async fn create_mailbox_in(&self, mailbox: NewMailbox, unit: Unit) -> Result<Created, StoreError> {
        self.open_mailbox(mailbox, Some(unit)).await
    }

    async fn mailboxes_in(
        &self,
        unit: Unit,
        after: Option<&Address>,
        limit: usize,
    ) -> Result<Vec<Mailbox>, StoreError> {
        let after = after.map(Address::key).unwrap_or_default();
        self.readers.run(move |db| holders::list_in(db, unit, &after, limit)).await
    }
}

impl Embedded {
    /// Makes a mailbox; the password is hashed before the writer has to do with it.
    pub(super) async fn open_mailbox(&self, mailbox: NewMailbox, unit: Option<Unit>) -> Result<Created, StoreError> {
        let NewMailbox { address, password, quota, service } = mailbox;
        let password = match password {
            Some(password) => Some(self.accounts.hash(Password::new(&password)).await?),
            None => None,
        };
        let new = Opening { address, password, quota, service, unit };
        self.write(move |tx| holders::create(tx, &new)).await
    }
}

/// The columns that [`read`] reads.
const COLUMNS: &str = "id, name, ipa, (SELECT count(*) FROM offices WHERE organisation = organisations.id),
  (SELECT count(*) FROM mailboxes WHERE organisation = organisations.id)";

fn read(row: &Row<'_>) -> Result<Organisation, StoreError> {
    Ok(Organisation {
        id: OrganisationId(column(row, 0)?),
        name: column(row, 1)?,
        ipa: column(row, 2)?,
        offices: unsigned(row, 3)?,
        mailboxes: unsigned(row, 4)?,
    })
}

pub(super) fn find(db: &Connection, id: OrganisationId) -> Result<Option<Organisation>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM organisations WHERE id = ?1");
    db.one("reading an organisation", &sql, [id.0], read)
}

fn list_after(db: &Connection, after: &str, limit: usize) -> Result<Vec<Organisation>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM organisations WHERE key > ?1 ORDER BY key LIMIT ?2");
    db.all("reading the organisations", &sql, params![after, signed(limit)], read)
}

pub(super) fn add(tx: &Connection, name: &str, ipa: Option<&str>) -> Result<Organisation, StoreError> {
    free(tx, OrganisationId(0), Some(name), ipa)?;
    let what = "making an organisation";
    tx.run(
        what,
        "INSERT INTO organisations (key, name, ipa) VALUES (?1, ?2, ?3)",
        params![units::key(name), name, ipa],
    )?;
    let made = find(tx, OrganisationId(tx.last_insert_rowid()))?;
    made.ok_or_else(|| StoreError::bug("an organisation that was made is not there"))
}

/// Refuses what another organisation has.
fn free(tx: &Connection, id: OrganisationId, name: Option<&str>, ipa: Option<&str>) -> Result<(), StoreError> {
    let what = "looking for organisations";
    let sql = "SELECT name, key IS ?2 FROM organisations WHERE id <> ?1 AND (key = ?2 OR ipa = ?3)";
    let found = tx.one(what, sql, params![id.0, name.map(units::key), ipa], |row| {
        Ok((column::<String>(row, 0)?, column::<bool>(row, 1)?))
    })?;
    match found {
        None => Ok(()),
        Some((other, true)) => Err(units::refused(format!("there is an organisation {other} already"))),
        Some((other, false)) => Err(units::refused(format!("the code {} is that of {other}", ipa.unwrap_or_default()))),
    }
}

fn set(tx: &Connection, id: OrganisationId, change: &OrganisationChange) -> Result<Option<Organisation>, StoreError> {
    let OrganisationChange { name, ipa } = change;
    let name = name.as_deref().map(units::name).transpose()?;
    let code = ipa.as_ref().and_then(Option::as_deref).map(units::code).transpose()?;
    free(tx, id, name.as_deref(), code)?;
    let sql = "UPDATE organisations SET key = coalesce(?2, key), name = coalesce(?3, name),
                 ipa = CASE WHEN ?4 THEN ?5 ELSE ipa END WHERE id = ?1";
    let params = params![id.0, name.as_deref().map(units::key), name, ipa.is_some(), code];
    tx.run("changing an organisation", sql, params)?;
    find(tx, id)
}

fn remove(tx: &Connection, id: OrganisationId) -> Result<bool, StoreError> {
    let what = "removing an organisation";
    let Some(Organisation { name, offices, mailboxes, .. }) = find(tx, id)? else { return Ok(false) };
    let sql = "SELECT name FROM domains WHERE organisation = ?1 ORDER BY name LIMIT 3";
    let domains: Vec<String> = tx.all(what, sql, [id.0], |row| column(row, 0))?;
    let inside = [
        (offices > 0).then(|| format!("offices ({offices})")),
        (mailboxes > 0).then(|| format!("mailboxes ({mailboxes})")),
        (!domains.is_empty()).then(|| format!("domains ({})", domains.join(", "))),
    ];
    let inside: Vec<String> = inside.into_iter().flatten().collect();
    if !inside.is_empty() {
        return Err(units::refused(format!("{name} is not empty: it has {}", inside.join(", "))));
    }
    Ok(tx.run(what, "DELETE FROM organisations WHERE id = ?1", [id.0])? == 1)
}
