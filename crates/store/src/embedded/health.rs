//! What went wrong with reading since start.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::{ErrorKind, StoreError};

/// How long a read that failed is trouble: others go well beside it, and say nothing of what that one asked for.
const FRESH: Duration = Duration::from_secs(600);

/// Failed reads, for the figures.
#[derive(Debug, Default)]
pub(super) struct Health {
    failures: AtomicU64,
    failed: Mutex<Option<(Instant, String)>>,
    damage: Mutex<Damage>,
    /// Rows that were passed over and told.
    told: Mutex<HashSet<String>>,
}

/// What was read and was damaged.
#[derive(Debug, Default)]
struct Damage {
    /// The last of which no operator said that it is known.
    last: Option<String>,
    /// Whether a round of the check began since: at its end messages, originals, evidence and the queue were looked at, and
    /// what is damaged there is noted. Damage elsewhere is told anew when it is met again.
    outlived: bool,
    acknowledged: HashSet<String>,
}

impl Damage {
    fn note(&mut self, what: &str) {
        if !self.acknowledged.contains(what) {
            self.last = Some(what.to_owned());
            self.outlived = false;
        }
    }
}

/// How many texts are remembered.
const REMEMBERED: usize = 1000;

impl Health {
    /// Notes how a read ended. That the store is closed, or that something cannot be done, is no failure.
    pub(super) fn note(&self, error: &StoreError) {
        if matches!(error.kind, ErrorKind::Closed | ErrorKind::Limit | ErrorKind::OverQuota | ErrorKind::Refused) {
            return;
        }
        self.failures.fetch_add(1, Ordering::Relaxed);
        if error.kind == ErrorKind::Damaged {
            tracing::error!(event = "store-damaged", %error, "what was read is not what was written, and was not given out");
            let mut damage = self.damage.lock().unwrap_or_else(PoisonError::into_inner);
            damage.note(&error.what);
        } else {
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), error.to_string()));
        }
    }

    /// Notes rows that could not be read and were passed over. Each is told once, however often it is met.
    pub(super) fn passed_over(&self, unreadable: Vec<StoreError>) {
        for error in unreadable {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.len() < REMEMBERED && told.insert(error.what.clone()) {
                drop(told);
                self.note(&error);
            }
        }
    }

    /// Everything was found whole.
    pub(super) fn whole(&self) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clear();
        *self.damage.lock().unwrap_or_else(PoisonError::into_inner) = Damage::default();
    }

    /// A round of the check begins, of which [`Health::round_ended`] tells the end.
    pub(super) fn round_begins(&self) {
        self.damage.lock().unwrap_or_else(PoisonError::into_inner).outlived = true;
    }

    /// A round has ended: what was read as damaged before it began was looked at by it, and is whole again or known to it.
    /// What it does not look at is told anew when it is met again.
    pub(super) fn round_ended(&self) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let mut damage = self.damage.lock().unwrap_or_else(PoisonError::into_inner);
        if damage.outlived {
            damage.last = None;
        }
    }

    /// An operator knows of the last damage; whether there was any.
    pub(super) fn acknowledge(&self) -> bool {
        let mut damage = self.damage.lock().unwrap_or_else(PoisonError::into_inner);
        let known = damage.last.take();
        let there = known.is_some();
        if damage.acknowledged.len() < REMEMBERED {
            damage.acknowledged.extend(known);
        }
        there
    }

    /// Reads that failed.
    pub(super) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Why a read failed within the last minutes.
    pub(super) fn trouble(&self, now: Instant) -> Option<String> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.as_ref().filter(|(at, _)| now.duration_since(*at) < FRESH).map(|(_, why)| why.clone())
    }

    /// What the last damaged read was.
    pub(super) fn damage(&self) -> Option<String> {
        self.damage.lock().unwrap_or_else(PoisonError::into_inner).last.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_that_failed_is_trouble_for_some_minutes_and_damage_until_all_is_found_whole() {
        let (health, now) = (Health::default(), Instant::now());
        health.note(&StoreError::new(ErrorKind::Closed, "the store is closed"));
        assert_eq!((health.failures(), health.trouble(now), health.damage()), (0, None, None));
        health.note(&StoreError::new(ErrorKind::Disk, "the disk does not answer"));
        assert!(health.trouble(Instant::now()).is_some_and(|why| why.contains("does not answer")));
        assert_eq!(health.trouble(Instant::now() + FRESH), None);
        health.note(&StoreError::damaged("a file is not as it was"));
        assert_eq!((health.failures(), health.damage().as_deref()), (2, Some("a file is not as it was")));
        health.whole();
        assert_eq!((health.failures(), health.damage()), (2, None));
    }

    #[test]
    fn damage_is_forgotten_at_the_end_of_a_round_that_began_after_it_was_read() {
        let health = Health::default();
        let read = || health.note(&StoreError::damaged("a file is not as it was"));
        health.round_begins();
        read();
        health.round_ended();
        assert!(health.damage().is_some(), "the round may have been past the place");
        health.round_begins();
        health.round_ended();
        assert_eq!(health.damage(), None);
        read();
        health.round_begins();
        read();
        health.round_ended();
        assert!(health.damage().is_some(), "it was met again");
    }
}
