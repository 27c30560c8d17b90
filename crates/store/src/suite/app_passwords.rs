//! Secrets for mail programs.

use std::time::{Duration, Instant};

use super::engine::Engine;
use super::feed::look_again;
use super::samples::{ANNA, BRUNO, address, at, store};
use super::session::Session;
use crate::{
    Account, AppPassword, AppPasswordId, AppPasswordMade, ErrorKind, Login, MailboxLimits, NewAppPassword, Protocol,
    Protocols, Rights, Secret, Store,
};

fn anna() -> Account {
    Account::Mailbox(address(ANNA))
}

fn mario() -> Account {
    Account::User("Mario".into())
}

fn new(of: Account, name: &str) -> NewAppPassword {
    NewAppPassword { of, mailbox: None, name: name.into(), protocols: Protocols::ALL, made: at(0), ends: None }
}

async fn made(store: &dyn Store, new: NewAppPassword) -> (AppPassword, String) {
    match store.make_app_password(new).await.unwrap() {
        AppPasswordMade::Made(app, secret) => (app, secret.expose().to_owned()),
        other => panic!("{other:?}"),
    }
}

/// Who logs in: the address of a holder, or the user's name; always by an app password.
async fn login(store: &dyn Store, login: &str, secret: &str) -> Option<String> {
    let standing = store.authenticate(login, secret).await.unwrap()?;
    let Secret::App(app) = &standing.secret else { panic!("{standing:?}") };
    assert_eq!(store.standing(login, Some(app.id)).await.unwrap().as_ref(), Some(&standing));
    Some(match standing.who {
        Login::Mailbox(mailbox) => mailbox.address.to_string(),
        Login::User(user) => user.name,
    })
}

pub(crate) async fn a_secret_of_ours_opens_the_mailbox_of_its_holder(engine: &dyn Engine) {
    let store = store(engine).await;
    let protocols = Protocols::from(Protocol::Imap);
    let wanted = NewAppPassword { protocols, ends: Some(at(100)), ..new(anna(), "Telefono è") };
    let (app, secret) = made(&*store, wanted).await;
    let expected = AppPassword {
        id: app.id,
        of: anna(),
        mailbox: None,
        name: "Telefono è".into(),
        protocols,
        made: at(0),
        ends: Some(at(100)),
        used: None,
    };
    assert_eq!(app, expected);
    assert!(!app.has_ended(at(99)) && app.has_ended(at(100)));
    let (_, other) = made(&*store, new(anna(), "PC")).await;
    assert_ne!(secret, other);
    for secret in [&secret, &other, &secret.to_uppercase(), &secret.replace('-', "")] {
        assert_eq!(login(&*store, &ANNA.to_uppercase(), secret).await.as_deref(), Some(ANNA));
        assert_eq!(login(&*store, BRUNO, secret).await, None);
        assert_eq!(login(&*store, "mario", secret).await, None);
    }
    // Beside the password of the account, which goes on.
    store.set_password(&anna(), "sua").await.unwrap();
    assert!(store.authenticate(ANNA, "sua").await.unwrap().is_some());
    assert_eq!(login(&*store, ANNA, &secret).await.as_deref(), Some(ANNA));
    assert_eq!(store.standing(BRUNO, Some(app.id)).await.unwrap(), None);
}

pub(crate) async fn the_secret_says_which_user_it_is(engine: &dyn Engine) {
    let store = store(engine).await;
    for name in ["mario", "lucia"] {
        store.create_user(name, "", None).await.unwrap();
        store.grant(name, &address(ANNA), Rights::ALL).await.unwrap();
    }
    let (_, marios) = made(&*store, new(mario(), "PC")).await;
    let (_, lucias) = made(&*store, new(Account::User("lucia".into()), "PC")).await;
    assert_eq!(login(&*store, ANNA, &marios).await.as_deref(), Some("mario"));
    assert_eq!(login(&*store, ANNA, &lucias).await.as_deref(), Some("lucia"));
    assert_eq!(login(&*store, "MARIO", &marios).await.as_deref(), Some("mario"));
    assert_eq!(login(&*store, "mario", &lucias).await, None);
    assert_eq!(login(&*store, BRUNO, &marios).await, None, "he has no grant there");
    store.enable_user("mario", false).await.unwrap();
    assert_eq!(login(&*store, ANNA, &marios).await, None);
    store.enable_user("mario", true).await.unwrap();
    store.grant("mario", &address(ANNA), Rights::default()).await.unwrap();
    assert_eq!(login(&*store, ANNA, &marios).await, None);
}

pub(crate) async fn one_for_a_mailbox_opens_no_other(engine: &dyn Engine) {
    let store = store(engine).await;
    store.create_user("mario", "", None).await.unwrap();
    let scoped = || NewAppPassword { mailbox: Some(address(ANNA)), ..new(mario(), "PC") };
    assert_eq!(store.make_app_password(scoped()).await.unwrap(), AppPasswordMade::NotGranted);
    for mailbox in [ANNA, BRUNO] {
        store.grant("mario", &address(mailbox), Rights::ALL).await.unwrap();
    }
    let (app, secret) = made(&*store, scoped()).await;
    assert_eq!(app.mailbox, Some(address(ANNA)));
    assert_eq!(login(&*store, ANNA, &secret).await.as_deref(), Some("mario"));
    assert_eq!(login(&*store, BRUNO, &secret).await, None);
    // Under his own name it is known too, and says for which mailbox it is.
    assert_eq!(login(&*store, "mario", &secret).await.as_deref(), Some("mario"));
    // It follows the mailbox to another address.
    let to = address("anna.verdi@pec.example");
    store.rename_mailbox(&address(ANNA), &to, at(0)).await.unwrap();
    assert_eq!(store.app_passwords(&mario()).await.unwrap()[0].mailbox, Some(to.clone()));
    assert_eq!(login(&*store, to.as_str(), &secret).await.as_deref(), Some("mario"));
}

pub(crate) async fn a_login_costs_no_hash_however_many_secrets_there_are(engine: &dyn Engine) {
    let store = store(engine).await;
    store.set_password(&anna(), "sua").await.unwrap();
    let most = MailboxLimits::default().app_passwords;
    let mut secrets = Vec::new();
    for number in 0..most {
        secrets.push(made(&*store, new(anna(), &number.to_string())).await.1);
    }
    // The dearest hash is not asked for; a second is far more than a look in an index takes.
    let began = Instant::now();
    for secret in &secrets {
        assert_eq!(login(&*store, ANNA, secret).await.as_deref(), Some(ANNA));
    }
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    // What only looks like a secret is tried once, as the account's own password.
    assert!(store.authenticate(ANNA, &"abcd".repeat(7)).await.unwrap().is_none());
    store.set_password(&anna(), "abcd-efgh-ijkm-npqr-stuv-wxyz-2345").await.unwrap();
    let own = store.authenticate(ANNA, "abcd-efgh-ijkm-npqr-stuv-wxyz-2345").await.unwrap().unwrap();
    assert!(matches!(own.secret, Secret::Password(Some(_))));
}

pub(crate) async fn names_are_given_once_and_their_number_is_bounded(engine: &dyn Engine) {
    let store = store(engine).await;
    store.create_user("mario", "", None).await.unwrap();
    made(&*store, new(anna(), "PC")).await;
    assert_eq!(store.make_app_password(new(anna(), "PC")).await.unwrap(), AppPasswordMade::Taken);
    made(&*store, new(mario(), "PC")).await;
    for nobody in [Account::Mailbox(address("nobody@pec.example")), Account::User("nobody".into())] {
        assert_eq!(store.make_app_password(new(nobody.clone(), "PC")).await.unwrap(), AppPasswordMade::NoAccount);
        assert_eq!(store.app_passwords(&nobody).await.unwrap(), []);
        assert_eq!(store.remove_app_password(&nobody, AppPasswordId(1)).await.unwrap(), None);
    }
    let most = MailboxLimits::default().app_passwords;
    for number in 1..most {
        made(&*store, new(anna(), &number.to_string())).await;
    }
    let one_more = store.make_app_password(new(anna(), "one more")).await.unwrap();
    assert_eq!(one_more, AppPasswordMade::TooMany { most });
    let all = store.app_passwords(&anna()).await.unwrap();
    assert_eq!(all.len(), most as usize);
    assert!(all.is_sorted_by_key(|app| app.id));
}

pub(crate) async fn what_is_removed_or_ends_is_told_where_it_opened_something(engine: &dyn Engine) {
    let store = store(engine).await;
    let at_anna = Session::of(&store, ANNA).await.mailbox;
    let marios = store.create_user("mario", "", None).await.unwrap().unwrap().id;
    for mailbox in [ANNA, BRUNO] {
        store.grant("mario", &address(mailbox), Rights::ALL).await.unwrap();
    }
    let (annas, secret) = made(&*store, new(anna(), "PC")).await;
    let everywhere = NewAppPassword { ends: Some(at(100)), ..new(mario(), "PC") };
    let (everywhere, _) = made(&*store, everywhere).await;
    let scoped = NewAppPassword { ends: Some(at(200)), mailbox: Some(address(BRUNO)), ..new(mario(), "telefono") };
    let (scoped, _) = made(&*store, scoped).await;
    let mut feed = store.changes();
    let mut told = || look_again(&mut feed);

    assert_eq!(store.remove_app_password(&mario(), annas.id).await.unwrap(), None, "it is Anna's");
    assert_eq!(told(), []);
    assert_eq!(store.remove_app_password(&anna(), annas.id).await.unwrap(), Some(annas));
    assert_eq!(told(), [Ok(at_anna)]);
    assert_eq!(login(&*store, ANNA, &secret).await, None);

    let ending = async |now, before, after| store.ending_app_passwords(now, before, after, 9).await.unwrap();
    assert_eq!(ending(at(0), at(101), AppPasswordId(0)).await, std::slice::from_ref(&everywhere));
    assert_eq!(ending(at(0), at(201), everywhere.id).await, std::slice::from_ref(&scoped));
    assert_eq!(ending(at(100), at(201), AppPasswordId(0)).await, [scoped]);
    assert_eq!(store.end_app_passwords(at(99)).await.unwrap(), 0);
    assert_eq!(told(), []);
    assert_eq!(store.end_app_passwords(at(100)).await.unwrap(), 1);
    assert_eq!(told(), [Err(marios)]);
    assert_eq!(store.end_app_passwords(at(100)).await.unwrap(), 0, "it is told once");
    assert_eq!(store.end_app_passwords(at(200)).await.unwrap(), 1);
    assert_eq!(told(), [Err(marios)]);
    let closed = store.close().await;
    assert!(closed.is_ok());
    assert_eq!(store.end_app_passwords(at(300)).await.unwrap_err().kind, ErrorKind::Closed);
}
