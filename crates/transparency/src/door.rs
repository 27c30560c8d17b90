//! HTTPS for strangers: whoever asks gets what is published, each in its turn.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use door::stream::accept_tls;
use door::{Sessions, Stream, Visit};
use guard::{Peer, Work};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::published::{Answer, Published};
use crate::resource::Resource;

/// How much strangers are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time for a handshake, and for the head of each request: so long a connection waits for the next one.
    pub idle: Duration,
    /// Time for a connection.
    pub life: Duration,
    /// The longest that an answer is put off for whoever asks much; then it is refused with 429.
    pub put_off: Duration,
    /// Answers that are read from the store at once: mail reads there too.
    pub at_once: usize,
}

/// The door.
pub struct Door {
    published: Published,
    acceptor: TlsAcceptor,
    work: Arc<Work>,
    limits: Limits,
    turns: Semaphore,
}

type Reply = Response<Full<Bytes>>;

impl Door {
    /// Shows this to whoever comes; `work` counts what each address asks for.
    pub fn new(published: Published, tls: Arc<rustls::ServerConfig>, work: Arc<Work>, limits: Limits) -> Arc<Self> {
        let turns = Semaphore::new(limits.at_once.max(1));
        Arc::new(Self { published, acceptor: TlsAcceptor::from(tls), work, limits, turns })
    }

    async fn reply<B>(&self, peer: SocketAddr, request: Request<B>) -> Reply {
        let (name, reply) = self.answered(peer, &request).await;
        metrics::counter!("sigillo_evidence_answers_total", "answer" => name).increment(1);
        reply
    }

    async fn answered<B>(&self, peer: SocketAddr, request: &Request<B>) -> (&'static str, Reply) {
        if ![Method::GET, Method::HEAD].contains(request.method()) {
            let mut reply = said(StatusCode::METHOD_NOT_ALLOWED, "expected GET or HEAD\n");
            reply.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return ("none", reply);
        }
        let Some(resource) = Resource::of(request.uri().path()) else {
            return ("none", said(StatusCode::NOT_FOUND, "there is nothing here: begin with /logs\n"));
        };
        let (name, steps) = match resource {
            Resource::Logs => ("logs", 2),
            Resource::Head { .. } => ("head", 1),
            Resource::Tile(_) => ("tile", 2),
        };
        let now = Instant::now().into_std();
        match self.work.ask_within(Peer::from(peer.ip()), steps, self.limits.put_off, now) {
            Ok(wait) => sleep(wait).await,
            Err(wait) => {
                let mut reply = said(StatusCode::TOO_MANY_REQUESTS, "you ask for more than we give one address\n");
                reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
                return ("later", reply);
            }
        }
        // Never closed.
        let _turn = self.turns.acquire().await;
        match self.published.answer(resource).await {
            Ok(Some(answer)) => (name, shown(answer)),
            Ok(None) => ("none", said(StatusCode::NOT_FOUND, "there is no such thing, or not yet\n")),
            Err(error) => {
                tracing::error!(event = "evidence-not-shown", %resource, %error);
                ("error", said(StatusCode::SERVICE_UNAVAILABLE, "it cannot be read now; ask again later\n"))
            }
        }
    }
}

fn shown(answer: Answer) -> Reply {
    let mut reply = Response::new(Full::new(answer.octets));
    let media = if answer.is_json { "application/json" } else { "application/octet-stream" };
    let cache = if answer.lasts { "public, max-age=31536000, immutable" } else { "no-cache" };
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    reply
}

fn said(status: StatusCode, what: &'static str) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from_static(what.as_bytes())));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

#[async_trait]
impl Sessions for Door {
    fn name(&self) -> &'static str {
        "evidence"
    }

    async fn serve(&self, stream: Stream, visit: Visit) {
        // Who has no place is not told: a handshake costs more than what he came for.
        let Visit { peer, mut phases, place: Ok(_place) } = visit else { return };
        let Ok((stream, _)) = accept_tls(stream, &self.acceptor, self.limits.idle).await else { return };
        let service =
            service_fn(
                |request: Request<Incoming>| async move { Ok::<_, Infallible>(self.reply(peer, request).await) },
            );
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.limits.idle).max_buf_size(16 << 10);
        let connection = http.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let serving = async {
            tokio::select! {
                // What is wrong with a stranger's connection is his trouble.
                _ = connection.as_mut() => return,
                () = phases.drained() => connection.as_mut().graceful_shutdown(),
            }
            let _ = connection.await;
        };
        let _ = timeout(self.limits.life, serving).await;
    }
}
