//! The provider's keys: fetched or read when a token comes, kept while they cannot be.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fetch::{FetchError, FetchOptions, Fetcher};
use holder::NotJudged;
use jsonwebtoken::jwk::JwkSet;
use tokio::time::Instant;

use crate::settings::{KeySource, Place};

/// Octets of a set of keys: some hundreds with each key and its certificates.
const MOST: usize = 256 << 10;
/// How long nobody is asked again after an attempt, whatever came of it: tokens with invented keys must not become a flood.
const PAUSE: Duration = Duration::from_secs(30);

/// The keys of one provider.
pub struct Keys {
    source: KeySource,
    fetcher: Fetcher,
    held: Mutex<Held>,
    /// One asks; who comes meanwhile waits for what he finds.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Held {
    set: Option<Arc<JwkSet>>,
    /// When the set came.
    came: Option<Instant>,
    /// When it was last asked for.
    asked: Option<Instant>,
    /// Why the last attempt failed.
    failed: Option<String>,
}

impl Keys {
    pub(crate) fn new(source: KeySource) -> Result<Self, FetchError> {
        let options = FetchOptions { roots: source.tls_roots.clone(), identity: None, timeout: source.timeout };
        Ok(Self {
            fetcher: Fetcher::new(&options)?,
            source,
            held: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        })
    }

    /// The keys as they are known now; asks for them where they are old or none are known.
    pub(crate) async fn in_use(&self) -> Result<Arc<JwkSet>, NotJudged> {
        if let Some(fresh) = self.younger_than(self.source.refresh) {
            return Ok(fresh);
        }
        self.ask(|held| held.came.is_some_and(|came| came.elapsed() < self.source.refresh)).await;
        self.younger_than(self.source.refresh.saturating_add(self.source.grace)).ok_or_else(|| {
            let why = self.held().failed.clone();
            NotJudged(why.unwrap_or_else(|| "the identity provider's keys are too old".into()))
        })
    }

    /// Other keys than these, if the provider has them now.
    pub(crate) async fn newer_than(&self, known: &Arc<JwkSet>) -> Option<Arc<JwkSet>> {
        let is_other = |held: &Held| held.set.as_ref().is_some_and(|set| !Arc::ptr_eq(set, known));
        self.ask(is_other).await;
        let held = self.held();
        held.set.clone().filter(|_| is_other(&held))
    }

    /// What is wrong.
    pub(crate) fn trouble(&self) -> Option<String> {
        let failed = self.held().failed.clone()?;
        Some(format!("the keys of the identity provider cannot be had: {failed}"))
    }

    /// Asks, unless it is `done` meanwhile or was tried a moment ago.
    async fn ask(&self, done: impl Fn(&Held) -> bool) {
        let _alone = self.asking.lock().await;
        {
            let mut held = self.held();
            if done(&held) || held.asked.is_some_and(|asked| asked.elapsed() < PAUSE) {
                return;
            }
            held.asked = Some(Instant::now());
        }
        let found = self.obtain().await;
        let word = if found.is_ok() { "ok" } else { "failed" };
        metrics::counter!("sigillo_token_keys_total", "result" => word).increment(1);
        let mut held = self.held();
        match found {
            Ok(set) => {
                if held.failed.take().is_some() {
                    tracing::info!(event = "token-keys-again", "the identity provider's keys are here again");
                }
                // The same keys are no new ones: nobody looks at a token twice for them.
                if held.set.as_deref() != Some(&set) {
                    held.set = Some(Arc::new(set));
                }
                held.came = Some(Instant::now());
            }
            Err(error) => {
                tracing::error!(event = "token-keys-failed", error, "what was known before stays in use for a while");
                held.failed = Some(error);
            }
        }
    }

    async fn obtain(&self) -> Result<JwkSet, String> {
        let octets = match &self.source.at {
            Place::Url(url) => self.fetcher.get(url, MOST).await.map_err(|error| error.to_string())?.to_vec(),
            Place::File(path) => {
                let told = |error: std::io::Error| format!("{}: {error}", path.display());
                if tokio::fs::metadata(path).await.map_err(told)?.len() > MOST as u64 {
                    return Err(format!("{}: larger than {MOST} octets", path.display()));
                }
                tokio::fs::read(path).await.map_err(told)?
            }
        };
        let set: JwkSet = serde_json::from_slice(&octets)
            .map_err(|error| format!("{} is no set of keys (RFC 7517): {error}", self.source.at))?;
        match set.keys.is_empty() {
            true => Err(format!("{} has no key", self.source.at)),
            false => Ok(set),
        }
    }

    fn younger_than(&self, age: Duration) -> Option<Arc<JwkSet>> {
        let held = self.held();
        held.set.clone().filter(|_| held.came.is_some_and(|came| came.elapsed() < age))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
