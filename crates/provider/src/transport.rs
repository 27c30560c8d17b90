//! What the relay asks of a mail transport.

use async_trait::async_trait;
use pec::{Address, Pieces, ProviderKey, ReversePath};

/// How a message must travel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Security {
    /// To a certified-mail domain of this provider: STARTTLS or nothing; 8-bit content as is even where the peer forgets to
    /// announce 8BITMIME (quirk `peer-forgets-8bitmime`).
    Certified(ProviderKey),
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
    /// Hosts; the name of each is what the peer's certificate is checked against.
    Hosts(Hosts),
    /// DNS or table say: never (null MX, no such domain).
    Nowhere(String),
    /// DNS does not answer now.
    Unknown(String),
}

/// The hosts of a route, and what is known of them before anybody connects.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hosts {
    /// With ports, best first.
    pub list: Vec<HostPort>,
    /// Who named them.
    pub named_by: NamedBy,
}

/// Who says that mail goes to some hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NamedBy {
    /// The operator's table: they may be in a private network.
    Operator,
    /// The domain's records in DNS.
    Dns {
        /// DNSSEC proves them, so that DANE holds (RFC 7672 §2.2.1).
        proven: bool,
        /// What the domain wants of their certificates.
        policy: DomainPolicy,
    },
}

/// What the MTA-STS policy of a domain wants (RFC 8461 §3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DomainPolicy {
    /// There is none.
    #[default]
    None,
    /// To be told of what it would refuse.
    Testing,
    /// A certificate that is valid, or no mail.
    Enforce,
}

/// A host to connect to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// Name or address literal.
    pub host: String,
    /// TCP port.
    pub port: u16,
}
