//! `sigillo queue`.

use clap::{ArgGroup, Args, Subcommand};

use super::asks::{Asks, Common, On};
use crate::named::HopName;
use crate::refused::Refused;
use crate::request::{QueueRequest, Request};

/// What is to be carried.
#[derive(Clone, Debug, Subcommand)]
pub enum QueueCommand {
    /// List what is to be carried
    List(On<List>),
    /// Show a dispatch
    Show(On<Number>),
    /// Make a dispatch due now, or all that wait for a provider or domain
    Retry(On<Retry>),
    /// Give a dispatch up now instead of when its time is over; the sender is told
    Fail(On<Fail>),
}

/// Which hop.
#[derive(Args, Clone, Debug, Default)]
#[group(skip)]
pub struct Hop {
    /// What goes to this provider, by its name in the index
    #[arg(long, value_name = "NAME", conflicts_with_all = ["domain", "local"])]
    provider: Option<String>,
    /// The unit of that provider's secondary environment
    #[arg(long, value_name = "NAME", requires = "provider")]
    unit: Option<String>,
    /// What goes to this ordinary domain
    #[arg(long, value_name = "DOMAIN", conflicts_with = "local")]
    domain: Option<String>,
    /// What goes to our own holders
    #[arg(long)]
    local: bool,
}

impl Hop {
    fn name(self) -> Option<HopName> {
        match (self.provider, self.domain, self.local) {
            (Some(name), _, _) => Some(HopName::Provider { name, unit: self.unit }),
            (_, Some(domain), _) => Some(HopName::Domain(domain)),
            (_, _, true) => Some(HopName::Local),
            _ => None,
        }
    }
}

/// Which dispatches.
#[derive(Args, Clone, Debug)]
pub struct List {
    /// Where to.
    #[command(flatten)]
    hop: Hop,
    /// What is about this message, by its PEC identifier
    #[arg(long, value_name = "IDENTIFIER")]
    identifier: Option<String>,
}

/// Which dispatch.
#[derive(Args, Clone, Copy, Debug)]
pub struct Number {
    /// Its number, as `list` shows it
    number: i64,
}

/// Which dispatches.
#[derive(Args, Clone, Debug)]
#[group(skip)]
#[command(group = ArgGroup::new("which").args(["number", "provider", "domain", "local"]).required(true))]
pub struct Retry {
    /// Its number, as `list` shows it
    number: Option<i64>,
    /// Where to.
    #[command(flatten)]
    hop: Hop,
}

/// Which dispatch, and why.
#[derive(Args, Clone, Debug)]
pub struct Fail {
    /// Its number, as `list` shows it
    number: i64,
    /// Why: the sender reads it, and it stands in the evidence
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Asks for QueueCommand {
    fn common(&self) -> &Common {
        match self {
            QueueCommand::List(on) => &on.common,
            QueueCommand::Show(on) => &on.common,
            QueueCommand::Retry(on) => &on.common,
            QueueCommand::Fail(on) => &on.common,
        }
    }

    fn request(self) -> Result<Request, Refused> {
        Ok(Request::Queue(match self {
            QueueCommand::List(on) => QueueRequest::List { hop: on.what.hop.name(), identifier: on.what.identifier },
            QueueCommand::Show(on) => QueueRequest::Show { id: on.what.number },
            QueueCommand::Retry(on) => match (on.what.number, on.what.hop.name()) {
                (Some(id), _) => QueueRequest::Retry { id },
                (None, Some(hop)) => QueueRequest::RetryAll { hop },
                (None, None) => return Err(Refused::request("expected the number of a dispatch, or where it goes")),
            },
            QueueCommand::Fail(on) => QueueRequest::Fail { id: on.what.number, reason: on.what.reason },
        }))
    }
}
