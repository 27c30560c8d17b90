//! `[dns]`: whom to ask.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

use crate::value;

/// `[dns]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dns {
    /// The name servers; empty: the system's.
    #[serde(deserialize_with = "value::name_servers")]
    pub servers: Vec<SocketAddr>,
    /// Whether the relay has answers of signed zones proven (DNSSEC), and obeys DANE.
    pub dnssec: bool,
    /// DNSKEY records from which proofs begin; `None`: the root's.
    pub trust_anchors: Option<PathBuf>,
}
