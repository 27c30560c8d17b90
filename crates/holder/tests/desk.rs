//! Rights and states as a door meets them.
#![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect ends")]

use holder::testing::House;
use holder::{Denied, MailboxState, Rights};
use pec::Address;
use store::{Account, MailboxChange, Principals};

const ANNA: &str = "anna@pec.example";
const BRUNO: &str = "bruno@pec.example";

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn state(state: MailboxState) -> MailboxChange {
    MailboxChange { state: Some(state), ..MailboxChange::default() }
}

#[tokio::test]
async fn a_login_opens_its_own_mailbox_and_no_other() {
    let house = House::new().await;
    house.mailbox(ANNA, "segreto").await;
    house.mailbox(BRUNO, "altro").await;
    assert!(house.holder(ANNA, "altro").await.is_none());
    let anna = house.holder(&ANNA.to_uppercase(), "segreto").await.unwrap();
    assert_eq!(anna.login(), ANNA);
    let mut opened = house.desk.open(&anna, &address(ANNA)).await.unwrap();
    assert_eq!(opened.folders().await.unwrap()[0].name, "INBOX");
    assert!(matches!(house.desk.open(&anna, &address(BRUNO)).await, Err(Denied::NotYours(_))));
}

#[tokio::test]
async fn a_user_opens_what_was_granted_for_reading() {
    let house = House::new().await;
    for mailbox in [ANNA, BRUNO] {
        house.mailbox(mailbox, "segreto").await;
    }
    house.store.create_user("mario", "Mario", Some("suo")).await.unwrap();
    let send = Rights { send: true, ..Rights::default() };
    house.store.grant("mario", &address(ANNA), Rights { read: true, ..send }).await.unwrap();
    house.store.grant("mario", &address(BRUNO), send).await.unwrap();
    let mario = house.holder("mario", "suo").await.unwrap();
    let entrance = house.desk.entrance();
    let granted = entrance.granted(&mario, "", None, 10).await.unwrap();
    assert_eq!(
        granted.mailboxes.iter().map(|(mailbox, _)| mailbox.address.as_str()).collect::<Vec<_>>(),
        [ANNA, BRUNO]
    );
    assert_eq!(entrance.at(&mario, &address(BRUNO)).await.unwrap().unwrap().1, send);
    assert!(house.desk.open(&mario, &address(ANNA)).await.is_ok());
    assert!(matches!(house.desk.open(&mario, &address(BRUNO)).await, Err(Denied::NotYours(_))));
}

#[tokio::test]
async fn what_is_open_ends_when_secret_state_or_right_change() {
    let house = House::new().await;
    for mailbox in [ANNA, BRUNO] {
        house.mailbox(mailbox, "segreto").await;
    }
    house.store.create_user("mario", "Mario", Some("suo")).await.unwrap();
    let read = Rights { read: true, ..Rights::default() };
    house.store.grant("mario", &address(ANNA), read).await.unwrap();
    let (anna, mario) = (house.holder(ANNA, "segreto").await, house.holder("mario", "suo").await);
    let (anna, mario) = (anna.unwrap(), mario.unwrap());
    let mut by_anna = house.desk.open(&anna, &address(ANNA)).await.unwrap();
    let mut by_mario = house.desk.open(&mario, &address(ANNA)).await.unwrap();

    // Another quota changes nothing for who is in.
    let more = MailboxChange { quota: Some(5), ..MailboxChange::default() };
    house.store.change_mailbox(&address(ANNA), more).await.unwrap();
    assert!(by_anna.folders().await.is_ok() && by_mario.folders().await.is_ok());

    house.store.set_password(&Account::Mailbox(address(ANNA)), "nuovo").await.unwrap();
    assert!(matches!(by_anna.folders().await, Err(Denied::Over)));
    assert!(by_mario.folders().await.is_ok());

    house.store.grant("mario", &address(ANNA), Rights::default()).await.unwrap();
    assert!(matches!(by_mario.folders().await, Err(Denied::Over)));

    let bruno = house.holder(BRUNO, "segreto").await.unwrap();
    let mut by_bruno = house.desk.open(&bruno, &address(BRUNO)).await.unwrap();
    house.store.change_mailbox(&address(BRUNO), state(MailboxState::Closed)).await.unwrap();
    assert!(matches!(by_bruno.folders().await, Err(Denied::Over)));
    assert!(house.holder(BRUNO, "segreto").await.is_none());
    // A login from before the change opens nothing any more.
    assert!(matches!(house.desk.open(&bruno, &address(BRUNO)).await, Err(Denied::Over)));
}

#[tokio::test]
async fn a_mailbox_that_is_only_read_is_not_changed() {
    let house = House::new().await;
    let mailbox = house.mailbox(ANNA, "segreto").await;
    let uids = house.deliver(&mailbox, &[b"Subject: a\r\n\r\nb\r\n"]).await;
    house.store.change_mailbox(&address(ANNA), state(MailboxState::ReadOnly)).await.unwrap();
    let anna = house.holder(ANNA, "segreto").await.unwrap();
    let mut opened = house.desk.open(&anna, &address(ANNA)).await.unwrap();
    let inbox = opened.folders().await.unwrap()[0].id;
    let uids = uids.into_iter().collect();
    let by = holder::By { door: "imap", at: pec::Moment::from_unix(0) };
    assert!(matches!(opened.expunge(inbox, &uids, by).await, Err(Denied::ReadOnly { .. })));
    assert!(matches!(opened.seen(inbox, uids.clone(), u64::MAX).await, Err(Denied::ReadOnly { .. })));
    assert_eq!(opened.entries(inbox, &uids, holder::Want::default(), 10).await.unwrap().len(), 1);
}
