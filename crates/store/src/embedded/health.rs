//! What went wrong with reading since start.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::{ErrorKind, StoreError};

/// Failed reads, for the figures.
#[derive(Debug, Default)]
pub(super) struct Health {
    failures: AtomicU64,
    damage: Mutex<Option<String>>,
}

impl Health {
    /// Notes how a read ended. That the store is closed, or that something cannot be done, is no failure.
    pub(super) fn note(&self, error: &StoreError) {
        if matches!(error.kind, ErrorKind::Closed | ErrorKind::Refused) {
            return;
        }
        self.failures.fetch_add(1, Ordering::Relaxed);
        if error.kind == ErrorKind::Damaged {
            tracing::error!(event = "store-damaged", %error, "what was read is not what was written, and was not given out");
            *self.damage.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.what.clone());
        }
    }

    /// Everything was found whole.
    pub(super) fn whole(&self) {
        *self.damage.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Reads that failed.
    pub(super) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// What the last damaged read was.
    pub(super) fn damage(&self) -> Option<String> {
        self.damage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
