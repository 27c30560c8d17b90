//! A connection whose lower half may change under the dialogue: clear first, TLS after STARTTLS.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};

/// Anything octets can be read from and written to.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// A connection, clear or under TLS.
pub(crate) type Stream = Box<dyn Duplex>;

/// `TLSv1.3 TLS_AES_256_GCM_SHA384`, for logs, `Received` and [`crate::Session::tls`].
pub(crate) fn tls_name(
    version: Option<rustls::ProtocolVersion>,
    suite: Option<rustls::SupportedCipherSuite>,
) -> String {
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

/// An error with which a connection ends because the other side was silent too long.
pub(crate) fn timed_out(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("no answer in time: {what}"))
}
