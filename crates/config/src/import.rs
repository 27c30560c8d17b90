//! The file of what a new store is filled with: domains and mailboxes.

use std::collections::HashSet;
use std::path::Path;

use pec::{Address, Moment};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use store::{Correspondents, Keeps, OrdinaryMail, SentCopies};

use crate::source::{ConfigError, Source};
use crate::value;

/// What a new store is filled with.
#[derive(Clone, Debug, Default)]
pub struct Filling {
    /// The certified-mail domains that are hosted [R-1.2.3-b].
    pub domains: Vec<store::Domain>,
    /// Their mailboxes.
    pub accounts: Vec<Account>,
}

/// A mailbox to create.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its address, also the login name.
    #[serde(deserialize_with = "value::address")]
    pub address: Address,
    /// Password; `None`: nobody can log in.
    #[serde(default, deserialize_with = "secret")]
    pub password: Option<SecretString>,
    /// Octets.
    #[serde(default = "gibibyte", deserialize_with = "value::size")]
    pub quota: usize,
    /// Whether this is the service mailbox [R-2.2.5-a].
    #[serde(default)]
    pub service: bool,
}

impl Account {
    /// What the store is to create.
    pub fn mailbox(&self) -> store::NewMailbox {
        store::NewMailbox {
            address: self.address.clone(),
            password: self.password.as_ref().map(|p| p.expose_secret().to_owned()),
            quota: self.quota as u64,
            service: self.service,
        }
    }
}

/// Reads such a file. Every address must belong to a domain of it, or to one of `further` (lower case).
pub fn read_filling(file: &Path, further: &[String]) -> Result<Filling, ConfigError> {
    let source = Source::read(file)?;
    let File { domain, account: accounts } = source.parse::<File>()?;
    let mut named = HashSet::new();
    for (index, domain) in domain.iter().enumerate() {
        if !named.insert(domain.name.clone()) {
            let what = format!("{} stands here twice", domain.name);
            return Err(source.error_at(&["domain", &index.to_string(), "name"], what));
        }
    }
    named.extend(further.iter().cloned());
    let mut seen = HashSet::new();
    for (index, account) in accounts.iter().enumerate() {
        let at = |key, what: String| Err(source.error_at(&["account", &index.to_string(), key], what));
        if !seen.insert(&account.address) {
            return at("address", format!("{} stands here twice", account.address));
        }
        if !named.contains(&account.address.domain_key()) {
            return at("address", format!("expected an address of a domain in this file, found {}", account.address));
        }
        if account.password.as_ref().is_some_and(|password| password.expose_secret().is_empty()) {
            return at("password", "expected a password that is not empty, or none".into());
        }
    }
    Ok(Filling { domains: domain.into_iter().map(store::Domain::from).collect(), accounts })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    domain: Vec<Domain>,
    #[serde(default)]
    account: Vec<Account>,
}

/// `[[domain]]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Domain {
    #[serde(deserialize_with = "value::domain")]
    name: String,
    #[serde(default)]
    english: bool,
    #[serde(default, deserialize_with = "value::text")]
    ordinary: OrdinaryMail,
    #[serde(default, deserialize_with = "value::optional_day")]
    certified_only_from: Option<Moment>,
    #[serde(default, deserialize_with = "value::text")]
    correspondents: Correspondents,
    #[serde(default, deserialize_with = "value::text")]
    sent_copies: SentCopies,
    #[serde(default, deserialize_with = "value::text")]
    keeps: Keeps,
}

impl From<Domain> for store::Domain {
    fn from(domain: Domain) -> Self {
        let Domain { name, english, ordinary, certified_only_from, correspondents, sent_copies, keeps } = domain;
        Self { name, english, ordinary, certified_only_from, correspondents, sent_copies, keeps, organisation: None }
    }
}

fn secret<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<SecretString>, D::Error> {
    String::deserialize(d).map(|text| Some(text.into()))
}

fn gibibyte() -> usize {
    1 << 30
}
