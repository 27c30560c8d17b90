//! Opening a connection: address, greeting, EHLO, STARTTLS.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError};

use provider::transport::{HostPort, Security};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::config::{RelayConfig, Timeouts};
use super::connection::{Capabilities, Connection};
use super::tls::TlsPolicy;
use crate::route::Addresses;
use crate::stream::{Stream, timed_out, tls_name};

/// Most addresses of one host that are tried.
const ADDRESSES: usize = 4;
/// Longest explanation of why no host could be reached.
const DETAIL: usize = 400;

/// Opens a connection to the first host of `hosts` that answers well; the error says what was found at each.
pub(super) async fn open(
    config: &RelayConfig,
    policy: &TlsPolicy,
    hosts: &[HostPort],
    security: Security,
) -> Result<Connection, String> {
    let mut found = Vec::new();
    for host in hosts {
        let name = format!("{}:{}", host.host, host.port);
        let addresses = match addresses(config, host).await {
            Ok(addresses) => addresses,
            Err(why) => {
                found.push(format!("{name}: {why}"));
                continue;
            }
        };
        for address in addresses.into_iter().take(ADDRESSES) {
            let attempt = Attempt { config, policy, host, address, security };
            match attempt.open(name.clone()).await {
                Ok(connection) => return Ok(connection),
                Err(error) => {
                    tracing::debug!(peer = name, %address, %error, "no connection");
                    found.push(format!("{name}: {error}"));
                }
            }
        }
    }
    let mut detail = found.join("; ");
    if detail.len() > DETAIL {
        detail = detail.chars().take(DETAIL).collect();
    }
    Err(detail)
}

async fn addresses(config: &RelayConfig, host: &HostPort) -> Result<Vec<SocketAddr>, String> {
    let ips = match host.host.parse::<IpAddr>() {
        Ok(ip) => vec![ip],
        Err(_) => match config.resolver.addresses(&host.host).await {
            Addresses::Found(ips) => ips,
            Addresses::Absent => return Err("the host has no address".into()),
            Addresses::Unknown(why) => return Err(format!("no address known now: {why}")),
        },
    };
    Ok(ips.into_iter().map(|ip| SocketAddr::new(ip, host.port)).collect())
}

struct Attempt<'a> {
    config: &'a RelayConfig,
    policy: &'a TlsPolicy,
    host: &'a HostPort,
    address: SocketAddr,
    security: Security,
}

impl Attempt<'_> {
    /// Certified mail goes under TLS or not at all [R-5.3-d] [R-I-tls-1].
    async fn open(&self, name: String) -> io::Result<Connection> {
        let connection = self.greeted(name.clone()).await?;
        if !connection.capabilities.starttls {
            return match self.security {
                Security::Ordinary => Ok(connection),
                Security::Certified => {
                    tokio::spawn(connection.quit());
                    Err(io::Error::other("peer offers no TLS"))
                }
            };
        }
        match (self.encrypted(connection).await, self.security) {
            (Ok(connection), _) => Ok(connection),
            (Err(error), Security::Certified) => Err(error),
            (Err(error), Security::Ordinary) => {
                tracing::warn!(event = "tls-given-up", peer = name, %error, "TLS failed towards an ordinary host: going on in clear");
                self.greeted(name).await
            }
        }
    }

    fn timeouts(&self) -> &Timeouts {
        &self.config.timeouts
    }

    /// Connects, waits for the greeting and introduces itself.
    async fn greeted(&self, name: String) -> io::Result<Connection> {
        let limits = self.timeouts();
        let connect = timeout(limits.connect, TcpStream::connect(self.address));
        let stream = connect.await.unwrap_or_else(|_| Err(timed_out("connect")))?;
        stream.set_nodelay(true)?;
        let mut connection = Connection::new(Box::new(stream), name);
        let greeting = connection.reply(limits.greeting, "greeting").await?;
        if greeting.code != 220 {
            return Err(io::Error::other(greeting.summary(DETAIL)));
        }
        self.introduce(&mut connection).await?;
        Ok(connection)
    }

    /// EHLO, or HELO for a peer that does not know it.
    async fn introduce(&self, connection: &mut Connection) -> io::Result<()> {
        let limit = self.timeouts().command;
        let reply = connection.command(&format!("EHLO {}", self.config.helo), limit).await?;
        if reply.is_positive() {
            connection.capabilities = Capabilities::read(&reply);
            return Ok(());
        }
        connection.capabilities = Capabilities::default();
        if reply.is_permanent() {
            let reply = connection.command(&format!("HELO {}", self.config.helo), limit).await?;
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
        let (tls, name) = timeout(limit, self.handshake(stream, &peer))
            .await
            .unwrap_or_else(|_| Err(timed_out("TLS handshake")))
            .map_err(|error| io::Error::other(format!("TLS handshake failed: {error}")))?;
        let mut connection = Connection::new(tls, peer);
        connection.tls = Some(name);
        self.introduce(&mut connection).await?;
        Ok(connection)
    }

    async fn handshake(&self, stream: Stream, peer: &str) -> io::Result<(Stream, String)> {
        let strict = self.config.strict_tls && self.security == Security::Certified;
        let (tls, finding) = self.policy.handshake(strict).map_err(io::Error::other)?;
        let server = ServerName::try_from(self.host.host.clone()).map_err(io::Error::other)?;
        let stream = TlsConnector::from(Arc::new(tls)).connect(server, stream).await?;
        let (_, state) = stream.get_ref();
        let name = tls_name(state.protocol_version(), state.negotiated_cipher_suite());
        let finding = finding.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(finding) = finding.filter(|_| self.security == Security::Certified) {
            metrics::counter!("sigillo_smtp_client_unvalidated_certificates_total").increment(1);
            tracing::warn!(
                event = "peer-certificate",
                peer,
                finding,
                "the certificate of a certified-mail peer does not validate (Q-16)"
            );
        }
        Ok((Box::new(stream), name))
    }
}
