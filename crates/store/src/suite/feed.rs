//! The change feed.

use tokio::sync::broadcast::error::TryRecvError;

use super::engine::Engine;
use super::samples::{ANNA, BRUNO, SERVICE, address, at, removal, store, with_service};
use super::session::{Session, set};
use crate::{
    Account, Change, ChangeKind, Changes, CommitError, FeedItem, FlagOperation, MailboxChange, MailboxId, Rights,
    UserId,
};

/// What was told since the last time.
pub(super) fn items(feed: &mut Changes) -> Vec<FeedItem> {
    let mut heard = Vec::new();
    loop {
        match feed.try_recv() {
            Ok(item) => heard.push(item),
            Err(TryRecvError::Empty) => return heard,
            Err(error) => panic!("{error}"),
        }
    }
}

/// The change of a mailbox.
pub(super) fn change(item: FeedItem) -> Change {
    match item {
        FeedItem::Mailbox(change) => change,
        FeedItem::User(user) => panic!("{user:?}"),
    }
}

/// What was told of mailboxes since the last time.
pub(super) fn heard(feed: &mut Changes) -> Vec<Change> {
    items(feed).into_iter().map(change).collect()
}

/// Who shall look again: the sessions of mailboxes, and those of users.
pub(super) fn look_again(feed: &mut Changes) -> Vec<Result<MailboxId, UserId>> {
    let whose = |item| match item {
        FeedItem::User(user) => Err(user),
        FeedItem::Mailbox(change) => {
            assert_eq!((change.folder, change.what), (None, ChangeKind::Mailbox));
            Ok(change.mailbox)
        }
    };
    items(feed).into_iter().map(whose).collect()
}

pub(crate) async fn every_change_is_told_with_what_it_concerns(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    let mut feed = store.changes();
    let (inbox, drafts) = (session.id("INBOX").await, session.id("Bozze").await);
    session.deposit("INBOX", 1).await;
    store.append(vec![session.draft(inbox, &[]), session.draft(inbox, &[]), session.draft(drafts, &[])]).await.unwrap();
    session.flag("INBOX", &[1, 3], FlagOperation::Add, &["\\Seen"]).await;
    store.copy(inbox, &set(&[1, 2]), drafts, at(0)).await.unwrap();
    store.move_to(inbox, &set(&[1, 2]), drafts, at(0)).await.unwrap();
    session.expunge("Bozze", &[1, 5]).await;
    store.subscribe(session.mailbox, "x", true).await.unwrap();
    let folder = store.create_folder(session.mailbox, "x", None).await.unwrap().unwrap();
    store.rename_folder(folder, "y").await.unwrap();
    store.delete_folder(folder, &removal()).await.unwrap();
    let heard = heard(&mut feed);
    let what: Vec<_> = heard.iter().map(|change| (change.folder, change.what.clone())).collect();
    assert_eq!(
        what,
        [
            (Some(inbox), ChangeKind::Added(set(&[1]))),
            (Some(inbox), ChangeKind::Added(set(&[2, 3]))),
            (Some(drafts), ChangeKind::Added(set(&[1]))),
            (Some(inbox), ChangeKind::Flags(set(&[1, 3]))),
            (Some(drafts), ChangeKind::Added(set(&[2, 3]))),
            (Some(drafts), ChangeKind::Added(set(&[4, 5]))),
            (Some(inbox), ChangeKind::Vanished(set(&[1, 2]))),
            (Some(drafts), ChangeKind::Vanished(set(&[1, 5]))),
            (None, ChangeKind::Folders),
            (None, ChangeKind::Folders),
            (None, ChangeKind::Folders),
            (None, ChangeKind::Folders),
        ]
    );
    assert!(heard.iter().all(|change| change.mailbox == session.mailbox));
    assert!(heard.windows(2).all(|pair| pair[0].modseq + 1 == pair[1].modseq), "each change has the next value");
    assert_eq!(heard.last().unwrap().modseq, session.look().await.modseq);
}

pub(crate) async fn what_is_told_is_there_and_what_fails_is_not_told(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    let mut feed = store.changes();
    let mut lost = session.letter("INBOX");
    lost.deposits.push(crate::Deposit { mailbox: address("nobody@pec.example"), ..lost.deposits[0].clone() });
    assert!(matches!(store.commit(lost).await, Err(CommitError::NoMailbox(_))));
    let bad = session.draft(session.id("INBOX").await, &["due parole"]);
    assert!(store.append(vec![session.draft(session.id("INBOX").await, &[]), bad]).await.is_err());
    assert!(store.delete_folder(session.id("INBOX").await, &removal()).await.is_err());
    assert_eq!(session.expunge("INBOX", &[1]).await, [] as [u32; 0]);
    store.commit(session.letter("INBOX")).await.unwrap();
    // The first that is heard is what was committed, and who hears of it finds it.
    let change = change(feed.recv().await.unwrap());
    assert_eq!(change.what, ChangeKind::Added(set(&[1])));
    assert_eq!(session.list("INBOX").await[0].modseq, change.modseq);
    assert_eq!(heard(&mut feed), []);
}

pub(crate) async fn who_may_do_what_is_told_where_it_matters(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await.mailbox;
    let mario = store.create_user("mario", "", None).await.unwrap().unwrap().id;
    store.grant("mario", &address(BRUNO), Rights::ALL).await.unwrap();
    let mut feed = store.changes();
    let mut told = || look_again(&mut feed);
    store.change_mailbox(&address(ANNA), MailboxChange { quota: Some(5), ..MailboxChange::default() }).await.unwrap();
    assert_eq!(told(), [Ok(anna)]);
    store.set_password(&Account::Mailbox(address(ANNA)), "x").await.unwrap();
    assert_eq!(told(), [Ok(anna)]);
    store.rename_mailbox(&address(ANNA), &address("anna@pec.example"), at(0)).await.unwrap();
    assert_eq!(told(), [Ok(anna)]);
    // What is a user's is told of the user, once, whatever he may use.
    store.grant("mario", &address("anna@pec.example"), Rights::ALL).await.unwrap();
    assert_eq!(told(), [Err(mario)]);
    store.set_password(&Account::User("mario".into()), "x").await.unwrap();
    assert_eq!(told(), [Err(mario)]);
    store.grant("mario", &address(BRUNO), Rights::default()).await.unwrap();
    assert_eq!(told(), [Err(mario)]);
    store.enable_user("mario", false).await.unwrap();
    assert_eq!(told(), [Err(mario)]);
    assert!(!store.enable_user("nobody", false).await.unwrap() && told().is_empty());
}

pub(crate) async fn nobody_is_told_of_the_service_mailbox(engine: &dyn Engine) {
    let store = with_service(engine).await;
    let mut feed = store.changes();
    Session::of(&store, SERVICE).await.deposit("INBOX", 2).await;
    assert_eq!(heard(&mut feed), []);
    assert_eq!(store.service(0, 9).await.unwrap().len(), 2);
}
