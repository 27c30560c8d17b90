//! Folders.

use std::collections::BTreeSet;

use super::engine::Engine;
use super::samples::{ANNA, BRUNO, SERVICE, at, removal, store, with_service};
use super::session::{Session, set};
use crate::{Annotated, ErrorKind, FolderId, Listing, Note, NotesOf, Reader, SpecialUse, Store};

async fn refused(store: &dyn Store, session: &Session, name: &str) -> String {
    let refused = store.create_folder(session.mailbox, name, None).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Refused, "{name:?}");
    refused.what
}

pub(crate) async fn folders_of_several_mailboxes_come_together_as_far_as_the_rows_reach(engine: &dyn Engine) {
    let store = store(engine).await;
    let (anna, bruno) = (Session::of(&store, ANNA).await, Session::of(&store, BRUNO).await);
    store.create_folder(bruno.mailbox, "Pratiche", None).await.unwrap();
    store.subscribe(anna.mailbox, "Altrove", true).await.unwrap();
    let both = [bruno.mailbox, anna.mailbox];
    let mut expected = Vec::new();
    for mailbox in both {
        let folders = store.folders(mailbox, Reader::Owner).await.unwrap();
        expected.push(Listing { folders, subscribed: store.subscriptions(mailbox).await.unwrap() });
    }
    let [of_bruno, of_anna] = &expected[..] else { unreachable!() };
    assert_eq!((of_bruno.folders.len(), of_bruno.subscribed.len(), of_anna.subscribed.len()), (5, 4, 5));
    for (rows, told) in [(0, 1), (9, 1), (10, 2), (1000, 2)] {
        assert_eq!(store.listings(&both, Reader::Owner, rows).await.unwrap(), expected[..told], "{rows}");
    }
    assert_eq!(store.listings(&[], Reader::Owner, 9).await.unwrap(), []);
}

pub(crate) async fn a_mailbox_is_born_with_its_folders(engine: &dyn Engine) {
    let store = with_service(engine).await;
    let session = Session::of(&store, ANNA).await;
    let folders = session.folders().await;
    let found: Vec<_> = folders.iter().map(|folder| (folder.name.as_str(), folder.special)).collect();
    assert_eq!(
        found,
        [
            ("INBOX", None),
            ("Bozze", Some(SpecialUse::Drafts)),
            ("Cestino", Some(SpecialUse::Trash)),
            ("Inviata", Some(SpecialUse::Sent)),
        ]
    );
    for folder in &folders {
        assert!(folder.subscribed && folder.uid_validity > 0 && folder.highest_modseq > 0);
        assert_eq!((folder.uid_next, folder.messages, folder.unseen, folder.size), (1, 0, 0, 0));
    }
    assert_eq!(session.look().await.modseq, 1);

    let service = Session::of(&store, SERVICE).await;
    assert!(service.folders().await.is_empty());
    assert!(refused(&*store, &service, "a").await.contains("no folders"));
}

pub(crate) async fn a_folder_is_made_with_those_above_it_and_the_inbox_has_one_name(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    for name in ["Ricevute/2024 è", "inbox", "ricevute/2024 È", "Ricevute/2024 è", "iNbOx/Bandi"] {
        session.deposit(name, 1).await;
    }
    let made = store.create_folder(session.mailbox, "a/b/c", None).await.unwrap();
    assert_eq!(Some(session.id("a/b/c").await), made);
    for taken in ["a/b/c", "a", "INBOX", "inbox", "Inbox/Bandi", "Bozze"] {
        assert_eq!(store.create_folder(session.mailbox, taken, None).await.unwrap(), None, "{taken}");
    }
    let folders = session.folders().await;
    let counts: Vec<_> = folders.iter().map(|folder| (folder.name.as_str(), folder.messages)).collect();
    assert_eq!(
        counts,
        [
            ("INBOX", 1),
            ("Bozze", 0),
            ("Cestino", 0),
            ("INBOX/Bandi", 1),
            ("Inviata", 0),
            ("Ricevute", 0),
            ("Ricevute/2024 è", 2),
            ("a", 0),
            ("a/b", 0),
            ("a/b/c", 0),
            ("ricevute", 0),
            ("ricevute/2024 È", 1),
        ]
    );
    assert!(Session::of(&store, BRUNO).await.folders().await.len() == 4);
    for (name, reason) in [("", "empty level"), ("a//b", "empty level"), ("a\0", "U+0000"), (&"x".repeat(256), "256")] {
        assert!(refused(&*store, &session, name).await.contains(reason), "{name:?}");
    }
}

pub(crate) async fn one_folder_is_found_as_in_the_list(engine: &dyn Engine) {
    let store = store(engine).await;
    let (anna, bruno) = (Session::of(&store, ANNA).await, Session::of(&store, BRUNO).await);
    anna.deposit("Bandi/2024 è", 2).await;
    for folder in anna.folders().await {
        assert_eq!(store.folder(folder.id, anna.reader).await.unwrap(), Some(folder.clone()));
        assert_eq!(store.folder_named(anna.mailbox, &folder.name, anna.reader).await.unwrap(), Some(folder));
    }
    let inbox = store.folder_named(anna.mailbox, "iNbOx", anna.reader).await.unwrap().unwrap();
    assert_eq!((inbox.name.as_str(), inbox.mailbox), ("INBOX", anna.mailbox));
    for name in ["bandi", "Bandi/", "", "a\0", "Bandi/2024 e"] {
        assert_eq!(store.folder_named(anna.mailbox, name, anna.reader).await.unwrap(), None, "{name:?}");
    }
    assert_eq!(store.folder_named(bruno.mailbox, "Bandi", bruno.reader).await.unwrap(), None);
    let gone = anna.id("Bandi/2024 è").await;
    store.delete_folder(gone, &removal()).await.unwrap();
    assert_eq!(store.folder(gone, anna.reader).await.unwrap(), None);
}

pub(crate) async fn what_is_noted_is_for_the_eyes_it_was_noted_for(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    let user = Reader::User(store.create_user("mario", "Mario", None).await.unwrap().unwrap().id);
    let made = store.create_folder(anna.mailbox, "Bandi", None).await.unwrap();
    let (whole, folder) =
        (NotesOf { mailbox: anna.mailbox, folder: None }, NotesOf { mailbox: anna.mailbox, folder: made });
    let note = |name: &str, value: Option<&str>, reader| Note {
        name: name.to_owned(),
        value: value.map(|value| value.as_bytes().to_vec()),
        reader,
    };
    let notes = vec![
        note("/comment", Some("di tutti"), None),
        note("/comment", Some("mio\0"), Some(Reader::Owner)),
        note("/comment", Some("di Mario"), Some(user)),
        note("/vendor/x", Some(""), Some(user)),
    ];
    assert_eq!(store.annotate(folder, notes).await.unwrap(), Annotated::Done);
    let told = async |of, reader| -> Vec<(String, String)> {
        let notes = store.notes(of, reader).await.unwrap().into_iter();
        notes.map(|(name, value)| (name, String::from_utf8(value).unwrap())).collect()
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(told(folder, None).await, [pair("/comment", "di tutti")]);
    assert_eq!(told(folder, Some(Reader::Owner)).await, [pair("/comment", "mio\0")]);
    assert_eq!(told(folder, Some(user)).await, [pair("/comment", "di Mario"), pair("/vendor/x", "")]);
    assert!(told(whole, Some(user)).await.is_empty());
    let taken =
        vec![note("/comment", None, Some(user)), note("/vendor/x", Some("y"), Some(user)), note("/no", None, None)];
    store.annotate(folder, taken).await.unwrap();
    assert_eq!(told(folder, Some(user)).await, [pair("/vendor/x", "y")]);
    // What is too long or too many is refused whole.
    let long = vec![note("/a", Some("x"), None), note("/b", Some(&"x".repeat(16 * 1024 + 1)), None)];
    assert_eq!(store.annotate(whole, long).await.unwrap(), Annotated::TooLong(16 * 1024));
    let many = (0..998).map(|number| note(&format!("/{number}"), Some("x"), None)).collect();
    let error = store.annotate(whole, many).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Limit, "{error}");
    let much = (0..64).map(|number| note(&format!("/{number}"), Some(&"x".repeat(16 * 1024)), None)).collect();
    let error = store.annotate(whole, much).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Limit, "{error}");
    assert!(told(whole, None).await.is_empty());
    store.delete_folder(made.unwrap(), &removal()).await.unwrap();
    assert!(told(folder, None).await.is_empty(), "it went with its folder");
}

pub(crate) async fn a_folder_made_again_is_another_folder(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    let (mut numbers, mut validities) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..3 {
        let folder = store.create_folder(session.mailbox, "Bandi", None).await.unwrap().unwrap();
        session.append("Bandi", &[]).await;
        assert!(numbers.insert(folder) && validities.insert(session.folder("Bandi").await.uid_validity));
        store.delete_folder(folder, &removal()).await.unwrap();
    }
    let all = [session.folders().await, Session::of(&store, BRUNO).await.folders().await].concat();
    validities.extend(all.iter().map(|folder| folder.uid_validity));
    assert_eq!(validities.len(), 3 + all.len(), "no UIDVALIDITY is given twice");
}

pub(crate) async fn renaming_takes_along_what_is_below_and_changes_nothing_else(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    for name in ["à/b", "à/b/c", "àb", "à0"] {
        session.deposit(name, 1).await;
    }
    store.subscribe(session.mailbox, "à/b", true).await.unwrap();
    let before = session.folder("à/b").await;
    assert!(store.rename_folder(session.id("à").await, "nuova/à").await.unwrap());
    let after = session.folder("nuova/à/b").await;
    assert_eq!((after.id, after.uid_validity, after.uid_next), (before.id, before.uid_validity, before.uid_next));
    assert_eq!((after.messages, after.highest_modseq, after.subscribed), (1, before.highest_modseq, true));
    let names: Vec<String> = session.names().await.into_iter().skip(4).collect();
    assert_eq!(names, ["nuova", "nuova/à", "nuova/à/b", "nuova/à/b/c", "à0", "àb"]);
    // To the top again, by a name that begins the same.
    assert!(store.rename_folder(session.id("nuova/à").await, "à").await.unwrap());
    assert_eq!(session.folder("à/b/c").await.messages, 1);

    assert!(store.rename_folder(session.id("Bozze").await, "Drafts").await.unwrap());
    assert_eq!(session.folder("Drafts").await.special, Some(SpecialUse::Drafts));
    for taken in ["àb", "à", "inbox", "Cestino"] {
        assert!(!store.rename_folder(session.id("à").await, taken).await.unwrap(), "{taken}");
    }
}

pub(crate) async fn renaming_the_inbox_moves_its_messages(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    session.deposit("INBOX", 3).await;
    session.deposit("INBOX/Bandi", 1).await;
    let before = session.folder("INBOX").await;
    let saved: Vec<_> = session.list("INBOX").await.into_iter().map(|entry| (entry.message, entry.saved)).collect();
    assert!(store.rename_folder(before.id, "Vecchia/Posta").await.unwrap());
    let inbox = session.folder("INBOX").await;
    assert_eq!((inbox.id, inbox.uid_validity, inbox.uid_next), (before.id, before.uid_validity, before.uid_next));
    assert_eq!((inbox.messages, inbox.size), (0, 0));
    let moved: Vec<_> =
        session.list("Vecchia/Posta").await.into_iter().map(|entry| (entry.message, entry.saved)).collect();
    assert_eq!(moved, saved);
    assert_eq!(session.folder("INBOX/Bandi").await.messages, 1);
    assert!(!store.rename_folder(before.id, "Vecchia").await.unwrap());
    assert!(store.rename_folder(before.id, "INBOX/Vuota").await.unwrap());
    assert_eq!(session.folder("INBOX/Vuota").await.messages, 0);
}

pub(crate) async fn a_message_is_recent_until_a_session_is_told_of_it(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    let inbox = session.id("INBOX").await;
    let recent = async |folder: FolderId| {
        let found = store.folder(folder, Reader::Owner).await.unwrap().unwrap();
        (found.recent_from, store.count_recent(folder).await.unwrap())
    };
    assert_eq!(recent(inbox).await, (1, 0));
    session.deposit("INBOX", 3).await;
    session.expunge("INBOX", &[1]).await;
    assert_eq!(recent(inbox).await, (1, 2));
    let before = session.look().await.modseq;
    // Each is told of once, however many ask; one that is not there yet is not.
    assert_eq!(store.take_recent(inbox, 3).await.unwrap(), 1);
    assert_eq!(recent(inbox).await, (3, 1));
    assert_eq!((store.take_recent(inbox, 9).await.unwrap(), recent(inbox).await), (3, (4, 0)));
    assert_eq!((store.take_recent(inbox, 2).await.unwrap(), recent(inbox).await), (4, (4, 0)));
    assert_eq!(session.look().await.modseq, before, "nothing has changed");
    // Copies are as new as what is delivered; what moves with its folder is not.
    session.append("INBOX", &["\\Seen"]).await;
    store.copy(inbox, &set(&[2]), inbox, at(0)).await.unwrap();
    assert_eq!(recent(inbox).await, (4, 2));
    assert!(store.rename_folder(inbox, "Vecchia").await.unwrap());
    assert_eq!(recent(session.id("Vecchia").await).await, (3, 2));
    assert_eq!(recent(inbox).await, (4, 0));
    store.take_recent(session.id("Vecchia").await, 9).await.unwrap();
    assert!(store.rename_folder(session.id("Vecchia").await, "Altra").await.unwrap());
    assert_eq!(recent(session.id("Altra").await).await, (5, 0));
    let gone = FolderId(99_999);
    assert_eq!((store.take_recent(gone, 7).await.unwrap(), store.count_recent(gone).await.unwrap()), (7, 0));
}

pub(crate) async fn what_cannot_be_renamed_or_removed_is_refused_with_the_reason(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    let long = ["x".repeat(250), "x".repeat(250), "x".repeat(250), "x".repeat(200)].join("/");
    session.deposit(&format!("a/{long}"), 1).await;
    let (a, gone) = (session.id("a").await, store.create_folder(session.mailbox, "gone", None).await.unwrap().unwrap());
    store.delete_folder(gone, &removal()).await.unwrap();
    let before = session.names().await;
    for (refused, reason) in [
        (store.rename_folder(a, "a/b").await.map(drop), "below itself"),
        (store.rename_folder(a, &"y".repeat(100)).await.map(drop), "1000 are allowed"),
        (store.rename_folder(a, "b/").await.map(drop), "empty level"),
        (store.rename_folder(gone, "b").await.map(drop), "no such folder"),
        (store.delete_folder(gone, &removal()).await, "no such folder"),
        (store.delete_folder(a, &removal()).await, "folders below it"),
        (store.delete_folder(session.id("INBOX").await, &removal()).await, "INBOX cannot be removed"),
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Refused);
        assert!(refused.what.contains(reason), "{refused}");
    }
    assert_eq!(session.names().await, before, "what is refused changes nothing");
}

pub(crate) async fn a_folder_goes_with_its_messages(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    session.deposit("Bandi", 3).await;
    session.deposit("INBOX", 1).await;
    store.copy(session.id("Bandi").await, &set(&[2]), session.id("INBOX").await, super::samples::at(0)).await.unwrap();
    assert_eq!((session.look().await.used, store.figures().await.unwrap().messages), (25, 4));
    store.delete_folder(session.id("Bandi").await, &removal()).await.unwrap();
    assert_eq!((session.look().await.used, session.look().await.counted), (10, 10));
    assert_eq!(store.figures().await.unwrap().messages, 2);
    assert!(!session.names().await.contains(&"Bandi".to_owned()));
}

pub(crate) async fn a_special_use_is_given_once(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    let archive = store.create_folder(session.mailbox, "a/Archivio", Some(SpecialUse::Archive)).await.unwrap().unwrap();
    assert_eq!(session.folder("a/Archivio").await.special, Some(SpecialUse::Archive));
    assert_eq!(session.folder("a").await.special, None);
    let again = store.create_folder(session.mailbox, "Altro", Some(SpecialUse::Archive)).await.unwrap_err();
    assert_eq!(again.kind, ErrorKind::Refused);
    assert!(again.what.contains("'a/Archivio' is the one for \\Archive already"), "{again}");
    assert!(!session.names().await.contains(&"Altro".to_owned()));
    store.delete_folder(archive, &removal()).await.unwrap();
    assert!(store.create_folder(session.mailbox, "Altro", Some(SpecialUse::Archive)).await.unwrap().is_some());
}

pub(crate) async fn subscriptions_outlive_folders(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    let born = ["Bozze", "Cestino", "INBOX", "Inviata"];
    assert_eq!(store.subscriptions(session.mailbox).await.unwrap(), born);
    for name in ["Futura", "Cestino", "inbox"] {
        store.subscribe(session.mailbox, name, true).await.unwrap();
    }
    store.delete_folder(session.id("Cestino").await, &removal()).await.unwrap();
    store.subscribe(session.mailbox, "Bozze", false).await.unwrap();
    store.subscribe(session.mailbox, "Bozze", false).await.unwrap();
    assert_eq!(store.subscriptions(session.mailbox).await.unwrap(), ["Cestino", "Futura", "INBOX", "Inviata"]);
    assert!(!session.folder("Bozze").await.subscribed);
    session.deposit("Futura", 1).await;
    assert!(session.folder("Futura").await.subscribed);
    let modseq = session.look().await.modseq;
    store.subscribe(session.mailbox, "Futura", true).await.unwrap();
    assert_eq!(session.look().await.modseq, modseq, "what is so already changes nothing");
    assert_eq!(store.subscriptions(Session::of(&store, BRUNO).await.mailbox).await.unwrap(), born);
}
