//! `[web]`: the door of the pages. The certificate is that of `[smtp.tls]`, the throttle that of `[smtp.guard]`.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;

use crate::source::{ConfigError, Source};
use crate::value::{self, DAY, at_most, positive};

/// `[web]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Web {
    /// Where HTTPS is spoken.
    #[serde(deserialize_with = "value::listen")]
    pub listen: Vec<SocketAddr>,
    /// After so long without a page a login is over.
    #[serde(deserialize_with = "value::duration")]
    pub idle: Duration,
    /// After so long it is over however much it is used.
    #[serde(deserialize_with = "value::duration")]
    pub longest: Duration,
    /// Octets of messages that pages have in memory at once.
    #[serde(deserialize_with = "value::size")]
    pub in_flight: usize,
    /// Connections at once.
    pub sessions: usize,
    /// Connections of one address at once.
    pub sessions_per_peer: usize,
}

impl Default for Web {
    fn default() -> Self {
        Self {
            listen: Vec::new(),
            idle: Duration::from_secs(2 * 3600),
            longest: Duration::from_secs(12 * 3600),
            in_flight: 512 << 20,
            sessions: 4000,
            // An office behind one address, each of whose browsers keeps some connections open.
            sessions_per_peer: 400,
        }
    }
}

impl Web {
    /// Checks the values.
    pub(crate) fn check(&self, source: &Source) -> Result<(), ConfigError> {
        for (key, found) in [("idle", self.idle), ("longest", self.longest)] {
            positive(found, &["web", key], source)?;
            at_most(found, 30 * DAY, &["web", key], source)?;
        }
        // What a browser may send at once, and what is made of it.
        const LEAST: usize = 64 << 20;
        if self.in_flight < LEAST {
            let (key, found) = (["web", "in_flight"], self.in_flight);
            let what = format!("expected at least {LEAST} octets: a message is read whole to be shown; found {found}");
            return Err(source.error_at(&key, what));
        }
        for (key, found) in [("sessions", self.sessions), ("sessions_per_peer", self.sessions_per_peer)] {
            if found == 0 {
                return Err(source.error_at(&["web", key], "expected at least 1: nobody could connect; found 0"));
            }
        }
        Ok(())
    }
}
