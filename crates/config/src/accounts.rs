//! The file of accounts that a start creates.

use std::collections::HashSet;
use std::path::Path;

use pec::Address;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::source::{ConfigError, Source, read};
use crate::value;

/// A mailbox to create, unless it exists already.
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

/// Reads such a file. With `domains` (lower case), every address must belong to one of them
/// [R-1.2.3-b].
pub fn read_accounts(file: &Path, domains: Option<&[String]>) -> Result<Vec<Account>, ConfigError> {
    let text = read(file)?;
    let source = Source { file, text: &text };
    let accounts = source.parse::<File>()?.account;
    let mut seen = HashSet::new();
    for (index, account) in accounts.iter().enumerate() {
        let at = |key, what: String| Err(source.error_at(&["account", &index.to_string(), key], what));
        if !seen.insert(&account.address) {
            return at("address", format!("{} stands here twice", account.address));
        }
        if domains.is_some_and(|domains| !domains.contains(&account.address.domain_key())) {
            return at("address", format!("expected an address of a hosted domain, found {}", account.address));
        }
        if account.password.as_ref().is_some_and(|password| password.expose_secret().is_empty()) {
            return at("password", "expected a password that is not empty, or none".into());
        }
    }
    Ok(accounts)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    account: Vec<Account>,
}

fn secret<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<SecretString>, D::Error> {
    String::deserialize(d).map(|text| Some(text.into()))
}

fn gibibyte() -> usize {
    1 << 30
}
