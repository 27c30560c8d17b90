//! What commands may ask of the socket.

use std::time::Duration;

/// What one command may ask of the socket.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Commands at once.
    pub sessions: usize,
    /// Octets of a request.
    pub request: usize,
    /// Time for a request to come whole, and for a line of the answer to be taken.
    pub time: Duration,
    /// How long a transfer of messages may be asked nothing: its source may be slow.
    pub transfer: Duration,
    /// How often who waits is told that it goes on.
    pub alive: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sessions: 16,
            request: 64 << 10,
            time: Duration::from_secs(30),
            transfer: Duration::from_secs(3600),
            alive: Duration::from_secs(5),
        }
    }
}
