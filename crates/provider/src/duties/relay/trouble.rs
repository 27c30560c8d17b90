//! A store that refuses: said once a minute with a count, and not asked again at once.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use store::StoreError;
use tokio::time::Instant;

/// How often the same trouble is said.
const SAY: Duration = Duration::from_secs(60);
/// The first wait; doubled up to [`MOST`].
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait.
const MOST: Duration = Duration::from_secs(30);

/// What the relay knows of the store's trouble.
#[derive(Default)]
pub(super) struct Trouble(Mutex<State>);

#[derive(Default)]
struct State {
    /// How often something failed since the last that did not.
    failures: u32,
    /// When it was last said, and how many failures since.
    said: Option<Instant>,
    unsaid: u64,
    /// When something is tried again.
    until: Option<Instant>,
}

impl Trouble {
    /// Something failed.
    pub(super) fn note(&self, what: &str, error: &StoreError) {
        let now = Instant::now();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = FIRST.saturating_mul(1 << state.failures.min(8)).min(MOST);
        if state.until.is_none_or(|until| until <= now) {
            state.failures = state.failures.saturating_add(1);
            state.until = Some(now + wait);
        }
        state.unsaid += 1;
        if state.said.is_none_or(|said| said + SAY <= now) {
            let times = std::mem::take(&mut state.unsaid);
            state.said = Some(now);
            tracing::error!(event = "relay-store-failed", what, times, %error);
        }
        metrics::counter!("sigillo_failures_total", "part" => "relay-store").increment(1);
    }

    /// Something went well.
    pub(super) fn over(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.failures > 0 {
            tracing::info!(event = "relay-store-works-again", times = state.unsaid);
            *state = State::default();
        }
    }

    /// Ends when something may be tried; at once when there is no trouble.
    pub(super) async fn pause(&self) {
        let until = self.0.lock().unwrap_or_else(PoisonError::into_inner).until;
        if let Some(until) = until {
            tokio::time::sleep_until(until).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_failure_in_a_row_waits_longer_up_to_a_bound_and_one_that_goes_well_ends_it() {
        let trouble = Trouble::default();
        let error = StoreError::new(store::ErrorKind::Full, "no room");
        let mut waits = Vec::new();
        for _ in 0..8 {
            // Many at the same time are one.
            (0..20).for_each(|_| trouble.note("leasing", &error));
            let begun = Instant::now();
            trouble.pause().await;
            waits.push(begun.elapsed().as_secs());
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
        trouble.over();
        let begun = Instant::now();
        trouble.pause().await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }
}
