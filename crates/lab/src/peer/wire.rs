//! The wire in front of the peer's SMTP server, where it can misbehave below SMTP: cut a connection without a reply, or
//! say what is none.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// The connections that pass, by the address that the server behind sees.
#[derive(Clone, Default)]
pub struct Wire(Arc<Mutex<HashMap<SocketAddr, Connection>>>);

struct Connection {
    carrying: JoinHandle<()>,
    /// Closed when the client has gone.
    alive: watch::Receiver<()>,
}

/// What no SMTP client understands; it begins as no reply does.
const GIBBERISH: &[u8] = b"\x16\x03\x01 HTTP/1.1 200 OK\r\n\r\n\xff\xfe\x00\r\n";

impl Wire {
    /// Passes connections of `listener` on to the server at `behind`, for ever; `None`: says gibberish to each.
    pub async fn carry(self, listener: TcpListener, behind: Option<SocketAddr>) {
        let mut under_way = JoinSet::new();
        loop {
            tokio::select! {
                Some(_) = under_way.join_next() => {}
                accepted = listener.accept() => {
                    let Ok((mut outside, _)) = accepted else { continue };
                    let wire = self.clone();
                    under_way.spawn(async move {
                        match behind {
                            Some(behind) => wire.pass(outside, behind).await,
                            None => drop(outside.write_all(GIBBERISH).await),
                        }
                    });
                }
            }
        }
    }

    async fn pass(&self, outside: TcpStream, behind: SocketAddr) {
        let Ok(inside) = TcpStream::connect(behind).await else { return };
        let Ok(seen) = inside.local_addr() else { return };
        let (living, alive) = watch::channel(());
        let carrying = tokio::spawn(async move {
            let _living = living;
            let (mut from_outside, mut to_outside) = outside.into_split();
            let (mut from_inside, mut to_inside) = inside.into_split();
            // Either side closing is the end; what it says about why is nobody's concern.
            tokio::select! {
                _ = copy(&mut from_outside, &mut to_inside) => {}
                _ = copy(&mut from_inside, &mut to_outside) => {}
            }
        });
        let mut end = alive.clone();
        self.connections().insert(seen, Connection { carrying, alive });
        while end.changed().await.is_ok() {}
        self.connections().remove(&seen);
    }

    /// Waits until the client of the connection that the server behind knows by this address has gone.
    pub async fn end(&self, seen: SocketAddr) {
        let alive = self.connections().get(&seen).map(|connection| connection.alive.clone());
        if let Some(mut alive) = alive {
            while alive.changed().await.is_ok() {}
        }
    }

    /// Cuts the connection that the server behind knows by this address; when it returns, nothing more passes.
    pub async fn cut(&self, seen: SocketAddr) {
        let connection = self.connections().remove(&seen);
        if let Some(connection) = connection {
            connection.carrying.abort();
            let _ = connection.carrying.await;
        }
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<SocketAddr, Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
