//! `[dns]`: whom to ask.

use std::net::SocketAddr;

use serde::Deserialize;

use crate::value;

/// `[dns]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dns {
    /// The name servers; empty: the system's.
    #[serde(deserialize_with = "value::name_servers")]
    pub servers: Vec<SocketAddr>,
}
