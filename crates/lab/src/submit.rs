//! The demo's mail client: one message over implicit TLS, as a holder's program sends it, and a look at the health port.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use config::Account;
use pec::Address;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::text::password;

const PATIENCE: Duration = Duration::from_secs(20);

/// Submits a message for `account` to a submission port with implicit TLS (RFC 8314); gives the server's last reply.
/// `authority` is the PEM of the TLS authority to trust.
pub async fn submit(
    server: SocketAddr,
    authority: &Path,
    account: &Account,
    to: &[Address],
    message: &[u8],
) -> Result<String, SubmitError> {
    timeout(PATIENCE, dialogue(server, authority, account, to, message))
        .await
        .unwrap_or_else(|_| Err(SubmitError("the server did not answer in time".into())))
}

async fn dialogue(
    server: SocketAddr,
    authority: &Path,
    account: &Account,
    to: &[Address],
    message: &[u8],
) -> Result<String, SubmitError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authority)? {
        roots.add(certificate?)?;
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(server).await?;
    let tls = TlsConnector::from(Arc::new(config)).connect(ServerName::from(server.ip()), stream).await?;
    let mut client = Client(BufReader::new(tls));
    client.expect(220).await?;
    client.say("EHLO client.example", 250).await?;
    client.say("AUTH PLAIN", 334).await?;
    let secret = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("\0{}\0{}", account.address, password(account)),
    );
    client.say(&secret, 235).await?;
    client.say(&format!("MAIL FROM:<{}> BODY=8BITMIME", account.address), 250).await?;
    for recipient in to {
        client.say(&format!("RCPT TO:<{recipient}>"), 250).await?;
    }
    client.say("DATA", 354).await?;
    client.0.write_all(&stuffed(message)).await?;
    let reply = client.say("\r\n.", 250).await?;
    client.say("QUIT", 221).await?;
    Ok(reply)
}

/// Whether a provider's `/health` answers 200.
pub async fn healthy(admin: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(admin).await?;
        stream
            .write_all(format!("GET /health HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n").as_bytes())
            .await?;
        let mut answer = Vec::new();
        stream.take(4096).read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(answer.starts_with(b"HTTP/1.1 200"))
    };
    timeout(Duration::from_secs(2), ask).await.is_ok_and(|answer| answer.unwrap_or(false))
}

/// Why a message could not be submitted.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SubmitError(String);

struct Client(BufReader<TlsStream<TcpStream>>);

impl Client {
    async fn say(&mut self, command: &str, code: u16) -> Result<String, SubmitError> {
        self.0.write_all(format!("{command}\r\n").as_bytes()).await?;
        self.0.flush().await?;
        self.expect(code).await
    }

    async fn expect(&mut self, code: u16) -> Result<String, SubmitError> {
        loop {
            let mut line = String::new();
            if (&mut self.0).take(4096).read_line(&mut line).await? == 0 {
                return Err(SubmitError("the server closed the connection".into()));
            }
            let line = line.trim_end();
            if line.as_bytes().get(3) == Some(&b'-') {
                continue;
            }
            return if line.starts_with(&code.to_string()) { Ok(line.into()) } else { Err(SubmitError(line.into())) };
        }
    }
}

/// Dots at the start of a line doubled (RFC 5321 §4.5.2); the last line end is left to the closing dot.
fn stuffed(message: &[u8]) -> Vec<u8> {
    let body = message.strip_suffix(b"\r\n").unwrap_or(message);
    let mut out = Vec::with_capacity(body.len() + 16);
    for (index, &byte) in body.iter().enumerate() {
        if byte == b'.' && (index == 0 || body.get(index.wrapping_sub(1)) == Some(&b'\n')) {
            out.push(b'.');
        }
        out.push(byte);
    }
    out
}

macro_rules! from_error {
    ($($error:ty),*) => { $(impl From<$error> for SubmitError {
        fn from(error: $error) -> Self { Self(error.to_string()) }
    })* };
}
from_error!(std::io::Error, rustls::Error, rustls::pki_types::pem::Error);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_at_the_start_of_a_line_is_doubled() {
        assert_eq!(stuffed(b".a\r\nb.\r\n..\r\n"), b"..a\r\nb.\r\n...");
    }
}
