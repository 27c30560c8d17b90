//! `sigillo domain`.

use clap::{Args, Subcommand};
use store::{Correspondents, Keeps, OrdinaryMail, SentCopies};

use super::asks::{Asks, Common, Nothing, On};
use crate::refused::Refused;
use crate::request::{DomainRequest, DomainSettings, Request};
use crate::setting::CertifiedOnly;
use crate::unit::OrNone;

/// What is hosted.
#[derive(Clone, Debug, Subcommand)]
pub enum DomainCommand {
    /// List the certified-mail domains that are hosted here
    List(On<Nothing>),
    /// Show a domain
    Show(On<Name>),
    /// Host another domain; publish our record in the index afterwards, so that other providers know
    Add(On<Settings>),
    /// Change what holds for the mailboxes of a domain
    Set(On<Settings>),
    /// Remove a domain that never had mailboxes
    Remove(On<Name>),
}

/// Which domain.
#[derive(Args, Clone, Debug)]
pub struct Name {
    /// The domain, as pec.example.it
    domain: String,
}

/// Which domain, and what of it.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// The domain, as pec.example.it
    domain: String,
    /// Whether holders read an English text after the Italian one
    #[arg(long, value_name = "true|false", action = clap::ArgAction::Set)]
    english: Option<bool>,
    /// Ordinary mail: refuse, anomaly, folder=NAME, forward=ADDRESS
    #[arg(long, value_name = "POLICY")]
    ordinary: Option<OrdinaryMail>,
    /// Certified mail only from this day on, as 2027-01-01; never
    #[arg(long, value_name = "DAY")]
    certified_only_from: Option<CertifiedOnly>,
    /// Its closed group, with commas: certified, @DOMAIN, ADDRESS; any: everybody
    #[arg(long, value_name = "GROUP")]
    correspondents: Option<Correspondents>,
    /// Whether copies of what is sent are kept in the folders of sent mail: on, off
    #[arg(long, value_name = "SWITCH")]
    sent_copies: Option<SentCopies>,
    /// What of certified mail is kept thirty months, outside mailboxes: receipts, envelopes too, or originals (both with what they
    /// contain)
    #[arg(long, value_name = "WHAT")]
    keeps: Option<Keeps>,
    /// The organisation that it belongs to; its mailboxes stand in that one; none
    #[arg(long, value_name = "NAME")]
    organisation: Option<OrNone<String>>,
}

impl Settings {
    fn into_request(self) -> (String, DomainSettings) {
        let Self { domain, english, ordinary, certified_only_from, correspondents, sent_copies, keeps, organisation } =
            self;
        let settings =
            DomainSettings { english, ordinary, certified_only_from, correspondents, sent_copies, keeps, organisation };
        (domain, settings)
    }
}

impl Asks for DomainCommand {
    fn common(&self) -> &Common {
        match self {
            DomainCommand::List(on) => &on.common,
            DomainCommand::Show(on) | DomainCommand::Remove(on) => &on.common,
            DomainCommand::Add(on) | DomainCommand::Set(on) => &on.common,
        }
    }

    fn request(self) -> Result<Request, Refused> {
        Ok(Request::Domain(match self {
            DomainCommand::List(_) => DomainRequest::List,
            DomainCommand::Show(on) => DomainRequest::Show { name: on.what.domain },
            DomainCommand::Remove(on) => DomainRequest::Remove { name: on.what.domain },
            DomainCommand::Add(on) => {
                let (name, settings) = on.what.into_request();
                DomainRequest::Add { name, settings }
            }
            DomainCommand::Set(on) => {
                let (name, settings) = on.what.into_request();
                DomainRequest::Set { name, settings }
            }
        }))
    }
}
