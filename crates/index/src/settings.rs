//! What operators decide about the index.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use pec::Address;

/// The copy in use, and where it comes from.
#[derive(Clone, Debug)]
pub struct Settings {
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
    /// For how many months of the calendar the copies that were in use are kept ([`crate::History`]).
    pub history: u16,
    /// What our own record says beyond who we are.
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

/// How signed files are fetched: a provider the whole index, an operator each provider's file.
#[derive(Clone, Debug)]
pub struct Fetching {
    /// The longest time between two fetches, at most a day [R-4.5-e].
    pub refresh: Duration,
    /// Wait after a fetch that failed; each further wait is twice as long.
    pub retry_first: Duration,
    /// The longest wait after fetches that failed.
    pub retry_max: Duration,
    /// Time for one whole answer.
    pub timeout: Duration,
    /// Octets that a file may have.
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
            refresh: Duration::from_secs(24 * 3600),
            retry_first: Duration::from_secs(60),
            retry_max: Duration::from_secs(3600),
            timeout: Duration::from_secs(60),
            max_size: 64 << 20,
            tls_roots: None,
            client_certificate: None,
            client_key: None,
        }
    }
}

/// Our record in the index [R-4.5-c], beyond who we are.
#[derive(Clone, Debug)]
pub struct Publish {
    /// `LDIFLocationURL`: where our file is served.
    pub url: String,
    /// `description`
    pub description: Option<String>,
    /// Certificates beside the one that signs now: the next, and the last (PEM) [R-4.5-g].
    pub also_certificates: Vec<PathBuf>,
    /// The secondary environments [R-4.5-f].
    pub unit: Vec<Unit>,
    /// Whether the provider itself serves the file.
    pub serve: Option<HttpsDoor>,
}

/// A secondary environment [R-4.5.7-a].
#[derive(Clone, Debug)]
pub struct Unit {
    /// `providerUnit`
    pub name: String,
    /// `mailReceipt`
    pub mail_receipt: Address,
    /// `managedDomains`
    pub domains: Vec<String>,
    /// Its signing certificates (PEM).
    pub certificates: PathBuf,
    /// `description`
    pub description: Option<String>,
}

/// A door for signed files over HTTPS [R-5.6-a].
#[derive(Clone, Debug)]
pub struct HttpsDoor {
    /// Addresses with ports.
    pub listen: Vec<SocketAddr>,
    /// Chain, the server's own certificate first (PEM).
    pub certificate: PathBuf,
    /// Its key (PEM).
    pub key: PathBuf,
    /// Authorities of the clients' certificates (PEM); `None` only where `open`.
    pub client_authority: Option<PathBuf>,
    /// Whether clients without a certificate are served.
    pub open: bool,
}
