//! What the index of the evidence says is what a look at every message says; and it may come to any harm.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::OpenFlags;

use super::*;
use crate::{Event, EvidenceLog as _, ExpiryLimit, MessageQuery, SharedSubject, Subject};

const INDEX: &str = "find.db";

fn message(number: usize) -> Subject {
    Subject {
        identifier: format!("{number}@pec.example").into(),
        sender: format!("anna{}@pec.example", number % 4),
        recipients: Vec::new(),
        subject: format!("lettera {number} comune"),
        client_id: None,
        original: None,
    }
}

async fn write(store: &Embedded, numbers: std::ops::Range<usize>, seconds: i64) {
    let row = |number| crate::Evidence {
        at: at(seconds),
        event: Event::Received,
        about: About::Subject(SharedSubject::new(message(number))),
        ..bare_row()
    };
    store.commit(Outcome { evidence: numbers.map(row).collect(), ..Outcome::default() }).await.unwrap();
}

fn questions() -> [MessageQuery; 4] {
    let any = || MessageQuery { limit: 500, ..MessageQuery::default() };
    [
        any(),
        MessageQuery { words: "comune".into(), ..any() },
        MessageQuery { sender: Some("anna3@pec.example".into()), ..any() },
        MessageQuery { words: "lett* 7".into(), since: Some(at(0)), ..any() },
    ]
}

async fn answers(store: &Embedded) -> Vec<Vec<String>> {
    let mut answers = Vec::new();
    for question in questions() {
        let part = store.find(question).await.unwrap();
        assert_eq!(part.next, None);
        answers.push(part.messages.iter().map(|found| found.subject.subject().identifier.to_string()).collect());
    }
    answers
}

/// How far the index goes, and how many documents it has.
fn known(index: &Path) -> Option<(i64, i64)> {
    let file = rusqlite::Connection::open_with_flags(index, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    let sql = "SELECT subject, (SELECT count(*) FROM terms_docsize) FROM followed";
    file.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).ok()
}

async fn until(index: &Path, expected: (i64, i64)) {
    let limit = Instant::now() + Duration::from_secs(60);
    while known(index) != Some(expected) {
        assert!(Instant::now() < limit, "the index has {:?} and not {expected:?}", known(index));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_the_same_with_an_index_behind_an_index_and_without_one() {
    let place = tempfile::tempdir().unwrap();
    let index = place.path().join(INDEX);
    let store = opened(&place).await;
    write(&store, 0..60, 0).await;
    let expected = answers(&store).await;
    assert_eq!(expected.iter().map(Vec::len).collect::<Vec<_>>(), [60, 60, 15, 1]);
    until(&index, (60, 60)).await;
    assert_eq!(answers(&store).await, expected);
    let looking = Embedded::look(place.path()).unwrap();
    assert_eq!(answers(&looking).await, expected, "beside the one that writes");
    write(&store, 60..70, 9).await;
    let longer = answers(&store).await;
    assert_eq!(longer.iter().map(Vec::len).collect::<Vec<_>>(), [70, 70, 17, 1]);
    store.close().await.unwrap();
    drop(store);
    type Harm = fn(&Path);
    let harms: [Harm; 6] = [
        |index| std::fs::remove_file(index).unwrap(),
        |index| std::fs::write(index, "").unwrap(),
        |index| std::fs::write(index, "no database at all, but long enough to be one".repeat(1_000)).unwrap(),
        |index| {
            let mut bytes = std::fs::read(index).unwrap();
            bytes[4_096..].fill(0x55);
            std::fs::write(index, bytes).unwrap();
        },
        |index| {
            let file = rusqlite::Connection::open(index).unwrap();
            file.execute_batch("UPDATE made_from SET store = 'another'").unwrap();
        },
        // Of a store that went on otherwise than this one.
        |index| {
            let file = rusqlite::Connection::open(index).unwrap();
            file.execute_batch(
                "UPDATE followed SET hash = x'00'; INSERT INTO terms (rowid, text) VALUES (99, 'wcomune')",
            )
            .unwrap();
        },
    ];
    for (number, harm) in harms.into_iter().enumerate() {
        harm(&index);
        let store = opened(&place).await;
        assert_eq!(answers(&store).await, longer, "harm {number}: exact at once");
        until(&index, (70, 70)).await;
        assert_eq!(answers(&store).await, longer, "harm {number}");
        store.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expired_leaves_the_index() {
    let place = tempfile::tempdir().unwrap();
    let index = place.path().join(INDEX);
    let store = opened(&place).await;
    // Long ago by the machine's own clock too.
    write(&store, 0..700, -200_000_000).await;
    write(&store, 700..705, 0).await;
    until(&index, (705, 705)).await;
    for _ in 0..4 {
        store.expire(ExpiryLimit { now: at(0), before: at(-1), rows: 500 }).await.unwrap();
    }
    until(&index, (705, 5)).await;
    assert_eq!(answers(&store).await[0].len(), 5);
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_becomes_the_store_finds_its_own_messages() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    write(&store, 0..10, 0).await;
    let copy = place.path().join("copy");
    store.backup(&copy).await.unwrap();
    // What the lost store wrote afterwards, the restored one does not have.
    write(&store, 10..20, 0).await;
    until(&place.path().join(INDEX), (20, 20)).await;
    store.close().await.unwrap();
    std::fs::copy(place.path().join(INDEX), copy.join(INDEX)).unwrap();
    let restored = Embedded::open(&copy, options()).unwrap();
    write(&restored, 30..35, 0).await;
    until(&copy.join(INDEX), (15, 15)).await;
    assert_eq!(answers(&restored).await[0].len(), 15);
    restored.close().await.unwrap();
}
