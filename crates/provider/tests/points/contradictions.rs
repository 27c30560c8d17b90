//! Who holds a provider's key says two things under one name, or says much that is no certified mail.

use std::num::NonZeroU32;

use crate::intruders::{beta, bring, bring_to_alfa, certified, signed};
use crate::world::{ANNA, LUCA, MARIO, Ruled, START, Trace, World, address, provider_name};
use bytes::Bytes;
use pec::compose::{self, Certified, Emitter};
use pec::original::Original;
use pec::{Cause, Kind, Moment, Recipient, RecipientType};
use provider::Rules;
use store::{Event, Upkeep};

/// An envelope of alfa's to Anna and Luca, always under the same identifier.
fn saying(body: &str) -> pec::compose::Draft {
    let to = [ANNA, LUCA];
    let original =
        format!("From: {MARIO}\r\nTo: {}\r\nSubject: prova\r\nMessage-ID: <1@c>\r\n\r\n{body}\r\n", to.join(", "));
    let original = Original::parse(original.into());
    let recipient = |text: &str| Recipient { address: address(text), kind: RecipientType::Certified };
    let certified = Certified { recipients: to.map(recipient).into(), ..certified() };
    let emitter =
        Emitter { name: provider_name("alfa"), address: address("posta-certificata@alfa.example"), english: false };
    let postacert = original.certified(&certified.identifier);
    compose::transport_envelope(&emitter, Moment::from_unix(START), &certified, &original, postacert)
}

fn contradictions(rows: Vec<Trace>) -> Vec<Trace> {
    rows.into_iter().filter(|row| row.event == Event::Contradicted).collect()
}

fn entity_digest(message: &Bytes) -> String {
    seal::open(message).unwrap().sha256.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[tokio::test]
async fn another_message_under_a_name_that_was_used_has_no_effect_and_leaves_one_row_of_evidence() {
    let world = World::new().await;
    let key = world.alfa.key.as_ref();
    let (first, other) = (signed(&saying("accetto"), key), signed(&saying("rifiuto"), key));
    assert_eq!(bring(&world, MARIO, &[ANNA], first.clone()).await.code, 250);
    let before = (world.beta.evidence().await.len(), world.beta.store.figures().await.unwrap());
    // [R-2.2.1-a] it is answered as what was done, however often it comes.
    for _ in 0..3 {
        let answer = bring(&world, MARIO, &[ANNA], other.clone()).await;
        assert_eq!((answer.code, answer.text.as_str()), (250, "already done"));
    }
    let (message, _) = world.beta.only(ANNA, Kind::TransportEnvelope).await;
    assert_eq!(message, first);
    let after = world.beta.store.figures().await.unwrap();
    assert_eq!((after.queued, after.messages), (before.1.queued, before.1.messages), "no second notice");
    let rows = world.beta.evidence().await;
    assert_eq!(rows.len(), before.0 + 1);
    let row = contradictions(rows).pop().unwrap();
    assert_eq!((row.identifier.as_str(), row.kind), ("t1.1@alfa.example", Some(Kind::TransportEnvelope)));
    assert_eq!(row.concerns, [ANNA]);
    let said = row.error.unwrap();
    assert!(said.contains(&entity_digest(&first)) && said.contains(&entity_digest(&other)), "{said}");
    let warnings = world.beta.provider.signer_warnings();
    assert!(warnings.len() == 1 && warnings[0].contains("ALFA") && warnings[0].contains("t1.1@alfa"), "{warnings:?}");

    // A third one is another fact. The same octets in another coat are none.
    bring(&world, MARIO, &[ANNA], signed(&saying("forse"), key)).await;
    let coat = saying("accetto");
    let header =
        String::from_utf8(coat.header.to_vec()).unwrap().replace("X-TipoRicevuta: completa", "X-TipoRicevuta: breve");
    bring(&world, MARIO, &[ANNA], signed(&pec::compose::Draft { header: header.into(), ..coat }, key)).await;
    assert_eq!(contradictions(world.beta.evidence().await).len(), 2);
}

#[tokio::test]
async fn who_did_not_get_it_yet_gets_it_while_the_others_contradiction_is_recorded() {
    let world = World::new().await;
    let key = world.alfa.key.as_ref();
    bring(&world, MARIO, &[ANNA], signed(&saying("accetto"), key)).await;
    assert_eq!(bring(&world, MARIO, &[ANNA, LUCA], signed(&saying("rifiuto"), key)).await.code, 250);
    assert_eq!(world.beta.kinds(LUCA).await, [Kind::TransportEnvelope]);
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::TransportEnvelope]);
    let rows = contradictions(world.beta.evidence().await);
    assert_eq!(rows.iter().map(|row| row.concerns.clone()).collect::<Vec<_>>(), [[ANNA]]);
}

#[tokio::test]
async fn a_second_notice_of_the_same_facts_is_a_repetition_and_one_of_others_is_recorded() {
    let world = World::new().await;
    let service = "ricevute@alfa.example";
    let taken = |at: i64, id: &str, about: &Certified| {
        let to = [address(ANNA)];
        let moment = Moment::from_unix(START + at);
        signed(&compose::take_charge(&beta(), moment, about, &address(service), &to, id), world.beta.key.as_ref())
    };
    // An honest provider that lost our answer makes another one, at another instant.
    for message in [taken(0, "n1@beta.example", &certified()), taken(5, "n2@beta.example", &certified())] {
        assert_eq!(bring_to_alfa(&world, service, message).await.code, 250);
    }
    assert_eq!(world.alfa.kinds(service).await, [Kind::TakeCharge]);
    assert!(contradictions(world.alfa.evidence().await).is_empty() && world.alfa.provider.signer_warnings().is_empty());
    // Another recipient, another type of recipient, another client's message: each once, however often it comes.
    let luca = Recipient { address: address(LUCA), kind: RecipientType::Certified };
    let mut more = certified();
    more.recipients.push(luca);
    let mut other_type = certified();
    other_type.recipients.push(Recipient { address: address(LUCA), kind: RecipientType::Ordinary });
    let other_message = Certified { message_id: Some("<2@c>".into()), ..certified() };
    for (number, about) in [more, other_type, other_message].iter().enumerate() {
        for at in [5, 6] {
            let message = taken(at, &format!("n{number}.{at}@beta.example"), about);
            assert_eq!(bring_to_alfa(&world, service, message).await.code, 250);
        }
        assert_eq!(contradictions(world.alfa.evidence().await).len(), number + 1);
    }
    assert_eq!(world.alfa.kinds(service).await, [Kind::TakeCharge]);
    let rows = contradictions(world.alfa.evidence().await);
    assert_eq!((rows[0].kind, rows[0].concerns.as_slice()), (Some(Kind::TakeCharge), &[ANNA.to_owned()][..]));
    assert!(rows[0].error.as_ref().is_some_and(|said| said.starts_with("certified facts SHA-256")), "{rows:?}");
}

#[tokio::test]
async fn a_non_delivery_with_another_fault_contradicts_and_one_in_other_words_does_not() {
    let world = World::new().await;
    let told = |cause, id: &str| {
        let notice = compose::non_delivery(&beta(), Moment::from_unix(START), &certified(), &address(ANNA), cause, id);
        signed(&notice, world.beta.key.as_ref())
    };
    for (cause, id, rows) in [
        (Cause::MailboxFull, "n1@beta.example", 0),
        (Cause::MailboxDisabled, "n2@beta.example", 0),
        (Cause::UnknownMailbox, "n3@beta.example", 1),
    ] {
        assert_eq!(bring_to_alfa(&world, MARIO, told(cause, id)).await.code, 250);
        assert_eq!(contradictions(world.alfa.evidence().await).len(), rows, "{id}");
    }
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::NonDelivery]);
}

#[tokio::test]
async fn a_provider_s_irregular_messages_have_a_rate_and_its_good_ones_have_none() {
    let rules = Rules { irregular_per_hour: NonZeroU32::new(2).unwrap(), ..Rules::default() };
    let world = World::ruled(Ruled::default(), Ruled { rules, ..Ruled::default() }).await;
    let key = world.alfa.key.as_ref();
    let wrong = |body: &str| {
        let good = saying(body);
        let header = String::from_utf8(good.header.to_vec()).unwrap().replace("X-Trasporto: ", "X-Nessuno: ");
        signed(&pec::compose::Draft { header: header.into(), ..good }, key)
    };
    assert_eq!(bring(&world, MARIO, &[ANNA], wrong("1")).await.code, 250);
    // What has no effect costs nothing: the same again, and what nobody takes, however often it comes.
    assert_eq!(bring(&world, MARIO, &[ANNA], wrong("1")).await.code, 250);
    for nobody in ["nessuno@beta.example", "ricevute@beta.example"] {
        for _ in 0..3 {
            assert_eq!(bring(&world, MARIO, &[nobody], wrong("1")).await.code, 550, "{nobody}");
        }
    }
    world.beta.store.set_quota(&address(LUCA), 0).await;
    for _ in 0..3 {
        assert_eq!(bring(&world, MARIO, &[LUCA], wrong("1")).await.enhanced, "5.2.2");
    }
    assert_eq!(bring(&world, MARIO, &[ANNA], wrong("2")).await.code, 250);
    let (scans, signatures) =
        (world.beta.scanner.count(), world.beta.key.asked.load(std::sync::atomic::Ordering::SeqCst));
    let put_off = bring(&world, MARIO, &[ANNA], wrong("3")).await;
    assert_eq!((put_off.code, put_off.enhanced), (450, "4.7.28"), "{put_off:?}");
    // Neither scanned nor signed.
    assert_eq!(world.beta.scanner.count(), scans);
    assert_eq!(world.beta.key.asked.load(std::sync::atomic::Ordering::SeqCst), signatures);
    assert_eq!(world.beta.provider.signer_warnings(), ["irregular messages of ALFA Posta S.p.A. are put off"]);
    // Certified mail of the same provider goes on; its contradictions count as irregular.
    assert_eq!(bring(&world, MARIO, &[ANNA], signed(&saying("accetto"), key)).await.code, 250);
    assert_eq!(bring(&world, MARIO, &[ANNA], signed(&saying("rifiuto"), key)).await.enhanced, "4.7.28");
    assert!(contradictions(world.beta.evidence().await).is_empty());
    world.time.pass(1800);
    assert_eq!(bring(&world, MARIO, &[ANNA], wrong("3")).await.code, 250);
    let kinds = world.beta.kinds(ANNA).await;
    assert_eq!(kinds.iter().filter(|kind| **kind == Kind::AnomalyEnvelope).count(), 3);
}
