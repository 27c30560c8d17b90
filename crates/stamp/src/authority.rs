//! One authority: asked, and left alone for a while when it fails.

use std::mem::discriminant;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fetch::{FetchError, Fetcher, Login, chance};
use pec::{Clock, Moment};
use seal::timestamp::{MOST_OCTETS, Policy};
use seal::{Certificate, StampError, StampRequest, TimeStamp, Trust};
use thiserror::Error;
use tokio::time::Instant;

use crate::error::StampsError;
use crate::settings::{AuthoritySettings, Settings};

/// The media type of requests (RFC 3161 §3.4).
const QUERY: &str = "application/timestamp-query";

/// Why an authority gave no stamp; whose fault it seems to be stands in the words.
#[derive(Debug, Error)]
pub enum Trouble {
    /// It could not be reached, or its server refused.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// It answered, and not with a stamp that counts.
    #[error("{url}: {error}")]
    Answer {
        /// Who.
        url: String,
        /// What is wrong.
        error: StampError,
    },
    /// Its stamp tells another time than our clock.
    #[error("{url}: its time is {} seconds {} ours: one of the two clocks is wrong", seconds.unsigned_abs(), if *seconds < 0 { "behind" } else { "ahead of" })]
    Clock {
        /// Who.
        url: String,
        /// How far; above 0: it is ahead.
        seconds: i64,
    },
}

impl Trouble {
    /// The value of `result` in metrics.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Fetch(_) => "unreachable",
            Self::Answer { .. } => "wrong",
            Self::Clock { .. } => "clock",
        }
    }

    /// All of them.
    pub(crate) const NAMES: [&str; 3] = ["unreachable", "wrong", "clock"];

    /// Whether it is another failure than this one. Words say little: they change with the second by which a clock is wrong, and
    /// with what a server writes each time.
    fn differs(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Fetch(FetchError::Refused { status, .. }),
                Self::Fetch(FetchError::Refused { status: before, .. }),
            ) => status != before,
            (Self::Fetch(error), Self::Fetch(before)) => discriminant(error) != discriminant(before),
            (Self::Answer { error, .. }, Self::Answer { error: before, .. }) => {
                discriminant(error) != discriminant(before)
            }
            (Self::Clock { .. }, Self::Clock { .. }) => false,
            _ => true,
        }
    }
}

/// One authority.
pub(crate) struct Authority {
    pub(crate) url: String,
    trust: Trust,
    policy: Option<Policy>,
    login: Option<Login>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Not to be asked before.
    rests_until: Option<Instant>,
    /// Since when it fails, and how it did last.
    failing: Option<(Moment, Trouble)>,
}

impl Authority {
    /// Reads its certificates.
    pub(crate) fn new(settings: AuthoritySettings) -> Result<Self, StampsError> {
        let AuthoritySettings { url, roots, policy, login } = settings;
        let unusable = |error: &dyn std::fmt::Display| StampsError::Roots(roots.clone(), error.to_string());
        let pem = std::fs::read(&roots).map_err(|error| unusable(&error))?;
        let certificates = Certificate::from_pem(&pem).map_err(|error| unusable(&error))?;
        let trust = Trust::new(certificates, Vec::new()).map_err(|error| unusable(&error))?.for_time_stamps();
        Ok(Self { url, trust, policy, login, state: Mutex::default() })
    }

    /// A stamp for this SHA-256: intact, of this authority, and of our time.
    pub(crate) async fn ask(
        &self,
        fetcher: &Fetcher,
        sha256: [u8; 32],
        tolerance: Duration,
        clock: &dyn Clock,
    ) -> Result<TimeStamp, Trouble> {
        let request = StampRequest::new(sha256, chance::octets()).under(self.policy);
        let asked = clock.now();
        let answer = fetcher.post(&self.url, self.login.as_ref(), QUERY, request.to_der().into(), MOST_OCTETS).await?;
        let answered = clock.now();
        let wrong = |error| Trouble::Answer { url: self.url.clone(), error };
        let stamp = request.answer(answer).map_err(wrong)?;
        stamp.check(&self.trust).map_err(wrong)?;
        match apart(stamp.time(), asked.unix(), answered.unix(), tolerance) {
            0 => Ok(stamp),
            seconds => Err(Trouble::Clock { url: self.url.clone(), seconds }),
        }
    }

    /// Whether it may be asked.
    pub(crate) fn is_rested(&self) -> bool {
        self.state().rests_until.is_none_or(|until| until <= Instant::now())
    }

    /// It gave a stamp; true if it had failed before.
    pub(crate) fn succeeded(&self) -> bool {
        std::mem::take(&mut *self.state()).failing.is_some()
    }

    /// It gave none; true if it had not failed in this way before.
    pub(crate) fn failed(&self, trouble: Trouble, now: Moment, settings: &Settings) -> bool {
        let mut state = self.state();
        let wait = settings.retry_first.saturating_mul(1 << state.failures.min(20)).min(settings.retry_max);
        state.failures = state.failures.saturating_add(1);
        // Not every provider comes back in the same second.
        state.rests_until = Some(Instant::now() + chance::shortened(wait, 8, chance::fraction()));
        let before = state.failing.take();
        let is_news = before.as_ref().is_none_or(|(_, before)| trouble.differs(before));
        state.failing = Some((before.map_or(now, |(since, _)| since), trouble));
        is_news
    }

    /// Since when it fails, and what it said last.
    pub(crate) fn failing(&self) -> Option<(Moment, String)> {
        self.state().failing.as_ref().map(|(since, trouble)| (*since, trouble.to_string()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far a stamp's time is outside of what our clock said before and after, seconds; 0: no further than tolerated.
fn apart(time: i64, asked: i64, answered: i64, tolerance: Duration) -> i64 {
    let tolerance = i64::try_from(tolerance.as_secs()).unwrap_or(i64::MAX);
    let nearest = time.clamp(asked.min(answered), answered.max(asked));
    let apart = time.saturating_sub(nearest);
    if apart.saturating_abs() <= tolerance { 0 } else { apart }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_s_time_is_compared_with_our_clock_before_and_after() {
        let apart = |time| apart(time, 1000, 1030, Duration::from_secs(10));
        assert_eq!([990, 1000, 1015, 1040].map(apart), [0; 4]);
        assert_eq!([989, 1041].map(apart), [-11, 11]);
        assert_eq!(super::apart(5, 30, 1, Duration::from_secs(3)), 0, "a clock that was set back meanwhile");
        let far = |seconds| Trouble::Clock { url: "http://tsa.example".into(), seconds }.to_string();
        assert_eq!(far(-11), "http://tsa.example: its time is 11 seconds behind ours: one of the two clocks is wrong");
        assert!(far(60).contains("60 seconds ahead of ours"));
    }

    #[test]
    fn the_same_failure_is_no_news_in_other_words() {
        let url = || "http://tsa.example".to_owned();
        let clock = |seconds| Trouble::Clock { url: url(), seconds };
        let refused = |status| Trouble::Fetch(FetchError::Refused { url: url(), status });
        let silent = |error: &str| Trouble::Fetch(FetchError::Unreachable { url: url(), error: error.into() });
        let answer = |error| Trouble::Answer { url: url(), error };
        let (unreadable, another) =
            (|what: &str| answer(StampError::Unreadable(what.into())), || answer(StampError::Another("nonce".into())));
        for (before, now) in [
            (clock(-11), clock(-12)),
            (clock(3600), clock(-3600)),
            (silent("timed out"), silent("connection refused")),
            (refused(503), refused(503)),
            (unreadable("at octet 7"), unreadable("at octet 9")),
        ] {
            assert!(!now.differs(&before), "{before} | {now}");
        }
        let all = [clock(11), refused(503), refused(403), silent("timed out"), unreadable("at octet 7"), another()];
        for (at, one) in all.iter().enumerate() {
            let different = all.iter().filter(|other| other.differs(one)).count();
            assert_eq!(different, all.len() - 1, "{at}: {one}");
        }
    }
}
