//! The postmaster of every domain is the operator (RFC 5321 §4.5.1), and reaches him whatever others may not.

use std::net::IpAddr;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use pec::{Kind, Moment, ReversePath};
use provider::Rules;
use provider::authentication::{Findings, Peer, Verdict, Wish};
use provider::points::finding::Arrival;
use store::{Domain, MailboxChange, NewMailbox, OrdinaryMail, Principals, Upkeep};

use crate::world::{ANNA, Answer, MARIO, Ruled, START, World, address};

const OPERATOR: &str = "postmaster@beta.example";
const SENDER: &str = "carla@ordinary.example";

/// Beta with its operator's mailbox of this size, a second domain, and everything shut that an operator can shut.
async fn shut(quota: u64) -> World {
    let shut = |domain: &mut Domain| {
        domain.certified_only_from = Some(Moment::from_unix(START - 1));
        domain.correspondents = "certified,@gruppo.example".parse().unwrap();
    };
    let rules = Rules { refuse_dmarc: true, ..Rules::default() };
    let world = World::ruled(Ruled::default(), Ruled { rules, ..Ruled::domain(shut) }).await;
    let mailbox = NewMailbox { address: address(OPERATOR), password: None, quota, service: false };
    world.beta.store.create_mailbox(mailbox).await.unwrap();
    let mut other = Domain::new("altra.example");
    shut(&mut other);
    world.beta.store.put_domain(other).await.unwrap();
    world.beta.provider.reload().await.unwrap();
    world
}

fn letter(number: usize, text: &str) -> Bytes {
    format!("From: {SENDER}\r\nSubject: aiuto\r\nMessage-ID: <{number}@ordinary.example>\r\n\r\n{text}\r\n").into()
}

async fn bring(world: &World, to: &[&str], message: Bytes) -> Answer {
    let path = ReversePath::Address(address(SENDER));
    let recipients: Vec<_> = to.iter().map(|text| address(text)).collect();
    for (number, recipient) in recipients.iter().enumerate() {
        let before = recipients.get(..number).unwrap();
        if let Err(refusal) = world.beta.provider.takes(&path, before, recipient).await {
            return Answer::of::<&str>(Err(refusal));
        }
    }
    let peer = Some(Peer { ip: IpAddr::from([192, 0, 2, 7]), helo: "mx.ordinary.example".into() });
    Answer::of(world.beta.provider.receive(Arrival { path, recipients, message, peer }).await)
}

#[tokio::test]
async fn mail_for_the_postmaster_of_every_domain_comes_past_every_policy_to_one_mailbox() {
    let world = shut(1 << 20).await;
    // What anybody else's mailbox says to this sender, and to a forged one.
    assert_eq!(bring(&world, &[ANNA], letter(0, "no")).await.code, 550);
    let (domain, dmarc) = ("ordinary.example".to_owned(), Verdict::Fail);
    *world.beta.origin.says.lock().unwrap() = Findings {
        spf: (Verdict::Fail, domain.clone()),
        dkim: (Verdict::None, String::new()),
        dmarc: (dmarc, domain),
        wish: Wish::Reject,
    };
    // With a domain of ours, any, and with the name of the host, as which the bare name comes.
    let all = [OPERATOR, "PostMaster@altra.example", "\"postmaster\"@Beta.example", "Postmaster@MX.beta.example"];
    for (number, to) in all.into_iter().enumerate() {
        let answer = bring(&world, &[to], letter(number, "aiuto")).await;
        assert_eq!(answer.code, 250, "{to}: {answer:?}");
    }
    assert_eq!(world.beta.kinds(OPERATOR).await, [Kind::AnomalyEnvelope; 4]);
    for message in world.beta.messages(OPERATOR, Kind::AnomalyEnvelope).await {
        seal::open(&message).unwrap();
    }
    // Two of them in one message are two; with anybody else they are asked for apart.
    assert_eq!(bring(&world, &[OPERATOR, "postmaster@altra.example"], letter(9, "due")).await.code, 250);
    assert_eq!(world.beta.entries(OPERATOR).await.len(), 6);
    assert_eq!(bring(&world, &[OPERATOR, ANNA], letter(10, "con altri")).await.code, 450);
    // Who is nobody here has no postmaster here.
    assert_eq!(bring(&world, &["postmaster@fuori.example"], letter(11, "no")).await.code, 550);
    assert!(world.beta.store.queue().await.is_empty(), "[R-3.2.2-e]");
    assert!(world.beta.store.check(&|_| ()).await.unwrap().is_whole());
}

#[tokio::test]
async fn a_full_mailbox_of_the_operator_puts_off_and_does_not_refuse() {
    let world = shut(40_000).await;
    assert_eq!(bring(&world, &[OPERATOR], letter(1, "breve")).await.code, 250);
    // There is room, but not for this: said at once, without a signature.
    let signatures = world.beta.key.asked.load(Ordering::SeqCst);
    for number in 2..4 {
        let answer = bring(&world, &[OPERATOR], letter(number, &"x".repeat(36_000))).await;
        assert_eq!((answer.code, answer.enhanced), (450, "4.2.2"), "{answer:?}");
    }
    assert_eq!(world.beta.key.asked.load(Ordering::SeqCst), signatures);
    assert_eq!(bring(&world, &[OPERATOR], letter(4, "breve")).await.code, 250);
    let change = MailboxChange { quota: Some(1 << 20), ..MailboxChange::default() };
    world.beta.store.change_mailbox(&address(OPERATOR), change).await.unwrap();
    assert_eq!(bring(&world, &[OPERATOR], letter(2, &"x".repeat(36_000))).await.code, 250);
    assert_eq!(world.beta.entries(OPERATOR).await.len(), 3);
}

#[tokio::test]
async fn an_ordinary_mailbox_without_room_for_a_message_is_full_to_it() {
    let world = World::ruled(Ruled::default(), Ruled::domain(|domain| domain.ordinary = OrdinaryMail::Anomaly)).await;
    let change = MailboxChange { quota: Some(40_000), ..MailboxChange::default() };
    world.beta.store.change_mailbox(&address(ANNA), change).await.unwrap();
    assert_eq!(bring(&world, &[ANNA], letter(1, "breve")).await.code, 250);
    let answer = bring(&world, &[ANNA], letter(2, &"x".repeat(36_000))).await;
    assert_eq!((answer.code, answer.enhanced), (550, "5.2.2"), "{answer:?}");
}

#[tokio::test]
async fn what_ordinary_mail_may_not_fill_is_left_for_certified_mail() {
    let world = shut(200_000).await;
    let letters = async |from: usize| {
        for number in from..from + 20 {
            let answer = bring(&world, &[OPERATOR], letter(number, &"x".repeat(18_000))).await;
            if answer.code != 250 {
                return (number, answer.enhanced);
            }
        }
        panic!("the mailbox is never full");
    };
    let (taken, why) = letters(0).await;
    assert!(taken > 2 && why == "4.2.2", "{taken} {why}");
    let message = format!("From: {MARIO}\nTo: {OPERATOR}\nSubject: aiuto\n\nciao\n");
    assert_eq!(world.submit(&[OPERATOR], &message).await.code, 250);
    world.settle().await;
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::Delivery]);
}

#[tokio::test]
async fn a_holder_reaches_the_postmaster_of_his_own_mail_host() {
    let world = World::new().await;
    let operator =
        NewMailbox { address: address("postmaster@alfa.example"), password: None, quota: 1 << 20, service: false };
    world.alfa.store.create_mailbox(operator).await.unwrap();
    let to = "postmaster@mx.alfa.example";
    assert_eq!(world.submit(&[to], &format!("From: {MARIO}\nTo: {to}\nSubject: aiuto\n\nciao\n")).await.code, 250);
    world.settle().await;
    // The host is in no provider's record, so nothing certified comes back [R-3.1.5-g].
    assert_eq!(world.alfa.kinds("postmaster@alfa.example").await, [Kind::TransportEnvelope]);
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance]);
    assert!(world.alfa.store.queue().await.is_empty());
}

#[tokio::test]
async fn a_certified_message_to_a_postmaster_is_receipted_under_the_address_it_names() {
    let world = shut(1 << 20).await;
    let to = "Postmaster@beta.example";
    let message = format!("From: {MARIO}\nTo: {to}\nSubject: aiuto\n\nciao\n");
    assert_eq!(world.submit(&[to], &message).await.code, 250);
    world.settle().await;
    // [R-2.2.2-g] [R-3.3.2-a]
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::Delivery]);
    let (_, delivery) = world.alfa.only(MARIO, Kind::Delivery).await;
    assert_eq!(delivery.data.delivery.as_deref(), Some(to));
    assert_eq!(world.beta.kinds(OPERATOR).await, [Kind::TransportEnvelope]);
    assert!(world.alfa.store.awaited().await.is_empty());
}
