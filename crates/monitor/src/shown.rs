//! What the port shows, and what must be asked for it.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clock::ClockWatch;
use config::Config;
use door::Gate;
use guard::{Arrivals, Class};
use index::LiveIndex;
use metrics_exporter_prometheus::PrometheusHandle;
use provider::Provider;
use provider::relay::{HopStanding, Relay};
use revocation::{OwnCertificate, RevocationCache};
use seal::WatchedSigner;
use smtp::client::SmtpTransport;
use store::{Figures, Mailbox, StoreError, Upkeep};
use tls::LivePair;
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
    /// The relay's connections.
    pub transport: SmtpTransport,
    /// The memory of messages in flight, and their disk while they arrive.
    pub arrivals: Arc<Arrivals>,
    /// What is carried.
    pub relay: Arc<Relay>,
    /// The places of the doors.
    pub gates: Vec<Arc<Gate>>,
    /// What the operator wants to be told in time.
    pub alarms: Alarms,
    /// Peers that had a queue since the start: what has gone must be shown as 0.
    pub peers: Arc<Mutex<BTreeSet<String>>>,
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
    /// The folders whose disks are looked at.
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

/// What is written to: the store, its originals, the copy of the index; one folder of each disk.
fn folders(config: &Config) -> Vec<PathBuf> {
    let store = &config.store.path;
    let index = config.directory.file.parent().map(PathBuf::from);
    let mut disks = BTreeSet::new();
    let all = [Some(store.clone()), Some(store.join("originals")), index].into_iter().flatten();
    all.filter(|folder| std::fs::metadata(folder).is_ok_and(|about| disks.insert(about.dev()))).collect()
}

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
    /// What waits for whom, the oldest first.
    pub hops: Vec<HopStanding>,
    /// The operator's mailbox; `None`: the store has none.
    pub operator: Option<Mailbox>,
    /// Room on the disks.
    pub rooms: Vec<Room>,
}

impl Readings {
    /// Asks; an error is the store's.
    pub async fn take(admin: &Admin) -> Result<Self, StoreError> {
        let room = |folder: &PathBuf| Room {
            folder: folder.clone(),
            free: store::disk_free(folder).map_err(|error| error.to_string()),
        };
        let figures = admin.store.figures().await?;
        Ok(Self {
            operator: admin.provider.operator().await?,
            // An empty queue needs no second question.
            hops: if figures.queued == 0 { Vec::new() } else { admin.relay.standing().await? },
            rooms: admin.alarms.folders.iter().map(room).collect(),
            figures,
        })
    }

    /// Age of the oldest dispatch, seconds.
    pub fn queue_age(&self, now: i64) -> u64 {
        self.figures.oldest.map_or(0, |oldest| u64::try_from(now - oldest).unwrap_or(0))
    }
}
