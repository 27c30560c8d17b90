//! App passwords and protocols that are switched off.

use holder::Protocol;
use pec::{Address, Clock};
use store::{Account, AppPasswords, MailboxChange, Principals, Protocols};

use crate::bench::{ANNA, Bench, PASSWORD};

fn anna() -> Account {
    Account::Mailbox(address())
}

fn address() -> Address {
    Address::parse(ANNA).unwrap()
}

#[tokio::test]
async fn an_app_password_opens_the_mailbox_until_it_is_removed() {
    let bench = Bench::new().await;
    let (app, secret) = bench.house.app_password(anna(), None, Protocols::ALL).await;
    let mut client = bench.connect().await;
    assert!(client.ask(&format!("LOGIN {ANNA} {secret}")).await.starts_with("OK "));
    client.ok("SELECT INBOX").await;
    let mut other = bench.at_inbox().await;
    bench.house.store.remove_app_password(&anna(), app.id).await.unwrap();
    assert_eq!(client.line().await, "* BYE this login does not hold any more: log in again");
    assert!(client.is_over().await);
    other.ok("NOOP").await;
    let mut client = bench.connect().await;
    client.refused(&format!("LOGIN {ANNA} {secret}"), "NO [AUTHENTICATIONFAILED]").await;
}

#[tokio::test]
async fn what_is_not_for_imap_is_told_why() {
    let bench = Bench::new().await;
    let end = bench.house.clock.now().plus(60);
    let (_, sends) = bench.house.app_password(anna(), None, Protocol::Submission.into()).await;
    let (_, ends) = bench.house.ending_app_password(anna(), None, Protocols::ALL, Some(end)).await;
    let mut client = bench.connect().await;
    client
        .refused(&format!("LOGIN {ANNA} {sends}"), "NO [AUTHORIZATIONFAILED] this app password is not for IMAP")
        .await;
    bench.house.clock.pass(60);
    client.refused(&format!("LOGIN {ANNA} {ends}"), "NO [EXPIRED] this app password ended on ").await;
    assert!(client.ask(&format!("LOGIN {ANNA} \"{PASSWORD}\"")).await.starts_with("OK "));
}

#[tokio::test]
async fn a_mailbox_without_imap_is_not_read_by_it_and_its_sessions_end() {
    let bench = Bench::new().await;
    let mut client = bench.at_inbox().await;
    let off = MailboxChange { switch_off: Protocol::Imap.into(), ..MailboxChange::default() };
    bench.house.store.change_mailbox(&address(), off).await.unwrap();
    assert_eq!(client.line().await, "* BYE this login does not hold any more: log in again");
    assert!(client.is_over().await);
    let mut client = bench.connect().await;
    let login = format!("LOGIN {ANNA} \"{PASSWORD}\"");
    client.refused(&login, "NO [CONTACTADMIN] IMAP is switched off for this mailbox").await;
    client.refused(&format!("LOGIN {ANNA} sbagliata"), "NO [AUTHENTICATIONFAILED]").await;
    // Right passwords are nobody's failures, however often a program tries.
    for _ in 0..12 {
        client.refused(&login, "NO [CONTACTADMIN]").await;
    }
}
