//! Many recipients, many dispatches, and a store or a peer that does not take them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use pec::Kind;
use store::{Event, NewMailbox, Principals, Queue};

use crate::world::{ANNA, MARIO, START, Wire, World, address};

fn message(to: &[String], number: usize) -> String {
    let to = to.join(",\n ");
    format!(
        "From: mario.rossi@alfa.example\nTo: {to}\nSubject: n. {number}\nMessage-ID: <{number}@client.example>\n\
         Date: Thu, 28 May 2026 22:26:40 +0200\nMIME-Version: 1.0\nContent-Type: text/plain\n\nTesto.\n"
    )
}

#[tokio::test]
async fn five_hundred_recipients_have_five_hundred_receipts_and_one_take_charge() {
    let world = World::new().await;
    let to: Vec<String> = (0..500).map(|number| format!("casella{number}@beta.example")).collect();
    for mailbox in &to {
        let new = NewMailbox { address: address(mailbox), password: None, quota: 1 << 30, service: false };
        world.beta.store.create_mailbox(new).await.unwrap();
    }
    let recipients: Vec<&str> = to.iter().map(String::as_str).collect();
    let answer = world.submit(&recipients, &message(&to, 1)).await;
    assert!(answer.text.starts_with("accepted"), "{answer:?}");
    world.settle().await;
    // [R-3.3.2-c] [R-3.2.1-b]
    assert_eq!(world.alfa.messages(MARIO, Kind::Delivery).await.len(), 500);
    assert_eq!(world.alfa.kinds("ricevute@alfa.example").await, [Kind::TakeCharge]);
    assert_eq!(world.beta.key.asked.load(Ordering::SeqCst), 501, "no signature twice");
    let rows = world.beta.evidence().await;
    let count = |event, kind| rows.iter().filter(|row| row.event == event && row.kind == Some(kind)).count();
    assert_eq!(count(Event::Received, Kind::TransportEnvelope), 1);
    assert_eq!(count(Event::Deposited, Kind::TransportEnvelope), 500);
    assert_eq!(count(Event::Emitted, Kind::Delivery), 500);
    assert_eq!(count(Event::Relayed, Kind::Delivery), 500);
    assert_eq!(count(Event::Emitted, Kind::TakeCharge), 1);
    assert!(world.alfa.store.awaited().await.is_empty());
    assert!(world.alfa.store.queue().await.is_empty() && world.beta.store.queue().await.is_empty());
}

#[tokio::test]
async fn a_peer_that_is_away_is_asked_seldom_and_its_first_yes_wakes_all() {
    let world = World::new().await;
    world.net.set(Wire::Dead);
    for number in 0..300 {
        assert_eq!(world.submit(&[ANNA], &message(&[ANNA.into()], number)).await.code, 250);
    }
    let asked = || world.net.asked.load(Ordering::SeqCst);
    world.alfa.relay.settle_all().await.unwrap();
    assert!(asked() <= 64, "no more than one lot learns that nobody is there: {}", asked());
    let first = asked();
    // An hour, second by second as far as the relay looks.
    for _ in 0..360 {
        world.time.pass(10);
        world.alfa.relay.settle_all().await.unwrap();
    }
    let while_away = asked() - first;
    assert!((1..=10).contains(&while_away), "{while_away}");
    assert!(world.alfa.relay.standing().await.unwrap().iter().all(|hop| hop.away_since.is_some()));
    world.net.set(Wire::Works);
    world.time.pass(1800);
    world.settle().await;
    assert_eq!(world.beta.kinds(ANNA).await.len(), 300);
    assert_eq!(world.alfa.messages(MARIO, Kind::Delivery).await.len(), 300);
    assert!(world.alfa.store.queue().await.is_empty());
}

#[tokio::test]
async fn a_store_that_refuses_settlements_for_a_while_loses_and_doubles_nothing() {
    let world = World::new().await;
    for number in 0..20 {
        world.submit(&[ANNA], &message(&[ANNA.into()], number)).await;
    }
    world.alfa.ledger.full.store(true, Ordering::SeqCst);
    let relay = world.alfa.relay.clone();
    let carrying = tokio::spawn(async move { relay.settle_all().await });
    let refused = || world.alfa.ledger.refused.load(Ordering::SeqCst);
    let all = async {
        while refused() < 20 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), all).await.unwrap();
    world.alfa.ledger.full.store(false, Ordering::SeqCst);
    carrying.await.unwrap().unwrap();
    assert!(refused() <= 40, "each waits before it asks again: {}", refused());
    world.settle().await;
    assert_eq!(world.beta.kinds(ANNA).await.len(), 20);
    assert_eq!(world.alfa.messages(MARIO, Kind::Delivery).await.len(), 20);
    let envelope = |to: &Vec<String>| to.iter().any(|to| to == ANNA);
    assert_eq!(world.net.carried.lock().unwrap().iter().filter(|(_, to, _)| envelope(to)).count(), 20);
    let rows = world.alfa.evidence().await;
    let relayed = |row: &&crate::world::Trace| row.event == Event::Relayed && row.kind == Some(Kind::TransportEnvelope);
    assert_eq!(rows.iter().filter(relayed).count(), 20);
    assert!(world.alfa.store.queue().await.is_empty());
}

#[tokio::test]
async fn what_an_operator_fails_is_not_sent_and_its_sender_is_told() {
    let world = World::new().await;
    world.submit(&[ANNA], &message(&[ANNA.into()], 1)).await;
    let [item] = &world.alfa.store.queue().await[..] else { panic!("one dispatch") };
    let now = pec::Moment::from_unix(START);
    assert!(world.alfa.store.fail(item.id, "guasto del destinatario", now).await.unwrap());
    world.settle().await;
    assert_eq!(world.net.asked.load(Ordering::SeqCst), 0);
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::NonDelivery]);
    assert!(world.alfa.store.queue().await.is_empty() && world.alfa.store.awaited().await.is_empty());
    let rows = world.alfa.evidence().await;
    let failed = rows.iter().find(|row| row.event == Event::RelayFailed).unwrap();
    assert!(failed.error.as_deref().is_some_and(|why| why.contains("guasto del destinatario")), "{failed:?}");
}

#[tokio::test]
async fn what_is_sent_is_read_in_lots_as_large_as_the_memory_that_there_is() {
    let world = World::new().await;
    for number in 0..20 {
        assert_eq!(world.submit(&[ANNA], &message(&[ANNA.into()], number)).await.code, 250);
    }
    let sizes: Vec<u64> = world.alfa.store.queue().await.iter().map(|item| item.size).collect();
    let limit = sizes.iter().sum::<u64>() as usize / 6;
    for house in [&world.alfa, &world.beta] {
        house.memory.limit.store(limit, Ordering::SeqCst);
    }
    world.settle().await;
    for house in [&world.alfa, &world.beta] {
        let peak = house.memory.peak.load(Ordering::SeqCst);
        assert!(peak > limit / 2 && peak <= limit, "{peak} of {limit}");
        assert_eq!(house.memory.held(), 0);
    }
    assert_eq!(world.beta.kinds(ANNA).await.len(), 20);
    assert_eq!(world.alfa.messages(MARIO, Kind::Delivery).await.len(), 20);
    // Less than any message: each goes alone.
    world.alfa.memory.limit.store(1, Ordering::SeqCst);
    for number in 20..23 {
        world.submit(&[ANNA], &message(&[ANNA.into()], number)).await;
    }
    world.settle().await;
    assert_eq!(world.beta.kinds(ANNA).await.len(), 23);
    assert!(world.alfa.store.queue().await.is_empty() && world.beta.store.queue().await.is_empty());
}

#[tokio::test]
async fn routes_are_looked_up_side_by_side() {
    let world = World::new().await;
    for number in 0..4 {
        assert_eq!(world.submit(&[ANNA], &message(&[ANNA.into()], number)).await.code, 250);
    }
    *world.net.together.lock().unwrap() = Some(Arc::new(tokio::sync::Barrier::new(4)));
    let carried = tokio::time::timeout(Duration::from_secs(60), world.alfa.relay.settle_all()).await;
    carried.expect("one look-up waits for another").unwrap();
}

#[tokio::test]
async fn what_is_left_of_a_batch_goes_back_while_its_lease_holds() {
    let world = World::new().await;
    for number in 0..20 {
        assert_eq!(world.submit(&[ANNA], &message(&[ANNA.into()], number)).await.code, 250);
    }
    let sizes: Vec<u64> = world.alfa.store.queue().await.iter().map(|item| item.size).collect();
    world.alfa.memory.limit.store(sizes.iter().sum::<u64>() as usize / 6, Ordering::SeqCst);
    let time = world.time.clone();
    *world.net.meanwhile.lock().unwrap() = Some(Box::new(move || time.pass(1000)));
    world.alfa.relay.settle_all().await.unwrap();
    let left = world.alfa.store.queue().await.len();
    assert!((1..20).contains(&left), "two lots end within half a lease: {left}");
    *world.net.meanwhile.lock().unwrap() = None;
    world.time.pass(1);
    world.settle().await;
    assert_eq!(world.beta.kinds(ANNA).await.len(), 20);
    assert!(world.alfa.store.queue().await.is_empty());
}
