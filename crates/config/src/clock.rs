//! `[clock]`: the time servers that the machine's clock is compared with [R-L-9-2].

use std::time::Duration;

use clock::{Settings, TOLERANCE, TimeServer};
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
    #[serde(deserialize_with = "value::duration")]
    furthest: Duration,
}

impl Default for ClockTable {
    fn default() -> Self {
        let Settings { every, furthest, .. } = Settings::default();
        Self { servers: Vec::new(), every, furthest }
    }
}

impl ClockTable {
    /// Checks the values.
    pub(crate) fn check(self, source: &Source) -> Result<Settings, ConfigError> {
        positive(self.every, &["clock", "every"], source)?;
        if self.furthest < TOLERANCE {
            return Err(source.error_at(&["clock", "furthest"], "the law allows a second: it must be that at least"));
        }
        let servers = self.servers.into_iter().map(|HostPort { host, port }| TimeServer { host, port });
        Ok(Settings { servers: servers.collect(), every: self.every, furthest: self.furthest })
    }
}
