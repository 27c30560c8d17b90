//! The MTA-STS policies of domains: looked for, fetched, kept on disk as long as they say (RFC 8461 §3.3, §5.1).

use std::collections::HashMap;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fetch::{FetchError, Fetcher, Names};
use pec::{Clock, Moment};
use rustls::RootCertStore;
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout, timeout_at};

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
/// Time for all of a look.
const WHOLE: Duration = Duration::from_secs(40);
/// How long mail waits for the first look at a domain, whose servers are its own and as slow as it likes. Then it goes as mail
/// to a domain without a policy does, which is what whoever stands between has by refusing the answer.
const WAIT: Duration = Duration::from_secs(5);
/// Domains looked at at once, and those that may wait for it.
const LANES: usize = 16;
const WAITING: usize = 1000;

/// The policies of a transport.
pub(crate) struct Policies {
    resolver: Arc<dyn Resolver>,
    fetcher: Fetcher,
    port: u16,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    lanes: Semaphore,
}

#[derive(Default)]
struct State {
    folder: Option<PathBuf>,
    kept: HashMap<String, Arc<Kept>>,
    /// Until when a domain is not looked at again.
    looked: HashMap<String, Moment>,
    /// Those that are looked at now.
    looking: HashMap<String, Looking>,
}

/// A look under way.
#[derive(Clone)]
struct Looking {
    /// Until when mail waits for it.
    until: Instant,
    /// Ends with it.
    over: watch::Receiver<()>,
}

/// A look; its domain is looked at when it ends, also by a fault.
struct Look {
    policies: Arc<Policies>,
    domain: String,
    _over: watch::Sender<()>,
}

impl Drop for Look {
    fn drop(&mut self) {
        let now = self.policies.clock.now();
        let mut state = self.policies.state();
        state.looking.remove(&self.domain);
        if state.looked.len() >= LOOKED {
            state.looked.retain(|_, until| now < *until);
        }
        if state.looked.len() < LOOKED {
            state.looked.insert(std::mem::take(&mut self.domain), now.plus(LOOK));
        }
    }
}

/// A policy as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    id: String,
    /// Seconds since 1970.
    fetched: i64,
    pub(crate) policy: Policy,
    /// Whether a provider's mail has gone to the domain: while it holds, it makes room for no other.
    #[serde(default)]
    certified: bool,
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
        Ok(Self { resolver, fetcher, port, clock, state: Mutex::default(), lanes: Semaphore::new(LANES) })
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

    /// The policy of a domain in lower case; `None`: it has none that is known. One that holds is there at once, and looked for
    /// again meanwhile.
    pub(crate) async fn of(self: &Arc<Self>, domain: &str) -> Option<Arc<Kept>> {
        let looking = self.begin(domain);
        let kept = self.kept(domain);
        let (None, Some(mut looking)) = (&kept, looking) else { return kept };
        let _ = timeout_at(looking.until, looking.over.changed()).await;
        self.kept(domain)
    }

    /// A provider's mail goes to these domains.
    pub(crate) async fn certified(&self, domains: impl Iterator<Item = String>) {
        let mut newly = Vec::new();
        let folder = {
            let mut state = self.state();
            for domain in domains {
                if let Some(kept) = state.kept.get_mut(&domain).filter(|kept| !kept.certified) {
                    Arc::make_mut(kept).certified = true;
                    newly.push((domain, Arc::clone(kept)));
                }
            }
            state.folder.clone()
        };
        for (domain, kept) in newly {
            write(folder.clone(), domain, kept, None).await;
        }
    }

    /// Begins to look at a domain where it is time to; the look that is under way. Each domain is looked at by one at a time.
    fn begin(self: &Arc<Self>, domain: &str) -> Option<Looking> {
        let now = self.clock.now();
        let mut state = self.state();
        if state.looked.get(domain).is_some_and(|until| now < *until) {
            return None;
        }
        if let Some(looking) = state.looking.get(domain) {
            return Some(looking.clone());
        }
        if state.looking.len() >= WAITING {
            return None;
        }
        let (sender, over) = watch::channel(());
        let looking = Looking { until: Instant::now() + WAIT, over };
        state.looking.insert(domain.to_owned(), looking.clone());
        drop(state);
        let look = Look { policies: Arc::clone(self), domain: domain.to_owned(), _over: sender };
        tokio::spawn(async move {
            let _lane = look.policies.lanes.acquire().await;
            if timeout(WHOLE, look.policies.look(&look.domain)).await.is_err() {
                tracing::warn!(
                    event = "mta-sts-not-fetched",
                    domain = look.domain,
                    error = "it takes too long",
                    "what was known of it holds"
                );
            }
        });
        Some(looking)
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
            Ok(policy) => self.keep(domain, Kept { id, fetched: now.unix(), policy, certified: false }).await,
            Err(error) => tracing::warn!(event = "mta-sts-not-fetched", domain, error, "what was known of it holds"),
        }
    }

    async fn fetch(&self, domain: &str) -> Result<Policy, String> {
        let port = if self.port == 443 { String::new() } else { format!(":{}", self.port) };
        let url = format!("https://mta-sts.{domain}{port}/.well-known/mta-sts.txt");
        let octets = self.fetcher.get_of_type(&url, MOST, "text/plain").await.map_err(|error| error.to_string())?;
        let text = std::str::from_utf8(&octets).map_err(|_| format!("{url}: it is no text"))?;
        Policy::read(text).map_err(|what| format!("{url}: {what}"))
    }

    async fn keep(&self, domain: &str, mut kept: Kept) {
        let (folder, kept, gone) = {
            let mut state = self.state();
            kept.certified |= state.kept.get(domain).is_some_and(|known| known.certified);
            let full = state.kept.len() >= KEPT && !state.kept.contains_key(domain);
            let gone = if full {
                // What binds nobody goes before what does.
                let now = self.clock.now();
                let binds = |kept: &Kept| kept.holds(now) && kept.policy.mode == Mode::Enforce;
                let may_go = state.kept.iter().filter(|(_, kept)| !(kept.holds(now) && kept.certified));
                let first = may_go.min_by_key(|(_, kept)| (binds(kept), kept.fetched));
                let Some(first) = first.map(|(domain, _)| domain.clone()) else { return };
                state.kept.remove(&first);
                Some(first)
            } else {
                None
            };
            tracing::info!(event = "mta-sts", domain, mode = ?kept.policy.mode, "the domain says which hosts take its mail");
            let kept = Arc::new(kept);
            state.kept.insert(domain.to_owned(), Arc::clone(&kept));
            (state.folder.clone(), kept, gone)
        };
        write(folder, domain.to_owned(), kept, gone).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the policy of a domain, for which another one may have made room.
async fn write(folder: Option<PathBuf>, domain: String, kept: Arc<Kept>, gone: Option<String>) {
    let Some(folder) = folder else { return };
    let written = tokio::task::spawn_blocking(move || {
        gone.map(|domain| fs::remove_file(folder.join(domain)));
        fetch::keep::replace(&folder.join(domain), &serde_json::to_vec(&*kept).map_err(io::Error::other)?)
    });
    if let Err(error) = written.await.map_err(io::Error::other).and_then(|written| written) {
        tracing::error!(event = "peer-memory", %error, "the MTA-STS policy of a domain is not written");
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
    for entry in fs::read_dir(folder)?.take(2 * KEPT) {
        let entry = entry?;
        if all.len() >= KEPT {
            break;
        }
        let domain = entry.file_name().to_string_lossy().into_owned();
        let kept = fs::read(entry.path()).and_then(|octets| serde_json::from_slice(&octets).map_err(io::Error::other));
        match kept {
            Ok(kept) => drop(all.insert(domain, Arc::new(kept))),
            Err(error) => {
                tracing::error!(event = "peer-memory", domain, %error, "a kept MTA-STS policy cannot be read; it is fetched anew");
                let _ = fs::remove_file(entry.path());
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;

    use super::*;
    use crate::resolver::{Mx, Tlsa};

    /// A DNS that never answers; counts who asks.
    #[derive(Default)]
    struct Tarpit(AtomicUsize);

    #[async_trait]
    impl Resolver for Tarpit {
        async fn mx(&self, _: &str) -> Mx {
            std::future::pending().await
        }
        async fn addresses(&self, _: &str) -> Addresses {
            std::future::pending().await
        }
        async fn tlsa(&self, _: &str, _: u16) -> Tlsa {
            std::future::pending().await
        }
        async fn texts(&self, _: &str) -> Texts {
            self.0.fetch_add(1, Ordering::SeqCst);
            std::future::pending().await
        }
    }

    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> Moment {
            Moment::from_unix(1_800_000_000)
        }
    }

    fn policies() -> (Arc<Policies>, Arc<Tarpit>) {
        let (dns, clock) = (Arc::new(Tarpit::default()), Arc::new(Fixed));
        let resolver = Arc::clone(&dns) as Arc<dyn Resolver>;
        let policies = Policies::new(resolver, RootCertStore::empty(), Reach::default(), 443, clock).unwrap();
        (Arc::new(policies), dns)
    }

    fn kept(mode: &str, fetched: i64) -> Kept {
        let text = format!("version: STSv1\nmode: {mode}\nmx: mx.beta.example\nmax_age: 604800\n");
        Kept { id: "1".into(), fetched, policy: Policy::read(&text).unwrap(), certified: false }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_domain_holds_its_mail_a_little_once_and_nobody_elses() {
        let (policies, dns) = policies();
        policies.keep("beta.example", kept("enforce", 1_800_000_000 - 2 * DAY)).await;
        let start = Instant::now();
        assert!(policies.of("beta.example").await.is_some());
        assert_eq!(start.elapsed(), Duration::ZERO, "one that holds is there at once");
        let (one, other) = tokio::join!(policies.of("slow.example"), policies.of("slow.example"));
        assert!(one.is_none() && other.is_none() && policies.of("slow.example").await.is_none());
        assert_eq!(start.elapsed(), WAIT, "all have waited for one look");
        tokio::time::sleep(WHOLE).await;
        assert!(policies.of("slow.example").await.is_none());
        assert_eq!((start.elapsed(), dns.0.load(Ordering::SeqCst)), (WAIT + WHOLE, 2));
        assert!(policies.state().looking.is_empty());
    }

    #[tokio::test]
    async fn what_binds_nobody_makes_room_first() {
        let (policies, _) = policies();
        let now = 1_800_000_000;
        for number in 0..KEPT - 2 {
            policies.keep(&format!("d{number}.example"), kept("enforce", now - 100 + i64::from(number != 7))).await;
        }
        policies.certified(["d7.example".to_owned()].into_iter()).await;
        policies.keep("over.example", kept("enforce", now - 604_800)).await;
        policies.keep("none.example", kept("none", now)).await;
        for domain in ["new1.example", "new2.example", "new3.example"] {
            policies.keep(domain, kept("enforce", now)).await;
        }
        let state = policies.state();
        assert_eq!(state.kept.len(), KEPT);
        assert!(state.kept.contains_key("d7.example"), "the oldest, and a provider's");
        assert!(!state.kept.contains_key("over.example") && !state.kept.contains_key("none.example"));
    }

    #[tokio::test]
    async fn that_a_providers_mail_went_there_is_known_after_a_restart_and_after_a_new_policy() {
        let folder = tempfile::tempdir().unwrap();
        let certified = |policies: &Policies| policies.kept("beta.example").map(|kept| kept.certified);
        let (first, _) = policies();
        first.open(folder.path()).await.unwrap();
        first.keep("beta.example", kept("enforce", 1_800_000_000)).await;
        assert_eq!(certified(&first), Some(false));
        first.certified(["beta.example".to_owned(), "unknown.example".to_owned()].into_iter()).await;
        let (again, _) = policies();
        again.open(folder.path()).await.unwrap();
        assert_eq!(certified(&again), Some(true));
        again.keep("beta.example", kept("testing", 1_800_000_001)).await;
        assert_eq!(certified(&again), Some(true));
    }

    #[test]
    fn what_cannot_be_read_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a.example")).unwrap();
        fs::write(folder.path().join("b.example"), "no policy").unwrap();
        fs::write(folder.path().join("c.example"), serde_json::to_vec(&kept("enforce", 1)).unwrap()).unwrap();
        assert_eq!(read(folder.path()).unwrap().into_keys().collect::<Vec<_>>(), ["c.example"]);
    }
}
