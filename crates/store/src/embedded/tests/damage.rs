//! What was damaged is told, never given out.

use pec::Shared;

use super::*;
use crate::{Content as _, ErrorKind, MessageId, Queue as _, QueueQuery};

const LARGE: usize = 300_000;

async fn stored(place: &TempDir) -> (Arc<Embedded>, PathBuf) {
    let store = opened(place).await;
    let mut pieces = Pieces::own("Subject: whole\r\n\r\nown");
    let (large, small) = (Shared::new(vec![b'L'; LARGE].into()), Shared::new(vec![b'S'; 5000].into()));
    let path = store.workshop.files.path(large.sha256());
    pieces.push_shared(small);
    pieces.push_shared(large);
    store.commit(Outcome { dispatches: errand().dispatches, ..of(pieces) }).await.unwrap();
    whole(&store).await;
    (store, path)
}

async fn damaged(store: &Embedded, words: &str) {
    let error = store.read(MessageId(1)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Damaged);
    assert!(error.what.contains("message 1") && error.what.contains(words), "{error}");
    let figures = store.figures().await.unwrap();
    assert!(figures.read_failures > 0 && figures.damage.is_some_and(|damage| damage.contains(words)));
    let report = store.check(&|_| ()).await.unwrap();
    assert!(report.faults.iter().any(|fault| fault.what.contains(words)), "{report:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changed_is_not_given_out() {
    let place = tempfile::tempdir().unwrap();
    let (store, path) = stored(&place).await;
    let good = std::fs::read(&path).unwrap();
    let mut bad = good.clone();
    bad[200_000] ^= 1;
    std::fs::write(&path, &bad).unwrap();
    damaged(&store, "are not those of its SHA-256").await;
    let begin = 22 + 5000;
    assert!(store.read_range(MessageId(1), begin..begin + 40_000).await.unwrap().is_some(), "that part is whole");
    let part = store.read_range(MessageId(1), begin + 199_000..begin + 199_001).await.unwrap_err();
    assert!(part.kind == ErrorKind::Damaged && part.what.contains("message 1"), "{part}");
    let both = vec![(MessageId(1), begin + 199_000..begin + 199_001), (MessageId(1), begin..begin + 40_000)];
    let both = store.read_ranges(both).await.unwrap();
    assert!(both[0].as_ref().is_err_and(|error| error.kind == ErrorKind::Damaged), "{both:?}");
    assert_eq!(both[1].as_ref().unwrap().as_ref().unwrap().len(), 40_000, "one that is damaged hides no other");

    std::fs::write(&path, &good[..LARGE - 1]).unwrap();
    damaged(&store, "it has 299999 octets, not 300000").await;
    std::fs::remove_file(&path).unwrap();
    damaged(&store, "it is missing").await;
    std::fs::write(&path, &good).unwrap();
    whole(&store).await;
    assert_eq!(store.figures().await.unwrap().damage, None, "all is whole again");
    assert!(store.read(MessageId(1)).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn own_bytes_and_originals_in_rows_that_changed_are_not_given_out() {
    for (sql, words) in [
        ("UPDATE messages SET own = zeroblob(length(own))", "header and own bytes"),
        ("UPDATE messages SET header = zeroblob(length(header))", "header and own bytes"),
        ("UPDATE messages SET size = 99", "not 99"),
        ("UPDATE originals SET data = zeroblob(5000) WHERE data IS NOT NULL", "is not what its SHA-256 says"),
        ("UPDATE inserts SET at = 9999 WHERE position = 1", "laid out beyond its own bytes"),
    ] {
        let place = tempfile::tempdir().unwrap();
        let (store, _) = stored(&place).await;
        spoil(&store, sql).await;
        let error = store.read(MessageId(1)).await.unwrap_err();
        assert!(error.kind == ErrorKind::Damaged && error.what.contains(words), "{sql}: {error}");
        let report = store.check(&|_| ()).await.unwrap();
        assert!(!report.is_whole(), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_that_changed_are_an_error_not_a_fall() {
    for sql in [
        "UPDATE originals SET size = 9000 WHERE data IS NOT NULL; UPDATE messages SET size = size + 4000",
        "INSERT INTO inserts SELECT message, position + 2, at, skip, original FROM inserts;
         UPDATE originals SET size = 9223372036854775807",
    ] {
        let place = tempfile::tempdir().unwrap();
        let (store, _) = stored(&place).await;
        spoil(&store, sql).await;
        let error = store.read_range(MessageId(1), 22 + 6000..22 + 7000).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Damaged, "{sql}: {error}");
        assert_eq!(store.read(MessageId(1)).await.unwrap_err().kind, ErrorKind::Damaged, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_tampered_with_is_an_error_not_a_fall() {
    let place = tempfile::tempdir().unwrap();
    let (store, _) = stored(&place).await;
    let sql = "UPDATE messages SET kind = 'no kind'; UPDATE queue SET hop = '[\"nowhere\"]', recipients = 'no list';
        UPDATE mailboxes SET state = 'gone', used = -1; UPDATE counters SET value = 77 WHERE name = 'queue';
        UPDATE originals SET chunks = zeroblob(length(chunks)) WHERE data IS NULL;";
    spoil(&store, sql).await;
    assert!(store.list(QueueQuery { limit: 1, ..QueueQuery::default() }).await.unwrap().is_empty());
    assert_eq!(store.due_hops(at(0)).await.unwrap(), []);
    assert!(store.mailbox(&anna()).await.unwrap_err().what.contains("unknown word 'gone'"));
    let report = store.check(&|_| ()).await.unwrap();
    for what in ["octets are not those", "a counter is not", "the checks of an original's parts"] {
        assert!(report.faults.iter().any(|fault| fault.what.contains(what)), "{what} is not in {report:#?}");
    }
    assert!(report.faults.iter().any(|fault| fault.place == "queue"));
    assert!(report.faults.iter().any(|fault| fault.place == "dispatch 1"), "{report:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_whose_columns_are_not_its_bytes_is_found() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    store.commit(Outcome { evidence: vec![bare_row(); 3], ..Outcome::default() }).await.unwrap();
    spoil(&store, "DROP TRIGGER evidence_is_never_changed; UPDATE evidence SET event = 2 WHERE number = 2").await;
    let report = store.check(&|_| ()).await.unwrap();
    assert_eq!((report.evidence, report.count), (3, 1), "{report:#?}");
    assert_eq!(report.faults[0].place, "evidence 2 of log 1");
    let read = crate::EvidenceLog::rows(&*store, crate::EvidenceQuery { limit: 9, ..Default::default() }).await;
    assert!(read.unwrap()[1].as_ref().unwrap_err().what.contains("row 2 of log 1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_nothing_refers_to_is_found() {
    let place = tempfile::tempdir().unwrap();
    let (store, _) = stored(&place).await;
    spoil(&store, "DELETE FROM entries; DELETE FROM queue").await;
    let report = store.check(&|_| ()).await.unwrap();
    assert!(
        report.faults.iter().any(|fault| fault.what == "nothing refers to a message" && fault.place == "message 1")
    );
}
