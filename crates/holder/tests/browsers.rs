//! Who was let in stays known by his browser's token.
#![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect ends")]

use std::net::IpAddr;

use holder::testing::{Account, House, Protocols};
use holder::{Age, Barred, Browsers, Entered, Protocol, Rights, Token};
use pec::Address;
use store::{BrowserSessions, Principals};

const ANNA: &str = "anna@pec.example";
const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 9));

fn browsers(house: &House) -> Browsers {
    Browsers::new(house.store.clone(), house.entrance.clone(), house.clock.clone(), Age::default())
}

async fn begun(house: &House, login: &str, password: &str) -> Token {
    let Some(Entered::In(holder)) = house.enter(login, password, Protocol::Web).await else { panic!() };
    browsers(house).begin(&holder).await.unwrap().unwrap()
}

async fn known(house: &House, token: &Token) -> Option<String> {
    browsers(house).known(token, PEER).await.unwrap().map(|browsing| browsing.holder.login().to_owned())
}

#[tokio::test]
async fn a_token_stands_for_who_was_let_in_until_he_ends_it() {
    let house = House::new().await;
    house.mailbox(ANNA, "segreto").await;
    let (token, other) = (begun(&house, ANNA, "segreto").await, begun(&house, ANNA, "segreto").await);
    assert_ne!(token.expose(), other.expose());
    let shown = Token::shown(token.expose()).unwrap();
    assert_eq!(known(&house, &shown).await.as_deref(), Some(ANNA));
    assert_eq!(known(&house, &Token::shown(&"0".repeat(64)).unwrap()).await, None);
    assert!(Token::shown("x").is_none() && Token::shown(&"g".repeat(64)).is_none());
    let browsing = browsers(&house).known(&token, PEER).await.unwrap().unwrap();
    assert_eq!(browsers(&house).of(&browsing.holder).await.unwrap().len(), 2);
    assert_eq!(browsers(&house).end_others(&browsing).await.unwrap(), 1);
    assert_eq!((known(&house, &other).await, known(&house, &token).await.is_some()), (None, true));
    assert!(browsers(&house).end(&browsing.holder, browsing.session.id).await.unwrap());
    assert_eq!(known(&house, &token).await, None);
}

#[tokio::test]
async fn a_login_ends_when_it_is_not_used_and_when_it_is_old() {
    let house = House::new().await;
    house.mailbox(ANNA, "segreto").await;
    let (idle, most) = (2 * 3600, 12 * 3600);
    let token = begun(&house, ANNA, "segreto").await;
    house.clock.pass(idle);
    assert_eq!(known(&house, &token).await, None);
    let token = begun(&house, ANNA, "segreto").await;
    for _ in 0..12 {
        house.clock.pass(most / 12 - 1);
        assert!(known(&house, &token).await.is_some());
    }
    house.clock.pass(12);
    assert_eq!(known(&house, &token).await, None);
    // Who comes next sweeps it away.
    house.clock.pass(1);
    begun(&house, ANNA, "segreto").await;
    assert_eq!(house.store.browser_sessions(&Account::Mailbox(Address::parse(ANNA).unwrap())).await.unwrap().len(), 1);
    let Some(Entered::In(holder)) = house.enter(ANNA, "segreto", Protocol::Web).await else { panic!() };
    assert_eq!(browsers(&house).of(&holder).await.unwrap().len(), 1);
}

#[tokio::test]
async fn another_password_ends_logins_and_so_does_what_bars_him() {
    let house = House::new().await;
    house.mailbox(ANNA, "segreto").await;
    let token = begun(&house, ANNA, "segreto").await;
    house.change_password(ANNA, "altro").await;
    assert_eq!(known(&house, &token).await, None);
    let token = begun(&house, ANNA, "altro").await;
    house.switch_off(ANNA, Protocol::Web).await;
    assert_eq!(known(&house, &token).await, None);
    let barred = house.enter(ANNA, "altro", Protocol::Web).await;
    assert!(matches!(barred, Some(Entered::Barred(Barred::Off(Protocol::Web)))), "{barred:?}");
}

#[tokio::test]
async fn a_secret_for_mail_programs_opens_no_pages() {
    let house = House::new().await;
    house.mailbox(ANNA, "segreto").await;
    let (_, secret) = house.app_password(Account::Mailbox(Address::parse(ANNA).unwrap()), None, Protocols::ALL).await;
    assert!(matches!(house.enter(ANNA, &secret, Protocol::Imap).await, Some(Entered::In(_))));
    let barred = house.enter(ANNA, &secret, Protocol::Web).await;
    assert!(matches!(barred, Some(Entered::Barred(Barred::NotFor(Protocol::Web)))), "{barred:?}");
}

#[tokio::test]
async fn a_user_is_known_by_his_own_name() {
    let house = House::new().await;
    let mailbox = house.mailbox(ANNA, "segreto").await;
    house.store.create_user("mario", "Mario", Some("suo")).await.unwrap();
    house.store.grant("mario", &mailbox.address, Rights::ALL).await.unwrap();
    let token = begun(&house, "mario", "suo").await;
    assert_eq!(known(&house, &token).await.as_deref(), Some("mario"));
    let browsing = browsers(&house).known(&token, PEER).await.unwrap().unwrap();
    let mut opened = house.desk.open(&browsing.holder, &mailbox.address).await.unwrap();
    assert!(!opened.folders().await.unwrap().is_empty());
    house.store.enable_user("mario", false).await.unwrap();
    assert_eq!(known(&house, &token).await, None);
}
