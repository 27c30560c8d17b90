//! What an auditor reads out of the evidence of two providers, after any exchanges [R-O-log-2] [R-2.3-a].

use crate::world::{ANNA, Answer, House, LUCA, MARIO, Time, Trace, Wire, World, address};
use bytes::Bytes;
use pec::{Address, Kind, ReversePath};
use proptest::prelude::*;
use proptest::sample::Index;
use provider::points::finding::Arrival;
use reconcile::Reconciler;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{DiscrepancyQuery, Event, NewMailbox, Principals, Reconciliation, Upkeep};

/// Whom Mario writes to: of both providers, at home and abroad, who exist, who do not, who are full, and nobody's.
const RECIPIENTS: [&str; 8] = [
    ANNA,
    LUCA,
    "luca.verdi@alfa.example",
    "nessuno@beta.example",
    "nessuno@alfa.example",
    "piena@beta.example",
    "piena@alfa.example",
    "carla@ordinary.example",
];

/// Where a virus is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Virus {
    Nowhere,
    AtAccess,
    AtIncoming,
}

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    /// A message of Mario's; the wire does that for so many hours.
    Exchange { to: Vec<&'static str>, virus: Virus, wire: Wire, hours: i64 },
    /// A message that was carried comes again.
    Again(Index),
    /// Ordinary mail for Anna, who takes it, or for Luca, who does not; twice.
    Ordinary(&'static str),
}

fn step() -> impl Strategy<Value = Step> {
    let to = proptest::sample::subsequence(RECIPIENTS.to_vec(), 1..=RECIPIENTS.len());
    let virus = prop_oneof![4 => Just(Virus::Nowhere), 1 => Just(Virus::AtAccess), 2 => Just(Virus::AtIncoming)];
    let wire = prop_oneof![2 => Just(Wire::Works), 1 => Just(Wire::LosesReplies), 2 => Just(Wire::Dead)];
    let exchange = (to, virus, wire, 1i64..30);
    prop_oneof![
        5 => exchange.prop_map(|(to, virus, wire, hours)| Step::Exchange { to, virus, wire, hours }),
        3 => any::<Index>().prop_map(Step::Again),
        1 => prop_oneof![Just(ANNA), Just(LUCA)].prop_map(Step::Ordinary),
    ]
}

async fn pass(world: &World, hours: i64) {
    let Time { .. } = &world.time;
    for _ in 0..hours {
        world.time.pass(3600);
        world.settle().await;
        for house in [&world.alfa, &world.beta] {
            provider::watch::look(&house.provider).await.unwrap();
        }
    }
}

async fn happen(world: &World, number: usize, step: &Step) {
    match step {
        Step::Exchange { to, virus, wire, hours } => {
            let message = format!(
                "From: {MARIO}\nTo: {}\nSubject: prova {number}\nMessage-ID: <{number}@c>\n\nx\n",
                to.join(", ")
            );
            world.net.set(*wire);
            match virus {
                Virus::AtAccess => world.alfa.scanner.finds("Prova-Virus"),
                Virus::AtIncoming => world.beta.scanner.finds("Prova-Virus"),
                Virus::Nowhere => {}
            }
            assert_eq!(world.submit(to, &message).await.code, 250);
            // At home the same provider finds at the second scan what it did not find at the first.
            match virus {
                Virus::AtIncoming => world.alfa.scanner.finds("Prova-Virus"),
                _ => world.alfa.scanner.set(Default::default()),
            }
            world.settle().await;
            if *wire != Wire::Works {
                pass(world, *hours).await;
                world.net.set(Wire::Works);
            }
            pass(world, 2).await;
            world.alfa.scanner.set(Default::default());
            world.beta.scanner.set(Default::default());
        }
        Step::Again(index) => {
            let carried = world.net.carried.lock().unwrap().clone();
            if carried.is_empty() {
                return;
            }
            let (path, to, message) = index.get(&carried).clone();
            let recipients: Vec<Address> = to.iter().map(|to| address(to)).collect();
            let house = if recipients[0].domain() == "alfa.example" { &world.alfa } else { &world.beta };
            let path = ReversePath::Address(address(&path));
            assert_eq!(
                Answer::of(house.provider.receive(Arrival { path, recipients, message, peer: None }).await).code,
                250
            );
        }
        Step::Ordinary(to) => {
            let text = format!("From: x@ordinary.example\r\nTo: {to}\r\nMessage-ID: <{number}@o>\r\n\r\nx\r\n");
            for _ in 0..2 {
                let arrival = Arrival {
                    path: ReversePath::Address(address("x@ordinary.example")),
                    recipients: vec![address(to)],
                    message: Bytes::from(text.clone()),
                    peer: None,
                };
                let code = Answer::of(world.beta.provider.receive(arrival).await).code;
                assert_eq!(code, if *to == ANNA { 250 } else { 550 });
            }
        }
    }
}

/// The rows about one message.
struct File<'a>(Vec<&'a Trace>);

impl File<'_> {
    fn count(&self, event: Event, kind: Kind) -> usize {
        self.0.iter().filter(|row| row.event == event && row.kind == Some(kind)).count()
    }

    /// How many rows of these kinds are on a recipient.
    fn on(&self, recipient: &str, event: Event, kinds: &[Kind]) -> usize {
        let named = |row: &Trace| row.concerns.iter().any(|one| one.eq_ignore_ascii_case(recipient));
        let of = |row: &&&Trace| row.event == event && row.kind.is_some_and(|kind| kinds.contains(&kind));
        self.0.iter().filter(of).filter(|row| named(row)).count()
    }

    /// Addresses with `(certificato)`, or with `(esterno)`.
    fn listed(&self, certified: bool) -> Vec<String> {
        let mark = if certified { " (certificato)" } else { " (esterno)" };
        self.0[0].recipients.iter().filter_map(|text| text.strip_suffix(mark)).map(str::to_owned).collect()
    }
}

/// What is wrong in the evidence of the provider of `domain`.
fn audit(domain: &str, rows: &[Trace]) -> Result<usize, TestCaseError> {
    use Event::{Emitted, Received};
    use Kind::{
        Acceptance, AnomalyEnvelope, Delivery, NonAcceptance, NonDelivery, TakeCharge, Timeout, TransportEnvelope,
        VirusDetection, VirusNonAcceptance, VirusNonDelivery,
    };
    let mut files: BTreeMap<&str, File<'_>> = BTreeMap::new();
    for row in rows {
        files.entry(&row.identifier).or_insert_with(|| File(Vec::new())).0.push(row);
    }
    for (id, file) in &files {
        let context = format!("{id} at {domain}: {:#?}", file.0);
        // Sender and recipients are equal in all lines, ignoring case.
        for row in &file.0 {
            prop_assert!(row.sender.eq_ignore_ascii_case(&file.0[0].sender), "another sender: {context}");
            let lower = |row: &Trace| row.recipients.iter().map(|r| r.to_lowercase()).collect::<Vec<_>>();
            prop_assert_eq!(lower(row), lower(file.0[0]), "other recipients: {}", context);
        }
        let here = |address: &str| address.ends_with(&format!("@{domain}"));
        let refused = file.count(Emitted, NonAcceptance) + file.count(Emitted, VirusNonAcceptance);
        let accepted = file.count(Emitted, Acceptance);
        let anomalies = file.count(Emitted, AnomalyEnvelope);
        let envelopes = file.count(Emitted, TransportEnvelope);
        if anomalies > 0 {
            let certified = file.0.iter().filter(|row| row.kind.is_some_and(|kind| kind != AnomalyEnvelope));
            prop_assert_eq!((anomalies, certified.count()), (1, 0), "{}", context);
            continue;
        }
        // Nothing of what speaks for certified recipients speaks for others.
        for other in file.listed(false) {
            let spoken = [TakeCharge, VirusDetection, Delivery, VirusNonDelivery, Timeout];
            prop_assert_eq!(file.on(&other, Received, &spoken), 0, "{}", context);
            prop_assert_eq!(file.on(&other, Emitted, &spoken), 0, "{}", context);
        }
        if refused > 0 {
            prop_assert_eq!((refused, accepted, envelopes), (1, 0, 0), "{}", context);
            continue;
        }
        if here(&file.0[0].sender) {
            prop_assert_eq!((accepted, envelopes), (1, 1), "{}", context);
            for to in file.listed(true) {
                let charges = file.on(&to, Received, &[TakeCharge]);
                let abroad = if here(&to) { 0 } else { file.on(&to, Emitted, &[NonDelivery]) };
                let virus = file.on(&to, Emitted, &[VirusNonDelivery]);
                let said = file.on(&to, Received, &[Delivery, NonDelivery]) + abroad + virus;
                let silences = file.on(&to, Emitted, &[Timeout]);
                prop_assert!(silences <= 2, "{to}: {context}");
                // Taken in charge once and answered once; or not at all, and told so.
                prop_assert_eq!(charges, said, "{}: {}", to, context);
                prop_assert!(said == 1 || (said == 0 && silences > 0), "{to}: {context}");
                prop_assert_eq!(file.on(&to, Received, &[VirusDetection]), virus, "{}: {}", to, context);
            }
        } else {
            prop_assert_eq!((accepted, envelopes), (0, 0), "{}", context);
        }
        for to in file.listed(true).iter().filter(|to| here(to)) {
            let came = file.on(to, Received, &[TransportEnvelope]);
            prop_assert_eq!(came, 1, "{}: {}", to, context);
            prop_assert_eq!(file.on(to, Emitted, &[TakeCharge]), 1, "{}: {}", to, context);
            prop_assert_eq!(file.on(to, Emitted, &[Delivery, NonDelivery, VirusDetection]), 1, "{}: {}", to, context);
        }
    }
    Ok(files.len())
}

/// What reconciliation finds in the store of a provider.
async fn discrepancies(world: &World, house: &House) -> Vec<String> {
    let reconciler = Reconciler::new(reconcile::Trace::of(house.store.engine()), Arc::new(world.time.clone()));
    reconciler.look().await.unwrap();
    let query = DiscrepancyQuery { limit: 100, ..DiscrepancyQuery::default() };
    let found = house.store.discrepancies(query).await.unwrap();
    found
        .iter()
        .map(|one| format!("{} {}: {}", one.identifier.as_deref().unwrap_or_default(), one.whom, one.reason))
        .collect()
}

async fn full(house: &House, domain: &str) {
    let address = address(&format!("piena@{domain}"));
    house.store.create_mailbox(NewMailbox { address, password: None, quota: 1, service: false }).await.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 0, failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_happens_the_evidence_of_both_providers_satisfies_an_auditor(
        steps in proptest::collection::vec(step(), 4..8)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            world.beta.ordinary(ANNA, "anomaly").await;
            full(&world.alfa, "alfa.example").await;
            full(&world.beta, "beta.example").await;
            for (number, step) in steps.iter().enumerate() {
                happen(&world, number, step).await;
            }
            pass(&world, 27).await;
            prop_assert_eq!(world.alfa.store.figures().await.unwrap().queued, 0);
            prop_assert_eq!(world.beta.store.figures().await.unwrap().queued, 0);
            let sent = steps.iter().filter(|step| matches!(step, Step::Exchange { .. })).count();
            prop_assert_eq!(audit("alfa.example", &world.alfa.evidence().await)?, sent);
            audit("beta.example", &world.beta.evidence().await)?;
            // The product's own judge, which knows the fates too.
            for house in [&world.alfa, &world.beta] {
                prop_assert_eq!(discrepancies(&world, house).await, Vec::<String>::new());
            }
            Ok(())
        })?;
    }
}

/// The auditor is not blind.
#[tokio::test]
async fn an_auditor_finds_a_row_that_is_missing_doubled_or_changed() {
    let world = World::new().await;
    let message = format!("From: {MARIO}\nTo: {ANNA}\nSubject: prova\nMessage-ID: <1@c>\n\nx\n");
    assert_eq!(world.submit(&[ANNA], &message).await.code, 250);
    world.settle().await;
    for (domain, house, seen) in [
        (
            "alfa.example",
            &world.alfa,
            &[Kind::Acceptance, Kind::TransportEnvelope, Kind::TakeCharge, Kind::Delivery][..],
        ),
        ("beta.example", &world.beta, &[Kind::TransportEnvelope, Kind::TakeCharge, Kind::Delivery]),
    ] {
        let rows = house.evidence().await;
        assert!(audit(domain, &rows).is_ok(), "{rows:?}");
        for kind in seen {
            let is = |row: &Trace| row.kind == Some(*kind) && matches!(row.event, Event::Received | Event::Emitted);
            let without: Vec<Trace> = rows.iter().filter(|row| !is(row)).cloned().collect();
            assert!(without.len() < rows.len() && audit(domain, &without).is_err(), "{kind:?} at {domain}");
            let twice: Vec<Trace> = rows.iter().chain(rows.iter().filter(|row| is(row))).cloned().collect();
            assert!(audit(domain, &twice).is_err(), "{kind:?} twice at {domain}");
        }
        for at in 0..rows.len() {
            let mut changed = rows.clone();
            changed[at].recipients.push("altro@beta.example (certificato)".into());
            assert!(audit(domain, &changed).is_err(), "row {at} at {domain}");
        }
    }
}
