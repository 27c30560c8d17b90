//! Everything that is held: the lists and answers in use, the sources they come from, the disk that keeps them.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use fetch::{FetchError, FetchOptions, Fetcher};
use pec::Clock;
use seal::revocation::{AnyOf, OcspStore, Status, distribution_points, is_published, ocsp_urls};
use seal::{Certificate, CrlStore, Revocation};
use tokio::sync::Notify;

use crate::disk::Disk;
use crate::settings::{ListSource, Mode, Settings};
use crate::source::{Origin, Source};

/// How long an answer without `nextUpdate` counts, seconds: its responder could say something new at any time.
pub(crate) const ANSWER_LIFE: i64 = 300;
/// What nobody asked about for so long is no longer renewed, seconds.
pub(crate) const UNUSED: i64 = 14 * 24 * 3600;

/// What is held.
pub(crate) struct Held {
    pub settings: Settings,
    pub clock: Arc<dyn Clock>,
    /// For addresses that the operator named.
    pub own: Fetcher,
    /// For addresses that certificates name.
    pub foreign: Fetcher,
    pub judges: RwLock<Judges>,
    /// Held by who prepares new judges.
    pub changing: tokio::sync::Mutex<()>,
    sources: RwLock<Vec<Arc<Source>>>,
    pub disk: RwLock<Option<Disk>>,
    /// Rung when a source was added.
    pub bell: Notify,
}

/// What the Incoming Point asks; replaced as a whole.
#[derive(Clone)]
pub(crate) struct Judges {
    pub lists: CrlStore,
    pub answers: OcspStore,
}

impl Held {
    /// Nothing yet. `authorities`: whose lists the operator's files and addresses may hold.
    pub(crate) fn new(
        settings: Settings,
        authorities: &[Certificate],
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
            let origin = match list {
                ListSource::File(path) => Origin::File(path.clone()),
                ListSource::Url(url) => Origin::OwnList(url.clone()),
            };
            Arc::new(Source::new(origin, authorities.to_vec(), now))
        });
        Ok(Self {
            sources: RwLock::new(sources.collect()),
            settings,
            clock,
            own,
            foreign,
            judges: RwLock::new(judges),
            changing: tokio::sync::Mutex::default(),
            disk: RwLock::default(),
            bell: Notify::new(),
        })
    }

    /// The sources that can speak of a certificate, in the order in which they are asked; they exist after this.
    pub(crate) fn sources_for(&self, certificate: &Certificate, issuer: &Certificate) -> Vec<Arc<Source>> {
        let responders: Vec<_> =
            ocsp_urls(certificate).into_iter().map(|url| Origin::Responder(url, certificate.clone())).collect();
        let lists: Vec<_> = distribution_points(certificate).into_iter().map(Origin::List).collect();
        let by_certificate: Vec<Origin> = match self.settings.mode {
            Mode::Crl if lists.is_empty() => responders,
            Mode::Crl => lists,
            Mode::Ocsp => responders.into_iter().chain(lists).collect(),
            Mode::Off => Vec::new(),
        };
        let (now, key) = (self.now(), issuer.key_sha256_hex());
        let mut found: Vec<_> =
            self.sources().into_iter().filter(|source| source.is_the_operators() && source.is_of(&key)).collect();
        found.extend(by_certificate.into_iter().map(|origin| self.source(origin, issuer, now)));
        if self.settings.mode == Mode::Ocsp {
            found.sort_by_key(|source| !source.answers_about(certificate));
        }
        found
    }

    pub(crate) fn source(&self, origin: Origin, issuer: &Certificate, now: i64) -> Arc<Source> {
        let mut sources = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        let key = issuer.key_sha256_hex();
        if let Some(source) = sources.iter().find(|source| source.origin == origin && source.is_of(&key)) {
            return source.clone();
        }
        let source = Arc::new(Source::new(origin, vec![issuer.clone()], now));
        sources.push(source.clone());
        self.bell.notify_one();
        source
    }

    pub(crate) fn sources(&self) -> Vec<Arc<Source>> {
        self.sources.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn judges(&self) -> Judges {
        self.judges.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn forget_unused(&self, now: i64) {
        let disk = self.disk.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut sources = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        sources.retain(|source| {
            let keep = source.is_the_operators() || source.needed().saturating_add(UNUSED) > now;
            if let (false, Some(disk), Some(issuer)) = (keep, &disk, source.issuers.first()) {
                match &source.origin {
                    Origin::List(url) => disk.remove(url, issuer, None),
                    Origin::Responder(url, certificate) => disk.remove(url, issuer, Some(certificate)),
                    Origin::File(_) | Origin::OwnList(_) => {}
                }
            }
            keep
        });
    }

    /// Seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().unix()
    }
}

impl Revocation for Held {
    fn status(&self, certificate: &Certificate, issuer: &Certificate, at: i64) -> Status {
        if self.settings.mode == Mode::Off {
            return Status::Good;
        }
        let places = [distribution_points(certificate), ocsp_urls(certificate)].concat();
        let (now, key) = (self.now(), issuer.key_sha256_hex());
        let about: Vec<Arc<Source>> = self.sources().into_iter().filter(|source| source.is_of(&key)).collect();
        let about = about.iter().filter(|source| match &source.origin {
            Origin::List(url) => places.contains(url),
            Origin::Responder(_, of) => of == certificate,
            Origin::File(_) | Origin::OwnList(_) => true,
        });
        let about: Vec<_> = about.inspect(|source| source.mark_needed(now)).collect();
        let is_asked = about.iter().any(|source| source.answers_about(certificate));
        if self.settings.mode == Mode::Ocsp && !is_asked && !ocsp_urls(certificate).is_empty() {
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

/// Whole seconds.
pub(crate) fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
