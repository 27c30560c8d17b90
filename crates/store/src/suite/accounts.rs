//! Logins.

use futures_util::future::join_all;

use super::Engine;
use super::samples::{ANNA, BRUNO, address, mailbox};

pub(crate) async fn a_password_of_any_characters_opens_its_own_mailbox_only(engine: &dyn Engine) {
    let store = engine.open("store").await;
    let long = "lunghissima ".repeat(500);
    let passwords =
        ["semplice", "perché no? àèìòù ß 漢字 🔑", "\"'\\;--%00\0\u{1}$argon2id$v=19$", " blanks ", "", &long];
    for (number, password) in passwords.iter().enumerate() {
        assert!(store.create_mailbox(mailbox(&format!("holder{number}@pec.example"), Some(password))).await.unwrap());
    }
    for (holder, _) in passwords.iter().enumerate() {
        let login = format!("holder{holder}@pec.example");
        for (number, password) in passwords.iter().enumerate() {
            let found = store.authenticate(&login, password).await.unwrap().map(|mailbox| mailbox.address);
            assert_eq!(found, (number == holder).then(|| address(&login)), "{login} with password {number}");
        }
    }
}

pub(crate) async fn an_unknown_login_and_an_account_without_password_are_refused(engine: &dyn Engine) {
    let store = engine.open("store").await;
    store.create_mailbox(mailbox(ANNA, None)).await.unwrap();
    for (login, password) in [(ANNA, ""), (ANNA, "x"), ("nobody@pec.example", ""), ("no address", "x"), ("", "")] {
        assert_eq!(store.authenticate(login, password).await.unwrap(), None, "{login} with '{password}'");
    }
}

pub(crate) async fn the_login_is_read_without_regard_to_case(engine: &dyn Engine) {
    let store = engine.open("store").await;
    store.create_mailbox(mailbox(ANNA, Some("Segreta"))).await.unwrap();
    let found = store.authenticate("anna.BIANCHI@PEC.example", "Segreta").await.unwrap().unwrap();
    assert_eq!(found.address.as_str(), ANNA);
    assert_eq!(store.authenticate(ANNA, "segreta").await.unwrap(), None);
}

pub(crate) async fn a_changed_password_replaces_the_old_one(engine: &dyn Engine) {
    let store = engine.open("store").await;
    store.create_mailbox(mailbox(ANNA, Some("old"))).await.unwrap();
    assert!(store.set_password(&address(ANNA), "new").await.unwrap());
    assert_eq!(store.authenticate(ANNA, "old").await.unwrap(), None);
    assert!(store.authenticate(ANNA, "new").await.unwrap().is_some());
    assert!(!store.set_password(&address(BRUNO), "new").await.unwrap());
    assert_eq!(store.authenticate(BRUNO, "new").await.unwrap(), None);
}

pub(crate) async fn many_logins_at_once_are_all_answered(engine: &dyn Engine) {
    let store = engine.open("store").await;
    store.create_mailbox(mailbox(ANNA, Some("right"))).await.unwrap();
    let login = |n: usize| store.authenticate(ANNA, if n.is_multiple_of(2) { "right" } else { "wrong" });
    for (n, answer) in join_all((0..60).map(login)).await.into_iter().enumerate() {
        assert_eq!(answer.unwrap().is_some(), n.is_multiple_of(2), "login {n}");
    }
}
