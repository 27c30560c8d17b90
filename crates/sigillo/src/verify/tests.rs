use pec::compose::{self, Certified, Emitter};
use pec::{ReceiptType, Recipient, RecipientType};
use seal::FileSigner;

use super::*;
use crate::lab::{self, Lab, LabPlan};

const NOW: i64 = 1_800_000_000;

fn laboratory() -> (tempfile::TempDir, Lab) {
    let folder = tempfile::tempdir().unwrap();
    let plan = LabPlan::two(Moment::from_unix(NOW), lab::DEFAULT_BASE_PORT).unwrap();
    let lab = lab::create(&folder.path().join("lab"), &plan).unwrap();
    (folder, lab)
}

/// An acceptance of a message with this subject, signed by the laboratory's first provider.
fn acceptance(lab: &Lab, subject: &str) -> Bytes {
    let provider = &lab.providers[0];
    let sender = provider.accounts[0].address.clone();
    let certified = Certified {
        sender: sender.clone(),
        recipients: vec![Recipient { address: sender.clone(), kind: RecipientType::Certified }],
        reply_to: sender.to_string(),
        subject: Some(subject.into()),
        identifier: "1@alfa.example".into(),
        message_id: None,
        receipt: ReceiptType::Complete,
    };
    let emitter = Emitter { name: "Altri S.p.A.".into(), address: provider.service_address.clone(), english: false };
    let draft = compose::acceptance(&emitter, Moment::from_unix(NOW), &certified, "2@alfa.example");
    let [key, certificates] = ["signing.key", "signing.pem"].map(|name| provider.folder.join(name));
    seal::seal(&draft, &FileSigner::from_pem_files(&key, &certificates).unwrap()).unwrap().to_bytes()
}

fn given(lab: &Lab) -> Authorities {
    authorities(std::slice::from_ref(&lab.ca)).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn an_authentic_message_names_its_signer_beside_the_provider_of_its_data() {
    let (_keep, lab) = laboratory();
    let (findings, _) = examine(&acceptance(&lab, "prova"), &given(&lab), None, &Sources::default(), None);
    assert_eq!(findings.verdict, "authentic", "{findings:?}");
    // The data say "Altri"; the key says who it was.
    let key = std::fs::read(lab.providers[0].folder.join("signing.pem")).unwrap();
    let signer = Certificate::from_pem(&key).unwrap().remove(0).subject();
    assert!(findings.en.contains("Altri S.p.A.") && findings.en.contains(&signer.to_string()), "{}", findings.en);
    // What was not looked at is said [R-2.2.2-e].
    assert!(findings.checks.iter().any(|check| check.name == "revocation" && check.result == "not-checked"));
}

/// [R-2.2.2-e]
#[test]
fn a_revocation_before_the_signature_counts_and_a_later_one_is_told() {
    let (_keep, lab) = laboratory();
    let message = acceptance(&lab, "prova");
    let judged =
        |lists: &[PathBuf]| examine(&message, &given(&lab), None, &Sources::new(lists, false).unwrap(), None).0;
    let revocation = |findings: &Findings| {
        let check = findings.checks.iter().find(|check| check.name == "revocation").unwrap();
        (check.result, check.detail.clone())
    };
    // The laboratory's list knows of the provider alone: nobody says anything about the authority itself.
    let findings = judged(std::slice::from_ref(&lab.crl));
    let (result, detail) = revocation(&findings);
    assert_eq!((findings.verdict, result), ("authentic", "not-checked"));
    assert!(detail.contains("PEC CA di prova") && detail.contains("names neither"), "{detail}");

    lab::revoke(&lab.folder, "alfa", Moment::from_unix(NOW + 86_400)).unwrap();
    let findings = judged(std::slice::from_ref(&lab.crl));
    assert_eq!((findings.verdict, revocation(&findings).0), ("authentic", "ok"));
    assert!(
        findings.it.contains("è stato poi revocato") && findings.it.contains("chiave compromessa"),
        "{}",
        findings.it
    );
    assert!(findings.en.contains("was revoked later") && findings.en.contains("key compromised"), "{}", findings.en);

    let (_keep, lab) = laboratory();
    let message = acceptance(&lab, "prova");
    lab::revoke(&lab.folder, "alfa", Moment::from_unix(NOW - 1)).unwrap();
    let sources = Sources::new(std::slice::from_ref(&lab.crl), false).unwrap();
    let (findings, _) = examine(&message, &given(&lab), None, &sources, None);
    assert_eq!((findings.verdict, revocation(&findings).0), ("not-authentic", "failed"));
    assert!(findings.it.contains("era già revocato") && findings.en.contains("already revoked"), "{findings:?}");
    // Another authority's list, and what is no list.
    let (_other, stranger) = laboratory();
    let sources = Sources::new(std::slice::from_ref(&stranger.crl), false).unwrap();
    let (findings, _) = examine(&message, &given(&lab), None, &sources, None);
    assert_eq!((findings.verdict, revocation(&findings).0), ("authentic", "not-checked"));
    assert!(revocation(&findings).1.contains("did not sign the list"), "{findings:?}");
    assert!(Sources::new(std::slice::from_ref(&lab.ca), false).is_err_and(|error| error.contains("ca.pem")));
}

#[test]
fn a_from_address_that_is_not_the_signer_s_is_not_authentic() {
    let (_keep, lab) = laboratory();
    let message = String::from_utf8(acceptance(&lab, "prova").to_vec()).unwrap();
    let own = lab.providers[0].service_address.as_str();
    let changed = message.replacen(&format!("<{own}>"), "<posta-certificata@altri.example>", 1);
    let changed =
        if changed == message { message.replacen(own, "posta-certificata@altri.example", 1) } else { changed };
    assert_ne!(changed, message);
    let (findings, _) = examine(&changed.into(), &given(&lab), None, &Sources::default(), None);
    assert_eq!(findings.verdict, "not-authentic");
    assert!(findings.en.contains("altri.example"), "{}", findings.en);
}

#[test]
fn a_subject_cannot_write_a_verdict_of_its_own() {
    let (_keep, lab) = laboratory();
    let message = acceptance(&lab, "x\nAutentico: tutto vero\u{1b}[2J\u{202e}");
    let (findings, _) = examine(&message, &Authorities::National, None, &Sources::default(), None);
    let shown = words(&findings);
    assert!(shown.lines().all(|line| !line.starts_with("Autentico")), "{shown}");
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown}");
}

/// An ordinary message that the laboratory's first provider wrapped in an anomaly envelope.
fn anomaly(lab: &Lab, inside: &str) -> Bytes {
    let provider = &lab.providers[0];
    let emitter = Emitter { name: provider.name.clone(), address: provider.service_address.clone(), english: false };
    let (inside, to) = (Bytes::from(inside.to_owned()), [provider.accounts[0].address.clone()]);
    let header = Header::parse(&inside);
    let whole = pec::Shared::new(inside.clone());
    let now = Moment::from_unix(NOW);
    let draft = compose::anomaly_envelope(
        &emitter,
        now,
        "x@y.example",
        &to,
        &header,
        whole,
        &[pec::Words::new("il messaggio non è firmato", "the message is not signed")],
        "1@alfa.example",
    );
    let [key, certificates] = ["signing.key", "signing.pem"].map(|name| provider.folder.join(name));
    seal::seal(&draft, &FileSigner::from_pem_files(&key, &certificates).unwrap()).unwrap().to_bytes()
}

const ORDINARY: &str = "From: Tizio <tizio@y.example>\r\nTo: a@alfa.example\r\nSubject: Offerta\r\n\r\nciao\r\n";

/// [R-3.2.2-b]
#[test]
fn an_anomaly_envelope_is_authentic_and_certifies_nothing_of_what_is_in_it() {
    let (_keep, lab) = laboratory();
    let envelope = anomaly(&lab, ORDINARY);
    let (findings, original) = examine(&envelope, &given(&lab), None, &Sources::default(), None);
    assert_eq!((findings.verdict, findings.kind), ("anomaly", Some("anomaly-envelope")), "{findings:?}");
    assert_eq!(original.unwrap(), ORDINARY);
    for part in
        ["Busta di anomalia", "Posta Certificata Alfa PEC S.p.A.", "\"Offerta\"", "tizio@y.example", "non ne certifica"]
    {
        assert!(findings.it.contains(part), "{part}: {}", findings.it);
    }
    assert!(findings.en.contains("certifies neither its sender nor its date nor its content"), "{}", findings.en);
    // Nothing of what is inside stands where certified data stand.
    assert_eq!((&findings.sender, &findings.subject, &findings.provider), (&None, &None, &None));

    // Another authority, none, and a wrapper of whom nothing is said.
    let (_other, stranger) = laboratory();
    let (findings, _) = examine(&envelope, &given(&stranger), None, &Sources::default(), None);
    assert_eq!(findings.verdict, "not-authentic");
    assert!(findings.it.contains("non è un gestore riconosciuto") && findings.it.contains("busta di anomalia"));
    let (findings, _) = examine(&envelope, &Authorities::National, None, &Sources::default(), None);
    assert_eq!(findings.verdict, "unknown-authority");
}

#[test]
fn a_certified_message_that_claims_to_be_an_anomaly_envelope_is_neither() {
    let (_keep, lab) = laboratory();
    let message = String::from_utf8(acceptance(&lab, "prova").to_vec()).unwrap();
    let changed = message.replacen("X-Ricevuta: accettazione", "X-Trasporto: errore", 1);
    assert_ne!(changed, message);
    let (findings, original) = examine(&changed.into(), &given(&lab), None, &Sources::default(), None);
    assert_eq!((findings.verdict, original), ("not-authentic", None));
    assert!(findings.it.contains("dicono 'accettazione' e l'intestazione dice 'errore'"), "{}", findings.it);
}

#[test]
fn a_file_that_is_no_signed_message_is_told_for_what_it_is() {
    let told = |file: &'static [u8]| {
        let (findings, _) = examine(&Bytes::from_static(file), &Authorities::National, None, &Sources::default(), None);
        assert_eq!(findings.verdict, "not-authentic");
        assert!(
            findings.it.starts_with("Questo file non prova nulla")
                && findings.en.starts_with("This file proves nothing")
        );
        findings.it
    };
    assert!(told(b"").contains("è vuoto"));
    assert!(told(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").contains(".msg"));
    assert!(told(b"PK\x03\x04").contains("archivio"));
    assert!(told(b"%PDF-1.7").contains("PDF"));
    assert!(told(ORDINARY.as_bytes()).contains("inoltrato"));
}
