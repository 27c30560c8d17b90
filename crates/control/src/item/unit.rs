//! Organisations and offices in answers.

use serde::{Deserialize, Serialize};
use store::{Office, Organisation};

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationItem {
    /// Its name.
    pub name: String,
    /// Its code in the Index of public administrations (`codice_ipa`).
    pub ipa: Option<String>,
    /// The domains that belong to it.
    pub domains: Vec<String>,
    /// Its offices, at every depth.
    pub offices: u64,
    /// Mailboxes that stand in it, in offices and outside.
    pub mailboxes: u64,
}

/// An office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficeItem {
    /// The names from its organisation down to it, with slashes between them.
    pub path: String,
    /// Its own name.
    pub name: String,
    /// Its unique code as an organisational area (AOO).
    pub aoo: Option<String>,
    /// Its unique code as an organisational unit (UO).
    pub uo: Option<String>,
    /// Mailboxes that stand in it itself, not in offices below.
    pub mailboxes: u64,
    /// Where all offices are told, each before those below it: how deep it stands, 1 right under the organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
}

impl OrganisationItem {
    /// The item of an organisation with these domains.
    pub fn of(organisation: Organisation, domains: Vec<String>) -> Self {
        let Organisation { id: _, name, ipa, offices, mailboxes } = organisation;
        Self { name, ipa, domains, offices, mailboxes }
    }
}

impl OfficeItem {
    /// The item of an office that these names lead to.
    pub fn of(office: Office, path: String) -> Self {
        let Office { name, aoo, uo, mailboxes, .. } = office;
        Self { path, name, aoo, uo, mailboxes, depth: None }
    }
}
