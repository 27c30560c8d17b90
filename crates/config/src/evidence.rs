//! `[evidence]`: how the trace is sealed, and what of it everybody sees.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;

use crate::source::{ConfigError, Source};
use crate::value;

/// `[evidence]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Evidence {
    /// So long a row of evidence waits for the signed head that seals it; zero: nothing is sealed.
    #[serde(deserialize_with = "value::duration")]
    pub heads: Duration,
    /// Where heads and trees are published; `None`: nowhere.
    pub publish: Option<EvidenceDoor>,
}

/// `[evidence.publish]`: heads and trees for everybody, over HTTPS. The certificate is that of `[smtp.tls]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceDoor {
    /// Addresses with ports.
    #[serde(deserialize_with = "value::listen")]
    pub listen: Vec<SocketAddr>,
    /// Whether the nodes of the trees are published too.
    #[serde(default = "yes")]
    pub tiles: bool,
    /// Connections at once.
    #[serde(default = "sessions::<256>")]
    pub sessions: usize,
    /// Connections of one address at once.
    #[serde(default = "sessions::<16>")]
    pub sessions_per_peer: usize,
}

impl Default for Evidence {
    fn default() -> Self {
        Self { heads: Duration::from_secs(3600), publish: None }
    }
}

fn yes() -> bool {
    true
}

fn sessions<const COUNT: usize>() -> usize {
    COUNT
}

impl Evidence {
    /// Checks the values.
    pub(crate) fn check(&self, source: &Source) -> Result<(), ConfigError> {
        let heads = self.heads;
        if !heads.is_zero() && !(Duration::from_secs(1)..=Duration::from_secs(24 * 3600)).contains(&heads) {
            let what =
                "expected from \"1s\" to \"24h\": each head is a signature, and holders wait for it; 0 seals nothing";
            return Err(source.error_at(&["evidence", "heads"], what));
        }
        let Some(door) = &self.publish else { return Ok(()) };
        let at = |key: &str, what: &str| Err(source.error_at(&["evidence", "publish", key], what));
        if heads.is_zero() {
            let what = "expected evidence.heads above 0 too: without heads there is nothing to publish";
            return Err(source.error_at(&["evidence", "publish"], what));
        }
        if door.listen.is_empty() {
            return at("listen", "expected an address: the door is shut");
        }
        for (key, found) in [("sessions", door.sessions), ("sessions_per_peer", door.sessions_per_peer)] {
            if found == 0 {
                return at(key, "expected at least 1: nobody could connect; found 0");
            }
        }
        Ok(())
    }
}
