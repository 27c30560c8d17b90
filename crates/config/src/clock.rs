//! `[clock]`: the time servers that the machine's clock is compared with [R-L-9-2].

use std::time::Duration;

use clock::{Settings, TimeServer};
use provider::transport::HostPort;
use serde::Deserialize;

use crate::source::{ConfigError, Source};
use crate::value::{self, positive};

/// `[clock]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ClockTable {
    #[serde(deserialize_with = "value::hosts")]
    servers: Vec<HostPort>,
    #[serde(deserialize_with = "value::duration")]
    every: Duration,
}

impl Default for ClockTable {
    fn default() -> Self {
        Self { servers: Vec::new(), every: Settings::default().every }
    }
}

impl ClockTable {
    /// Checks the values.
    pub(crate) fn check(self, source: &Source) -> Result<Settings, ConfigError> {
        positive(self.every, &["clock", "every"], source)?;
        let servers = self.servers.into_iter().map(|HostPort { host, port }| TimeServer { host, port });
        Ok(Settings { servers: servers.collect(), every: self.every })
    }
}
