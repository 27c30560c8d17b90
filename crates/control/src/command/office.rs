//! `sigillo office`.

use clap::{Args, Subcommand};

use super::asks::{Asks, Common, On};
use crate::refused::Refused;
use crate::request::{OfficeRequest, Request};
use crate::unit::{OrNone, UnitPath};

/// The offices of organisations.
#[derive(Clone, Debug, Subcommand)]
pub enum OfficeCommand {
    /// List the offices of an organisation
    List(On<Of>),
    /// Show an office, and who has rights on its mailboxes
    Show(On<Which>),
    /// Add an office to an organisation, or under another office
    Add(On<Add>),
    /// Change the codes of an office
    Set(On<Set>),
    /// Give an office another name
    Rename(On<Rename>),
    /// Put an office elsewhere in its organisation, with everything in it
    Move(On<Move>),
    /// Remove an office that has no offices and mailboxes
    Remove(On<Which>),
}

/// Whose offices.
#[derive(Args, Clone, Debug)]
pub struct Of {
    /// The organisation's name
    organisation: String,
}

/// Which office.
#[derive(Args, Clone, Debug)]
pub struct Which {
    /// Its whole name: ORGANISATION/OFFICE/…
    office: UnitPath,
}

/// A new office.
#[derive(Args, Clone, Debug)]
pub struct Add {
    /// Its whole name, as "Comune di Alfa/Affari generali/Protocollo"; what it stands under exists already
    office: UnitPath,
    /// Its unique code as an organisational area (codice AOO)
    #[arg(long, value_name = "CODE")]
    aoo: Option<String>,
    /// Its unique code as an organisational unit (codice UO)
    #[arg(long, value_name = "CODE")]
    uo: Option<String>,
}

/// What to change.
#[derive(Args, Clone, Debug)]
pub struct Set {
    /// Its whole name: ORGANISATION/OFFICE/…
    office: UnitPath,
    /// Its unique code as an organisational area; none
    #[arg(long, value_name = "CODE", required_unless_present = "uo")]
    aoo: Option<OrNone<String>>,
    /// Its unique code as an organisational unit; none
    #[arg(long, value_name = "CODE")]
    uo: Option<OrNone<String>>,
}

/// From one name to another.
#[derive(Args, Clone, Debug)]
pub struct Rename {
    /// Its whole name: ORGANISATION/OFFICE/…
    office: UnitPath,
    /// The name it shall have, without what it stands in
    to: String,
}

/// From one place to another.
#[derive(Args, Clone, Debug)]
pub struct Move {
    /// Its whole name: ORGANISATION/OFFICE/…
    office: UnitPath,
    /// What it shall stand under: its organisation, or ORGANISATION/OFFICE/…
    under: UnitPath,
}

impl Asks for OfficeCommand {
    fn common(&self) -> &Common {
        match self {
            OfficeCommand::List(on) => &on.common,
            OfficeCommand::Show(on) | OfficeCommand::Remove(on) => &on.common,
            OfficeCommand::Add(on) => &on.common,
            OfficeCommand::Set(on) => &on.common,
            OfficeCommand::Rename(on) => &on.common,
            OfficeCommand::Move(on) => &on.common,
        }
    }

    fn request(self) -> Result<Request, Refused> {
        Ok(Request::Office(match self {
            OfficeCommand::List(on) => OfficeRequest::List { organisation: on.what.organisation },
            OfficeCommand::Show(on) => OfficeRequest::Show { office: on.what.office },
            OfficeCommand::Add(on) => {
                let Add { office, aoo, uo } = on.what;
                OfficeRequest::Add { office, aoo, uo }
            }
            OfficeCommand::Set(on) => {
                let Set { office, aoo, uo } = on.what;
                OfficeRequest::Set { office, aoo, uo }
            }
            OfficeCommand::Rename(on) => OfficeRequest::Rename { office: on.what.office, to: on.what.to },
            OfficeCommand::Move(on) => OfficeRequest::Move { office: on.what.office, under: on.what.under },
            OfficeCommand::Remove(on) => OfficeRequest::Remove { office: on.what.office },
        }))
    }
}
