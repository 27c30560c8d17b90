//! Secrets for mail programs, and protocols that are switched off, as a door meets them.
#![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect ends")]

use holder::testing::House;
use holder::{Actor, Barred, Denied, Entered, Holder, Protocol, Reader, Rights};
use pec::{Address, Clock};
use store::{Account, AppPasswords, MailboxChange, Principals, Protocols};

const ANNA: &str = "anna@pec.example";
const BRUNO: &str = "bruno@pec.example";

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn anna() -> Account {
    Account::Mailbox(address(ANNA))
}

fn mario() -> Account {
    Account::User("mario".into())
}

/// Two mailboxes, and Mario who may use both.
async fn house() -> House {
    let house = House::new().await;
    house.store.create_user("mario", "Mario", Some("suo")).await.unwrap();
    for mailbox in [ANNA, BRUNO] {
        house.mailbox(mailbox, "segreto").await;
        house.store.grant("mario", &address(mailbox), Rights::ALL).await.unwrap();
    }
    house
}

async fn mailboxes(house: &House, holder: &Holder) -> Vec<String> {
    let page = house.desk.entrance().granted(holder, "", None, 10).await.unwrap();
    page.mailboxes.into_iter().map(|(mailbox, _)| mailbox.address.to_string()).collect()
}

fn barred(entry: Option<Entered>) -> Barred {
    match entry.unwrap() {
        Entered::Barred(barred) => barred,
        Entered::In(holder) => panic!("{holder} is in"),
    }
}

#[tokio::test]
async fn with_the_address_of_a_mailbox_the_secret_says_who_it_is() {
    let house = house().await;
    let (_, annas) = house.app_password(anna(), None, Protocols::ALL).await;
    let (_, marios) = house.app_password(mario(), None, Protocols::ALL).await;
    let (by_anna, by_mario) = (house.holder(ANNA, &annas).await.unwrap(), house.holder(ANNA, &marios).await.unwrap());
    assert_eq!((by_anna.actor(), by_anna.reader()), (&Actor::Holder, Reader::Owner));
    assert_eq!(by_mario.actor(), &Actor::User("mario".into()));
    assert_ne!(by_mario.reader(), Reader::Owner);
    // Whoever it is, the login is that of the mailbox, which is all that he sees.
    assert_eq!((by_mario.login(), mailboxes(&house, &by_mario).await), (ANNA, vec![ANNA.to_owned()]));
    assert_eq!(mailboxes(&house, &house.holder("mario", &marios).await.unwrap()).await, [ANNA, BRUNO]);
    let (_, scoped) = house.app_password(mario(), Some(BRUNO), Protocols::ALL).await;
    assert_eq!(mailboxes(&house, &house.holder("mario", &scoped).await.unwrap()).await, [BRUNO]);
    assert!(house.holder(ANNA, &scoped).await.is_none());
    // A user's own password opens nothing by a mailbox's address: it would be tried for each user with a grant.
    assert!(house.holder(ANNA, "suo").await.is_none());
}

#[tokio::test]
async fn a_secret_is_for_its_protocols_and_until_its_end() {
    let house = house().await;
    let now = house.clock.now();
    let (_, reads) = house.app_password(anna(), None, Protocol::Imap.into()).await;
    assert!(matches!(house.enter(ANNA, &reads, Protocol::Imap).await, Some(Entered::In(_))));
    for other in [Protocol::Pop3, Protocol::Submission] {
        assert_eq!(barred(house.enter(ANNA, &reads, other).await), Barred::NotFor(other));
    }
    let (_, ends) = house.ending_app_password(anna(), None, Protocols::ALL, Some(now.plus(60))).await;
    let holder = house.holder(ANNA, &ends).await.unwrap();
    house.clock.pass(59);
    assert!(house.desk.entrance().again(&holder).await.unwrap().is_some());
    house.clock.pass(1);
    assert_eq!(barred(house.enter(ANNA, &ends, Protocol::Imap).await), Barred::Ended(now.plus(60)));
    assert!(house.desk.entrance().again(&holder).await.unwrap().is_none());
}

#[tokio::test]
async fn a_protocol_that_is_switched_off_lets_nobody_in_and_says_so() {
    let house = house().await;
    let off = MailboxChange { switch_off: Protocol::Imap.into(), ..MailboxChange::default() };
    house.store.change_mailbox(&address(ANNA), off.clone()).await.unwrap();
    assert_eq!(barred(house.enter(ANNA, "segreto", Protocol::Imap).await), Barred::Off(Protocol::Imap));
    assert!(
        house.enter(ANNA, "sbagliata", Protocol::Imap).await.is_none(),
        "who does not know the secret is told nothing"
    );
    assert!(matches!(house.enter(ANNA, "segreto", Protocol::Pop3).await, Some(Entered::In(_))));
    // A user sees the others, and is told when there is none.
    assert_eq!(mailboxes(&house, &house.holder("mario", "suo").await.unwrap()).await, [BRUNO]);
    house.store.change_mailbox(&address(BRUNO), off).await.unwrap();
    assert_eq!(barred(house.enter("mario", "suo", Protocol::Imap).await), Barred::Off(Protocol::Imap));
    let on = MailboxChange { switch_on: Protocol::Imap.into(), ..MailboxChange::default() };
    house.store.change_mailbox(&address(ANNA), on).await.unwrap();
    assert!(house.holder(ANNA, "segreto").await.is_some());
}

/// Something that ends what is open with a secret.
async fn ends(house: &House, what: &str) {
    let holder = Account::Mailbox(address(ANNA));
    match what {
        "removed" => {
            let all = house.store.app_passwords(&mario()).await.unwrap();
            house.store.remove_app_password(&mario(), all[0].id).await.unwrap();
        }
        "ended" => {
            house.clock.pass(1000);
            house.store.end_app_passwords(house.clock.now()).await.unwrap();
        }
        "disabled" => drop(house.store.enable_user("mario", false).await.unwrap()),
        "revoked" => drop(house.store.grant("mario", &address(ANNA), Rights::default()).await.unwrap()),
        "switched off" => {
            let change = MailboxChange { switch_off: Protocols::ALL, ..MailboxChange::default() };
            house.store.change_mailbox(&address(ANNA), change).await.unwrap();
        }
        "closed" => {
            let state = Some(holder::MailboxState::Closed);
            let change = MailboxChange { state, ..MailboxChange::default() };
            house.store.change_mailbox(&address(ANNA), change).await.unwrap();
        }
        other => panic!("{other} with {holder:?}"),
    }
}

#[tokio::test]
async fn what_is_open_ends_at_once_whatever_ended_it() {
    for what in ["removed", "ended", "disabled", "revoked", "switched off", "closed"] {
        let house = house().await;
        let end = house.clock.now().plus(1000);
        let (_, secret) = house.ending_app_password(mario(), Some(ANNA), Protocols::ALL, Some(end)).await;
        let holder = house.holder(ANNA, &secret).await.unwrap();
        let mut opened = house.desk.open(&holder, &address(ANNA)).await.unwrap();
        let mut presence = house.desk.presence(&holder);
        // Another password of the same user changes nothing, and neither does the mailbox's own.
        let (other, _) = house.app_password(mario(), None, Protocols::ALL).await;
        house.store.remove_app_password(&mario(), other.id).await.unwrap();
        house.store.set_password(&anna(), "nuovo").await.unwrap();
        assert!(opened.folders().await.is_ok(), "{what}");
        let over = tokio::spawn(async move { presence.over().await });
        ends(&house, what).await;
        assert!(matches!(opened.folders().await, Err(Denied::Over)), "{what}");
        let over = tokio::time::timeout(std::time::Duration::from_secs(30), over).await;
        assert!(matches!(over, Ok(Ok(Ok(())))), "{what}: who only sends is told too");
    }
}
