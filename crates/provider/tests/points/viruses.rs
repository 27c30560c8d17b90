//! Infected messages (RFC 6109 §2.2.4, §3.1.3, §3.2.3, §3.2.4), found at each of the two points that scan.

use crate::world::{ANNA, Answer, House, LUCA, MARIO, Script, Wire, World, address};
use bytes::Bytes;
use pec::{Fault, Kind, Moment, ReversePath};
use provider::points::finding::Arrival;
use provider::scanner::Verdict;
use store::{Content, Event, InfectedQuery, InfectedRow, Point, Upkeep};

const VIRUS: &str = "Eicar-Test-Signature";
const BOTH: &str = "From: mario.rossi@alfa.example
To: anna.bianchi@beta.example, luca.verdi@beta.example
Subject: listino
Message-ID: <7@client.example>

ecco il listino
";
const WRONG: &str = "From: altro@alfa.example\nTo: anna.bianchi@beta.example\nSubject: x\n\nciao\n";

async fn put_away(house: &House) -> Vec<InfectedRow> {
    house.store.infected(InfectedQuery { limit: 100, ..InfectedQuery::default() }).await.unwrap()
}

async fn bytes_of(house: &House, row: &InfectedRow) -> Bytes {
    house.store.read(row.message).await.unwrap().unwrap().to_bytes()
}

/// The data of every notice of a kind in a mailbox.
async fn data(house: &House, mailbox: &str, kind: Kind) -> Vec<pec::daticert::CertificationData> {
    let messages = house.messages(mailbox, kind).await;
    messages.iter().map(|m| pec::message::read(m, seal::open(m).unwrap().entity).unwrap().data).collect()
}

/// An envelope of alfa's for Anna and Luca, not delivered yet.
async fn envelope(world: &World) -> Bytes {
    world.net.set(Wire::Dead);
    assert_eq!(world.submit(&[ANNA, LUCA], BOTH).await.code, 250);
    let queued = world.alfa.store.queue().await;
    let item = queued.iter().find(|item| item.kind == Some(Kind::TransportEnvelope)).unwrap();
    world.alfa.store.read(item.message).await.unwrap().unwrap().to_bytes()
}

async fn bring(world: &World, path: &str, to: &[&str], message: &Bytes) -> Answer {
    let recipients = to.iter().map(|text| address(text)).collect();
    let path = ReversePath::Address(address(path));
    Answer::of(world.beta.provider.receive(Arrival { path, recipients, message: message.clone(), peer: None }).await)
}

#[tokio::test]
async fn an_infected_submission_comes_back_as_a_virus_notice_and_is_put_away() {
    let world = World::new().await;
    world.alfa.scanner.finds(VIRUS);
    assert_eq!(world.submit(&[ANNA, LUCA], BOTH).await.code, 250);
    world.settle().await;
    // [R-3.1.3-z] [R-L-DPR12] refused, told at once, and nothing left the house.
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::VirusNonAcceptance]);
    assert!(world.net.carried.lock().unwrap().is_empty());
    let (notice, pec) = world.alfa.only(MARIO, Kind::VirusNonAcceptance).await;
    // [R-3.1.3-a] [R-3.1.3-c]
    assert_eq!(pec.header.value("X-Ricevuta").as_deref(), Some("non-accettazione"));
    assert_eq!(pec.header.value("X-VerificaSicurezza").as_deref(), Some("errore"));
    assert_eq!((pec.data.fault, pec.data.extended_error.as_deref()), (Fault::Virus, Some(VIRUS)));
    // [R-3.1.3-b]
    assert!(!String::from_utf8_lossy(&notice).contains("ecco il listino"));
    // [R-2.2.4-a] kept for thirty months, as it was submitted [R-5.4-a].
    let kept = put_away(&world.alfa).await;
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].point, kept[0].virus.as_str()), (Point::Access, VIRUS));
    assert_eq!(kept[0].identifier, pec.data.identifier.as_str().into());
    assert_eq!(bytes_of(&world.alfa, &kept[0]).await, BOTH.replace('\n', "\r\n"));
    assert_eq!((kept[0].at.day(), kept[0].until.day()), ("28/05/2026".into(), "28/11/2028".into()));
    // One scan, however many recipients; and the evidence knows.
    assert_eq!(world.alfa.scanner.count(), 1);
    let rows = world.alfa.evidence().await;
    assert!(rows.iter().any(|row| row.event == Event::Emitted && row.kind == Some(Kind::VirusNonAcceptance)));
    assert!(rows.iter().any(|row| row.event == Event::Received && row.error.as_deref() == Some(VIRUS)));
    assert_eq!(world.alfa.store.figures().await.unwrap().awaited, 0);
}

/// [R-I-ap-2]
#[tokio::test]
async fn what_the_formal_checks_refuse_is_not_scanned() {
    let world = World::new().await;
    world.alfa.scanner.finds(VIRUS);
    world.submit(&[ANNA], WRONG).await;
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::NonAcceptance]);
    assert_eq!(world.alfa.scanner.count(), 0);
    assert!(put_away(&world.alfa).await.is_empty());
}

#[tokio::test]
async fn a_virus_that_only_the_receiver_knows_goes_the_whole_way_back() {
    let world = World::new().await;
    world.beta.scanner.finds(VIRUS);
    assert_eq!(world.submit(&[ANNA, LUCA], BOTH).await.code, 250);
    world.settle().await;
    // V-Q: one transaction, one take-charge with two `ricezione`, then two detections [R-2.2.2-l] [R-3.2.3-b].
    let service = "ricevute@alfa.example";
    assert_eq!(world.alfa.kinds(service).await, [Kind::TakeCharge, Kind::VirusDetection, Kind::VirusDetection]);
    assert_eq!(data(&world.alfa, service, Kind::TakeCharge).await[0].reception, [ANNA, LUCA]);
    let detections = data(&world.alfa, service, Kind::VirusDetection).await;
    let about: Vec<_> = detections.iter().map(|data| data.delivery.as_deref().unwrap()).collect();
    assert_eq!(about, [ANNA, LUCA]);
    // [R-3.2.3-e]
    assert!(detections.iter().all(|data| data.extended_error.as_deref() == Some(VIRUS)));
    // [R-3.2.3-c]
    for notice in world.alfa.messages(service, Kind::VirusDetection).await {
        let pec = pec::message::read(&notice, seal::open(&notice).unwrap().entity).unwrap();
        let header = |name| pec.header.value(name).unwrap_or_default();
        assert_eq!((header("X-Ricevuta"), header("X-Mittente")), ("rilevazione-virus".into(), MARIO.into()));
        assert_eq!(header("X-VerificaSicurezza"), "");
        // [R-3.2.3-d]
        assert!(!String::from_utf8_lossy(&notice).contains("ecco il listino"));
    }
    // [R-3.2.3-a] nobody has it.
    assert!(world.beta.entries(ANNA).await.is_empty() && world.beta.entries(LUCA).await.is_empty());
    // [R-2.2.2-m] the holder is told for each recipient, and no watch remains [R-I-to-1].
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::VirusNonDelivery, Kind::VirusNonDelivery]);
    let told = data(&world.alfa, MARIO, Kind::VirusNonDelivery).await;
    assert_eq!(told.iter().map(|data| data.delivery.as_deref().unwrap()).collect::<Vec<_>>(), [ANNA, LUCA]);
    assert!(told.iter().all(|data| data.fault == Fault::Virus));
    assert_eq!(world.alfa.store.figures().await.unwrap().awaited, 0);
    // [R-3.2.3-f] the envelope, byte for byte.
    let kept = put_away(&world.beta).await;
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].point, kept[0].until), (Point::Incoming, kept[0].at.plus_months(30)));
    let carried = world.net.carried.lock().unwrap().clone();
    let (_, _, sent) = carried.iter().find(|(path, ..)| path == MARIO).unwrap();
    assert_eq!(bytes_of(&world.beta, &kept[0]).await, *sent);
    // Scanned once by each provider; the notices of both were not.
    assert_eq!((world.alfa.scanner.count(), world.beta.scanner.count()), (1, 1));
}

#[tokio::test]
async fn in_two_transactions_each_has_its_own_take_charge_and_detection() {
    let world = World::new().await;
    let message = envelope(&world).await;
    world.beta.scanner.finds(VIRUS);
    for to in [ANNA, LUCA] {
        assert_eq!(bring(&world, MARIO, &[to], &message).await.code, 250);
    }
    // V-Q1: and the same again has no effect, and is not scanned again.
    assert_eq!(bring(&world, MARIO, &[ANNA, LUCA], &message).await.code, 250);
    assert_eq!(world.beta.scanner.count(), 2);
    let queue = world.beta.store.queue().await;
    let kinds: Vec<_> = queue.iter().filter_map(|item| item.kind).collect();
    assert_eq!(kinds, [Kind::TakeCharge, Kind::VirusDetection, Kind::TakeCharge, Kind::VirusDetection]);
    assert_eq!(put_away(&world.beta).await.len(), 2);
    world.net.set(Wire::Works);
    world.beta.relay.settle_all().await.unwrap();
    let service = "ricevute@alfa.example";
    let taken: Vec<_> = data(&world.alfa, service, Kind::TakeCharge).await.into_iter().map(|d| d.reception).collect();
    assert_eq!(taken, [[ANNA], [LUCA]]);
    assert_eq!(world.alfa.messages(MARIO, Kind::VirusNonDelivery).await.len(), 2);
}

#[tokio::test]
async fn every_recipient_of_ours_gets_its_detection_also_one_without_a_mailbox() {
    let world = World::new().await;
    world.beta.scanner.finds(VIRUS);
    let message = BOTH.replace("luca.verdi@", "nessuno@");
    world.submit(&[ANNA, "nessuno@beta.example"], &message).await;
    world.settle().await;
    let told = data(&world.alfa, MARIO, Kind::VirusNonDelivery).await;
    let about: Vec<_> = told.iter().map(|data| data.delivery.as_deref().unwrap()).collect();
    assert_eq!(about, [ANNA, "nessuno@beta.example"]);
    assert!(world.alfa.messages(MARIO, Kind::NonDelivery).await.is_empty());
}

#[tokio::test]
async fn while_the_scanner_is_away_nothing_is_taken_and_nothing_is_lost() {
    let world = World::new().await;
    world.alfa.scanner.set(Script::Away);
    let answer = world.submit(&[ANNA], BOTH.replace(", luca.verdi@beta.example", "").as_str()).await;
    assert_eq!((answer.code, answer.enhanced), (450, "4.7.0"), "{answer:?}");
    assert!(answer.text.contains("cannot be scanned"), "{answer:?}");
    assert!(world.alfa.entries(MARIO).await.is_empty() && world.alfa.evidence().await.is_empty());
    // Health knows, since when and why, until it works again.
    let trouble = world.alfa.provider.scanner_trouble().unwrap();
    assert_eq!(trouble.since, world.alfa.provider.now());
    assert!(trouble.error.contains("away"));
    world.alfa.scanner.set(Script::Clean);
    assert_eq!(world.submit(&[ANNA, LUCA], BOTH).await.code, 250);
    assert_eq!(world.alfa.provider.scanner_trouble(), None);

    // The same at the Incoming Point: the peer keeps it.
    world.beta.scanner.set(Script::Away);
    world.settle().await;
    assert!(world.beta.entries(ANNA).await.is_empty() && world.beta.evidence().await.is_empty());
    assert_eq!(world.beta.store.figures().await.unwrap().queued, 0);
    world.beta.scanner.set(Script::Clean);
    world.time.pass(3600);
    world.settle().await;
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::TransportEnvelope]);
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::Delivery, Kind::Delivery]);
    assert!(put_away(&world.beta).await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_examined_meets_the_policy_of_each_provider() {
    let world = World::new().await;
    let why = "Heuristics.Encrypted.Zip";
    for house in [&world.alfa, &world.beta] {
        house.scanner.set(Script::Finds(Verdict::Unscannable { why: why.into() }));
    }
    assert_eq!(world.submit(&[ANNA, LUCA], BOTH).await.code, 250);
    world.settle().await;
    // Alfa accepts it, beta treats it as infected and says what it met.
    let told = data(&world.alfa, MARIO, Kind::VirusNonDelivery).await;
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|data| data.extended_error.as_deref() == Some(why)));
    assert!(put_away(&world.alfa).await.is_empty());
    assert_eq!(put_away(&world.beta).await[0].virus, why);
}

#[tokio::test]
async fn an_infected_anomaly_is_refused_and_a_clean_one_delivered() {
    let world = World::new().await;
    let message = envelope(&world).await;
    world.beta.scanner.finds(VIRUS);
    // The path is not the certified sender's: certified origin, wrong form.
    let answer = bring(&world, LUCA, &[ANNA], &message).await;
    assert_eq!((answer.code, answer.enhanced), (550, "5.7.1"), "[R-2.2.2-k]");
    assert!(answer.text.contains(VIRUS), "{answer:?}");
    assert!(world.beta.entries(ANNA).await.is_empty());
    world.beta.scanner.set(Script::Clean);
    assert_eq!(bring(&world, LUCA, &[ANNA], &message).await.code, 250);
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::AnomalyEnvelope]);
}

#[tokio::test]
async fn the_watch_over_the_scanner_tells_of_trouble_before_a_message_does() {
    let world = World::new().await;
    world.alfa.scanner.set(Script::Away);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let watching = tokio::spawn(provider::scanning::keep_watch(world.alfa.provider.clone(), stopped));
    while world.alfa.provider.scanner_trouble().is_none() {
        tokio::task::yield_now().await;
    }
    stop.send_replace(true);
    watching.await.unwrap();
    assert_eq!(world.alfa.provider.scanner_trouble().unwrap().since, Moment::from_unix(crate::world::START));
}

#[tokio::test]
async fn infected_messages_and_evidence_end_after_thirty_months_and_not_a_day_before() {
    let world = World::new().await;
    // The store itself refuses to forget what is young by the machine's clock, so this begins long ago.
    world.time.pass(-(4 * 365 + 10) * 86_400);
    let accepted = world.alfa.provider.now();
    world.submit(&[ANNA], "From: mario.rossi@alfa.example\nTo: anna.bianchi@beta.example\nSubject: x\n\nciao\n").await;
    world.settle().await;
    world.alfa.scanner.finds(VIRUS);
    world.submit(&[ANNA, LUCA], BOTH).await;
    let (_keep, stop) = tokio::sync::watch::channel(false);
    let sweep =
        async || provider::retention::expire(&*world.alfa.store, world.alfa.provider.now(), 0, &stop).await.unwrap();
    let rows = world.alfa.evidence().await.len();
    assert!(rows > 3);
    let end = accepted.plus_months(30).unix();
    world.time.pass(end - world.alfa.provider.now().unix() - 1);
    assert!(!sweep().await.any());
    assert_eq!((world.alfa.evidence().await.len(), put_away(&world.alfa).await.len()), (rows, 1));
    world.time.pass(60);
    let gone = sweep().await;
    // [R-2.3-b] the last row stays, for its number; [R-2.2.4-a] [R-3.2.3-f].
    assert_eq!((gone.evidence, gone.infected, gone.notes), (rows as u64 - 1, 1, 1));
    assert!(put_away(&world.alfa).await.is_empty());
    // What the holder has stays: it is not the provider's.
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::Delivery, Kind::VirusNonAcceptance]);
    assert!(!sweep().await.any());
}
