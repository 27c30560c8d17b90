//! The DNS that this program asks: the system's servers, or the operator's.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::dnssec::TrustAnchors;
use hickory_resolver::{ResolverBuilder, TokioResolver};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};

/// A resolver with its cache; clones share both.
#[derive(Clone)]
pub struct Dns {
    resolver: TokioResolver,
    proves: bool,
}

/// Whether answers must be proven by DNSSEC wherever their zone is signed (RFC 4035). The proofs are checked here, from the
/// root's keys down: neither the name servers nor the way to them are believed.
#[derive(Clone)]
pub enum Proofs {
    /// Nobody asks.
    Ignored,
    /// From these keys down.
    From(Arc<TrustAnchors>),
}

impl Proofs {
    /// From the root's keys, or those in a file of DNSKEY records as zone files have them; what is wrong with it.
    pub fn from(file: Option<&Path>) -> Result<Self, String> {
        let Some(file) = file else { return Ok(Self::From(Arc::new(TrustAnchors::default()))) };
        let anchors = TrustAnchors::from_file(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(Self::From(Arc::new(anchors)))
    }
}

impl Dns {
    /// Asks the name servers of the system's configuration (`/etc/resolv.conf`).
    pub fn system(proofs: &Proofs) -> Result<Self, NetError> {
        build(TokioResolver::builder_tokio()?, proofs)
    }

    /// Asks these name servers, by UDP, and by TCP where an answer is too long; no search list, no `/etc/hosts`.
    pub fn servers(servers: &[SocketAddr], proofs: &Proofs) -> Result<Self, NetError> {
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
        build(TokioResolver::builder_with_config(config, Default::default()).with_options(options), proofs)
    }

    /// The resolver behind it.
    pub(crate) fn resolver(&self) -> TokioResolver {
        self.resolver.clone()
    }

    /// Whether answers are proven.
    pub(crate) fn proves(&self) -> bool {
        self.proves
    }
}

fn build(builder: ResolverBuilder<TokioRuntimeProvider>, proofs: &Proofs) -> Result<Dns, NetError> {
    let builder = builder.with_tls_config(no_tls()?);
    let (builder, proves) = match proofs {
        Proofs::Ignored => (builder, false),
        Proofs::From(anchors) => (builder.with_trust_anchor(Arc::clone(anchors)), true),
    };
    Ok(Dns { resolver: builder.build()?, proves })
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
        Dns::servers(&[([127, 0, 0, 1], 53).into()], &Proofs::Ignored).unwrap();
    }

    #[test]
    fn proofs_begin_from_the_roots_keys_or_from_a_file_of_keys() {
        assert!(matches!(Proofs::from(None), Ok(Proofs::From(anchors)) if anchors.len() == 2));
        let file = tempfile::NamedTempFile::new().unwrap();
        let key = ". 300 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n";
        std::fs::write(file.path(), key).unwrap();
        assert!(matches!(Proofs::from(Some(file.path())), Ok(Proofs::From(anchors)) if anchors.len() == 1));
        std::fs::write(file.path(), "no key").unwrap();
        let wrong = Proofs::from(Some(file.path())).err().unwrap();
        assert!(wrong.starts_with(&file.path().display().to_string()), "{wrong}");
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
