//! The DNS that this program asks: the system's servers, or the operator's.

use std::net::SocketAddr;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;

/// A resolver with its cache; clones share both.
#[derive(Clone)]
pub struct Dns(TokioResolver);

impl Dns {
    /// Asks the name servers of the system's configuration (`/etc/resolv.conf`).
    pub fn system() -> Result<Self, NetError> {
        Ok(Self(TokioResolver::builder_tokio()?.build()?))
    }

    /// Asks these name servers, by UDP, and by TCP where an answer is too long; no search list, no `/etc/hosts`.
    pub fn servers(servers: &[SocketAddr]) -> Result<Self, NetError> {
        let named = servers.iter().map(|server| {
            let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
            for connection in &mut connections {
                connection.port = server.port();
            }
            NameServerConfig::new(server.ip(), true, connections)
        });
        let config = ResolverConfig::from_parts(None, Vec::new(), named.collect());
        let mut options = ResolverOpts::default();
        options.use_hosts_file = hickory_resolver::config::ResolveHosts::Never;
        let builder = TokioResolver::builder_with_config(config, Default::default()).with_options(options);
        Ok(Self(builder.build()?))
    }

    /// The resolver behind it.
    pub(crate) fn resolver(&self) -> TokioResolver {
        self.0.clone()
    }
}
