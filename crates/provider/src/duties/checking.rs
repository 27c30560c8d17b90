//! What is kept is looked at before somebody needs it: round after round, slowly, beside everything else. What a round
//! finds damaged can still be brought back from a backup.

use std::sync::Arc;
use std::time::Duration;

use store::{CheckStep, Figures, StoreError, Upkeep};
use tokio::sync::watch;

use crate::context::Clock;

/// How the rounds go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounds {
    /// From the beginning of one round to that of the next; zero: there are none.
    pub every: Duration,
    /// Octets that are read in a second, on average.
    pub rate: u64,
}

impl Default for Rounds {
    fn default() -> Self {
        Self { every: Duration::from_secs(30 * 24 * 3600), rate: 2 << 20 }
    }
}

/// Octets of one step, about.
const STEP: u64 = 1 << 20;
/// The shortest pause after a step: rows cost more than their octets.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest wait before it is looked whether a round is due, and the wait after a failure.
const LOOK: Duration = Duration::from_secs(60);
/// Damaged places of one step that are told one by one.
const TOLD: usize = 20;

/// Goes round until `stop` becomes true; then at once no further. A restart goes on where this one was.
pub async fn run(store: Arc<dyn Upkeep>, clock: Arc<dyn Clock>, rounds: Rounds, mut stop: watch::Receiver<bool>) {
    let step = async {
        loop {
            let wait = match step(store.as_ref(), clock.as_ref(), rounds).await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::warn!(event = "store-check-failed", %error, "the check goes on later");
                    LOOK
                }
            };
            tokio::time::sleep(wait).await;
        }
    };
    tokio::select! {
        () = step, if !rounds.every.is_zero() => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

/// One step of the round that is under way or due; how long to wait before the next.
async fn step(store: &dyn Upkeep, clock: &dyn Clock, rounds: Rounds) -> Result<Duration, StoreError> {
    let now = clock.now();
    if let Some(wait) = until_due(&store.figures().await?, now.unix(), rounds.every) {
        return Ok(wait.min(LOOK));
    }
    let step = store.check_on(now, STEP.min(rounds.rate.max(1))).await?;
    say(&step);
    let pause = Duration::from_secs_f64(step.octets as f64 / rounds.rate.max(1) as f64);
    Ok(pause.max(PAUSE))
}

/// How long until the next round is due; `None`: it is, or one is under way.
fn until_due(figures: &Figures, now: i64, every: Duration) -> Option<Duration> {
    let last = figures.checked.last.as_ref().filter(|_| figures.checked.open.is_none())?;
    let due = last.began.unix().saturating_add(i64::try_from(every.as_secs()).unwrap_or(i64::MAX));
    u64::try_from(due - now).ok().filter(|wait| *wait > 0).map(Duration::from_secs)
}

fn say(step: &CheckStep) {
    metrics::counter!("sigillo_store_checked_octets_total").increment(step.octets);
    for fault in step.found.iter().take(TOLD) {
        tracing::error!(event = "store-damage-found", place = fault.place, what = fault.what, "found by the check");
    }
    if let Some(more @ 1..) = step.found.len().checked_sub(TOLD) {
        tracing::error!(event = "store-damage-found", more, "further places: `sigillo check` names them");
    }
    for place in &step.mended {
        tracing::info!(event = "store-damage-mended", place);
    }
    if step.ended {
        tracing::info!(event = "store-check-ended");
    }
}

#[cfg(test)]
mod tests {
    use pec::Moment;
    use store::{Checked, Round};

    use super::*;

    #[test]
    fn a_round_begins_so_long_after_the_one_before_and_one_under_way_goes_on() {
        let round = |began, ended: Option<i64>| {
            let (began, ended) = (Moment::from_unix(began), ended.map(Moment::from_unix));
            Some(Round { began, ended, messages: 0, faults: 0 })
        };
        let due = |open, last, now| {
            let figures = Figures { checked: Checked { open, last }, ..Figures::default() };
            until_due(&figures, now, Duration::from_secs(100))
        };
        assert_eq!(due(None, None, 0), None, "a store that was never checked");
        assert_eq!(due(None, round(1000, Some(1050)), 1060), Some(Duration::from_secs(40)));
        assert_eq!(due(None, round(1000, Some(1050)), 1100), None);
        assert_eq!(due(None, round(1000, Some(1050)), 9000), None);
        assert_eq!(due(round(1055, None), round(1000, Some(1050)), 1060), None);
    }
}
