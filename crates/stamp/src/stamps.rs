//! All authorities together.

use std::sync::Arc;

use fetch::{FetchOptions, Fetcher};
use pec::{Clock, Moment};
use seal::TimeStamp;
use thiserror::Error;

use crate::authority::{Authority, Trouble};
use crate::error::StampsError;
use crate::settings::Settings;

/// Each authority that may be asked failed, or is left alone since it did: what each said last.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no authority gives a time stamp: {0}")]
pub struct NoStamp(pub String);

/// How one authority fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its address.
    pub url: String,
    /// Since when it gives none, and why; `None`: it answers, or was not asked yet.
    pub failing: Option<(Moment, String)>,
}

/// Whom to ask for stamps.
pub struct Stamps {
    settings: Settings,
    authorities: Vec<Authority>,
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
}

impl Stamps {
    /// Reads the files; asks nobody yet.
    pub fn new(mut settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, StampsError> {
        let options = FetchOptions { roots: settings.tls_roots.clone(), identity: None, timeout: settings.timeout };
        let authorities = std::mem::take(&mut settings.authorities);
        let authorities = authorities.into_iter().map(Authority::new).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { settings, authorities, fetcher: Fetcher::new(&options)?, clock })
    }

    /// Shows every count with 0, from the moment when counts are kept: an alarm on what never happened yet must not be blind.
    pub fn show_counts(&self) {
        for Authority { url, .. } in &self.authorities {
            for result in Trouble::NAMES.into_iter().chain(["stamped"]) {
                count(url, result, 0);
            }
        }
    }

    /// A stamp for data with this SHA-256 from the first authority that gives one that counts. Takes at most the timeout for
    /// each, and no time where all are left alone.
    pub async fn stamp(&self, sha256: [u8; 32]) -> Result<TimeStamp, NoStamp> {
        let Settings { tolerance, .. } = self.settings;
        let mut said = Vec::new();
        for authority in &self.authorities {
            if !authority.is_rested() {
                said.extend(authority.failing().map(|(_, error)| error));
                continue;
            }
            let url = &authority.url;
            match authority.ask(&self.fetcher, sha256, tolerance, &*self.clock).await {
                Ok(stamp) => {
                    count(url, "stamped", 1);
                    if authority.succeeded() {
                        tracing::info!(event = "timestamps-work-again", authority = url);
                    }
                    return Ok(stamp);
                }
                Err(trouble) => {
                    count(url, trouble.name(), 1);
                    let error = trouble.to_string();
                    if authority.failed(trouble, self.clock.now(), &self.settings) {
                        tracing::warn!(event = "timestamp-failed", error, "the next authority is asked");
                    }
                    said.push(error);
                }
            }
        }
        Err(NoStamp(said.join("; ")))
    }

    /// How each authority fares, in the operator's order.
    pub fn standing(&self) -> Vec<Standing> {
        let of = |one: &Authority| Standing { url: one.url.clone(), failing: one.failing() };
        self.authorities.iter().map(of).collect()
    }
}

fn count(authority: &str, result: &'static str, more: u64) {
    metrics::counter!("sigillo_timestamps_total", "authority" => authority.to_owned(), "result" => result)
        .increment(more);
}
