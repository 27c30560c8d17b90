//! How many messages a minute.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use guard::Table;
use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);

/// Peers and logins whose messages are counted; the oldest makes room.
const MOST: usize = 50_000;

/// The messages of one door.
pub(super) struct Rates {
    messages: Mutex<Table<String, (Instant, u32)>>,
}

impl Default for Rates {
    fn default() -> Self {
        Self { messages: Mutex::new(Table::new(MOST)) }
    }
}

impl Rates {
    /// Counts one message of `who` (a peer or a login); `false` when the minute's measure is full.
    pub(super) fn message(&self, who: &str, per_minute: u32) -> bool {
        if per_minute == 0 {
            return true;
        }
        let now = Instant::now();
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = messages.entry(who.to_owned(), || (now, 0));
        if now.duration_since(*since) >= MINUTE {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= per_minute
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_minute_has_its_measure_and_the_next_minute_a_new_one() {
        let rates = Rates::default();
        assert!(rates.message("u", 2) && rates.message("u", 2));
        assert!(!rates.message("u", 2));
        assert!(rates.message("v", 2));
        tokio::time::advance(MINUTE).await;
        assert!(rates.message("u", 2));
    }
}
