//! Evidence on disk: never changed, and small.

use pec::{Kind, RecipientType};

use super::sql::{Statements, unsigned};
use super::*;
use crate::{Actor, Event, Evidence, EvidenceLog as _, EvidenceQuery, Named, SharedSubject, Subject};

fn subject(recipients: usize) -> SharedSubject {
    let named =
        |n| Named { address: format!("protocollo.{n}@comune.esempio.example"), kind: Some(RecipientType::Certified) };
    SharedSubject::new(Subject {
        identifier: "sigillo1.20261127100000.000123@pec.esempio.example".into(),
        sender: "anna.bianchi@pec.esempio.example".into(),
        recipients: (0..recipients).map(named).collect(),
        subject: "Convocazione dell'assemblea ordinaria dei soci".into(),
        client_id: Some("<20261127090000.4711@ufficio.example>".into()),
        original: Some([7; 32]),
    })
}

fn operation(about: &SharedSubject, recipient: Option<&Named>, event: Event, kind: Kind) -> Evidence {
    Evidence {
        at: at(0),
        event,
        kind: Some(kind),
        about: About::Subject(about.clone()),
        message_id: "sigillo1.20261127100005.000456@pec.esempio.example".into(),
        provider: "Posta Certificata Esempio S.p.A.".into(),
        concerns: recipient.iter().map(|named| named.address.clone()).collect(),
        error: None,
        actor: Actor::System,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_can_be_neither_changed_nor_removed() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let about = subject(2);
    let row = operation(&about, None, Event::Deposited, Kind::Delivery);
    store.commit(Outcome { evidence: vec![row.clone(); 2], ..Outcome::default() }).await.unwrap();
    for sql in [
        "UPDATE evidence SET at = 0",
        "UPDATE subjects SET identifier = 'other'",
        "DELETE FROM evidence",
        "REPLACE INTO evidence SELECT place, at, event, kind, about, canonical FROM evidence",
        "INSERT INTO evidence SELECT place + 5, at, event, kind, about, canonical FROM evidence",
        "INSERT INTO evidence SELECT place + (1 << 40), at, event, kind, about, canonical FROM evidence",
    ] {
        let refused = store.write(move |tx| tx.run("tampering", sql, [])).await.unwrap_err();
        assert!(refused.what.contains("evidence is n"), "{sql}: {refused}");
    }
    let rows = store.rows(EvidenceQuery { limit: 9, ..EvidenceQuery::default() }).await.unwrap();
    assert_eq!(rows.into_iter().map(|row| row.unwrap().evidence).collect::<Vec<_>>(), [row.clone(), row]);
}

/// The goal: 250 octets for each recipient and operation, rows, indexes and the subject included.
#[tokio::test(flavor = "multi_thread")]
async fn evidence_of_five_hundred_recipients_is_small() {
    const RECIPIENTS: usize = 500;
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let pages = || store.write(|tx| tx.one("counting pages", "PRAGMA page_count", [], |row| unsigned::<u64>(row, 0)));
    let before = pages().await.unwrap().unwrap();
    let about = subject(RECIPIENTS);
    let mut evidence = Vec::new();
    for (event, kind) in [(Event::Received, Kind::TakeCharge), (Event::Emitted, Kind::Delivery)] {
        evidence.extend(about.subject().recipients.iter().map(|named| operation(&about, Some(named), event, kind)));
    }
    let count = evidence.len() as u64;
    store.commit(Outcome { evidence, ..Outcome::default() }).await.unwrap();
    let octets = (pages().await.unwrap().unwrap() - before) * 4096;
    assert!(octets / count <= 250, "{} octets for each recipient and operation", octets / count);
}
