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
mod source;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use pec::Moment;
use provider::Clock;
use provider::revocation::Revocations;
use rustls::crypto::SecureRandom;
use seal::revocation::{self as judged, AnyOf, OcspStore, Status, distribution_points, is_published, ocsp, ocsp_urls};
use seal::{Certificate, Crl, CrlStore, Revocation};
use tokio::sync::{Notify, watch};

use crate::config::{self, ListPlace, RevocationMode};
use crate::fetch::{FetchError, FetchOptions, Fetcher};
use cache::{Cache, Kept};
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
        let options = FetchOptions { roots: settings.roots.clone(), identity: None, timeout: settings.timeout };
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

    /// What fails at the moment, oldest first.
    pub fn failures(&self) -> Vec<Failure> {
        let mut failures: Vec<Failure> = self.sources().iter().filter_map(|source| source.failure()).collect();
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

    /// Renews one, if it is due: who waited for another finds it done.
    async fn renew(&self, source: &Source) {
        let _alone = source.busy.lock().await;
        let now = self.clock.now().unix();
        if now < source.due() {
            return;
        }
        let result = match &source.place {
            Place::File(path) => self.read_file(source, path).await,
            Place::OwnList(url) => self.fetch_list(source, url, &self.own).await,
            Place::List(url) => self.fetch_list(source, url, &self.foreign).await,
            Place::Responder(url, certificate) => self.ask(source, url, certificate).await,
        };
        if !matches!(source.place, Place::File(_)) {
            let word = if result.is_ok() { "ok" } else { "failed" };
            metrics::counter!("sigillo_revocation_fetches_total", "result" => word).increment(1);
        }
        let retry = seconds(self.settings.retry).max(1);
        match result {
            Ok(next_update) => {
                let due = match &source.place {
                    // A look at a file costs nothing, and an operator waits for its effect.
                    Place::File(_) => now.saturating_add(retry),
                    _ => now.saturating_add(self.wait(now, next_update)),
                };
                if source.succeeded(due) {
                    tracing::info!(event = "revocation-works-again", source = %place_name(&source.place));
                }
            }
            Err(error) => {
                let due = now.saturating_add(shortened(retry));
                if source.failed(&error, now, due) {
                    tracing::error!(event = "revocation-failed", error, "what was known before stays in use");
                }
            }
        }
    }

    /// Seconds until the next renewal of what came now: three quarters of what is left of it, and no more than
    /// `revocation.refresh`; a little less each time, so that not everybody asks at once.
    fn wait(&self, now: i64, next_update: Option<i64>) -> i64 {
        let refresh = seconds(self.settings.refresh);
        let left = next_update.map_or(refresh, |until| until.saturating_sub(now).max(0));
        shortened(refresh.min(left / 4 * 3).max(seconds(self.settings.retry)).max(1))
    }

    async fn read_file(&self, source: &Source, path: &Path) -> Result<Option<i64>, String> {
        let say = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let about = std::fs::metadata(path).map_err(|error| say(&error))?;
        let stamp = about.modified().ok().map(|modified| (modified, about.len()));
        if let (Some(stamp), Some((known, next_update))) = (stamp, source.stamp())
            && stamp == known
        {
            return self.check_age(next_update).map_err(|error| say(&error));
        }
        if about.len() > self.settings.max_size as u64 {
            return Err(say(&format!("it is larger than revocation.max_size ({} octets)", self.settings.max_size)));
        }
        let body = tokio::fs::read(path).await.map_err(|error| say(&error))?;
        let taken = self.take_list(body.into(), &source.issuers).await.map_err(|error| say(&error))?;
        source.set_stamp(stamp.map(|stamp| (stamp, taken)));
        self.check_age(taken).map_err(|error| say(&error))
    }

    async fn fetch_list(&self, source: &Source, url: &str, fetcher: &Fetcher) -> Result<Option<i64>, String> {
        let body = fetcher.get(url, self.settings.max_size).await.map_err(|error| error.to_string())?;
        let taken = self.take_list(body.clone(), &source.issuers).await.map_err(|error| format!("{url}: {error}"))?;
        if let (Place::List(_), Some(issuer)) = (&source.place, source.issuers.first()) {
            let issuer = issuer.clone();
            self.keep(Kept { url: url.into(), issuer, certificate: None, obtained: self.now(), body }).await;
        }
        self.check_age(taken).map_err(|error| format!("{url}: {error}"))
    }

    /// A list that was late when it came still proves revocations; that it is late is a failure.
    fn check_age(&self, next_update: Option<i64>) -> Result<Option<i64>, String> {
        match next_update {
            Some(due) if due < self.now() => {
                Err(format!("the list was due for renewal on {}, and there is no newer one", Moment::from_unix(due)))
            }
            other => Ok(other),
        }
    }

    /// Puts a list in use if it is good and newer; gives its nextUpdate.
    async fn take_list(&self, body: Bytes, issuers: &[Certificate]) -> Result<Option<i64>, String> {
        let _alone = self.changing.lock().await;
        let (mut judges, issuers) = (self.judges(), issuers.to_vec());
        // Reading and verifying a large list takes a while.
        let read = tokio::task::spawn_blocking(move || {
            let list = Crl::read(body)?;
            let facts = (list.issuer().to_owned(), list.this_update(), list.next_update(), list.len());
            judges.lists.insert(list, &issuers).map(|is_newer| (judges, facts, is_newer))
        });
        let (judges, (issuer, this_update, next_update, entries), is_newer) =
            read.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        if is_newer {
            *self.judges.write().unwrap_or_else(PoisonError::into_inner) = judges;
            let [from, until] =
                [Some(this_update), next_update].map(|at| at.map(|at| Moment::from_unix(at).to_string()));
            tracing::info!(event = "revocation-list", issuer, entries, from, until, "a new list is in use");
        }
        Ok(next_update)
    }

    /// Asks a responder about a certificate.
    async fn ask(&self, source: &Source, url: &str, certificate: &Certificate) -> Result<Option<i64>, String> {
        let say = |error: &dyn std::fmt::Display| format!("{url}: {error}");
        let issuer = source.issuers.first().ok_or_else(|| say(&"nobody issued the certificate"))?;
        let nonce: [u8; 16] = random();
        let request = ocsp::request(certificate, issuer, Some(&nonce)).map_err(|error| say(&error))?;
        let body = self.foreign.post(url, "application/ocsp-request", request.into(), MOST_ANSWER).await;
        let body = body.map_err(|error| error.to_string())?;
        let now = self.now();
        let next_update = self
            .take_answer(body.clone(), certificate, issuer, Some(&nonce), now)
            .await
            .map_err(|error| say(&error))?;
        self.keep(Kept {
            url: url.into(),
            issuer: issuer.clone(),
            certificate: Some(certificate.clone()),
            obtained: now,
            body,
        })
        .await;
        Ok(Some(next_update.unwrap_or(now.saturating_add(ANSWER_LIFE))))
    }

    /// Puts an answer in use if it is good, newer and says something; gives its nextUpdate.
    async fn take_answer(
        &self,
        body: Bytes,
        certificate: &Certificate,
        issuer: &Certificate,
        nonce: Option<&[u8]>,
        at: i64,
    ) -> Result<Option<i64>, String> {
        let answer = ocsp::OcspAnswer::read(body, certificate, issuer, nonce, at).map_err(|error| error.to_string())?;
        let (from, next_update) = (answer.this_update(), answer.next_update());
        if let Status::Unknown { why } = answer.status(0, from) {
            return Err(why);
        }
        let _alone = self.changing.lock().await;
        self.judges.write().unwrap_or_else(PoisonError::into_inner).answers.insert(answer);
        Ok(next_update)
    }

    async fn keep(&self, kept: Kept) {
        let Some(cache) = self.cache.read().unwrap_or_else(PoisonError::into_inner).clone() else { return };
        let url = kept.url.clone();
        let written = tokio::task::spawn_blocking(move || cache.put(&kept)).await;
        let error = match written {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::error!(event = "revocation-cache", url, error, "a restart will need the network");
    }

    /// Takes in use what an earlier process fetched, and goes on renewing it.
    async fn take_back(&self, kept: Kept) {
        let taken = match &kept.certificate {
            None => self.take_list(kept.body, std::slice::from_ref(&kept.issuer)).await,
            Some(certificate) => self.take_answer(kept.body, certificate, &kept.issuer, None, kept.obtained).await,
        };
        if let Err(error) = taken {
            tracing::warn!(event = "revocation-cache", url = kept.url, error, "left out");
            return;
        }
        let place = match kept.certificate {
            None => Place::List(kept.url),
            Some(certificate) => Place::Responder(kept.url, certificate),
        };
        self.source(place, &kept.issuer, self.now());
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
        let both: &[&dyn judged::Revocation] =
            if is_asked { &[&judges.lists, &judges.answers] } else { &[&judges.lists] };
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
            for source in self.sources_for(certificate, issuer) {
                self.renew(&source).await;
                if !is_unknown() {
                    break;
                }
            }
        }
    }
}

fn place_name(place: &Place) -> String {
    match place {
        Place::File(path) => path.display().to_string(),
        Place::OwnList(url) | Place::List(url) | Place::Responder(url, _) => url.clone(),
    }
}

/// Up to a tenth less, by chance.
fn shortened(seconds: i64) -> i64 {
    seconds - seconds / 10 * i64::from(u16::from_be_bytes(random())) / 65_536
}

/// Zeros where the system gives no random numbers: requests are less spread, and an old answer could be played again as
/// long as it counts.
fn random<const N: usize>() -> [u8; N] {
    let mut octets = [0; N];
    let source: &dyn SecureRandom = rustls::crypto::aws_lc_rs::default_provider().secure_random;
    if source.fill(&mut octets).is_err() {
        tracing::warn!(event = "no-random-numbers", "the system gives no random numbers");
    }
    octets
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
