//! `[tokens]`: the identity provider whose tokens log in.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use token::settings::Place;
use token::{Issuer, KeySource, Settings};

use crate::folder::Folder;
use crate::source::ConfigError;
use crate::value::{self, DAY, at_most, positive};

/// As it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TokensTable {
    issuer: String,
    audience: Vec<String>,
    keys: String,
    login_claim: String,
    scope: Option<String>,
    #[serde(deserialize_with = "value::duration")]
    refresh: Duration,
    #[serde(deserialize_with = "value::duration")]
    grace: Duration,
    #[serde(deserialize_with = "value::duration")]
    timeout: Duration,
    tls_roots: Option<PathBuf>,
}

impl Default for TokensTable {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            audience: Vec::new(),
            keys: String::new(),
            login_claim: "preferred_username".into(),
            scope: None,
            refresh: Duration::from_secs(3600),
            grace: DAY,
            timeout: Duration::from_secs(10),
            tls_roots: None,
        }
    }
}

impl TokensTable {
    /// Checks the values; paths become relative to the folder.
    pub(crate) fn check(mut self, at: &Folder<'_>) -> Result<Settings, ConfigError> {
        let fail = |key: &str, what: &str| Err(at.source.error_at(&["tokens", key], what));
        if self.issuer.is_empty() {
            return fail("issuer", "expected the name that the identity provider writes into its tokens (iss)");
        }
        if self.audience.is_empty() || self.audience.iter().any(String::is_empty) {
            return fail(
                "audience",
                "expected what tokens for this service say (aud): others' tokens open nothing here",
            );
        }
        if self.login_claim.is_empty() {
            return fail("login_claim", "expected the claim that has the login");
        }
        for (key, found) in [("refresh", self.refresh), ("timeout", self.timeout)] {
            positive(found, &["tokens", key], at.source)?;
        }
        for (key, found) in [("refresh", self.refresh), ("grace", self.grace), ("timeout", self.timeout)] {
            at_most(found, DAY, &["tokens", key], at.source)?;
        }
        at.existing(&mut self.tls_roots, &["tokens", "tls_roots"])?;
        let place = match self.keys.split_once("://") {
            Some(("https", _)) if self.tls_roots.is_some() => Place::Url(self.keys),
            Some(("https", _)) => return fail("keys", "expected tokens.tls_roots too: whom to believe over TLS"),
            Some(_) => return fail("keys", "expected a file, or an address that begins with https://"),
            None if self.keys.is_empty() => {
                return fail(
                    "keys",
                    "expected where the identity provider's keys are (its jwks_uri), or a file of them",
                );
            }
            None => {
                let mut path = PathBuf::from(self.keys);
                at.existing([&mut path], &["tokens", "keys"])?;
                Place::File(path)
            }
        };
        let (login, scope) = (self.login_claim, self.scope);
        Ok(Settings {
            issuer: Issuer { name: self.issuer, audience: self.audience, login, scope },
            keys: KeySource {
                at: place,
                refresh: self.refresh,
                grace: self.grace,
                timeout: self.timeout,
                tls_roots: self.tls_roots,
            },
        })
    }
}
