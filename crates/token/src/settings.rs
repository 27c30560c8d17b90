//! What an operator says of the identity provider.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// All of it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What a token must say.
    pub issuer: Issuer,
    /// Where the keys are.
    pub keys: KeySource,
}

/// What a token must say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// `iss` (RFC 7519 §4.1.1), octet for octet.
    pub name: String,
    /// `aud` (§4.1.3) must have one of these: a token for another service opens nothing here.
    pub audience: Vec<String>,
    /// The claim that has the login: a user's name, or a mailbox's address.
    pub login: String,
    /// A word that `scope` must have (RFC 9068 §2.2.3); `None`: none is asked for.
    pub scope: Option<String>,
}

/// Where the keys are, and how they are had.
#[derive(Clone, Debug)]
pub struct KeySource {
    /// Where.
    pub at: Place,
    /// After how long they are asked for again.
    pub refresh: Duration,
    /// How long keys that could not be renewed stay in use.
    pub grace: Duration,
    /// For one whole answer.
    pub timeout: Duration,
    /// Authorities for the server's certificate (PEM); for an address of HTTPS.
    pub tls_roots: Option<PathBuf>,
}

/// A file or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file that somebody keeps new.
    File(PathBuf),
    /// `jwks_uri` of the provider's metadata (RFC 8414 §2).
    Url(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Url(url) => f.write_str(url),
        }
    }
}
