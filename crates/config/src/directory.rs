//! `[directory]`: the index of providers and where it comes from.

use std::path::PathBuf;
use std::time::Duration;

use index::{IndexSource, Settings};
use serde::Deserialize;

use crate::fetching::FetchingTable;
use crate::folder::Folder;
use crate::publish::{PublishTable, https};
use crate::source::ConfigError;
use crate::value::{self, hours, positive};

/// `[directory]` as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DirectoryTable {
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
    publish: Option<PublishTable>,
}

impl DirectoryTable {
    /// The index it describes, with paths joined; what was in use is kept for so many months.
    pub(crate) fn check(mut self, place: &Folder<'_>, months: u16) -> Result<Settings, ConfigError> {
        let source = self.source(place)?;
        if source.is_some() {
            // The first start fetches it.
            self.file = place.path.join(&self.file);
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
        let publish = self.publish.take().map(|publish| publish.check(place)).transpose()?;
        Ok(Settings {
            file: self.file,
            signer: self.signer,
            reload: self.reload,
            alarm_after: self.alarm_after,
            refuse_after: self.refuse_after,
            source,
            history: months,
            publish,
        })
    }

    fn source(&mut self, place: &Folder<'_>) -> Result<Option<IndexSource>, ConfigError> {
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
        let plain = FetchingTable::default();
        let fetching = FetchingTable {
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
        Ok(Some(IndexSource { url, fetching: fetching.check("directory", place)? }))
    }
}
