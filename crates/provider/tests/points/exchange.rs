//! The main exchange, and everything that can stand in its way.

use crate::world::{ANNA, Answer, LUCA, MARIO, PASSWORD, PEER, Trace, Wire, World, address};
use bytes::Bytes;
use holder::Given;
use pec::{Fault, Kind, ReceiptType};
use provider::{Ids, UniqueIds};
use std::sync::atomic::Ordering;
use store::MailboxState;

use store::{Ledger, Queue, Upkeep};

const MESSAGE: &str = "From: Mario Rossi <mario.rossi@alfa.example>
To: anna.bianchi@beta.example
Cc: luca.verdi@beta.example
Subject: =?UTF-8?Q?Diffida_perch=C3=A9?=
Message-ID: <42@client.example>
Date: Thu, 28 May 2026 22:26:40 +0200
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit

Perché sì.
";

#[tokio::test]
async fn a_message_to_another_provider_leaves_every_receipt_where_it_belongs() {
    let world = World::new().await;
    let answer = world.submit(&[ANNA, LUCA], MESSAGE).await;
    assert_eq!(answer.code, 250, "{answer:?}");
    world.settle().await;

    // [R-1.2.3-a] acceptance, then one delivery notification for each recipient [R-3.3.2-c].
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::Delivery, Kind::Delivery]);
    // [R-2.2.2-g] [R-3.3.1-a] the envelope in the mailbox, and [R-2.2.2-h] each notification in its own.
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::TransportEnvelope]);
    assert_eq!(world.beta.kinds(LUCA).await, [Kind::TransportEnvelope]);
    // [R-2.1.1-a] [R-2.2.5-a] the take-charge goes to the service mailbox alone, one for the transaction
    // [R-3.2.1-a] [R-3.2.1-b], at the address that the index names [R-3.2.1-d].
    assert_eq!(world.alfa.kinds("ricevute@alfa.example").await, [Kind::TakeCharge]);
    // [R-I-env-1] one transaction for both recipients, the holder's path unchanged [R-3.1.5-d].
    let carried = world.net.carried.lock().unwrap().clone();
    assert_eq!(carried.iter().filter(|(path, to, _)| path == MARIO && to.len() == 2).count(), 1);
    assert!(carried.iter().all(|(path, ..)| path == MARIO || path == "posta-certificata@beta.example"), "[R-I-hdr-4]");
    // [R-3.3.2-b] what lies in the mailboxes is what came over the wire, octet by octet.
    let (envelope, _) = world.beta.only(ANNA, Kind::TransportEnvelope).await;
    assert!(carried.iter().any(|(path, _, bytes)| path == MARIO && *bytes == envelope));
    for delivery in world.alfa.messages(MARIO, Kind::Delivery).await {
        assert!(carried.iter().any(|(.., bytes)| *bytes == delivery));
    }
    assert!(world.alfa.store.awaited().await.is_empty());
}

#[tokio::test]
async fn a_holder_sends_under_his_own_address_alone() {
    // [R-5.2-a]
    let world = World::new().await;
    let path = |text: &str| pec::ReversePath::Address(address(text));
    let alfa = &world.alfa.provider;
    let holder = alfa.login(MARIO, Given::Password(PASSWORD), PEER).await.unwrap().unwrap();
    let may = async |path| Answer::of(alfa.may_send(&holder, &path, None).await.map(|()| "OK"));
    assert_eq!(may(path("Mario.Rossi@alfa.example")).await.code, 250);
    let not_his = |answer: Answer| answer.code == 550 && answer.text.contains("you are logged in as");
    assert!(not_his(may(path("luca.verdi@alfa.example")).await));
    assert!(not_his(may(pec::ReversePath::Null).await));
    world.alfa.store.set_state(&address(MARIO), MailboxState::ReceiveOnly).await;
    let answer = may(path(MARIO)).await;
    assert!(answer.code == 550 && answer.text.contains("not enabled to send"), "{answer:?}");
    // A wrong password opens nothing, and the service mailbox is nobody's.
    assert_eq!(alfa.login(MARIO, Given::Password(""), PEER).await, Ok(None));
    assert_eq!(alfa.login("ricevute@alfa.example", Given::Password(PASSWORD), PEER).await, Ok(None));
}

#[test]
fn identifiers_of_one_instant_differ_and_end_in_the_mail_domain() {
    // [R-2.2.1-a]
    let moment = pec::Moment::from_unix(crate::world::START);
    let ids: Vec<String> = (0..100).map(|_| UniqueIds.fresh(moment, "pec.alfa.example")).collect();
    let distinct: std::collections::HashSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len());
    for id in &ids {
        let (local, domain) = id.split_once('@').unwrap();
        assert_eq!(domain, "pec.alfa.example");
        assert!(local.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '.'), "{id}");
    }
}

#[tokio::test]
async fn one_elaboration_prints_one_instant_everywhere() {
    let world = World::new().await;
    world.submit(&[ANNA], MESSAGE).await;
    world.time.pass(5);
    world.settle().await;
    // [R-4.1-a] [R-L-9-1] acceptance and envelope are born together; the receiver's own elaboration has its own instant.
    let (acceptance, accepted) = world.alfa.only(MARIO, Kind::Acceptance).await;
    let (envelope, enveloped) = world.beta.only(ANNA, Kind::TransportEnvelope).await;
    let (delivery, delivered) = world.alfa.only(MARIO, Kind::Delivery).await;
    assert_eq!(accepted.data.time, enveloped.data.time);
    assert_ne!(accepted.data.time, delivered.data.time);
    for (message, pec) in [(&acceptance, &accepted), (&envelope, &enveloped), (&delivery, &delivered)] {
        let date = pec.header.value("Date").unwrap();
        let signed = pec::Moment::from_unix(seal::open(message).unwrap().signing_time.unwrap());
        assert_eq!(date, signed.rfc5322());
        assert_eq!(pec.data.time, signed.into());
    }
    // [R-4.4-d] one identifier, [R-4.4-e] the client's id, in every document of the message.
    for pec in [&accepted, &enveloped, &delivered] {
        assert_eq!(pec.data.identifier, enveloped.message_id.clone().unwrap());
        assert_eq!(pec.data.message_id.as_deref(), Some("<42@client.example>"));
        assert_eq!(pec.header.value("X-Riferimento-Message-ID").as_deref(), Some("<42@client.example>"), "[R-2.2.1-d]");
    }
    // [R-O-xml-1] bare addresses, the sender's where no Reply-To is, the subject decoded.
    for pec in [&accepted, &enveloped, &delivered] {
        assert_eq!((&*pec.data.sender, &*pec.data.reply_to), (MARIO, MARIO));
        assert_eq!(pec.data.subject.as_deref(), Some("Diffida perché"));
    }
    // [R-O-tic-1] each notice names the provider that emits it.
    assert_eq!(accepted.data.provider, "ALFA Posta S.p.A.");
    assert_eq!(delivered.data.provider, "BETA Posta S.p.A.");
}

#[tokio::test]
async fn the_original_arrives_and_comes_back_byte_for_byte() {
    let world = World::new().await;
    world.submit(&[ANNA, LUCA], MESSAGE).await;
    world.settle().await;
    let (envelope, enveloped) = world.beta.only(ANNA, Kind::TransportEnvelope).await;
    let original = envelope.slice(enveloped.original.clone().unwrap());
    // [R-3.1.5-c] only the identifier fields differ from what was submitted.
    let submitted = MESSAGE.replace('\n', "\r\n");
    let identifier = &enveloped.data.identifier;
    let expected = submitted.replace("Message-ID: <42@client.example>\r\n", "").replacen(
        "\r\n\r\n",
        &format!("\r\nMessage-ID: <{identifier}>\r\nX-Riferimento-Message-ID: <42@client.example>\r\n\r\n"),
        1,
    );
    assert_eq!(String::from_utf8_lossy(&original), expected);
    // [R-3.3.2.1-a] complete to the recipient in To, concise to the one in Cc, and both say what the sender asked
    // for [R-4.4-ric].
    for delivery in world.alfa.messages(MARIO, Kind::Delivery).await {
        let opened = seal::open(&delivery).unwrap();
        let pec = pec::message::read(&delivery, opened.entity).unwrap();
        assert_eq!(pec.data.receipt, Some(ReceiptType::Complete));
        let copy = pec.original.clone().map(|range| delivery.slice(range));
        assert_eq!(copy, (pec.data.delivery.as_deref() == Some(ANNA)).then(|| original.clone()));
    }
    // Stored once: the envelope and its receipt share the original on each side.
    assert_eq!(world.beta.store.figures().await.unwrap().originals, 1);
    assert_eq!(world.alfa.store.figures().await.unwrap().originals, 1);
}

#[tokio::test]
async fn recipients_of_the_same_provider_go_the_whole_way() {
    let world = World::new().await;
    let message = MESSAGE.replace("anna.bianchi@beta", "anna.bianchi@alfa");
    world.submit(&["anna.bianchi@alfa.example", LUCA], &message).await;
    world.settle().await;
    // [R-3.4-a] [R-L-6-1] envelope, take-charge and delivery exist also inside one provider.
    assert_eq!(world.alfa.kinds("anna.bianchi@alfa.example").await, [Kind::TransportEnvelope]);
    assert_eq!(world.alfa.kinds("ricevute@alfa.example").await, [Kind::TakeCharge, Kind::TakeCharge]);
    assert_eq!(world.alfa.messages(MARIO, Kind::Delivery).await.len(), 2);
}

#[tokio::test]
async fn a_message_that_breaks_formal_checks_comes_back_with_every_reason() {
    let world = World::new().await;
    let message =
        "From: altro@alfa.example\nTo: anna.bianchi@beta.example\nBcc: luca.verdi@beta.example\nSubject: x\n\nciao\n";
    let answer = world.submit(&[ANNA, "fuori@beta.example"], message).await;
    assert_eq!(answer.code, 250);
    world.settle().await;
    let (bytes, notice) = world.alfa.only(MARIO, Kind::NonAcceptance).await;
    let why = notice.data.extended_error.unwrap();
    assert_eq!(notice.data.fault, Fault::Other);
    for reason in ["altro@alfa.example", "fuori@beta.example", "Bcc"] {
        assert!(why.contains(reason), "{reason} in {why}");
    }
    // [R-O-id-2] refused under an identifier all the same, which no client gave.
    assert!(notice.data.identifier.ends_with("@alfa.example"), "{}", notice.data.identifier);
    assert_eq!(notice.data.message_id, None);
    // [R-3.1.2-c] without the original, [R-3.1.1-g] and nothing entered the circuit.
    assert!(!String::from_utf8_lossy(&bytes).contains("ciao"));
    assert!(world.net.carried.lock().unwrap().is_empty());
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::NonAcceptance]);
}

#[tokio::test]
async fn a_lost_reply_makes_the_envelope_come_twice_and_count_once() {
    let world = World::new().await;
    world.net.set(Wire::LosesReplies);
    world.submit(&[ANNA], MESSAGE).await;
    world.settle().await;
    world.net.set(Wire::Works);
    world.time.pass(600);
    world.settle().await;
    world.time.pass(600);
    world.settle().await;
    assert!(world.net.carried.lock().unwrap().iter().filter(|(path, ..)| path == MARIO).count() >= 2);
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::TransportEnvelope]);
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::Delivery]);
    assert_eq!(world.alfa.kinds("ricevute@alfa.example").await, [Kind::TakeCharge]);
    assert_eq!(world.alfa.store.figures().await.unwrap().queued, 0);
    assert_eq!(world.beta.store.figures().await.unwrap().queued, 0);
}

#[tokio::test]
async fn a_recipient_that_cannot_be_delivered_is_told_with_its_code() {
    let world = World::new().await;
    let closed = address(LUCA);
    world.beta.store.set_state(&closed, MailboxState::Closed).await;
    world.beta.store.set_quota(&address("mario.rossi@beta.example"), 10).await;
    let to = ["nessuno@beta.example", LUCA, "mario.rossi@beta.example", "ricevute@beta.example", ANNA];
    let message = MESSAGE.replace("To: anna.bianchi@beta.example", &format!("To: {}", to.join(", ")));
    world.submit(&to, &message).await;
    world.settle().await;
    let mut told = Vec::new();
    for notice in world.alfa.messages(MARIO, Kind::NonDelivery).await {
        let data = pec::message::read(&notice, seal::open(&notice).unwrap().entity).unwrap().data;
        told.push((data.delivery.unwrap(), data.fault, data.extended_error.unwrap()));
    }
    told.sort_by_key(|(to, ..)| to.clone());
    let code = |code: &str, reason: &str| format!("{code} - BETA Posta S.p.A. - {reason}");
    // [R-O-N12-2] [R-3.3.3-b]
    assert_eq!(
        told,
        [
            (LUCA.to_owned(), Fault::Other, code("5.2.1", "casella non abilitata alla ricezione")),
            ("mario.rossi@beta.example".into(), Fault::Other, code("5.2.2", "casella piena")),
            ("nessuno@beta.example".into(), Fault::NoRecipient, code("5.1.1", "indirizzo non valido")),
            ("ricevute@beta.example".into(), Fault::NoRecipient, code("5.1.1", "indirizzo non valido")),
        ]
    );
    // [R-2.2.3-a] [R-3.3.2-a] the one that could be delivered was, and it alone has a delivery notification; take-charge covers all that came [R-3.2.1-c].
    assert_eq!(world.alfa.messages(MARIO, Kind::Delivery).await.len(), 1);
    let (_, taken) = world.alfa.only("ricevute@alfa.example", Kind::TakeCharge).await;
    assert_eq!(taken.data.reception.len(), 5);
}

#[tokio::test]
async fn a_permanent_refusal_by_the_peer_is_told_at_once() {
    let world = World::new().await;
    world.net.set(Wire::Refuses);
    world.submit(&[ANNA], MESSAGE).await;
    world.settle().await;
    let (_, notice) = world.alfa.only(MARIO, Kind::NonDelivery).await;
    assert_eq!(notice.data.delivery.as_deref(), Some(ANNA));
    assert_eq!(notice.data.provider, "ALFA Posta S.p.A.");
    assert_eq!(world.alfa.store.figures().await.unwrap().awaited, 0, "[R-I-to-1]");
}

#[tokio::test]
async fn silence_is_told_at_twelve_hours_and_within_twenty_four() {
    let world = World::new().await;
    world.net.set(Wire::Dead);
    world.submit(&[ANNA, LUCA], MESSAGE).await;
    world.settle().await;
    world.time.pass(12 * 3600 - 1);
    assert_eq!(provider::watch::look(&world.alfa.provider).await.unwrap(), 0, "[R-L-to-2] not before 12 hours");
    world.time.pass(1);
    provider::watch::look(&world.alfa.provider).await.unwrap();
    // [R-3.1.6-f] one notice per recipient.
    assert_eq!(world.alfa.messages(MARIO, Kind::Timeout).await.len(), 2);
    world.time.pass(10 * 3600);
    assert_eq!(provider::watch::look(&world.alfa.provider).await.unwrap(), 0, "[R-L-to-2] not before 22 hours");
    world.time.pass(3600);
    provider::watch::look(&world.alfa.provider).await.unwrap();
    // [R-3.1.6-e] scenario 3: both; [R-2.1.1-b] then nothing more.
    assert_eq!(world.alfa.messages(MARIO, Kind::Timeout).await.len(), 4);
    assert_eq!(world.alfa.store.figures().await.unwrap().awaited, 0);
    // [R-2.2.2-b] the queue lets go at twenty-four hours, without a further notice.
    for _ in 0..3 {
        world.time.pass(3600);
        world.settle().await;
    }
    assert_eq!(world.alfa.store.figures().await.unwrap().queued, 0);
    assert!(world.alfa.messages(MARIO, Kind::NonDelivery).await.is_empty());
}

#[tokio::test]
async fn a_message_taken_in_charge_and_never_delivered_has_only_the_second_notice() {
    let world = World::new().await;
    world.submit(&[ANNA], MESSAGE).await;
    world.alfa.relay.settle_all().await.unwrap();
    // Of what beta answers, only the take-charge comes through.
    let due = world.beta.store.queue().await;
    for item in due.into_iter().filter(|item| item.kind == Some(Kind::Delivery)) {
        let gone = store::Outcome { queue: vec![store::QueueChange::Done(item.id)], ..Default::default() };
        world.beta.store.commit(gone).await.unwrap();
    }
    world.settle().await;
    world.time.pass(12 * 3600);
    provider::watch::look(&world.alfa.provider).await.unwrap();
    assert!(world.alfa.messages(MARIO, Kind::Timeout).await.is_empty(), "[R-3.1.6-c]");
    world.time.pass(11 * 3600);
    provider::watch::look(&world.alfa.provider).await.unwrap();
    let (_, notice) = world.alfa.only(MARIO, Kind::Timeout).await;
    assert!(notice.data.extended_error.unwrap().starts_with("5.4.1 - "), "[R-O-to-3]");
}

#[tokio::test]
async fn a_delivery_after_the_first_notice_stops_the_second_and_is_delivered() {
    let world = World::new().await;
    world.net.set(Wire::Dead);
    world.submit(&[ANNA], MESSAGE).await;
    world.settle().await;
    world.time.pass(13 * 3600);
    provider::watch::look(&world.alfa.provider).await.unwrap();
    world.net.set(Wire::Works);
    world.settle().await;
    world.time.pass(11 * 3600);
    provider::watch::look(&world.alfa.provider).await.unwrap();
    // [R-3.1.6-d]
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::Timeout, Kind::Delivery]);
}

#[tokio::test]
async fn a_receipt_that_comes_while_the_notice_of_silence_is_signed_takes_its_place() {
    let world = World::new().await;
    world.net.set(Wire::Dead);
    world.submit(&[ANNA], MESSAGE).await;
    world.settle().await;
    world.time.pass(23 * 3600);
    let key = world.alfa.key.clone();
    key.shut(true);
    let asked = key.asked.load(Ordering::SeqCst);
    let alfa = world.alfa.provider.clone();
    let looking = tokio::spawn(async move { provider::watch::look(&alfa).await });
    for _ in 0..100_000 {
        if key.asked.load(Ordering::SeqCst) > asked {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(key.asked.load(Ordering::SeqCst) > asked, "the notice is being signed");
    world.net.set(Wire::Works);
    world.settle().await;
    assert!(world.alfa.kinds(MARIO).await.contains(&Kind::Delivery));
    key.shut(false);
    looking.await.unwrap().unwrap();
    // [R-3.1.6-d] [R-O-log-2] delivered, hence not silent: never both.
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::Delivery]);
    assert_eq!(world.alfa.store.figures().await.unwrap().awaited, 0);
}

#[tokio::test]
async fn a_key_that_is_away_refuses_for_now_and_loses_nothing() {
    let world = World::new().await;
    // [R-I-acc-1] all or nothing: no acceptance in the mailbox, nothing in the queue.
    world.alfa.key.away.store(true, Ordering::SeqCst);
    assert_eq!(world.submit(&[ANNA], MESSAGE).await.code, 450);
    assert!(world.alfa.entries(MARIO).await.is_empty());
    assert_eq!(world.alfa.store.figures().await.unwrap().queued, 0);
    world.alfa.key.away.store(false, Ordering::SeqCst);
    // Beta's key is away: alfa keeps the envelope and tries again.
    world.beta.key.away.store(true, Ordering::SeqCst);
    assert_eq!(world.submit(&[ANNA], MESSAGE).await.code, 250);
    world.settle().await;
    assert!(world.beta.entries(ANNA).await.is_empty());
    world.beta.key.away.store(false, Ordering::SeqCst);
    world.time.pass(3600);
    world.settle().await;
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::TransportEnvelope]);
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::Delivery]);
}

#[tokio::test]
async fn the_evidence_obeys_the_rules_of_the_auditor() {
    let world = World::new().await;
    world.submit(&[ANNA, LUCA, "nessuno@beta.example"], &MESSAGE.replace("Cc:", "Cc: nessuno@beta.example,")).await;
    world.settle().await;
    // [R-O-log-2] for a sent id: one envelope, one acceptance, each certified recipient in one take-charge and in one
    // delivery or non-delivery.
    let rows = world.alfa.evidence().await;
    let count = |event, kind| rows.iter().filter(|row| row.event == event && row.kind == Some(kind)).count();
    assert_eq!(count(store::Event::Emitted, Kind::TransportEnvelope), 1);
    assert_eq!(count(store::Event::Emitted, Kind::Acceptance), 1);
    for recipient in [ANNA, LUCA, "nessuno@beta.example"] {
        let received = |kinds: &[Kind]| {
            let named = |row: &&Trace| {
                row.event == store::Event::Received
                    && row.kind.is_some_and(|kind| kinds.contains(&kind))
                    && row.concerns.iter().any(|concerned| concerned == recipient)
            };
            rows.iter().filter(named).count()
        };
        assert_eq!(received(&[Kind::TakeCharge]), 1, "{recipient}");
        assert_eq!(received(&[Kind::Delivery, Kind::NonDelivery]), 1, "{recipient}");
    }
    // What is put in a mailbox is recorded as put there, the provider's own notices too.
    assert_eq!(count(store::Event::Deposited, Kind::Acceptance), 1);
    assert_eq!(count(store::Event::Deposited, Kind::Delivery), 2);
    // [R-2.3-a] every row about the message has its sender, recipients and subject.
    assert!(
        rows.iter().filter(|row| row.kind.is_some()).all(|row| row.sender == MARIO && row.subject == "Diffida perché")
    );
    // For the received id: one envelope, no acceptance of ours, one answer for each recipient.
    let rows = world.beta.evidence().await;
    let count = |event, kind| rows.iter().filter(|row| row.event == event && row.kind == Some(kind)).count();
    assert_eq!(count(store::Event::Received, Kind::TransportEnvelope), 1);
    assert_eq!(count(store::Event::Emitted, Kind::Acceptance), 0);
    assert_eq!(count(store::Event::Emitted, Kind::Delivery) + count(store::Event::Emitted, Kind::NonDelivery), 3);
}

#[tokio::test]
async fn a_brief_receipt_carries_hashes_instead_of_attachments() {
    let world = World::new().await;
    let message = "From: mario.rossi@alfa.example\nTo: anna.bianchi@beta.example\nSubject: breve\nX-TipoRicevuta: breve\n\
        MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nciao\n\
        --b\nContent-Type: application/pdf; name=\"a.pdf\"\nContent-Transfer-Encoding: base64\n\nQUJD\n--b--\n";
    world.submit(&[ANNA], message).await;
    world.settle().await;
    let (bytes, pec) = world.alfa.only(MARIO, Kind::Delivery).await;
    assert_eq!(pec.data.receipt, Some(ReceiptType::Brief));
    // [R-3.3.2.2-a] [R-3.3.2.2-b]
    let copy = String::from_utf8(bytes.slice(pec.original.unwrap()).to_vec()).unwrap();
    assert!(copy.contains("a.pdf.hash") && !copy.contains("QUJD"), "{copy}");
}

#[tokio::test]
async fn an_ordinary_recipient_gets_the_same_envelope_and_nothing_certified_is_awaited() {
    let world = World::new().await;
    let message = MESSAGE.replace("Cc: luca.verdi@beta.example", "Cc: ufficio@ordinary.example");
    assert_eq!(world.submit(&[ANNA, "ufficio@ordinary.example"], &message).await.code, 250);
    // [R-3.1.5-g] [R-I-env-1] two transactions of one and the same message.
    let queue = world.alfa.store.queue().await;
    let mut hops: Vec<_> = queue.iter().map(|item| item.hop.clone()).collect();
    hops.sort_by_key(|hop| matches!(hop, store::Hop::Ordinary(_)));
    let beta = store::Hop::Provider(pec::ProviderKey::primary("BETA Posta S.p.A."));
    assert_eq!(hops, [beta, store::Hop::Ordinary("ordinary.example".into())]);
    assert_eq!(queue[0].message, queue[1].message);
    // [R-3.1.4-b] [R-2.2.1-f] the acceptance tells the two apart.
    let (_, accepted) = world.alfa.only(MARIO, Kind::Acceptance).await;
    let kinds: Vec<_> = accepted.data.recipients.iter().map(|r| (r.address.as_str(), r.kind)).collect();
    assert_eq!(
        kinds,
        [(ANNA, pec::RecipientType::Certified), ("ufficio@ordinary.example", pec::RecipientType::Ordinary)]
    );
    // [R-I-to-1] only the certified one is watched.
    assert_eq!(world.alfa.store.figures().await.unwrap().awaited, 1);
}

#[tokio::test]
async fn a_submission_without_a_client_id_certifies_without_one() {
    let world = World::new().await;
    world
        .submit_bytes(
            &[ANNA],
            Bytes::from(MESSAGE.replace("Message-ID: <42@client.example>\n", "").replace('\n', "\r\n")),
        )
        .await;
    world.settle().await;
    // [R-2.2.1-e]
    let (_, pec) = world.alfa.only(MARIO, Kind::Delivery).await;
    assert_eq!(pec.data.message_id, None);
    assert_eq!(pec.header.value("X-Riferimento-Message-ID"), None);
}

#[tokio::test]
async fn a_refusal_of_what_was_delivered_already_is_not_told() {
    let world = World::new().await;
    // Beta has it and its receipt comes; its reply to us is lost, and it refuses the second transmission.
    world.net.set(Wire::LosesReplies);
    world.submit(&[ANNA], MESSAGE).await;
    world.settle().await;
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::Delivery]);
    world.net.set(Wire::Refuses);
    world.time.pass(3600);
    world.settle().await;
    // [R-O-log-2] exactly one of delivery and non-delivery.
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::Delivery]);
    assert_eq!(world.alfa.store.figures().await.unwrap().queued, 0);
}

#[tokio::test]
async fn a_refusal_that_cannot_be_signed_is_told_once_when_the_key_is_back() {
    let world = World::new().await;
    world.submit(&[ANNA], MESSAGE).await;
    world.net.set(Wire::Refuses);
    world.alfa.key.away.store(true, Ordering::SeqCst);
    // Past its life too: it comes again at the pace of any other, not every second.
    world.time.pass(25 * 3600);
    world.settle().await;
    let waiting = world.alfa.store.next_due().await.unwrap().unwrap();
    assert!(waiting > provider::Clock::now(&world.time).plus(10));
    world.alfa.key.away.store(false, Ordering::SeqCst);
    world.time.pass(3600);
    world.settle().await;
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::NonDelivery]);
    assert_eq!(world.alfa.store.figures().await.unwrap().awaited, 0);
}

#[tokio::test]
async fn a_transport_that_faults_or_says_nothing_loses_nobody() {
    let world = World::new().await;
    world.submit(&[ANNA, LUCA], MESSAGE).await;
    for wire in [Wire::SaysNothing, Wire::Faults] {
        world.net.set(wire);
        world.settle().await;
        world.time.pass(3600);
    }
    world.net.set(Wire::Works);
    world.settle().await;
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::Delivery, Kind::Delivery]);
}
