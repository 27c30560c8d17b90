//! `sigillo user`.

use clap::{ArgGroup, Args, Subcommand};
use pec::Address;

use super::asks::{Asks, Common, Nothing, On};
use crate::ask::PasswordFrom;
use crate::named::RightsWanted;
use crate::refused::Refused;
use crate::request::{Request, UserRequest};
use crate::unit::UnitPath;

/// People and programs with credentials of their own.
#[derive(Clone, Debug, Subcommand)]
pub enum UserCommand {
    /// List the users
    List(On<Nothing>),
    /// Show a user and which mailboxes it may use
    Show(On<Name>),
    /// Create a user
    Add(On<Add>),
    /// Let a user log in
    Enable(On<Name>),
    /// Let a user log in no more
    Disable(On<Name>),
    /// Give a user another password
    Password(On<Password>),
    /// Let a user use a mailbox, or all of an office, so far and no further
    Grant(On<Grant>),
    /// Take back what a user was granted on a mailbox or an office
    Revoke(On<Revoke>),
}

/// Which user.
#[derive(Args, Clone, Debug)]
pub struct Name {
    /// The login name
    user: String,
}

/// A new user.
#[derive(Args, Clone, Debug)]
pub struct Add {
    /// The login name: letters, digits, dots, hyphens, underscores
    user: String,
    /// The name for people
    #[arg(long, value_name = "TEXT", default_value = "")]
    display: String,
    /// The user cannot log in until it has a password
    #[arg(long, conflicts_with = "password_file")]
    no_password: bool,
    /// Where the password comes from.
    #[command(flatten)]
    password: PasswordFrom,
}

/// Whose password.
#[derive(Args, Clone, Debug)]
pub struct Password {
    /// The login name
    user: String,
    /// Where the password comes from.
    #[command(flatten)]
    password: PasswordFrom,
}

/// Who, where, how far.
#[derive(Args, Clone, Debug)]
pub struct Grant {
    /// The login name
    user: String,
    /// On what.
    #[command(flatten)]
    on: Granted,
    /// What the user may do, with commas: read, send, manage; all
    #[arg(long, value_name = "RIGHTS", default_value = "read,send")]
    rights: RightsWanted,
}

/// Who, where.
#[derive(Args, Clone, Debug)]
pub struct Revoke {
    /// The login name
    user: String,
    /// On what.
    #[command(flatten)]
    on: Granted,
}

/// A mailbox, or an office.
#[derive(Args, Clone, Debug)]
#[group(skip)]
#[command(group = ArgGroup::new("where").args(["mailbox", "office"]).required(true))]
pub struct Granted {
    /// The mailbox
    mailbox: Option<Address>,
    /// Every mailbox in this office and below it, today and later: ORGANISATION/OFFICE/…
    #[arg(long, value_name = "PATH")]
    office: Option<UnitPath>,
}

enum Meant {
    Mailbox(Address),
    Office(UnitPath),
}

impl Granted {
    fn meant(self) -> Result<Meant, Refused> {
        match (self.mailbox, self.office) {
            (Some(mailbox), None) => Ok(Meant::Mailbox(mailbox)),
            (None, Some(office)) => Ok(Meant::Office(office)),
            _ => Err(Refused::request("name a mailbox, or an office with --office")),
        }
    }
}

impl Asks for UserCommand {
    fn common(&self) -> &Common {
        match self {
            UserCommand::List(on) => &on.common,
            UserCommand::Show(on) | UserCommand::Enable(on) | UserCommand::Disable(on) => &on.common,
            UserCommand::Add(on) => &on.common,
            UserCommand::Password(on) => &on.common,
            UserCommand::Grant(on) => &on.common,
            UserCommand::Revoke(on) => &on.common,
        }
    }

    fn request(self) -> Result<Request, Refused> {
        Ok(Request::User(match self {
            UserCommand::List(_) => UserRequest::List,
            UserCommand::Show(on) => UserRequest::Show { name: on.what.user },
            UserCommand::Enable(on) => UserRequest::Enable { name: on.what.user },
            UserCommand::Disable(on) => UserRequest::Disable { name: on.what.user },
            UserCommand::Add(on) => {
                let Add { user: name, display, no_password, password } = on.what;
                let password = (!no_password).then(|| password.read(&name)).transpose()?;
                UserRequest::Add { name, display, password }
            }
            UserCommand::Password(on) => {
                let Password { user: name, password } = on.what;
                let password = password.read(&name)?;
                UserRequest::Password { name, password }
            }
            UserCommand::Grant(on) => {
                let Grant { user: name, on, rights } = on.what;
                match on.meant()? {
                    Meant::Mailbox(mailbox) => UserRequest::Grant { name, mailbox, rights },
                    Meant::Office(office) => UserRequest::GrantOffice { name, office, rights },
                }
            }
            UserCommand::Revoke(on) => {
                let Revoke { user: name, on } = on.what;
                match on.meant()? {
                    Meant::Mailbox(mailbox) => UserRequest::Revoke { name, mailbox },
                    Meant::Office(office) => UserRequest::RevokeOffice { name, office },
                }
            }
        }))
    }
}
