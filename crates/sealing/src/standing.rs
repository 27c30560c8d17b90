//! How sealing stands, for health and metrics.

use duty::Trouble;
use pec::Moment;

/// How sealing stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The instant of the oldest row that no head has yet.
    pub unsealed: Option<Moment>,
    /// Why it does not go on.
    pub trouble: Option<Trouble>,
}

impl Standing {
    /// How long the oldest row waits for its head, seconds.
    pub fn lag(&self, now: Moment) -> u64 {
        self.unsealed.map_or(0, |since| u64::try_from(now.unix() - since.unix()).unwrap_or(0))
    }
}
