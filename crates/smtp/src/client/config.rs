//! What the relay's connections are told.

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use pec::Clock;
use provider::SystemClock;

use crate::resolver::Resolver;
use crate::route::RouteTable;

/// How long the peer may take (RFC 5321 §4.5.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For opening a connection, whatever number of hosts and addresses is tried: eight at most, each in half of what is left.
    /// Far below the relay's lease of an hour.
    pub open: Duration,
    /// For the TCP connection.
    pub connect: Duration,
    /// For the greeting.
    pub greeting: Duration,
    /// For the reply to EHLO and STARTTLS, and for the handshake.
    pub command: Duration,
    /// For the reply to MAIL.
    pub mail: Duration,
    /// For the reply to RCPT.
    pub rcpt: Duration,
    /// For the reply to DATA.
    pub data: Duration,
    /// For taking a block of the message.
    pub block: Duration,
    /// For the reply to the end of the message.
    pub end: Duration,
}

impl Default for Timeouts {
    /// Those of the standard, within three minutes for opening; a connection must come about within half a minute.
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        Self {
            open: minutes(3),
            connect: Duration::from_secs(30),
            greeting: minutes(5),
            command: minutes(5),
            mail: minutes(5),
            rcpt: minutes(5),
            data: minutes(2),
            block: minutes(3),
            end: minutes(10),
        }
    }
}

/// What a transport is made of.
#[derive(Clone)]
pub struct RelayConfig {
    /// Our name in EHLO.
    pub helo: String,
    /// Our name in the greeting of our own door: who greets with it is ourselves.
    pub own_name: String,
    /// The operator's routes, asked before DNS. They alone lead to private networks.
    pub table: RouteTable,
    /// DNS.
    pub resolver: Arc<dyn Resolver>,
    /// Port of exchangers found by DNS.
    pub port: u16,
    /// Roots against which peers' certificates are checked.
    pub roots: rustls::RootCertStore,
    /// Certified mail goes only to peers whose certificate validates for the host's name, also at the first time.
    pub strict_tls: bool,
    /// How long a provider that has shown a valid certificate is remembered without showing one.
    pub remember: Duration,
    /// Private networks to which domains may lead nevertheless.
    pub private_networks: Vec<IpNet>,
    /// Whether the MTA-STS policies of domains are asked for.
    pub mta_sts: bool,
    /// The port at which they are.
    pub mta_sts_port: u16,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// How long peers may take.
    pub timeouts: Timeouts,
    /// Connections open at once to one route.
    pub connections_per_route: usize,
    /// Messages after which a connection is closed.
    pub messages_per_connection: usize,
    /// Messages on their way at once on one connection, where the peer's extensions allow it.
    pub window: usize,
    /// How long an unused connection is kept open.
    pub idle_keep: Duration,
}

impl RelayConfig {
    /// Defaults: our name in EHLO is our door's, port 25, not strict, three months of remembering, no private network, MTA-STS,
    /// the standard's timeouts, four connections a route, a thousand messages a
    /// connection, a window of sixteen, half a minute of keeping (peers close after five minutes at the earliest).
    pub fn new(
        helo: impl Into<String>,
        table: RouteTable,
        resolver: Arc<dyn Resolver>,
        roots: rustls::RootCertStore,
    ) -> Self {
        let helo = helo.into();
        Self {
            own_name: helo.clone(),
            helo,
            table,
            resolver,
            port: 25,
            roots,
            strict_tls: false,
            remember: Duration::from_secs(90 * 24 * 3600),
            private_networks: Vec::new(),
            mta_sts: true,
            mta_sts_port: 443,
            clock: Arc::new(SystemClock),
            timeouts: Timeouts::default(),
            connections_per_route: 4,
            messages_per_connection: 1000,
            window: 16,
            idle_keep: Duration::from_secs(30),
        }
    }
}
