//! The wire in front of the peer's SMTP server, which it can cut: below SMTP, without a reply.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// The connections that pass, by the address that the server behind sees.
#[derive(Clone, Default)]
pub struct Wire(Arc<Mutex<HashMap<SocketAddr, JoinHandle<()>>>>);

impl Wire {
    /// Passes connections of `listener` on to the server at `behind`, for ever.
    pub async fn carry(self, listener: TcpListener, behind: SocketAddr) {
        let mut under_way = JoinSet::new();
        loop {
            tokio::select! {
                Some(_) = under_way.join_next() => {}
                accepted = listener.accept() => {
                    let Ok((outside, _)) = accepted else { continue };
                    let wire = self.clone();
                    under_way.spawn(async move { wire.pass(outside, behind).await });
                }
            }
        }
    }

    async fn pass(&self, mut outside: TcpStream, behind: SocketAddr) {
        let Ok(mut inside) = TcpStream::connect(behind).await else { return };
        let Ok(seen) = inside.local_addr() else { return };
        let (ended, end) = tokio::sync::oneshot::channel::<()>();
        let carrying = tokio::spawn(async move {
            let _ended = ended;
            // Either side closing is the end; what it says about why is nobody's concern.
            let _ = copy_bidirectional(&mut outside, &mut inside).await;
        });
        self.connections().insert(seen, carrying);
        let _ = end.await;
        self.connections().remove(&seen);
    }

    /// Cuts the connection that the server behind knows by this address; when it returns, nothing more passes.
    pub async fn cut(&self, seen: SocketAddr) {
        let carrying = self.connections().remove(&seen);
        if let Some(carrying) = carrying {
            carrying.abort();
            let _ = carrying.await;
        }
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<SocketAddr, JoinHandle<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
