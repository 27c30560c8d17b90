//! Whom the provider serves: organisations, and their offices as a tree.
//!
//! An Italian administration is in the Index of public administrations (IPA) with a `codice_ipa`; those of its offices that
//! register mail are organisational areas (AOO), the others organisational units (UO), with unique codes of their own.

use async_trait::async_trait;
use pec::Address;

use crate::error::StoreError;
use crate::mailboxes::Mailbox;
use crate::principals::{Created, NewMailbox};
use crate::unit::{OfficeId, OrganisationId, Unit};

/// How deep a tree of offices may be.
pub const DEEPEST: u32 = 8;
/// Offices of one organisation.
pub const MOST_OFFICES: u32 = 10_000;

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Its number.
    pub id: OrganisationId,
    /// Its name; no other organisation has it, also in capitals.
    pub name: String,
    /// Its code in the Index of public administrations (`codice_ipa`).
    pub ipa: Option<String>,
    /// Its offices, at every depth.
    pub offices: u64,
    /// Mailboxes that stand in it, in offices and outside.
    pub mailboxes: u64,
}

/// What of an organisation to change; `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganisationChange {
    /// Its name.
    pub name: Option<String>,
    /// Its code; `Some(None)`: it has none.
    pub ipa: Option<Option<String>>,
}

/// An office of an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// Its number.
    pub id: OfficeId,
    /// Whose it is, for ever.
    pub organisation: OrganisationId,
    /// The office above it.
    pub parent: Option<OfficeId>,
    /// Its name; nothing beside it under the same office has it, also in capitals.
    pub name: String,
    /// Its unique code as an organisational area (AOO).
    pub aoo: Option<String>,
    /// Its unique code as an organisational unit (UO).
    pub uo: Option<String>,
    /// How deep it stands: 1 is right under the organisation.
    pub depth: u32,
    /// Mailboxes that stand in it itself, not in offices below.
    pub mailboxes: u64,
}

/// An office to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOffice {
    /// Where.
    pub under: Unit,
    /// Its name.
    pub name: String,
    /// Its code as an organisational area.
    pub aoo: Option<String>,
    /// Its code as an organisational unit.
    pub uo: Option<String>,
}

/// What of an office to change; `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfficeChange {
    /// Its name.
    pub name: Option<String>,
    /// Its code as an organisational area; `Some(None)`: it has none.
    pub aoo: Option<Option<String>>,
    /// Its code as an organisational unit; `Some(None)`: it has none.
    pub uo: Option<Option<String>>,
    /// Where it stands, with everything in it: in the same organisation.
    pub under: Option<Unit>,
}

/// Organisations, offices, and which mailboxes stand in them. Who may do what is not judged here.
///
/// A name has 1 to 200 characters, no `/` and no control characters; blanks in it count as one. A code has 1 to 32 letters, digits,
/// dots, hyphens and underscores, and is one office's alone. What is not so, is taken, or stands in the way is
/// [`crate::ErrorKind::Refused`], with words for whoever asked.
///
/// A mailbox whose domain belongs to an organisation stands in that one, and in none of another. One of a domain that is nobody's
/// (the provider's, shared by many) stands in any, or in none.
#[async_trait]
pub trait Organisations: Send + Sync {
    /// Makes an organisation.
    async fn add_organisation(&self, name: &str, ipa: Option<&str>) -> Result<Organisation, StoreError>;
    /// Organisations by name, after this one; at most `limit`.
    async fn organisations(&self, after: Option<&str>, limit: usize) -> Result<Vec<Organisation>, StoreError>;
    /// One of them.
    async fn organisation(&self, id: OrganisationId) -> Result<Option<Organisation>, StoreError>;
    /// Changes one; as it is after it. `None`: there is none.
    async fn change_organisation(
        &self,
        id: OrganisationId,
        change: OrganisationChange,
    ) -> Result<Option<Organisation>, StoreError>;
    /// Removes one that has no domain, office or mailbox. `false`: there is none.
    async fn remove_organisation(&self, id: OrganisationId) -> Result<bool, StoreError>;

    /// Makes an office; at most [`MOST_OFFICES`] in an organisation, at most [`DEEPEST`] deep.
    async fn add_office(&self, office: NewOffice) -> Result<Office, StoreError>;
    /// One of them.
    async fn office(&self, id: OfficeId) -> Result<Option<Office>, StoreError>;
    /// All offices of an organisation: each before those below it, siblings by name.
    async fn offices(&self, of: OrganisationId) -> Result<Vec<Office>, StoreError>;
    /// Changes one; as it is after it. Who used its mailboxes by a right on an office above is looked at again. `None`: there
    /// is none.
    async fn change_office(&self, id: OfficeId, change: OfficeChange) -> Result<Option<Office>, StoreError>;
    /// Removes one without offices and mailboxes, and the rights that were given on it. `false`: there is none.
    async fn remove_office(&self, id: OfficeId) -> Result<bool, StoreError>;

    /// What is found by these names: an organisation's, then those of offices, each below the one before.
    async fn unit(&self, names: &[String]) -> Result<Option<Unit>, StoreError>;
    /// The names by which a unit is found.
    async fn names(&self, of: Unit) -> Result<Option<Vec<String>>, StoreError>;

    /// Creates a mailbox with its folders, as [`crate::Principals::create_mailbox`] does, in this unit.
    async fn create_mailbox_in(&self, mailbox: NewMailbox, unit: Unit) -> Result<Created, StoreError>;
    /// Mailboxes that stand in a unit or below it, by address, after this one; at most `limit`.
    async fn mailboxes_in(&self, unit: Unit, after: Option<&Address>, limit: usize)
    -> Result<Vec<Mailbox>, StoreError>;
}
