//! Who comes with a token of the identity provider.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use async_trait::async_trait;
use holder::testing::House;
use holder::{Actor, Came, Entered, Given, Holder, NotJudged, Protocol, Rights, TokenJudge, Unproved};
use pec::Address;
use store::Principals;

const ANNA: &str = "anna@pec.example";
const UFFICIO: &str = "ufficio@pec.example";

/// Takes a token for the login that it is.
struct Literal;

#[async_trait]
impl TokenJudge for Literal {
    async fn login(&self, token: &str) -> Result<Option<String>, NotJudged> {
        match token {
            "unknown" => Err(NotJudged("the keys are not there".into())),
            token => Ok(token.strip_prefix("about:").map(str::to_owned)),
        }
    }
}

async fn house() -> House {
    let house = House::with_tokens(Arc::new(Literal)).await;
    house.mailbox(ANNA, "segreto").await;
    house.mailbox(UFFICIO, "altro").await;
    house.store.create_user("mario", "Mario", Some("suo")).await.unwrap();
    grant(&house, Rights { read: true, ..Rights::default() }).await;
    house
}

async fn grant(house: &House, rights: Rights) {
    assert!(house.store.grant("mario", &Address::parse(UFFICIO).unwrap(), rights).await.unwrap());
}

async fn enter(house: &House, login: &str, token: &str) -> Option<Holder> {
    let came = Came::by(Protocol::Imap, [192, 0, 2, 9].into());
    match house.desk.entrance().enter(login, Given::Token(token), came).await.unwrap()? {
        Entered::In(holder) => Some(holder),
        Entered::Barred(barred) => panic!("{barred}"),
    }
}

#[tokio::test]
async fn a_token_is_for_the_login_that_it_is_about() {
    let house = house().await;
    for said in ["", ANNA, "Anna@PEC.example"] {
        let anna = enter(&house, said, "about:anna@pec.example").await.unwrap();
        assert_eq!((anna.login(), anna.actor()), (ANNA, &Actor::Holder), "{said}");
    }
    for (said, token) in [
        (UFFICIO, "about:anna@pec.example"),
        ("mario", "about:anna@pec.example"),
        (ANNA, "about:mario"),
        ("altri", "about:mario"),
        ("", "about:nessuno@pec.example"),
        (ANNA, "rubbish"),
    ] {
        assert!(enter(&house, said, token).await.is_none(), "{said} with {token}");
    }
}

#[tokio::test]
async fn a_user_comes_by_own_name_or_to_a_mailbox_that_he_was_granted() {
    let house = house().await;
    let by_name = enter(&house, "", "about:mario").await.unwrap();
    assert_eq!((by_name.login(), by_name.is_at_one()), ("mario", false));
    let at_one = enter(&house, UFFICIO, "about:mario").await.unwrap();
    assert_eq!((at_one.login(), at_one.is_at_one()), (UFFICIO, true));
    assert_eq!(at_one.actor(), &Actor::User("mario".into()));
    // The login stands, and no other password ends it.
    house.change_password(UFFICIO, "un'altra ancora").await;
    assert!(house.desk.entrance().again(&at_one).await.unwrap().is_some());
    grant(&house, Rights::default()).await;
    assert!(house.desk.entrance().again(&at_one).await.unwrap().is_none());
}

#[tokio::test]
async fn what_cannot_be_judged_is_nobodys_failure() {
    let house = house().await;
    let came = || Came::by(Protocol::Imap, [192, 0, 2, 9].into());
    let entered = house.desk.entrance().enter(ANNA, Given::Token("unknown"), came()).await;
    assert!(matches!(entered, Err(Unproved::Tokens(_))));
    let without = House::new().await;
    without.mailbox(ANNA, "segreto").await;
    assert!(!without.desk.entrance().takes_tokens());
    let entered = without.desk.entrance().enter(ANNA, Given::Token("about:anna@pec.example"), came()).await;
    assert_eq!(entered.unwrap(), None);
}
