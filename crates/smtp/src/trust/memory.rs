//! Which providers have shown a valid certificate: from then on they must. The norm names no way in which one provider knows
//! another's server, so what was seen is all that most of them say of themselves.
//!
//! Of a provider, not of a host: who can change where a domain's mail goes would otherwise name a host that was never seen.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pec::{Moment, ProviderKey};
use serde::{Deserialize, Serialize};

/// The file in its folder.
const FILE: &str = "valid-certificates.json";
/// How old what is on disk may be: a host that is seen every second is written once a day.
const DAY: i64 = 24 * 3600;
/// Seconds between two attempts to write what could not be written.
const AGAIN: i64 = 60;
/// Most providers, and most hosts of one: those seen longest ago make room. The national index lists some twenty providers.
const PROVIDERS: usize = 1000;
const HOSTS: usize = 32;

/// The providers whose certificate was valid, with host and time. Clones are one memory.
#[derive(Clone)]
pub struct Memory(Arc<Inner>);

#[derive(Default)]
struct Inner {
    keep: i64,
    state: Mutex<Providers>,
    /// When something was to be written that is not on disk.
    unwritten: Mutex<Option<i64>>,
    /// Where a file lies that could not be read, if there is one.
    unread: Mutex<Option<PathBuf>>,
    /// Where it is kept; one writes at a time.
    file: tokio::sync::Mutex<Option<PathBuf>>,
}

type Providers = BTreeMap<ProviderKey, BTreeMap<String, i64>>;

/// A provider that has shown a valid certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Which.
    pub provider: ProviderKey,
    /// Its hosts, and when each was last seen with one (to the day).
    pub hosts: Vec<(String, Moment)>,
}

/// As it stands in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    provider: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    /// Host to seconds since 1970.
    hosts: BTreeMap<String, i64>,
}

impl Memory {
    /// An empty memory that forgets a host which was not seen for so long.
    pub fn new(keep: Duration) -> Self {
        let keep = i64::try_from(keep.as_secs()).unwrap_or(i64::MAX);
        Self(Arc::new(Inner { keep, ..Inner::default() }))
    }

    /// Reads what is kept in `folder`, and keeps there from now on. What cannot be read is set aside, never written over: it holds
    /// demands that would be gone. Fails then; what is seen is kept even then, unless the file cannot be set aside either.
    pub(crate) async fn open(&self, folder: &Path) -> io::Result<()> {
        let path = folder.join(FILE);
        let aside = folder.join(format!("{FILE}{ASIDE}"));
        let read = tokio::task::spawn_blocking({
            let (path, aside) = (path.clone(), aside.clone());
            move || {
                match fs::read(&path) {
                    Ok(octets) => serde_json::from_slice::<Vec<Row>>(&octets).map_err(io::Error::other),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
                    Err(error) => Err(error),
                }
                .map_err(|error| (error, set_aside(&path, &aside)))
            }
        });
        let read = read.await.map_err(io::Error::other)?;
        let writable = match &read {
            Ok(_) => true,
            Err((_, moved)) => moved.is_ok(),
        };
        *self.0.unread.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(if writable { aside } else { path.clone() });
        if writable {
            *self.0.file.lock().await = Some(path);
        }
        let key = |row: Row| (ProviderKey { name: row.provider.into(), unit: row.unit.map(Into::into) }, row.hosts);
        self.state().extend(read.map_err(|(error, _)| error)?.into_iter().map(key));
        Ok(())
    }

    /// A file that could not be read, now or at an earlier start, until an operator mends it or takes it away: which providers
    /// must show a valid certificate is not all known.
    pub fn unread_file(&self) -> Option<PathBuf> {
        let path = self.0.unread.lock().unwrap_or_else(PoisonError::into_inner).clone();
        path.filter(|path| path.exists())
    }

    /// When and at which host a provider was last seen with a valid certificate; `None`: nothing is known.
    pub(crate) fn of(&self, provider: &ProviderKey, now: Moment) -> Option<(String, Moment)> {
        let state = self.state();
        let hosts = state.get(provider)?.iter().filter(|(_, at)| now.unix() < at.saturating_add(self.0.keep));
        hosts.max_by_key(|(_, at)| **at).map(|(host, at)| (host.clone(), Moment::from_unix(*at)))
    }

    /// A provider's host has shown a valid certificate.
    pub(crate) async fn note(&self, provider: &ProviderKey, host: &str, now: Moment) {
        let fresh = |at: &i64| now.unix() < at.saturating_add(DAY);
        let is_fresh = self.state().get(provider).and_then(|hosts| hosts.get(host)).is_some_and(fresh);
        let is_written = self.unwritten().is_none_or(|since| now.unix() < since.saturating_add(AGAIN));
        if is_fresh && is_written {
            return;
        }
        {
            let mut state = self.state();
            let oldest =
                |hosts: &BTreeMap<String, i64>| hosts.iter().min_by_key(|(_, at)| **at).map(|(h, _)| h.clone());
            state.values_mut().for_each(|hosts| hosts.retain(|_, at| now.unix() < at.saturating_add(self.0.keep)));
            state.retain(|_, hosts| !hosts.is_empty());
            if state.len() >= PROVIDERS && !state.contains_key(provider) {
                let longest =
                    state.iter().min_by_key(|(_, hosts)| hosts.values().max().copied()).map(|(k, _)| k.clone());
                longest.and_then(|key| state.remove(&key));
            }
            let hosts = state.entry(provider.clone()).or_default();
            if hosts.len() >= HOSTS && !hosts.contains_key(host) {
                oldest(hosts).and_then(|host| hosts.remove(&host));
            }
            hosts.insert(host.to_owned(), now.unix());
        }
        *self.unwritten() = Some(now.unix());
        if let Err(error) = self.save().await {
            tracing::error!(event = "peer-memory", %error, "which providers have shown a valid certificate is not written");
        }
    }

    /// Forgets a provider, which may then show what it likes; `false`: nothing was known of it.
    pub async fn forget(&self, provider: &ProviderKey) -> io::Result<bool> {
        let known = self.state().remove(provider).is_some();
        self.save().await?;
        Ok(known)
    }

    /// All providers that are remembered, by name.
    pub fn all(&self) -> Vec<Remembered> {
        let hosts =
            |hosts: &BTreeMap<String, i64>| hosts.iter().map(|(h, at)| (h.clone(), Moment::from_unix(*at))).collect();
        self.state().iter().map(|(key, seen)| Remembered { provider: key.clone(), hosts: hosts(seen) }).collect()
    }

    fn state(&self) -> MutexGuard<'_, Providers> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unwritten(&self) -> MutexGuard<'_, Option<i64>> {
        self.0.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn save(&self) -> io::Result<()> {
        let file = self.0.file.lock().await;
        let Some(path) = file.clone() else { return Ok(()) };
        let row = |(key, hosts): (&ProviderKey, &BTreeMap<String, i64>)| Row {
            provider: key.name.as_ref().to_owned(),
            unit: key.unit.as_ref().map(|unit| unit.as_ref().to_owned()),
            hosts: hosts.clone(),
        };
        let since = *self.unwritten();
        let rows: Vec<Row> = self.state().iter().map(row).collect();
        let written = tokio::task::spawn_blocking(move || {
            fetch::keep::replace(&path, &serde_json::to_vec_pretty(&rows).map_err(io::Error::other)?)
        });
        written.await.map_err(io::Error::other)??;
        // What came meanwhile is written by who brought it.
        self.unwritten().take_if(|now| Some(*now) == since);
        Ok(())
    }
}

/// How the name of a file ends that could not be read.
const ASIDE: &str = ".unreadable";

/// One that was set aside before stays, and the second where it is.
fn set_aside(path: &Path, aside: &Path) -> io::Result<()> {
    if aside.try_exists()? { Err(io::ErrorKind::AlreadyExists.into()) } else { fs::rename(path, aside) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Moment {
        Moment::from_unix(1_800_000_000 + day * DAY)
    }

    #[tokio::test]
    async fn a_provider_is_remembered_over_a_restart_until_it_was_not_seen_for_long_or_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let again = || async {
            let memory = Memory::new(Duration::from_secs(90 * 24 * 3600));
            memory.open(folder.path()).await.unwrap();
            memory
        };
        let (beta, gamma) = (ProviderKey::primary("Beta/PEC"), ProviderKey::primary("Gamma"));
        let memory = again().await;
        assert_eq!(memory.of(&beta, at(0)), None);
        memory.note(&beta, "mx.beta.example", at(0)).await;
        memory.note(&gamma, "mx.gamma.example", at(0)).await;
        memory.note(&beta, "mx2.beta.example", at(60)).await;
        let memory = again().await;
        assert_eq!(memory.of(&beta, at(60)), Some(("mx2.beta.example".into(), at(60))));
        assert_eq!(memory.of(&gamma, at(89)), Some(("mx.gamma.example".into(), at(0))));
        assert_eq!(memory.of(&gamma, at(90)), None);
        assert!(memory.forget(&beta).await.unwrap() && !memory.forget(&beta).await.unwrap());
        assert_eq!(again().await.of(&beta, at(60)), None);
    }

    #[tokio::test]
    async fn it_never_grows_beyond_its_bounds() {
        let memory = Memory::new(Duration::MAX);
        for number in 0..PROVIDERS as i64 + 10 {
            memory.note(&ProviderKey::primary(format!("p{number}")), "mx", at(number)).await;
        }
        assert_eq!(memory.all().len(), PROVIDERS);
        let last = ProviderKey::primary(format!("p{}", PROVIDERS + 9));
        for number in 0..HOSTS as i64 + 5 {
            memory.note(&last, &format!("mx{number}"), at(2000 + number)).await;
        }
        let kept = memory.all().into_iter().find(|one| one.provider == last).unwrap();
        assert_eq!(kept.hosts.len(), HOSTS);
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_set_aside_and_told_and_what_is_seen_then_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "no rows").unwrap();
        let memory = Memory::new(Duration::MAX);
        assert!(memory.open(folder.path()).await.is_err());
        memory.note(&ProviderKey::primary("Beta"), "mx", at(0)).await;
        let again = Memory::new(Duration::MAX);
        again.open(folder.path()).await.unwrap();
        assert_eq!(again.all().len(), 1);
        // It is told until somebody has looked at it.
        let aside = again.unread_file().unwrap();
        assert_eq!(
            (fs::read_to_string(&aside).unwrap().as_str(), memory.unread_file()),
            ("no rows", Some(aside.clone()))
        );
        fs::remove_file(aside).unwrap();
        assert_eq!(again.unread_file(), None);
    }

    #[tokio::test]
    async fn what_could_not_be_written_is_written_at_a_later_time() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("peers");
        fs::create_dir(&folder).unwrap();
        let (memory, beta) = (Memory::new(Duration::MAX), ProviderKey::primary("Beta"));
        memory.open(&folder).await.unwrap();
        fs::remove_dir(&folder).unwrap();
        memory.note(&beta, "mx", at(0)).await;
        fs::create_dir(&folder).unwrap();
        memory.note(&beta, "mx", at(0).plus(AGAIN)).await;
        let again = Memory::new(Duration::MAX);
        again.open(&folder).await.unwrap();
        assert_eq!(again.all().len(), 1);
    }
}
