//! Whose passwords, as people write it: the same name as at a login.

use std::fmt;
use std::str::FromStr;

use pec::Address;
use store::Account;

/// The address of a mailbox, or the name of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginName(pub Account);

impl fmt::Display for LoginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Account::Mailbox(address) => address.fmt(f),
            Account::User(name) => f.write_str(name),
        }
    }
}

impl FromStr for LoginName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.contains('@') {
            return Ok(Self(Account::User(text.to_owned())));
        }
        let address = Address::parse(text);
        address
            .map(|address| Self(Account::Mailbox(address)))
            .map_err(|error| format!("{text:?} is no address: {error}"))
    }
}
