//! HTTPS: connections, and what each may take before anybody is logged in.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use ::door::stream::accept_tls;
use ::door::{Sessions, Stream, Visit};
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::House;
use crate::router::router;
use crate::visitor::{At, From};

/// What a connection may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time for a handshake, and for the head of each request: so long a connection waits for the next one.
    pub idle: Duration,
    /// Time for a connection, whatever it does: browsers open another one.
    pub life: Duration,
    /// Requests of one connection at once (HTTP/2).
    pub at_once: u32,
    /// Octets of the heads of a request.
    pub head: u32,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { idle: seconds(60), life: seconds(4 * 3600), at_once: 64, head: 32 << 10 }
    }
}

/// The door of the pages.
pub struct Door {
    router: Router,
    house: Arc<House>,
    acceptor: TlsAcceptor,
    limits: Limits,
}

impl Door {
    /// The door to this house.
    pub fn new(house: Arc<House>, tls: &rustls::ServerConfig, limits: Limits) -> Arc<Self> {
        let mut tls = tls.clone();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Arc::new(Self { router: router(house.clone()), house, acceptor: TlsAcceptor::from(Arc::new(tls)), limits })
    }
}

#[async_trait]
impl Sessions for Door {
    fn name(&self) -> &'static str {
        "web"
    }

    async fn serve(&self, stream: Stream, visit: Visit) {
        // Who has no place is not told: a handshake costs more than what he came for.
        let Visit { peer, mut phases, place: Ok(place) } = visit else { return };
        let Limits { idle, life, at_once, head } = self.limits;
        self.house.keeper.begins(peer).await;
        let Ok((stream, _)) = accept_tls(stream, &self.acceptor, idle).await else { return };
        let place = Arc::new(place);
        let service = service_fn(|mut request: Request<Incoming>| {
            request.extensions_mut().insert(From(peer));
            request.extensions_mut().insert(At(place.clone()));
            let answer = self.router.clone().oneshot(request.map(Body::new));
            async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
        });
        let mut http = Builder::new(TokioExecutor::new());
        http.http1().timer(TokioTimer::new()).header_read_timeout(idle).max_buf_size(head as usize + (16 << 10));
        http.http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(idle)
            .keep_alive_timeout(idle)
            .max_concurrent_streams(at_once)
            .max_header_list_size(head)
            .max_send_buf_size(256 << 10);
        let connection = http.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let serving = async {
            tokio::select! {
                // What is wrong with a stranger's connection is his trouble.
                _ = connection.as_mut() => return,
                () = phases.drained() => connection.as_mut().graceful_shutdown(),
                () = tokio::time::sleep(life) => connection.as_mut().graceful_shutdown(),
            }
            let _ = timeout(idle, connection).await;
        };
        serving.await;
    }
}
