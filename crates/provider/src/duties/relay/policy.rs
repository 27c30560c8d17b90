//! How the relay goes about it, as operators set it.

use crate::points::handover::Backoff;

/// How the relay goes about it.
#[derive(Clone, Debug)]
pub struct Policy {
    /// When it tries again.
    pub backoff: Backoff,
    /// Seconds a lease lasts; longer than any transmission.
    pub lease: i64,
    /// Dispatches that one worker leases at once.
    pub batch: usize,
    /// Octets of messages that one worker holds at once.
    pub in_flight: usize,
    /// Ordinary domains served at once. Providers are few and each has its worker at any time; a holder can write to any
    /// number of domains whose servers are slow.
    pub ordinary: usize,
    /// Workers of one provider at once.
    pub workers: usize,
    /// Seconds that all of a provider's workers have been at their lots before another one starts.
    pub patience: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            backoff: Backoff { first: 30, most: 1800 },
            lease: 3600,
            batch: 64,
            in_flight: 32 << 20,
            ordinary: 64,
            workers: 4,
            patience: 5,
        }
    }
}
