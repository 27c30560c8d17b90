//! The suite on this engine, and what only this engine promises.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc;

use futures_util::future::join_all;
use pec::Shared;
use tempfile::TempDir;

use super::*;
use crate::suite::{self, Engine};
use crate::{Deposit, Dispatch, NewMessage, QueueChange, Summary};

/// Stores in folders of their own.
struct Folders {
    place: TempDir,
    opened: Mutex<Vec<(PathBuf, Arc<Embedded>)>>,
}

impl Folders {
    fn new() -> Self {
        Self { place: tempfile::tempdir().unwrap(), opened: Mutex::default() }
    }
}

#[async_trait]
impl Engine for Folders {
    async fn open(&self, name: &str) -> Arc<dyn Store> {
        let path = self.place.path().join(name);
        self.opened.lock().unwrap().retain(|(opened, _)| *opened != path);
        let store = Embedded::open(&path, options()).unwrap();
        self.opened.lock().unwrap().push((path, store.clone()));
        store
    }

    async fn check(&self) {
        let opened = std::mem::take(&mut *self.opened.lock().unwrap());
        for (path, store) in opened {
            drop(store);
            Embedded::open(&path, options()).unwrap().verify().await.unwrap();
        }
    }
}

macro_rules! as_tests {
    ($($subject:ident: [$($name:ident),* $(,)?])*) => {
        $(mod $subject {
            use super::{Engine as _, Folders, suite};
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    let engine = Folders::new();
                    suite::$subject::$name(&engine).await;
                    engine.check().await;
                }
            )*
        })*
    };
}
mod behaviours {
    use super::*;
    crate::suite::behaviours!(as_tests);
}

fn options() -> EmbeddedOptions {
    EmbeddedOptions { password_cost: PasswordCost::CHEAPEST, ..EmbeddedOptions::default() }
}

fn anna() -> Address {
    Address::parse("anna@pec.example").unwrap()
}

fn at(seconds: i64) -> Moment {
    Moment::from_unix(1_733_394_630).plus(seconds)
}

async fn opened(place: &TempDir) -> Arc<Embedded> {
    let store = Embedded::open(place.path(), options()).unwrap();
    let anna = NewMailbox { address: anna(), password: None, quota: 1000, service: false };
    store.create_mailbox(anna).await.unwrap();
    store
}

fn letter(pieces: impl Into<bytes::Bytes>) -> Outcome {
    Outcome {
        messages: vec![NewMessage { pieces: Pieces::own(pieces), summary: Summary::default() }],
        deposits: vec![Deposit { message: 0, mailbox: anna(), folder: "INBOX".into(), flags: vec![], at: at(0) }],
        ..Outcome::default()
    }
}

fn errand() -> Outcome {
    let dispatch = Dispatch {
        message: 0,
        path: pec::ReversePath::Null,
        recipients: vec![anna()],
        hop: Hop::Local,
        identifier: "id".into(),
        kind: None,
        at: at(0),
        expires: at(60),
    };
    Outcome { dispatches: vec![dispatch], ..letter("x") }
}

async fn letters(store: &Embedded) -> usize {
    store.list(&anna(), "INBOX", 0, 10_000).await.unwrap().len()
}

/// Keeps the writer busy until the sender is dropped, so that what comes meanwhile is one transaction.
async fn busy(store: &Arc<Embedded>) -> mpsc::Sender<()> {
    let (go, wait) = mpsc::channel::<()>();
    let (entered, inside) = tokio::sync::oneshot::channel();
    let store = store.clone();
    tokio::spawn(async move {
        let work = move |_: &rusqlite::Connection| {
            let _ = entered.send(());
            let _ = wait.recv();
            Ok(())
        };
        store.write(work).await
    });
    inside.await.unwrap();
    go
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_suite_runs_as_one_too() {
    suite::all(Folders::new).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_cannot_open_one_folder() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let error = Embedded::open(place.path(), options()).unwrap_err();
    assert!(error.0.contains("in use by another Sigillo"), "{error}");
    store.close().await.unwrap();
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
    store.close().await.unwrap();
    let mut names: Vec<_> = std::fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["sigillo.db", "sigillo.lock"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_finishes_what_was_asked_before() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let go = busy(&store).await;
    let commits = join_all((0..20).map(|_| store.commit(letter("x"))));
    let (committed, closed, ()) = tokio::join!(commits, store.close(), async { drop(go) });
    assert!(committed.iter().all(Result::is_ok));
    closed.unwrap();
    assert_eq!(letters(&*opened(&place).await).await, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_are_void_after_a_restart() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    store.commit(errand()).await.unwrap();
    assert_eq!(store.lease(&Hop::Local, 5, at(0), at(1000)).await.unwrap().len(), 1);
    drop(store);
    let store = opened(&place).await;
    assert_eq!(store.due_hops(at(0)).await.unwrap(), [Hop::Local]);
    assert_eq!(store.lease(&Hop::Local, 5, at(0), at(1000)).await.unwrap().len(), 1);
}

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
        level.map_err(|error| StoreError(error.to_string()))
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
    drop(opened(&place).await);
    let store = Embedded::open(place.path(), limited).unwrap();
    let go = busy(&store).await;
    let before = store.figures().await.unwrap().flushes;
    let (small, large) =
        (join_all((0..8).map(|_| store.commit(letter("x")))), store.commit(letter(vec![b'x'; 300_000])));
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
        let sql = "PRAGMA defer_foreign_keys = ON; INSERT INTO vanished (folder, modseq, uid) VALUES (999, 1, 1)";
        tx.execute_batch(sql).map_err(|error| StoreError(error.to_string()))
    });
    let key = OnceKey { provider: "p".into(), identifier: "i".into(), kind: "k".into(), recipient: String::new() };
    let keyed = || Outcome { once: vec![key.clone()], ..letter("x") };
    let commits = join_all([keyed(), keyed(), letter("y")].map(|outcome| store.commit(outcome)));
    let (poison, ended, ()) = tokio::join!(poison, commits, async { drop(go) });
    assert!(poison.unwrap_err().0.contains("committing"));
    for end in ended {
        // Not `AlreadyDone` either: the first of the two with the same key is not there.
        assert!(matches!(&end, Err(CommitError::Store(error)) if error.0.contains("committing")), "{end:?}");
    }
    assert_eq!(letters(&store).await, 1);
    store.commit(keyed()).await.unwrap();
    store.verify().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_does_not_harm() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    store.commit(letter("before")).await.unwrap();
    let pages = |sql: &'static str| {
        move |db: &rusqlite::Connection| {
            db.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(|error| StoreError(error.to_string()))
        }
    };
    let full = store.write(pages("PRAGMA page_count")).await.unwrap();
    let limit = move |db: &rusqlite::Connection| {
        let sql = format!("PRAGMA max_page_count = {full}");
        db.query_row(&sql, [], |row| row.get::<_, i64>(0)).map_err(|error| StoreError(error.to_string()))
    };
    assert_eq!(store.write(limit).await.unwrap(), full);
    let go = busy(&store).await;
    let commits = join_all([vec![b'x'; 500_000], vec![b'x'; 600_000]].map(|body| store.commit(letter(body))));
    let (ended, ()) = tokio::join!(commits, async { drop(go) });
    for end in ended {
        assert!(matches!(&end, Err(CommitError::Store(error)) if error.0.contains("full")), "{end:?}");
    }
    assert_eq!(letters(&store).await, 1);
    let told = store.figures().await.unwrap().trouble;
    assert!(told.as_ref().is_some_and(|told| told.contains("full")), "{told:?}");
    store.write(pages("PRAGMA max_page_count = 1000000")).await.unwrap();
    store.commit(letter(vec![b'x'; 500_000])).await.unwrap();
    assert_eq!(store.figures().await.unwrap().trouble, None);
    assert_eq!(letters(&store).await, 2);
    store.verify().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_panics_is_undone_and_the_writer_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let broken = store.write(|tx| -> Result<(), StoreError> {
        tx.execute_batch("DELETE FROM folders").unwrap();
        panic!("a fault, on purpose")
    });
    assert!(broken.await.is_err());
    store.commit(letter("x")).await.unwrap();
    assert_eq!(letters(&store).await, 1);
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
    store.verify().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_can_be_neither_changed_nor_removed() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let row = crate::Evidence {
        at: at(0),
        event: crate::Event::Deposited,
        kind: None,
        identifier: "id".into(),
        message_id: "<m>".into(),
        client_id: None,
        sender: "s".into(),
        recipients: vec!["r1".into(), "r2".into()],
        subject: "o".into(),
        provider: "p".into(),
        concerns: vec![],
        error: None,
    };
    store.commit(Outcome { evidence: vec![row.clone()], ..Outcome::default() }).await.unwrap();
    for sql in [
        "UPDATE evidence SET subject = 'other'",
        "DELETE FROM evidence",
        "REPLACE INTO evidence SELECT * FROM evidence",
    ] {
        let refused = store.write(move |tx| tx.run("tampering", sql, [])).await.unwrap_err();
        assert!(refused.0.contains("evidence is n"), "{sql}: {refused}");
    }
    let query = EvidenceQuery { limit: 9, ..EvidenceQuery::default() };
    assert_eq!(store.evidence(query).await.unwrap()[0].evidence, row);
    let sql = "SELECT month || ' ' || (SELECT value FROM json_each(recipients) WHERE key = 1) FROM evidence";
    let seen = store.write(move |tx| tx.one("looking", sql, [], |row| column::<String>(row, 0))).await.unwrap();
    assert_eq!(seen.as_deref(), Some("202412 r2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_to_a_long_queue_never_scan_it() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let dispatches = (0..2000).map(|_| errand().dispatches.remove(0)).collect();
    store.commit(Outcome { dispatches, ..letter("x") }).await.unwrap();
    for sql in queue::questions() {
        let explained = format!("EXPLAIN QUERY PLAN {sql}");
        let plan = store.write(move |tx| tx.all("explaining", &explained, [], |row| column::<String>(row, 3))).await;
        let plan = plan.unwrap();
        assert!(plan.iter().any(|step| step.contains("INDEX queue_by_hop")), "{sql}: {plan:?}");
        assert!(!plan.iter().any(|step| step.starts_with("SCAN q")), "{sql}: {plan:?}");
        // Sorting is for the hops, which are few, never for the dispatches.
        let sorted = plan.iter().any(|step| step.contains("TEMP B-TREE"));
        assert!(!sorted || plan.iter().any(|step| step.contains("SCAN hops")), "{sql}: {plan:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_vanished_is_remembered_with_its_modification_sequence() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    for _ in 0..5 {
        store.commit(letter("x")).await.unwrap();
    }
    store.expunge(&anna(), "INBOX", &[4, 2]).await.unwrap();
    let middle = store.folders(&anna()).await.unwrap()[0].highest_modseq;
    store.expunge(&anna(), "INBOX", &[1]).await.unwrap();
    assert_eq!(store.vanished(&anna(), "inbox", 0).await.unwrap(), [1, 2, 4]);
    assert_eq!(store.vanished(&anna(), "INBOX", middle).await.unwrap(), [1]);
    assert_eq!(store.vanished(&anna(), "INBOX", middle + 1).await.unwrap(), [] as [u32; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn small_originals_stay_with_their_messages() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    for (octets, originals) in [(4095, 0), (4096, 1)] {
        let mut outcome = letter("head");
        outcome.messages[0].pieces.push_shared(Shared::new(vec![b'x'; octets].into()));
        store.commit(outcome).await.unwrap();
        assert_eq!(store.figures().await.unwrap().originals, originals);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_tampered_with_is_an_error_not_a_fall() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let mut outcome = errand();
    outcome.messages[0].pieces.push_shared(Shared::new(vec![b'x'; 5000].into()));
    store.commit(outcome).await.unwrap();
    let spoil = "UPDATE originals SET data = zeroblob(5000); UPDATE messages SET kind = 'no kind', size = 99;
        UPDATE queue SET hop = 'nowhere', recipients = 'no list'; UPDATE mailboxes SET state = 'gone', used = -1;
        UPDATE folders SET uid_next = -5; UPDATE entries SET flags = CAST(X'ff' AS TEXT);";
    store.write(move |tx| tx.execute_batch(spoil).map_err(|e| StoreError(e.to_string()))).await.unwrap();
    assert!(store.queue(1).await.is_err());
    assert!(store.due_hops(at(0)).await.unwrap_err().0.contains("unknown hop 'nowhere'"));
    assert!(store.read(MessageId(1)).await.unwrap_err().0.contains("5001 octets, not 99"));
    assert!(store.mailboxes(&[anna()]).await.unwrap_err().0.contains("unknown word 'gone'"));
    assert!(store.folders(&anna()).await.unwrap_err().0.contains("-5"));
    assert!(store.list(&anna(), "INBOX", 0, 1).await.is_err());
    let found = store.verify().await.unwrap_err();
    for fault in ["used octets", "pieces are not as long", "original 1 is not what its SHA-256 says"] {
        assert!(found.0.contains(fault), "{fault} is not in: {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_made_again_in_the_same_place_counts_uidvalidity_from_its_age() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let validity = store.folders(&anna()).await.unwrap()[0].uid_validity;
    assert!(validity > 1_700_000_000, "{validity} is no age");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_costs_what_the_options_say_and_never_prints() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let new = NewMailbox {
        address: Address::parse("b@pec.example").unwrap(),
        password: Some("segretissima".into()),
        quota: 1,
        service: false,
    };
    assert!(!format!("{new:?}").contains("segretissima"));
    store.create_mailbox(new).await.unwrap();
    let sql = "SELECT password FROM mailboxes WHERE key = 'b@pec.example'";
    let hash =
        store.write(move |tx| tx.one("looking", sql, [], |row| column::<String>(row, 0))).await.unwrap().unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
    let error = Embedded::open(
        place.path(),
        EmbeddedOptions {
            password_cost: PasswordCost { memory: 0, passes: 0, lanes: 0 },
            ..EmbeddedOptions::default()
        },
    );
    assert!(error.unwrap_err().0.contains("cost of passwords"));
}

#[tokio::test]
async fn an_onlooker_sees_what_is_committed_and_changes_nothing() {
    let place = tempfile::tempdir().unwrap();
    assert!(Embedded::look(&place.path().join("nowhere")).is_err());
    let store = Embedded::open(place.path(), options()).unwrap();
    let onlooker = Embedded::look(place.path()).unwrap();
    let new =
        |text: &str| NewMailbox { address: Address::parse(text).unwrap(), password: None, quota: 1, service: false };
    assert!(store.create_mailbox(new("a@x.example")).await.unwrap());
    assert_eq!(onlooker.all_mailboxes().await.unwrap().len(), 1);
    assert!(onlooker.create_mailbox(new("b@x.example")).await.unwrap_err().0.contains("looking only"));
    onlooker.close().await.unwrap();
    assert!(store.create_mailbox(new("c@x.example")).await.unwrap());
}
