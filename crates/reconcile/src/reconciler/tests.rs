//! A log followed: what comes is judged, what is planted is found, what settles goes.

use std::sync::atomic::{AtomicI64, Ordering};

use pec::{Address, Kind, RecipientType};
use store::{
    Actor, Discrepancy, DiscrepancyQuery, Embedded, EmbeddedOptions, Event, Evidence, Named, NewAddressee, NewMailbox,
    Outcome, Principals as _, Progress, Sent, SharedSubject, State, Step, Subject, Upkeep as _,
};
use tempfile::TempDir;

use super::*;

const ANNA: &str = "anna@alfa.example";
const BOB: &str = "bob@beta.example";
const START: i64 = 1_780_000_000;
const HOUR: i64 = 3600;

struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Moment {
        Moment::from_unix(self.0.load(Ordering::Relaxed))
    }
}

struct Place {
    folder: TempDir,
    store: Arc<Embedded>,
    hand: Arc<Hand>,
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Embedded::create(&folder.path().join("store"), EmbeddedOptions::default()).unwrap();
        let anna = NewMailbox { address: address(ANNA), password: None, quota: 1 << 30, service: false };
        store.create_mailbox(anna).await.unwrap();
        Self { folder, store, hand: Arc::new(Hand(AtomicI64::new(START))) }
    }

    /// One that knows nothing but what is kept, as after a start.
    fn reconciler(&self) -> Arc<Reconciler> {
        Reconciler::new(Trace::of(self.store.clone()), self.hand.clone())
    }

    fn pass(&self, seconds: i64) {
        self.hand.0.fetch_add(seconds, Ordering::Relaxed);
    }

    fn row(&self, identifier: &str, event: Event, kind: Option<Kind>, id: &str, actor: Actor) -> Evidence {
        let subject = Subject {
            identifier: identifier.into(),
            sender: ANNA.into(),
            recipients: vec![Named { address: BOB.into(), kind: Some(RecipientType::Certified) }],
            subject: "Oggetto".into(),
            client_id: None,
            original: None,
        };
        Evidence {
            at: self.hand.now(),
            event,
            kind,
            about: About::Subject(SharedSubject::new(subject)),
            message_id: id.into(),
            provider: "Alfa".into(),
            concerns: if matches!(kind, Some(Kind::Delivery)) { vec![BOB.into()] } else { Vec::new() },
            error: None,
            actor,
        }
    }

    /// A message of Anna's is accepted, as it should be but for what `plant` does to its rows.
    async fn accepted(&self, identifier: &str, plant: impl FnOnce(&mut Vec<Evidence>)) {
        let mut evidence = vec![
            self.row(identifier, Event::Received, None, "c", Actor::Holder),
            self.row(identifier, Event::Emitted, Some(Kind::Acceptance), "a", Actor::System),
            self.row(identifier, Event::Deposited, Some(Kind::Acceptance), "a", Actor::System),
            self.row(identifier, Event::Emitted, Some(Kind::TransportEnvelope), identifier, Actor::System),
        ];
        plant(&mut evidence);
        let bob = NewAddressee {
            recipient: address(BOB),
            state: State::Accepted,
            due: Some(self.hand.now().plus(12 * HOUR)),
        };
        let sent = Sent {
            identifier: identifier.into(),
            mailbox: address(ANNA),
            at: self.hand.now(),
            data: "<postacert/>".into(),
            about: evidence[0].about.clone(),
            by: Actor::Holder,
            addressees: vec![bob],
        };
        let outcome = Outcome { sent: Some(sent), evidence, ..Outcome::default() };
        self.store.commit(outcome).await.unwrap();
    }

    /// Bob has it, by the notification with this Message-ID.
    async fn delivered(&self, identifier: &str, id: &str) {
        let progress = Progress {
            about: identifier.into(),
            recipient: address(BOB),
            step: Step::Deliver,
            at: self.hand.now(),
            code: None,
            receipt: Some(id.into()),
            due: None,
            seen: None,
        };
        let row = self.row(identifier, Event::Received, Some(Kind::Delivery), id, Actor::Peer);
        let outcome = Outcome { progress: vec![progress], evidence: vec![row], ..Outcome::default() };
        self.store.commit(outcome).await.unwrap();
    }

    async fn found(&self) -> Vec<Discrepancy> {
        self.store.discrepancies(DiscrepancyQuery { limit: 1000, ..DiscrepancyQuery::default() }).await.unwrap()
    }

    /// Identifier, recipient or row, reason.
    async fn names(&self) -> Vec<String> {
        let name =
            |one: &Discrepancy| format!("{} {} {}", one.identifier.as_deref().unwrap_or("-"), one.whom, one.reason);
        self.found().await.iter().map(name).collect()
    }
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_planted_is_found_and_what_later_events_settle_goes() {
    let place = Place::new().await;
    let reconciler = place.reconciler();
    for number in 0..20 {
        place.accepted(&format!("good{number}"), |_| ()).await;
    }
    reconciler.look().await.unwrap();
    assert_eq!(place.names().await, [] as [&str; 0]);
    place.accepted("without", |rows| drop(rows.remove(1))).await;
    place.accepted("twice", |rows| rows.extend(rows.clone().into_iter().skip(1).take(2))).await;
    place
        .accepted("stranger", |rows| {
            let notice = Evidence {
                kind: Some(Kind::Delivery),
                event: Event::Received,
                concerns: vec!["eva@x.example".into()],
                ..rows[1].clone()
            };
            rows.push(notice);
        })
        .await;
    place.accepted("two", |_| ()).await;
    place.delivered("two", "d1").await;
    place.delivered("two", "d2").await;
    reconciler.look().await.unwrap();
    let planted = [
        "stranger eva@x.example stranger",
        "twice  accepted-twice",
        "two bob@beta.example two-outcomes",
        "without  no-acceptance",
    ];
    assert_eq!(place.names().await, planted);
    assert_eq!(reconciler.standing().count(), 4);
    assert!(reconciler.warnings()[0].starts_with("4 discrepancies of messages"), "{:?}", reconciler.warnings());

    // No outcome comes to one, and nobody tells Anna so.
    for number in 1..20 {
        place.delivered(&format!("good{number}"), "d").await;
    }
    for identifier in ["without", "twice", "stranger"] {
        place.delivered(identifier, "d").await;
    }
    place.pass(24 * HOUR + MARGIN - 1);
    reconciler.look().await.unwrap();
    assert_eq!(place.found().await.len(), 4, "there is time yet");
    place.pass(1);
    reconciler.look().await.unwrap();
    assert_eq!(place.names().await[4..], ["good0 bob@beta.example overdue"]);
    place.delivered("good0", "late").await;
    reconciler.look().await.unwrap();
    assert_eq!(place.names().await, planted, "an answer settles it");
    // Who begins again goes on where this one was, with the same result.
    place.reconciler().look().await.unwrap();
    assert_eq!(place.names().await, planted);
    place.store.acknowledge_discrepancies(None, place.hand.now()).await.unwrap();
    reconciler.look().await.unwrap();
    assert_eq!(reconciler.warnings(), [] as [&str; 0]);
    assert_eq!(place.names().await, planted, "they are there, and known");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_missing_or_cannot_be_read_is_named() {
    let mut place = Place::new().await;
    place.reconciler().look().await.unwrap();
    for number in 0..3 {
        place.accepted(&format!("m{number}"), |_| ()).await;
    }
    // As somebody with the file in his hands.
    place.store.close().await.unwrap();
    let path = place.folder.path().join("store");
    let file = rusqlite::Connection::open(path.join("sigillo.db")).unwrap();
    file.execute_batch(
        "DROP TRIGGER evidence_is_not_removed_for_thirty_months; DROP TRIGGER evidence_is_never_changed;
         DELETE FROM evidence WHERE number IN (2, 12); UPDATE evidence SET canonical = x'00' WHERE number = 7;",
    )
    .unwrap();
    drop(file);
    place.store = Embedded::open(&path, EmbeddedOptions::default()).unwrap();
    place.reconciler().look().await.unwrap();
    let names = place.names().await;
    for expected in [
        "- 1/2 missing-row",
        "- 1/7 unreadable-row",
        "- 1/12 missing-row",
        "m0  no-acceptance",
        "m1  not-deposited",
        "m2  no-envelope",
    ] {
        assert!(names.iter().any(|name| name == expected), "{expected}: {names:#?}");
    }
    assert_eq!(names.len(), 6, "{names:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_is_followed_in_pieces_whoever_begins_again_in_between() {
    let place = Place::new().await;
    for round in 0..6 {
        for number in 0..150 {
            place
                .accepted(&format!("{round}.{number}"), |rows| {
                    if number == 77 {
                        drop(rows.pop())
                    }
                })
                .await;
        }
        if round % 2 == 1 {
            place.reconciler().look().await.unwrap();
        }
    }
    let expected: Vec<String> = (0..6).map(|round| format!("{round}.77  no-envelope")).collect();
    assert_eq!(place.names().await, expected);
    assert_eq!(place.store.reconciled().await.unwrap(), [(LogId(1), 6 * (150 * 4 - 1) + 1)]);
}
