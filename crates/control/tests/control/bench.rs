//! A store with its control, and what tests ask of it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use control::item::{PeerHost, PeerItem};
use control::{
    AddressRules, Answers, Control, Faces, Item, NewPassword, Operator, Refused, Request, Reserved, Running,
};
use pec::{Address, Clock, Moment, ProviderKey};
use store::{Domain, Embedded, EmbeddedOptions, EvidenceLog, EvidenceQuery, PasswordCost, Principals};
use tempfile::TempDir;

/// The instant at which everything happens.
pub const NOW: i64 = 1_795_770_000;
/// A password that is good enough.
pub const GOOD: &str = "gru-tavolo-melone-vite";

pub struct Still;

impl Clock for Still {
    fn now(&self) -> Moment {
        Moment::from_unix(NOW)
    }
}

/// A provider that counts what it is told.
#[derive(Default)]
pub struct Told {
    pub domains: AtomicUsize,
    pub queue: AtomicUsize,
    pub reconciled: AtomicUsize,
    pub fails: Mutex<bool>,
    pub forgotten: AtomicBool,
}

#[async_trait]
impl Running for Told {
    async fn domains_changed(&self) -> Result<(), String> {
        self.domains.fetch_add(1, Ordering::Relaxed);
        if *self.fails.lock().unwrap() { Err("a fault".into()) } else { Ok(()) }
    }

    fn queue_changed(&self) {
        self.queue.fetch_add(1, Ordering::Relaxed);
    }

    async fn reload(&self) -> Result<Vec<String>, Refused> {
        Ok(vec!["certificates were read again".into()])
    }

    async fn peers(&self) -> Result<Vec<PeerItem>, Refused> {
        let hosts = vec![PeerHost { host: "mx.beta.example".into(), valid: "2026-11-27T10:00:00+01:00".into() }];
        let known = !self.forgotten.load(Ordering::Relaxed);
        Ok(known.then(|| PeerItem { provider: "Beta".into(), hosts }).into_iter().collect())
    }

    async fn reconcile(&self) -> Result<(), Refused> {
        self.reconciled.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn forget_peer(&self, provider: &ProviderKey) -> Result<bool, Refused> {
        Ok(*provider == ProviderKey::primary("Beta") && !self.forgotten.swap(true, Ordering::Relaxed))
    }

    async fn health(&self) -> Option<Vec<String>> {
        Some(vec!["ok".into()])
    }
}

/// A store that hosts `alfa.example`, with its control.
pub struct Bench {
    pub store: Arc<Embedded>,
    pub control: Control,
    pub told: Arc<Told>,
    place: TempDir,
}

pub fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub fn good() -> Option<NewPassword> {
    Some(NewPassword::new(GOOD.into()))
}

impl Bench {
    pub async fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let options = EmbeddedOptions { password_cost: PasswordCost::CHEAPEST, ..EmbeddedOptions::default() };
        let store = Embedded::create(&place.path().join("store"), options).unwrap();
        store.put_domain(Domain::new("alfa.example")).await.unwrap();
        let told = Arc::new(Told::default());
        let rules = AddressRules::new([
            (address("posta-certificata@alfa.example"), Reserved::ServiceAddress),
            (address("ricevute@alfa.example"), Reserved::MailReceipt),
        ]);
        let control = Control::new(Faces::of(store.clone()), rules, told.clone(), Arc::new(Still));
        Self { store, control, told, place }
    }

    /// The path of a socket.
    pub fn socket(&self) -> PathBuf {
        self.place.path().join("store/control.sock")
    }

    /// The answer to a request of the operator Olga.
    pub async fn ask(&self, request: Request) -> Result<Vec<Item>, Refused> {
        all(Answers::here(self.control.clone(), request, Operator::named("olga"))).await
    }

    /// The answer, as the operator reads it.
    pub async fn lines(&self, request: Request) -> Vec<String> {
        self.ask(request).await.unwrap().iter().flat_map(control::words::lines).collect()
    }

    /// Why the operator was refused.
    pub async fn refused(&self, request: Request) -> String {
        self.ask(request).await.unwrap_err().what
    }

    /// What evidence says of administrative acts: what, whom it concerns, who.
    pub async fn acts(&self) -> Vec<String> {
        let query = EvidenceQuery { event: Some(store::Event::Administered), limit: 1000, ..EvidenceQuery::default() };
        let rows = self.store.rows(query).await.unwrap();
        rows.into_iter()
            .map(|row| {
                let evidence = row.unwrap().evidence;
                assert_eq!(evidence.at, Moment::from_unix(NOW));
                let store::Actor::Operator(who) = evidence.actor else { panic!("{:?}", evidence.actor) };
                format!("{who}: {} [{}]", evidence.error.unwrap(), evidence.concerns.join(" "))
            })
            .collect()
    }
}

/// Every item of an answer.
pub async fn all(mut answers: Answers) -> Result<Vec<Item>, Refused> {
    let mut items = Vec::new();
    while let Some(item) = answers.next().await? {
        items.push(item);
    }
    Ok(items)
}
