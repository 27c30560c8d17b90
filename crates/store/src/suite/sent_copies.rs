//! The sender's copies and the client's own; where notifications lie.

use std::sync::Arc;

use pec::{Pieces, Shared};

use super::engine::Engine;
use super::feed::change;
use super::samples::{ANNA, address, at, message, receipt, removal, store, text};
use super::session::Session;
use crate::sent_copy::WINDOW;
use crate::{
    Actor, Append, ChangeKind, CopyKey, Deposit, DepositIn, Flags, FolderId, Handle, MailboxChange, NewMessage,
    Outcome, Receipts, Rights, SentCopy, SentCopyKept, SpecialUse, Store, Summary, SystemFlags, Vanished,
};

/// What Anna's client sends: a header with this Message-ID, and a body.
fn letter(id: &str, fields: &str, body: &str) -> Pieces {
    Pieces::own(format!("From: {ANNA}\r\n{fields}Message-ID: {id}\r\n\r\n{body}"))
}

/// The copy of a message, of the accepted message `identifier`.
fn copy(pieces: Pieces, identifier: &str, seconds: i64) -> Outcome {
    let summary = Summary::read(None, Some(identifier.into()), &pieces);
    let key = CopyKey::of(&pieces, &summary);
    let mut outcome = Outcome::default();
    let message = outcome.add(NewMessage { pieces, summary });
    let mailbox = address(ANNA);
    outcome.sent_copy = Some(SentCopy { message, mailbox, by: Actor::Holder, key, at: at(seconds) });
    outcome
}

/// What became of it.
async fn keep(store: &Arc<dyn Store>, outcome: Outcome) -> SentCopyKept {
    store.commit(outcome).await.unwrap().sent_copy.unwrap()
}

/// The client's own copy; its UID.
async fn append(anna: &Session, folder: FolderId, pieces: Pieces, seconds: i64) -> u32 {
    let summary = Summary::read(None, None, &pieces);
    let append = Append {
        folder,
        message: NewMessage { pieces, summary },
        flags: Flags { system: SystemFlags::SEEN, ..Flags::default() },
        reader: anna.reader,
        at: at(seconds),
        saved: at(seconds),
        own: true,
    };
    anna.store.append(vec![append]).await.unwrap()[0]
}

async fn bytes(anna: &Session, folder: &str) -> Vec<String> {
    let mut all = Vec::new();
    for entry in anna.list(folder).await {
        let pieces = anna.store.read(entry.message).await.unwrap().unwrap();
        all.push(String::from_utf8(pieces.to_bytes().to_vec()).unwrap());
    }
    all
}

pub(crate) async fn a_copy_is_seen_counts_and_holds_the_body_with_the_original(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    // The certified original, and what the client sent: another header before the same body.
    for body in ["small".repeat(10), "middle".repeat(2_000), "large".repeat(100_000)] {
        let certified = Shared::new(format!("Subject: s\r\nMessage-ID: <pec>\r\n\r\n{body}").into());
        let header = "Subject: s\r\nMessage-ID: <client>\r\n\r\n";
        let mut pieces = Pieces::own(header);
        pieces.push_tail(certified.clone(), certified.bytes().len() - body.len());
        let before = (anna.look().await, store.figures().await.unwrap().originals, anna.list("Inviata").await.len());
        let mut outcome = copy(pieces, "pec", 7);
        outcome.messages.push(receipt("acceptance", &certified));
        outcome.deposits = vec![Deposit {
            message: Handle(1),
            mailbox: address(ANNA),
            folder: DepositIn::Receipts,
            counts: false,
            within_quota: false,
            at: at(7),
        }];
        let SentCopyKept::Here(deposited) = keep(&store, outcome).await else { panic!("no copy") };
        let entry = anna.list("Inviata").await.pop().unwrap();
        let size = (header.len() + body.len()) as u64;
        assert_eq!((deposited.uid, deposited.modseq, deposited.message), (entry.uid, entry.modseq, entry.message));
        assert_eq!((entry.size, entry.internal_date), (size, at(7)));
        assert_eq!(entry.flags.system, SystemFlags::SEEN);
        assert_eq!(entry.summary.unwrap().identifier.as_deref(), Some("pec"));
        assert_eq!(bytes(&anna, "Inviata").await.last(), Some(&format!("{header}{body}")));
        // Any part is read alone.
        let end = store.read_range(entry.message, size - 9..size).await.unwrap().unwrap();
        assert_eq!(end, body[body.len() - 9..]);
        let across = header.len() as u64 - 2;
        let across = store.read_range(entry.message, across..across + 8).await.unwrap().unwrap();
        assert_eq!(across, format!("\r\n{}", &body[..6]));
        let (mailbox, originals, copies) = before;
        assert_eq!(anna.look().await.counted, mailbox.counted + size);
        assert_eq!(store.figures().await.unwrap().originals, originals + u64::from(body.len() > 4096));
        let folder = anna.folder("Inviata").await;
        assert_eq!((folder.messages as usize, folder.unseen), (copies + 1, 0));
    }
}

pub(crate) async fn the_clients_copy_takes_the_place_of_ours(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    let sent = anna.id("Inviata").await;
    keep(&store, copy(letter("<1@c>", "", "a"), "pec1", 0)).await;
    keep(&store, copy(letter("<2@c>", "", "b"), "pec2", 0)).await;
    let (before, mut changes) = (anna.look().await.modseq, store.changes());
    let uid = append(&anna, sent, letter("<1@c>", "Bcc: x@y\r\n", "a"), 60).await;
    assert_eq!(uid, 3);
    let entries = anna.list("Inviata").await;
    assert_eq!(entries.iter().map(|entry| entry.uid).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(entries[1].summary.as_ref().unwrap().identifier.as_deref(), Some("pec1"));
    assert!(bytes(&anna, "Inviata").await[1].contains("Bcc: x@y"));
    // Other clients hear first of what came, then of what went.
    assert!(matches!(change(changes.recv().await.unwrap()).what, ChangeKind::Added(uids) if uids.contains(3)));
    assert!(matches!(change(changes.recv().await.unwrap()).what, ChangeKind::Vanished(uids) if uids.contains(1)));
    assert_eq!(store.vanished(sent, before).await.unwrap(), Vanished::Uids([1].into_iter().collect()));
    // Wherever the client keeps what it sends.
    let other = store.create_folder(anna.mailbox, "Pratiche", None).await.unwrap().unwrap();
    append(&anna, other, letter("<2@c>", "", "b"), 60).await;
    assert_eq!(anna.list("Inviata").await.len(), 1);
    assert_eq!(anna.list("Pratiche").await.len(), 1);
}

pub(crate) async fn a_copy_that_the_client_put_there_first_spares_ours(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    let sent = anna.id("Inviata").await;
    append(&anna, sent, letter("<1@c>", "", "a"), 0).await;
    let messages = store.figures().await.unwrap().messages;
    assert_eq!(keep(&store, copy(letter("<1@c>", "", "a"), "pec1", 5)).await, SentCopyKept::OfClient);
    assert_eq!((anna.list("Inviata").await.len(), store.figures().await.unwrap().messages), (1, messages));
    // A draft is no copy, and one that was deleted is none any more.
    append(&anna, anna.id("Bozze").await, letter("<2@c>", "", "b"), 0).await;
    assert!(matches!(keep(&store, copy(letter("<2@c>", "", "b"), "pec2", 5)).await, SentCopyKept::Here(_)));
    let uid = append(&anna, sent, letter("<3@c>", "", "c"), 0).await;
    anna.expunge("Inviata", &[uid]).await;
    assert!(matches!(keep(&store, copy(letter("<3@c>", "", "c"), "pec3", 5)).await, SentCopyKept::Here(_)));
}

pub(crate) async fn a_copy_is_recognised_once_and_for_a_day(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    let sent = anna.id("Inviata").await;
    // Sent twice: there twice. Appended twice after that: one of ours goes.
    for identifier in ["pec1", "pec2"] {
        assert!(matches!(keep(&store, copy(letter("<1@c>", "", "a"), identifier, 0)).await, SentCopyKept::Here(_)));
    }
    for _ in 0..2 {
        append(&anna, sent, letter("<1@c>", "", "a"), 10).await;
    }
    let identifiers: Vec<_> =
        anna.list("Inviata").await.into_iter().map(|one| one.summary.unwrap().identifier).collect();
    assert_eq!(identifiers, [Some("pec1".into()), Some("pec2".into()), None]);
    // The second one of the client's spares the next of ours.
    assert_eq!(keep(&store, copy(letter("<1@c>", "", "a"), "pec3", 20)).await, SentCopyKept::OfClient);
    assert!(matches!(keep(&store, copy(letter("<1@c>", "", "a"), "pec4", 20)).await, SentCopyKept::Here(_)));
    append(&anna, sent, letter("<1@c>", "", "a"), 20 + WINDOW + 1).await;
    assert_eq!(anna.list("Inviata").await.len(), 5);
    // What is moved here from an older mailbox is no copy of what is being sent.
    let old = letter("<9@c>", "", "a");
    let summary = Summary::read(None, None, &old);
    let append = Append {
        folder: sent,
        message: NewMessage { pieces: old.clone(), summary },
        flags: Flags::default(),
        reader: anna.reader,
        at: at(-WINDOW),
        saved: at(10),
        own: true,
    };
    store.append(vec![append]).await.unwrap();
    assert!(matches!(keep(&store, copy(old, "pec9", 20)).await, SentCopyKept::Here(_)));
}

pub(crate) async fn a_mailbox_without_room_has_no_copy_and_the_message_goes_all_the_same(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    let change = MailboxChange { quota: Some(100), ..MailboxChange::default() };
    store.change_mailbox(&anna.address, change).await.unwrap();
    let mut outcome = copy(letter("<1@c>", "", &"x".repeat(100)), "pec1", 0);
    outcome.messages.push(text("acceptance"));
    outcome.deposits = anna.letter("INBOX").deposits;
    (outcome.deposits[0].message, outcome.deposits[0].counts) = (Handle(1), false);
    assert_eq!(keep(&store, outcome).await, SentCopyKept::NoRoom);
    assert_eq!((anna.list("INBOX").await.len(), anna.list("Inviata").await.len()), (1, 0));
    // A client's own copy that takes the place of ours needs no second room.
    let change = MailboxChange { quota: Some(200), ..MailboxChange::default() };
    store.change_mailbox(&anna.address, change).await.unwrap();
    let whole = letter("<2@c>", "", &"x".repeat(100));
    assert!(matches!(keep(&store, copy(whole.clone(), "pec2", 0)).await, SentCopyKept::Here(_)));
    append(&anna, anna.id("Inviata").await, whole, 1).await;
    assert_eq!(anna.list("Inviata").await.len(), 1);
}

pub(crate) async fn the_folder_for_what_was_sent_has_any_name_and_is_made_again(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    assert!(store.rename_folder(anna.id("Inviata").await, "Spedite").await.unwrap());
    keep(&store, copy(letter("<1@c>", "", "a"), "pec1", 0)).await;
    assert_eq!(anna.list("Spedite").await.len(), 1);
    store.delete_folder(anna.id("Spedite").await, &removal()).await.unwrap();
    keep(&store, copy(letter("<2@c>", "", "a"), "pec2", 0)).await;
    let folder = anna.folder("Inviata").await;
    assert_eq!((folder.messages, folder.special, folder.subscribed), (1, Some(SpecialUse::Sent), true));
}

pub(crate) async fn who_sends_from_a_shared_mailbox_has_seen_the_copy(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    let mut users = Vec::new();
    for name in ["carla", "dario"] {
        users.push(anna.by(store.create_user(name, name, None).await.unwrap().unwrap().id));
        assert!(store.grant(name, &anna.address, Rights::ALL).await.unwrap());
    }
    let mut outcome = copy(letter("<1@c>", "", "a"), "pec1", 0);
    if let Some(copy) = &mut outcome.sent_copy {
        copy.by = Actor::User("carla".into());
    }
    keep(&store, outcome).await;
    let unseen = [&anna, &users[0], &users[1]].map(|session| session.folder("Inviata"));
    let mut counts = Vec::new();
    for folder in unseen {
        counts.push(folder.await.unseen);
    }
    assert_eq!(counts, [0, 0, 1]);
}

pub(crate) async fn notifications_lie_where_the_mailbox_has_them(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    let notice = || {
        let mut outcome = Outcome::default();
        let message = outcome.add(message(Pieces::own("Subject: ACCETTAZIONE: s\r\n\r\n")));
        let (mailbox, folder) = (anna.address.clone(), DepositIn::Receipts);
        outcome.deposits = vec![Deposit { message, mailbox, folder, counts: false, within_quota: false, at: at(0) }];
        outcome
    };
    store.commit(notice()).await.unwrap();
    let change = MailboxChange { receipts: Some(Receipts::Folder), ..MailboxChange::default() };
    assert_eq!(store.change_mailbox(&anna.address, change).await.unwrap().unwrap().receipts, Receipts::Folder);
    for _ in 0..2 {
        store.commit(notice()).await.unwrap();
    }
    let apart = anna.folder("Ricevute").await;
    assert_eq!((apart.messages, apart.subscribed, anna.folder("INBOX").await.messages), (2, true, 1));
    assert_eq!(anna.look().await.counted, 0);
    let change = MailboxChange { receipts: Some(Receipts::Inbox), ..MailboxChange::default() };
    store.change_mailbox(&anna.address, change).await.unwrap();
    store.commit(notice()).await.unwrap();
    assert_eq!(anna.folder("INBOX").await.messages, 2);
}
