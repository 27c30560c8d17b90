//! What the operator decides.

use std::path::PathBuf;
use std::time::Duration;

/// How it is known which certificates are revoked [R-2.2.2-e].
#[derive(Clone, Debug)]
pub struct Settings {
    /// What is asked.
    pub mode: Mode,
    /// How often a list or an answer is fetched anew, at the latest.
    pub refresh: Duration,
    /// Wait after a fetch that failed.
    pub retry: Duration,
    /// How long beyond its `nextUpdate` a list or an answer counts.
    pub grace: Duration,
    /// Time for one fetch.
    pub timeout: Duration,
    /// Octets of one list.
    pub max_size: usize,
    /// Whether addresses that certificates name may lead to this machine and to private networks.
    pub private_addresses: bool,
    /// Authorities of the servers behind `https` addresses (PEM).
    pub tls_roots: Option<PathBuf>,
    /// Further lists.
    pub lists: Vec<ListSource>,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Lists; the responder for certificates that name no list.
    Crl,
    /// The responder that a certificate names; lists where there is none, or no answer.
    Ocsp,
    /// Nothing: for laboratories.
    Off,
}

/// Where a list is that the operator names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListSource {
    /// A file, DER or PEM.
    File(PathBuf),
    /// `http://` or `https://`.
    Url(String),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::Crl,
            refresh: Duration::from_secs(3600),
            retry: Duration::from_secs(60),
            grace: Duration::ZERO,
            timeout: Duration::from_secs(20),
            max_size: 20 << 20,
            private_addresses: false,
            tls_roots: None,
            lists: Vec::new(),
        }
    }
}
