//! What the rooms ask, and what learns more.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use fetch::FetchError;
use futures_util::StreamExt;
use pec::Clock;
use seal::revocation::Status;
use seal::{Certificate, Revocation, Revocations};
use tokio::sync::watch;

use crate::disk::Disk;
use crate::held::{Held, UNUSED};
use crate::settings::{Mode, Settings};
use crate::source::{Origin, SourceFailure};

/// What is known about revocations, and how more is learnt.
pub struct RevocationCache {
    held: Held,
    /// Of whom nobody could say anything, though no source failed: a certificate and its issuer.
    unanswered: Mutex<Vec<(Certificate, Certificate, SourceFailure)>>,
}

/// The longest sleep of the renewal, seconds: the clock may be set.
const LONGEST_SLEEP: i64 = 60;
/// Fetches under way at once in the background.
const AT_ONCE: usize = 8;

impl RevocationCache {
    /// Knows nothing yet. `authorities`: whose lists the operator's files and addresses may hold. Fails when a file of
    /// ours cannot be used.
    pub fn new(settings: Settings, authorities: &[Certificate], clock: Arc<dyn Clock>) -> Result<Self, FetchError> {
        Ok(Self { held: Held::new(settings, authorities, clock)?, unanswered: Mutex::default() })
    }

    /// Opens the folder of what was fetched before, and takes it in use; then reads the operator's files. A folder that
    /// cannot be used is said and does without.
    pub async fn open(&self, folder: &Path) {
        if self.held.settings.mode == Mode::Off {
            return;
        }
        match Disk::open(folder) {
            Ok(disk) => {
                let kept = disk.load(self.held.settings.max_size);
                *self.held.disk.write().unwrap_or_else(PoisonError::into_inner) = Some(disk);
                for kept in kept {
                    self.held.take_back(kept).await;
                }
            }
            Err(error) => tracing::error!(event = "revocation-cache", folder = %folder.display(), %error),
        }
        for source in self.held.sources().iter().filter(|source| matches!(source.origin, Origin::File(_))) {
            self.held.renew(source).await;
        }
    }

    /// What fails at the moment, oldest first: files and servers, and certificates that nobody speaks of.
    pub fn failures(&self) -> Vec<SourceFailure> {
        let mut failures: Vec<SourceFailure> =
            self.held.sources().iter().filter_map(|source| source.failure()).collect();
        let now = self.held.now();
        let mut unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        unanswered.retain(|(certificate, issuer, failure)| {
            failure.since.saturating_add(UNUSED) > now
                && matches!(self.status(certificate, issuer, now), Status::Unknown { .. })
        });
        failures.extend(unanswered.iter().map(|(_, _, failure)| failure.clone()));
        failures.sort_by_key(|failure| failure.since);
        failures
    }

    /// Each list in use: its issuer, and when the next one is due (seconds since 1970).
    pub fn lists(&self) -> Vec<(String, Option<i64>)> {
        self.held.judges().lists.lists().map(|list| (list.issuer().to_owned(), list.next_update())).collect()
    }

    /// Renews what is due, until `stop` becomes true.
    pub async fn keep_fresh(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        if self.held.settings.mode == Mode::Off {
            tracing::warn!(
                event = "revocation-off",
                "nobody asks whether peers' certificates are revoked; a provider must (RFC 6109 §2.2.2)"
            );
            return;
        }
        while !*stop.borrow() {
            let now = self.held.clock.now().unix();
            self.held.forget_unused(now);
            let due: Vec<_> = self.held.sources().into_iter().filter(|source| source.due() <= now).collect();
            let renewals = futures_util::stream::iter(due.into_iter().map(|source| {
                let cache = self.clone();
                async move { cache.held.renew(&source).await }
            }));
            tokio::select! {
                () = renewals.buffer_unordered(AT_ONCE).collect::<()>() => {}
                _ = stop.changed() => return,
            }
            let next = self.held.sources().iter().map(|source| source.due()).min().unwrap_or(i64::MAX);
            let wait = next.saturating_sub(self.held.clock.now().unix()).clamp(1, LONGEST_SLEEP);
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(wait.unsigned_abs())) => {}
                () = self.held.bell.notified() => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Remembers a certificate of which nothing is known although every source gave what it has.
    fn note_unanswered(&self, certificate: &Certificate, issuer: &Certificate, at: i64) {
        let Status::Unknown { why } = self.status(certificate, issuer, at) else { return };
        let mut unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        if !unanswered.iter().any(|(known, ..)| known == certificate) {
            let error = format!("{}: {why}", certificate.subject());
            tracing::error!(event = "revocation-failed", error, "no source says whether it is revoked");
            unanswered.push((certificate.clone(), issuer.clone(), SourceFailure { since: at, error }));
        }
    }
}

#[cfg(test)]
impl RevocationCache {
    pub(crate) fn held(&self) -> &Held {
        &self.held
    }
}

impl Revocation for RevocationCache {
    fn status(&self, certificate: &Certificate, issuer: &Certificate, at: i64) -> Status {
        self.held.status(certificate, issuer, at)
    }
}

#[async_trait]
impl Revocations for RevocationCache {
    async fn learn(&self, path: &[Certificate], at: i64) {
        for (certificate, issuer) in path.iter().zip(path.iter().skip(1)) {
            let is_unknown = || matches!(self.status(certificate, issuer, at), Status::Unknown { .. });
            if !is_unknown() {
                continue;
            }
            let sources = self.held.sources_for(certificate, issuer);
            for source in &sources {
                self.held.renew(source).await;
                if !is_unknown() {
                    break;
                }
            }
            if sources.iter().all(|source| source.failure().is_none()) {
                self.note_unanswered(certificate, issuer, at);
            }
        }
    }
}
