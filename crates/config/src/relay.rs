//! `[relay]` as the relay's connections take it.

use smtp::{RelayConfig, RouteTable};

use crate::provider::Config;
use crate::source::ConfigError;

impl Config {
    /// The operator's routes; nothing else where DNS is never asked.
    pub fn routes(&self) -> Result<RouteTable, ConfigError> {
        let mut table = RouteTable::new();
        for (pattern, host) in &self.relay.routes {
            let routed = table.with(pattern, &format!("{}:{}", host.host, host.port));
            table = routed.map_err(|error| self.error_at(&["relay", "routes", pattern], error.to_string()))?;
        }
        Ok(if self.relay.static_only { table.only() } else { table })
    }

    /// The rest of what the relay's connections are told.
    pub fn relayed(&self, mut made: RelayConfig) -> RelayConfig {
        let relay = &self.relay;
        made.own_name.clone_from(&self.provider.hostname);
        made.strict_tls = relay.strict_tls;
        made.remember = relay.certificates_remembered;
        made.mta_sts = relay.mta_sts;
        made.private_networks.clone_from(&relay.private_networks);
        made.connections_per_route = relay.connections;
        made.window = relay.window;
        made.idle_keep = relay.keep_open;
        made.timeouts.connect = relay.connect_timeout;
        for command in [
            &mut made.timeouts.greeting,
            &mut made.timeouts.command,
            &mut made.timeouts.mail,
            &mut made.timeouts.rcpt,
            &mut made.timeouts.data,
        ] {
            *command = relay.command_timeout;
        }
        made.timeouts.end = relay.data_timeout;
        made
    }
}
