use pec::Pieces;
use store::{
    About, Actor, EmbeddedOptions, Evidence, Infected, Ledger, Named, NewMessage, Outcome, Point, SharedSubject,
    Subject, Summary, Upkeep,
};

use super::*;

const INFECTED: &[u8] = b"Subject: x\r\n\r\nvirus\r\n";

/// A folder with a store that holds one infected message; `giulia` is its reader.
async fn kept_one() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = Embedded::create(folder.path(), EmbeddedOptions::default()).unwrap();
    let at = Moment::from_unix(1_780_000_000);
    let infected = Infected {
        message: store::Handle(0),
        identifier: "id".into(),
        at,
        virus: "Eicar-Test-Signature".into(),
        point: Point::Access,
        until: at.plus_months(30),
    };
    let subject = SharedSubject::new(Subject {
        identifier: "other".into(),
        sender: "anna@pec.esempio.example".into(),
        recipients: vec![Named { address: "bob@beta.example".into(), kind: None }],
        subject: "x".into(),
        client_id: None,
        original: None,
    });
    let detection = |event, virus: &str| Evidence {
        at,
        event,
        kind: Some(pec::Kind::VirusDetection),
        about: About::Subject(subject.clone()),
        message_id: "n@beta.example".into(),
        provider: "BETA".into(),
        concerns: vec!["bob@beta.example".into()],
        error: Some(virus.into()),
        actor: Actor::Peer,
    };
    let evidence =
        vec![detection(Event::Received, "Win.Old"), detection(Event::Deposited, ""), detection(Event::Emitted, "")];
    let message = NewMessage { pieces: Pieces::own(INFECTED), summary: Summary::default() };
    store
        .commit(Outcome { messages: vec![message], infected: vec![infected], evidence, ..Outcome::default() })
        .await
        .unwrap();
    store.close().await.unwrap();
    folder
}

/// Comes in by this name.
fn enter(folder: &Path, name: &str, wish: Wish<'_>) -> Result<SpecialStore, Refused> {
    let readers = Readers { names: &["giulia".to_owned()], named_in: Path::new("sigillo.toml") };
    SpecialStore::enter(folder, readers, name, wish, Moment::from_unix(1_780_000_100))
}

/// [R-2.2.4-a]
#[tokio::test]
async fn only_a_reader_of_the_configuration_exports_and_every_access_is_on_record() {
    let folder = kept_one().await;
    let folder = folder.path();
    let refused = enter(folder, "piero", Wish::Export(&[1])).err().unwrap();
    let what = "piero is not among infected.readers in sigillo.toml";
    assert_eq!(refused, Refused::new(Fault::NotYou, what));
    assert_eq!(enter(folder, "", Wish::List).err().unwrap().fault, Fault::NotYou);

    let mut seen = Vec::new();
    enter(folder, "giulia", Wish::List).unwrap().kept(|row| seen.push(row.number)).await.unwrap();
    assert_eq!(seen, [1]);
    let out = folder.join("out");
    enter(folder, "giulia", Wish::Export(&[1])).unwrap().export(&[1], &out).await.unwrap();
    assert_eq!(std::fs::read(out.join("1.eml")).unwrap(), INFECTED);
    let missing = enter(folder, "giulia", Wish::Export(&[2])).unwrap().export(&[2], &out).await.unwrap_err();
    assert_eq!(missing, Refused::missing("no infected message 2"));

    let record = std::fs::read_to_string(folder.join(ACCESSES)).unwrap();
    let lines: Vec<serde_json::Value> = record.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = |line: &serde_json::Value| {
        let text = |key: &str| line[key].as_str().unwrap().to_owned();
        (text("as"), text("what"), line["numbers"].to_string(), line["admitted"].as_bool().unwrap())
    };
    let said: Vec<_> = lines.iter().map(said).collect();
    let rows = [
        ("piero", "export", "[1]", false),
        ("", "list", "[]", false),
        ("giulia", "list", "[]", true),
        ("giulia", "export", "[1]", true),
        ("giulia", "export", "[2]", true),
    ];
    let rows = rows.map(|(name, what, numbers, admitted)| (name.into(), what.into(), numbers.into(), admitted));
    assert_eq!(said, rows);
    assert_eq!(lines[0]["at"], Moment::from_unix(1_780_000_100).to_string());
}

/// [R-2.2.2-m]
#[tokio::test]
async fn what_our_scan_missed_and_others_found_is_listed() {
    let folder = kept_one().await;
    let mut told = Vec::new();
    let inside = enter(folder.path(), "giulia", Wish::Missed).unwrap();
    inside.missed(|row| told.push(row.unwrap().evidence)).await.unwrap();
    let told: Vec<_> = told.iter().map(|row| (row.error.as_deref(), row.provider.as_str())).collect();
    // Notices that we received, not those of our own.
    assert_eq!(told, [(Some("Win.Old"), "BETA")]);
}

#[tokio::test]
async fn an_access_that_cannot_be_recorded_shows_nothing() {
    let folder = kept_one().await;
    std::fs::create_dir(folder.path().join(ACCESSES)).unwrap();
    let refused = enter(folder.path(), "giulia", Wish::List).err().unwrap();
    assert_eq!(refused.fault, Fault::Unwritten);
    assert!(refused.what.contains("cannot be recorded"), "{}", refused.what);
}
