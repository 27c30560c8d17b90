//! Who came to a mailbox, as its holder reads it.
#![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect ends")]

use holder::testing::{Account, House, Protocols};
use holder::{AccessOutcome, Actor, Protocol, Rights};
use pec::Address;
use store::Principals;

const ANNA: &str = "anna@pec.example";

#[tokio::test]
async fn every_login_stands_in_the_history_of_the_mailbox_with_who_it_was() {
    let house = House::new().await;
    house.mailbox(ANNA, "segreto").await;
    let anna = Address::parse(ANNA).unwrap();
    house.store.create_user("mario", "Mario", Some("suo")).await.unwrap();
    house.store.grant("mario", &anna, Rights::ALL).await.unwrap();
    let (_, secret) = house.app_password(Account::User("mario".into()), None, Protocol::Imap.into()).await;
    for _ in 0..5 {
        house.holder(ANNA, "segreto").await.unwrap();
    }
    assert!(house.holder(ANNA, "sbagliata").await.is_none());
    assert!(house.holder("nobody@pec.example", "x").await.is_none());
    house.holder(ANNA, &secret).await.unwrap();
    assert!(house.enter(ANNA, &secret, Protocol::Pop3).await.is_some());
    let mario = house.holder("mario", "suo").await.unwrap();
    let mut opened = house.desk.open(&mario, &anna).await.unwrap();
    house.desk.entrance().identified(&mario, &anna, "Thunderbird");
    house.desk.entrance().sent(&mario, &anna, "1@pec.example", None);
    house.desk.entrance().log().flush().await;
    let rows = opened.accesses(0, 100).await.unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.who.clone(), row.outcome, row.count, row.client.as_deref().unwrap_or_default()))
        .collect();
    let mario = || Some(Actor::User("mario".into()));
    assert_eq!(
        told,
        [
            (Some(Actor::Holder), AccessOutcome::LoggedIn, 5, ""),
            (None, AccessOutcome::Failed, 1, ""),
            (mario(), AccessOutcome::LoggedIn, 1, ""),
            (mario(), AccessOutcome::Barred, 1, ""),
            (mario(), AccessOutcome::LoggedIn, 1, "Thunderbird"),
            (mario(), AccessOutcome::Sent, 1, ""),
        ]
    );
    assert!(rows[2].app_password.is_some() && rows[4].app_password.is_none());
    assert_eq!(rows[5].message.as_deref(), Some("1@pec.example"));
    assert!(rows.iter().all(|row| row.peer == Some([192, 0, 2, 9].into())));
    assert_eq!(opened.accesses(rows[3].id, 1).await.unwrap(), rows[4..5]);
    assert_eq!(house.app_password(Account::Mailbox(anna), None, Protocols::ALL).await.0.used, None);
}
