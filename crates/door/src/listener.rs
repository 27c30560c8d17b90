//! A port that is served: connections taken, counted, drained.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use guard::Peer;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::gate::{Gate, Place, Places};
use crate::stream::Stream;

/// The end of a session for which there is no place, as logs and metrics call it.
pub const TURNED_AWAY: &str = "turned away";
/// Clients that are being told at once that there is no room; beyond it connections are closed without a word.
const TOLD_AT_ONCE: usize = 16;

/// Whether a door is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Sessions are served.
    Open,
    /// What is under way may finish.
    Draining,
    /// Nothing goes on.
    Closed,
}

/// How a session hears whether its door is open.
#[derive(Clone)]
pub struct Phases(watch::Receiver<Phase>);

impl Phases {
    /// Whether the door serves.
    pub fn is_open(&self) -> bool {
        *self.0.borrow() == Phase::Open
    }

    /// Resolves when the door no longer serves; pending for ever while it does.
    pub async fn drained(&mut self) {
        if self.0.wait_for(|phase| *phase != Phase::Open).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// A door that is opened and closed by hand, for tests of sessions.
    pub fn by_hand() -> (watch::Sender<Phase>, Phases) {
        let (sender, receiver) = watch::channel(Phase::Open);
        (sender, Phases(receiver))
    }
}

/// Somebody at the door.
pub struct Visit {
    /// Where he comes from.
    pub peer: SocketAddr,
    /// Whether the door is open.
    pub phases: Phases,
    /// His place, or why there is none: he is told so in the protocol's words.
    pub place: Result<Place, &'static str>,
}

/// What serves the sessions of a door.
#[async_trait]
pub trait Sessions: Send + Sync + 'static {
    /// The door's name in logs and metrics.
    fn name(&self) -> &'static str;
    /// Serves one session to its end, which may come from outside unless its place is kept ([`Place::stands`]).
    async fn serve(&self, stream: Stream, visit: Visit);
}

/// Connections that the system holds until the door takes them; it cuts this to its own bound (`net.core.somaxconn`). A burst
/// from a few addresses that have all their places at once must find room beside holders: who finds none asks again after a
/// whole second.
const BACKLOG: u32 = 4096;

/// Takes a port, to be called within a runtime.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Or a restart would wait until the last connections are forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// A running door. It goes on serving when this handle is dropped; [`Server::drain`] ends it.
pub struct Server {
    address: SocketAddr,
    gate: Arc<Gate>,
    phase: Arc<watch::Sender<Phase>>,
    done: watch::Receiver<bool>,
}

impl Server {
    /// Serves connections of `listener` until [`Server::drain`]; returns at once.
    pub fn start(listener: TcpListener, places: Places, sessions: Arc<dyn Sessions>) -> io::Result<Server> {
        let address = listener.local_addr()?;
        let (phase, phases) = watch::channel(Phase::Open);
        let phase = Arc::new(phase);
        let (finished, done) = watch::channel(false);
        let gate = Gate::new(sessions.name(), places);
        let (keep, its) = (Arc::clone(&phase), Arc::clone(&gate));
        tokio::spawn(async move {
            accept(listener, its, sessions, phases).await;
            drop(keep);
            let _ = finished.send(true);
        });
        Ok(Server { address, gate, phase, done })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its places.
    pub fn gate(&self) -> Arc<Gate> {
        self.gate.clone()
    }

    /// Stops accepting; sessions that wait are told that we go, what is under way may finish; returns when all are closed
    /// or `grace` is over. What is not closed then is cut: it was not answered, its client asks again.
    pub async fn drain(&self, grace: Duration) {
        self.phase.send_replace(Phase::Draining);
        let mut done = self.done.clone();
        if tokio::time::timeout(grace, done.wait_for(|done| *done)).await.is_err() {
            self.phase.send_replace(Phase::Closed);
            let _ = done.wait_for(|done| *done).await;
        }
    }
}

async fn accept(
    listener: TcpListener,
    gate: Arc<Gate>,
    sessions: Arc<dyn Sessions>,
    mut phase: watch::Receiver<Phase>,
) {
    let mut running = JoinSet::new();
    let turned_away = Arc::new(Semaphore::new(TOLD_AT_ONCE));
    let phases = Phases(phase.clone());
    let mut drained = phases.clone();
    let (mut told, mut failures) = (None, 0u64);
    loop {
        tokio::select! {
            biased;
            () = drained.drained() => break,
            Some(ended) = running.join_next() => lost(sessions.name(), ended),
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let _ = stream.set_nodelay(true);
                    let place = gate.enter(Peer::from(peer.ip()));
                    let visit = Visit { peer, phases: phases.clone(), place };
                    running.spawn(attend(Box::new(stream), visit, sessions.clone(), turned_away.clone()));
                }
                Err(error) => {
                    // Out of descriptors, mostly: sessions that end give some back. One line a minute, with all since.
                    failures += 1;
                    if told.is_none_or(|told: Instant| told.elapsed() >= Duration::from_secs(60)) {
                        let door = sessions.name();
                        tracing::error!(event = "accept-failed", door, failures, %error, "cannot accept connections");
                        (told, failures) = (Some(Instant::now()), 0);
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
    drop(listener);
    loop {
        tokio::select! {
            next = running.join_next() => if next.is_none() { return },
            _ = phase.wait_for(|phase| *phase == Phase::Closed) => break,
        }
    }
    running.shutdown().await;
}

async fn attend(stream: Stream, visit: Visit, sessions: Arc<dyn Sessions>, turned_away: Arc<Semaphore>) {
    let door = sessions.name();
    match &visit.place {
        Ok(place) => {
            let cut = place.cut();
            let _counted = Counted::new(door);
            tokio::select! {
                () = sessions.serve(stream, visit) => {}
                () = cut.notified() => {
                    metrics::counter!("sigillo_door_ended_for_others_total", "door" => door).increment(1);
                }
            }
        }
        Err(_) => {
            metrics::counter!("sigillo_door_turned_away_total", "door" => door).increment(1);
            let Ok(_permit) = turned_away.try_acquire() else { return };
            sessions.serve(stream, visit).await;
        }
    }
}

/// A session in the gauge, until dropped: also when it ends by a fault.
struct Counted(&'static str);

impl Counted {
    fn new(door: &'static str) -> Self {
        metrics::gauge!("sigillo_door_sessions", "door" => door).increment(1);
        Self(door)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!("sigillo_door_sessions", "door" => self.0).decrement(1);
    }
}

/// A session that ended by a fault of the program harms nobody else, and is told.
fn lost(door: &'static str, ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(event = "session-lost", door, %error, "a session ended by a fault of the program");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_burst_finds_room_before_anybody_takes_it() {
        let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let (address, soon) = (listener.local_addr().unwrap(), Duration::from_millis(900));
        // More than the usual bound of 1024. Those that have gone again stay in the queue as well.
        for number in 0..1500 {
            let connected = std::net::TcpStream::connect_timeout(&address, soon);
            assert!(connected.is_ok(), "connection {number}: {connected:?}");
        }
        let again = listen(address).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AddrInUse);
    }
}
