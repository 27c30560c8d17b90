//! The DNS that this program asks: the system's servers, or the operator's.

use std::net::SocketAddr;
use std::sync::Arc;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};

/// A resolver with its cache; clones share both.
#[derive(Clone)]
pub struct Dns(TokioResolver);

impl Dns {
    /// Asks the name servers of the system's configuration (`/etc/resolv.conf`).
    pub fn system() -> Result<Self, NetError> {
        Ok(Self(TokioResolver::builder_tokio()?.with_tls_config(no_tls()?).build()?))
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
        Ok(Self(builder.with_tls_config(no_tls()?).build()?))
    }

    /// The resolver behind it.
    pub(crate) fn resolver(&self) -> TokioResolver {
        self.0.clone()
    }
}

/// The resolver wants to know how to speak TLS, which it never does here: every server is asked by UDP and TCP. Without
/// this it would read the system's authorities, and there would be no DNS on a machine that has none.
fn no_tls() -> Result<ClientConfig, NetError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[tokio::test]
    async fn a_resolver_is_made() {
        Dns::servers(&[([127, 0, 0, 1], 53).into()]).unwrap();
    }

    #[test]
    fn a_machine_without_authorities_of_its_own_has_dns() {
        let this = std::env::current_exe().unwrap();
        let mut again = Command::new(this);
        again.args(["--exact", "dns::tests::a_resolver_is_made"]);
        again.env("SSL_CERT_FILE", "/dev/null").env("SSL_CERT_DIR", "/nowhere");
        let output = harness::output(&mut again).unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
    }
}
