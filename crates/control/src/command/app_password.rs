//! `sigillo app-password`.

use clap::{Args, Subcommand};
use pec::Address;
use store::Protocols;

use super::asks::{Asks, Common, On};
use crate::login::LoginName;
use crate::refused::Refused;
use crate::request::{AppPasswordRequest, Request};
use crate::setting::Day;

/// Secrets that we make for mail programs.
#[derive(Clone, Debug, Subcommand)]
pub enum AppPasswordCommand {
    /// Make one; its secret is shown this once
    Add(On<Add>),
    /// List those of a holder or user
    List(On<Whose>),
    /// Remove one; the sessions that it opened end
    Remove(On<Which>),
}

/// Whose.
#[derive(Args, Clone, Debug)]
pub struct Whose {
    /// A mailbox's address, for its holder; or the name of a user
    login: LoginName,
}

/// Which one.
#[derive(Args, Clone, Debug)]
pub struct Which {
    /// A mailbox's address, for its holder; or the name of a user
    login: LoginName,
    /// Its number, as the list says
    id: i64,
}

/// A new one.
#[derive(Args, Clone, Debug)]
pub struct Add {
    /// A mailbox's address, for its holder; or the name of a user
    login: LoginName,
    /// What it is for, as "Outlook in the office"
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// Of a user: the one mailbox that it opens; otherwise all that are granted
    #[arg(long, value_name = "ADDRESS")]
    mailbox: Option<Address>,
    /// What it may be used for, with commas: imap, pop3, submission; all
    #[arg(long, value_name = "PROTOCOLS", default_value = "all")]
    protocols: Protocols,
    /// The day from which on it is good for nothing, as 2027-01-31
    #[arg(long, value_name = "DAY")]
    ends: Option<Day>,
}

impl Asks for AppPasswordCommand {
    fn common(&self) -> &Common {
        match self {
            AppPasswordCommand::Add(on) => &on.common,
            AppPasswordCommand::List(on) => &on.common,
            AppPasswordCommand::Remove(on) => &on.common,
        }
    }

    fn request(self) -> Result<Request, Refused> {
        Ok(Request::AppPassword(match self {
            AppPasswordCommand::Add(on) => {
                let Add { login, name, mailbox, protocols, ends } = on.what;
                AppPasswordRequest::Add { login, name, mailbox, protocols, ends }
            }
            AppPasswordCommand::List(on) => AppPasswordRequest::List { login: on.what.login },
            AppPasswordCommand::Remove(on) => AppPasswordRequest::Remove { login: on.what.login, id: on.what.id },
        }))
    }
}
