//! The one thread that writes.

use futures_util::future::join_all;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

use super::*;
use crate::{
    Actor, CommitError, Content as _, ErrorKind, Event, Evidence, MessageId, OnceKey, OnceKind, Queue as _,
    QueueChange, SharedSubject, Subject,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_costs_no_flush_and_what_follows_is_flushed_again() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    store.commit(errand()).await.unwrap();
    let flushes = async || store.figures().await.unwrap().flushes;
    let before = flushes().await;
    let item = store.lease(&Hop::Local, 5, at(0), at(1000)).await.unwrap().remove(0);
    assert_eq!(flushes().await, before);
    store.commit(Outcome { queue: vec![QueueChange::Done(item.id)], ..Outcome::default() }).await.unwrap();
    assert_eq!(flushes().await, before + 1);
    let level = |db: &rusqlite::Connection| {
        let level = db.query_row("PRAGMA synchronous", [], |row| row.get::<_, i64>(0));
        level.map_err(|error| StoreError::bug(error.to_string()))
    };
    assert_eq!(store.write(level).await.unwrap(), 2, "FULL");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_one_transaction() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let go = busy(&store).await;
    let before = store.figures().await.unwrap().flushes;
    let commits = join_all((0..100).map(|_| store.commit(letter("x"))));
    let (ended, ()) = tokio::join!(commits, async { drop(go) });
    assert!(ended.iter().all(Result::is_ok));
    // The busy one, and all hundred.
    assert_eq!(store.figures().await.unwrap().flushes, before + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_takes_no_more_than_its_limits() {
    let place = tempfile::tempdir().unwrap();
    let limited = EmbeddedOptions { group: 4, group_octets: 100_000, ..options() };
    let store = opened_with(&place, limited).await;
    let go = busy(&store).await;
    let before = store.figures().await.unwrap().flushes;
    let (small, large) =
        (join_all((0..8).map(|_| store.commit(letter("x")))), store.commit(letter(vec![b'x'; 200_000])));
    let (small, large, ()) = tokio::join!(small, large, async { drop(go) });
    assert!(large.is_ok() && small.iter().all(Result::is_ok));
    // The busy one, twice four, and the large one alone.
    assert!(store.figures().await.unwrap().flushes >= before + 4);
    assert_eq!(letters(&store).await, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_transaction_fails_everybody_hears_it_and_nothing_is_written() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    store.commit(letter("before")).await.unwrap();
    let go = busy(&store).await;
    // A reference to nothing that is only looked at when committing.
    let poison = store.write(|tx| {
        let sql =
            "PRAGMA defer_foreign_keys = ON; INSERT INTO vanished (folder, modseq, first, last) VALUES (999, 1, 1, 1)";
        tx.execute_batch(sql).map_err(|error| StoreError::bug(error.to_string()))
    });
    let key = OnceKey { provider: None, identifier: "i".into(), kind: OnceKind::Ordinary, recipient: String::new() };
    let keyed = || Outcome { once: vec![key.clone().into()], ..letter("x") };
    let mut feed = store.changes();
    let commits = join_all([keyed(), keyed(), letter("y")].map(|outcome| store.commit(outcome)));
    let (poison, ended, ()) = tokio::join!(poison, commits, async { drop(go) });
    assert!(poison.unwrap_err().what.contains("committing"));
    for end in ended {
        // Not `AlreadyDone` either: the first of the two with the same key is not there.
        assert!(matches!(&end, Err(CommitError::Store(error)) if error.what.contains("committing")), "{end:?}");
    }
    assert_eq!(letters(&store).await, 1);
    assert!(feed.try_recv().is_err(), "nothing changed");
    store.commit(keyed()).await.unwrap();
    assert!(feed.try_recv().is_ok());
    whole(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_does_not_harm() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    store.commit(letter("before")).await.unwrap();
    let pages = |sql: &'static str| {
        move |db: &rusqlite::Connection| {
            db.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(|error| StoreError::bug(error.to_string()))
        }
    };
    let full = store.write(pages("PRAGMA page_count")).await.unwrap();
    let limit = move |db: &rusqlite::Connection| {
        let sql = format!("PRAGMA max_page_count = {full}");
        db.query_row(&sql, [], |row| row.get::<_, i64>(0)).map_err(|error| StoreError::bug(error.to_string()))
    };
    assert_eq!(store.write(limit).await.unwrap(), full);
    let go = busy(&store).await;
    let commits = join_all([vec![b'x'; 200_000], vec![b'x'; 250_000]].map(|body| store.commit(letter(body))));
    let (ended, ()) = tokio::join!(commits, async { drop(go) });
    for end in ended.into_iter().chain([store.commit(letter(vec![b'x'; 200_000])).await]) {
        match end {
            Err(CommitError::Store(error)) => assert!(error.what.contains("full"), "{error}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(letters(&store).await, 1);
    let told = store.figures().await.unwrap().trouble;
    assert!(told.as_ref().is_some_and(|told| told.contains("full")), "{told:?}");
    store.write(pages("PRAGMA max_page_count = 1000000")).await.unwrap();
    store.commit(letter(vec![b'x'; 200_000])).await.unwrap();
    assert_eq!(store.figures().await.unwrap().trouble, None);
    assert_eq!(letters(&store).await, 2);
    whole(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_panics_is_undone_and_the_writer_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    store.commit(letter("x")).await.unwrap();
    let broken = || {
        store.write(|tx| -> Result<(), StoreError> {
            tx.execute_batch("DELETE FROM entries").unwrap();
            panic!("a fault, on purpose")
        })
    };
    assert_eq!(broken().await.unwrap_err().kind, ErrorKind::Bug);
    let go = busy(&store).await;
    let (broken, kept, ()) = tokio::join!(broken(), store.commit(letter("y")), async { drop(go) });
    assert!(broken.is_err() && kept.is_ok());
    assert_eq!(letters(&store).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_gives_up_does_not_stop_the_others() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let go = busy(&store).await;
    let given_up = {
        let store = store.clone();
        tokio::spawn(async move { store.commit(letter("given up")).await })
    };
    tokio::task::yield_now().await;
    given_up.abort();
    let (kept, ()) = tokio::join!(store.commit(letter("kept")), async { drop(go) });
    kept.unwrap();
    assert!((1..=2).contains(&letters(&store).await));
    whole(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_header_block_lies_apart_whatever_the_pieces_are() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let shared = pec::Shared::new(format!("Subject: inside\r\n\r\n{}", "x".repeat(9000)).into());
    let mut cut = Pieces::own("From: a@b\r\n");
    cut.push_shared(shared);
    for pieces in [Pieces::own("Subject: own\r\n\r\nbody"), cut, Pieces::own("no end"), Pieces::new()] {
        let whole = pieces.to_bytes();
        store.commit(of(pieces)).await.unwrap();
        let id = inbox(&store).await.last().unwrap().message;
        let sql = "SELECT header FROM messages WHERE id = ?1";
        let header = move |db: &rusqlite::Connection| {
            db.query_row(sql, [id.0], |row| row.get::<_, Vec<u8>>(0)).map_err(|e| StoreError::bug(e.to_string()))
        };
        let header = store.write(header).await.unwrap();
        let end = whole.windows(4).position(|end| end == b"\r\n\r\n").map_or(whole.len(), |at| at + 4);
        assert_eq!(header, whole[..end]);
        assert_eq!(store.read(id).await.unwrap().unwrap().to_bytes(), whole);
    }
    assert!(store.read(MessageId(99)).await.unwrap().is_none());
}

/// Statements that the writer runs for an Outcome, as a trace of them.
async fn statements(store: &Embedded, place: &TempDir, outcome: Outcome) -> Vec<String> {
    let ready = commit::Ready::make(outcome, &store.workshop).await.unwrap();
    let mut connection = folder::connect(&folder::database(place.path())).unwrap();
    let (told, seen) = mpsc::channel();
    let trace = move |event: TraceEvent<'_>| {
        if let TraceEvent::Stmt(_, sql) = event {
            // What triggers and cascades do is a comment.
            if !sql.starts_with("--") {
                told.send(sql.to_owned()).unwrap();
            }
        }
    };
    connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(trace)).unwrap();
    let transaction = connection.unchecked_transaction().unwrap();
    ready.write(&transaction).unwrap();
    transaction.rollback().unwrap();
    drop(connection);
    let bracket = ["BEGIN", "ROLLBACK"];
    seen.into_iter().filter(|sql| !bracket.iter().any(|word| sql.starts_with(word))).collect()
}

/// What a delivery writes: every statement has its reason, and none makes a table for itself, which costs more than it.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_runs_few_statements_and_none_makes_a_table_of_its_own() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let given = store.commit(errand()).await.unwrap();
    let about = SharedSubject::new(Subject {
        identifier: "id".into(),
        sender: String::new(),
        recipients: vec![],
        subject: String::new(),
        client_id: None,
        original: None,
    });
    let row = Evidence {
        at: at(0),
        event: Event::Emitted,
        kind: None,
        about: About::Subject(about.clone()),
        message_id: String::new(),
        provider: String::new(),
        concerns: vec![],
        error: None,
        actor: Actor::System,
    };
    let mut pieces = Pieces::own("Subject: x\r\n\r\n");
    pieces.push_shared(pec::Shared::new(vec![b'x'; 9000].into()));
    let key = OnceKey { provider: None, identifier: "id".into(), kind: OnceKind::Ordinary, recipient: String::new() };
    let mut dispatch = errand().dispatches.remove(0);
    dispatch.about = About::Subject(about);
    let outcome = Outcome {
        once: vec![key.into()],
        dispatches: vec![dispatch],
        evidence: vec![row; 4],
        queue: vec![QueueChange::Done(given.dispatches[0])],
        ..of(pieces)
    };
    let run = statements(&store, &place, outcome).await;
    // One for the once key; five for message and original; five for the deposit; one for the subject and one for the
    // dispatch; five for what is done; six for the evidence.
    assert!(run.len() <= 24, "{} statements: {run:#?}", run.len());
    let file = folder::reader(&folder::database(place.path())).unwrap();
    for sql in run {
        let mut program = file.prepare(&format!("EXPLAIN {sql}")).unwrap();
        let codes: Vec<String> = program.raw_query().mapped(|row| row.get(1)).map(Result::unwrap).collect();
        assert!(!codes.iter().any(|code| code == "OpenEphemeral"), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contradiction_is_kept_for_its_own_time() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let key = OnceKey { provider: None, identifier: "id".into(), kind: OnceKind::Ordinary, recipient: String::new() };
    let with = |octet| crate::OnceNote { key: key.clone(), signed: Some([octet; 32]) };
    store.commit(Outcome { once: vec![with(1)], ..Outcome::default() }).await.unwrap();
    store.commit(Outcome { contradictions: vec![with(2)], ..Outcome::default() }).await.unwrap();
    spoil(&store, "UPDATE once SET at = 5 WHERE contradicts = x''").await;
    let gone = async |before| {
        let limit = crate::ExpiryLimit { now: at(0), before: Moment::from_unix(before), rows: 1 };
        crate::Upkeep::expire(&*store, limit).await.unwrap().notes
    };
    assert_eq!(gone(6).await, 1, "it is younger than what it contradicts");
    assert_eq!(gone(i64::from(u32::MAX)).await, 1, "and goes when it is old itself");
}
