//! `[revocation]`: how it is known which certificates are revoked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ::revocation::{ListSource, Mode, Settings};
use serde::Deserialize;

use crate::source::{ConfigError, Source};
use crate::value::{self, positive};

/// `[revocation]` [R-2.2.2-e]
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RevocationTable {
    mode: ModeWord,
    #[serde(deserialize_with = "value::duration")]
    refresh: Duration,
    #[serde(deserialize_with = "value::duration")]
    retry: Duration,
    #[serde(deserialize_with = "value::duration")]
    grace: Duration,
    #[serde(deserialize_with = "value::duration")]
    timeout: Duration,
    #[serde(deserialize_with = "value::size")]
    max_size: usize,
    private_addresses: bool,
    tls_roots: Option<PathBuf>,
    lists: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ModeWord {
    Crl,
    Ocsp,
    Off,
}

impl Default for RevocationTable {
    fn default() -> Self {
        let Settings { refresh, retry, grace, timeout, max_size, private_addresses, .. } = Settings::default();
        Self {
            mode: ModeWord::Crl,
            refresh,
            retry,
            grace,
            timeout,
            max_size,
            private_addresses,
            tls_roots: None,
            lists: Vec::new(),
        }
    }
}

/// The longest grace: a list that is a month late says little.
const MOST_GRACE: Duration = Duration::from_secs(30 * 24 * 3600);
/// The smallest limit of a list's octets.
const LEAST_SIZE: usize = 64 << 10;

impl RevocationTable {
    /// Checks the values; paths become relative to `folder`. Files need not exist yet.
    pub(crate) fn check(self, folder: &Path, source: &Source) -> Result<Settings, ConfigError> {
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
        let tls_roots = self.tls_roots.map(|path| folder.join(path));
        if tls_roots.as_ref().is_some_and(|path| !path.is_file()) {
            return Err(at("tls_roots", "expected the path of a file"));
        }
        let mut lists = Vec::with_capacity(self.lists.len());
        for (index, text) in self.lists.iter().enumerate() {
            let fail = |what: &str| source.error_at(&["revocation", "lists", &index.to_string()], what);
            lists.push(match text.split_once("://") {
                Some(("http", _)) => ListSource::Url(text.clone()),
                Some(("https", _)) if tls_roots.is_some() => ListSource::Url(text.clone()),
                Some(("https", _)) => return Err(fail("expected revocation.tls_roots too: whom to believe over TLS")),
                Some(_) => return Err(fail("expected a file, or an address that begins with http:// or https://")),
                None => ListSource::File(folder.join(text)),
            });
        }
        Ok(Settings {
            mode: match self.mode {
                ModeWord::Crl => Mode::Crl,
                ModeWord::Ocsp => Mode::Ocsp,
                ModeWord::Off => Mode::Off,
            },
            refresh: self.refresh,
            retry: self.retry,
            grace: self.grace,
            timeout: self.timeout,
            max_size: self.max_size,
            private_addresses: self.private_addresses,
            tls_roots,
            lists,
        })
    }
}
