//! By which names somebody is known here.

use std::collections::{BTreeMap, BTreeSet};

use pec::{Address, Moment};
use store::{Account, Mailbox, Persons, Principals, User};

use crate::login::LoginName;
use crate::refused::Refused;

/// A person, by all its names.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// Its accounts as a user.
    pub users: Vec<User>,
    /// Login names of its accounts that were erased, each with when.
    pub erased: BTreeMap<String, Moment>,
    /// Its mailboxes here.
    pub mailboxes: Vec<Mailbox>,
    /// Addresses that its mailboxes had before, each with when it was given up.
    pub former: Vec<(Address, Moment)>,
    /// Its addresses elsewhere, of which only the trace may know.
    pub strange: Vec<Address>,
    /// All its addresses, in lower case.
    keys: BTreeSet<String>,
    /// All its login names, in lower case.
    logins: BTreeSet<String>,
}

impl Person {
    /// Names of one request at most.
    pub const MOST: usize = 20;

    /// Finds somebody by addresses, of mailboxes here or elsewhere, and by login names of users.
    ///
    /// # Errors
    ///
    /// No name, or more than [`Person::MOST`]; a user who is not and never was; a mailbox of the provider's own; the store's.
    pub async fn find(
        names: &[LoginName],
        principals: &dyn Principals,
        persons: &dyn Persons,
    ) -> Result<Self, Refused> {
        if names.is_empty() || names.len() > Self::MOST {
            return Err(Refused::request(format!("expected 1 to {} names of one person", Self::MOST)));
        }
        let mut person = Self::default();
        for LoginName(name) in names {
            match name {
                Account::User(name) => person.user(name, principals, persons).await?,
                Account::Mailbox(address) => person.address(address, principals, persons).await?,
            }
        }
        Ok(person)
    }

    async fn user(&mut self, name: &str, principals: &dyn Principals, persons: &dyn Persons) -> Result<(), Refused> {
        let key = name.to_lowercase();
        if !self.logins.insert(key.clone()) {
            return Ok(());
        }
        match (principals.user(name).await?, persons.erased_user(name).await?) {
            (Some(user), _) => self.users.push(user),
            (None, Some(at)) => drop(self.erased.insert(key, at)),
            (None, None) => return Err(Refused::missing(format!("no user {name}"))),
        }
        Ok(())
    }

    async fn address(
        &mut self,
        address: &Address,
        principals: &dyn Principals,
        persons: &dyn Persons,
    ) -> Result<(), Refused> {
        if !self.keys.insert(address.key()) {
            return Ok(());
        }
        let Some(mailbox) = principals.mailbox(address).await? else {
            self.strange.push(address.clone());
            return Ok(());
        };
        if mailbox.service || mailbox.address.is_postmaster() {
            return Err(Refused::request(format!("{address} is a mailbox of the provider's own, and no person's")));
        }
        for (former, until) in persons.former_addresses(mailbox.id).await? {
            self.keys.insert(former.key());
            self.former.push((former, until));
        }
        self.mailboxes.push(mailbox);
        Ok(())
    }

    /// Whether an address is this person's.
    pub fn has(&self, address: &str) -> bool {
        self.keys.contains(&address.to_ascii_lowercase())
    }

    /// Whether a user is this person.
    pub fn is_user(&self, name: &str) -> bool {
        self.logins.contains(&name.to_lowercase())
    }

    /// All its names: addresses first.
    pub fn names(&self) -> Vec<String> {
        self.keys.iter().chain(&self.logins).cloned().collect()
    }
}

#[cfg(test)]
impl Person {
    /// Somebody with these names.
    pub(crate) fn of(keys: &[&str], logins: &[&str]) -> Self {
        let all = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self { keys: all(keys), logins: all(logins), ..Self::default() }
    }
}
