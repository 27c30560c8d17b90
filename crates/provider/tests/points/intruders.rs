//! What comes to the Incoming Point and is not what it says (RFC 6109 §2.2.2).

use crate::world::{ANNA, Answer, LUCA, MARIO, START, World, address, authority, provider_name, record};
use bytes::Bytes;
use directory::{Index, Record};
use pec::compose::{self, Certified, Draft, Emitter};
use pec::original::Original;
use pec::{Kind, Moment, ReceiptType, Recipient, RecipientType, ReversePath};
use provider::points::finding::{Arrival, Finding};
use seal::{FileSigner, Signer};
use store::Event;

use store::Upkeep;

const ORIGINAL: &str = "From: mario.rossi@alfa.example\r\nTo: anna.bianchi@beta.example\r\nSubject: prova\r\nMessage-ID: <1@c>\r\n\r\nciao\r\n";

pub fn certified() -> Certified {
    Certified {
        sender: address(MARIO),
        recipients: vec![Recipient { address: address(ANNA), kind: RecipientType::Certified }],
        reply_to: MARIO.into(),
        subject: Some("prova".into()),
        identifier: "t1.1@alfa.example".into(),
        message_id: Some("<1@c>".into()),
        receipt: ReceiptType::Complete,
    }
}

fn emitter() -> Emitter {
    Emitter { name: provider_name("alfa"), address: address("posta-certificata@alfa.example"), english: false }
}

pub fn envelope(certified: &Certified) -> Draft {
    let original = Original::parse(Bytes::from_static(ORIGINAL.as_bytes()));
    let postacert = original.certified(&certified.identifier);
    compose::transport_envelope(&emitter(), Moment::from_unix(START), certified, &original, postacert)
}

pub fn signed(draft: &Draft, signer: &dyn Signer) -> Bytes {
    seal::seal(draft, signer).unwrap().to_bytes()
}

pub async fn bring(world: &World, path: &str, to: &[&str], message: Bytes) -> Answer {
    let path = if path.is_empty() { ReversePath::Null } else { ReversePath::Address(address(path)) };
    let recipients = to.iter().map(|text| address(text)).collect();
    Answer::of(world.beta.provider.receive(Arrival { path, recipients, message, peer: None }).await)
}

#[tokio::test]
async fn ordinary_mail_is_refused_at_the_door_and_leaves_nothing() {
    let world = World::new().await;
    // [R-2.2.2-c] existence; [R-2.2.2-j] delivered nowhere; [R-I-sec-3] a forged header is worth nothing.
    let forged = format!("X-Trasporto: posta-certificata\r\n{ORIGINAL}");
    for message in [ORIGINAL.to_owned(), forged] {
        let answer = bring(&world, "x@ordinary.example", &[ANNA], message.into()).await;
        assert_eq!((answer.code, answer.enhanced), (550, "5.7.1"), "{answer:?}");
    }
    assert_eq!(bring(&world, "x@ordinary.example", &["nessuno@beta.example"], ORIGINAL.into()).await.code, 550);
    assert!(world.beta.entries(ANNA).await.is_empty());
    assert!(world.beta.evidence().await.is_empty());
}

#[tokio::test]
async fn only_a_signer_of_the_index_under_the_pinned_authority_is_a_provider() {
    let world = World::new().await;
    let draft = envelope(&certified());
    let name = provider_name("alfa");
    // [R-2.2.2-d] the right authority, and a certificate that is not in the index.
    let unlisted = world.authority.signer(&name, "posta-certificata@alfa.example", 2090);
    // [R-I-ca-4] another authority altogether.
    let foreign = authority("Another CA").signer(&name, "posta-certificata@alfa.example", 2090);
    for signer in [&unlisted, &foreign] {
        let answer = bring(&world, MARIO, &[ANNA], signed(&draft, signer)).await;
        assert_eq!(answer.code, 550, "{answer:?}");
        assert!(answer.text.contains("index"), "{answer:?}");
    }
    assert!(world.beta.entries(ANNA).await.is_empty());
    // The listed one is taken.
    assert_eq!(bring(&world, MARIO, &[ANNA], signed(&draft, world.alfa.key.as_ref())).await.code, 250);
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::TransportEnvelope]);
}

/// What beta's Incoming Point finds of an envelope to Anna, when alfa's record is this one.
fn examined(world: &World, alfa: Record, signer: &dyn Signer) -> Finding {
    let index = Index::new(vec![alfa, record("beta", world.beta.key.certificate())], None).unwrap();
    let known = knowledge(world, index);
    let arrival = Arrival {
        path: ReversePath::Address(address(MARIO)),
        recipients: vec![address(ANNA)],
        message: signed(&envelope(&certified()), signer),
        peer: None,
    };
    provider::points::incoming::examine(&arrival, &known, Moment::from_unix(START), &mut Vec::new())
}

/// What beta's points know, with this index.
pub fn knowledge(world: &World, directory: Index) -> provider::Context {
    provider::Context {
        identity: provider::Identity {
            emitter: emitter(),
            mail_receipt: address("ricevute@beta.example"),
            reserved: Vec::new(),
            hostname: "mx.beta.example".into(),
        },
        hosting: std::sync::Arc::new([store::Domain::new("beta.example")].into_iter().collect()),
        directory: std::sync::Arc::new(directory),
        trust: world.trust.clone(),
        revocation: world.beta.revocation.clone(),
        ids: std::sync::Arc::new(provider::UniqueIds),
        limits: pec::formal::Limits { message: 1 << 20, product: 1 << 30, recipients: 50 },
        lifetime: 3600,
        brief_hash: Default::default(),
        rules: Default::default(),
    }
}

#[tokio::test]
async fn a_listed_certificate_that_has_expired_is_no_provider_any_more() {
    let world = World::new().await;
    let old: FileSigner = world.authority.signer(&provider_name("alfa"), "posta-certificata@alfa.example", 2025);
    // [R-2.2.2-e]
    let finding = examined(&world, record("alfa", old.certificate()), &old);
    let Finding::Ordinary { reason } = finding else { panic!("{finding:?}") };
    assert!(reason.english.contains("not valid"), "{reason}");
}

#[tokio::test]
async fn a_listed_certificate_of_another_authority_is_no_provider() {
    let world = World::new().await;
    let foreign = authority("Another CA").signer(&provider_name("alfa"), "posta-certificata@alfa.example", 2090);
    // [R-I-ca-4] the index alone is not enough.
    let finding = examined(&world, record("alfa", foreign.certificate()), &foreign);
    assert!(matches!(finding, Finding::Ordinary { .. }), "{finding:?}");
}

#[tokio::test]
async fn a_provider_that_writes_from_a_domain_it_does_not_manage_makes_an_anomaly() {
    let world = World::new().await;
    let key = world.alfa.key.as_ref();
    let elsewhere = Record { managed_domains: vec!["altrove.example".into()], ..record("alfa", key.certificate()) };
    // [R-7-a] [R-2.2.2-i]
    let finding = examined(&world, elsewhere, key);
    let Finding::Anomalous { reason, .. } = finding else { panic!("{finding:?}") };
    assert!(reason.italian.contains("alfa.example"), "{reason}");
    let finding = examined(&world, record("alfa", key.certificate()), key);
    assert!(matches!(finding, Finding::Envelope(_)), "{finding:?}");
}

#[tokio::test]
async fn a_message_changed_on_the_way_is_not_certified_mail() {
    let world = World::new().await;
    let message = signed(&envelope(&certified()), world.alfa.key.as_ref());
    let at = message.windows(4).position(|window| window == b"ciao").unwrap();
    let mut changed = message.to_vec();
    changed[at] = b'C';
    let answer = bring(&world, MARIO, &[ANNA], changed.into()).await;
    assert_eq!(answer.code, 550);
    assert!(answer.text.contains("changed"), "{answer:?}");
}

#[tokio::test]
async fn a_provider_s_malformed_message_is_delivered_in_an_anomaly_envelope() {
    // [R-2.2.2-i] [R-2.2.2-f] [R-I-inp-1] each of these is signed by a listed provider and formally wrong.
    let world = World::new().await;
    let key = world.alfa.key.as_ref();
    // Each is a message of its own.
    let numbers = std::cell::Cell::new(0);
    let good = || {
        numbers.set(numbers.get() + 1);
        envelope(&Certified { subject: Some(format!("prova {}", numbers.get())), ..certified() })
    };
    let with_header = |from: &str, to: &str| {
        let good = good();
        let header = String::from_utf8(good.header.to_vec()).unwrap().replace(from, to);
        Draft { header: header.into(), ..good }
    };
    let cases = [
        // mittente is not the reverse path
        ("altro@alfa.example", signed(&good(), key)),
        // [R-2.1-d] From is not the certificate's
        (MARIO, signed(&with_header("posta-certificata@alfa.example>", "pec@alfa.example>"), key)),
        // the header says a kind and the XML another
        (MARIO, signed(&with_header("X-Trasporto: posta-certificata", "X-Ricevuta: avvenuta-consegna"), key)),
        // no kind at all
        (MARIO, signed(&with_header("X-Trasporto: posta-certificata\r\n", ""), key)),
        // another identifier outside than inside
        (MARIO, signed(&with_header("Message-ID: <t1.1@alfa.example>", "Message-ID: <t9.9@alfa.example>"), key)),
    ];
    let count = cases.len();
    for (path, message) in cases {
        assert_eq!(bring(&world, path, &[ANNA], message.clone()).await.code, 250);
        // The same message again has no second effect.
        assert_eq!(bring(&world, path, &[ANNA], message).await.code, 250);
    }
    assert_eq!(world.beta.kinds(ANNA).await, vec![Kind::AnomalyEnvelope; count]);
    // Nor has the same signed part under another header, which is anybody's.
    let (again, other) = (good(), "Subject: altro\r\nX-Trasporto: posta-certificata");
    for header in ["X-Trasporto: posta-certificata", other] {
        let header =
            String::from_utf8(again.header.to_vec()).unwrap().replace("X-Trasporto: posta-certificata", header);
        let draft = Draft { header: header.into(), ..again.clone() };
        assert_eq!(bring(&world, "altro@alfa.example", &[ANNA], signed(&draft, key)).await.code, 250);
    }
    let count = count + 1;
    assert_eq!(world.beta.kinds(ANNA).await, vec![Kind::AnomalyEnvelope; count]);
    // [R-3.2.2-e] [R-I-sec-4] nothing goes back.
    assert_eq!(world.beta.store.figures().await.unwrap().queued, 0);
    // [R-3.2.2-f] signed by us, [R-3.2.2-a] with the whole message inside.
    for anomaly in world.beta.messages(ANNA, Kind::AnomalyEnvelope).await {
        let opened = seal::open(&anomaly).unwrap();
        assert_eq!(opened.signer.der(), world.beta.key.certificate().der());
        assert!(anomaly.windows(15).any(|window| window == b"multipart/mixed"));
        // [R-3.2.2-c] the reason in Italian alone, for readers who asked for nothing else.
        let text = String::from_utf8_lossy(&anomaly).replace("=\r\n", "");
        let text = text.split("multipart/alternative").nth(1).unwrap().split("message/rfc822").next().unwrap();
        assert!(text.contains("stati certificati per il seguente errore"), "{text}");
        assert!(![" the ", " is ", " says "].iter().any(|word| text.contains(word)), "{text}");
    }
}

#[tokio::test]
async fn a_recipient_that_the_envelope_does_not_list_makes_it_an_anomaly() {
    let world = World::new().await;
    let message = signed(&envelope(&certified()), world.alfa.key.as_ref());
    assert_eq!(bring(&world, MARIO, &[ANNA, LUCA], message).await.code, 250);
    assert_eq!(world.beta.kinds(LUCA).await, [Kind::AnomalyEnvelope]);
}

#[tokio::test]
async fn an_envelope_in_two_transactions_has_two_take_charges() {
    let world = World::new().await;
    let mut both = certified();
    both.recipients.push(Recipient { address: address(LUCA), kind: RecipientType::Certified });
    let message = signed(&envelope(&both), world.alfa.key.as_ref());
    bring(&world, MARIO, &[ANNA], message.clone()).await;
    // The second transaction repeats a recipient that is done.
    bring(&world, MARIO, &[ANNA, LUCA], message).await;
    world.settle().await;
    // [R-3.2.1-b] [R-3.2.1-c] each covers its own; together they cover all.
    let mut covered = Vec::new();
    for notice in world.alfa.messages("ricevute@alfa.example", Kind::TakeCharge).await {
        let data = pec::message::read(&notice, seal::open(&notice).unwrap().entity).unwrap().data;
        assert_eq!(data.recipients.len(), 2);
        covered.push(data.reception);
    }
    assert_eq!(covered, [[ANNA], [LUCA]]);
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::TransportEnvelope]);
}

#[tokio::test]
async fn a_take_charge_never_reaches_a_holder() {
    let world = World::new().await;
    let beta =
        Emitter { name: provider_name("beta"), address: address("posta-certificata@beta.example"), english: false };
    let about = Certified { sender: address(ANNA), ..certified() };
    let notice = compose::take_charge(
        &beta,
        Moment::from_unix(START),
        &about,
        &address(ANNA),
        &[address(ANNA)],
        "n1@beta.example",
    );
    let message = signed(&notice, world.beta.key.as_ref());
    // [R-2.1.1-a] sent to a holder by mistake or malice
    assert_eq!(bring(&world, "posta-certificata@beta.example", &[ANNA], message).await.code, 250);
    assert!(world.beta.entries(ANNA).await.is_empty());
    assert!(world.beta.evidence().await.iter().any(|row| row.event == Event::RelayFailed), "[R-I-hdr-4]");
}

#[tokio::test]
async fn only_a_recipient_s_own_provider_ends_the_watch_on_it() {
    let world = World::new().await;
    world.net.set(crate::world::Wire::Dead);
    let submitted = ORIGINAL.to_owned();
    world.submit_bytes(&[ANNA], submitted.into()).await;
    let awaited = world.alfa.store.awaited().await.remove(0);
    // Alfa itself, or any provider but beta, claims that Anna has it.
    let about = Certified { identifier: awaited.identifier.to_string(), ..certified() };
    let claim = compose::delivery(
        &emitter(),
        Moment::from_unix(START),
        &about,
        &address(ANNA),
        compose::Copy::Concise,
        "n2@alfa.example",
    );
    let message = signed(&claim, world.alfa.key.as_ref());
    let arrival = Arrival {
        path: ReversePath::Address(address("posta-certificata@alfa.example")),
        recipients: vec![address(MARIO)],
        message,
        peer: None,
    };
    assert_eq!(Answer::of(world.alfa.provider.receive(arrival).await).code, 250);
    assert_eq!(world.alfa.store.awaited().await, std::slice::from_ref(&awaited));
    // What it says about another's recipient is no receipt: the holder has it in an anomaly envelope [R-2.2.2-i].
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::AnomalyEnvelope]);
    // A non-delivery that the sender's own provider tells is one.
    let cause = compose::non_delivery(
        &emitter(),
        Moment::from_unix(START),
        &about,
        &address(ANNA),
        pec::Cause::NoDomain,
        "n3@alfa.example",
    );
    let arrival = Arrival {
        path: ReversePath::Address(address("posta-certificata@alfa.example")),
        recipients: vec![address(MARIO)],
        message: signed(&cause, world.alfa.key.as_ref()),
        peer: None,
    };
    assert_eq!(Answer::of(world.alfa.provider.receive(arrival).await).code, 250);
    assert_eq!(world.alfa.kinds(MARIO).await[2..], [Kind::NonDelivery]);
}

#[tokio::test]
async fn a_virus_detection_becomes_the_holder_s_virus_non_delivery() {
    let world = World::new().await;
    world.net.set(crate::world::Wire::Dead);
    world.submit_bytes(&[ANNA], ORIGINAL.into()).await;
    let awaited = world.alfa.store.awaited().await.remove(0);
    let beta =
        Emitter { name: provider_name("beta"), address: address("posta-certificata@beta.example"), english: false };
    let about = Certified { identifier: awaited.identifier.to_string(), ..certified() };
    let service = address("ricevute@alfa.example");
    let notice = compose::virus_detection(
        &beta,
        Moment::from_unix(START),
        &about,
        &service,
        &address(ANNA),
        "Eicar-Test-Signature",
        "n3@beta.example",
    );
    let arrival = Arrival {
        path: ReversePath::Address(beta.address.clone()),
        recipients: vec![service],
        message: signed(&notice, world.beta.key.as_ref()),
        peer: None,
    };
    for _ in 0..2 {
        assert_eq!(Answer::of(world.alfa.provider.receive(arrival.clone()).await).code, 250);
    }
    // [R-2.2.2-m] [R-3.2.4-a] [R-3.2.4-b] [R-3.2.4-c] once, from the notice's data; the watch ends [R-I-to-1].
    let (_, told) = world.alfa.only(MARIO, Kind::VirusNonDelivery).await;
    assert_eq!(told.data.delivery.as_deref(), Some(ANNA));
    assert!(told.data.extended_error.unwrap().contains("Eicar-Test-Signature"));
    assert_eq!(world.alfa.kinds("ricevute@alfa.example").await, [Kind::VirusDetection]);
    assert_eq!(world.alfa.store.figures().await.unwrap().awaited, 0);
}

#[tokio::test]
async fn relaying_for_foreign_domains_is_denied() {
    // [R-1.2.3-b]
    let world = World::new().await;
    let path = ReversePath::Address(address("x@ordinary.example"));
    assert_eq!(
        Answer::of(world.beta.provider.takes(&path, &[], &address("x@elsewhere.example")).await.map(|()| "OK")).code,
        550
    );
    assert_eq!(
        Answer::of(world.beta.provider.takes(&path, &[], &address("chiunque@BETA.example")).await.map(|()| "OK")).code,
        250
    );
}

/// What provider beta would emit.
pub fn beta() -> Emitter {
    Emitter { name: provider_name("beta"), address: address("posta-certificata@beta.example"), english: false }
}

pub async fn bring_to_alfa(world: &World, to: &str, message: Bytes) -> Answer {
    let path = ReversePath::Address(beta().address);
    Answer::of(world.alfa.provider.receive(Arrival { path, recipients: vec![address(to)], message, peer: None }).await)
}

#[tokio::test]
async fn a_provider_that_speaks_in_the_name_of_another_s_holder_certifies_nothing() {
    let world = World::new().await;
    let key = world.beta.key.as_ref();
    let moment = Moment::from_unix(START);
    // Beta, which is a provider, pretends that alfa's Mario sent something, and that alfa accepted it.
    let original = Original::parse(Bytes::from_static(ORIGINAL.as_bytes()));
    let postacert = original.certified(&certified().identifier);
    let forged = compose::transport_envelope(&beta(), moment, &certified(), &original, postacert);
    assert_eq!(bring(&world, MARIO, &[ANNA], signed(&forged, key)).await.code, 250);
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::AnomalyEnvelope]);
    let forged = compose::acceptance(&beta(), moment, &certified(), "n5@beta.example");
    assert_eq!(bring_to_alfa(&world, MARIO, signed(&forged, key)).await.code, 250);
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::AnomalyEnvelope]);
    // [R-3.2.2-e]
    assert_eq!(world.beta.store.figures().await.unwrap().queued, 0);
}

#[tokio::test]
async fn a_notice_goes_to_the_holder_whom_it_is_about_and_to_nobody_else() {
    let world = World::new().await;
    let moment = Moment::from_unix(START);
    let copy = compose::Copy::Concise;
    let receipt = compose::delivery(&beta(), moment, &certified(), &address(ANNA), copy, "n6@beta.example");
    let message = signed(&receipt, world.beta.key.as_ref());
    // [R-2.2.2-h] about a message of Mario's, sent to Luca.
    assert_eq!(bring_to_alfa(&world, "luca.verdi@alfa.example", message.clone()).await.code, 250);
    assert_eq!(world.alfa.kinds("luca.verdi@alfa.example").await, [Kind::AnomalyEnvelope]);
    // The genuine way is not barred by it.
    assert_eq!(bring_to_alfa(&world, MARIO, message).await.code, 250);
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Delivery]);
}

#[tokio::test]
async fn a_virus_detection_about_a_message_never_sent_makes_us_sign_nothing() {
    let world = World::new().await;
    let (moment, service) = (Moment::from_unix(START), "ricevute@alfa.example");
    let invented = compose::virus_detection(
        &beta(),
        moment,
        &certified(),
        &address(service),
        &address(ANNA),
        "Inventato",
        "n7@beta.example",
    );
    assert_eq!(bring_to_alfa(&world, service, signed(&invented, world.beta.key.as_ref())).await.code, 250);
    assert!(world.alfa.entries(MARIO).await.is_empty());
    assert_eq!(world.alfa.kinds(service).await, [Kind::VirusDetection]);
}

#[tokio::test]
async fn a_take_charge_that_names_a_recipient_twice_is_taken() {
    let world = World::new().await;
    let service = "ricevute@alfa.example";
    let twice = [address(ANNA), address("Anna.Bianchi@beta.example")];
    let moment = Moment::from_unix(START);
    let notice = compose::take_charge(&beta(), moment, &certified(), &address(service), &twice, "n8@beta.example");
    assert_eq!(bring_to_alfa(&world, service, signed(&notice, world.beta.key.as_ref())).await.code, 250);
    assert_eq!(world.alfa.kinds(service).await, [Kind::TakeCharge]);
}

#[tokio::test]
async fn an_anomaly_that_is_sent_again_is_known_by_what_stands_below_the_trace() {
    let world = World::new().await;
    let good = envelope(&certified());
    let header = String::from_utf8(good.header.to_vec()).unwrap().replace("X-Trasporto: ", "X-Nessuno: ");
    let message = signed(&Draft { header: header.into(), ..good }, world.alfa.key.as_ref());
    for attempt in ["1; Thu, 28 May 2026 22:26:40 +0200", "2;\r\n\tThu, 28 May 2026 22:36:40 +0200"] {
        let traced = format!("Received: from a by b id {attempt}\r\n{}", String::from_utf8_lossy(&message));
        assert_eq!(bring(&world, MARIO, &[ANNA], traced.into()).await.code, 250);
    }
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::AnomalyEnvelope]);
}

#[tokio::test]
async fn an_anomaly_for_nobody_is_refused_rather_than_lost() {
    let world = World::new().await;
    let message = signed(&envelope(&certified()), world.alfa.key.as_ref());
    let answer = bring(&world, MARIO, &["nessuno@beta.example"], message).await;
    assert_eq!((answer.code, answer.enhanced), (550, "5.1.1"), "[R-2.2.3-a] {answer:?}");
    assert!(world.beta.evidence().await.is_empty());
}

#[tokio::test]
async fn of_an_anomaly_that_some_recipients_cannot_have_the_others_are_recorded() {
    let world = World::new().await;
    let message = signed(&envelope(&certified()), world.alfa.key.as_ref());
    let answer = bring(&world, "altro@alfa.example", &[ANNA, "nessuno@beta.example"], message).await;
    assert_eq!(answer.code, 250, "{answer:?}");
    // [R-2.3-a]
    let rows = world.beta.evidence().await;
    let events: Vec<_> = rows.iter().map(|row| (row.event, row.concerns.clone())).collect();
    let nobody = vec!["nessuno@beta.example".to_owned()];
    let wanted = [(Event::Emitted, vec![]), (Event::Deposited, vec![ANNA.to_owned()]), (Event::RelayFailed, nobody)];
    assert_eq!(events, wanted);
}

#[tokio::test]
async fn certification_data_beyond_any_provider_s_are_not_copied_into_receipts() {
    let world = World::new().await;
    let mut many = certified();
    let crowd = (0..10_000).map(|n| address(&format!("r{n}@beta.example")));
    many.recipients.extend(crowd.map(|address| Recipient { address, kind: RecipientType::Certified }));
    assert_eq!(bring(&world, MARIO, &[ANNA], signed(&envelope(&many), world.alfa.key.as_ref())).await.code, 250);
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::AnomalyEnvelope]);
}

#[tokio::test]
async fn a_notice_of_silence_played_back_under_another_message_id_is_known() {
    let world = World::new().await;
    let silence = compose::Silence::TwelveHours;
    let played = |id: &str, at: i64| {
        let notice = compose::timeout(&emitter(), Moment::from_unix(at), &certified(), &address(ANNA), silence, id);
        signed(&notice, world.alfa.key.as_ref())
    };
    for message in [played("n9@alfa.example", START), played("n10@alfa.example", START)] {
        assert_eq!(bring_to_alfa(&world, MARIO, message).await.code, 250);
    }
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Timeout]);
    // The second notice is another instant's.
    world.time.pass(11 * 3600);
    assert_eq!(bring_to_alfa(&world, MARIO, played("n11@alfa.example", START + 11 * 3600)).await.code, 250);
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Timeout, Kind::Timeout]);
}
