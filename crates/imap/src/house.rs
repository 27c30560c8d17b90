//! What an IMAP door is made of.

use std::sync::Arc;
use std::time::Duration;

use door::{Door, Keeper};
use guard::{Arrivals, Patience};
use holder::Desk;
use pec::Clock;
use tokio_rustls::TlsAcceptor;

use crate::offer::Offer;

/// The name of a door for logs and metrics.
pub fn door_name(door: Door) -> &'static str {
    match door {
        Door::Clear => "imap",
        Door::Tls => "imap-tls",
    }
}

/// How long things may take, and how large they may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the connection to the login.
    pub login: Duration,
    /// Without a command; at least thirty minutes (RFC 9051 §5.4).
    pub idle: Duration,
    /// The messages of one APPEND together, octets.
    pub append: u64,
    /// How long each of them may take to come, how slowly, and how long it waits for our room.
    pub patience: Patience,
    /// The most commands before a login.
    pub commands: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            login: Duration::from_secs(60),
            idle: Duration::from_secs(30 * 60),
            append: 100 << 20,
            patience: Patience::default(),
            commands: 100,
        }
    }
}

/// An IMAP door over a desk.
pub struct Imap {
    /// Which: port 143 with STARTTLS, or 993.
    pub door: Door,
    /// TLS.
    pub acceptor: TlsAcceptor,
    /// Where mailboxes are opened.
    pub desk: Arc<Desk>,
    /// Who lets people in.
    pub keeper: Keeper,
    /// When a message is saved, and how old those are that SEARCH looks for.
    pub clock: Arc<dyn Clock>,
    /// Where the messages of APPEND are while they come; shared with the other doors.
    pub arrivals: Arc<Arrivals>,
    /// How long things may take, and how large they may be.
    pub limits: Limits,
    /// Which capabilities it has.
    pub offer: Offer,
}
