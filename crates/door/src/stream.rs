//! A connection whose lower half may change under the dialogue: clear first, TLS after STARTTLS or STLS.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;

/// Anything octets can be read from and written to.
pub trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// A connection, clear or under TLS.
pub type Stream = Box<dyn Duplex>;

/// How a door is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// It begins in clear, and goes on under TLS when the client asks for it; nothing secret is said before.
    Clear,
    /// Under TLS from the first octet (RFC 8314).
    Tls,
}

/// `TLSv1.3 TLS_AES_256_GCM_SHA384`, for logs and `Received`.
pub fn tls_name(version: Option<rustls::ProtocolVersion>, suite: Option<rustls::SupportedCipherSuite>) -> String {
    let version = match version {
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2",
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3",
        _ => "TLS",
    };
    match suite.and_then(|suite| suite.suite().as_str()) {
        Some(suite) => format!("{version} {}", suite.replace("TLS13_", "TLS_")),
        None => version.to_owned(),
    }
}

/// The server's handshake, in no more time than `patience`; also the name of what was agreed on ([`tls_name`]).
pub async fn accept_tls(clear: Stream, acceptor: &TlsAcceptor, patience: Duration) -> io::Result<(Stream, String)> {
    let tls = tokio::time::timeout(patience, acceptor.accept(clear)).await;
    let tls = tls.unwrap_or_else(|_| Err(timed_out("TLS handshake")))?;
    let (_, state) = tls.get_ref();
    let name = tls_name(state.protocol_version(), state.negotiated_cipher_suite());
    Ok((Box::new(tls), name))
}

/// An error with which a connection ends because the other side was silent too long.
pub fn timed_out(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("no answer in time: {what}"))
}
