//! Two providers in one process: real signatures, real stores, a wire that can fail, and time that the test moves.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

pub use crate::authority::{Authority, authority};
use async_trait::async_trait;
use bytes::Bytes;
use directory::{Directory, Index, Record};
use holder::Given;
use pec::compose::Emitter;
use pec::message::{self, PecMessage};
use pec::{Address, Kind, Moment, ReversePath, formal};
use provider::authentication::{self, Authenticator, Findings, Peer, Wish};
use provider::points::finding::Arrival;
use provider::relay::{Memory, Policy, Relay, Room};
use provider::revocation::Revocations;
use provider::scanner::{ScanError, Scanner, Screen, Unscannable, Verdict};
use provider::transport::{Fate, HostPort, Hosts, NamedBy, Parcel, Route, Transport};
use provider::{Clock, Identity, Ids, Parts, Provider, Refusal, Rules, Submitted};
use seal::revocation::{Revocation, Status};
use seal::{Certificate, FileSigner, KeyError, Signer, Trust};
use store::{Domain, EmbeddedOptions, Entry, Hop, NewMailbox, PasswordCost, Principals};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

pub use crate::refusing::Refusing;
pub use crate::shelf::{Shelf, Trace};

pub const START: i64 = 1_780_000_000;
/// From where Mario comes.
pub const PEER: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
pub const MARIO: &str = "mario.rossi@alfa.example";
pub const ANNA: &str = "anna.bianchi@beta.example";
pub const LUCA: &str = "luca.verdi@beta.example";
/// The password of every mailbox that has one.
pub const PASSWORD: &str = "cavallo batteria graffetta";

/// What a door would say, without its numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 250 for what was taken; 450 and 550 for what is refused for now and for good.
    pub code: u16,
    /// The stable code; `2.0.0` for what was taken.
    pub enhanced: &'static str,
    /// In words.
    pub text: String,
}

impl Answer {
    pub fn of<T: std::fmt::Debug + ToString>(answer: Result<T, Refusal>) -> Self {
        match answer {
            Ok(what) => Self { code: 250, enhanced: "2.0.0", text: what.to_string() },
            Err(refusal) => {
                let code = if refusal.is_temporary() { 450 } else { 550 };
                Self { code, enhanced: refusal.code(), text: refusal.to_string() }
            }
        }
    }
}

/// What became of a submission, in the words of a door.
fn submitted(what: Submitted) -> String {
    match what {
        Submitted::Accepted { identifier } => format!("accepted: {identifier}"),
        Submitted::Infected { identifier, .. } | Submitted::NotAccepted { identifier, .. } => {
            format!("not accepted: {identifier}")
        }
    }
}

/// The time of the world.
#[derive(Clone)]
pub struct Time(Arc<AtomicI64>);

impl Time {
    pub fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for Time {
    fn now(&self) -> Moment {
        Moment::from_unix(self.0.load(Ordering::SeqCst))
    }
}

/// Identifiers in order.
#[derive(Default)]
struct Counter(AtomicU64);

impl Ids for Counter {
    fn fresh(&self, moment: Moment, domain: &str) -> String {
        format!("t{}.{}@{domain}", moment.unix(), self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// A key that the test can take away.
pub struct Key {
    inner: FileSigner,
    pub away: AtomicBool,
    /// While it is shut, whoever signs waits, ten seconds at most.
    gate: (Mutex<bool>, Condvar),
    /// How often it was asked to sign.
    pub asked: AtomicU64,
}

impl Key {
    pub fn shut(&self, shut: bool) {
        *self.gate.0.lock().unwrap() = shut;
        self.gate.1.notify_all();
    }
}

impl Signer for Key {
    fn certificate(&self) -> &Certificate {
        self.inner.certificate()
    }
    fn issuers(&self) -> &[Certificate] {
        self.inner.issuers()
    }
    fn sign(&self, data: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let shut = self.gate.0.lock().unwrap();
        drop(self.gate.1.wait_timeout_while(shut, Duration::from_secs(10), |shut| *shut).unwrap());
        if self.away.load(Ordering::SeqCst) {
            Err(KeyError("the device is away".into()))
        } else {
            self.inner.sign(data)
        }
    }
}

/// A scanner that finds what the test tells it; clean until then.
#[derive(Default)]
pub struct Scripted {
    script: Mutex<Script>,
    /// Every message that was scanned.
    pub scanned: Mutex<Vec<Bytes>>,
}

/// What a scanner says.
#[derive(Clone, Default)]
pub enum Script {
    /// Clean.
    #[default]
    Clean,
    /// This, of every message.
    Finds(Verdict),
    /// Nothing: it is away.
    Away,
    /// What a real one says.
    Asks(Arc<dyn Scanner>),
}

impl Scripted {
    pub fn set(&self, script: Script) {
        *self.script.lock().unwrap() = script;
    }

    pub fn finds(&self, name: &str) {
        self.set(Script::Finds(Verdict::Infected { name: name.into() }));
    }

    pub fn count(&self) -> usize {
        self.scanned.lock().unwrap().len()
    }
}

#[async_trait]
impl Scanner for Scripted {
    async fn scan(&self, message: &Bytes) -> Result<Verdict, ScanError> {
        self.scanned.lock().unwrap().push(message.clone());
        let script = self.script.lock().unwrap().clone();
        match script {
            Script::Clean => Ok(Verdict::Clean),
            Script::Finds(verdict) => Ok(verdict),
            Script::Away => Err(ScanError("away".into())),
            Script::Asks(scanner) => scanner.scan(message).await,
        }
    }
}

/// What the network says about the origin of ordinary mail: what the test tells it.
pub struct Origin {
    pub says: Mutex<Findings>,
    /// The peers that it was asked about.
    pub asked: Mutex<Vec<Peer>>,
}

impl Default for Origin {
    fn default() -> Self {
        let none = || (authentication::Verdict::None, String::new());
        let says = Findings { spf: none(), dkim: none(), dmarc: none(), wish: Wish::None };
        Self { says: Mutex::new(says), asked: Mutex::default() }
    }
}

#[async_trait]
impl Authenticator for Origin {
    async fn examine(&self, peer: &Peer, _: &ReversePath, _: &Bytes) -> Findings {
        self.asked.lock().unwrap().push(peer.clone());
        self.says.lock().unwrap().clone()
    }
}

/// Knows about revocations what the test tells it; nothing is revoked until then.
#[derive(Default)]
pub struct Told {
    /// Subjects, and what is known about them.
    known: Mutex<HashMap<String, Status>>,
    /// What the next question to the network brings.
    pub network: Mutex<HashMap<String, Status>>,
    /// The subjects of every path that was asked for.
    pub asked: Mutex<Vec<Vec<String>>>,
}

impl Told {
    pub fn tell(&self, certificate: &Certificate, status: Status) {
        self.known.lock().unwrap().insert(certificate.subject(), status);
    }

    /// Nothing is known about it here; the network knows this, or nothing either.
    pub fn forget(&self, certificate: &Certificate, network: Option<Status>) {
        self.tell(certificate, Status::Unknown { why: "no list".into() });
        self.network.lock().unwrap().extend(network.map(|status| (certificate.subject(), status)));
    }
}

impl Revocation for Told {
    fn status(&self, certificate: &Certificate, _: &Certificate, at: i64) -> Status {
        match self.known.lock().unwrap().get(&certificate.subject()) {
            Some(Status::Revoked { since, .. }) if *since > at => Status::Good,
            Some(status) => status.clone(),
            None => Status::Good,
        }
    }
}

#[async_trait]
impl Revocations for Told {
    async fn learn(&self, path: &[Certificate], _: i64) {
        self.asked.lock().unwrap().push(path.iter().map(Certificate::subject).collect());
        self.known.lock().unwrap().extend(self.network.lock().unwrap().drain());
    }
}

/// What the wire does with a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Carries it.
    Works,
    /// The peer gets it, and its reply is lost.
    LosesReplies,
    /// Nobody answers.
    Dead,
    /// The peer refuses every recipient for good.
    Refuses,
    /// The transport gives no fates.
    SaysNothing,
    /// The transport itself fails.
    Faults,
}

/// The wire between the providers.
#[derive(Default)]
pub struct Net {
    providers: Mutex<HashMap<String, Arc<Provider>>>,
    state: Mutex<Option<Wire>>,
    /// How many parcels it was asked to carry.
    pub asked: AtomicU64,
    /// Looks-up of routes that must be under way at once before one of them ends.
    pub together: Mutex<Option<Arc<tokio::sync::Barrier>>>,
    /// What happens while a lot is sent.
    pub meanwhile: Mutex<Option<Box<dyn Fn() + Send>>>,
    /// Every message that was carried.
    pub carried: Mutex<Vec<(String, Vec<String>, Bytes)>>,
}

impl Net {
    pub fn set(&self, wire: Wire) {
        *self.state.lock().unwrap() = Some(wire);
    }
}

#[async_trait]
impl Transport for Net {
    async fn routes(&self, recipients: &[Address]) -> Vec<(Route, Vec<Address>)> {
        let together = self.together.lock().unwrap().clone();
        if let Some(together) = together {
            together.wait().await;
        }
        let mut routes: Vec<(Route, Vec<Address>)> = Vec::new();
        for address in recipients {
            let list = vec![HostPort { host: address.domain_key(), port: 25 }];
            let route = Route::Hosts(Hosts { list, named_by: NamedBy::Operator });
            match routes.iter_mut().find(|(known, _)| *known == route) {
                Some((_, group)) => group.push(address.clone()),
                None => routes.push((route, vec![address.clone()])),
            }
        }
        routes
    }

    async fn send(&self, route: &Route, parcels: Vec<Parcel>, done: UnboundedSender<(usize, Vec<Fate>)>) {
        let Route::Hosts(hosts) = route else { return };
        self.meanwhile.lock().unwrap().iter().for_each(|happens| happens());
        for (index, parcel) in parcels.into_iter().enumerate() {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let state = self.state.lock().unwrap().unwrap_or(Wire::Works);
            let provider = self.providers.lock().unwrap().get(&hosts.list[0].host).cloned();
            let count = parcel.recipients.len();
            if state == Wire::SaysNothing {
                done.send((index, Vec::new())).unwrap();
                continue;
            }
            assert!(state != Wire::Faults, "the transport faults, as the test asked for");
            let fate = match (state, provider) {
                (Wire::Refuses, _) => Fate::Failed { cause: pec::Cause::PeerRefused, detail: "550 no".into() },
                (Wire::Dead, _) | (_, None) => Fate::Unreachable { detail: "no answer".into() },
                (state, Some(provider)) => {
                    let message = parcel.message.to_bytes();
                    let to = parcel.recipients.iter().map(Address::to_string).collect();
                    self.carried.lock().unwrap().push((parcel.path.as_str().to_owned(), to, message.clone()));
                    let answer = provider
                        .receive(Arrival { path: parcel.path, recipients: parcel.recipients, message, peer: None })
                        .await;
                    let answer = Answer::of(answer);
                    match (state, answer.code) {
                        (Wire::LosesReplies, _) => Fate::Deferred { detail: "connection lost".into() },
                        (_, 200..300) => Fate::Accepted { reply: answer.text },
                        (_, 400..500) => Fate::Deferred { detail: answer.text },
                        _ => Fate::Failed { cause: pec::Cause::PeerRefused, detail: answer.text },
                    }
                }
            };
            done.send((index, vec![fate; count])).unwrap();
        }
    }
}

/// Memory of a relay, without limit until one is set; a message always finds room where nothing is held.
#[derive(Default)]
pub struct Chest {
    pub limit: AtomicUsize,
    held: Arc<Mutex<HashMap<Hop, usize>>>,
    pub peak: AtomicUsize,
    freed: Arc<Notify>,
}

/// What was taken out of a chest.
struct Taken {
    held: Arc<Mutex<HashMap<Hop, usize>>>,
    freed: Arc<Notify>,
    hop: Hop,
    octets: usize,
}

impl Drop for Taken {
    fn drop(&mut self) {
        *self.held.lock().unwrap().get_mut(&self.hop).unwrap() -= self.octets;
        self.freed.notify_waiters();
    }
}

impl Chest {
    pub fn held(&self) -> usize {
        self.held.lock().unwrap().values().sum()
    }
}

#[async_trait]
impl Memory for Chest {
    fn try_take(&self, hop: &Hop, octets: usize) -> Option<Room> {
        let mut held = self.held.lock().unwrap();
        let all: usize = held.values().sum();
        let limit = self.limit.load(Ordering::SeqCst);
        if limit != 0 && all != 0 && all + octets > limit {
            return None;
        }
        self.peak.fetch_max(all + octets, Ordering::SeqCst);
        *held.entry(hop.clone()).or_default() += octets;
        Some(Box::new(Taken { held: self.held.clone(), freed: self.freed.clone(), hop: hop.clone(), octets }))
    }

    async fn take(&self, hop: &Hop, octets: usize) -> Room {
        let own = self.held.lock().unwrap().get(hop).copied().unwrap_or(0);
        assert!(own == 0 || *hop == Hop::Local, "{hop:?} waits for memory and holds {own}");
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            freed.as_mut().enable();
            match self.try_take(hop, octets) {
                Some(room) => return room,
                None => freed.await,
            }
        }
    }
}

/// One provider of the world.
pub struct House {
    pub provider: Arc<Provider>,
    pub store: Shelf,
    pub ledger: Arc<Refusing>,
    pub relay: Arc<Relay>,
    /// The relay's memory.
    pub memory: Arc<Chest>,
    pub key: Arc<Key>,
    pub scanner: Arc<Scripted>,
    pub origin: Arc<Origin>,
    pub revocation: Arc<Told>,
    /// As of when the copy of the index is, at the latest.
    index_at: Arc<AtomicI64>,
}

/// Two providers, alfa and beta.
pub struct World {
    pub time: Time,
    pub net: Arc<Net>,
    pub alfa: House,
    pub beta: House,
    pub authority: Authority,
    pub trust: Arc<Trust>,
    _folder: tempfile::TempDir,
}

pub fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

impl World {
    pub async fn new() -> Self {
        Self::ruled(Ruled::default(), Ruled::default()).await
    }

    /// A world whose operators decided something.
    pub async fn ruled(alfa: Ruled, beta: Ruled) -> Self {
        let authority = authority("Test PEC CA");
        let trust = Arc::new(Trust::new(vec![authority.certificate()], vec![]).unwrap());
        let keys: Vec<Arc<Key>> = ["alfa", "beta"]
            .iter()
            .map(|name| {
                let inner = authority.signer(&provider_name(name), &format!("posta-certificata@{name}.example"), 2090);
                Arc::new(Key {
                    inner,
                    away: AtomicBool::new(false),
                    gate: Default::default(),
                    asked: Default::default(),
                })
            })
            .collect();
        let records = ["alfa", "beta"].iter().zip(&keys).map(|(name, key)| record(name, key.certificate())).collect();
        let directory = Arc::new(Index::new(records, None).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let time = Time(Arc::new(AtomicI64::new(START)));
        let net = Arc::new(Net::default());
        let mut houses = Vec::new();
        for ((name, key), rules) in ["alfa", "beta"].iter().zip(keys).zip([alfa, beta]) {
            let path = folder.path().join(name);
            houses.push(house(name, key, &path, &time, &net, directory.clone(), trust.clone(), rules).await);
        }
        let beta = houses.pop().unwrap();
        let alfa = houses.pop().unwrap();
        Self { time, net, alfa, beta, authority, trust, _folder: folder }
    }

    /// From now on beta's copy of the index is of this instant.
    pub fn index_is_of(&self, at: i64) {
        self.beta.index_at.store(at, Ordering::SeqCst);
    }

    /// Submits a message of Mario's.
    pub async fn submit(&self, to: &[&str], message: &str) -> Answer {
        let message = message.replace('\n', "\r\n");
        self.submit_bytes(to, Bytes::from(message)).await
    }

    pub async fn submit_bytes(&self, to: &[&str], message: Bytes) -> Answer {
        let to = to.iter().map(|text| address(text)).collect();
        let holder = self.alfa.provider.login(MARIO, Given::Password(PASSWORD), PEER).await.unwrap().unwrap();
        let path = ReversePath::Address(address(MARIO));
        Answer::of(self.alfa.provider.submit(&holder, &path, to, message, 0).await.map(submitted))
    }

    /// Lets both relays carry until nothing moves.
    pub async fn settle(&self) {
        for _ in 0..6 {
            self.alfa.relay.settle_all().await.unwrap();
            self.beta.relay.settle_all().await.unwrap();
        }
    }
}

impl House {
    pub async fn entries(&self, mailbox: &str) -> Vec<Entry> {
        self.store.entries(mailbox, "INBOX").await
    }

    /// The messages of a folder, each as it stands.
    pub async fn folder(&self, mailbox: &str, folder: &str) -> Vec<Bytes> {
        let mut found = Vec::new();
        for entry in self.store.entries(mailbox, folder).await {
            found.push(self.store.bytes(entry.message).await);
        }
        found
    }

    /// Sets what a mailbox does with ordinary mail.
    pub async fn ordinary(&self, mailbox: &str, policy: &str) {
        self.store.set_ordinary(&address(mailbox), policy.parse().unwrap()).await;
    }

    /// Sets whom a mailbox corresponds with.
    pub async fn group(&self, mailbox: &str, rules: &str) {
        self.store.set_correspondents(&address(mailbox), rules.parse().unwrap()).await;
    }

    /// The kinds in a mailbox, in order of arrival.
    pub async fn kinds(&self, mailbox: &str) -> Vec<Kind> {
        self.entries(mailbox).await.iter().map(|entry| kind_of(entry).unwrap()).collect()
    }

    /// The messages of one kind in a mailbox.
    pub async fn messages(&self, mailbox: &str, kind: Kind) -> Vec<Bytes> {
        let mut found = Vec::new();
        for entry in self.entries(mailbox).await {
            if kind_of(&entry) == Some(kind) {
                found.push(self.store.bytes(entry.message).await);
            }
        }
        found
    }

    /// The only message of a kind, opened and read.
    pub async fn only(&self, mailbox: &str, kind: Kind) -> (Bytes, PecMessage) {
        let mut found = self.messages(mailbox, kind).await;
        assert_eq!(found.len(), 1, "{kind:?} in {mailbox}");
        let message = found.pop().unwrap();
        let opened = seal::open(&message).unwrap();
        let pec = message::read(&message, opened.entity).unwrap();
        (message, pec)
    }

    pub async fn evidence(&self) -> Vec<Trace> {
        self.store.traces().await
    }
}

impl Ruled {
    /// A rule of the domain.
    pub fn domain(change: impl Fn(&mut Domain) + Send + Sync + 'static) -> Self {
        Self { domain: Some(Arc::new(change)), ..Self::default() }
    }
}

/// What an entry is.
pub fn kind_of(entry: &Entry) -> Option<Kind> {
    entry.summary.as_ref().and_then(|summary| summary.kind)
}

/// What an operator changes of a domain.
type Change = Arc<dyn Fn(&mut Domain) + Send + Sync>;

/// What an operator decided: for the whole provider, and for its domain.
#[derive(Clone, Default)]
pub struct Ruled {
    pub rules: Rules,
    /// Changes what its domain does.
    pub domain: Option<Change>,
}

pub fn provider_name(name: &str) -> String {
    format!("{} Posta S.p.A.", name.to_uppercase())
}

pub fn record(name: &str, certificate: &Certificate) -> Record {
    Record {
        name: provider_name(name),
        unit: None,
        certificates: vec![certificate.der().clone()],
        mail_receipt: address(&format!("ricevute@{name}.example")),
        managed_domains: vec![format!("{name}.example")],
        location: None,
        description: None,
    }
}

#[allow(clippy::too_many_arguments)] // One for each thing that a provider is made of.
async fn house(
    name: &str,
    key: Arc<Key>,
    path: &Path,
    time: &Time,
    net: &Arc<Net>,
    directory: Arc<dyn Directory>,
    trust: Arc<Trust>,
    ruled: Ruled,
) -> House {
    let options =
        EmbeddedOptions { inline_below: 1, password_cost: PasswordCost::CHEAPEST, ..EmbeddedOptions::default() };
    let store = Shelf::create(path, options);
    let mut domain = Domain::new(format!("{name}.example"));
    if let Some(change) = ruled.domain {
        change(&mut domain);
    }
    store.put_domain(domain).await.unwrap();
    for (local, service) in [("mario.rossi", false), ("anna.bianchi", false), ("luca.verdi", false), ("ricevute", true)]
    {
        let address = address(&format!("{local}@{name}.example"));
        store
            .create_mailbox(NewMailbox {
                address,
                password: (!service).then(|| PASSWORD.to_owned()),
                quota: 1 << 30,
                service,
            })
            .await
            .unwrap();
    }
    let domain = format!("{name}.example");
    let scanner = Arc::new(Scripted::default());
    let origin = Arc::new(Origin::default());
    let revocation = Arc::new(Told::default());
    let index_at = Arc::new(AtomicI64::new(i64::MAX));
    // Alfa lets pass what cannot be examined, beta does not.
    let unscannable = if name == "alfa" { Unscannable::Accept } else { Unscannable::Refuse };
    let ledger = Arc::new(Refusing::over(store.engine()));
    let provider = Provider::new(Parts {
        identity: Identity {
            emitter: Emitter {
                name: provider_name(name),
                address: address(&format!("posta-certificata@{domain}")),
                english: false,
            },
            mail_receipt: address(&format!("ricevute@{domain}")),
            reserved: vec![address(&format!("posta-certificata@{domain}"))],
            hostname: format!("mx.{domain}"),
        },
        ledger: ledger.clone(),
        principals: store.engine(),
        accesses: store.engine(),
        index_too_old: Arc::new(|_| false),
        index_at: {
            let at = index_at.clone();
            Arc::new(move |now| now.min(Moment::from_unix(at.load(Ordering::SeqCst))))
        },
        directory,
        trust,
        signer: key.clone(),
        clock: Arc::new(time.clone()),
        ids: Arc::new(Counter::default()),
        limits: formal::Limits {
            message: 30 << 20,
            product: formal::LEGAL_PRODUCT,
            recipients: 500.max(formal::LEGAL_RECIPIENTS),
        },
        ceiling: 60 << 20,
        lifetime: 24 * 3600,
        threads: 2,
        screen: Screen::new(scanner.clone(), unscannable),
        revocation: revocation.clone(),
        brief_hash: Default::default(),
        authenticator: Some(origin.clone()),
        tokens: None,
        rules: ruled.rules,
    })
    .await
    .unwrap();
    net.providers.lock().unwrap().insert(domain, provider.clone());
    let memory = Arc::new(Chest::default());
    let relay = Relay::new(provider.clone(), store.engine(), net.clone(), memory.clone(), Policy::default());
    House { provider, store, ledger, relay, memory, key, scanner, origin, revocation, index_at }
}
