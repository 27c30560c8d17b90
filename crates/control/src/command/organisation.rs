//! `sigillo organisation`.

use clap::{Args, Subcommand};

use super::asks::{Asks, Common, Nothing, On};
use crate::refused::Refused;
use crate::request::{OrganisationRequest, Request};
use crate::unit::OrNone;

/// Whom the provider serves.
#[derive(Clone, Debug, Subcommand)]
pub enum OrganisationCommand {
    /// List the organisations
    List(On<Nothing>),
    /// Show an organisation, with its offices as a tree
    Show(On<Name>),
    /// Add an organisation
    Add(On<Add>),
    /// Change the code of an organisation
    Set(On<Set>),
    /// Give an organisation another name
    Rename(On<Rename>),
    /// Remove an organisation that has no offices, mailboxes and domains
    Remove(On<Name>),
}

/// Which organisation.
#[derive(Args, Clone, Debug)]
pub struct Name {
    /// Its name, as "Comune di Alfa"
    organisation: String,
}

/// A new organisation.
#[derive(Args, Clone, Debug)]
pub struct Add {
    /// Its name, as "Comune di Alfa"
    organisation: String,
    /// Its code in the Index of public administrations (codice IPA)
    #[arg(long, value_name = "CODE")]
    ipa: Option<String>,
}

/// What to change.
#[derive(Args, Clone, Debug)]
pub struct Set {
    /// Its name
    organisation: String,
    /// Its code in the Index of public administrations; none
    #[arg(long, value_name = "CODE")]
    ipa: OrNone<String>,
}

/// From one name to another.
#[derive(Args, Clone, Debug)]
pub struct Rename {
    /// The name it has
    organisation: String,
    /// The name it shall have
    to: String,
}

impl Asks for OrganisationCommand {
    fn common(&self) -> &Common {
        match self {
            OrganisationCommand::List(on) => &on.common,
            OrganisationCommand::Show(on) | OrganisationCommand::Remove(on) => &on.common,
            OrganisationCommand::Add(on) => &on.common,
            OrganisationCommand::Set(on) => &on.common,
            OrganisationCommand::Rename(on) => &on.common,
        }
    }

    fn request(self) -> Result<Request, Refused> {
        Ok(Request::Organisation(match self {
            OrganisationCommand::List(_) => OrganisationRequest::List,
            OrganisationCommand::Show(on) => OrganisationRequest::Show { name: on.what.organisation },
            OrganisationCommand::Add(on) => OrganisationRequest::Add { name: on.what.organisation, ipa: on.what.ipa },
            OrganisationCommand::Set(on) => OrganisationRequest::Set { name: on.what.organisation, ipa: on.what.ipa },
            OrganisationCommand::Rename(on) => {
                OrganisationRequest::Rename { name: on.what.organisation, to: on.what.to }
            }
            OrganisationCommand::Remove(on) => OrganisationRequest::Remove { name: on.what.organisation },
        }))
    }
}
