//! Where a provider publishes.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fetch::{FetchError, Fetcher};
use tls::authorities;

use crate::resource::Resource;

/// The largest list of logs, and the largest head, octets.
const MOST: usize = 1 << 20;
const TILE: usize = 8192;

/// What a provider shows.
#[async_trait]
pub trait Publication: Send + Sync {
    /// What there is; `None`: it says that there is no such thing.
    async fn get(&self, resource: Resource) -> Result<Option<Bytes>, FetchError>;
}

/// Over HTTPS.
pub struct Https {
    fetcher: Fetcher,
    url: String,
}

impl Https {
    /// At this address, whatever its path. `roots`: the authorities for the server's certificate (PEM); `None`: those that
    /// this system knows. `timeout` is for one answer.
    ///
    /// # Errors
    ///
    /// The address is none of HTTPS, or the file cannot be used; in words.
    pub fn new(url: &str, roots: Option<&Path>, timeout: Duration) -> Result<Self, String> {
        if !fetch::is_https(url) {
            return Err(format!("expected an address that begins with https://, found {url:?}"));
        }
        let mut trusted = rustls::RootCertStore::empty();
        match roots {
            Some(file) => drop(authorities::add(&mut trusted, file)?),
            None => trusted = authorities::of_system(),
        }
        let fetcher = Fetcher::of_roots(trusted, timeout).map_err(|error| error.to_string())?;
        Ok(Self { fetcher, url: url.trim_end_matches('/').to_owned() })
    }
}

#[async_trait]
impl Publication for Https {
    async fn get(&self, resource: Resource) -> Result<Option<Bytes>, FetchError> {
        let most = if matches!(resource, Resource::Tile(_)) { TILE } else { MOST };
        match self.fetcher.get(&format!("{}{resource}", self.url), most).await {
            Err(FetchError::Refused { status: 404 | 410, .. }) => Ok(None),
            answer => answer.map(Some),
        }
    }
}
