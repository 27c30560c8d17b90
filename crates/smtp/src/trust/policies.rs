//! The MTA-STS policies of domains: looked for, fetched, kept on disk as long as they say (RFC 8461 §3.3, §5.1).

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fetch::{FetchError, Fetcher, Names};
use pec::{Clock, Moment};
use rustls::RootCertStore;
use serde::{Deserialize, Serialize};

use super::reach::Reach;
use super::sts::{MOST, Mode, Policy, identifier};
use crate::resolver::{Addresses, Resolver, Texts};

/// Seconds for which a domain is not looked at again: mail to one may come in thousands.
const LOOK: i64 = 300;
/// Seconds after which a policy in use is fetched again though its identifier is the same.
const DAY: i64 = 24 * 3600;
/// Most policies kept, and most domains remembered as looked at.
const KEPT: usize = 2000;
const LOOKED: usize = 20_000;
/// Time for one policy.
const TIME: Duration = Duration::from_secs(20);
/// Domains looked at at once.
const LANES: usize = 16;

/// The policies of a transport.
pub(crate) struct Policies {
    resolver: Arc<dyn Resolver>,
    fetcher: Fetcher,
    port: u16,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Each domain is looked at by one at a time.
    lanes: [tokio::sync::Mutex<()>; LANES],
}

#[derive(Default)]
struct State {
    folder: Option<PathBuf>,
    kept: HashMap<String, Arc<Kept>>,
    /// Until when a domain is not looked at again.
    looked: HashMap<String, Moment>,
}

/// A policy as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    id: String,
    /// Seconds since 1970.
    fetched: i64,
    pub(crate) policy: Policy,
}

impl Kept {
    fn holds(&self, now: Moment) -> bool {
        now.unix() < self.fetched.saturating_add(self.policy.max_age)
    }
}

impl Policies {
    /// Policies are fetched from servers that `roots` vouch for, at addresses that `reach` allows, at `port` (443).
    pub(crate) fn new(
        resolver: Arc<dyn Resolver>,
        roots: RootCertStore,
        reach: Reach,
        port: u16,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, FetchError> {
        let fetcher = Fetcher::of_names(roots, TIME, names(Arc::clone(&resolver), reach))?;
        Ok(Self { resolver, fetcher, port, clock, state: Mutex::default(), lanes: Default::default() })
    }

    /// Reads what is kept in `folder`, and keeps there from now on. What cannot be read is fetched anew.
    pub(crate) async fn open(&self, folder: &Path) -> io::Result<()> {
        let place = folder.to_owned();
        let kept = tokio::task::spawn_blocking(move || read(&place)).await.map_err(io::Error::other)??;
        let mut state = self.state();
        state.folder = Some(folder.to_owned());
        state.kept = kept;
        Ok(())
    }

    /// The policy of a domain in lower case; `None`: it has none that is known.
    pub(crate) async fn of(&self, domain: &str) -> Option<Arc<Kept>> {
        if self.is_looked_at(domain) {
            return self.kept(domain);
        }
        let mut hasher = DefaultHasher::new();
        domain.hash(&mut hasher);
        let lane = self.lanes.get(hasher.finish() as usize % LANES)?;
        let _turn = lane.lock().await;
        if !self.is_looked_at(domain) {
            self.look(domain).await;
            let now = self.clock.now();
            let mut state = self.state();
            if state.looked.len() >= LOOKED {
                state.looked.retain(|_, until| now < *until);
            }
            if state.looked.len() < LOOKED {
                state.looked.insert(domain.to_owned(), now.plus(LOOK));
            }
        }
        self.kept(domain)
    }

    fn is_looked_at(&self, domain: &str) -> bool {
        let now = self.clock.now();
        self.state().looked.get(domain).is_some_and(|until| now < *until)
    }

    fn kept(&self, domain: &str) -> Option<Arc<Kept>> {
        let now = self.clock.now();
        self.state().kept.get(domain).filter(|kept| kept.holds(now)).cloned()
    }

    /// Where there is no record, or no answer, what is kept holds to its end: whoever can suppress an answer would be rid of it.
    async fn look(&self, domain: &str) {
        let texts = match self.resolver.texts(&format!("_mta-sts.{domain}")).await {
            Texts::Found(texts) => texts,
            Texts::Absent | Texts::Unknown(_) => return,
        };
        let Some(id) = identifier(&texts) else { return };
        let now = self.clock.now();
        if self.kept(domain).is_some_and(|kept| kept.id == id && now.unix() < kept.fetched.saturating_add(DAY)) {
            return;
        }
        match self.fetch(domain).await {
            Ok(policy) => self.keep(domain, Kept { id, fetched: now.unix(), policy }).await,
            Err(error) => tracing::warn!(event = "mta-sts-not-fetched", domain, error, "what was known of it holds"),
        }
    }

    async fn fetch(&self, domain: &str) -> Result<Policy, String> {
        let port = if self.port == 443 { String::new() } else { format!(":{}", self.port) };
        let url = format!("https://mta-sts.{domain}{port}/.well-known/mta-sts.txt");
        let octets = self.fetcher.get(&url, MOST).await.map_err(|error| error.to_string())?;
        let text = std::str::from_utf8(&octets).map_err(|_| format!("{url}: it is no text"))?;
        Policy::read(text).map_err(|what| format!("{url}: {what}"))
    }

    async fn keep(&self, domain: &str, kept: Kept) {
        let (folder, gone) = {
            let mut state = self.state();
            let full = state.kept.len() >= KEPT && !state.kept.contains_key(domain);
            let first = || state.kept.iter().min_by_key(|(_, kept)| kept.fetched).map(|(domain, _)| domain.clone());
            let gone = if full { first() } else { None };
            gone.as_ref().and_then(|domain| state.kept.remove(domain));
            tracing::info!(event = "mta-sts", domain, mode = ?kept.policy.mode, "the domain says which hosts take its mail");
            state.kept.insert(domain.to_owned(), Arc::new(kept.clone()));
            (state.folder.clone(), gone)
        };
        let Some(folder) = folder else { return };
        let path = folder.join(domain);
        let written = tokio::task::spawn_blocking(move || {
            gone.map(|domain| fs::remove_file(folder.join(domain)));
            fetch::keep::replace(&path, &serde_json::to_vec(&kept).map_err(io::Error::other)?)
        });
        if let Err(error) = written.await.map_err(io::Error::other).and_then(|written| written) {
            tracing::error!(event = "peer-memory", %error, "the MTA-STS policy of a domain is not written");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A policy's host is found as a mail exchanger is, and at no other addresses.
fn names(resolver: Arc<dyn Resolver>, reach: Reach) -> Names {
    let reach = Arc::new(reach);
    Arc::new(move |host: String| {
        let (resolver, reach) = (Arc::clone(&resolver), Arc::clone(&reach));
        Box::pin(async move {
            let found: Vec<IpAddr> = match resolver.addresses(&host).await {
                Addresses::Found { ips, .. } => ips.into_iter().filter(|ip| reach.allows(*ip)).collect(),
                Addresses::Absent => return Err("the host has no address".into()),
                Addresses::Unknown(why) => return Err(why),
            };
            if found.is_empty() { Err("it is in a private network".into()) } else { Ok(found) }
        })
    })
}

/// The policies in a folder, each in a file with its domain's name.
fn read(folder: &Path) -> io::Result<HashMap<String, Arc<Kept>>> {
    fetch::keep::folder(folder)?;
    fetch::keep::sweep(folder)?;
    let mut all = HashMap::new();
    for entry in fs::read_dir(folder)?.take(KEPT) {
        let entry = entry?;
        let domain = entry.file_name().to_string_lossy().into_owned();
        let kept = fs::read(entry.path()).and_then(|octets| serde_json::from_slice(&octets).map_err(io::Error::other));
        match kept {
            Ok(kept) => drop(all.insert(domain, Arc::new(kept))),
            Err(error) => {
                tracing::error!(event = "peer-memory", domain, %error, "a kept MTA-STS policy cannot be read; it is fetched anew");
                fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(all)
}

/// What is wanted of a domain's hosts by its policy.
pub(crate) fn mode(policy: &Policy) -> provider::transport::DomainPolicy {
    match policy.mode {
        Mode::Enforce => provider::transport::DomainPolicy::Enforce,
        Mode::Testing => provider::transport::DomainPolicy::Testing,
        Mode::None => provider::transport::DomainPolicy::None,
    }
}
