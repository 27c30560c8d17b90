//! Whom to ask, and how patiently.

use std::path::PathBuf;
use std::time::Duration;

use fetch::Login;
use seal::timestamp::Policy;

/// Whom to ask, in order, and how patiently.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The authorities; the first that answers well is the one that counts.
    pub authorities: Vec<AuthoritySettings>,
    /// Time for one whole answer.
    pub timeout: Duration,
    /// How long an authority is left alone after its first failure; twice as long after each further one.
    pub retry_first: Duration,
    /// The longest that it is left alone.
    pub retry_max: Duration,
    /// How far a stamp's time may be from our clock, besides the time that the answer took. More is a fault of one of the two
    /// clocks, and a stamp that contradicts the instant of what it is on would convince nobody.
    pub tolerance: Duration,
    /// Authorities for the servers' TLS certificates (PEM); `None`: no HTTPS address can be asked.
    pub tls_roots: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            authorities: Vec::new(),
            timeout: Duration::from_secs(20),
            retry_first: Duration::from_secs(60),
            retry_max: Duration::from_secs(3600),
            tolerance: Duration::from_secs(10),
            tls_roots: None,
        }
    }
}

/// One authority.
#[derive(Clone, Debug)]
pub struct AuthoritySettings {
    /// Where it answers; shown in log and metrics, so without a password in it.
    pub url: String,
    /// What the chains of its stamps end in (PEM), and nothing else.
    pub roots: PathBuf,
    /// The policy to ask for; `None`: its own.
    pub policy: Option<Policy>,
    /// Who we are for it; `None`: it asks nobody.
    pub login: Option<Login>,
}
