//! What a holder finds of what he sent: the copy, and the notifications under it.

use bytes::Bytes;
use pec::Kind;
use pec::header::Header;
use store::{MailboxChange, Principals, Receipts, SentCopies, Upkeep};

use crate::world::{ANNA, LUCA, MARIO, Ruled, World, address};

const MESSAGE: &str = "From: Mario Rossi <mario.rossi@alfa.example>
To: anna.bianchi@beta.example
Cc: luca.verdi@beta.example
Subject: prova
Message-ID: <42@client.example>
Date: Thu, 28 May 2026 22:26:40 +0200

";

/// As it is submitted.
fn message(body: &str) -> Bytes {
    format!("{}{body}\r\n", MESSAGE.replace('\n', "\r\n")).into()
}

#[tokio::test]
async fn the_copy_is_what_the_holder_submitted_and_its_body_is_stored_with_the_original() {
    let world = World::new().await;
    for body in ["ciao".to_owned(), "riga di prova\r\n".repeat(30_000)] {
        let (message, before) = (message(&body), world.alfa.store.figures().await.unwrap());
        assert_eq!(world.submit_bytes(&[ANNA, LUCA], message.clone()).await.code, 250);
        let copies = world.alfa.folder(MARIO, "Inviata").await;
        assert!(copies.last() == Some(&message), "the copy is another message");
        let after = world.alfa.store.figures().await.unwrap();
        // Everything of one elaboration in one commit, and one original.
        assert_eq!((after.outcomes - before.outcomes, after.originals - before.originals), (1, 1));
    }
    world.settle().await;
    assert!(world.alfa.store.check(&|_| ()).await.unwrap().is_whole());
}

#[tokio::test]
async fn notifications_stand_under_the_copy_and_under_the_certified_message() {
    let world = World::new().await;
    world.submit_bytes(&[ANNA], message("ciao")).await;
    world.settle().await;
    let copy = Header::parse(&world.alfa.folder(MARIO, "Inviata").await[0]);
    let (_, envelope) = world.beta.only(ANNA, Kind::TransportEnvelope).await;
    for kind in [Kind::Acceptance, Kind::Delivery] {
        let (_, notice) = world.alfa.only(MARIO, kind).await;
        assert_eq!(notice.header.value("In-Reply-To"), copy.value("Message-ID"));
        let references = notice.header.value("References").unwrap();
        let certified = envelope.header.value("Message-ID").unwrap();
        assert_eq!(references, format!("{} {certified}", copy.value("Message-ID").unwrap()));
    }
}

#[tokio::test]
async fn a_mailbox_or_its_domain_has_no_copies_where_that_is_set() {
    let world = World::ruled(Ruled::domain(|domain| domain.sent_copies = SentCopies::Off), Ruled::default()).await;
    let set = async |copies| {
        let change = MailboxChange { sent_copies: Some(copies), ..MailboxChange::default() };
        world.alfa.store.change_mailbox(&address(MARIO), change).await.unwrap();
    };
    for (own, copies) in [(None, 0), (Some(SentCopies::On), 1), (Some(SentCopies::Off), 1)] {
        set(own).await;
        world.submit_bytes(&[ANNA], message("ciao")).await;
        assert_eq!(world.alfa.folder(MARIO, "Inviata").await.len(), copies, "{own:?}");
    }
}

#[tokio::test]
async fn what_is_not_accepted_was_not_sent_and_has_no_copy() {
    let world = World::new().await;
    let refused = message("ciao").to_vec();
    let refused = String::from_utf8(refused).unwrap().replace("Cc: luca.verdi@beta.example\r\n", "");
    world.submit_bytes(&[ANNA, LUCA], refused.into()).await;
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::NonAcceptance]);
    assert!(world.alfa.folder(MARIO, "Inviata").await.is_empty());
}

#[tokio::test]
async fn a_full_mailbox_sends_without_a_copy() {
    let world = World::new().await;
    world.alfa.store.set_quota(&address(MARIO), 10).await;
    assert_eq!(world.submit_bytes(&[ANNA], message("ciao")).await.code, 250);
    assert!(world.alfa.folder(MARIO, "Inviata").await.is_empty());
    world.settle().await;
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::Delivery]);
}

#[tokio::test]
async fn notifications_are_filed_apart_where_the_mailbox_wants_it() {
    let world = World::new().await;
    let change = MailboxChange { receipts: Some(Receipts::Folder), ..MailboxChange::default() };
    world.alfa.store.change_mailbox(&address(MARIO), change).await.unwrap();
    world.submit_bytes(&[ANNA], message("ciao")).await;
    world.settle().await;
    assert!(world.alfa.kinds(MARIO).await.is_empty());
    assert_eq!(world.alfa.folder(MARIO, "Ricevute").await.len(), 2);
    // What others send is no notification of his.
    let change = MailboxChange { receipts: Some(Receipts::Folder), ..MailboxChange::default() };
    world.beta.store.change_mailbox(&address(ANNA), change).await.unwrap();
    world.submit_bytes(&[ANNA], message("ciao")).await;
    world.settle().await;
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::TransportEnvelope, Kind::TransportEnvelope]);
}
