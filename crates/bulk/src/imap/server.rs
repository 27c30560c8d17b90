//! The way to a server: TCP, TLS, login.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use imap::answer::Answer;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::talk::{PATIENCE, Talk, Trouble};
use super::trust;

/// IMAP with TLS at once (RFC 8314), and in the clear before STARTTLS.
const PORTS: (u16, u16) = (993, 143);

/// A dialogue behind TLS.
pub(super) type Connection = Talk<TlsStream<TcpStream>>;

/// A server and an account there.
pub(super) struct Server {
    host: String,
    port: u16,
    starttls: bool,
    user: String,
    password: SecretString,
    tls: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at the IMAP server {}:{}", self.user, self.host, self.port)
    }
}

impl Server {
    /// `HOST` or `HOST:PORT`, whose certificate comes from an authority of the system or of these files, or is in one of them.
    pub(super) fn new(
        server: &str,
        starttls: bool,
        authorities: &[PathBuf],
        user: String,
        password: SecretString,
    ) -> Result<Self, String> {
        let usual = if starttls { PORTS.1 } else { PORTS.0 };
        // An address of IPv6 stands in brackets when a port follows.
        let (host, port) = match server.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']'))
        {
            Some((host, port)) => (host, port.parse().map_err(|_| format!("{server}: {port:?} is no port"))?),
            None => (server, usual),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(host.clone()).map_err(|_| format!("{host:?} is no name of a server"))?;
        let tls = Arc::new(trust::trusting(authorities)?);
        Ok(Self { host, port, starttls, user, password, tls, name })
    }

    /// A dialogue that is logged in, and what the server can then.
    pub(super) async fn connect(&self) -> Result<(Connection, Vec<String>), Trouble> {
        let stream = timeout(PATIENCE, TcpStream::connect((self.host.as_str(), self.port))).await;
        let mut stream = stream.map_err(|_| Trouble::Silent(PATIENCE))?.map_err(Trouble::Unreached)?;
        if self.starttls {
            let mut clear = Talk::new(stream);
            clear.greeting().await.map_err(|trouble| match trouble {
                Trouble::Silent(_) => Trouble::Strange(
                    "it does not greet; where TLS begins at once, usually on port 993, leave --starttls out".into(),
                ),
                other => other,
            })?;
            clear.command(b"STARTTLS", drop).await?;
            stream = clear.into_stream()?;
        }
        let connector = TlsConnector::from(self.tls.clone());
        let stream = timeout(PATIENCE, connector.connect(self.name.clone(), stream)).await;
        let stream = stream
            .map_err(|_| Trouble::Silent(PATIENCE))?
            .map_err(|error| trust::trouble(error, &self.host, self.starttls))?;
        let mut talk = Talk::new(stream);
        if !self.starttls {
            talk.greeting().await?;
        }
        let before = capabilities(&mut talk).await?;
        talk.log_in(&self.user, self.password.expose_secret(), &before).await?;
        let after = capabilities(&mut talk).await?;
        Ok((talk, after))
    }
}

async fn capabilities(talk: &mut Connection) -> Result<Vec<String>, Trouble> {
    let mut all = Vec::new();
    talk.command(b"CAPABILITY", |answer| {
        if let Answer::Capability(words) = answer {
            all = words;
        }
    })
    .await?;
    Ok(all)
}
