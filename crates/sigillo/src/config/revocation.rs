//! `[revocation]`: how it is known which certificates are revoked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::check::positive;
use super::source::{ConfigError, Source};
use super::value;

/// `[revocation]` [R-2.2.2-e]
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Revocation {
    /// What is asked.
    pub mode: RevocationMode,
    /// How often a list or an answer is fetched anew, at the latest.
    #[serde(deserialize_with = "value::duration")]
    pub refresh: Duration,
    /// Wait after a fetch that failed.
    #[serde(deserialize_with = "value::duration")]
    pub retry: Duration,
    /// How long beyond its `nextUpdate` a list or an answer counts.
    #[serde(deserialize_with = "value::duration")]
    pub grace: Duration,
    /// Time for one fetch.
    #[serde(deserialize_with = "value::duration")]
    pub timeout: Duration,
    /// Octets of one list.
    #[serde(deserialize_with = "value::size")]
    pub max_size: usize,
    /// Whether addresses that certificates name may lead to this machine and to private networks.
    pub private_addresses: bool,
    /// Authorities of the servers behind `https` addresses (PEM).
    pub tls_roots: Option<PathBuf>,
    /// Further lists: files and addresses.
    #[serde(rename = "lists")]
    written: Vec<String>,
    /// The same, read.
    #[serde(skip)]
    pub lists: Vec<ListPlace>,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RevocationMode {
    /// Lists; the responder for certificates that name no list.
    Crl,
    /// The responder that a certificate names; lists where there is none, or no answer.
    Ocsp,
    /// Nothing: for laboratories.
    Off,
}

/// Where a list is that the operator names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListPlace {
    /// A file, DER or PEM.
    File(PathBuf),
    /// `http://` or `https://`.
    Url(String),
}

impl Default for Revocation {
    fn default() -> Self {
        Self {
            mode: RevocationMode::Crl,
            refresh: Duration::from_secs(3600),
            retry: Duration::from_secs(60),
            grace: Duration::ZERO,
            timeout: Duration::from_secs(20),
            max_size: 20 << 20,
            private_addresses: false,
            tls_roots: None,
            written: Vec::new(),
            lists: Vec::new(),
        }
    }
}

/// The longest grace: a list that is a month late says little.
const MOST_GRACE: Duration = Duration::from_secs(30 * 24 * 3600);
/// The smallest limit of a list's octets.
const LEAST_SIZE: usize = 64 << 10;

impl Revocation {
    /// Checks the values; paths become relative to `folder`. Files need not exist yet.
    pub(super) fn check(mut self, folder: &Path, source: &Source<'_>) -> Result<Self, ConfigError> {
        let at = |key: &str, what: &str| source.error_at(&["revocation", key], what);
        for (key, found) in [("refresh", self.refresh), ("retry", self.retry), ("timeout", self.timeout)] {
            positive(found, &["revocation", key], source)?;
        }
        if self.retry > self.refresh {
            return Err(at("retry", "expected no more than revocation.refresh"));
        }
        if self.grace > MOST_GRACE {
            return Err(at("grace", "expected at most 720 hours: an old list does not say what was revoked since"));
        }
        if self.max_size < LEAST_SIZE {
            return Err(at("max_size", "expected at least 64 KiB: lists of real authorities are larger"));
        }
        self.tls_roots = self.tls_roots.map(|path| folder.join(path));
        if self.tls_roots.as_ref().is_some_and(|path| !path.is_file()) {
            return Err(at("tls_roots", "expected the path of a file"));
        }
        for (index, text) in self.written.iter().enumerate() {
            let fail = |what: &str| source.error_at(&["revocation", "lists", &index.to_string()], what);
            self.lists.push(match text.split_once("://") {
                Some(("http", _)) => ListPlace::Url(text.clone()),
                Some(("https", _)) if self.tls_roots.is_some() => ListPlace::Url(text.clone()),
                Some(("https", _)) => return Err(fail("expected revocation.tls_roots too: whom to believe over TLS")),
                Some(_) => return Err(fail("expected a file, or an address that begins with http:// or https://")),
                None => ListPlace::File(folder.join(text)),
            });
        }
        Ok(self)
    }
}
