//! What a client can make a mailbox hold is bounded, and so is what is kept for clients.

use std::sync::Arc;

use pec::{Address, Moment, Pieces};
use tempfile::TempDir;
use tokio::sync::broadcast::error::RecvError;

use super::sql::Statements as _;
use super::{Embedded, EmbeddedOptions, MailboxLimits, PasswordCost};
use crate::{
    Append, Deposit, DepositIn, ErrorKind, FeedItem, FlagChange, FlagOperation, Flags, FolderId, Ledger as _,
    MailboxId, Mailboxes, NewMailbox, NewMessage, Outcome, Principals, Reader, StoreError, Summary, UidSet, Vanished,
};

/// A store with one mailbox and small limits: the mailbox has its four folders and may have six.
async fn small(place: &TempDir) -> (Arc<Embedded>, MailboxId, FolderId) {
    let mailboxes =
        MailboxLimits { folders: 6, keywords: 3, subscriptions: 5, app_passwords: 2, ..MailboxLimits::default() };
    with(place, MailboxLimits { tombstones: 4, feed: 4, ..mailboxes }).await
}

/// The same with these limits.
async fn with(place: &TempDir, mailboxes: MailboxLimits) -> (Arc<Embedded>, MailboxId, FolderId) {
    let options = EmbeddedOptions { password_cost: PasswordCost::CHEAPEST, mailboxes, ..EmbeddedOptions::default() };
    let store = Embedded::create(&place.path().join("store"), options).unwrap();
    let address = Address::parse("anna@pec.example").unwrap();
    let new = NewMailbox { address: address.clone(), password: None, quota: 1 << 40, service: false };
    store.create_mailbox(new).await.unwrap();
    let mailbox = store.mailbox(&address).await.unwrap().unwrap().id;
    let inbox = store.folders(mailbox, Reader::Owner).await.unwrap()[0].id;
    (store, mailbox, inbox)
}

fn draft(folder: FolderId, keywords: &[&str]) -> Append {
    let keywords = keywords.iter().map(|keyword| (*keyword).to_owned()).collect();
    let at = Moment::from_unix(0);
    Append {
        folder,
        message: NewMessage { pieces: Pieces::own("x"), summary: Summary::default() },
        flags: Flags { keywords, ..Flags::default() },
        reader: Reader::Owner,
        at,
        saved: at,
        own: false,
    }
}

/// A message that comes into a folder by delivery.
fn delivered(folder: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let message = outcome.add(NewMessage { pieces: Pieces::own("x"), summary: Summary::default() });
    let mailbox = Address::parse("anna@pec.example").unwrap();
    let (folder, at) = (DepositIn::Folder(folder.into()), Moment::from_unix(0));
    outcome.deposits = vec![Deposit { message, mailbox, folder, counts: false, within_quota: true, at }];
    outcome
}

/// By the holder, through IMAP.
fn removal() -> crate::Removal {
    crate::Removal { by: crate::Actor::Holder, door: "imap", at: Moment::from_unix(0) }
}

fn ends<T: std::fmt::Debug>(result: Result<T, StoreError>, kind: ErrorKind, reason: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.kind, kind);
    assert!(error.what.contains(reason), "{error}");
}

/// Past a limit.
fn limited<T: std::fmt::Debug>(result: Result<T, StoreError>, reason: &str) {
    ends(result, ErrorKind::Limit, reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_has_so_many_folders_and_a_deposit_still_finds_its_own() {
    let place = tempfile::tempdir().unwrap();
    let (store, mailbox, inbox) = small(&place).await;
    let create = async |name: &str| store.create_folder(mailbox, name, None).await;
    limited(create("a/b/c").await, "6 folders");
    let made = create("a/b").await.unwrap().unwrap();
    limited(create("c").await, "6 folders");
    limited(store.rename_folder(made, "c/d").await, "6 folders");
    limited(store.rename_folder(inbox, "c").await, "6 folders");
    assert!(store.rename_folder(made, "a/c").await.unwrap());
    assert_eq!(store.folders(mailbox, Reader::Owner).await.unwrap().len(), 6);
    // The law's mail is not lost for want of a folder.
    store.commit(delivered("Ricevute")).await.unwrap();
    assert_eq!(store.folders(mailbox, Reader::Owner).await.unwrap().len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_has_so_many_keywords_and_those_out_of_use_make_room() {
    let place = tempfile::tempdir().unwrap();
    let (store, _, inbox) = small(&place).await;
    store.append(vec![draft(inbox, &["a", "b"]), draft(inbox, &["c"])]).await.unwrap();
    limited(store.append(vec![draft(inbox, &["d"])]).await, "3 different keywords");
    store.append(vec![draft(inbox, &["A", "C"])]).await.unwrap();
    store.expunge(inbox, &UidSet::from_iter([1]), &removal()).await.unwrap();
    let change = |keywords: &[&str]| FlagChange {
        folder: inbox,
        uids: UidSet::all(),
        operation: FlagOperation::Add,
        flags: draft(inbox, keywords).flags,
        unchanged_since: None,
        known: u64::MAX,
        reader: Reader::Owner,
    };
    // `b` is out of use, and wanted again; `e` finds no room beside it.
    limited(store.change_flags(change(&["b", "e"])).await, "3 different keywords");
    assert_eq!(store.change_flags(change(&["d", "a"])).await.unwrap().changed, UidSet::from_ranges([2..=3]));
    limited(store.change_flags(change(&["b"])).await, "3 different keywords");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_subscribes_so_many_names() {
    let place = tempfile::tempdir().unwrap();
    let (store, mailbox, _) = small(&place).await;
    store.subscribe(mailbox, "a", true).await.unwrap();
    limited(store.subscribe(mailbox, "b", true).await, "5 names");
    store.subscribe(mailbox, "Bozze", false).await.unwrap();
    store.subscribe(mailbox, "b", true).await.unwrap();
    assert_eq!(store.subscriptions(mailbox).await.unwrap().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_long_ago_is_forgotten_and_who_asks_for_it_is_told_so() {
    let place = tempfile::tempdir().unwrap();
    let (store, mailbox, inbox) = small(&place).await;
    store.append((0..20).map(|_| draft(inbox, &[])).collect()).await.unwrap();
    let mut sequence = Vec::new();
    for uid in [2, 4, 6, 8, 10] {
        store.expunge(inbox, &UidSet::from_iter([uid]), &removal()).await.unwrap();
        sequence.push(store.folders(mailbox, Reader::Owner).await.unwrap()[0].highest_modseq);
    }
    let vanished = async |since| store.vanished(inbox, since).await.unwrap();
    assert_eq!(vanished(sequence[1]).await, Vanished::TooOld);
    assert_eq!(vanished(sequence[2]).await, Vanished::Uids(UidSet::from_iter([8, 10])));
    // A change that went in more ranges than are kept is forgotten as a whole.
    store.expunge(inbox, &UidSet::from_iter([12, 14, 16, 18, 20]), &removal()).await.unwrap();
    assert_eq!(vanished(sequence[4]).await, Vanished::TooOld);
    let now = store.folders(mailbox, Reader::Owner).await.unwrap()[0].highest_modseq;
    assert_eq!(vanished(now).await, Vanished::Uids(UidSet::default()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_never_listens_delays_nobody() {
    let place = tempfile::tempdir().unwrap();
    let (store, mailbox, inbox) = small(&place).await;
    let mut idle = store.changes();
    for _ in 0..10 {
        store.append(vec![draft(inbox, &[])]).await.unwrap();
    }
    assert_eq!(idle.recv().await, Err(RecvError::Lagged(6)));
    // It looks again, and goes on from what it hears next.
    let now = store.folders(mailbox, Reader::Owner).await.unwrap()[0].highest_modseq;
    let mut last = None;
    while let Ok(FeedItem::Mailbox(change)) = idle.try_recv() {
        last = Some(change.modseq);
    }
    assert_eq!(last, Some(now));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_whose_uids_are_used_up_refuses_and_harms_nothing() {
    let place = tempfile::tempdir().unwrap();
    let (store, mailbox, inbox) = small(&place).await;
    let sql = "UPDATE folders SET uid_next = 4294967293 WHERE id = ?1";
    store.write(move |tx| tx.run("counting UIDs on", sql, [inbox.0])).await.unwrap();
    ends(
        store.append(vec![draft(inbox, &[]), draft(inbox, &[]), draft(inbox, &[])]).await,
        ErrorKind::Refused,
        "no UIDs left",
    );
    assert_eq!(store.append(vec![draft(inbox, &[]), draft(inbox, &[])]).await.unwrap(), [4_294_967_293, 4_294_967_294]);
    ends(store.append(vec![draft(inbox, &[])]).await, ErrorKind::Refused, "no UIDs left");
    ends(store.move_to(inbox, &UidSet::all(), inbox, Moment::from_unix(0)).await, ErrorKind::Refused, "no UIDs left");
    assert!(store.rename_folder(inbox, "piena").await.unwrap());
    assert_eq!(store.folders(mailbox, Reader::Owner).await.unwrap()[4].messages, 2);
    assert!(store.uids(inbox).await.unwrap().is_empty());
}
