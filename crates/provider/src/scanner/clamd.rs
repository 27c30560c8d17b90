//! ClamAV's daemon, over its own protocol (`man clamd`, command INSTREAM).

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use pec::Moment;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Semaphore;

use super::{ScanError, Scanner, Verdict};

/// Octets of a chunk; `StreamMaxLength` counts their sum.
const CHUNK: usize = 256 * 1024;
/// Octets of a reply; the longest is a path that we do not have and a signature's name.
const REPLY: u64 = 4096;
/// Characters of a virus's name in notices and log.
const NAME: usize = 200;

/// `clamd`, with a connection for each scan.
#[derive(Debug)]
pub struct Clamd {
    address: ClamdAddress,
    timeout: Duration,
    /// A scan that waits here does not take a place in clamd's own queue, which refuses when it is full.
    places: Semaphore,
}

/// Where clamd listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClamdAddress {
    /// `LocalSocket`
    Unix(PathBuf),
    /// `TCPAddr` and `TCPSocket`. The connection is not encrypted: only inside one's own machines.
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
}

impl FromStr for ClamdAddress {
    type Err = &'static str;

    /// A text with a slash is a path, any other `host:port`, with an IPv6 address in brackets.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains('/') {
            return Ok(Self::Unix(text.into()));
        }
        let expected = "expected the path of a socket, as \"/run/clamav/clamd.ctl\", or a host with its port, as \
            \"127.0.0.1:3310\"";
        let (host, port) = text.rsplit_once(':').ok_or(expected)?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let port = port.parse().map_err(|_| expected)?;
        let host = bare.unwrap_or(host);
        if host.is_empty() || port == 0 || (bare.is_none() && host.contains(':')) {
            return Err(expected);
        }
        Ok(Self::Tcp { host: host.to_owned(), port })
    }
}

impl fmt::Display for ClamdAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClamdAddress::Unix(path) => write!(f, "{}", path.display()),
            ClamdAddress::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            ClamdAddress::Tcp { host, port } => write!(f, "{host}:{port}"),
        }
    }
}

impl Clamd {
    /// A client of the daemon at `address`. A scan may take `timeout` in all, waiting included, and at most
    /// `connections` are under way at once: no more than clamd's `MaxThreads` gain anything.
    pub fn new(address: ClamdAddress, timeout: Duration, connections: usize) -> Self {
        Self { address, timeout, places: Semaphore::new(connections.max(1)) }
    }

    async fn exchange(&self, message: &Bytes) -> Result<Vec<u8>, String> {
        let _place = self.places.acquire().await.map_err(|error| error.to_string())?;
        instream(self.connect().await?, message).await
    }

    async fn connect(&self) -> Result<Box<dyn Stream>, String> {
        let stream: std::io::Result<Box<dyn Stream>> = match &self.address {
            ClamdAddress::Unix(path) => UnixStream::connect(path).await.map(|stream| Box::new(stream) as _),
            ClamdAddress::Tcp { host, port } => {
                TcpStream::connect((host.as_str(), *port)).await.map(|stream| Box::new(stream) as _)
            }
        };
        stream.map_err(|error| format!("no connection: {error}"))
    }

    /// `VERSION`: `ClamAV 1.4.3/27820/Thu Nov 20 09:27:11 2026`, or the first part alone when it has no dated
    /// signatures.
    async fn version(&self) -> Result<String, String> {
        let mut stream = self.connect().await?;
        stream.write_all(b"zVERSION\0").await.map_err(|error| error.to_string())?;
        let mut reply = Vec::new();
        stream.take(REPLY).read_to_end(&mut reply).await.map_err(|error| error.to_string())?;
        Ok(String::from_utf8_lossy(&reply).trim_end_matches(['\0', '\n', '\r']).to_owned())
    }
}

/// A connection to clamd, of either sort.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

#[async_trait]
impl Scanner for Clamd {
    async fn scan(&self, message: &Bytes) -> Result<Verdict, ScanError> {
        let at = |error: String| ScanError(format!("clamd at {}: {error}", self.address));
        let limited = |work| tokio::time::timeout(self.timeout, work);
        match limited(self.exchange(message)).await {
            Ok(reply) => understand(&reply.map_err(at)?).map_err(at),
            Err(_) => Err(at(format!("no answer within {} seconds", self.timeout.as_secs()))),
        }
    }

    async fn signatures(&self) -> Option<Moment> {
        match tokio::time::timeout(self.timeout, self.version()).await {
            Ok(Ok(version)) => made(&version),
            // A scan that fails says so itself.
            Ok(Err(_)) | Err(_) => None,
        }
    }
}

/// The date of the signatures in clamd's version. It is in clamd's local time, and taken as UTC: hours do not matter.
fn made(version: &str) -> Option<Moment> {
    let date = version.splitn(3, '/').nth(2)?;
    // `ctime` fills the day with a space.
    let date = date.split_whitespace().collect::<Vec<_>>().join(" ");
    let made = jiff::civil::DateTime::strptime("%a %b %d %H:%M:%S %Y", date).ok()?;
    Some(Moment::from_unix(made.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second()))
}

/// Streams a message and reads the reply. The reply may come early, when the stream is longer than clamd takes; then
/// the rest is not sent.
async fn instream(stream: impl AsyncRead + AsyncWrite, message: &Bytes) -> Result<Vec<u8>, String> {
    let (reader, writer) = tokio::io::split(stream);
    let mut reply = Vec::new();
    let mut reader = reader.take(REPLY);
    let reading = reader.read_to_end(&mut reply);
    let sending = send(writer, message);
    tokio::pin!(reading, sending);
    let read = first_reply(&mut reading, &mut sending).await;
    match read {
        // A connection that was cut after the reply has still replied.
        Err(error) if reply.is_empty() => Err(format!("the connection was cut: {error}")),
        _ if reply.is_empty() => Err("it closed the connection without an answer".into()),
        _ => Ok(reply),
    }
}

/// Waits for the reply while sending; a failure to send is followed by a reply that says why, or by an end.
async fn first_reply(
    mut reading: impl Future<Output = std::io::Result<usize>> + Unpin,
    sending: impl Future<Output = std::io::Result<()>> + Unpin,
) -> std::io::Result<()> {
    tokio::select! {
        read = &mut reading => return read.map(|_| ()),
        sent = sending => if let Err(error) = sent {
            tracing::debug!(%error, "clamd took only a part of the message");
        }
    }
    reading.await.map(|_| ())
}

/// `INSTREAM` in the form whose reply ends in NUL: length and octets of each chunk, then a length of zero.
async fn send(writer: impl AsyncWrite + Unpin, message: &Bytes) -> std::io::Result<()> {
    let mut writer = tokio::io::BufWriter::with_capacity(64 * 1024, writer);
    writer.write_all(b"zINSTREAM\0").await?;
    for chunk in message.chunks(CHUNK) {
        writer.write_u32(u32::try_from(chunk.len()).unwrap_or(u32::MAX)).await?;
        writer.write_all(chunk).await?;
    }
    writer.write_u32(0).await?;
    writer.flush().await
}

/// What a reply means; an error is one of clamd's own, or a reply that nobody knows.
fn understand(reply: &[u8]) -> Result<Verdict, String> {
    let text = String::from_utf8_lossy(reply);
    let text = text.trim_end_matches(['\0', '\n', '\r']).trim();
    if text.starts_with("INSTREAM size limit exceeded") {
        return Ok(Verdict::Unscannable { why: "larger than clamd's StreamMaxLength".into() });
    }
    let answer = text.strip_prefix("stream: ").unwrap_or(text);
    if answer == "OK" {
        return Ok(Verdict::Clean);
    }
    match answer.strip_suffix(" FOUND") {
        Some(name) if not_examined(name) => Ok(Verdict::Unscannable { why: printable(name) }),
        Some(name) => Ok(Verdict::Infected { name: printable(name) }),
        None => Err(format!("it answered: {}", printable(answer))),
    }
}

/// Alerts that name no virus and say that something was not looked into. Every other alert is one that the operator
/// asked clamd for, and counts as a virus: phishing, macros, unwanted programs.
fn not_examined(name: &str) -> bool {
    name.starts_with("Heuristics.Encrypted.") || name.starts_with("Heuristics.Limits.Exceeded")
}

/// Names go into notices, headers and log: one line of visible ASCII.
fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).take(NAME).collect()
}

#[cfg(test)]
mod tests;
