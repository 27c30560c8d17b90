//! App passwords that end are told of before.

use pec::Moment;
use provider::ending;
use store::{
    Account, AppPasswordMade, AppPasswords, ErrorKind, NewAppPassword, NewMailbox, Principals, Protocols, Rights,
};

use crate::world::{MARIO, START, World, address};

const LUCA: &str = "luca.verdi@alfa.example";
const OPERATOR: &str = "postmaster@alfa.example";
const DAY: i64 = 24 * 3600;

async fn world() -> World {
    let world = World::new().await;
    let operator = NewMailbox { address: address(OPERATOR), password: None, quota: 1 << 20, service: false };
    world.alfa.store.create_mailbox(operator).await.unwrap();
    world
}

async fn makes(world: &World, of: Account, ends: i64) {
    let (made, ends) = (Moment::from_unix(START), Some(Moment::from_unix(ends)));
    let new = NewAppPassword { of, mailbox: None, name: "Telefono".into(), protocols: Protocols::ALL, made, ends };
    assert!(matches!(world.alfa.store.make_app_password(new).await.unwrap(), AppPasswordMade::Made(..)));
}

async fn tells(world: &World) -> usize {
    ending::tell(&world.alfa.provider, world.alfa.store.engine().as_ref()).await.unwrap()
}

async fn have(world: &World, mailboxes: &[&str]) -> Vec<usize> {
    let mut have = Vec::new();
    for mailbox in mailboxes {
        have.push(world.alfa.entries(mailbox).await.len());
    }
    have
}

#[tokio::test]
async fn holder_and_operator_are_told_fourteen_seven_days_and_one_day_before_once_each() {
    let world = world().await;
    makes(&world, Account::Mailbox(address(MARIO)), START + 20 * DAY).await;
    let mut told = Vec::new();
    // Each hour of the last three weeks, as the duty looks; it remembers nothing, so each look is as one after a restart.
    for hour in 0..21 * 24 {
        if tells(&world).await > 0 {
            told.push(20 * 24 - hour);
        }
        world.time.pass(3600);
    }
    assert_eq!(told, [14 * 24, 7 * 24, 24], "hours before the end");
    assert_eq!(have(&world, &[MARIO, OPERATOR, LUCA]).await, [3, 3, 0]);
    let entry = world.alfa.entries(MARIO).await.remove(0);
    let text = world.alfa.store.bytes(entry.message).await;
    let text = String::from_utf8(text.to_vec()).unwrap();
    assert!(text.starts_with(&format!("From: {OPERATOR}\r\nTo: {MARIO}\r\n")), "{text}");
    assert!(text.find("scade il").unwrap() < text.find("ends on").unwrap(), "Italian first");
}

#[tokio::test]
async fn every_mailbox_that_it_opens_is_told_and_what_was_missed_is_not_made_up_for() {
    let world = world().await;
    world.alfa.store.create_user("lucia", "", None).await.unwrap();
    for mailbox in [MARIO, LUCA] {
        world.alfa.store.grant("lucia", &address(mailbox), Rights::ALL).await.unwrap();
    }
    makes(&world, Account::User("lucia".into()), START + 20 * DAY).await;
    assert_eq!(tells(&world).await, 0);
    // The provider was away until six days before the end.
    world.time.pass(14 * DAY);
    assert_eq!((tells(&world).await, tells(&world).await), (1, 0));
    assert_eq!(have(&world, &[MARIO, LUCA, OPERATOR]).await, [1, 1, 1]);
    // What has ended is told no more.
    world.time.pass(7 * DAY);
    assert_eq!(tells(&world).await, 0);
}

#[tokio::test]
async fn one_that_cannot_be_told_is_told_later_and_the_store_s_trouble_is_no_silence() {
    let world = World::new().await;
    makes(&world, Account::Mailbox(address(MARIO)), START + DAY).await;
    assert_eq!(tells(&world).await, 0, "the operator has no mailbox yet");
    assert_eq!(have(&world, &[MARIO]).await, [0], "whole or not at all");
    let operator = NewMailbox { address: address(OPERATOR), password: None, quota: 1 << 20, service: false };
    world.alfa.store.create_mailbox(operator).await.unwrap();
    assert_eq!(tells(&world).await, 1);
    let store = world.alfa.store.engine();
    store::Upkeep::close(store.as_ref()).await.unwrap();
    let failed = ending::tell(&world.alfa.provider, store.as_ref()).await.unwrap_err();
    assert_eq!(failed.kind, ErrorKind::Closed);
}
