//! Flags.

use super::engine::Engine;
use super::samples::{ANNA, BRUNO, at, store};
use super::session::{Session, names, set};
use crate::FlagOperation::{Add, Remove, Replace};
use crate::{ErrorKind, FlagChange, UidSet};

async fn held(session: &Session) -> Vec<Vec<String>> {
    session.list("INBOX").await.iter().map(|entry| names(&entry.flags)).collect()
}

pub(crate) async fn flags_are_added_removed_and_replaced(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    session.append("INBOX", &["\\Seen", "$Forwarded"]).await;
    session.deposit("INBOX", 1).await;
    assert_eq!(held(&session).await, [vec!["\\Seen", "$Forwarded"], vec![]]);
    for (operation, flags, first, second) in [
        (Add, &["\\Flagged", "è"][..], vec!["\\Flagged", "\\Seen", "$Forwarded", "è"], vec!["\\Flagged", "è"]),
        (Remove, &["\\Seen", "è", "unknown"], vec!["\\Flagged", "$Forwarded"], vec!["\\Flagged"]),
        (Replace, &["\\Deleted", "b", "a"], vec!["\\Deleted", "a", "b"], vec!["\\Deleted", "a", "b"]),
        (Replace, &[], vec![], vec![]),
    ] {
        let changed = session.flag("INBOX", &[1, 2, 3], operation, flags).await;
        assert_eq!((changed.changed, changed.modified), (set(&[1, 2]), UidSet::default()));
        assert_eq!(held(&session).await, [first, second]);
        let list = session.list("INBOX").await;
        assert!(list.iter().all(|entry| entry.modseq == changed.modseq));
        assert_eq!(session.folder("INBOX").await.highest_modseq, changed.modseq);
    }
}

pub(crate) async fn a_keyword_has_one_spelling_in_a_mailbox(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    for flags in [&["$Inoltrata", "$inoltrata"][..], &["$INOLTRATA", "è"]] {
        session.append("INBOX", flags).await;
    }
    session.deposit("Bandi", 1).await;
    session.flag("Bandi", &[1], Add, &["È"]).await;
    assert_eq!(held(&session).await, [vec!["$Inoltrata"], vec!["$Inoltrata", "è"]]);
    assert_eq!(names(&session.list("Bandi").await[0].flags), ["è"]);
    session.flag("INBOX", &[1, 2], Remove, &["$iNOLTRATA"]).await;
    assert_eq!(held(&session).await, [vec![], vec!["è"]]);
    let other = Session::of(&store, BRUNO).await;
    other.append("INBOX", &["$INOLTRATA"]).await;
    assert_eq!(held(&other).await, [["$INOLTRATA"]]);
}

pub(crate) async fn a_folder_tells_the_keywords_that_its_messages_have(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    session.append("INBOX", &["$Inoltrata", "lavoro"]).await;
    session.append("Bozze", &["altro"]).await;
    let inbox = session.id("INBOX").await;
    let told = async || -> Vec<String> { store.keywords(inbox).await.unwrap().into_iter().collect() };
    assert_eq!(told().await, ["$Inoltrata", "lavoro"]);
    session.flag("INBOX", &[1], Remove, &["LAVORO"]).await;
    session.flag("INBOX", &[1], Add, &["ALTRO"]).await;
    assert_eq!(told().await, ["$Inoltrata", "altro"]);
    session.expunge("INBOX", &[1]).await;
    assert!(told().await.is_empty());
}

pub(crate) async fn the_first_unseen_message_is_each_readers_own(engine: &dyn Engine) {
    let store = store(engine).await;
    let owner = Session::of(&store, ANNA).await;
    let user = owner.by(store.create_user("mario", "Mario", None).await.unwrap().unwrap().id);
    owner.deposit("INBOX", 4).await;
    let inbox = owner.id("INBOX").await;
    let first = async |session: &Session| store.first_unseen(inbox, session.reader).await.unwrap();
    owner.flag("INBOX", &[1, 2, 4], Add, &["\\Seen"]).await;
    user.flag("INBOX", &[1], Add, &["\\Seen", "\\Flagged"]).await;
    assert_eq!((first(&owner).await, first(&user).await), (Some(3), Some(2)));
    owner.flag("INBOX", &[3], Add, &["\\Seen"]).await;
    user.flag("INBOX", &[1], Replace, &[]).await;
    assert_eq!((first(&owner).await, first(&user).await), (None, Some(1)));
    owner.expunge("INBOX", &[1, 2, 3, 4]).await;
    assert_eq!((first(&owner).await, first(&user).await), (None, None));
}

pub(crate) async fn what_is_no_keyword_is_refused(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    session.deposit("INBOX", 1).await;
    for keyword in ["", "\\Important", "due parole", "a\n", &"x".repeat(256)] {
        let change = session.flagging("INBOX", &[1], Add, &[keyword]).await;
        assert_eq!(store.change_flags(change).await.unwrap_err().kind, ErrorKind::Refused, "{keyword:?}");
        let draft = session.draft(session.id("INBOX").await, &[keyword]);
        assert_eq!(store.append(vec![draft]).await.unwrap_err().kind, ErrorKind::Refused, "{keyword:?}");
    }
    assert_eq!(held(&session).await, [[] as [&str; 0]]);
}

pub(crate) async fn a_change_that_changes_nothing_is_none(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    session.deposit("INBOX", 3).await;
    session.flag("INBOX", &[2], Add, &["\\Seen", "a"]).await;
    let before = session.look().await.modseq;
    for (operation, uids, flags) in [
        (Add, &[2][..], &["\\Seen"][..]),
        (Add, &[2], &["A"]),
        (Remove, &[1, 3], &["\\Seen", "a", "b"]),
        (Replace, &[2], &["a", "\\Seen"]),
        (Add, &[9], &["\\Flagged"]),
        (Add, &[1, 2, 3], &[]),
        (Add, &[], &["\\Flagged"]),
    ] {
        let changed = session.flag("INBOX", uids, operation, flags).await;
        assert!(changed.changed.is_empty() && changed.modified.is_empty());
        assert_eq!(changed.modseq, before);
    }
    assert_eq!(session.look().await.modseq, before);
    let changed = session.flag("INBOX", &[1, 2, 3], Add, &["\\Seen"]).await;
    assert_eq!((changed.changed, changed.modseq), (set(&[1, 3]), before + 1));
    let modseqs: Vec<_> = session.list("INBOX").await.iter().map(|entry| entry.modseq).collect();
    assert_eq!(modseqs, [before + 1, before, before + 1]);
}

pub(crate) async fn what_was_changed_meanwhile_is_left_alone(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    session.deposit("INBOX", 3).await;
    let seen = session.folder("INBOX").await.highest_modseq;
    session.flag("INBOX", &[2], Add, &["\\Flagged"]).await;
    let change = FlagChange {
        unchanged_since: Some(seen),
        ..session.flagging("INBOX", &[1, 2, 3, 4], Add, &["\\Deleted"]).await
    };
    let changed = store.change_flags(change.clone()).await.unwrap();
    assert_eq!((changed.changed, changed.modified), (set(&[1, 3]), set(&[2])));
    assert_eq!(held(&session).await, [["\\Deleted"], ["\\Flagged"], ["\\Deleted"]]);
    // All of them have been changed by now.
    let again = store.change_flags(change).await.unwrap();
    assert_eq!((again.changed, again.modified), (UidSet::default(), set(&[1, 2, 3])));
    assert_eq!(again.modseq, changed.modseq);
}

pub(crate) async fn what_a_client_did_not_know_of_before_its_own_change_is_told_apart(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    session.deposit("INBOX", 3).await;
    let known = session.folder("INBOX").await.highest_modseq;
    let change = FlagChange { known, ..session.flagging("INBOX", &[1, 2], Add, &["\\Deleted"]).await };
    // What happens in another folder is nothing to this one.
    session.deposit("Bozze", 1).await;
    let changed = store.change_flags(change).await.unwrap();
    assert_eq!((changed.before, changed.surprising), (known, UidSet::default()));
    let theirs = session.flag("INBOX", &[2, 3], Add, &["\\Flagged"]).await;
    assert_eq!(theirs.before, changed.modseq);
    let known = changed.modseq;
    let change = FlagChange { known, ..session.flagging("INBOX", &[1, 2, 3], Add, &["\\Seen"]).await };
    let again = store.change_flags(change).await.unwrap();
    assert_eq!((again.before, again.changed, again.surprising), (theirs.modseq, set(&[1, 2, 3]), set(&[2, 3])));
}

pub(crate) async fn each_reader_has_an_own_seen(engine: &dyn Engine) {
    let store = store(engine).await;
    let owner = Session::of(&store, ANNA).await;
    let mario = owner.by(store.create_user("mario", "", None).await.unwrap().unwrap().id);
    let lucia = owner.by(store.create_user("lucia", "", None).await.unwrap().unwrap().id);
    owner.deposit("INBOX", 3).await;
    let unseen = async || {
        let count = async |session: &Session| session.folder("INBOX").await.unseen;
        (count(&owner).await, count(&mario).await, count(&lucia).await)
    };
    assert_eq!(unseen().await, (3, 3, 3));
    let before = owner.folder("INBOX").await.highest_modseq;
    let changed = mario.flag("INBOX", &[1, 2], Add, &["\\Seen", "\\Flagged"]).await;
    assert_eq!((changed.changed, changed.modseq), (set(&[1, 2]), before + 1));
    assert_eq!(unseen().await, (3, 1, 3));
    assert_eq!(held(&mario).await, [vec!["\\Flagged", "\\Seen"], vec!["\\Flagged", "\\Seen"], vec![]]);
    assert_eq!(held(&owner).await, [vec!["\\Flagged"], vec!["\\Flagged"], vec![]]);

    owner.flag("INBOX", &[1, 2, 3], Replace, &["\\Seen"]).await;
    assert_eq!(unseen().await, (0, 1, 3));
    assert_eq!(held(&mario).await, [vec!["\\Seen"], vec!["\\Seen"], vec![]]);
    mario.flag("INBOX", &[1, 3], Replace, &[]).await;
    lucia.flag("INBOX", &[3], Add, &["\\Seen"]).await;
    assert_eq!(unseen().await, (0, 2, 2));
    mario.append("INBOX", &["\\Seen"]).await;
    assert_eq!(unseen().await, (1, 2, 3));
    owner.expunge("INBOX", &[2, 3]).await;
    assert_eq!(unseen().await, (1, 1, 2));
}

pub(crate) async fn what_a_user_has_seen_is_a_change_for_him_alone(engine: &dyn Engine) {
    let store = store(engine).await;
    let owner = Session::of(&store, ANNA).await;
    let mario = owner.by(store.create_user("mario", "", None).await.unwrap().unwrap().id);
    let lucia = owner.by(store.create_user("lucia", "", None).await.unwrap().unwrap().id);
    owner.deposit("INBOX", 3).await;
    let inbox = owner.id("INBOX").await;
    let highest = async |session: &Session| session.folder("INBOX").await.highest_modseq;
    let changed = async |since, session: &Session| store.changed(inbox, since, session.reader).await.unwrap();
    let before = highest(&owner).await;
    let seen = mario.flag("INBOX", &[1, 2], Add, &["\\Seen"]).await;
    assert_eq!((seen.before, seen.modseq, owner.look().await.modseq), (before, before + 1, before + 1));
    for (session, now, since) in [(&owner, before, &[][..]), (&lucia, before, &[]), (&mario, before + 1, &[1, 2])] {
        assert_eq!((highest(session).await, changed(before, session).await), (now, set(since)));
        let modseqs: Vec<u64> = session.list("INBOX").await.iter().map(|entry| entry.modseq).collect();
        assert_eq!(modseqs, if since.is_empty() { [before - 2, before - 1, before] } else { [now, now, before] });
    }
    // Who changes what he knows is not kept from it by what others have seen, but by what he has himself.
    for (session, done, kept) in [(&mario, &[3][..], &[1, 2][..]), (&lucia, &[1, 2], &[3])] {
        let unchanged_since = Some(before);
        let change = session.flagging("INBOX", &[1, 2, 3], Add, &["\\Flagged"]).await;
        let flagged = store.change_flags(FlagChange { unchanged_since, known: before, ..change }).await.unwrap();
        assert_eq!((flagged.changed, flagged.modified, flagged.surprising), (set(done), set(kept), UidSet::default()));
    }
    let before = highest(&owner).await;
    assert_eq!(
        (before, highest(&mario).await, highest(&lucia).await),
        (before, before, before),
        "flags are everybody's"
    );
    // What is taken back is told to all, and no number goes down.
    mario.flag("INBOX", &[1, 2], Remove, &["\\Seen"]).await;
    for session in [&owner, &mario, &lucia] {
        assert_eq!((highest(session).await, changed(before, session).await), (before + 1, set(&[1, 2])));
    }
    // A copy is new to all, whoever has seen it.
    mario.flag("INBOX", &[2, 3], Add, &["\\Seen"]).await;
    let to = owner.id("Bozze").await;
    store.copy(inbox, &set(&[3]), to, at(0)).await.unwrap();
    let there = async |session: &Session| session.folder("Bozze").await.highest_modseq;
    assert_eq!((there(&owner).await, there(&mario).await), (before + 3, before + 3));
    assert_eq!(mario.list("Bozze").await[0].modseq, before + 3);
    // With the message goes what was known of it.
    owner.expunge("INBOX", &[1, 2, 3]).await;
    assert_eq!((highest(&owner).await, highest(&mario).await), (before + 4, before + 4));
}

pub(crate) async fn what_is_marked_to_go_is_counted_with_its_octets(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    session.deposit("INBOX", 4).await;
    let inbox = session.id("INBOX").await;
    assert_eq!(store.count_deleted(inbox).await.unwrap(), (0, 0));
    session.flag("INBOX", &[1, 3, 4], Add, &["\\Deleted", "\\Seen"]).await;
    session.flag("INBOX", &[2], Add, &["\\Flagged"]).await;
    assert_eq!(store.count_deleted(inbox).await.unwrap(), (3, 15));
    session.flag("INBOX", &[1], Remove, &["\\Deleted"]).await;
    session.expunge("INBOX", &[3]).await;
    assert_eq!(store.count_deleted(inbox).await.unwrap(), (1, 5));
    assert_eq!(store.count_deleted(session.id("Bozze").await).await.unwrap(), (0, 0));
}
