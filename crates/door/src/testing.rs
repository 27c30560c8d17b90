//! What tests of sessions need of a door: TLS that both sides have, somebody who comes, a keeper who is quick.
#![allow(clippy::unwrap_used, reason = "only tests come here")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use guard::{Logins, Peer};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::DuplexStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::{Gate, Keeper, Phases, Places, Visit};

/// A door's certificate, and a client that trusts it.
pub struct Tls {
    /// The door's side.
    pub acceptor: TlsAcceptor,
    name: &'static str,
    connector: TlsConnector,
}

impl Tls {
    /// For a host of this name.
    pub fn of(name: &'static str) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let server = ServerConfig::builder().with_no_client_auth();
        let server = server.with_single_cert(vec![cert.der().clone()], key).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let (acceptor, connector) = (TlsAcceptor::from(Arc::new(server)), TlsConnector::from(Arc::new(client)));
        Self { acceptor, name, connector }
    }

    /// The client's handshake.
    pub async fn connect(&self, stream: DuplexStream) -> TlsStream<DuplexStream> {
        self.connector.connect(ServerName::try_from(self.name).unwrap(), stream).await.unwrap()
    }
}

/// Somebody at a door that has room for everybody.
pub fn visit(peer: SocketAddr, phases: Phases) -> Visit {
    let gate = Gate::new("door", Places { sessions: 0, per_peer: 0 });
    Visit { peer, phases, place: gate.enter(Peer::from(peer.ip())) }
}

/// A keeper who hardly holds an answer back.
pub fn quick(logins: Arc<Logins>) -> Keeper {
    let mut keeper = Keeper::new(logins);
    keeper.delay = Duration::from_millis(1);
    keeper
}
