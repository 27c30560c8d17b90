//! Organisations and offices, found by the names that people give them and named again in answers.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use store::{Domain, Grant, GrantedOn, Mailbox, OfficeId, Organisation, OrganisationId, Unit};

use crate::control::Control;
use crate::item::{DomainItem, GrantItem, Item, MailboxItem};
use crate::refused::Refused;
use crate::unit::UnitPath;

/// The unit that is meant.
pub(crate) async fn unit(control: &Control, path: &UnitPath) -> Result<Unit, Refused> {
    let found = control.faces.organisations.unit(path.names()).await?;
    let what = if path.names().len() > 1 { "office" } else { "organisation" };
    found.ok_or_else(|| Refused::missing(format!("no {what} {path}")))
}

/// The organisation that is meant.
pub(crate) async fn organisation(control: &Control, name: &str) -> Result<Organisation, Refused> {
    let missing = || Refused::missing(format!("no organisation {name}"));
    match control.faces.organisations.unit(&[name.to_owned()]).await? {
        Some(Unit::Organisation(id)) => control.faces.organisations.organisation(id).await?.ok_or_else(missing),
        Some(Unit::Office(_)) | None => Err(missing()),
    }
}

/// The office that is meant.
pub(crate) async fn office(control: &Control, path: &UnitPath) -> Result<OfficeId, Refused> {
    match unit(control, path).await? {
        Unit::Office(id) => Ok(id),
        Unit::Organisation(_) => Err(Refused::request(format!("{path} is an organisation, and no office of one"))),
    }
}

/// The names of units that were asked for once.
#[derive(Default)]
pub(crate) struct UnitNames(HashMap<Unit, Vec<String>>);

impl UnitNames {
    async fn of(&mut self, control: &Control, unit: Unit) -> Result<&[String], Refused> {
        Ok(match self.0.entry(unit) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(control.faces.organisations.names(unit).await?.unwrap_or_default()),
        })
    }

    /// The whole name of a unit.
    pub(crate) async fn path(&mut self, control: &Control, unit: Unit) -> Result<String, Refused> {
        Ok(self.of(control, unit).await?.join("/"))
    }

    /// The name of an organisation.
    async fn organisation(&mut self, control: &Control, id: Option<OrganisationId>) -> Result<Option<String>, Refused> {
        match id {
            Some(id) => self.path(control, Unit::Organisation(id)).await.map(Some),
            None => Ok(None),
        }
    }

    /// A domain, with the name of whose it is.
    pub(crate) async fn domain(&mut self, control: &Control, domain: &Domain) -> Result<Item, Refused> {
        let organisation = self.organisation(control, domain.organisation).await?;
        Ok(Item::Domain(DomainItem::of(domain, organisation)))
    }

    /// A grant, with the name of the office.
    pub(crate) async fn grant(&mut self, control: &Control, grant: &Grant) -> Result<Item, Refused> {
        let office = match grant.on {
            GrantedOn::Office(id) => Some(self.path(control, Unit::Office(id)).await?),
            GrantedOn::Mailbox(_) => None,
        };
        Ok(Item::Grant(GrantItem::of(grant, office)))
    }

    /// A mailbox, with the names of where it stands.
    pub(crate) async fn item(&mut self, control: &Control, mailbox: &Mailbox) -> Result<Item, Refused> {
        let names = match mailbox.unit {
            Some(unit) => self.of(control, unit).await?,
            None => &[],
        };
        Ok(Item::Mailbox(MailboxItem::of(mailbox, names)))
    }
}
