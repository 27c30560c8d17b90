//! A door: accepts connections, counts them, drains.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use guard::Peer;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::driver::{House, Phase, drained, serve};
use super::gate::{Full, Gate};
use super::{Door, DoorConfig, Service};

/// Clients that are being told at once that there is no room; beyond it connections are closed without a word.
const TURNED_AWAY: usize = 16;

/// A running door. It goes on serving when this handle is dropped; [`Server::drain`] ends it.
pub struct Server {
    address: SocketAddr,
    phase: Arc<watch::Sender<Phase>>,
    done: watch::Receiver<bool>,
}

impl Server {
    /// Serves connections of `listener` until [`Server::drain`]; returns at once. Fails when the door's kind asks for
    /// TLS and `config.tls` is missing: the operator's fault.
    pub fn start(listener: TcpListener, config: DoorConfig, service: Arc<dyn Service>) -> io::Result<Server> {
        if config.tls.is_none() && config.door != Door::Incoming {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("the door '{}' needs a TLS certificate: configure one", config.door.name()),
            ));
        }
        let address = listener.local_addr()?;
        let acceptor = config.tls.clone().map(TlsAcceptor::from);
        let house = Arc::new(House { config, service, gate: Arc::new(Gate::default()), acceptor });
        let (phase, phases) = watch::channel(Phase::Open);
        let phase = Arc::new(phase);
        let (finished, done) = watch::channel(false);
        let keep = Arc::clone(&phase);
        tokio::spawn(async move {
            accept(listener, house, phases).await;
            drop(keep);
            let _ = finished.send(true);
        });
        Ok(Server { address, phase, done })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting; sessions between messages get 421, a message under way may finish; returns when all are
    /// closed or `grace` is over. What is not closed then is cut: such a message was not answered, its client sends
    /// it again.
    pub async fn drain(&self, grace: Duration) {
        self.phase.send_replace(Phase::Draining);
        let mut done = self.done.clone();
        if tokio::time::timeout(grace, done.wait_for(|done| *done)).await.is_err() {
            self.phase.send_replace(Phase::Closed);
            let _ = done.wait_for(|done| *done).await;
        }
    }
}

async fn accept(listener: TcpListener, house: Arc<House>, mut phase: watch::Receiver<Phase>) {
    let mut sessions = JoinSet::new();
    let turned_away = Arc::new(Semaphore::new(TURNED_AWAY));
    let phases = phase.clone();
    loop {
        tokio::select! {
            biased;
            () = drained(&mut phase) => break,
            Some(_) = sessions.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let _ = stream.set_nodelay(true);
                    let limits = &house.config.limits;
                    let place = house.gate.enter(Peer::from(peer.ip()), limits.sessions, limits.sessions_per_peer);
                    let (house, phases, turned_away) = (Arc::clone(&house), phases.clone(), Arc::clone(&turned_away));
                    sessions.spawn(async move {
                        match place {
                            Ok(_place) => serve(Box::new(stream), peer, house, phases, None).await,
                            Err(full) => {
                                let Ok(_permit) = turned_away.try_acquire() else { return };
                                let reason = match full {
                                    Full::Door => "too many sessions; try again later",
                                    Full::Peer => "too many sessions from your address; try again later",
                                };
                                serve(Box::new(stream), peer, house, phases, Some(reason)).await;
                            }
                        }
                    });
                }
                Err(error) => {
                    // Out of descriptors, mostly: sessions that end give some back.
                    tracing::error!(event = "accept-failed", door = house.config.door.name(), %error, "cannot accept connections");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
    drop(listener);
    loop {
        tokio::select! {
            next = sessions.join_next() => if next.is_none() { return },
            _ = phase.wait_for(|phase| *phase == Phase::Closed) => break,
        }
    }
    sessions.shutdown().await;
}
