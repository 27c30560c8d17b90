use std::path::Path;

use pec::{Moment, Pieces};
use store::{
    Actor, EmbeddedOptions, Infected, Ledger, Named, NewMessage, Outcome, Point, SharedSubject, Subject, Summary,
};

use super::*;

const INFECTED: &[u8] = b"Subject: x\r\n\r\nvirus\r\n";

/// A provider's folder with one infected message, and `giulia` as reader.
async fn desk() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let manual = include_str!("../../../../docs/configuration.md");
    let example = manual.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let text = example.replace("/var/lib/sigillo", "store") + "\n[infected]\nreaders = [\"giulia\"]\n";
    for name in ["signing.key", "signing.pem", "ca.pem", "directory.p7m", "operator.pem", "tls.pem", "tls.key"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    let config = folder.path().join("sigillo.toml");
    std::fs::write(&config, text).unwrap();
    let store = Embedded::create(&folder.path().join("store"), EmbeddedOptions::default()).unwrap();
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
    (folder, config)
}

fn access(config: &Path, name: &str) -> InfectedAccess {
    InfectedAccess { config: config.to_owned(), name: name.into() }
}

/// [R-2.2.4-a]
#[tokio::test]
async fn only_a_reader_of_the_configuration_exports_and_every_access_is_on_record() {
    let (folder, config) = desk().await;
    let out = folder.path().join("out");
    let refused = export(&access(&config, "piero"), &[1], &out).await.unwrap_err();
    assert_eq!(refused.0, exit::NO_PERMISSION);
    assert!(refused.1.contains("piero is not among infected.readers"), "{}", refused.1);
    assert_eq!(list(&access(&config, "")).await.unwrap_err().0, exit::NO_PERMISSION);
    assert!(!out.exists());
    list(&access(&config, "giulia")).await.unwrap();
    export(&access(&config, "giulia"), &[1], &out).await.unwrap();
    assert_eq!(std::fs::read(out.join("1.eml")).unwrap(), INFECTED);
    let missing = export(&access(&config, "giulia"), &[2], &out).await.unwrap_err();
    assert_eq!(missing, (exit::NO_INPUT, "no infected message 2".into()));
    let record = std::fs::read_to_string(folder.path().join("store").join(ACCESSES)).unwrap();
    let lines: Vec<serde_json::Value> = record.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seen: Vec<_> = lines.iter().map(|l| (l["as"].as_str().unwrap(), l["admitted"].as_bool().unwrap())).collect();
    assert_eq!(seen, [("piero", false), ("", false), ("giulia", true), ("giulia", true), ("giulia", true)]);
}

/// [R-2.2.2-m]
#[tokio::test]
async fn what_our_scan_missed_and_others_found_is_listed() {
    let (_folder, config) = desk().await;
    missed(&access(&config, "giulia")).await.unwrap();
    assert_eq!(missed(&access(&config, "piero")).await.unwrap_err().0, exit::NO_PERMISSION);
    let store = admit(&access(&config, "giulia"), "missed", &[]).unwrap();
    let found = detections(&store).await.unwrap();
    let told: Vec<_> = found.iter().map(|row| (row.error.as_deref(), row.provider.as_str())).collect();
    // Notices that we received, not those of our own.
    assert_eq!(told, [(Some("Win.Old"), "BETA")]);
}

#[tokio::test]
async fn an_access_that_cannot_be_recorded_shows_nothing() {
    let (folder, config) = desk().await;
    std::fs::create_dir(folder.path().join("store").join(ACCESSES)).unwrap();
    let refused = list(&access(&config, "giulia")).await.unwrap_err();
    assert!(refused.1.contains("cannot be recorded"), "{}", refused.1);
}
