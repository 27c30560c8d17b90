//! The access history of mailboxes.

use std::net::IpAddr;

use super::engine::Engine;
use super::samples::{ANNA, BRUNO, SERVICE, address, at, with_service};
use crate::{
    Access, AccessOutcome, AccessRow, Account, Actor, AppPasswordMade, NewAppPassword, Protocol, Protocols, Store,
};

fn login(seconds: i64, peer: u8) -> Access {
    Access {
        at: at(seconds),
        mailbox: address(ANNA),
        who: Some(Actor::Holder),
        app_password: None,
        peer: Some(IpAddr::from([192, 0, 2, peer])),
        client: None,
        protocol: Protocol::Imap,
        outcome: AccessOutcome::LoggedIn,
        message: None,
        count: 1,
    }
}

async fn of(store: &dyn Store, mailbox: &str) -> Vec<AccessRow> {
    store.accesses(&address(mailbox), 0, usize::MAX).await.unwrap()
}

pub(crate) async fn what_happened_is_read_back_and_equal_things_of_a_day_are_one_row(engine: &dyn Engine) {
    let store = with_service(engine).await;
    let polls = (0..1440).map(|minute| login(minute * 60, 1)).collect();
    store.note_accesses(polls).await.unwrap();
    let sent = Access {
        who: Some(Actor::User("mario".into())),
        outcome: AccessOutcome::Sent,
        protocol: Protocol::Submission,
        message: Some("opec1@pec.example".into()),
        client: Some("x".repeat(300)),
        ..login(5, 2)
    };
    let unknown = Access { who: None, outcome: AccessOutcome::Failed, ..login(6, 3) };
    let nobody = Access { mailbox: address("nobody@pec.example"), ..login(7, 4) };
    let service = Access { mailbox: address(SERVICE), ..login(7, 4) };
    store.note_accesses(vec![sent, unknown, nobody, service]).await.unwrap();
    // A day of UTC ended in between, so the logins are two rows.
    let rows = of(&*store, ANNA).await;
    assert_eq!(rows.len(), 4, "{rows:?}");
    assert_eq!(rows[0].count + rows[1].count, 1440);
    assert_eq!((rows[0].first, rows[1].last), (at(0), at(1439 * 60)));
    assert!(rows[0].who == Some(Actor::Holder) && rows[0].outcome == AccessOutcome::LoggedIn);
    assert_eq!(
        (rows[2].who.clone(), rows[2].message.as_deref()),
        (Some(Actor::User("mario".into())), Some("opec1@pec.example"))
    );
    assert_eq!(rows[2].client.as_ref().map(String::len), Some(200));
    assert_eq!((rows[3].who.clone(), rows[3].peer), (None, Some(IpAddr::from([192, 0, 2, 3]))));
    assert!(of(&*store, BRUNO).await.is_empty() && of(&*store, SERVICE).await.is_empty());
    let page = store.accesses(&address(ANNA), rows[1].id, 1).await.unwrap();
    assert_eq!(page, rows[2..3]);
}

pub(crate) async fn what_a_program_calls_itself_is_added_to_its_login(engine: &dyn Engine) {
    let store = with_service(engine).await;
    let named = Access { client: Some("Thunderbird 140".into()), count: 0, ..login(3, 1) };
    store.note_accesses(vec![named.clone()]).await.unwrap();
    assert!(of(&*store, ANNA).await.is_empty(), "nobody has come yet");
    store.note_accesses(vec![login(0, 1), named, login(9, 1)]).await.unwrap();
    let rows = of(&*store, ANNA).await;
    assert_eq!((rows.len(), rows[0].count, rows[0].client.as_deref()), (1, 2, Some("Thunderbird 140")));
}

pub(crate) async fn strangers_fill_no_history_and_are_counted(engine: &dyn Engine) {
    let store = with_service(engine).await;
    let guess = |number: u32| Access {
        who: None,
        peer: Some(IpAddr::from(number.to_be_bytes())),
        outcome: AccessOutcome::Failed,
        ..login(i64::from(number % 60), 0)
    };
    let most = AccessOutcome::Failed.most();
    store.note_accesses((0..most + 900).map(guess).collect()).await.unwrap();
    store.note_accesses(vec![login(0, 1), guess(0)]).await.unwrap();
    let rows = of(&*store, ANNA).await;
    assert_eq!(rows.len(), most as usize + 2, "one for those beyond, one for the holder");
    let beyond = rows.iter().find(|row| row.peer.is_none()).unwrap();
    assert_eq!((beyond.count, beyond.outcome), (900, AccessOutcome::Failed));
    assert_eq!(rows[0].count, 2, "who is known goes on being counted");
    assert!(rows.iter().any(|row| row.outcome == AccessOutcome::LoggedIn));
}

pub(crate) async fn an_app_password_says_when_it_was_used_last(engine: &dyn Engine) {
    let store = with_service(engine).await;
    let (of_anna, protocols) = (Account::Mailbox(address(ANNA)), Protocols::ALL);
    let new =
        NewAppPassword { of: of_anna.clone(), mailbox: None, name: "PC".into(), protocols, made: at(0), ends: None };
    let AppPasswordMade::Made(app, _) = store.make_app_password(new).await.unwrap() else { panic!() };
    let with = |seconds| Access { app_password: Some(app.id), ..login(seconds, 1) };
    store.note_accesses(vec![with(100), with(130)]).await.unwrap();
    let used = async || store.app_passwords(&of_anna).await.unwrap()[0].used;
    assert_eq!(used().await, Some(at(100)), "about");
    store.note_accesses(vec![with(160), login(900, 1)]).await.unwrap();
    assert_eq!(used().await, Some(at(160)));
    let rows = of(&*store, ANNA).await;
    assert_eq!(rows.iter().map(|row| row.app_password.as_deref()).collect::<Vec<_>>(), [Some("PC"), None]);
    store.remove_app_password(&of_anna, app.id).await.unwrap();
    assert_eq!(of(&*store, ANNA).await.len(), 2, "what was done with it stays");
}

pub(crate) async fn what_is_too_old_goes_in_lots(engine: &dyn Engine) {
    let store = with_service(engine).await;
    store.note_accesses((0..10).map(|day| login(day * 24 * 3600, 1)).collect()).await.unwrap();
    let before = at(5 * 24 * 3600);
    assert_eq!(store.expire_accesses(before, 3).await.unwrap(), 3);
    assert_eq!(store.expire_accesses(before, 3).await.unwrap(), 2);
    assert_eq!(store.expire_accesses(before, 3).await.unwrap(), 0);
    assert_eq!(of(&*store, ANNA).await.len(), 5);
}
