//! `[directory]`: the index of providers, where it comes from, and what we tell its operator of ourselves.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use pec::Address;
use reqwest::Url;
use serde::Deserialize;

use super::check::{Place, positive};
use super::source::ConfigError;
use super::{hours, value};

/// `[directory]`
#[derive(Clone, Debug)]
pub struct Directory {
    /// The signed index (`.p7m`): our local copy.
    pub file: PathBuf,
    /// The certificate of the index's operator (PEM), pinned.
    pub signer: PathBuf,
    /// How often the file is looked at again.
    pub reload: Duration,
    /// Age of the copy at which to alarm.
    pub alarm_after: Duration,
    /// Age of the copy at which nothing is accepted any more; `None`: never.
    pub refuse_after: Option<Duration>,
    /// Where it is fetched from; `None`: another program puts the file there.
    pub source: Option<IndexSource>,
    /// What our own record says beyond `[provider]`.
    pub publish: Option<Publish>,
}

/// Where the index is fetched from, and how.
#[derive(Clone, Debug)]
pub struct IndexSource {
    /// HTTPS.
    pub url: String,
    /// How.
    pub fetching: Fetching,
}

/// How signed files are fetched: a provider the whole index, an operator each provider's file (`[collect]`).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fetching {
    /// The longest time between two fetches, at most a day [R-4.5-e].
    #[serde(deserialize_with = "value::duration")]
    pub refresh: Duration,
    /// Wait after a fetch that failed; each further wait is twice as long.
    #[serde(deserialize_with = "value::duration")]
    pub retry_first: Duration,
    /// The longest wait after fetches that failed.
    #[serde(deserialize_with = "value::duration")]
    pub retry_max: Duration,
    /// Time for one whole answer.
    #[serde(deserialize_with = "value::duration")]
    pub timeout: Duration,
    /// Octets that a file may have.
    #[serde(deserialize_with = "value::size")]
    pub max_size: usize,
    /// Authorities for the server's TLS certificate (PEM).
    pub tls_roots: Option<PathBuf>,
    /// Our certificate for the server [R-5.6-a] (PEM, chain).
    pub client_certificate: Option<PathBuf>,
    /// Its key (PEM).
    pub client_key: Option<PathBuf>,
}

impl Default for Fetching {
    fn default() -> Self {
        Self {
            refresh: hours::<24>(),
            retry_first: Duration::from_secs(60),
            retry_max: hours::<1>(),
            timeout: Duration::from_secs(60),
            max_size: 64 << 20,
            tls_roots: None,
            client_certificate: None,
            client_key: None,
        }
    }
}

/// `[directory.publish]`: our record in the index [R-4.5-c].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// `LDIFLocationURL`: where our file is served.
    pub url: String,
    /// `description`
    #[serde(default)]
    pub description: Option<String>,
    /// Certificates beside the one that signs now: the next, and the last (PEM) [R-4.5-g].
    #[serde(default)]
    pub also_certificates: Vec<PathBuf>,
    /// The secondary environments [R-4.5-f].
    #[serde(default)]
    pub unit: Vec<Unit>,
    /// Whether the provider itself serves the file.
    #[serde(default)]
    pub serve: Option<HttpsDoor>,
}

/// `[[directory.publish.unit]]`: a secondary environment [R-4.5.7-a].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// `providerUnit`
    pub name: String,
    /// `mailReceipt`
    #[serde(deserialize_with = "value::address")]
    pub mail_receipt: Address,
    /// `managedDomains`
    #[serde(deserialize_with = "value::domains")]
    pub domains: Vec<String>,
    /// Its signing certificates (PEM).
    pub certificates: PathBuf,
    /// `description`
    #[serde(default)]
    pub description: Option<String>,
}

/// A door for signed files over HTTPS [R-5.6-a].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpsDoor {
    /// Addresses with ports.
    #[serde(deserialize_with = "value::listen")]
    pub listen: Vec<SocketAddr>,
    /// Chain, the server's own certificate first (PEM).
    pub certificate: PathBuf,
    /// Its key (PEM).
    pub key: PathBuf,
    /// Authorities of the clients' certificates (PEM); `None` only where `open`.
    #[serde(default)]
    pub client_authority: Option<PathBuf>,
    /// Whether clients without a certificate are served.
    #[serde(default)]
    pub open: bool,
}

/// `[directory]` as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DirectoryTable {
    file: PathBuf,
    signer: PathBuf,
    #[serde(default = "hours::<1>", deserialize_with = "value::duration")]
    reload: Duration,
    #[serde(default = "hours::<26>", deserialize_with = "value::duration")]
    alarm_after: Duration,
    #[serde(default, deserialize_with = "value::optional_duration")]
    refuse_after: Option<Duration>,
    url: Option<String>,
    client_certificate: Option<PathBuf>,
    client_key: Option<PathBuf>,
    tls_roots: Option<PathBuf>,
    #[serde(default, deserialize_with = "value::optional_duration")]
    refresh: Option<Duration>,
    #[serde(default, deserialize_with = "value::optional_duration")]
    retry_first: Option<Duration>,
    #[serde(default, deserialize_with = "value::optional_duration")]
    retry_max: Option<Duration>,
    #[serde(default, deserialize_with = "value::optional_duration")]
    timeout: Option<Duration>,
    #[serde(default, deserialize_with = "value::optional_size")]
    max_size: Option<usize>,
    publish: Option<Publish>,
}

impl DirectoryTable {
    /// The index it describes, with paths joined.
    pub(super) fn check(mut self, place: &Place<'_>) -> Result<Directory, ConfigError> {
        let source = self.source(place)?;
        if source.is_some() {
            // The first start fetches it.
            self.file = place.folder.join(&self.file);
        } else {
            place.existing([&mut self.file], &["directory", "file"])?;
        }
        place.existing([&mut self.signer], &["directory", "signer"])?;
        positive(self.reload, &["directory", "reload"], place.source)?;
        positive(self.alarm_after, &["directory", "alarm_after"], place.source)?;
        if self.refuse_after.is_some_and(|limit| limit < self.alarm_after) {
            let what = "expected no less than directory.alarm_after";
            return Err(place.source.error_at(&["directory", "refuse_after"], what));
        }
        if let Some(publish) = &mut self.publish {
            publish.check(place)?;
        }
        Ok(Directory {
            file: self.file,
            signer: self.signer,
            reload: self.reload,
            alarm_after: self.alarm_after,
            refuse_after: self.refuse_after,
            source,
            publish: self.publish,
        })
    }

    fn source(&mut self, place: &Place<'_>) -> Result<Option<IndexSource>, ConfigError> {
        let Some(url) = self.url.take() else {
            let useless = [
                ("client_certificate", self.client_certificate.is_some()),
                ("client_key", self.client_key.is_some()),
                ("tls_roots", self.tls_roots.is_some()),
                ("refresh", self.refresh.is_some()),
                ("retry_first", self.retry_first.is_some()),
                ("retry_max", self.retry_max.is_some()),
                ("timeout", self.timeout.is_some()),
                ("max_size", self.max_size.is_some()),
            ];
            return match useless.into_iter().find(|(_, said)| *said) {
                Some((key, _)) => {
                    let what = "expected directory.url too: without it nothing is fetched";
                    Err(place.source.error_at(&["directory", key], what))
                }
                None => Ok(None),
            };
        };
        https(&url, &["directory", "url"], place)?;
        let plain = Fetching::default();
        let mut fetching = Fetching {
            refresh: self.refresh.unwrap_or(plain.refresh),
            retry_first: self.retry_first.unwrap_or(plain.retry_first),
            retry_max: self.retry_max.unwrap_or(plain.retry_max),
            timeout: self.timeout.unwrap_or(plain.timeout),
            max_size: self.max_size.unwrap_or(plain.max_size),
            tls_roots: self.tls_roots.take(),
            client_certificate: self.client_certificate.take(),
            client_key: self.client_key.take(),
        };
        if fetching.tls_roots.is_none() {
            let what = "expected directory.tls_roots too: without authorities no server's certificate is valid";
            return Err(place.source.error_at(&["directory", "url"], what));
        }
        fetching.check("directory", place)?;
        Ok(Some(IndexSource { url, fetching }))
    }
}

impl Fetching {
    /// Checks the keys of `table` and joins the paths.
    pub(super) fn check(&mut self, table: &str, place: &Place<'_>) -> Result<(), ConfigError> {
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
        place.existing(&mut self.client_key, &[table, "client_key"])
    }
}

impl Publish {
    fn check(&mut self, place: &Place<'_>) -> Result<(), ConfigError> {
        https(&self.url, &["directory", "publish", "url"], place)?;
        place.existing(&mut self.also_certificates, &["directory", "publish", "also_certificates"])?;
        for (index, unit) in self.unit.iter_mut().enumerate() {
            let key = ["directory", "publish", "unit", &index.to_string(), "certificates"];
            place.existing([&mut unit.certificates], &key)?;
        }
        match &mut self.serve {
            Some(door) => door.check(&["directory", "publish", "serve"], place),
            None => Ok(()),
        }
    }
}

impl HttpsDoor {
    /// Checks the table `key` and joins the paths.
    pub(super) fn check(&mut self, key: &[&str], place: &Place<'_>) -> Result<(), ConfigError> {
        let at = |last| [key, &[last]].concat();
        if self.listen.is_empty() {
            return Err(place.source.error_at(&at("listen"), "expected an address: the door is shut"));
        }
        match (&self.client_authority, self.open) {
            (None, false) => {
                let what = "expected client_authority: the index is for providers that show a certificate [R-5.6-a]; \
                            or open = true, to serve it to everybody";
                return Err(place.source.error_at(key, what));
            }
            (Some(_), true) => {
                let what = "expected either client_authority or open = true, not both";
                return Err(place.source.error_at(&at("open"), what));
            }
            _ => {}
        }
        place.existing([&mut self.certificate], &at("certificate"))?;
        place.existing([&mut self.key], &at("key"))?;
        place.existing(&mut self.client_authority, &at("client_authority"))
    }
}

/// Refuses what is no address of a file over HTTPS [R-4.5-b].
pub(super) fn https(url: &str, key: &[&str], place: &Place<'_>) -> Result<(), ConfigError> {
    match Url::parse(url) {
        Ok(parsed) if parsed.scheme() == "https" && parsed.host().is_some() => Ok(()),
        _ => Err(place.source.error_at(key, format!("expected an https URL, found {url:?}"))),
    }
}
