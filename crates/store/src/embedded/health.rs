//! What went wrong with reading since start.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::{ErrorKind, StoreError};

/// Failed reads, for the figures.
#[derive(Debug, Default)]
pub(super) struct Health {
    failures: AtomicU64,
    damage: Mutex<Damage>,
    /// Rows that were passed over and told.
    told: Mutex<HashSet<String>>,
}

/// What was read and was damaged.
#[derive(Debug, Default)]
struct Damage {
    /// The last of which no operator said that it is known.
    last: Option<String>,
    acknowledged: HashSet<String>,
}

impl Damage {
    fn note(&mut self, what: &str) {
        if !self.acknowledged.contains(what) {
            self.last = Some(what.to_owned());
        }
    }
}

/// How many texts are remembered.
const REMEMBERED: usize = 1000;

impl Health {
    /// Notes how a read ended. That the store is closed, or that something cannot be done, is no failure.
    pub(super) fn note(&self, error: &StoreError) {
        if matches!(error.kind, ErrorKind::Closed | ErrorKind::Refused) {
            return;
        }
        self.failures.fetch_add(1, Ordering::Relaxed);
        if error.kind == ErrorKind::Damaged {
            tracing::error!(event = "store-damaged", %error, "what was read is not what was written, and was not given out");
            let mut damage = self.damage.lock().unwrap_or_else(PoisonError::into_inner);
            damage.note(&error.what);
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

    /// What the last damaged read was.
    pub(super) fn damage(&self) -> Option<String> {
        self.damage.lock().unwrap_or_else(PoisonError::into_inner).last.clone()
    }
}
