//! Closed groups: holders who write to, and are written by, some correspondents only.

use crate::world::{ANNA, Answer, LUCA, MARIO, Ruled, World, address};
use pec::{Fault, Kind, ReversePath};
use provider::points::finding::Arrival;

use store::Upkeep;

fn letter(to: &[&str]) -> String {
    format!("From: {MARIO}\nTo: {}\nSubject: prova\nMessage-ID: <1@c>\n\nciao\n", to.join(", "))
}

async fn send(world: &World, to: &[&str]) {
    assert_eq!(world.submit(to, &letter(to)).await.code, 250);
    world.settle().await;
}

#[tokio::test]
async fn a_holder_of_a_closed_group_writes_to_nobody_outside_it() {
    let world =
        World::ruled(Ruled::domain(|domain| domain.correspondents = "certified".parse().unwrap()), Ruled::default())
            .await;
    send(&world, &[ANNA, "carla@ordinary.example"]).await;
    let (_, notice) = world.alfa.only(MARIO, Kind::NonAcceptance).await;
    let why = notice.data.extended_error.unwrap();
    assert!(why.starts_with("5.7.1 - ALFA Posta S.p.A. - ") && why.contains("carla@ordinary.example"), "{why}");
    assert!(!why.contains(ANNA) && notice.data.fault == Fault::Other, "{why}");
    // All or nothing.
    assert!(world.beta.entries(ANNA).await.is_empty() && world.net.carried.lock().unwrap().is_empty());
    send(&world, &[ANNA]).await;
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::TransportEnvelope]);
    // The group of the mailbox stands in place of the domain's.
    world.alfa.group(MARIO, &format!("{LUCA},@ordinary.example")).await;
    send(&world, &[ANNA]).await;
    assert_eq!(world.alfa.messages(MARIO, Kind::NonAcceptance).await.len(), 2);
    send(&world, &[LUCA, "carla@ordinary.example"]).await;
    assert_eq!(world.beta.kinds(LUCA).await, [Kind::TransportEnvelope]);
    assert_eq!(world.alfa.messages(MARIO, Kind::NonAcceptance).await.len(), 2);
}

#[tokio::test]
async fn certified_mail_from_outside_the_group_is_taken_in_charge_and_not_delivered() {
    let world = World::ruled(
        Ruled::default(),
        Ruled::domain(|domain| domain.correspondents = "@gamma.example".parse().unwrap()),
    )
    .await;
    world.beta.group(LUCA, "any").await;
    send(&world, &[ANNA, LUCA]).await;
    assert!(world.beta.entries(ANNA).await.is_empty());
    assert_eq!(world.beta.kinds(LUCA).await, [Kind::TransportEnvelope]);
    // [R-3.2.1-a] for both, then [R-3.3.3-a] with the reason.
    assert_eq!(world.alfa.kinds("ricevute@alfa.example").await, [Kind::TakeCharge]);
    let (_, notice) = world.alfa.only(MARIO, Kind::NonDelivery).await;
    assert_eq!((notice.data.delivery.as_deref(), notice.data.fault), (Some(ANNA), Fault::Other));
    assert!(notice.data.extended_error.unwrap().starts_with("5.7.1 - BETA Posta S.p.A. - "));
    assert_eq!(world.alfa.messages(MARIO, Kind::Delivery).await.len(), 1);
    assert_eq!(world.alfa.store.figures().await.unwrap().awaited, 0);
}

#[tokio::test]
async fn receipts_reach_a_holder_whose_group_was_closed_after_he_wrote() {
    let world = World::new().await;
    assert_eq!(world.submit(&[ANNA], &letter(&[ANNA])).await.code, 250);
    world.alfa.group(MARIO, "@gamma.example").await;
    world.settle().await;
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::Delivery]);
    assert_eq!(world.alfa.kinds("ricevute@alfa.example").await, [Kind::TakeCharge]);
}

#[tokio::test]
async fn ordinary_mail_comes_from_inside_the_group_only() {
    let world = World::new().await;
    world.beta.ordinary(ANNA, "anomaly").await;
    world.beta.group(ANNA, "@ordinary.example").await;
    let bring = async |path: &str, from: &str| {
        let path = if path.is_empty() { ReversePath::Null } else { ReversePath::Address(address(path)) };
        let message = format!("From: {from}\r\nSubject: x\r\nMessage-ID: <{from}>\r\n\r\nciao\r\n").into();
        let answer = Answer::of(
            world.beta.provider.receive(Arrival { path, recipients: vec![address(ANNA)], message, peer: None }).await,
        );
        (answer.code, answer.enhanced)
    };
    assert_eq!(bring("a@ordinary.example", "b@Ordinary.example").await, (250, "2.0.0"));
    for (path, from) in [
        ("a@elsewhere.example", "a@elsewhere.example"),
        // Whom the reader would see.
        ("a@ordinary.example", "a@elsewhere.example"),
        ("a@ordinary.example", "nessuno"),
        ("", "a@ordinary.example"),
    ] {
        assert_eq!(bring(path, from).await, (550, "5.7.1"), "{path} {from}");
    }
    assert_eq!(world.beta.entries(ANNA).await.len(), 1);
    // A group of certified addresses takes no ordinary mail from anybody.
    world.beta.group(ANNA, "certified").await;
    assert_eq!(bring("a@ordinary.example", "b@ordinary.example").await, (550, "5.7.1"));
}
