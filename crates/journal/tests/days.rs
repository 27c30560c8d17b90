//! Days are written when they have ended, once, whatever ends the program in between; what is written is what was sealed.
#![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect ends")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use journal::{Daily, Form, Source, Writing, sheets};
use pec::{Clock as _, Kind};
use proof::{About, Actor, Event, Evidence, LogId, SharedSubject, Subject};
use seal::testing::{NOW, network};
use sealing::testing::{Hand, Key, identity};
use sealing::{Sealer, Trace};
use store::{Embedded, EmbeddedOptions, Ledger as _, Outcome, Upkeep as _};
use tempfile::TempDir;

struct House {
    folder: TempDir,
    store: Arc<Embedded>,
    hand: Arc<Hand>,
    key: Arc<Key>,
    sealer: Arc<Sealer>,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Embedded::create(&folder.path().join("store"), EmbeddedOptions::default()).unwrap();
        let (hand, key) = (Arc::new(Hand::at(NOW - 12 * 3600)), Arc::<Key>::default());
        let hour = Duration::from_secs(3600);
        let sealer = Sealer::new(Trace::of(store.clone()), identity(), key.clone(), hand.clone(), hour);
        Self { folder, store, hand, key, sealer }
    }

    /// So many rows, each about a message of its own.
    async fn rows(&self, count: usize) {
        let row = |number: usize| Evidence {
            at: self.hand.now(),
            event: Event::Emitted,
            kind: Some(Kind::Acceptance),
            about: About::Subject(SharedSubject::new(Subject {
                identifier: format!("{number}@{}", self.hand.now().unix()).into(),
                sender: "anna@pec.example".into(),
                recipients: Vec::new(),
                subject: "Oggetto".into(),
                client_id: None,
                original: None,
            })),
            message_id: number.to_string(),
            provider: identity().provider,
            concerns: Vec::new(),
            error: None,
            actor: Actor::System,
        };
        let evidence = (0..count).map(row).collect();
        self.store.commit(Outcome { evidence, ..Outcome::default() }).await.unwrap();
        self.sealer.look().await.unwrap();
    }

    /// A day later.
    async fn sleeps(&self) {
        self.hand.pass(24 * 3600);
        self.sealer.look().await.unwrap();
    }

    fn writing(&self, folder: &str) -> Writing {
        let folder = self.folder.path().join(folder);
        fs::create_dir_all(&folder).unwrap();
        let signer = Some(self.key.clone() as _);
        let (source, forms) = (Source::of(self.store.clone()), Form::ALL.into());
        Writing { source, folder, forms, signer, clock: self.hand.clone() }
    }

    fn days(&self) -> PathBuf {
        self.folder.path().join("days")
    }
}

fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())).collect()
}

/// [R-O-log-1]
#[tokio::test(flavor = "multi_thread")]
async fn each_day_is_written_once_when_it_has_ended() {
    let house = House::new();
    let daily = Daily::new(house.writing("days"));
    house.rows(2500).await;
    assert_eq!(daily.look().await.unwrap(), 0, "the day goes on");
    house.sleeps().await;
    assert_eq!(daily.look().await.unwrap(), 1);
    house.rows(3).await;
    house.sleeps().await;
    // One that knows nothing.
    assert_eq!(Daily::new(house.writing("days")).look().await.unwrap(), 1);
    let days = content(&house.days());
    let names: Vec<&str> = days.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "PEC1-2026-05-28.jsonl",
            "PEC1-2026-05-28.log",
            "PEC1-2026-05-28.log.p7m",
            "PEC1-2026-05-29.jsonl",
            "PEC1-2026-05-29.log",
            "PEC1-2026-05-29.log.p7m",
            "PEC1.json"
        ]
    );
    let text = String::from_utf8(days["PEC1-2026-05-28.log"].clone()).unwrap();
    assert_eq!(text.lines().count(), 2502);
    assert!(text.lines().next().unwrap().contains("[1]: OPEN: giorno=2026-05-28: righe=1-2500"));
    assert!(text.lines().last().unwrap().contains("[2500]: CLOSE: eventi=2500"));
    let items = String::from_utf8(days["PEC1-2026-05-28.jsonl"].clone()).unwrap();
    let of = |kind: &str| items.lines().filter(|line| line.starts_with(&format!("{{\"type\":\"{kind}\""))).count();
    assert_eq!((of("subject"), of("row")), (2500, 2500));
    // Nothing is written again, and by hand it is the same.
    assert_eq!(daily.look().await.unwrap(), 0);
    assert_eq!(content(&house.days()), days);
    let writing = house.writing("by-hand");
    for sheet in sheets(&*house.store, LogId(1), "2026-05-28", "2026-05-29").await.unwrap() {
        let name = writing.free_name(&sheet).await.unwrap();
        writing.write(&sheet, &name).await.unwrap();
    }
    let by_hand = content(&writing.folder);
    for name in names.into_iter().filter(|name| name.ends_with(".log") || name.ends_with(".jsonl")) {
        assert_eq!(by_hand[name], days[name], "{name}");
    }
    // openssl and the page.
    fs::write(house.folder.path().join("signed.p7m"), &by_hand["PEC1-2026-05-28.log.p7m"]).unwrap();
    fs::write(house.folder.path().join("root.pem"), &network().chain_pem).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.args(["cms", "-verify", "-inform", "DER", "-binary", "-in", "signed.p7m", "-CAfile", "root.pem"]);
    openssl.args(["-purpose", "any", "-attime", &NOW.to_string(), "-out", "opened.log"]);
    let ended = harness::output(openssl.current_dir(house.folder.path())).unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(fs::read_to_string(house.folder.path().join("opened.log")).unwrap(), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_on_after_a_kill_finishes_that_day_and_no_other() {
    let house = House::new();
    house.rows(40).await;
    house.sleeps().await;
    let daily = Daily::new(house.writing("days"));
    daily.look().await.unwrap();
    let whole = content(&house.days());
    // Killed when the name was noted, and after each of the files.
    for left in [0, 1, 2, 3] {
        let (days, mut kept) = (house.days(), 0);
        for name in whole.keys().filter(|name| *name != "PEC1.json") {
            kept += 1;
            if kept > left {
                fs::remove_file(days.join(name)).unwrap();
            }
        }
        fs::write(days.join("PEC1.json"), r#"{"done":0,"writing":[1,"PEC1-2026-05-28"]}"#).unwrap();
        fs::write(days.join(".new-cut"), "half").unwrap();
        let writing = house.writing("days");
        assert_eq!(Daily::new(writing).look().await.unwrap(), 1);
        fs::remove_file(days.join(".new-cut")).unwrap();
        assert_eq!(content(&days), whole, "{left} files were there");
    }
    // A file of that name that is another's stays, and the day gets another name.
    fs::remove_file(house.days().join("PEC1.json")).unwrap();
    assert_eq!(Daily::new(house.writing("days")).look().await.unwrap(), 1);
    let days = content(&house.days());
    assert_eq!(days["PEC1-2026-05-28-2.log"], days["PEC1-2026-05-28.log"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_goes_on_is_written_as_far_as_it_is_sealed() {
    let house = House::new();
    house.rows(5).await;
    house.hand.pass(3600);
    house.sealer.look().await.unwrap();
    house.rows(7).await;
    let found = sheets(&*house.store, LogId(1), "2026-05-28", "2026-05-28").await.unwrap();
    let [sheet] = found.as_slice() else { panic!("{found:?}") };
    let writing = house.writing("open");
    let written = writing.write(sheet, "open").await.unwrap();
    assert_eq!((written.rows, written.lines, sheet.closed), (5, 5, false));
    let text = fs::read_to_string(writing.folder.join("open.log")).unwrap();
    assert!(text.lines().last().unwrap().contains("[5]: CONTINUA: eventi=5"), "{text}");
    assert!(sheets(&*house.store, LogId(1), "2026-05-29", "9999-12-31").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_gone_or_damaged_are_named_and_hide_no_other() {
    let house = House::new();
    house.rows(9).await;
    house.sleeps().await;
    let House { folder, store, hand, key, .. } = house;
    let path = folder.path().join("store");
    store.close().await.unwrap();
    drop(store);
    let file = rusqlite::Connection::open(path.join("sigillo.db")).unwrap();
    let triggers = "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'evidence'";
    let names: Vec<String> =
        file.prepare(triggers).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for name in names {
        file.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    file.execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM evidence WHERE number < 4 OR number = 9; UPDATE evidence SET canonical = x'00' WHERE number = 6")
        .unwrap();
    drop(file);
    let store = Embedded::look(&path).unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    let source = Source::of(store.clone());
    let writing = Writing { source, folder: out, forms: [Form::Text].into(), signer: Some(key), clock: hand };
    let sheet = sheets(&*store, LogId(1), "2026-05-28", "2026-05-28").await.unwrap().remove(0);
    let written = writing.write(&sheet, "day").await.unwrap();
    assert_eq!((written.rows, written.lines, written.missing, written.unreadable), (4, 4, 4, 1));
    let text = fs::read_to_string(writing.folder.join("day.log")).unwrap();
    let rows: Vec<&str> = text.lines().map(|line| line.split_once("]: ").unwrap().1).collect();
    assert!(rows[0].starts_with("OPEN") && rows[1] == "MANCANTI: righe=1-3", "{text}");
    assert!(rows[4].starts_with("ILLEGGIBILE: ") && rows[7] == "MANCANTI: righe=9-9", "{text}");
    assert!(rows[8].starts_with("CLOSE: eventi=4"), "{text}");
}
