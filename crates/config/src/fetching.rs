//! How signed files are fetched: in `[directory]` by a provider the whole index, in `[collect]` by an operator each
//! provider's file.

use std::path::PathBuf;
use std::time::Duration;

use index::Fetching;
use serde::Deserialize;

use crate::folder::Folder;
use crate::source::ConfigError;
use crate::value::{self, hours, positive};

/// As it is written; what each key means stands at [`Fetching`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FetchingTable {
    #[serde(deserialize_with = "value::duration")]
    pub refresh: Duration,
    #[serde(deserialize_with = "value::duration")]
    pub retry_first: Duration,
    #[serde(deserialize_with = "value::duration")]
    pub retry_max: Duration,
    #[serde(deserialize_with = "value::duration")]
    pub timeout: Duration,
    #[serde(deserialize_with = "value::size")]
    pub max_size: usize,
    pub tls_roots: Option<PathBuf>,
    pub client_certificate: Option<PathBuf>,
    pub client_key: Option<PathBuf>,
}

impl Default for FetchingTable {
    fn default() -> Self {
        let Fetching { refresh, retry_first, retry_max, timeout, max_size, .. } = Fetching::default();
        Self {
            refresh,
            retry_first,
            retry_max,
            timeout,
            max_size,
            tls_roots: None,
            client_certificate: None,
            client_key: None,
        }
    }
}

impl FetchingTable {
    /// Checks the keys of `table` and joins the paths.
    pub(crate) fn check(mut self, table: &str, place: &Folder<'_>) -> Result<Fetching, ConfigError> {
        for (key, found) in [("refresh", self.refresh), ("retry_first", self.retry_first), ("timeout", self.timeout)] {
            positive(found, &[table, key], place.source)?;
        }
        let at = |key: &str, what: &str| Err(place.source.error_at(&[table, key], what));
        if self.refresh > hours::<24>() {
            return at("refresh", "expected at most 24 hours [R-4.5-e]");
        }
        if self.retry_max < self.retry_first {
            return at("retry_max", &format!("expected no less than {table}.retry_first"));
        }
        if self.max_size == 0 {
            return at("max_size", "expected at least 1, found 0");
        }
        match (&self.client_certificate, &self.client_key) {
            (Some(_), None) => return at("client_certificate", "expected client_key beside it"),
            (None, Some(_)) => return at("client_key", "expected client_certificate beside it"),
            _ => {}
        }
        place.existing(&mut self.tls_roots, &[table, "tls_roots"])?;
        place.existing(&mut self.client_certificate, &[table, "client_certificate"])?;
        place.existing(&mut self.client_key, &[table, "client_key"])?;
        Ok(Fetching {
            refresh: self.refresh,
            retry_first: self.retry_first,
            retry_max: self.retry_max,
            timeout: self.timeout,
            max_size: self.max_size,
            tls_roots: self.tls_roots,
            client_certificate: self.client_certificate,
            client_key: self.client_key,
        })
    }
}
