//! Opening a connection: address, greeting, EHLO, STARTTLS; and whether who answers may be given the mail.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use provider::transport::{DomainPolicy, HostPort, Hosts, NamedBy, Security};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::config::Timeouts;
use super::connection::{Capabilities, Connection};
use super::means::Means;
use crate::resolver::{Addresses, Tlsa};
use crate::trust::alarms::Doubted;
use crate::trust::judge::{Because, Demands, Judgement};
use crate::trust::tlsa::Association;
use door::stream::{Stream, timed_out, tls_name};

/// Most addresses of one host that are tried, and most addresses in all, hosts without any among them: a domain may name any
/// number of either. One where the domain may not lead us is not tried, and takes the place of none.
const ADDRESSES: usize = 4;
const TRIES: usize = 8;
/// Longest explanation of why no host could be reached.
const DETAIL: usize = 400;

/// No connection to any host.
#[derive(Debug)]
pub(super) struct NoConnection {
    /// What was found at each.
    pub(super) detail: String,
    /// Every host is one to which the relay never connects.
    pub(super) never: bool,
}

/// Why one host or address gives no connection.
enum Closed {
    /// This time.
    Now(String),
    /// The relay does not connect there.
    Never(String),
}

impl From<io::Error> for Closed {
    fn from(error: io::Error) -> Self {
        Closed::Now(error.to_string())
    }
}

/// What was tried.
struct Tried {
    found: Vec<String>,
    tries: usize,
    never: bool,
}

impl Tried {
    fn closed(&mut self, peer: &str, why: Closed) {
        let why = match why {
            Closed::Now(why) => {
                self.never = false;
                why
            }
            Closed::Never(why) => why,
        };
        tracing::debug!(peer, why, "no connection");
        // More would not be told.
        if self.found.len() < TRIES {
            self.found.push(format!("{peer}: {why}"));
        }
    }

    /// How many more may be tried; where none, something is left that nobody knows to be closed for ever.
    fn left(&mut self) -> usize {
        let left = TRIES - self.tries;
        self.never &= left > 0;
        left
    }
}

/// Opens a connection to the first host that answers well, within [`Timeouts::open`]. Each try has half of what is left of it:
/// a host that takes the connection and says nothing leaves time for the others.
pub(super) async fn open(means: &Means, hosts: &Hosts, security: &Security) -> Result<Connection, NoConnection> {
    let end = Instant::now() + means.config.timeouts.open;
    let mut tried = Tried { found: Vec::new(), tries: 0, never: true };
    for host in &hosts.list {
        if tried.left() == 0 {
            break;
        }
        let name = format!("{}:{}", host.host, host.port);
        let (addresses, demands) = match within(end, prepare(means, hosts.named_by, host, security)).await {
            Ok(prepared) => prepared,
            Err(why) => {
                tried.tries += 1;
                tried.closed(&name, why);
                continue;
            }
        };
        let allowed = |address: &SocketAddr| hosts.named_by == NamedBy::Operator || means.reach.allows(address.ip());
        let (addresses, forbidden): (Vec<_>, Vec<_>) = addresses.into_iter().partition(allowed);
        if let Some(address) = forbidden.first() {
            let ip = address.ip();
            let why = format!("its address {ip} is of a private network, where the domain may not lead us");
            tried.closed(&name, Closed::Never(why));
        }
        for (place, address) in addresses.into_iter().enumerate() {
            if place >= ADDRESSES.min(tried.left()) {
                tried.never = false;
                break;
            }
            tried.tries += 1;
            let attempt = Attempt { means, host, address, security, demands: &demands };
            match within(end, attempt.open(name.clone())).await {
                Ok(connection) => return Ok(connection),
                Err(why) => tried.closed(&name, why),
            }
        }
    }
    let mut detail = tried.found.join("; ");
    if detail.len() > DETAIL {
        detail = detail.chars().take(DETAIL).collect();
    }
    Err(NoConnection { detail, never: tried.never && !hosts.list.is_empty() })
}

/// A try in half of the time that is left.
async fn within<T>(end: Instant, attempt: impl Future<Output = Result<T, Closed>>) -> Result<T, Closed> {
    let left = end.saturating_duration_since(Instant::now()) / 2;
    timeout(left, attempt).await.unwrap_or_else(|_| Err(Closed::Now("its part of the time ran out".into())))
}

/// The addresses of a host, and what must be true of it.
async fn prepare(
    means: &Means,
    named_by: NamedBy,
    host: &HostPort,
    security: &Security,
) -> Result<(Vec<SocketAddr>, Demands), Closed> {
    let resolver = &means.config.resolver;
    let (ips, proven, end) = match host.host.parse::<IpAddr>() {
        Ok(ip) => (vec![ip], false, None),
        Err(_) => match resolver.addresses(&host.host).await {
            Addresses::Found { ips, proven, end } => (ips, proven, end),
            Addresses::Absent => return Err(Closed::Now("the host has no address".into())),
            Addresses::Unknown(why) => return Err(Closed::Now(format!("no address known now: {why}"))),
        },
    };
    let (records, policy) = match named_by {
        NamedBy::Operator => (None, DomainPolicy::None),
        // A host whose addresses are not proven has no proven record either, and its servers may not know the question.
        NamedBy::Dns { proven: true, policy } if proven => (stated(means, host, end).await?, policy),
        NamedBy::Dns { policy, .. } => (None, policy),
    };
    let earlier = |(host, at)| Because::Earlier(host, at);
    let valid = match (policy, security) {
        (DomainPolicy::Enforce, _) => Some(Because::Policy),
        (_, Security::Certified(_)) if means.config.strict_tls => Some(Because::Configured),
        (_, Security::Certified(provider)) => means.memory.of(provider, means.config.clock.now()).map(earlier),
        (_, Security::Ordinary) => None,
    };
    let certified = matches!(security, Security::Certified(_));
    let tls = certified || valid.is_some() || records.is_some();
    let (associations, base) = records.unwrap_or_default();
    let demands = Demands {
        tls,
        // Records of which none can be used say nothing of a name either.
        base: base.filter(|_| !associations.is_empty()),
        associations,
        valid,
        watched: certified || policy == DomainPolicy::Testing,
    };
    Ok((ips.into_iter().map(|ip| SocketAddr::new(ip, host.port)).collect(), demands))
}

/// The TLSA records of a host, by the name at the end of its aliases (`end`), where it has any, and then by its own (RFC 7672
/// §2.1.3); with the name that has them, where it is not the host's own.
async fn stated(
    means: &Means,
    host: &HostPort,
    end: Option<String>,
) -> Result<Option<(Vec<Association>, Option<String>)>, Closed> {
    for base in end.map(Some).into_iter().chain([None]) {
        let name = base.as_deref().unwrap_or(&host.host);
        match means.config.resolver.tlsa(name, host.port).await {
            Tlsa::Found(usable) => return Ok(Some((usable, base))),
            Tlsa::Absent => {}
            // Whoever can suppress the answer would be rid of the demand (RFC 7672 §2.1.2).
            Tlsa::Unknown(why) => return Err(Closed::Now(format!("its TLSA records are not known now: {why}"))),
        }
    }
    Ok(None)
}

struct Attempt<'a> {
    means: &'a Means,
    host: &'a HostPort,
    address: SocketAddr,
    security: &'a Security,
    demands: &'a Demands,
}

impl Attempt<'_> {
    /// Certified mail goes under TLS or not at all [R-5.3-d] [R-I-tls-1].
    async fn open(&self, name: String) -> Result<Connection, Closed> {
        let connection = self.greeted(name.clone()).await?;
        if !connection.capabilities.starttls {
            if self.demands.tls {
                tokio::spawn(connection.quit());
                return Err(Closed::Now("peer offers no TLS".into()));
            }
            return Ok(connection);
        }
        match self.encrypted(connection).await {
            Err(error) if !self.demands.tls => {
                tracing::warn!(event = "tls-given-up", peer = name, %error, "TLS failed towards an ordinary host: going on in clear");
                self.greeted(name).await
            }
            opened => Ok(opened?),
        }
    }

    fn timeouts(&self) -> &Timeouts {
        &self.means.config.timeouts
    }

    /// Connects, waits for the greeting and introduces itself.
    async fn greeted(&self, name: String) -> Result<Connection, Closed> {
        let limits = self.timeouts();
        let connect = timeout(limits.connect, TcpStream::connect(self.address));
        let stream = connect.await.unwrap_or_else(|_| Err(timed_out("connect")))?;
        stream.set_nodelay(true)?;
        let mut connection = Connection::new(Box::new(stream), name);
        let greeting = connection.reply(limits.greeting, "greeting").await?;
        if greeting.code != 220 {
            return Err(Closed::Now(greeting.summary(DETAIL)));
        }
        let greeter = greeting.lines.first().and_then(|line| line.split_ascii_whitespace().next());
        if greeter.is_some_and(|greeter| greeter.eq_ignore_ascii_case(&self.means.config.own_name)) {
            return Err(Closed::Never(
                "the domain's mail exchanger is this provider, which does not host the domain".into(),
            ));
        }
        self.introduce(&mut connection).await?;
        Ok(connection)
    }

    /// EHLO, or HELO for a peer that does not know it.
    async fn introduce(&self, connection: &mut Connection) -> io::Result<()> {
        let limit = self.timeouts().command;
        let reply = connection.command(&format!("EHLO {}", self.means.config.helo), limit).await?;
        if reply.is_positive() {
            connection.capabilities = Capabilities::read(&reply);
            return Ok(());
        }
        connection.capabilities = Capabilities::default();
        if reply.is_permanent() {
            let reply = connection.command(&format!("HELO {}", self.means.config.helo), limit).await?;
            if reply.is_positive() {
                return Ok(());
            }
            return Err(io::Error::other(reply.summary(DETAIL)));
        }
        Err(io::Error::other(reply.summary(DETAIL)))
    }

    /// STARTTLS [R-5.3-a], and EHLO again.
    async fn encrypted(&self, mut connection: Connection) -> io::Result<Connection> {
        let limit = self.timeouts().command;
        let reply = connection.command("STARTTLS", limit).await?;
        if reply.code != 220 {
            return Err(io::Error::other(format!("peer refuses TLS: {}", reply.summary(DETAIL))));
        }
        let peer = connection.peer.clone();
        let (stream, chatter) = connection.into_stream();
        if chatter {
            // Clear octets behind the reply would be taken for replies under TLS.
            return Err(io::Error::other("peer sent octets between STARTTLS and the handshake"));
        }
        let (tls, name) = timeout(limit, self.handshake(stream))
            .await
            .unwrap_or_else(|_| Err(timed_out("TLS handshake")))
            .map_err(|error| io::Error::other(format!("TLS handshake failed: {error}")))?;
        let mut connection = Connection::new(tls, peer);
        connection.tls = Some(name);
        self.introduce(&mut connection).await?;
        Ok(connection)
    }

    async fn handshake(&self, stream: Stream) -> io::Result<(Stream, String)> {
        let (tls, witness) = self.means.policy.handshake().map_err(io::Error::other)?;
        let host = ServerName::try_from(self.host.host.clone()).map_err(io::Error::other)?;
        // Who states the certificate under a name is asked for it by that name (RFC 7672 §8.1).
        let server = match self.demands.base.clone() {
            Some(base) => ServerName::try_from(base).map_err(io::Error::other)?,
            None => host.clone(),
        };
        let stream = TlsConnector::from(Arc::new(tls)).connect(server.clone(), stream).await?;
        let (_, state) = stream.get_ref();
        let name = tls_name(state.protocol_version(), state.negotiated_cipher_suite());
        let shown = witness.shown().ok_or_else(|| io::Error::other("the peer showed no certificate"))?;
        self.take(self.demands.judge(&shown, &[server, host], &self.means.policy.crypto)).await?;
        Ok((Box::new(stream), name))
    }

    /// Does what follows for the certificate: it is remembered, or an alarm begins, goes on, ends.
    async fn take(&self, judgement: Judgement) -> io::Result<()> {
        let Means { alarms, memory, config, .. } = self.means;
        let (host, now) = (self.host.host.as_str(), config.clock.now());
        match judgement {
            Judgement::Valid => {
                alarms.over(self.security, Doubted::Certificate, host);
                if let Security::Certified(provider) = self.security {
                    memory.note(provider, host, now).await;
                }
                Ok(())
            }
            Judgement::AsRecorded => {
                alarms.over(self.security, Doubted::Certificate, host);
                Ok(())
            }
            Judgement::Unverified(doubt) => {
                if self.demands.watched {
                    alarms.raise(self.security, Doubted::Certificate, host, &doubt, false, now);
                }
                Ok(())
            }
            Judgement::Refused(doubt) => {
                alarms.raise(self.security, Doubted::Certificate, host, &doubt, true, now);
                Err(io::Error::other(doubt.detail))
            }
        }
    }
}
