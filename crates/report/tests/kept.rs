//! Rows are counted once, however they come and whatever ends the program in between; what is sent to the supervisor is made of that.
#![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect ends")]

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use clap::{Parser, Subcommand as _};
use control::command::Ended;
use pec::{Address, Clock, Kind, Moment, RecipientType};
use report::command::{StatisticsCommand, Whose};
use report::{Keeping, recount};
use store::{
    About, Actor, Domain, Embedded, EmbeddedOptions, Event, Evidence, Ledger as _, LogId, Named, Outcome,
    Principals as _, Sent, SharedSubject, Subject, Sum, Sums as _, Upkeep as _,
};
use tempfile::TempDir;
use tokio::sync::watch;

struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Moment {
        Moment::from_unix(self.0.load(Ordering::Relaxed))
    }
}

struct House {
    folder: TempDir,
    store: Arc<Embedded>,
    hand: Arc<Hand>,
    broken: Arc<AtomicBool>,
}

impl House {
    /// On the morning of 20 April 2026.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Embedded::create(&folder.path().join("store"), EmbeddedOptions::default()).unwrap();
        let hand = Arc::new(Hand(AtomicI64::new(Moment::midnight("2026-04-20").unwrap().plus(9 * 3600).unix())));
        Self { folder, store, hand, broken: Arc::default() }
    }

    fn pass(&self, seconds: i64) {
        self.hand.0.fetch_add(seconds, Ordering::Relaxed);
    }

    /// One that knows nothing but what is kept.
    fn keeping(&self) -> Keeping {
        let broken = self.broken.clone();
        let standing = move || broken.load(Ordering::Relaxed).then(|| "messages cannot be signed".to_owned());
        Keeping::new(self.store.clone(), self.hand.clone(), Arc::new(standing))
    }

    async fn commit(&self, evidence: Vec<Evidence>) {
        self.store.commit(Outcome { evidence, ..Outcome::default() }).await.unwrap();
    }

    fn row(&self, event: Event, kind: Kind, provider: &str, identifier: &str) -> Evidence {
        Evidence {
            at: self.hand.now(),
            event,
            kind: Some(kind),
            about: About::Subject(subject(identifier)),
            message_id: String::new(),
            provider: provider.into(),
            concerns: Vec::new(),
            error: None,
            actor: Actor::System,
        }
    }

    /// A message that a holder sends.
    async fn sends(&self, identifier: &str) {
        let sent = Sent {
            identifier: identifier.into(),
            mailbox: Address::parse("anna@alfa.example").unwrap(),
            at: self.hand.now(),
            data: Vec::new().into(),
            about: About::Subject(subject(identifier)),
            by: Actor::Holder,
            addressees: Vec::new(),
        };
        let evidence = vec![self.row(Event::Emitted, Kind::Acceptance, "Alfa", identifier)];
        self.store.commit(Outcome { evidence, sent: Some(sent), ..Outcome::default() }).await.unwrap();
    }

    async fn of(&self, what: &str) -> u64 {
        let sums = self.store.sums("2026-01-01", "2026-12-31").await.unwrap();
        sums.iter().filter(|sum| sum.what == what).map(|sum| sum.value).sum()
    }

    /// That nothing is counted twice or left out.
    async fn is_right(&self) {
        let counted = recount(&*self.store, &*self.store).await.unwrap();
        let kept = self.store.sums("2026-01-01", "2026-12-31").await.unwrap();
        let is_row = |sum: &Sum| !["domains", "mailboxes"].contains(&sum.what.as_str());
        assert_eq!(kept.into_iter().filter(is_row).collect::<Vec<_>>(), counted.sums);
    }
}

fn subject(identifier: &str) -> SharedSubject {
    SharedSubject::new(Subject {
        identifier: identifier.into(),
        sender: "anna@alfa.example".into(),
        recipients: vec![Named { address: "bob@beta.example".into(), kind: Some(RecipientType::Certified) }],
        subject: "Oggetto".into(),
        client_id: None,
        original: None,
    })
}

/// [R-L-ST-1]
#[tokio::test(flavor = "multi_thread")]
async fn rows_are_counted_once_however_they_come() {
    let house = House::new();
    house.keeping().look().await.unwrap();
    for (number, rows) in [1usize, 999, 1000, 1001, 2500].into_iter().enumerate() {
        let row = |at: usize| match at % 2 {
            0 => house.row(Event::Received, Kind::TransportEnvelope, "Beta", &format!("{number}-{}", at / 2)),
            _ => house.row(Event::Emitted, Kind::TakeCharge, "Alfa", &format!("{number}-{}", at / 2)),
        };
        house.commit((0..rows).map(row).collect()).await;
        house.keeping().look().await.unwrap();
        // Nothing came.
        house.keeping().look().await.unwrap();
        house.pass(8 * 3600);
    }
    // An envelope is counted though what takes it in charge is read a day later.
    house.commit(vec![house.row(Event::Received, Kind::TransportEnvelope, "Beta", "late")]).await;
    house.keeping().look().await.unwrap();
    house.commit(vec![house.row(Event::Emitted, Kind::TakeCharge, "Alfa", "late")]).await;
    house.keeping().look().await.unwrap();
    assert_eq!(house.of("taken-in-charge").await, 499 + 500 + 500 + 1250 + 1);
    let days = house.store.sums("2026-04-20", "2026-04-22").await.unwrap();
    assert!(days.iter().filter(|sum| sum.what == "taken-in-charge").count() >= 2, "{days:?}");
    house.is_right().await;
    // Two at once: one of them finds that it is counted already.
    house
        .commit((0..300).map(|at| house.row(Event::Emitted, Kind::Acceptance, "Alfa", &at.to_string())).collect())
        .await;
    let (one, other) = (house.keeping(), house.keeping());
    let ended = tokio::join!(one.look(), other.look());
    assert!(ended.0.is_ok() || ended.1.is_ok(), "{ended:?}");
    house.is_right().await;
}

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: StatisticsCommand,
}

async fn said(house: &House, words: &[&str]) -> Result<Ended, String> {
    assert!(StatisticsCommand::has_subcommand(words[0]));
    let line = ["statistics"].iter().chain(words).copied().chain(["--config", "provider.toml"]);
    let command = Line::try_parse_from(line).unwrap().command;
    let whose = Whose { name: "Alfa PEC".into(), code: Some("VAT-01234567890".parse().unwrap()) };
    let ended = command.run(&house.folder.path().join("store"), whose, house.hand.clone()).await;
    ended.map_err(|refused| refused.what)
}

/// [R-L-ST-1] [R-L-12-3]
#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_the_supervisor_say_what_happened() {
    let house = House::new();
    house.store.put_domain(Domain::new("alfa.example")).await.unwrap();
    house.sends("first").await;
    house.pass(45);
    let rows = vec![
        house.row(Event::Received, Kind::Delivery, "Beta", "first"),
        house.row(Event::Received, Kind::TransportEnvelope, "Beta", "infected"),
        house.row(Event::Emitted, Kind::TakeCharge, "Alfa", "infected"),
        house.row(Event::Emitted, Kind::VirusDetection, "Alfa", "infected"),
        house.row(Event::Emitted, Kind::VirusNonAcceptance, "Alfa", "refused"),
    ];
    house.commit(rows).await;
    house.keeping().look().await.unwrap();
    // Three hours in which the machine was off.
    house.pass(3 * 3600);
    house.keeping().look().await.unwrap();
    let out = house.folder.path().join("out");
    fs::create_dir(&out).unwrap();
    let write = ["write", "--year", "2026", "--period", "1", "--out", out.to_str().unwrap()];
    let early = said(&house, &write).await.unwrap_err();
    assert!(early.contains("the period goes on until 2026-04-30"), "{early}");
    // After its end, with a row of it that nobody has counted yet.
    house.commit(vec![house.row(Event::Emitted, Kind::Acceptance, "Alfa", "last")]).await;
    house.pass(30 * 86_400);
    let behind = said(&house, &write).await.unwrap_err();
    assert!(behind.contains("not counted yet"), "{behind}");
    house.keeping().look().await.unwrap();
    assert_eq!(said(&house, &write).await, Ok(Ended::Well));
    let p01 = fs::read_to_string(out.join("P01_2026_1.csv")).unwrap();
    assert_eq!(p01.lines().nth(1), Some("VAT-01234567890,1,2026,1,0,2,1,1,1"));
    let p02 = fs::read_to_string(out.join("P02_2026_1.csv")).unwrap();
    let days: Vec<&str> = p02.lines().skip(1).collect();
    assert_eq!(days[0], "VAT-01234567890,1,110,2026,02,180,N", "longer than half of what the law allows");
    // The month without a note is one, too, up to the end of the period.
    assert_eq!((days.len(), days[11]), (12, "VAT-01234567890,1,120,2026,02,1440,N"));
    let again = said(&house, &write).await.unwrap_err();
    assert!(again.contains("P01_2026_1.csv"), "nothing is replaced: {again}");
    assert_eq!(said(&house, &["show", "--year", "2026", "--period", "1"]).await, Ok(Ended::Well));
    assert_eq!(said(&house, &["check"]).await, Ok(Ended::Well));
    // Whoever alters what is kept is found by the rows.
    house.store.put_sums(vec![Sum { day: "2026-04-20".into(), what: "accepted".into(), value: 7 }]).await.unwrap();
    assert_eq!(said(&house, &["check"]).await, Ok(Ended::Faults));
    let began = house.store.outages(Moment::from_unix(0), house.hand.now()).await.unwrap()[0].began.to_string();
    let form = ["form", &began, "--number", "1", "--out", out.to_str().unwrap()];
    assert_eq!(said(&house, &form).await, Ok(Ended::Well));
    assert!(out.join("SMG_2026-1-1_Alfa PEC.docx").exists());
    let none = said(&house, &["form", "yesterday", "--number", "1", "--out", "."]).await.unwrap_err();
    assert!(none.contains("no time without service began"), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stops_the_service_is_noted_with_its_cause() {
    let house = House::new();
    let looks = async || {
        house.keeping().look().await.unwrap();
        house.pass(60);
    };
    looks().await;
    house.broken.store(true, Ordering::Relaxed);
    for _ in 0..5 {
        looks().await;
    }
    house.broken.store(false, Ordering::Relaxed);
    looks().await;
    looks().await;
    // Told to end, and started again ten minutes later.
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(house.keeping().run(stopped));
    stop.send_replace(true);
    running.await.unwrap();
    house.pass(600);
    looks().await;
    let outages = house.store.outages(Moment::from_unix(0), house.hand.now()).await.unwrap();
    let seen = outages.into_iter().map(|one| (one.cause.name(), one.ended.unix() - one.began.unix(), one.note));
    let expected = [
        ("malfunction", 300, "messages cannot be signed".to_owned()),
        ("planned", 600, "the program was told to end".to_owned()),
    ];
    assert_eq!(seen.collect::<Vec<_>>(), expected);
    assert_eq!(house.store.counted(LogId(1)).await.unwrap(), 0);
    house.store.close().await.unwrap();
}
