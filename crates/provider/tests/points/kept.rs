//! What is kept of certified mail outside mailboxes: what certifies, once, as the domain has it.

use pec::{Identifier, Kind};
use store::{
    AboutMessage, Actor, Keeps, Kept, MailboxState, Mailboxes, MessageId, Principals, Reader, Removal, UidSet, Upkeep,
};

use crate::world::{ANNA, House, LUCA, MARIO, Ruled, World, address};

const MESSAGE: &str = "From: Mario Rossi <mario.rossi@alfa.example>
To: anna.bianchi@beta.example
Subject: prova
Message-ID: <42@client.example>
Date: Thu, 28 May 2026 22:26:40 +0200

ciao
";

async fn submitted(world: &World) -> Identifier {
    assert_eq!(world.submit(&[ANNA], MESSAGE).await.code, 250);
    world.settle().await;
    world.alfa.only(MARIO, Kind::Acceptance).await.1.data.identifier.as_str().into()
}

async fn about(house: &House, identifier: &Identifier) -> Vec<AboutMessage> {
    house.store.about(identifier, MessageId(0), 100).await.unwrap()
}

/// The kinds of what is kept, in the order in which it came.
async fn kept(house: &House, identifier: &Identifier) -> Vec<Kind> {
    let all = about(house, identifier).await;
    all.into_iter().filter(|one| one.kept.is_some()).filter_map(|one| one.kind).collect()
}

/// A holder removes everything, in every folder.
async fn remove_all(house: &House, holder: &str) {
    let mailbox = house.store.mailbox(&address(holder)).await.unwrap().unwrap().id;
    let removal = Removal { by: Actor::Holder, door: "imap", at: pec::Moment::from_unix(crate::world::START) };
    for folder in house.store.folders(mailbox, Reader::Owner).await.unwrap() {
        house.store.expunge(folder.id, &UidSet::all(), &removal).await.unwrap();
    }
}

#[tokio::test]
async fn receipts_outlive_their_mailbox_and_what_holders_wrote_does_not() {
    let world = World::new().await;
    let identifier = submitted(&world).await;
    assert_eq!(kept(&world.alfa, &identifier).await, [Kind::Acceptance, Kind::Delivery]);
    // Those that were made for the other provider too.
    assert_eq!(kept(&world.beta, &identifier).await, [Kind::TakeCharge, Kind::Delivery]);
    let (acceptance, _) = world.alfa.only(MARIO, Kind::Acceptance).await;
    let (delivery, _) = world.alfa.only(MARIO, Kind::Delivery).await;

    // His receipts go; the delivery notification is whole while he has the copy of what he sent.
    let mailbox = world.alfa.store.mailbox(&address(MARIO)).await.unwrap().unwrap().id;
    let inbox = world.alfa.store.folders(mailbox, Reader::Owner).await.unwrap()[0].id;
    let removal = Removal { by: Actor::Holder, door: "imap", at: pec::Moment::from_unix(crate::world::START) };
    world.alfa.store.expunge(inbox, &UidSet::all(), &removal).await.unwrap();
    let found = about(&world.alfa, &identifier).await;
    let of = |kind| found.iter().find(|one| one.kind == Some(kind)).unwrap().clone();
    for (kind, exact) in [(Kind::Acceptance, &acceptance), (Kind::Delivery, &delivery)] {
        assert!(world.alfa.store.bytes(of(kind).message).await == *exact, "{kind:?}");
    }
    remove_all(&world.alfa, MARIO).await;
    let found = about(&world.alfa, &identifier).await;
    let whole: Vec<_> = found.iter().map(|one| (one.kind, one.whole)).collect();
    let service = (Some(Kind::TakeCharge), true);
    assert!(whole.contains(&(Some(Kind::Acceptance), true)) && whole.contains(&service), "{whole:?}");
    assert!(whole.contains(&(Some(Kind::Delivery), false)) && whole.len() == 3, "{whole:?}");
    for house in [&world.alfa, &world.beta] {
        assert!(house.store.check(&|_| ()).await.unwrap().is_whole());
    }
}

#[tokio::test]
async fn a_receipt_that_no_mailbox_takes_any_more_is_kept_for_whoever_sent() {
    let world = World::new().await;
    assert_eq!(world.submit(&[ANNA], MESSAGE).await.code, 250);
    let identifier = world.alfa.only(MARIO, Kind::Acceptance).await.1.data.identifier.as_str().into();
    world.alfa.store.set_state(&address(MARIO), MailboxState::Closed).await;
    world.settle().await;
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance], "it was put in no mailbox");
    assert_eq!(kept(&world.alfa, &identifier).await, [Kind::Acceptance, Kind::Delivery]);
    assert!(world.alfa.store.check(&|_| ()).await.unwrap().is_whole());
}

#[tokio::test]
async fn a_domain_that_keeps_envelopes_keeps_them_and_one_that_keeps_originals_needs_nobody() {
    let keeping = |keeps| Ruled::domain(move |domain| domain.keeps = keeps);
    let world = World::ruled(keeping(Keeps::Originals), keeping(Keeps::Envelopes)).await;
    let identifier = submitted(&world).await;
    assert_eq!(kept(&world.alfa, &identifier).await, [Kind::Acceptance, Kind::TransportEnvelope, Kind::Delivery]);
    assert_eq!(kept(&world.beta, &identifier).await, [Kind::TakeCharge, Kind::TransportEnvelope, Kind::Delivery]);
    remove_all(&world.alfa, MARIO).await;
    remove_all(&world.beta, ANNA).await;
    assert!(about(&world.alfa, &identifier).await.iter().all(|one| one.whole));
    let whole: Vec<_> = about(&world.beta, &identifier).await.iter().map(|one| one.whole).collect();
    assert_eq!(whole, [true, false, false]);
}

#[tokio::test]
async fn what_goes_from_holder_to_holder_of_one_house_is_kept_once() {
    let world = World::new().await;
    let to = MESSAGE.replace("anna.bianchi@beta", "mario.rossi@alfa");
    assert_eq!(world.submit(&[MARIO], &to).await.code, 250);
    world.settle().await;
    let identifier = world.alfa.only(MARIO, Kind::Acceptance).await.1.data.identifier.as_str().into();
    assert_eq!(kept(&world.alfa, &identifier).await, [Kind::Acceptance, Kind::Delivery]);
    // What lies in the service mailbox stays there as long.
    let all = about(&world.alfa, &identifier).await;
    assert!(all.iter().any(|one| one.kind == Some(Kind::TakeCharge) && one.kept.is_none()), "{all:?}");
}

#[tokio::test]
async fn a_refusal_and_a_failure_are_kept_too() {
    let world = World::new().await;
    // Nobody has this address there.
    let to = MESSAGE.replace("anna.bianchi@beta", "nessuno@beta");
    assert_eq!(world.submit(&["nessuno@beta.example"], &to).await.code, 250);
    world.settle().await;
    let identifier = world.alfa.only(MARIO, Kind::Acceptance).await.1.data.identifier.as_str().into();
    assert_eq!(kept(&world.alfa, &identifier).await, [Kind::Acceptance, Kind::NonDelivery]);
    // The recipient of the header is no recipient of the message.
    world.submit(&[LUCA], MESSAGE).await;
    let refused = world.alfa.only(MARIO, Kind::NonAcceptance).await.1.data.identifier.as_str().into();
    assert_eq!(kept(&world.alfa, &refused).await, [Kind::NonAcceptance]);
}
