//! The copy of the providers' index in use: read from a signed file, fetched anew daily, its age known.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use directory::{Directory, Index, Record, Reloadable};
use fetch::chance::fraction;
use fetch::keep;
use pec::{Clock, Moment};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::copy::{Copy, Pinned, only_ours};
use crate::error::IndexError;
use crate::history::History;
use crate::settings::{IndexSource, Settings};
use crate::visit::{self, Rhythm, visit};

/// Changes of one new copy that are logged: a new provider may bring a hundred thousand domains.
const TOLD: usize = 1000;
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// The index in use, when it was signed and what the last fetches gave.
pub struct LiveIndex {
    index: Reloadable,
    state: Mutex<State>,
    settings: Settings,
    clock: Arc<dyn Clock>,
}

/// What is known about the copy in use.
#[derive(Clone, Debug, Default)]
struct State {
    /// When the copy in use was signed.
    signed: i64,
    /// The hash of its file.
    sha256: String,
    fetches: Fetches,
}

/// The fetches since the start.
#[derive(Clone, Debug, Default)]
pub struct Fetches {
    /// When the server was last asked.
    pub attempted: Option<Moment>,
    /// When it last gave a good file, or said that ours is the newest.
    pub good: Option<Moment>,
    /// Why the last one failed; `None` when it did not.
    pub error: Option<String>,
}

impl LiveIndex {
    /// Reads the signed file for the first time.
    pub fn read(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self, IndexError> {
        if let Some(source) = &settings.source {
            visit::client(&source.fetching)?;
        }
        let copy = read(settings).map_err(|error| match &settings.source {
            Some(source) => {
                IndexError::Refused(format!("{error}; remove the file to fetch it from {} anew", source.url))
            }
            None => error,
        })?;
        let state = State { signed: copy.signed, sha256: copy.sha256(), ..State::default() };
        Ok(Self { index: Reloadable::new(copy.index), state: Mutex::new(state), settings: settings.clone(), clock })
    }

    /// The copy in use, as it is now.
    pub fn current(&self) -> Arc<Index> {
        self.index.current()
    }

    /// Seconds since the copy in use was signed.
    pub fn age(&self, now: Moment) -> i64 {
        (now.unix() - self.state().signed).max(0)
    }

    /// Whether the copy is older than the operator wants to be told (`directory.alarm_after`).
    pub fn is_old(&self, now: Moment) -> bool {
        self.is_above(self.settings.alarm_after, now)
    }

    /// Whether the copy is older than the operator wants to go on with (`directory.refuse_after`, Q-15).
    pub fn is_too_old(&self, now: Moment) -> bool {
        self.settings.refuse_after.is_some_and(|limit| self.is_above(limit, now))
    }

    /// The fetches since the start; `None` where nothing is fetched.
    pub fn fetches(&self) -> Option<Fetches> {
        self.settings.source.as_ref().map(|_| self.state().fetches.clone())
    }

    /// A copy that is fetched is as old as the last good fetch; but its signature, made daily too, may then be older by
    /// one `refresh` at most: a server that plays an old file for ever is found out.
    fn is_above(&self, limit: Duration, now: Moment) -> bool {
        let above =
            |since: i64, limit: Duration| u64::try_from(now.unix() - since).is_ok_and(|age| age > limit.as_secs());
        let state = self.state();
        match &self.settings.source {
            None => above(state.signed, limit),
            Some(source) => {
                let good = state.fetches.good.map_or(0, Moment::unix);
                above(good.max(state.signed), limit)
                    || above(state.signed, limit.saturating_add(source.fetching.refresh))
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each holder of the lock leaves a whole state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a verified copy in use, unless it is an old one or has lost half of its records [R-I-dir-1]. `keep` writes it
    /// to disk: after the checks, before anybody is told by it. Gives back whether it differs from the one in use.
    fn take(
        &self,
        copy: Copy,
        now: Moment,
        keep: impl FnOnce(&Copy) -> Result<(), IndexError>,
    ) -> Result<bool, IndexError> {
        let sha256 = copy.sha256();
        let held = self.state().clone();
        if sha256 == held.sha256 {
            return Ok(false);
        }
        copy.may_follow(held.signed, now)?;
        let old = self.index.current();
        self.index.check(&copy.index).map_err(|error| IndexError::Refused(error.to_string()))?;
        keep(&copy)?;
        let differences = directory::differences(&old, &copy.index);
        for difference in differences.iter().take(TOLD) {
            tracing::info!(event = "index-changed", %difference);
        }
        if differences.len() > TOLD {
            tracing::info!(event = "index-changed", more = differences.len() - TOLD);
        }
        self.remember(&copy, now);
        let change = self.index.replace(copy.index).map_err(|error| IndexError::Refused(error.to_string()))?;
        let mut state = self.state();
        (state.signed, state.sha256) = (copy.signed, sha256);
        drop(state);
        tracing::info!(event = "index-reloaded", before = change.before, after = change.after);
        Ok(true)
    }

    /// Keeps the copy among those that were in use. Where that fails mail goes on, and the log says why. Blocks.
    fn remember(&self, copy: &Copy, now: Moment) {
        let before = now.minus_months(self.settings.history);
        if let Err(error) = History::beside(&self.settings.file).keep(&copy.octets, &copy.content, now, before) {
            tracing::error!(event = "index-not-kept", %error, "later nobody will know what this index said");
        }
    }

    /// Keeps the copy that is in use at a start.
    fn remember_first(&self) {
        match read(&self.settings) {
            Ok(copy) => self.remember(&copy, self.clock.now()),
            Err(error) => tracing::error!(event = "index-not-kept", %error),
        }
    }

    fn look_again(&self) -> Result<(), IndexError> {
        let copy = read(&self.settings)?;
        let file = self.settings.file.display();
        self.take(copy, self.clock.now(), |_| Ok(())).map(drop).map_err(|error| error.about(file))
    }

    /// One fetch: what comes is verified whole, written, and put in use; or nothing changes [R-I-dir-1].
    async fn fetch(self: &Arc<Self>, source: &IndexSource) -> Result<&'static str, IndexError> {
        let state = self.state().clone();
        let visited = visit(&source.url, &source.fetching, Some(&state.sha256)).await?;
        let Some(visited) = visited else { return Ok("same") };
        let holder = self.clone();
        let taken = tokio::task::spawn_blocking(move || {
            let copy = Copy::open(visited, &Pinned::read(&holder.settings.signer)?)?;
            holder.take(copy, holder.clock.now(), |copy| write(&holder.settings.file, &copy.octets))
        });
        let new = taken.await.map_err(IndexError::fault)?.map_err(|error| error.about(&source.url))?;
        Ok(if new { "new" } else { "same" })
    }

    /// Fetches, and remembers how it went.
    async fn fetch_and_tell(self: &Arc<Self>, source: &IndexSource) -> bool {
        let fetched = self.fetch(source).await;
        let now = self.clock.now();
        let mut state = self.state();
        state.fetches.attempted = Some(now);
        let result = match fetched {
            Ok(result) => {
                state.fetches.good = Some(now);
                state.fetches.error = None;
                tracing::info!(event = "index-fetched", url = source.url, result);
                result
            }
            Err(error) => {
                tracing::error!(event = "index-fetch-failed", %error, "the last good copy stays in use");
                state.fetches.error = Some(error.to_string());
                "failed"
            }
        };
        drop(state);
        metrics::counter!("sigillo_index_fetches_total", "result" => result).increment(1);
        result != "failed"
    }
}

impl Directory for LiveIndex {
    fn by_domain(&self, domain: &str) -> Option<Arc<Record>> {
        self.index.current().by_domain(domain)
    }

    fn by_certificate(&self, der: &[u8]) -> Vec<Arc<Record>> {
        self.index.current().by_certificate(der)
    }

    fn by_name(&self, name: &str) -> Option<Arc<Record>> {
        self.index.current().by_name(name)
    }
}

/// Fetches the index daily where it has an address, and looks at the file again from time to time; a copy that is refused
/// changes nothing and raises the alarm [R-4.5-e].
pub async fn keep_fresh(live: Arc<LiveIndex>, mut stop: watch::Receiver<bool>) {
    let source = live.settings.source.clone();
    let mut rhythm = source.as_ref().map(|source| Rhythm::new(&source.fetching));
    // An instant has an end, a duration of the configuration may lie beyond.
    let reload = live.settings.reload.min(YEAR);
    let holder = live.clone();
    // Best effort: the next copy is kept by itself.
    let _ = tokio::task::spawn_blocking(move || holder.remember_first()).await;
    let mut look = Instant::now() + reload;
    let mut fetch = Instant::now();
    loop {
        let next = if source.is_some() { look.min(fetch) } else { look };
        tokio::select! {
            () = sleep_until(next) => {}
            _ = stop.changed() => {}
        }
        if *stop.borrow() {
            return;
        }
        if let (Some(source), Some(rhythm)) = (&source, &mut rhythm)
            && fetch <= Instant::now()
        {
            let good = tokio::select! {
                good = live.fetch_and_tell(source) => good,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            let wait = if good { rhythm.succeeded(fraction()) } else { rhythm.failed(fraction()) };
            fetch = Instant::now() + wait;
        }
        if look <= Instant::now() {
            let holder = live.clone();
            match tokio::task::spawn_blocking(move || holder.look_again()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(event = "index-refused", %error, "the last good copy stays in use"),
                Err(error) => tracing::error!(event = "index-refused", %error),
            }
            look = Instant::now() + reload;
        }
        let now = live.clock.now();
        if live.is_old(now) {
            let age = live.age(now);
            tracing::error!(
                event = "index-old",
                age_seconds = age,
                "the copy of the providers' index is old (directory.alarm_after)"
            );
        }
    }
}

/// Reads the signed file and checks that the pinned operator signed it [R-I-dir-1] [R-7-b].
pub fn read(settings: &Settings) -> Result<Copy, IndexError> {
    let pinned = Pinned::read(&settings.signer)?;
    only_ours(&settings.file)?;
    let file = std::fs::read(&settings.file).map_err(|error| IndexError::file(&settings.file, error))?;
    Copy::open(Bytes::from(file), &pinned).map_err(|error| error.about(settings.file.display()))
}

/// Puts a verified file in the place of our copy.
pub fn write(file: &Path, octets: &[u8]) -> Result<(), IndexError> {
    keep::replace(file, octets)
        .map_err(|error| IndexError::Unwritten(format!("{} cannot be written: {error}", file.display())))
}

#[cfg(test)]
mod tests;
