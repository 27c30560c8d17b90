//! Server sessions.
//!
//! `Dialogue` decides every answer without I/O, [`body::Body`] reads message content without I/O; `driver` moves octets between
//! them, the socket and the [`Service`] behind the door.

pub mod body;
mod dialogue;
mod driver;
mod incoming;
mod listener;
mod rates;
mod received;

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use door::Keeper;
use guard::{Arrivals, Budget, Logins, Patience, SessionLife, Shares, Spill, Throttle};
use holder::{Given, Holder, Presence};
use pec::{Address, Moment, ReversePath};

use crate::Reply;
pub use door::Server;
pub use listener::open;

/// Which door a session came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Port 25: STARTTLS announced, clear accepted (ordinary mail), no AUTH [R-5.3-a].
    Incoming,
    /// Port 587: STARTTLS, then AUTH; refuses to authenticate in clear [R-5.3-user].
    Submission,
    /// Port 465: implicit TLS.
    SubmissionTls,
}

impl Door {
    /// Stable name for logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Submission => "submission",
            Self::SubmissionTls => "submission-tls",
        }
    }
}

/// What the session knows when it asks the service.
#[derive(Clone, Debug)]
pub struct Session {
    /// Which door.
    pub door: Door,
    /// The client's address.
    pub peer: SocketAddr,
    /// EHLO/HELO argument.
    pub helo: String,
    /// TLS version and cipher, when under TLS.
    pub tls: Option<String>,
    /// Who authenticated.
    pub login: Option<Holder>,
    /// MAIL FROM, once given.
    pub path: Option<ReversePath>,
    /// RCPT TO accepted so far, as given, in order.
    pub recipients: Vec<Address>,
    /// Whether MAIL said BODY=8BITMIME.
    pub eight_bit: bool,
}

/// What stands behind a door. Every answer is a reply; the session only carries it.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// Who it is when the secret is right, `Ok(None)` when not; `Err` is the reply to who is known and does not come in,
    /// or when nobody can say.
    async fn authenticate(&self, session: &Session, login: &str, given: Given<'_>) -> Result<Option<Holder>, Reply>;
    /// Whether tokens of an identity provider are taken.
    fn takes_tokens(&self) -> bool {
        false
    }
    /// What tells that a login does not hold any more; `None`: nothing does.
    fn presence(&self, _holder: &Holder) -> Option<Presence> {
        None
    }
    /// MAIL FROM: may this sender begin? `size` is the SIZE parameter.
    async fn mail(&self, session: &Session, path: &ReversePath, size: Option<u64>) -> Reply;
    /// RCPT TO: is this recipient taken?
    async fn rcpt(&self, session: &Session, recipient: &Address) -> Reply;
    /// The message is whole: 250 only after it is durable. `message` begins with our `Received` field,
    /// `received_len` octets of it; the rest is as sent (dot-unstuffed).
    async fn message(&self, session: &Session, message: Bytes, received_len: usize) -> Reply;
}

/// Limits of a door, each with its reply. Zero means "no limit" for the three that count peers' sessions and messages.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Octets of a command line (RFC 5321 §4.5.3.1.4: at least 512; longer for AUTH).
    pub line: usize,
    /// Octets of a message's header block.
    pub header: usize,
    /// Recipients of one message; never fewer than 50 are taken [R-L-12-2].
    pub recipients: usize,
    /// Octets of a message, announced by SIZE; above it 552.
    pub message: usize,
    /// Seconds without a command or a data block before 421.
    pub idle: u64,
    /// Errors before 421.
    pub errors: u32,
    /// Failed authentications before 421.
    pub auth_failures: u32,
    /// Sessions at once, all peers; above it 421. Zero: no limit.
    pub sessions: usize,
    /// Sessions at once from one IPv4 address or one /64 of IPv6; above it 421. Zero: no limit (peers behind one address,
    /// loopback).
    pub sessions_per_peer: usize,
    /// Messages per minute from one such peer or one login; above it 450 4.7.1. Zero: no limit.
    pub messages_per_minute: u32,
}

/// A door to open.
#[derive(Clone)]
pub struct DoorConfig {
    /// Which.
    pub door: Door,
    /// Name in the greeting and in `Received`.
    pub hostname: String,
    /// TLS; `None` only for tests of the clear path on [`Door::Incoming`].
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Limits.
    pub limits: Limits,
    /// Tells the instant printed in `Received`.
    pub clock: Arc<dyn Fn() -> Moment + Send + Sync>,
    /// Makes the `id` of `Received` and of the log events of one message; letters, digits, `.`, `-`.
    pub ids: Arc<dyn Fn() -> String + Send + Sync>,
    /// Where messages are kept while they arrive, and what they may hold; one for all doors that share it.
    pub arrivals: Arc<Arrivals>,
    /// Who lets people in; its memory of failures is one for all doors.
    pub keeper: Keeper,
    /// How long a message may take, and how slowly it may come.
    pub patience: Patience,
    /// How long a session may go on.
    pub life: SessionLife,
}

impl DoorConfig {
    /// A door without TLS yet that shares nothing: 512 MiB of memory and eight times as much of the system's disk for
    /// temporary files, and a keeper of its own.
    pub fn new(
        door: Door,
        hostname: impl Into<String>,
        limits: Limits,
        clock: Arc<dyn Fn() -> Moment + Send + Sync>,
        ids: Arc<dyn Fn() -> String + Send + Sync>,
    ) -> Self {
        let shares = Shares::of(512 << 20);
        let (memory, disk) = (Budget::new(shares), Budget::new(shares.scaled(8 * shares.total)));
        let arrivals = Arrivals::new(memory, disk, Spill::default());
        let keeper = Keeper::new(Logins::new(Throttle::default()));
        let (hostname, patience, life) = (hostname.into(), Patience::default(), SessionLife::default());
        Self { door, hostname, tls: None, limits, clock, ids, arrivals, keeper, patience, life }
    }
}

#[cfg(test)]
mod tests;
