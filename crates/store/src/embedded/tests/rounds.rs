//! The check beside running work: a slice at a time, kept across restarts, by the same judgement as the check at once.

use pec::Shared;

use super::*;
use crate::{CheckStep, ErrorKind, EvidenceLog as _, EvidenceQuery, NewAddressee, Sent, State};

const LARGE: usize = 300_000;

fn original(octet: u8) -> Shared {
    Shared::new(vec![octet; LARGE].into())
}

/// A store with `count` messages, each around a large original of its own; where these lie.
async fn filled(place: &TempDir, count: u8) -> (Arc<Embedded>, Vec<PathBuf>) {
    let store = opened(place).await;
    let mut paths = Vec::new();
    for octet in 0..count {
        let mut pieces = Pieces::own("Subject: whole\r\n\r\n");
        pieces.push_shared(original(octet));
        store.commit(of(pieces)).await.unwrap();
        paths.push(store.workshop.files.path(original(octet).sha256()));
    }
    (store, paths)
}

fn rot(path: &std::path::Path) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[LARGE / 2] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

/// Steps of one octet until the round has ended.
async fn round(store: &Embedded, now: i64) -> Vec<CheckStep> {
    let mut steps = Vec::new();
    while !steps.last().is_some_and(|step: &CheckStep| step.ended) {
        steps.push(store.check_on(at(now), 1).await.unwrap());
        assert!(steps.len() < 1000, "a round ends");
    }
    steps
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_finds_what_is_damaged_tells_it_once_and_forgets_what_is_whole_again() {
    let place = tempfile::tempdir().unwrap();
    let (store, paths) = filled(&place, 3).await;
    assert_eq!(store.figures().await.unwrap().checked, crate::Checked::default());
    let whole_one = round(&store, 5).await;
    // Every message and every original is a step of its own.
    assert!(whole_one.len() >= 6 && whole_one.iter().all(|step| step.found.is_empty()), "{whole_one:?}");
    assert!(whole_one.iter().map(|step| step.octets).sum::<u64>() > 3 * LARGE as u64);

    let good = std::fs::read(&paths[1]).unwrap();
    rot(&paths[1]);
    spoil(&store, "UPDATE messages SET own = zeroblob(3) WHERE id = 3").await;
    let found = |steps: &[CheckStep]| steps.iter().flat_map(|step| step.found.clone()).collect::<Vec<_>>();
    let faults = found(&round(&store, 10).await);
    let places: Vec<&str> = faults.iter().map(|fault| fault.place.as_str()).collect();
    assert_eq!(places, ["message 3", paths[1].to_str().unwrap()]);
    assert!(faults[1].what.contains("are not those of its SHA-256"), "{faults:?}");
    assert_eq!(found(&round(&store, 20).await), [], "told once");
    let figures = store.figures().await.unwrap();
    assert_eq!(figures.damaged, 2);
    assert!(figures.first_damaged.unwrap().contains("message 3: "));
    let last = figures.checked.last.unwrap();
    assert_eq!((last.began, last.ended, last.messages, last.faults), (at(20), Some(at(20)), 3, 2));

    std::fs::write(&paths[1], good).unwrap();
    spoil(&store, "DELETE FROM entries WHERE message = 3; DELETE FROM messages WHERE id = 3").await;
    let mended: Vec<String> = round(&store, 30).await.into_iter().flat_map(|step| step.mended).collect();
    assert_eq!(mended, places, "one is whole, one is gone");
    assert_eq!(store.figures().await.unwrap().damaged, 0);
}

/// Writes nonsense over the page of the database that has the text; where, and what was there.
fn damage_page_of(place: &TempDir, text: &str) -> (usize, Vec<u8>) {
    let path = place.path().join("sigillo.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(text.len()).position(|part| part == text.as_bytes()).expect("the text is in the database");
    let page = at / 4096 * 4096;
    let sound = bytes[page..page + 100].to_vec();
    bytes[page..page + 100].fill(0xff);
    std::fs::write(path, bytes).unwrap();
    (page, sound)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_goes_on_behind_rows_that_cannot_be_listed_and_forgets_no_damage_that_is_known() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    for number in 1..=60 {
        let text = format!("Subject: number {number:03}\r\n\r\n{}", "x".repeat(400));
        store.commit(letter(text)).await.unwrap();
    }
    // One before the page, one on it, one behind it.
    for sql in [
        "UPDATE messages SET size = 7 WHERE id = 2",
        "UPDATE messages SET size = 7 WHERE id = 30",
        "UPDATE messages SET size = 7 WHERE id = 60",
    ] {
        spoil(&store, sql).await;
    }
    let places = |steps: &[CheckStep]| -> Vec<String> {
        steps.iter().flat_map(|step| &step.found).map(|fault| fault.place.clone()).collect()
    };
    assert_eq!(places(&round(&store, 0).await), ["message 2", "message 30", "message 60"]);
    store.acknowledge(at(1)).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let (page, sound) = damage_page_of(&place, "number 030");

    let store = opened(&place).await;
    for now in [10, 20] {
        let steps = round(&store, now).await;
        let found = places(&steps);
        assert!(steps.iter().all(|step| step.mended.is_empty()), "nobody knows of message 30: {steps:?}");
        if now == 10 {
            let [gap] = &found[..] else { panic!("{found:?}") };
            let first = gap.strip_prefix("messages from ").unwrap().split(' ').next().unwrap();
            let before: i64 = first.parse::<i64>().unwrap() - 1;
            spoil(&store, &format!("DELETE FROM entries WHERE message = {before}")).await;
            spoil(&store, &format!("DELETE FROM messages WHERE id = {before}")).await;
        } else {
            assert_eq!(found, [""; 0], "told once");
        }
        let last = store.figures().await.unwrap().checked.last.unwrap();
        assert!((45..60).contains(&last.messages) && last.faults == 3, "those behind are looked at: {last:?}");
        assert_eq!(store.figures().await.unwrap().damaged, 1, "what is known stays known");
    }
    let report = store.check(&|_| ()).await.unwrap();
    assert!(report.faults.iter().any(|fault| fault.place == "message 60"), "{report:#?}");
    store.close().await.unwrap();
    drop(store);

    let path = place.path().join("sigillo.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[page..page + 100].copy_from_slice(&sound);
    std::fs::write(path, bytes).unwrap();
    let store = opened(&place).await;
    let mended: Vec<String> = round(&store, 30).await.into_iter().flat_map(|step| step.mended).collect();
    assert!(matches!(&mended[..], [gap] if gap.starts_with("messages from ")), "{mended:?}");
    assert_eq!(store.figures().await.unwrap().damaged, 0, "three are damaged and known");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_where_the_round_was_with_what_it_found() {
    let place = tempfile::tempdir().unwrap();
    let (store, paths) = filled(&place, 4).await;
    spoil(&store, "UPDATE messages SET size = 7 WHERE id = 1").await;
    rot(&paths[3]);
    for step in 0..3 {
        assert_eq!(store.check_on(at(step), 1).await.unwrap().found.len(), usize::from(step == 0));
    }
    store.close().await.unwrap();
    drop(store);

    let store = opened(&place).await;
    let figures = store.figures().await.unwrap();
    let open = figures.checked.open.unwrap();
    assert_eq!((open.began, open.messages, open.faults, figures.damaged), (at(0), 3, 1, 1));
    let steps = round(&store, 9).await;
    let last = store.figures().await.unwrap().checked.last.unwrap();
    assert_eq!((last.began, last.messages, last.faults), (at(0), 4, 2), "no message is looked at twice");
    assert_eq!(steps.iter().map(|step| step.found.len()).sum::<usize>(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_knows_is_no_trouble_until_more_is_found() {
    let place = tempfile::tempdir().unwrap();
    let (store, paths) = filled(&place, 2).await;
    rot(&paths[0]);
    round(&store, 0).await;
    assert!(crate::Content::read(&*store, crate::MessageId(1)).await.is_err());
    let trouble = async || {
        let figures = store.figures().await.unwrap();
        (figures.damaged, figures.damage.is_some())
    };
    assert_eq!(trouble().await, (1, true));
    assert_eq!(store.acknowledge(at(1)).await.unwrap(), 2);
    assert!(crate::Content::read(&*store, crate::MessageId(1)).await.is_err());
    round(&store, 2).await;
    assert_eq!(trouble().await, (0, false), "known, and not told again");
    rot(&paths[1]);
    round(&store, 3).await;
    assert_eq!(trouble().await, (1, false));
    // Both are brought back: everything is forgotten by a check at once.
    for path in &paths {
        rot(path);
    }
    whole(&store).await;
    assert_eq!(trouble().await, (0, false));
    rot(&paths[0]);
    assert_eq!(round(&store, 4).await.iter().map(|step| step.found.len()).sum::<usize>(), 1, "it is new again");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_is_committed_upon_an_original_that_has_rotten() {
    for long in [LARGE, LARGE - 1] {
        let place = tempfile::tempdir().unwrap();
        let (store, paths) = filled(&place, 1).await;
        rot(&paths[0]);
        std::fs::OpenOptions::new().write(true).open(&paths[0]).unwrap().set_len(long as u64).unwrap();
        let mut again = Pieces::own("Subject: again\r\n\r\n");
        again.push_shared(original(0));
        store.commit(of(again)).await.unwrap();
        whole(&store).await;
        assert_eq!(std::fs::read(&paths[0]).unwrap(), vec![0; LARGE]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_size_beyond_all_sums_ends_no_check() {
    let place = tempfile::tempdir().unwrap();
    let (store, paths) = filled(&place, 3).await;
    rot(&paths[2]);
    let sql = "UPDATE originals SET size = 9223372036854775807 WHERE id < 3;
               INSERT INTO inserts SELECT 1, 7, at, skip, 2 FROM inserts WHERE message = 1;
               UPDATE entries SET size = 9223372036854775807 WHERE uid < 3;";
    spoil(&store, sql).await;
    let report = store.check(&|_| ()).await.unwrap();
    for what in ["cannot be said", "its pieces are not as long", "are not those of its SHA-256"] {
        assert!(report.faults.iter().any(|fault| fault.what.contains(what)), "{what} is not in {report:#?}");
    }
    assert_eq!((report.messages, report.originals), (3, 3));
    assert!(round(&store, 0).await.iter().any(|step| !step.found.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_read_hides_no_other() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let subject = crate::SharedSubject::new(crate::Subject {
        identifier: "id".into(),
        sender: anna().to_string(),
        recipients: Vec::new(),
        subject: String::new(),
        client_id: None,
        original: None,
    });
    let addressee = |name: &str| NewAddressee {
        recipient: Address::parse(name).unwrap(),
        state: State::Accepted,
        due: Some(at(1)),
    };
    let sent = Sent {
        identifier: "id".into(),
        mailbox: anna(),
        at: at(0),
        data: bytes::Bytes::new(),
        about: About::Subject(subject),
        by: crate::Actor::Holder,
        addressees: vec![addressee("a@x.example"), addressee("b@x.example"), addressee("c@x.example")],
    };
    store.commit(Outcome { evidence: vec![bare_row(); 3], sent: Some(sent), ..errand() }).await.unwrap();
    store.commit(errand()).await.unwrap();
    let sql = "DROP TRIGGER evidence_is_never_changed; UPDATE evidence SET event = 2 WHERE number = 2;
               UPDATE addressees SET state = 'nowhere' WHERE key < 'c'; UPDATE queue SET hop = '[\"nowhere\"]' WHERE id = 1;";
    spoil(&store, sql).await;

    let rows = store.rows(EvidenceQuery { limit: 9, ..EvidenceQuery::default() }).await.unwrap();
    let numbers: Vec<_> =
        rows.iter().map(|row| row.as_ref().map_or_else(|bad| -(bad.number as i64), |row| row.number as i64)).collect();
    assert_eq!(numbers, [1, -2, 3]);
    assert!(store.figures().await.unwrap().damage.unwrap().starts_with("evidence 2 of log "));
    let due = store.due(at(5), 1).await.unwrap();
    assert_eq!(due.iter().map(|one| one.recipient.as_str()).collect::<Vec<_>>(), ["c@x.example"]);
    let queue: &dyn crate::Queue = &*store;
    assert_eq!(queue.due_hops(at(5)).await.unwrap(), [Hop::Local]);
    assert!(queue.next_due().await.unwrap().unwrap() < at(5), "the other one");
    assert_eq!(queue.lease(&Hop::Local, 9, at(5), at(60)).await.unwrap().len(), 1);
    assert_eq!(queue.next_due().await.unwrap(), Some(at(60)), "what cannot be read is set aside, and nothing spins");
    assert_eq!(queue.by_hop().await.unwrap().len(), 1);
    assert_eq!(queue.list(crate::QueueQuery { limit: 9, ..Default::default() }).await.unwrap().len(), 1);
    assert!(store.figures().await.unwrap().damage.is_some());
    let report = store.check(&|_| ()).await.unwrap();
    assert!(report.faults.iter().any(|fault| fault.place == "dispatch 1"), "{report:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rows_of_evidence_that_are_damaged_alike_are_both_told() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    store.commit(Outcome { evidence: vec![bare_row(); 3], ..Outcome::default() }).await.unwrap();
    let sql = "DROP TRIGGER evidence_is_never_changed; UPDATE evidence SET event = -1 WHERE number > 1;";
    spoil(&store, sql).await;
    for _ in 0..2 {
        store.rows(EvidenceQuery { limit: 9, ..EvidenceQuery::default() }).await.unwrap();
    }
    assert_eq!(store.figures().await.unwrap().read_failures, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_looks_makes_no_copy() {
    let place = tempfile::tempdir().unwrap();
    let (store, _) = filled(&place, 1).await;
    let looking = Embedded::look(place.path()).unwrap();
    let copy = tempfile::tempdir().unwrap().path().join("copy");
    let refused = looking.backup(&copy).await.unwrap_err();
    assert!(refused.kind == ErrorKind::Refused && refused.what.contains("for looking only"), "{refused}");
    assert!(!copy.exists());
    drop(store);
}
