//! `[ordinary]` and `[dns]`: mail that is not certified, and whom to ask where it comes from.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;

use super::value;

/// `[ordinary]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ordinary {
    /// Whether SPF, DKIM and DMARC are looked up; `None`: where DNS is used at all, see
    /// [`Config::authenticate`](super::Config::authenticate).
    pub authenticate: Option<bool>,
    /// Time for the lookups of one message.
    #[serde(deserialize_with = "value::duration")]
    pub authenticate_timeout: Duration,
}

impl Default for Ordinary {
    fn default() -> Self {
        Self { authenticate: None, authenticate_timeout: Duration::from_secs(10) }
    }
}

/// `[dns]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dns {
    /// The name servers; empty: the system's.
    #[serde(deserialize_with = "value::name_servers")]
    pub servers: Vec<SocketAddr>,
}
