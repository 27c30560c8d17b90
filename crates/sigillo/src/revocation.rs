//! Lists of revoked certificates and answers of OCSP responders: fetched, kept, renewed in time [R-2.2.2-e].
//!
//! What is to be fetched is learnt from the certificates themselves, once their path leads to a pinned authority: the
//! index of providers holds no addresses. From then on a list or an answer is renewed in the background, at the latest
//! `revocation.refresh` after it came and well before it ends. What comes replaces what is there only when it is signed by
//! the right authority, can be read and is newer; else the good one stays, and log, metrics and health say why.
//!
//! A certificate that names neither a list nor a responder, and that no list of the operator covers, counts as not
//! revoked: its authority will never say more about it.

mod cache;
mod obtain;
mod source;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use provider::Clock;
use provider::revocation::Revocations;
use seal::revocation::{AnyOf, OcspStore, Status, distribution_points, is_published, ocsp_urls};
use seal::{Certificate, CrlStore, Revocation};
use tokio::sync::{Notify, watch};

use crate::config::{self, ListPlace, RevocationMode};
use crate::fetch::{FetchError, FetchOptions, Fetcher};
use cache::Cache;
pub use source::Failure;
use source::{Place, Source};

/// What is known about revocations, and how more is learnt.
pub struct Known {
    settings: config::Revocation,
    clock: Arc<dyn Clock>,
    /// For addresses that the operator named.
    own: Fetcher,
    /// For addresses that certificates name.
    foreign: Fetcher,
    judges: RwLock<Judges>,
    /// Held by who prepares new judges.
    changing: tokio::sync::Mutex<()>,
    sources: RwLock<Vec<Arc<Source>>>,
    cache: RwLock<Option<Cache>>,
    /// Of whom nobody could say anything, though no source failed: a certificate and its issuer.
    unanswered: Mutex<Vec<(Certificate, Certificate, Failure)>>,
    /// Rung when a source was added.
    bell: Notify,
}

/// What the Incoming Point asks; replaced as a whole.
#[derive(Clone)]
struct Judges {
    lists: CrlStore,
    answers: OcspStore,
}

/// How long an answer without `nextUpdate` counts, seconds: its responder could say something new at any time.
const ANSWER_LIFE: i64 = 300;
/// Octets of an answer: a few kilobytes with the responder's certificates.
const MOST_ANSWER: usize = 64 << 10;
/// What nobody asked about for so long is no longer renewed, seconds.
const UNUSED: i64 = 14 * 24 * 3600;
/// The longest sleep of the renewal: the clock may be set.
const LONGEST_SLEEP: i64 = 60;
/// Fetches under way at once in the background.
const AT_ONCE: usize = 8;

impl Known {
    /// Knows nothing yet. `authorities`: whose lists the operator's files and addresses may hold.
    pub fn new(
        settings: &config::Revocation,
        authorities: Vec<Certificate>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, FetchError> {
        let options = FetchOptions { roots: settings.tls_roots.clone(), identity: None, timeout: settings.timeout };
        let own = Fetcher::new(&options)?;
        let foreign = if settings.private_addresses { own.clone() } else { Fetcher::for_foreign_addresses(&options)? };
        let grace = seconds(settings.grace);
        let judges = Judges {
            lists: CrlStore::new(grace),
            answers: OcspStore::new(grace).with_life(ANSWER_LIFE.max(seconds(settings.retry))),
        };
        let now = clock.now().unix();
        let sources = settings.lists.iter().map(|list| {
            let place = match list {
                ListPlace::File(path) => Place::File(path.clone()),
                ListPlace::Url(url) => Place::OwnList(url.clone()),
            };
            Arc::new(Source::new(place, authorities.clone(), now))
        });
        Ok(Self {
            sources: RwLock::new(sources.collect()),
            settings: settings.clone(),
            clock,
            own,
            foreign,
            judges: RwLock::new(judges),
            changing: tokio::sync::Mutex::default(),
            cache: RwLock::default(),
            unanswered: Mutex::default(),
            bell: Notify::new(),
        })
    }

    /// Opens the folder of what was fetched before, and takes it in use; then reads the operator's files. A folder that
    /// cannot be used is said and does without.
    pub async fn open(&self, folder: &Path) {
        if self.settings.mode == RevocationMode::Off {
            return;
        }
        match Cache::open(folder) {
            Ok(cache) => {
                let kept = cache.load(self.settings.max_size);
                *self.cache.write().unwrap_or_else(PoisonError::into_inner) = Some(cache);
                for kept in kept {
                    self.take_back(kept).await;
                }
            }
            Err(error) => tracing::error!(event = "revocation-cache", folder = %folder.display(), %error),
        }
        for source in self.sources().iter().filter(|source| matches!(source.place, Place::File(_))) {
            self.renew(source).await;
        }
    }

    /// What fails at the moment, oldest first: files and servers, and certificates that nobody speaks of.
    pub fn failures(&self) -> Vec<Failure> {
        let mut failures: Vec<Failure> = self.sources().iter().filter_map(|source| source.failure()).collect();
        let now = self.now();
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
        self.judges().lists.lists().map(|list| (list.issuer().to_owned(), list.next_update())).collect()
    }

    /// Renews what is due, until `stop` becomes true.
    pub async fn keep_fresh(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        if self.settings.mode == RevocationMode::Off {
            tracing::warn!(
                event = "revocation-off",
                "nobody asks whether peers' certificates are revoked; a provider must (RFC 6109 §2.2.2)"
            );
            return;
        }
        while !*stop.borrow() {
            let now = self.clock.now().unix();
            self.forget_unused(now);
            let due: Vec<_> = self.sources().into_iter().filter(|source| source.due() <= now).collect();
            let renewals = futures_util::stream::iter(due.into_iter().map(|source| {
                let known = self.clone();
                async move { known.renew(&source).await }
            }));
            tokio::select! {
                () = renewals.buffer_unordered(AT_ONCE).collect::<()>() => {}
                _ = stop.changed() => return,
            }
            let next = self.sources().iter().map(|source| source.due()).min().unwrap_or(i64::MAX);
            let wait = next.saturating_sub(self.clock.now().unix()).clamp(1, LONGEST_SLEEP);
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(wait.unsigned_abs())) => {}
                () = self.bell.notified() => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// The sources that can speak of a certificate, in the order in which they are asked; they exist after this.
    fn sources_for(&self, certificate: &Certificate, issuer: &Certificate) -> Vec<Arc<Source>> {
        let responders: Vec<_> =
            ocsp_urls(certificate).into_iter().map(|url| Place::Responder(url, certificate.clone())).collect();
        let lists: Vec<_> = distribution_points(certificate).into_iter().map(Place::List).collect();
        let by_certificate: Vec<Place> = match self.settings.mode {
            RevocationMode::Crl if lists.is_empty() => responders,
            RevocationMode::Crl => lists,
            RevocationMode::Ocsp => responders.into_iter().chain(lists).collect(),
            RevocationMode::Off => Vec::new(),
        };
        let (now, key) = (self.now(), issuer.key_sha256_hex());
        let mut found: Vec<_> =
            self.sources().into_iter().filter(|source| source.is_the_operators() && source.is_of(&key)).collect();
        found.extend(by_certificate.into_iter().map(|place| self.source(place, issuer, now)));
        if self.settings.mode == RevocationMode::Ocsp {
            found.sort_by_key(|source| !source.answers_about(certificate));
        }
        found
    }

    fn source(&self, place: Place, issuer: &Certificate, now: i64) -> Arc<Source> {
        let mut sources = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        let key = issuer.key_sha256_hex();
        if let Some(source) = sources.iter().find(|source| source.place == place && source.is_of(&key)) {
            return source.clone();
        }
        let source = Arc::new(Source::new(place, vec![issuer.clone()], now));
        sources.push(source.clone());
        self.bell.notify_one();
        source
    }

    fn sources(&self) -> Vec<Arc<Source>> {
        self.sources.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn judges(&self) -> Judges {
        self.judges.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers a certificate of which nothing is known although every source gave what it has.
    fn note_unanswered(&self, certificate: &Certificate, issuer: &Certificate, at: i64) {
        let Status::Unknown { why } = self.status(certificate, issuer, at) else { return };
        let mut unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        if !unanswered.iter().any(|(known, ..)| known == certificate) {
            let error = format!("{}: {why}", certificate.subject());
            tracing::error!(event = "revocation-failed", error, "no source says whether it is revoked");
            unanswered.push((certificate.clone(), issuer.clone(), Failure { since: at, error }));
        }
    }

    fn forget_unused(&self, now: i64) {
        let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut sources = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        sources.retain(|source| {
            let keep = source.is_the_operators() || source.needed().saturating_add(UNUSED) > now;
            if let (false, Some(cache), Some(issuer)) = (keep, &cache, source.issuers.first()) {
                match &source.place {
                    Place::List(url) => cache.remove(url, issuer, None),
                    Place::Responder(url, certificate) => cache.remove(url, issuer, Some(certificate)),
                    Place::File(_) | Place::OwnList(_) => {}
                }
            }
            keep
        });
    }

    fn now(&self) -> i64 {
        self.clock.now().unix()
    }
}

impl Revocation for Known {
    fn status(&self, certificate: &Certificate, issuer: &Certificate, at: i64) -> Status {
        if self.settings.mode == RevocationMode::Off {
            return Status::Good;
        }
        let places = [distribution_points(certificate), ocsp_urls(certificate)].concat();
        let (now, key) = (self.now(), issuer.key_sha256_hex());
        let about: Vec<Arc<Source>> = self.sources().into_iter().filter(|source| source.is_of(&key)).collect();
        let about = about.iter().filter(|source| match &source.place {
            Place::List(url) => places.contains(url),
            Place::Responder(_, of) => of == certificate,
            Place::File(_) | Place::OwnList(_) => true,
        });
        let about: Vec<_> = about.inspect(|source| source.mark_needed(now)).collect();
        let is_asked = about.iter().any(|source| source.answers_about(certificate));
        if self.settings.mode == RevocationMode::Ocsp && !is_asked && !ocsp_urls(certificate).is_empty() {
            return Status::Unknown { why: "its OCSP responder was not asked yet".into() };
        }
        let judges = self.judges.read().unwrap_or_else(PoisonError::into_inner);
        let both: &[&dyn Revocation] = if is_asked { &[&judges.lists, &judges.answers] } else { &[&judges.lists] };
        match AnyOf(both).status(certificate, issuer, at) {
            Status::Unknown { .. } if !is_published(certificate) && !judges.lists.covers(certificate, issuer) => {
                Status::Good
            }
            Status::Unknown { mut why } => {
                if places.is_empty() && is_published(certificate) {
                    why.push_str("; it names no list that can be fetched by HTTP: give one in revocation.lists");
                }
                for failure in about.iter().filter_map(|source| source.failure()) {
                    why.push_str("; ");
                    why.push_str(&failure.error);
                }
                Status::Unknown { why }
            }
            known => known,
        }
    }
}

#[async_trait]
impl Revocations for Known {
    async fn learn(&self, path: &[Certificate], at: i64) {
        for (certificate, issuer) in path.iter().zip(path.iter().skip(1)) {
            let is_unknown = || matches!(self.status(certificate, issuer, at), Status::Unknown { .. });
            if !is_unknown() {
                continue;
            }
            let sources = self.sources_for(certificate, issuer);
            for source in &sources {
                self.renew(source).await;
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

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
