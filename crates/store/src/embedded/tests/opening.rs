//! Making, opening, closing, looking.

use super::*;
use crate::{Created, ErrorKind, Fullness as _, MailboxChange, MailboxId};

#[tokio::test(flavor = "multi_thread")]
async fn two_cannot_open_one_folder() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let error = Embedded::open(place.path(), options()).unwrap_err();
    assert!(error.kind == ErrorKind::Busy && error.what.contains("in use by another Sigillo"), "{error}");
    store.close().await.unwrap();
    Embedded::open(place.path(), options()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_folder_is_no_store_and_a_store_is_made_once() {
    let place = tempfile::tempdir().unwrap();
    for open in [Embedded::open(place.path(), options()), Embedded::look(place.path())] {
        let error = open.unwrap_err();
        assert!(error.kind == ErrorKind::NoStore && error.what.contains("sigillo store create"), "{error}");
    }
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    drop(Embedded::create(place.path(), options()).unwrap());
    assert_eq!(Embedded::create(place.path(), options()).unwrap_err().kind, ErrorKind::Refused);
    Embedded::open(place.path(), options()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_empty_or_another_store_s_is_refused() {
    let [place, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    for place in [&place, &other] {
        opened(place).await.close().await.unwrap();
    }
    let database = place.path().join("sigillo.db");
    std::fs::copy(other.path().join("sigillo.db"), &database).unwrap();
    let foreign = Embedded::open(place.path(), options()).unwrap_err();
    assert!(foreign.kind == ErrorKind::Damaged && foreign.what.contains("the mark beside it"), "{foreign}");
    for spoilt in [
        &b""[..],
        b"no database, and longer than a header of one: a hundred octets or more, to be looked at \
                     and to be refused as such",
    ] {
        std::fs::write(&database, spoilt).unwrap();
        for open in [Embedded::open(place.path(), options()), Embedded::look(place.path())] {
            let error = open.unwrap_err();
            assert!(error.kind == ErrorKind::Damaged && error.what.contains("backup"), "{error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_of_another_version_is_refused_and_left_as_it_is() {
    let place = tempfile::tempdir().unwrap();
    opened(&place).await.close().await.unwrap();
    let set = |version: i64| {
        let file = rusqlite::Connection::open(place.path().join("sigillo.db")).unwrap();
        file.execute_batch(&format!("PRAGMA user_version = {version}")).unwrap();
    };
    let file = rusqlite::Connection::open(place.path().join("sigillo.db")).unwrap();
    let own = file.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    drop(file);
    for (version, words) in [(99, "newer Sigillo (schema 99"), (0, "not a Sigillo store")] {
        set(version);
        let error = Embedded::open(place.path(), options()).unwrap_err();
        assert!(error.kind == ErrorKind::NoStore && error.what.contains(words), "{error}");
    }
    set(own);
    Embedded::open(place.path(), options()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_without_closing_loses_nothing_and_frees_the_folder() {
    let place = tempfile::tempdir().unwrap();
    for before in 0..3 {
        let store = opened(&place).await;
        assert_eq!(letters(&store).await, before);
        store.commit(letter("x")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_leaves_one_clean_file() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    store.commit(letter("x")).await.unwrap();
    // The index makes its file when it comes to it.
    store.indexed().await.unwrap();
    store.close().await.unwrap();
    let mut names: Vec<_> = std::fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    // That of the evidence has perhaps not come to it.
    names.retain(|name| name != "find.db");
    names.sort();
    assert_eq!(names, ["originals", "search.db", "sigillo.db", "sigillo.lock", "sigillo.store"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_finishes_what_was_asked_before() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let go = busy(&store).await;
    let commits = futures_util::future::join_all((0..20).map(|_| store.commit(letter("x"))));
    let (committed, closed, ()) = tokio::join!(commits, store.close(), async { drop(go) });
    assert!(committed.iter().all(Result::is_ok));
    closed.unwrap();
    assert_eq!(letters(&*opened(&place).await).await, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_opens_it_with_other_levels_finds_the_mailboxes_at_them() {
    let place = tempfile::tempdir().unwrap();
    let levels = |levels: &[u8]| {
        let mailboxes = MailboxLimits { levels: crate::Levels::new(levels).unwrap(), ..MailboxLimits::default() };
        Embedded::open(place.path(), EmbeddedOptions { mailboxes, ..options() }).unwrap()
    };
    let store = opened(&place).await;
    let (full, empty) =
        (store.commit(letter("x")).await.unwrap(), MailboxChange { quota: Some(2), ..Default::default() });
    assert!(!full.fills, "of a large mailbox it is nothing");
    store.change_mailbox(&anna(), empty).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let reached = async |store: &Embedded| {
        let reached = store.levels_reached(MailboxId(0), 9).await.unwrap();
        reached.into_iter().map(|reached| reached.level).collect::<Vec<_>>()
    };
    for (chosen, found) in [(&[50, 60][..], vec![50]), (&[70], vec![]), (&[], vec![]), (&[40], vec![40])] {
        let store = levels(chosen);
        assert_eq!(reached(&store).await, found, "{chosen:?}");
        store.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_made_again_in_the_same_place_counts_uidvalidity_from_its_age() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let mailbox = store.mailbox(&anna()).await.unwrap().unwrap().id;
    let validity = store.folders(mailbox, Reader::Owner).await.unwrap()[0].uid_validity;
    assert!(validity > 1_700_000_000, "{validity} is no age");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_onlooker_sees_what_is_committed_and_changes_nothing() {
    let place = tempfile::tempdir().unwrap();
    assert!(Embedded::look(&place.path().join("nowhere")).is_err());
    let store = Embedded::create(place.path(), options()).unwrap();
    let onlooker = Embedded::look(place.path()).unwrap();
    let new =
        |text: &str| NewMailbox { address: Address::parse(text).unwrap(), password: None, quota: 1, service: false };
    assert_eq!(store.create_mailbox(new("a@x.example")).await.unwrap(), Created::Made);
    assert_eq!(onlooker.mailboxes(None, 9).await.unwrap().len(), 1);
    assert!(onlooker.create_mailbox(new("b@x.example")).await.unwrap_err().what.contains("looking only"));
    assert_eq!(onlooker.sweep().await.unwrap_err().kind, ErrorKind::Closed);
    whole(&onlooker).await;
    onlooker.close().await.unwrap();
    assert_eq!(store.create_mailbox(new("c@x.example")).await.unwrap(), Created::Made);
}
