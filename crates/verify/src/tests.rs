use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use pec::compose::{self, Certified, Emitter};
use pec::header::Header;
use pec::{Address, Moment, ReceiptType, Recipient, RecipientType};
use seal::Signer;
use seal::testing::{NOW, authority, list, network};

use super::*;

const SERVICE: &str = "posta-certificata@pec.example.it";
/// Who issues the signer's certificate, and with which of the keys made for tests.
const ISSUER: (&str, usize) = ("Test PEC Authority", 1);

/// An acceptance of a message with this subject.
fn acceptance(subject: &str) -> Bytes {
    let sender = Address::parse("anna@pec.example.it").unwrap();
    let certified = Certified {
        sender: sender.clone(),
        recipients: vec![Recipient { address: sender.clone(), kind: RecipientType::Certified }],
        reply_to: sender.to_string(),
        subject: Some(subject.into()),
        identifier: "1@pec.example.it".into(),
        message_id: None,
        receipt: ReceiptType::Complete,
    };
    let draft = compose::acceptance(&emitter(), Moment::from_unix(NOW), &certified, "2@pec.example.it");
    seal::seal(&draft, &network().signer).unwrap().to_bytes()
}

fn emitter() -> Emitter {
    Emitter { name: "Altri S.p.A.".into(), address: Address::parse(SERVICE).unwrap(), english: false }
}

fn given() -> Authorities {
    believed(&network().root.to_pem())
}

fn believed(pem: &str) -> Authorities {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    fs::write(&file, pem).unwrap();
    Authorities::read(&[file]).unwrap()
}

/// The issuer's list in a file: the signer's certificate revoked since these moments.
fn lists(folder: &Path, key: usize, since: &[i64]) -> [PathBuf; 1] {
    let serial = network().signer.certificate().serial_hex();
    let revoked: Vec<_> = since.iter().map(|since| (serial.as_str(), *since)).collect();
    let file = folder.join("list.crl");
    fs::write(&file, list(ISSUER.0, key, NOW + 2 * 86_400, &revoked)).unwrap();
    [file]
}

#[test]
fn an_authentic_message_names_its_signer_beside_the_provider_of_its_data() {
    let (found, _) = examine(&acceptance("prova"), &given(), None, &Sources::default(), None);
    assert_eq!(found.verdict, Authenticity::Authentic, "{found:?}");
    // The data say "Altri"; the key says who it was.
    let signer = network().signer.certificate().subject();
    assert!(found.en.contains("Altri S.p.A.") && found.en.contains(&signer.to_string()), "{}", found.en);
    // What was not looked at is said [R-2.2.2-e].
    assert!(
        found.checks.iter().any(|check| check.name == CheckName::Revocation && check.result == CheckResult::NotChecked)
    );
}

/// [R-2.2.2-e]
#[test]
fn a_revocation_before_the_signature_counts_and_a_later_one_is_told() {
    let message = acceptance("prova");
    let folder = tempfile::tempdir().unwrap();
    let judged = |lists: &[PathBuf]| {
        let (found, _) = examine(&message, &given(), None, &Sources::new(lists, None).unwrap(), None);
        let check = found.checks.iter().find(|check| check.name == CheckName::Revocation).unwrap();
        let (result, detail) = (check.result, check.detail.clone());
        (found, result, detail)
    };
    // The list knows of the provider alone: nobody says anything about the authority itself.
    let (found, result, detail) = judged(&lists(folder.path(), ISSUER.1, &[]));
    assert_eq!((found.verdict, result), (Authenticity::Authentic, CheckResult::NotChecked));
    assert!(detail.contains(ISSUER.0) && detail.contains("names neither"), "{detail}");

    let (found, result, _) = judged(&lists(folder.path(), ISSUER.1, &[NOW + 86_400]));
    assert_eq!((found.verdict, result), (Authenticity::Authentic, CheckResult::Ok));
    assert!(found.it.contains("è stato poi revocato") && found.it.contains("chiave compromessa"), "{}", found.it);
    assert!(found.en.contains("was revoked later") && found.en.contains("key compromised"), "{}", found.en);

    let (found, result, _) = judged(&lists(folder.path(), ISSUER.1, &[NOW - 1]));
    assert_eq!((found.verdict, result), (Authenticity::NotAuthentic, CheckResult::Failed));
    assert!(found.it.contains("era già revocato") && found.en.contains("already revoked"), "{found:?}");
    // Another authority's list of the same name, and what is no list.
    let (found, result, detail) = judged(&lists(folder.path(), 3, &[NOW - 1]));
    assert_eq!((found.verdict, result), (Authenticity::Authentic, CheckResult::NotChecked));
    assert!(detail.contains("did not sign the list"), "{found:?}");
    let no_list = folder.path().join("ca.pem");
    fs::write(&no_list, network().root.to_pem()).unwrap();
    assert!(Sources::new(&[no_list], None).is_err_and(|error| error.to_string().contains("ca.pem")));
}

#[test]
fn a_from_address_that_is_not_the_signer_s_is_not_authentic() {
    let message = String::from_utf8(acceptance("prova").to_vec()).unwrap();
    let own = SERVICE;
    let changed = message.replacen(&format!("<{own}>"), "<posta-certificata@altri.example>", 1);
    let changed =
        if changed == message { message.replacen(own, "posta-certificata@altri.example", 1) } else { changed };
    assert_ne!(changed, message);
    let (found, _) = examine(&changed.into(), &given(), None, &Sources::default(), None);
    assert_eq!(found.verdict, Authenticity::NotAuthentic);
    assert!(found.en.contains("altri.example"), "{}", found.en);
}

/// An ordinary message that the provider wrapped in an anomaly envelope.
fn anomaly(inside: &str) -> Bytes {
    let (inside, to) = (Bytes::from(inside.to_owned()), [Address::parse("a@pec.example.it").unwrap()]);
    let draft = compose::anomaly_envelope(
        &emitter(),
        Moment::from_unix(NOW),
        "x@y.example",
        &to,
        &Header::parse(&inside),
        pec::Shared::new(inside.clone()),
        &[pec::Words::new("il messaggio non è firmato", "the message is not signed")],
        "1@pec.example.it",
    );
    seal::seal(&draft, &network().signer).unwrap().to_bytes()
}

const ORDINARY: &str = "From: Tizio <tizio@y.example>\r\nTo: a@alfa.example\r\nSubject: Offerta\r\n\r\nciao\r\n";

/// [R-3.2.2-b]
#[test]
fn an_anomaly_envelope_is_authentic_and_certifies_nothing_of_what_is_in_it() {
    let envelope = anomaly(ORDINARY);
    let (found, original) = examine(&envelope, &given(), None, &Sources::default(), None);
    assert_eq!((found.verdict, found.kind), (Authenticity::Anomaly, Some("anomaly-envelope")), "{found:?}");
    assert_eq!(original.unwrap(), ORDINARY);
    for part in ["Busta di anomalia", "Posta Certificata", "\"Offerta\"", "tizio@y.example", "non ne certifica"] {
        assert!(found.it.contains(part), "{part}: {}", found.it);
    }
    assert!(found.en.contains("certifies neither its sender nor its date nor its content"), "{}", found.en);
    // Nothing of what is inside stands where certified data stand.
    assert_eq!((&found.sender, &found.subject, &found.provider), (&None, &None, &None));

    // Another authority, none, and a wrapper of whom nothing is said.
    let stranger = authority("Other Root", 3, None, |_| {}).certificate;
    let (found, _) = examine(&envelope, &believed(&stranger.to_pem()), None, &Sources::default(), None);
    assert_eq!(found.verdict, Authenticity::NotAuthentic);
    assert!(found.it.contains("non è un gestore riconosciuto") && found.it.contains("busta di anomalia"));
    let (found, _) = examine(&envelope, &Authorities::National, None, &Sources::default(), None);
    assert_eq!(found.verdict, Authenticity::UnknownAuthority);
}

#[test]
fn a_certified_message_that_claims_to_be_an_anomaly_envelope_is_neither() {
    let message = String::from_utf8(acceptance("prova").to_vec()).unwrap();
    let changed = message.replacen("X-Ricevuta: accettazione", "X-Trasporto: errore", 1);
    assert_ne!(changed, message);
    let (found, original) = examine(&changed.into(), &given(), None, &Sources::default(), None);
    assert_eq!((found.verdict, original), (Authenticity::NotAuthentic, None));
    assert!(found.it.contains("dicono 'accettazione' e l'intestazione dice 'errore'"), "{}", found.it);
}

#[test]
fn a_file_that_is_no_signed_message_is_told_for_what_it_is() {
    let told = |file: &'static [u8]| {
        let (found, _) = examine(&Bytes::from_static(file), &Authorities::National, None, &Sources::default(), None);
        assert_eq!(found.verdict, Authenticity::NotAuthentic);
        assert!(
            found.it.starts_with("Questo file non prova nulla") && found.en.starts_with("This file proves nothing")
        );
        found.it
    };
    assert!(told(b"").contains("è vuoto"));
    assert!(told(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").contains(".msg"));
    assert!(told(b"PK\x03\x04").contains("archivio"));
    assert!(told(b"%PDF-1.7").contains("PDF"));
    assert!(told(ORDINARY.as_bytes()).contains("inoltrato"));
}

/// What programs read (docs/verify.md).
#[test]
fn the_words_of_the_enums_are_those_of_the_json() {
    let (found, _) = examine(&acceptance("prova"), &given(), None, &Sources::default(), None);
    let json: serde_json::Value = serde_json::to_value(&found).unwrap();
    assert_eq!((&json["verdict"], &json["checks"][0]["name"]), (&"authentic".into(), &"signature".into()));
    assert_eq!(json["checks"][2]["result"], "not-checked");
}
