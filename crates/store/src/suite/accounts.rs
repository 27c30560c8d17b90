//! Logins.

use futures_util::future::join_all;

use super::engine::Engine;
use super::samples::{ANNA, BRUNO, address, mailbox};
use crate::{Account, Created, Login, NewMailbox, Secret, Store};

/// The address of who logged in, or the user's name.
async fn login(store: &dyn Store, login: &str, password: &str) -> Option<String> {
    store.authenticate(login, password).await.unwrap().map(|standing| match standing.who {
        Login::Mailbox(mailbox) => mailbox.address.to_string(),
        Login::User(user) => user.name,
    })
}

pub(crate) async fn a_password_of_any_characters_opens_its_own_mailbox_only(engine: &dyn Engine) {
    let store = engine.open("store").await;
    let long = "lunghissima ".repeat(500);
    let passwords =
        ["semplice", "perché no? àèìòù ß 漢字 🔑", "\"'\\;--%00\0\u{1}$argon2id$v=19$", " blanks ", "", &long];
    for (number, password) in passwords.iter().enumerate() {
        let new = mailbox(&format!("holder{number}@pec.example"), Some(password));
        assert_eq!(store.create_mailbox(new).await.unwrap(), Created::Made);
        assert!(store.create_user(&format!("user{number}"), "", Some(password)).await.unwrap().is_some());
    }
    for (holder, _) in passwords.iter().enumerate() {
        for name in [format!("holder{holder}@pec.example"), format!("user{holder}")] {
            for (number, password) in passwords.iter().enumerate() {
                let found = login(&*store, &name, password).await;
                assert_eq!(found, (number == holder).then(|| name.clone()), "{name} with password {number}");
            }
        }
    }
}

pub(crate) async fn an_unknown_login_and_an_account_without_password_are_refused(engine: &dyn Engine) {
    let store = engine.open("store").await;
    store.create_mailbox(mailbox(ANNA, None)).await.unwrap();
    store.create_user("mario", "", None).await.unwrap();
    for name in [ANNA, "mario", "nobody@pec.example", "nobody", "no address", "@", ""] {
        for password in ["", "x"] {
            assert_eq!(login(&*store, name, password).await, None, "'{name}' with '{password}'");
        }
    }
}

pub(crate) async fn the_login_is_read_without_regard_to_case(engine: &dyn Engine) {
    let store = engine.open("store").await;
    store.create_mailbox(mailbox(ANNA, Some("Segreta"))).await.unwrap();
    store.create_user("Niccolò", "Niccolò", Some("Segreta")).await.unwrap();
    assert_eq!(login(&*store, "anna.BIANCHI@PEC.example", "Segreta").await.as_deref(), Some(ANNA));
    assert_eq!(login(&*store, "NICCOLÒ", "Segreta").await.as_deref(), Some("niccolò"));
    assert_eq!(login(&*store, ANNA, "segreta").await, None);
}

pub(crate) async fn a_changed_password_replaces_the_old_one(engine: &dyn Engine) {
    let store = engine.open("store").await;
    store.create_mailbox(mailbox(ANNA, Some("old"))).await.unwrap();
    store.create_user("mario", "", Some("old")).await.unwrap();
    let unknown = [Account::Mailbox(address(BRUNO)), Account::User("nobody".into())];
    for (account, name) in [(Account::Mailbox(address(ANNA)), ANNA), (Account::User("Mario".into()), "mario")] {
        assert!(store.set_password(&account, "new").await.unwrap());
        assert_eq!(login(&*store, name, "old").await, None);
        assert_eq!(login(&*store, name, "new").await.as_deref(), Some(name));
    }
    for account in unknown {
        assert!(!store.set_password(&account, "new").await.unwrap());
    }
    assert_eq!(login(&*store, BRUNO, "new").await, None);
}

pub(crate) async fn a_password_is_the_same_whatever_keyboard_writes_it(engine: &dyn Engine) {
    let store = engine.open("store").await;
    // Composed when it was set, decomposed at the login, and the other way; a blank that a telephone makes unbreakable.
    let written = [("perché no", "perche\u{301}\u{a0}no"), ("citta\u{300} bella", "città bella")];
    for (number, (set, said)) in written.into_iter().enumerate() {
        let name = format!("holder{number}@pec.example");
        store.create_mailbox(mailbox(&name, Some(set))).await.unwrap();
        for password in [set, said] {
            assert_eq!(login(&*store, &name, password).await.as_deref(), Some(name.as_str()), "{password:?}");
        }
        assert_eq!(login(&*store, &name, "perche no").await, None);
    }
}

pub(crate) async fn who_stands_is_told_without_a_proof_and_another_secret_is_told_apart(engine: &dyn Engine) {
    let store = engine.open("store").await;
    store.create_mailbox(mailbox(ANNA, Some("old"))).await.unwrap();
    store.create_user("mario", "", Some("old")).await.unwrap();
    for (account, name) in [(Account::Mailbox(address(ANNA)), ANNA), (Account::User("mario".into()), "mario")] {
        let proved = store.authenticate(name, "old").await.unwrap().unwrap();
        assert!(matches!(proved.secret, Secret::Password(Some(_))));
        assert_eq!(store.standing(name, None).await.unwrap().unwrap(), proved);
        // The same password set again is another secret all the same.
        assert!(store.set_password(&account, "old").await.unwrap());
        let now = store.standing(name, None).await.unwrap().unwrap();
        assert_ne!(now.secret, proved.secret);
        assert_eq!(store.authenticate(name, "old").await.unwrap().unwrap(), now);
    }
    assert!(store.enable_user("mario", false).await.unwrap());
    assert_eq!(store.standing("mario", None).await.unwrap(), None);
    for nobody in [BRUNO, "luigi", ""] {
        assert_eq!(store.standing(nobody, None).await.unwrap(), None);
    }
    store.create_mailbox(mailbox(BRUNO, None)).await.unwrap();
    assert_eq!(store.standing(BRUNO, None).await.unwrap().unwrap().secret, Secret::Password(None));
}

pub(crate) async fn nobody_logs_in_to_the_service_mailbox(engine: &dyn Engine) {
    let store = engine.open("store").await;
    let service = NewMailbox { service: true, ..mailbox(ANNA, Some("x")) };
    assert_eq!(store.create_mailbox(service).await.unwrap(), Created::Made);
    assert!(!store.set_password(&Account::Mailbox(address(ANNA)), "x").await.unwrap());
    assert_eq!(login(&*store, ANNA, "x").await, None);
}

pub(crate) async fn a_user_who_may_not_log_in_is_refused_until_he_may_again(engine: &dyn Engine) {
    let store = engine.open("store").await;
    let user = store.create_user("mario", "Mario Rossi", Some("right")).await.unwrap().unwrap();
    assert_eq!(
        store.authenticate("mario", "right").await.unwrap().map(|standing| standing.who),
        Some(Login::User(user))
    );
    assert!(store.enable_user("MARIO", false).await.unwrap());
    assert_eq!(login(&*store, "mario", "right").await, None);
    assert!(!store.user("mario").await.unwrap().unwrap().enabled);
    assert!(store.enable_user("mario", true).await.unwrap());
    assert_eq!(login(&*store, "mario", "right").await.as_deref(), Some("mario"));
    assert!(!store.enable_user("nobody", true).await.unwrap());
}

pub(crate) async fn many_logins_at_once_are_all_answered(engine: &dyn Engine) {
    let store = engine.open("store").await;
    store.create_mailbox(mailbox(ANNA, Some("right"))).await.unwrap();
    let login = |n: usize| store.authenticate(ANNA, if n.is_multiple_of(2) { "right" } else { "wrong" });
    for (n, answer) in join_all((0..60).map(login)).await.into_iter().enumerate() {
        assert_eq!(answer.unwrap().is_some(), n.is_multiple_of(2), "login {n}");
    }
}
