//! Why the peer does not play.

use std::io;
use std::net::SocketAddr;

/// What went wrong, by blame.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// What was asked for cannot be.
    #[error("{0}")]
    Wish(String),
    /// The laboratory's files cannot be used.
    #[error("{0}")]
    Laboratory(String),
    /// The port cannot be had.
    #[error("cannot listen on {address}: {error}")]
    Port {
        /// Which.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The provider that was to take a message did not.
    #[error("{0}")]
    NotTaken(String),
}
