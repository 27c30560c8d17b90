//! Only signed bytes are believed: whoever brings a genuine message with other words around it, and a provider that says
//! what it may not.

use crate::intruders::{bring, certified, envelope, signed};
use crate::world::{ANNA, MARIO, START, World, address, provider_name};
use pec::compose::{Certified, Draft, Emitter};
use pec::original::Original;
use pec::{Address, Kind, Moment};
use store::{NewMailbox, Principals};

/// The genuine envelope with something else in its outer header.
fn with(from: &str, to: &str) -> Draft {
    let good = envelope(&certified());
    let header = String::from_utf8(good.header.to_vec()).unwrap();
    assert!(header.contains(from), "{from} not in {header}");
    Draft { header: header.replacen(from, to, 1).into(), ..good }
}

#[tokio::test]
async fn a_genuine_envelope_that_is_brought_with_another_header_certifies_nothing() {
    // [R-I-sec-1]
    for (from, to) in [
        ("POSTA CERTIFICATA: prova", "POSTA CERTIFICATA: sfratto"),
        ("Per conto di: mario.rossi@", "Per conto di: sindaco@"),
        ("Reply-To: mario.rossi@alfa.example", "Reply-To: ladro@altrove.example"),
        ("To: anna.bianchi@beta.example", "To: luca.verdi@beta.example\r\nCc: anna.bianchi@beta.example"),
        ("Date: ", "Date: Thu, 01 Jan 2026 10:00:00 +0100\r\nX-Date: "),
    ] {
        let world = World::new().await;
        let message = signed(&with(from, to), world.alfa.key.as_ref());
        assert_eq!(bring(&world, MARIO, &[ANNA], message).await.code, 250, "{to}");
        assert_eq!(world.beta.kinds(ANNA).await, [Kind::AnomalyEnvelope], "{to}");
        // Nothing goes back, and the genuine one still has its turn.
        assert_eq!(world.beta.store.queue().await.len(), 0, "{to}");
        let genuine = signed(&envelope(&certified()), world.alfa.key.as_ref());
        assert_eq!(bring(&world, MARIO, &[ANNA], genuine).await.code, 250, "{to}");
        assert_eq!(world.beta.kinds(ANNA).await, [Kind::AnomalyEnvelope, Kind::TransportEnvelope], "{to}");
    }
}

#[tokio::test]
async fn another_receipt_type_outside_changes_nothing() {
    let world = World::new().await;
    let message = signed(&with("X-TipoRicevuta: completa", "X-TipoRicevuta: sintetica"), world.alfa.key.as_ref());
    bring(&world, MARIO, &[ANNA], message).await;
    world.settle().await;
    let (_, delivery) = world.alfa.only(MARIO, Kind::Delivery).await;
    assert!(delivery.original.is_some(), "the data say complete");
}

/// An envelope of alfa's at an instant, by a provider of this name, for this sender.
fn composed(at: Moment, provider: &str, sender: &str) -> Draft {
    let emitter = Emitter { name: provider.into(), address: address("posta-certificata@alfa.example"), english: false };
    let original = format!("From: {sender}\r\nTo: {ANNA}\r\nSubject: prova\r\nMessage-ID: <1@c>\r\n\r\nciao\r\n");
    let original = Original::parse(original.into());
    let certified = Certified { sender: Address::parse(sender).unwrap(), reply_to: sender.into(), ..certified() };
    let postacert = original.certified(&certified.identifier);
    pec::compose::transport_envelope(&emitter, at, &certified, &original, postacert)
}

#[tokio::test]
async fn the_certified_instant_lies_near_the_present_and_the_emitter_is_the_signer() {
    let now = Moment::from_unix(START);
    for (at, provider, kind) in [
        (now, provider_name("alfa"), Kind::TransportEnvelope),
        (now.plus(2 * 3600), provider_name("alfa"), Kind::AnomalyEnvelope),
        (now.minus_months(31), provider_name("alfa"), Kind::AnomalyEnvelope),
        (now, provider_name("beta"), Kind::AnomalyEnvelope),
        // As before a merger: nobody's name.
        (now, "Posta Vecchia S.r.l.".into(), Kind::TransportEnvelope),
    ] {
        let world = World::new().await;
        let message = signed(&composed(at, &provider, MARIO), world.alfa.key.as_ref());
        assert_eq!(bring(&world, MARIO, &[ANNA], message).await.code, 250);
        assert_eq!(world.beta.kinds(ANNA).await, [kind], "{at} {provider}");
    }
}

#[tokio::test]
async fn nobody_certifies_for_a_domain_that_nobody_manages() {
    let world = World::new().await;
    let sender = "qualcuno@nuovo.example";
    let draft = composed(Moment::from_unix(START), &provider_name("alfa"), sender);
    // The copy of the index is of now: it is an anomaly. Were it older than the message, it would be put off.
    assert_eq!(bring(&world, sender, &[ANNA], signed(&draft, world.alfa.key.as_ref())).await.code, 250);
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::AnomalyEnvelope]);
    let world = World::new().await;
    world.index_is_of(START - 60);
    let answer = bring(&world, sender, &[ANNA], signed(&draft, world.alfa.key.as_ref())).await;
    assert_eq!((answer.code, answer.enhanced), (450, "4.4.4"));
    assert!(world.beta.entries(ANNA).await.is_empty());
}

#[tokio::test]
async fn an_anomaly_is_no_entrance() {
    let world = World::new().await;
    let wrong = || signed(&with("X-Trasporto: posta-certificata\r\n", ""), world.alfa.key.as_ref());
    // The service mailbox takes no such thing, a closed group and a full mailbox neither.
    assert_eq!(bring(&world, MARIO, &["ricevute@beta.example"], wrong()).await.enhanced, "5.1.1");
    world.beta.group(ANNA, "certified").await;
    assert_eq!(bring(&world, MARIO, &[ANNA], wrong()).await.enhanced, "5.7.1");
    world.beta.group(ANNA, "any").await;
    world.beta.store.set_quota(&address(ANNA), 0).await;
    assert_eq!(bring(&world, MARIO, &[ANNA], wrong()).await.enhanced, "5.2.2");
    world.beta.store.set_quota(&address(ANNA), 1 << 30).await;
    assert_eq!(bring(&world, MARIO, &[ANNA], wrong()).await.code, 250);
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::AnomalyEnvelope]);
}

#[tokio::test]
async fn many_mailboxes_without_room_for_it_hold_up_no_answer() {
    let world = World::new().await;
    let mut to = vec![ANNA.to_owned()];
    for number in 0..12 {
        let new = format!("piena{number}@beta.example");
        world
            .beta
            .store
            .create_mailbox(NewMailbox { address: address(&new), password: None, quota: 100, service: false })
            .await
            .unwrap();
        world.beta.ordinary(&new, "anomaly").await;
        to.push(new);
    }
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let wrong = signed(&with("X-Trasporto: posta-certificata\r\n", ""), world.alfa.key.as_ref());
    let asked = || world.beta.key.asked.load(std::sync::atomic::Ordering::SeqCst);
    let before = asked();
    assert_eq!(bring(&world, MARIO, &to, wrong).await.code, 250);
    assert_eq!((world.beta.kinds(ANNA).await.as_slice(), asked() - before), (&[Kind::AnomalyEnvelope][..], 1));
    // Ordinary mail: all of them are full to it.
    let letter = format!("From: x@ordinary.example\r\nSubject: x\r\nMessage-ID: <1@x>\r\n\r\n{}\r\n", "x".repeat(100));
    let answer = bring(&world, "x@ordinary.example", to.get(1..).unwrap(), letter.into()).await;
    assert_eq!((answer.enhanced, asked() - before), ("5.2.2", 1), "{answer:?}");
}
