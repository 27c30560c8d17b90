//! Logins by browser.

use super::engine::Engine;
use super::samples::{ANNA, BRUNO, address, at, store};
use crate::{Account, BrowserSession, BrowserSessionId, NewBrowserSession, SecretStamp, Store};

fn anna() -> Account {
    Account::Mailbox(address(ANNA))
}

fn new(of: Account, number: u8) -> NewBrowserSession {
    NewBrowserSession {
        digest: [number; 32],
        of,
        stamp: SecretStamp([9; 16]),
        at: at(i64::from(number)),
        peer: [192, 0, 2, number].into(),
        client: format!("Firefox {}", "x".repeat(1000)),
    }
}

async fn begun(store: &dyn Store, of: Account, number: u8) -> BrowserSessionId {
    store.begin_browser_session(new(of, number)).await.unwrap().unwrap()
}

async fn of(store: &dyn Store, account: &Account) -> Vec<BrowserSessionId> {
    store.browser_sessions(account).await.unwrap().iter().map(|session| session.id).collect()
}

pub(crate) async fn a_login_by_browser_is_found_by_its_digest(engine: &dyn Engine) {
    let store = store(engine).await;
    store.create_user("mario", "", None).await.unwrap();
    let id = begun(&*store, anna(), 1).await;
    let expected = BrowserSession {
        id,
        of: anna(),
        stamp: SecretStamp([9; 16]),
        began: at(1),
        used: at(1),
        peer: [192, 0, 2, 1].into(),
        client: format!("Firefox {}", "x".repeat(BrowserSession::CLIENT - 8)),
    };
    assert_eq!(store.browser_session([1; 32]).await.unwrap(), Some(expected.clone()));
    assert_eq!(store.browser_session([2; 32]).await.unwrap(), None);
    store.browser_session_used(id, at(90)).await.unwrap();
    // What is told late takes nothing back.
    store.browser_session_used(id, at(60)).await.unwrap();
    assert_eq!(store.browser_session([1; 32]).await.unwrap(), Some(BrowserSession { used: at(90), ..expected }));
    let user = Account::User("Mario".into());
    let marios = begun(&*store, user.clone(), 3).await;
    let found = store.browser_session([3; 32]).await.unwrap().unwrap();
    assert_eq!((found.id, found.of), (marios, Account::User("mario".into())));
    assert_eq!(store.begin_browser_session(new(Account::User("nobody".into()), 4)).await.unwrap(), None);
}

pub(crate) async fn who_ends_a_login_by_browser_ends_his_own(engine: &dyn Engine) {
    let store = store(engine).await;
    let bruno = Account::Mailbox(address(BRUNO));
    let (first, second, third) =
        (begun(&*store, anna(), 1).await, begun(&*store, anna(), 2).await, begun(&*store, anna(), 3).await);
    let other = begun(&*store, bruno.clone(), 4).await;
    assert_eq!(of(&*store, &anna()).await, [third, second, first]);
    assert!(!store.end_browser_session(&bruno, first).await.unwrap());
    assert!(store.end_browser_session(&anna(), first).await.unwrap());
    assert!(!store.end_browser_session(&anna(), first).await.unwrap());
    assert_eq!(store.end_browser_sessions(&anna(), Some(third)).await.unwrap(), 1);
    assert_eq!((of(&*store, &anna()).await, of(&*store, &bruno).await), (vec![third], vec![other]));
    assert_eq!(store.end_browser_sessions(&anna(), None).await.unwrap(), 1);
    assert_eq!(store.browser_session([3; 32]).await.unwrap(), None);
    assert_eq!(of(&*store, &bruno).await, [other]);
}

pub(crate) async fn logins_by_browser_are_bounded_and_grow_old(engine: &dyn Engine) {
    let store = store(engine).await;
    let first = begun(&*store, anna(), 1).await;
    let second = begun(&*store, anna(), 2).await;
    store.browser_session_used(first, at(200)).await.unwrap();
    for number in 3..=u8::try_from(BrowserSession::MOST).unwrap() + 1 {
        begun(&*store, anna(), number).await;
    }
    // The one that was used least lately made room.
    let all = of(&*store, &anna()).await;
    assert_eq!((all.len(), all.first(), all.contains(&second)), (BrowserSession::MOST as usize, Some(&first), false));
    // By their last use, and by their beginning.
    assert_eq!(store.expire_browser_sessions(at(4), at(0), 100).await.unwrap(), 1);
    assert_eq!(store.expire_browser_sessions(at(0), at(5), 1).await.unwrap(), 1);
    assert_eq!(store.expire_browser_sessions(at(0), at(5), 100).await.unwrap(), 1);
    assert!(!of(&*store, &anna()).await.contains(&first));
}
