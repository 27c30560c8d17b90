//! Every shape that a message may rightly have, and what every change to it comes to.

use std::collections::BTreeSet;

use pec::{Address, Kind};
use store::{About, Actor, Event, Evidence, LateAnswer, Named, SharedSubject, Step, Subject};

use super::*;

const ANNA: &str = "anna@alfa.example";
const BOB: &str = "bob@beta.example";
const CARLA: &str = "Carla@ordinary.example";
const START: i64 = 1_780_000_000;
const MARGIN: i64 = 3600;

fn subject() -> SharedSubject {
    let named = |address: &str, kind| Named { address: address.into(), kind: Some(kind) };
    SharedSubject::new(Subject {
        identifier: "id@alfa.example".into(),
        sender: ANNA.into(),
        recipients: vec![named(BOB, RecipientType::Certified), named(CARLA, RecipientType::Ordinary)],
        subject: "Oggetto".into(),
        client_id: None,
        original: None,
    })
}

fn row(event: Event, kind: impl Into<Option<Kind>>, id: &str, concerns: &[&str], actor: Actor) -> Evidence {
    Evidence {
        at: Moment::from_unix(START),
        event,
        kind: kind.into(),
        about: About::Subject(subject()),
        message_id: id.into(),
        provider: "Alfa".into(),
        concerns: concerns.iter().map(|one| (*one).to_owned()).collect(),
        error: None,
        actor,
    }
}

fn made(kind: Kind, id: &str, concerns: &[&str]) -> Evidence {
    row(Event::Emitted, kind, id, concerns, Actor::System)
}

fn came(kind: Kind, id: &str, concerns: &[&str]) -> Evidence {
    row(Event::Received, kind, id, concerns, Actor::Peer)
}

fn put(kind: Kind, id: &str, concerns: &[&str]) -> Evidence {
    row(Event::Deposited, kind, id, concerns, Actor::System)
}

/// A notice of ours for a holder of ours.
fn given(kind: Kind, id: &str, concerns: &[&str]) -> Vec<Evidence> {
    vec![made(kind, id, concerns), put(kind, id, &[ANNA])]
}

/// A notice of another provider for her.
fn brought(kind: Kind, id: &str) -> Vec<Evidence> {
    vec![came(kind, id, &[BOB]), put(kind, id, &[ANNA])]
}

fn submitted() -> Evidence {
    row(Event::Received, None, "client@host", &[], Actor::Holder)
}

fn accepted() -> Vec<Evidence> {
    let envelope = made(Kind::TransportEnvelope, "id@alfa.example", &[]);
    [vec![submitted()], given(Kind::Acceptance, "a1", &[]), vec![envelope]].concat()
}

fn stands(recipient: &str, state: State, receipt: Option<&str>) -> Addressee {
    Addressee {
        identifier: "id@alfa.example".into(),
        recipient: Address::parse(recipient).unwrap(),
        state,
        accepted_at: Moment::from_unix(START),
        since: Moment::from_unix(START),
        taken_at: None,
        warned_at: None,
        code: None,
        receipt: receipt.map(str::to_owned),
        due: None,
        late: None,
    }
}

/// Bob stands there, Carla was handed over.
fn known(state: State, receipt: Option<&str>) -> Known {
    Known { sent: true, addressees: vec![stands(BOB, state, receipt), stands(CARLA, State::Left, None)] }
}

/// What happened, what the store knows, and which rows (by their place) say nothing that another does not say.
struct Shape {
    name: &'static str,
    rows: Vec<Evidence>,
    known: Known,
    spare: BTreeSet<usize>,
}

fn shape(name: &'static str, parts: Vec<Vec<Evidence>>, known: Known, spare: &[usize]) -> Shape {
    Shape { name, rows: parts.concat(), known, spare: spare.iter().copied().collect() }
}

/// What the Incoming and Delivery Point of the recipient's provider writes.
fn incoming(outcome: Vec<Evidence>) -> Vec<Evidence> {
    [vec![came(Kind::TransportEnvelope, "id@alfa.example", &[BOB]), made(Kind::TakeCharge, "c1", &[BOB])], outcome]
        .concat()
}

fn delivered() -> Vec<Evidence> {
    vec![put(Kind::TransportEnvelope, "id@alfa.example", &[BOB]), made(Kind::Delivery, "d1", &[BOB])]
}

fn shapes() -> Vec<Shape> {
    use Kind::{
        Delivery, NonAcceptance, NonDelivery, TakeCharge, Timeout, VirusDetection, VirusNonAcceptance, VirusNonDelivery,
    };
    let none = Known::default;
    let charge = || vec![came(TakeCharge, "c1", &[BOB])];
    let virus = || [vec![came(VirusDetection, "v1", &[BOB])], given(VirusNonDelivery, "w1", &[BOB])].concat();
    let silences = || [given(Timeout, "t1", &[BOB]), given(Timeout, "t2", &[BOB])].concat();
    let relay_failed = row(Event::RelayFailed, Kind::TransportEnvelope, "id@alfa.example", &[BOB], Actor::System);
    let mut late = known(State::Expired, Some("t2"));
    late.addressees[0].late =
        Some(LateAnswer { step: Step::Deliver, at: Moment::from_unix(START + 90_000), receipt: Some("d1".into()) });
    let anomaly = |row: Evidence| {
        let about =
            Subject { recipients: vec![Named { address: BOB.into(), kind: None }], ..subject().subject().clone() };
        Evidence { about: About::Subject(SharedSubject::new(about)), ..row }
    };
    let wrapped = [made(Kind::AnomalyEnvelope, "x1", &[]), put(Kind::AnomalyEnvelope, "x1", &[BOB])].map(anomaly);
    vec![
        shape("refused", vec![vec![submitted()], given(NonAcceptance, "n", &[])], none(), &[]),
        shape("infected", vec![vec![submitted()], given(VirusNonAcceptance, "n", &[])], none(), &[]),
        shape("accepted", vec![accepted()], known(State::Accepted, None), &[]),
        shape("taken", vec![accepted(), charge()], known(State::TakenInCharge, None), &[]),
        // What a peer brought is put in the mailbox in the same commit; its take-charge is known by the state after it.
        shape(
            "delivered",
            vec![accepted(), charge(), brought(Delivery, "d1")],
            known(State::Delivered, Some("d1")),
            &[4, 6],
        ),
        shape(
            "overtaken",
            vec![accepted(), brought(Delivery, "d1"), charge()],
            known(State::Delivered, Some("d1")),
            &[5, 6],
        ),
        shape(
            "not delivered",
            vec![accepted(), charge(), brought(NonDelivery, "n1")],
            known(State::NotDelivered, Some("n1")),
            &[4, 6],
        ),
        shape("virus", vec![accepted(), charge(), virus()], known(State::Virus, Some("v1")), &[4]),
        shape(
            "not handed over",
            vec![accepted(), vec![relay_failed], given(NonDelivery, "n1", &[BOB])],
            known(State::NotDelivered, Some("n1")),
            &[4, 6],
        ),
        shape("silence", vec![accepted(), silences()], known(State::Expired, Some("t2")), &[4]),
        shape("late", vec![accepted(), silences(), charge(), brought(Delivery, "d1")], late, &[4, 8, 9, 10]),
        shape("came", vec![incoming(delivered())], none(), &[]),
        shape("came, full", vec![incoming(vec![made(NonDelivery, "n1", &[BOB])])], none(), &[]),
        shape("came, infected", vec![incoming(vec![made(VirusDetection, "v1", &[BOB])])], none(), &[]),
        shape(
            "home",
            vec![accepted(), incoming(delivered()), charge(), brought(Delivery, "d1")],
            known(State::Delivered, Some("d1")),
            &[8, 9, 10],
        ),
        shape(
            "home, infected",
            vec![accepted(), incoming(vec![made(VirusDetection, "v1", &[BOB])]), charge(), virus()],
            known(State::Virus, Some("v1")),
            &[7],
        ),
        shape("anomaly", vec![wrapped.to_vec()], none(), &[0, 1]),
        shape(
            "removed long after",
            vec![vec![row(Event::Removed, Kind::Delivery, "d1", &[ANNA], Actor::Holder)]],
            none(),
            &[0],
        ),
        shape("nothing left", vec![], known(State::Delivered, Some("d1")), &[]),
    ]
}

fn judged(rows: &[Evidence], known: &Known) -> BTreeSet<Reason> {
    let mut case = Case::default();
    rows.iter().for_each(|row| case.add(row));
    case.judge(known, Moment::from_unix(START + 3600), MARGIN).into_iter().map(|flaw| flaw.reason).collect()
}

#[test]
fn nothing_is_wrong_with_what_rightly_happens() {
    for Shape { name, rows, known, .. } in &shapes() {
        assert_eq!(judged(rows, known), BTreeSet::new(), "{name}");
    }
}

#[test]
fn every_row_that_is_missing_is_missed() {
    for Shape { name, rows, known, spare } in shapes() {
        for at in 0..rows.len() {
            let without: Vec<Evidence> =
                rows.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, row)| row.clone()).collect();
            let found = judged(&without, &known);
            assert_eq!(found.is_empty(), spare.contains(&at), "{name} without row {at} ({:?}): {found:?}", rows[at]);
        }
    }
}

#[test]
fn what_is_made_or_comes_a_second_time_is_found() {
    for Shape { name, rows, known, .. } in shapes() {
        for (at, row) in rows.iter().enumerate() {
            let again = match (row.event, row.kind) {
                // A holder's program may be late; a second take-charge, and a third notice of silence, say nothing else.
                (Event::Received, Some(Kind::TakeCharge))
                | (Event::Emitted, Some(Kind::Timeout | Kind::AnomalyEnvelope)) => continue,
                (Event::Received, Some(Kind::VirusDetection)) | (Event::Received, None) => continue,
                (Event::Emitted | Event::Received, _) => Evidence { message_id: "again".into(), ..row.clone() },
                (Event::Deposited, Some(Kind::TransportEnvelope)) => row.clone(),
                _ => continue,
            };
            // The answer after the silence is the first outcome.
            let found = judged(&[rows.clone(), vec![again]].concat(), &known);
            assert!(!found.is_empty(), "{name}: row {at} ({row:?}) twice");
        }
    }
}

#[test]
fn what_is_said_of_strangers_and_of_ordinary_recipients_is_found() {
    for Shape { name, rows, known, .. } in shapes() {
        for at in 0..rows.len() {
            let spoken = matches!(rows[at].event, Event::Emitted | Event::Received) && rows[at].concerns == [BOB];
            if !spoken || rows[at].kind == Some(Kind::AnomalyEnvelope) {
                continue;
            }
            let mut changed = rows.clone();
            changed[at].concerns.push("altro@beta.example".into());
            assert!(judged(&changed, &known).contains(&Reason::Stranger), "{name}: row {at} of a stranger");
            // A notice that the message could not be handed over is given of anybody; and an envelope comes for anybody.
            if !matches!(rows[at].kind, Some(Kind::NonDelivery | Kind::TransportEnvelope)) {
                changed[at].concerns[1] = CARLA.into();
                assert!(
                    judged(&changed, &known).contains(&Reason::Uncertified),
                    "{name}: row {at} of an ordinary recipient"
                );
            }
        }
    }
}

#[test]
fn each_fault_has_its_reason() {
    use Kind::{
        Acceptance, AnomalyEnvelope, Delivery, NonAcceptance, NonDelivery, TakeCharge, TransportEnvelope,
        VirusDetection, VirusNonDelivery,
    };
    let open = || known(State::Accepted, None);
    let done = || known(State::Delivered, Some("d1"));
    let rows = |parts: &[Vec<Evidence>]| parts.concat();
    let without = |rows: Vec<Evidence>, event: Event, kind: Option<Kind>| -> Vec<Evidence> {
        rows.into_iter().filter(|row| (row.event, row.kind) != (event, kind)).collect()
    };
    let other = |change: fn(&mut Subject)| {
        let mut subject = subject().subject().clone();
        change(&mut subject);
        Evidence { about: About::Subject(SharedSubject::new(subject)), ..came(TakeCharge, "c1", &[BOB]) }
    };
    let contradicted = row(Event::Contradicted, Delivery, "z", &[BOB], Actor::Peer);
    let mut unfollowed = open();
    unfollowed.addressees.remove(0);
    let table: Vec<(Reason, Vec<Evidence>, Known)> = vec![
        (Reason::Unanswered, vec![submitted()], Known::default()),
        (Reason::AcceptedTwice, rows(&[accepted(), given(Acceptance, "a2", &[])]), open()),
        (Reason::AcceptedAndRefused, rows(&[accepted(), given(NonAcceptance, "n", &[])]), open()),
        (Reason::NotSubmitted, without(accepted(), Event::Received, None), open()),
        (Reason::NoEnvelope, without(accepted(), Event::Emitted, Some(TransportEnvelope)), open()),
        (Reason::TwoEnvelopes, rows(&[accepted(), vec![made(TransportEnvelope, "id2", &[])]]), open()),
        (Reason::NoAcceptance, without(accepted(), Event::Emitted, Some(Acceptance)), open()),
        (Reason::NotDeposited, without(accepted(), Event::Deposited, Some(Acceptance)), open()),
        (
            Reason::TwoMessages,
            rows(&[accepted(), vec![other(|subject| subject.sender = "eva@alfa.example".into())]]),
            known(State::TakenInCharge, None),
        ),
        (
            Reason::TwoMessages,
            rows(&[accepted(), vec![other(|subject| drop(subject.recipients.pop()))]]),
            known(State::TakenInCharge, None),
        ),
        (Reason::NeverAccepted, brought(Delivery, "d1"), Known::default()),
        (Reason::Contradicted, rows(&[accepted(), vec![contradicted]]), open()),
        (Reason::CertifiedAnomaly, rows(&[accepted(), vec![made(AnomalyEnvelope, "x", &[])]]), open()),
        (
            Reason::Stranger,
            rows(&[incoming(delivered()), vec![made(Delivery, "d9", &["eva@beta.example"])]]),
            Known::default(),
        ),
        (Reason::Uncertified, rows(&[incoming(delivered()), vec![made(Delivery, "d9", &[CARLA])]]), Known::default()),
        (Reason::NotFollowed, accepted(), unfollowed),
        (Reason::TwoOutcomes, rows(&[accepted(), brought(Delivery, "d1"), brought(NonDelivery, "n1")]), done()),
        (Reason::TwoOutcomes, rows(&[incoming(delivered()), vec![made(NonDelivery, "n1", &[BOB])]]), Known::default()),
        (
            Reason::TwoOutcomes,
            rows(&[incoming(delivered()), vec![made(VirusDetection, "v1", &[BOB])]]),
            Known::default(),
        ),
        (Reason::NoOutcome, incoming(vec![]), Known::default()),
        (
            Reason::CameTwice,
            rows(&[incoming(delivered()), vec![came(TransportEnvelope, "id", &[BOB])]]),
            Known::default(),
        ),
        (Reason::TakeCharge, without(incoming(delivered()), Event::Emitted, Some(TakeCharge)), Known::default()),
        (Reason::TakeCharge, rows(&[accepted(), vec![made(TakeCharge, "c1", &[BOB])]]), open()),
        (
            Reason::Undelivered,
            without(incoming(delivered()), Event::Deposited, Some(TransportEnvelope)),
            Known::default(),
        ),
        (
            Reason::Undelivered,
            incoming(vec![put(TransportEnvelope, "id", &[BOB]), made(NonDelivery, "n1", &[BOB])]),
            Known::default(),
        ),
        (
            Reason::VirusUnpaired,
            rows(&[accepted(), vec![came(VirusDetection, "v1", &[BOB])]]),
            known(State::Virus, Some("v1")),
        ),
        (
            Reason::VirusUnpaired,
            rows(&[accepted(), given(VirusNonDelivery, "w1", &[BOB])]),
            known(State::Virus, Some("w1")),
        ),
        (Reason::StateDiffers, rows(&[accepted(), brought(Delivery, "d1")]), open()),
        (Reason::StateDiffers, rows(&[accepted(), brought(Delivery, "d1")]), known(State::Delivered, Some("d2"))),
        (Reason::StateDiffers, accepted(), known(State::TakenInCharge, None)),
        (Reason::StateDiffers, accepted(), known(State::Expired, Some("t1"))),
        (Reason::StateDiffers, accepted(), known(State::Sent, None)),
    ];
    for (reason, rows, known) in table {
        assert!(judged(&rows, &known).contains(&reason), "{reason:?}: {:?}", judged(&rows, &known));
    }
}

#[test]
fn an_outcome_that_is_not_there_is_wrong_when_the_hours_are_over() {
    for state in State::ALL.into_iter().filter(|state| !state.is_final() && *state != State::Sent) {
        let rows = match state {
            State::TakenInCharge => [accepted(), vec![came(Kind::TakeCharge, "c1", &[BOB])]].concat(),
            _ => accepted(),
        };
        let mut case = Case::default();
        rows.iter().for_each(|row| case.add(row));
        let at = |seconds: i64| case.judge(&known(state, None), Moment::from_unix(START + seconds), MARGIN);
        assert_eq!(at(LAST_WORD + MARGIN - 1), [], "{state:?}");
        assert_eq!(at(LAST_WORD + MARGIN), [Flaw { reason: Reason::Overdue, whom: BOB.into() }], "{state:?}");
    }
}

#[test]
fn five_hundred_recipients_and_any_number_of_rows_about_them_are_bounded() {
    let mut case = Case::default();
    accepted().iter().for_each(|row| case.add(row));
    for number in 0..10_000 {
        case.add(&came(Kind::Delivery, &format!("d{number}"), &[&format!("x{number}@beta.example")]));
        case.add(&came(Kind::Delivery, &format!("d{number}"), &[BOB]));
    }
    assert!(case.parties.len() <= 2 + 100 && case.parties[BOB].outcomes.count() <= 4);
}
