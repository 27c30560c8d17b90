//! `sigillo user`.

use clap::{Args, Subcommand};
use pec::Address;

use super::asks::{Asks, Common, Nothing, On};
use crate::ask::PasswordFrom;
use crate::named::RightsWanted;
use crate::refused::Refused;
use crate::request::{Request, UserRequest};

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
    /// Let a user use a mailbox, so far and no further
    Grant(On<Grant>),
    /// Let a user use a mailbox no more
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
    /// The mailbox
    mailbox: Address,
    /// What the user may do, with commas: read, send, manage; all
    #[arg(long, value_name = "RIGHTS", default_value = "read,send")]
    rights: RightsWanted,
}

/// Who, where.
#[derive(Args, Clone, Debug)]
pub struct Revoke {
    /// The login name
    user: String,
    /// The mailbox
    mailbox: Address,
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
                let Grant { user: name, mailbox, rights } = on.what;
                UserRequest::Grant { name, mailbox, rights }
            }
            UserCommand::Revoke(on) => UserRequest::Revoke { name: on.what.user, mailbox: on.what.mailbox },
        }))
    }
}
