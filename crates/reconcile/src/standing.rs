//! How reconciliation stands, for health and metrics.

use std::collections::BTreeMap;

use duty::Trouble;
use pec::Moment;

/// How reconciliation stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// When everything that had been committed was judged last; `None`: not since the start.
    pub done: Option<Moment>,
    /// How many discrepancies of each reason nobody has acknowledged.
    pub unacknowledged: BTreeMap<String, u64>,
    /// Why it does not go on.
    pub trouble: Option<Trouble>,
}

impl Standing {
    /// All that nobody has acknowledged.
    pub fn count(&self) -> u64 {
        self.unacknowledged.values().sum()
    }
}
