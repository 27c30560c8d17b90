//! A door is opened.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use door::{Places, Server, Sessions, Stream, Visit};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::driver::{House, serve};
use super::rates::Rates;
use super::{Door, DoorConfig, Service};

/// Serves connections of `listener` until [`Server::drain`]; returns at once. Fails when the door's kind asks for TLS and
/// `config.tls` is missing: the operator's fault.
pub fn open(listener: TcpListener, config: DoorConfig, service: Arc<dyn Service>) -> io::Result<Server> {
    if config.tls.is_none() && config.door != Door::Incoming {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("the door '{}' needs a TLS certificate: configure one", config.door.name()),
        ));
    }
    let places = Places { sessions: config.limits.sessions, per_peer: config.limits.sessions_per_peer };
    let acceptor = config.tls.clone().map(TlsAcceptor::from);
    let house = House { config, service, rates: Rates::default(), acceptor };
    Server::start(listener, places, Arc::new(SmtpDoor(Arc::new(house))))
}

struct SmtpDoor(Arc<House>);

#[async_trait]
impl Sessions for SmtpDoor {
    fn name(&self) -> &'static str {
        self.0.config.door.name()
    }

    async fn serve(&self, stream: Stream, visit: Visit) {
        serve(stream, visit, self.0.clone()).await;
    }
}
