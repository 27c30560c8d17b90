//! What the relay asks of a mail transport.

use async_trait::async_trait;
use pec::{Address, Pieces, ReversePath};

/// How a message must travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// To a certified-mail domain: STARTTLS or nothing; 8-bit content as is even where the peer forgets to announce
    /// 8BITMIME (quirk `peer-forgets-8bitmime`).
    Certified,
    /// To an ordinary host: STARTTLS when offered; 8-bit content without 8BITMIME fails the recipient.
    Ordinary,
}

/// One message for one hop.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// MAIL FROM.
    pub path: ReversePath,
    /// RCPT TO, all of domains that share the route.
    pub recipients: Vec<Address>,
    /// The bytes, CRLF line ends, not dot-stuffed.
    pub message: Pieces,
    /// How it must travel.
    pub security: Security,
}

/// What became of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The peer took it over (250 after the message).
    Accepted {
        /// The peer's reply text.
        reply: String,
    },
    /// The peer refused for good (5yz), or it can never work.
    Failed {
        /// Why, in our words.
        cause: pec::Cause,
        /// What the peer said, or what was found.
        detail: String,
    },
    /// To be tried again (4yz, no answer).
    Deferred {
        /// What the peer said, or what was found.
        detail: String,
    },
    /// To be tried again: nobody could be asked at all (no connection, no greeting, no TLS, no DNS), which would be the
    /// same for any other message now.
    Unreachable {
        /// What was found.
        detail: String,
    },
}

/// Carries parcels. The relay hands over several at once for one route; the transport pipelines them on kept-open
/// connections.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Recipients grouped by route: domains whose mail goes to the same hosts stand together. Order kept.
    /// `Err` names the recipients whose route is not known now or never.
    async fn routes(&self, recipients: &[Address]) -> Vec<(Route, Vec<Address>)>;
    /// Sends parcels to one route, in order; one vector of fates per parcel, one fate per recipient in order. Gives
    /// each result to `done` as soon as it is known, so that it is recorded early.
    async fn send(
        &self,
        route: &Route,
        parcels: Vec<Parcel>,
        done: tokio::sync::mpsc::UnboundedSender<(usize, Vec<Fate>)>,
    );
}

/// Where a group of recipients goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// Hosts with ports, best first; the name is what the peer's certificate is checked against.
    Hosts(Vec<HostPort>),
    /// DNS or table say: never (null MX, no such domain).
    Nowhere(String),
    /// DNS does not answer now.
    Unknown(String),
}

/// A host to connect to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// Name or address literal.
    pub host: String,
    /// TCP port.
    pub port: u16,
}
