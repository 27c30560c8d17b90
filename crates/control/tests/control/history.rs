use std::sync::atomic::Ordering;

use bytes::Bytes;
use control::{EvidenceFilter, EvidenceRequest, Fault, HopName, Item, QueueRequest, Request};
use pec::{Identifier, Kind, Moment, Pieces, ProviderKey, ReversePath};
use store::{
    About, Actor, Dispatch, Event, Evidence, Hop, Ledger, Named, NewAddressee, NewMessage, Outcome, Progress, Sent,
    SharedSubject, State, Step, Subject, Summary,
};

use crate::bench::{Bench, NOW, address};

const ID: &str = "sigillo1.20261127100000.0@alfa.example";

fn at(seconds: i64) -> Moment {
    Moment::from_unix(NOW).plus(seconds)
}

fn subject() -> SharedSubject {
    SharedSubject::new(Subject {
        identifier: ID.into(),
        sender: "anna@alfa.example".into(),
        recipients: vec![Named { address: "bob@beta.example".into(), kind: Some(pec::RecipientType::Certified) }],
        subject: "Diffida\u{1b}[2J".into(),
        client_id: None,
        original: None,
    })
}

fn row(event: Event, kind: Kind, about: About, actor: Actor) -> Evidence {
    Evidence {
        at: at(0),
        event,
        kind: Some(kind),
        about,
        message_id: "1@alfa.example".into(),
        provider: "Alfa PEC".into(),
        concerns: vec!["bob@beta.example".into()],
        error: None,
        actor,
    }
}

/// Anna wrote to Bob: accepted, one envelope to carry.
async fn accepted(bench: &Bench) -> i64 {
    let mailbox =
        store::NewMailbox { address: address("anna@alfa.example"), password: None, quota: 1 << 30, service: false };
    store::Principals::create_mailbox(bench.store.as_ref(), mailbox).await.unwrap();
    let about = About::Subject(subject());
    let mut outcome = Outcome::default();
    let message = outcome.add(NewMessage { pieces: Pieces::own("envelope".to_owned()), summary: Summary::default() });
    outcome.sent = Some(Sent {
        identifier: ID.into(),
        mailbox: address("anna@alfa.example"),
        at: at(0),
        data: Bytes::from_static(b"<postacert/>"),
        about: about.clone(),
        by: Actor::Holder,
        addressees: vec![NewAddressee {
            recipient: address("bob@beta.example"),
            state: State::Accepted,
            due: Some(at(12 * 3600)),
        }],
    });
    outcome.dispatches.push(Dispatch {
        message,
        path: ReversePath::Address(address("posta-certificata@alfa.example")),
        recipients: vec![address("bob@beta.example")],
        hop: Hop::Provider(ProviderKey::primary("Beta PEC")),
        identifier: ID.into(),
        about: about.clone(),
        kind: Some(Kind::TransportEnvelope),
        at: at(0),
        expires: at(24 * 3600),
    });
    outcome.evidence.push(row(Event::Received, Kind::TransportEnvelope, about.clone(), Actor::Holder));
    outcome.evidence.push(row(Event::Emitted, Kind::Acceptance, about, Actor::System));
    bench.store.commit(outcome).await.unwrap().dispatches[0].0
}

#[tokio::test]
async fn a_messages_history_says_who_where_when_and_why() {
    let bench = Bench::new().await;
    let number = accepted(&bench).await;
    let mut outcome = Outcome::default();
    outcome.progress.push(Progress {
        about: Identifier::from(ID),
        recipient: address("bob@beta.example"),
        step: Step::NotDeliver,
        at: at(60),
        code: Some("5.2.2".into()),
        receipt: Some("9@beta.example".into()),
        due: None,
        seen: None,
    });
    bench.store.commit(outcome).await.unwrap();
    let lines = bench.lines(Request::Message { identifier: format!("<{ID}>") }).await;
    let text = lines.join("\n");
    for (line, what) in [
        (0, format!("message {ID}")),
        (1, "  from anna@alfa.example".into()),
        (2, "  to bob@beta.example (certified)".into()),
        (3, "  subject: Diffida [2J".into()),
        (4, format!("accepted {} from anna@alfa.example, sent by the holder", at(0))),
        (5, format!("to bob@beta.example: not delivered (5.2.2), since {}", at(60))),
        (6, "  receipt 9@beta.example".into()),
        (7, format!("dispatch {number}: {} about {ID} to provider Beta PEC, 8 octets", Kind::TransportEnvelope.name())),
    ] {
        assert_eq!(lines[line], what, "{text}");
    }
    assert!(text.contains("acceptance made and signed, by the program, for bob@beta.example, of Alfa PEC"), "{text}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("1/")).count(), 2, "{text}");
}

#[tokio::test]
async fn a_message_that_came_from_others_is_told_from_evidence_and_an_unknown_one_is_missing() {
    let bench = Bench::new().await;
    let mut outcome = Outcome::default();
    outcome.evidence.push(row(Event::Received, Kind::TransportEnvelope, About::Subject(subject()), Actor::Peer));
    bench.store.commit(outcome).await.unwrap();
    let items = bench.ask(Request::Message { identifier: ID.into() }).await.unwrap();
    assert!(matches!(&items[..], [Item::Subject(_), Item::Row(row)] if row.actor == "peer"), "{items:?}");
    let unknown = bench.ask(Request::Message { identifier: "x@alfa.example".into() }).await.unwrap_err();
    assert_eq!(unknown.fault, Fault::Missing);
    let empty = bench.ask(Request::Message { identifier: "<>".into() }).await.unwrap_err();
    assert_eq!(empty.fault, Fault::Request);
}

#[tokio::test]
async fn a_dispatch_is_shown_made_due_and_given_up_and_its_message_remembers() {
    let bench = Bench::new().await;
    let id = accepted(&bench).await;
    let queue = |request| Request::Queue(request);
    let hop = HopName::Provider { name: "Beta PEC".into(), unit: None };
    let list = |hop| queue(QueueRequest::List { hop: Some(hop), identifier: None });
    assert_eq!(bench.ask(list(hop.clone())).await.unwrap().len(), 1);
    assert_eq!(bench.ask(list(HopName::Local)).await.unwrap().len(), 0);
    assert!(bench.lines(queue(QueueRequest::Show { id })).await[1].contains("bob@beta.example"));
    bench.ask(queue(QueueRequest::Retry { id })).await.unwrap();
    assert_eq!(
        bench.lines(queue(QueueRequest::RetryAll { hop: HopName::Domain("fuori.example".into()) })).await,
        ["nothing waits for domain fuori.example"]
    );
    for reason in ["", "  ", "due\nrighe"] {
        let refused = bench.refused(queue(QueueRequest::Fail { id, reason: reason.into() })).await;
        assert!(refused.starts_with("expected a reason"), "{refused}");
    }
    bench.ask(queue(QueueRequest::Fail { id, reason: "casella inesistente".into() })).await.unwrap();
    let Item::Dispatch(shown) = &bench.ask(queue(QueueRequest::Show { id })).await.unwrap()[0] else { panic!() };
    assert_eq!(shown.failed_by.as_deref(), Some("casella inesistente (olga)"));
    for id in [id + 1, 0, -1, i64::MIN] {
        let missing = bench.ask(queue(QueueRequest::Retry { id })).await.unwrap_err();
        assert_eq!(missing.fault, Fault::Missing);
    }
    assert_eq!(bench.told.queue.load(Ordering::Relaxed), 3);
    assert_eq!(
        bench.acts().await,
        [
            format!("olga: queue retry, dispatch {id} to provider Beta PEC [bob@beta.example]"),
            format!("olga: queue fail: casella inesistente, dispatch {id} to provider Beta PEC [bob@beta.example]"),
        ]
    );
    let history = bench.lines(Request::Message { identifier: ID.into() }).await.join("\n");
    assert!(history.contains("administered, by operator olga"), "{history}");
}

#[tokio::test]
async fn evidence_is_listed_by_what_is_asked_and_a_row_is_shown_with_its_bytes() {
    let bench = Bench::new().await;
    accepted(&bench).await;
    let list = |filter| Request::Evidence(EvidenceRequest::List(filter));
    let rows = |items: Vec<Item>| items.into_iter().filter(|item| matches!(item, Item::Row(_))).count();
    let all = bench.ask(list(EvidenceFilter::default())).await.unwrap();
    // The subject once, before the first row about it.
    assert!(matches!(&all[..], [Item::Subject(_), Item::Row(_), Item::Row(_)]), "{all:?}");
    for (filter, count) in [
        (EvidenceFilter { event: Some("emitted".into()), ..EvidenceFilter::default() }, 1),
        (EvidenceFilter { kind: Some("acceptance".into()), ..EvidenceFilter::default() }, 1),
        (EvidenceFilter { identifier: Some(ID.into()), ..EvidenceFilter::default() }, 2),
        (EvidenceFilter { after: 1, ..EvidenceFilter::default() }, 1),
        (EvidenceFilter { limit: Some(1), ..EvidenceFilter::default() }, 1),
        (EvidenceFilter { log: Some(7), ..EvidenceFilter::default() }, 0),
    ] {
        assert_eq!(rows(bench.ask(list(filter.clone())).await.unwrap()), count, "{filter:?}");
    }
    let wrong = EvidenceFilter { event: Some("eaten".into()), ..EvidenceFilter::default() };
    assert!(bench.refused(list(wrong)).await.contains("deposited, emitted, received"));

    let show = |number| Request::Evidence(EvidenceRequest::Show { log: 1, number });
    let shown = bench.ask(show(2)).await.unwrap();
    let [Item::Subject(subject_item), Item::Row(row_item)] = &shown[..] else { panic!("{shown:?}") };
    let expected: String = subject().canonical().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(subject_item.canonical.as_deref(), Some(expected.as_str()));
    assert!(row_item.canonical.as_deref().unwrap().starts_with("8b01"));
    for number in [0, 3] {
        assert_eq!(bench.ask(show(number)).await.unwrap_err().fault, Fault::Missing);
    }
}

#[tokio::test]
async fn what_shows_a_damaged_row_of_evidence_ends_with_faults() {
    use control::command::{self, Ended};

    let bench = Bench::new().await;
    accepted(&bench).await;
    let evidence: &dyn store::EvidenceLog = bench.store.as_ref();
    let log = evidence.logs().await.unwrap()[0].0;
    let canonical = evidence.leaves(log, 2, 1).await.unwrap().remove(0).canonical;
    let socket = bench.socket();
    let folder = socket.parent().unwrap().to_owned();
    store::Upkeep::close(bench.store.as_ref()).await.unwrap();
    let requests = || {
        let list = Request::Evidence(EvidenceRequest::List(EvidenceFilter::default()));
        [list, Request::Message { identifier: ID.into() }]
    };
    let ends = async |request| {
        let place = command::Place {
            folder: folder.clone(),
            options: store::EmbeddedOptions::default(),
            socket: socket.clone(),
            addresses: Box::new(|| Ok(control::AddressRules::new([]))),
            persons: control::PersonRules::default(),
            clock: std::sync::Arc::new(crate::bench::Still),
        };
        command::run(request, place, true).await.unwrap()
    };
    for request in requests() {
        assert_eq!(ends(request).await, Ended::Well);
    }
    let database = folder.join("sigillo.db");
    let mut bytes = std::fs::read(&database).unwrap();
    let at = bytes.windows(canonical.len()).position(|part| part == &canonical[..]).unwrap();
    bytes[at] = 0;
    std::fs::write(&database, bytes).unwrap();
    for request in requests() {
        assert_eq!(ends(request).await, Ended::Faults);
    }
}
