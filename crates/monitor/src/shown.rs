//! What the port shows, and what must be asked for it.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clock::ClockWatch;
use config::Config;
use door::Gate;
use guard::{Arrivals, Class};
use index::LiveIndex;
use journal::Daily;
use metrics_exporter_prometheus::PrometheusHandle;
use provider::Provider;
use provider::relay::{HopStanding, Relay};
use reconcile::Reconciler;
use revocation::{OwnCertificate, RevocationCache};
use seal::WatchedSigner;
use sealing::{Sealer, Stamper};
use smtp::client::SmtpTransport;
use store::{Figures, Mailbox, StoreError, Upkeep};
use tls::LivePair;
use token::Tokens;
use tokio::sync::watch;

/// Whose messages arrive.
pub const ARRIVING: [Class; 2] = [Class::Strangers, Class::Holders];

/// What the port shows.
#[derive(Clone)]
pub struct Admin {
    /// The provider.
    pub provider: Arc<Provider>,
    /// Its store.
    pub store: Arc<dyn Upkeep>,
    /// The certificates of its doors.
    pub pairs: Vec<Arc<LivePair>>,
    /// Its metrics.
    pub metrics: PrometheusHandle,
    /// Name of the provider, for `/health`.
    pub name: Arc<str>,
    /// The copy of the index in use.
    pub directory: Arc<LiveIndex>,
    /// The machine's clock.
    pub clock: Arc<ClockWatch>,
    /// What is known about revoked certificates.
    pub revocation: Arc<RevocationCache>,
    /// Our own certificate.
    pub own: Arc<OwnCertificate>,
    /// Our key.
    pub signer: Arc<WatchedSigner>,
    /// Who seals the evidence, where it is sealed.
    pub sealer: Option<Arc<Sealer>>,
    /// Who has its heads stamped, where authorities are named.
    pub stamper: Option<Arc<Stamper>>,
    /// Who writes the days of the evidence, where anybody does.
    pub daily: Option<Arc<Daily>>,
    /// Who reconciles messages.
    pub reconciler: Arc<Reconciler>,
    /// The relay's connections.
    pub transport: SmtpTransport,
    /// The memory of messages in flight, and their disk while they arrive.
    pub arrivals: Arc<Arrivals>,
    /// Who judges tokens of an identity provider, where one is configured.
    pub tokens: Option<Arc<Tokens>>,
    /// What is carried.
    pub relay: Arc<Relay>,
    /// The places of the doors.
    pub gates: Vec<Arc<Gate>>,
    /// What the operator wants to be told in time.
    pub alarms: Alarms,
    /// Peers that had a queue since the start: what has gone must be shown as 0.
    pub peers: Arc<Mutex<BTreeSet<String>>>,
    /// How the queue stood a moment ago.
    pub hops: Arc<LastHops>,
    /// Whether the provider is draining.
    pub stopping: watch::Receiver<bool>,
}

/// When the operator wants to be told.
#[derive(Clone)]
pub struct Alarms {
    /// At this age of the virus signatures.
    pub signatures_after: Duration,
    /// So long before the end of a door's certificate.
    pub doors_before: Vec<Duration>,
    /// With less octets than this free on a disk.
    pub free_below: u64,
    /// The folders that are written to.
    pub folders: Vec<PathBuf>,
}

impl Alarms {
    /// As the configuration has them.
    pub fn of(config: &Config) -> Self {
        Self {
            signatures_after: config.scanner.signatures_alarm_after,
            doors_before: config.smtp.tls.warn_before.clone(),
            free_below: config.store.free_alarm as u64,
            folders: folders(config),
        }
    }
}

/// What is written to: the store, its originals, the copy of the index, large messages while they arrive.
fn folders(config: &Config) -> Vec<PathBuf> {
    let store = &config.store.path;
    let index = config.directory.file.parent().map(PathBuf::from);
    let spill = config.smtp.guard.spill_folder.clone();
    [Some(store.clone()), Some(store.join("originals")), index, Some(spill)].into_iter().flatten().collect()
}

/// Room on the disks of these folders, each disk once, by the first folder on it: a disk may be mounted at any time.
fn rooms(folders: &[PathBuf]) -> Vec<Room> {
    let mut disks = BTreeSet::new();
    let first = |folder: &&PathBuf| std::fs::metadata(folder).is_ok_and(|about| disks.insert(about.dev()));
    let room = |folder: &PathBuf| Room {
        folder: folder.clone(),
        free: store::disk_free(folder).map_err(|error| error.to_string()),
    };
    folders.iter().filter(first).map(room).collect()
}

/// How long an answer about the queue by hop is good enough: it looks through the whole queue.
const FRESH: Duration = Duration::from_secs(10);

/// The last answer about the queue by hop, and when it was given.
pub type LastHops = Mutex<Option<(Instant, Vec<HopStanding>)>>;

/// Room on the disk of a folder.
pub struct Room {
    /// The folder.
    pub folder: PathBuf,
    /// Octets, or why nobody knows.
    pub free: Result<u64, String>,
}

/// What is known at one instant, asked of those who know.
pub struct Readings {
    /// The store's figures.
    pub figures: Figures,
    /// What waits for whom, the oldest first; `None`: it is not known.
    pub hops: Option<Vec<HopStanding>>,
    /// The operator's mailbox; `None`: the store has none.
    pub operator: Option<Mailbox>,
    /// Room on the disks.
    pub rooms: Vec<Room>,
    /// What could not be asked, and why.
    pub unknown: Vec<String>,
}

impl Readings {
    /// Asks; an error is that of the store's figures. What else is damaged hides nothing: it is told beside the rest.
    pub async fn take(admin: &Admin) -> Result<Self, StoreError> {
        let figures = admin.store.figures().await?;
        let mut unknown = Vec::new();
        let operator = known("the postmaster's mailbox", admin.provider.operator().await, &mut unknown).flatten();
        let hops = known("what waits in the queue", hops(admin, &figures).await, &mut unknown);
        Ok(Self { operator, hops, rooms: rooms(&admin.alarms.folders), figures, unknown })
    }

    /// Age of the oldest dispatch, seconds.
    pub fn queue_age(&self, now: i64) -> u64 {
        self.figures.oldest.map_or(0, |oldest| u64::try_from(now - oldest).unwrap_or(0))
    }
}

/// What was answered; `None`: it is not known, which is told.
fn known<T>(what: &str, answer: Result<T, StoreError>, unknown: &mut Vec<String>) -> Option<T> {
    answer.map_err(|error| unknown.push(format!("{what} cannot be said: {error}"))).ok()
}

/// What waits for whom, as it is now or was a moment ago.
async fn hops(admin: &Admin, figures: &Figures) -> Result<Vec<HopStanding>, StoreError> {
    let last = || admin.hops.lock().unwrap_or_else(PoisonError::into_inner);
    // An empty queue needs no second question.
    if figures.queued == 0 {
        *last() = None;
        return Ok(Vec::new());
    }
    let fresh = last().as_ref().filter(|(at, _)| at.elapsed() < FRESH).map(|(_, hops)| hops.clone());
    if let Some(hops) = fresh {
        return Ok(hops);
    }
    let hops = admin.relay.standing().await?;
    *last() = Some((Instant::now(), hops.clone()));
    Ok(hops)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_shown_once_and_a_folder_that_comes_later_is_seen() {
        let place = tempfile::tempdir().unwrap();
        let [store, spill] = ["store", "spill"].map(|name| place.path().join(name));
        let all = [store.clone(), spill.clone()];
        assert!(rooms(&all).is_empty());
        std::fs::create_dir(&spill).unwrap();
        assert_eq!(rooms(&all)[0].folder, spill);
        std::fs::create_dir(&store).unwrap();
        let shown = rooms(&all);
        assert!(shown.len() == 1 && shown[0].folder == store && shown[0].free.is_ok());
    }

    #[test]
    fn what_cannot_be_asked_is_told_and_hides_nothing() {
        let mut unknown = Vec::new();
        assert_eq!(known("a", Ok(1), &mut unknown), Some(1));
        assert_eq!(known::<u8>("b", Err(StoreError::damaged("a row cannot be read")), &mut unknown), None);
        assert_eq!(unknown, ["b cannot be said: store: a row cannot be read"]);
    }
}
