use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use directory::{Index, Record};
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
fn an_authentic_message_names_its_signer_before_the_provider_of_its_data() {
    let (found, _) = judged(&acceptance("prova"), None);
    assert_eq!(found.verdict, Authenticity::Authentic, "{found:?}");
    // The data say "Altri"; the key says who it was.
    let signer = found.signer.as_ref().unwrap();
    assert_eq!(signer.subject, network().signer.certificate().subject());
    assert!(
        found.it.starts_with(&format!("Autentico: {}, che i dati chiamano \"Altri S.p.A.\", certifica", signer.name))
    );
    assert!(found.en.starts_with(&format!("Authentic: {}, whom the data call \"Altri S.p.A.\"", signer.name)));
    assert_eq!(result(&found, CheckName::Provider), CheckResult::NotChecked);
    assert_eq!(result(&found, CheckName::Header), CheckResult::Ok);
    // What was not looked at is said [R-2.2.2-e].
    assert!(
        found.checks.iter().any(|check| check.name == CheckName::Revocation && check.result == CheckResult::NotChecked)
    );
}

#[test]
fn organisation_common_name_and_unit_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let name = |subject: &str| {
        let file = folder.path().join("owner.pem");
        let (out, key) = (file.to_str().unwrap(), folder.path().join("key.pem"));
        let made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject];
        seal::testing::openssl_ok(
            folder.path(),
            &[&made[..], &["-keyout", key.to_str().unwrap(), "-out", out]].concat(),
        );
        let pem = fs::read(&file).unwrap();
        Owner::of(&seal::Certificate::from_pem(&pem).unwrap()[0], None).name
    };
    for (subject, told) in [
        ("/O=Altri S.p.A./CN=PEC di Altri", "Altri S.p.A. (PEC di Altri)"),
        ("/O=Altri S.p.A./CN=Altri S.p.A.", "Altri S.p.A."),
        ("/OU=Ufficio/CN=Altri", "Altri"),
        ("/CN=Altri/CN=PEC", "Altri, PEC"),
        ("/O=Altri S.p.A./OU=Ufficio/CN=Altri/CN=PEC", "Altri S.p.A. (Altri, PEC)"),
        ("/O=Altri S.p.A./OU=Ufficio", "Altri S.p.A."),
        ("/OU=Ufficio", "OU=Ufficio"),
    ] {
        assert_eq!(name(subject), told, "{subject}");
    }
}

fn judged(message: &Bytes, index: Option<&Index>) -> (Examination, Option<Bytes>) {
    examine(message, &given(), index, &Sources::default(), None)
}

fn result(found: &Examination, name: CheckName) -> CheckResult {
    found.checks.iter().find(|check| check.name == name).unwrap().result
}

/// A record of the index.
fn record(name: &str, certificate: &seal::Certificate, domain: &str) -> Record {
    Record {
        name: name.into(),
        unit: None,
        certificates: vec![certificate.der().clone()],
        mail_receipt: Address::parse(&format!("ricevute@{domain}")).unwrap(),
        managed_domains: vec![domain.into()],
        location: None,
        description: None,
    }
}

#[test]
fn the_name_in_the_data_is_compared_with_the_index() {
    let stranger = authority("Other Root", 3, None, |_| {}).certificate;
    let with = |ours: &str, theirs: &str| {
        let records = [(ours, network().signer.certificate(), "pec.example.it"), (theirs, &stranger, "altri.example")];
        let index = Index::new(records.map(|(name, key, domain)| record(name, key, domain)).into(), None).unwrap();
        let (found, _) = judged(&acceptance("prova"), Some(&index));
        let provider = result(&found, CheckName::Provider);
        (found, provider)
    };
    let (found, provider) = with("ALTRI S.p.A. ", "Terzi S.p.A.");
    assert_eq!((found.verdict, provider), (Authenticity::Authentic, CheckResult::Ok));
    assert!(
        !found.it.contains("chiamano")
            && found.signer.unwrap().record.is_some_and(|name| name.trim() == "ALTRI S.p.A.")
    );
    let (found, provider) = with("Nostri S.p.A.", "Terzi S.p.A.");
    assert_eq!((found.verdict, provider), (Authenticity::Authentic, CheckResult::NotChecked));
    assert!(found.it.contains("chiamano"));
    // Who signs in another provider's name certifies nothing.
    let (found, provider) = with("Nostri S.p.A.", "Altri S.p.A.");
    assert_eq!((found.verdict, provider), (Authenticity::NotAuthentic, CheckResult::Failed));
    assert!(found.it.contains("un altro gestore") && found.en.contains("another provider"), "{found:?}");
}

/// The same message with something else in its header.
fn changed(message: &Bytes, from: &str, to: &str) -> Bytes {
    let text = String::from_utf8(message.to_vec()).unwrap();
    assert!(text.contains(from), "{from} not in {text}");
    text.replacen(from, to, 1).into()
}

/// [R-I-sec-1]
#[test]
fn a_header_that_says_something_else_is_told_first_and_the_signed_data_after_it() {
    let good = acceptance("prova");
    for (field, from, to) in [
        ("Subject", "Subject: ACCETTAZIONE: prova", "Subject: ACCETTAZIONE: sfratto"),
        ("From", "From: posta-certificata@", "From: Tribunale <posta-certificata@"),
        ("To", "To: anna@pec.example.it", "To: bruno@pec.example.it"),
        ("Cc", "To: anna@", "Cc: bruno@pec.example.it\r\nTo: anna@"),
        ("Reply-To", "To: anna@", "Reply-To: ladro@altrove.example\r\nTo: anna@"),
        ("Date", "Date: ", "Date: Thu, 01 Jan 2015 10:00:00 +0100\r\nX-Date: "),
    ] {
        let to = if field == "From" {
            to.replace("<posta-certificata@", "<posta-certificata@pec.example.it> ")
        } else {
            to.into()
        };
        let from = if field == "From" { format!("From: {SERVICE}") } else { from.into() };
        let (found, _) = judged(&changed(&good, &from, &to), None);
        assert_eq!(found.verdict, Authenticity::AlteredHeader, "{field}: {found:?}");
        assert_eq!(found.contradictions.first().map(|one| one.field), Some(field), "{found:?}");
        assert!(found.it.starts_with("I dati firmati sono autentici, ma") && found.it.contains(field), "{}", found.it);
        assert!(
            found.it.contains("il messaggio \"prova\" di anna@pec.example.it"),
            "what counts is told: {}",
            found.it
        );
        assert_eq!(found.subject.as_deref(), Some("prova"));
    }
    // Of a stranger's message it is told too, behind what matters more.
    let stranger = believed(&authority("Other Root", 3, None, |_| {}).certificate.to_pem());
    let shown = changed(&good, "Subject: ACCETTAZIONE: prova", "Subject: ACCETTAZIONE: sfratto");
    let (found, _) = examine(&shown, &stranger, None, &Sources::default(), None);
    assert!(found.it.contains("non è un gestore riconosciuto") && found.it.contains("sfratto"), "{}", found.it);
}

#[test]
fn what_stands_outside_the_signed_part_is_listed() {
    let good = String::from_utf8(acceptance("prova").to_vec()).unwrap();
    let around =
        format!("Received: from a by b; x\r\nreceived: from c by d; x\r\nX-Spam: no\r\n{good}\r\nPagare subito.\r\n");
    let (found, _) = judged(&around.into(), None);
    assert_eq!(found.verdict, Authenticity::Authentic, "{found:?}");
    let outside = found.outside.unwrap();
    assert_eq!(outside.fields, ["Received", "X-Spam"]);
    assert_eq!(outside.after, "Pagare subito.".len());
    assert!(outside.words().contains("after it"), "{}", outside.words());
    let (found, _) = judged(&good.into(), None);
    assert_eq!(found.outside.map(|outside| (outside.fields.len(), outside.before, outside.after)), Some((0, 0, 0)));
}

#[test]
fn that_a_notification_is_about_another_message_is_not_signed() {
    let good = acceptance("prova");
    for field in ["In-Reply-To", "References"] {
        let shown = changed(&good, &format!("{field}:"), &format!("{field}: <altro@altrove.example>"));
        assert_eq!(judged(&shown, None).0.outside.unwrap().fields, [field]);
    }
}

#[test]
fn where_nothing_is_compared_the_whole_header_is_listed_as_not_signed() {
    let listed = |message: &Bytes| judged(message, None).0.outside.unwrap().fields;
    let envelope = anomaly(ORDINARY);
    let wrong = changed(&acceptance("prova"), "X-Ricevuta: accettazione", "X-Trasporto: errore");
    for message in [&envelope, &wrong] {
        let fields = listed(message);
        for field in ["Subject", "From", "To", "Date", "X-Trasporto"] {
            assert!(fields.iter().any(|name| name == field), "{field}: {fields:?}");
        }
    }
    let fields = listed(&changed(&envelope, "Subject: ", "Sender: ladro@altrove.example\r\nSubject: "));
    assert!(fields.iter().any(|name| name == "Sender"), "{fields:?}");
}

/// A message with these parts.
fn forwarding(parts: &[String]) -> Bytes {
    let parts: String = parts.iter().map(|part| format!("--b\r\n{part}\r\n")).collect();
    let head = "From: x@y.example\r\nSubject: I: ACCETTAZIONE: prova\r\nMIME-Version: 1.0\r\n\
                Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    format!("{head}{parts}--b--\r\n").into()
}

#[test]
fn a_message_that_was_forwarded_as_a_file_is_judged_by_itself() {
    use base64::Engine as _;
    let good = acceptance("prova");
    let text = String::from_utf8(good.to_vec()).unwrap();
    let file = base64::engine::general_purpose::STANDARD.encode(text.replace("\r\n", "\n").replace("prova", "altro"));
    let note = "Content-Type: text/plain\r\n\r\nEcco la ricevuta.".to_owned();
    let attached =
        format!("Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename=ricevuta.eml\r\n\r\n{text}");
    let as_file = format!(
        "Content-Type: application/octet-stream; name=\"Altra.EML\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{file}"
    );
    let unsigned = format!("Content-Type: message/rfc822\r\n\r\n{ORDINARY}");
    let (found, original) = judged(&forwarding(&[note.clone(), attached.clone(), as_file, unsigned.clone()]), None);
    assert_eq!((found.verdict, original), (Authenticity::NotAuthentic, None));
    assert!(found.it.contains("2 messaggi firmati") && found.en.contains("2 signed ones"), "{}", found.it);
    let inside: Vec<_> = found.attached.iter().map(|one| (one.name.as_str(), one.found.verdict)).collect();
    // The second one was changed on the way.
    assert_eq!(inside, [("ricevuta.eml", Authenticity::Authentic), ("Altra.EML", Authenticity::NotAuthentic)]);
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["attached"][0]["found"]["verdict"], "authentic");

    // A signed message that was changed is no unsigned one, whatever it carries.
    let broken = changed(&anomaly(&text), "seguente", "presente");
    let (found, _) = judged(&broken, None);
    assert_eq!((found.verdict, found.attached.len()), (Authenticity::NotAuthentic, 1));
    assert!(found.it.contains("modificato dopo la firma") && !found.it.contains("non firmato"), "{}", found.it);
    assert!(found.it.ends_with("verificato qui sotto.") && found.en.ends_with("judged below."), "{}", found.it);

    // Once, and no deeper.
    let inner =
        String::from_utf8(forwarding(&[attached]).to_vec()).unwrap().replace("=b\r\n", "=c\r\n").replace("--b", "--c");
    let (found, _) = judged(&forwarding(&[note.clone(), format!("Content-Type: message/rfc822\r\n\r\n{inner}")]), None);
    assert!(found.attached.is_empty());
    // What is quoted has no signature.
    assert!(
        found.it.contains("cita un messaggio certificato") && found.en.contains("quotes a certified message"),
        "{}",
        found.it
    );
    let many = vec![format!("Content-Type: message/rfc822\r\n\r\n{text}"); 25];
    assert_eq!(judged(&forwarding(&many), None).0.attached.len(), 20);
}

/// Genuine messages of other providers, where they are at hand.
#[test]
fn genuine_messages_are_authentic_and_contradict_themselves_nowhere() {
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../../shared/samples");
    let Ok(files) = fs::read_dir(folder) else { return };
    let files = files.map(|file| file.unwrap().path()).filter(|file| file.extension().is_some_and(|end| end == "eml"));
    let count = files
        .map(|file| {
            let message = Bytes::from(fs::read(&file).unwrap());
            let (found, _) = examine(&message, &Authorities::National, None, &Sources::default(), None);
            assert_eq!(found.verdict, Authenticity::Authentic, "{}: {found:?}", file.display());
            assert!(found.contradictions.is_empty() && found.it.starts_with("Autentico: "), "{found:?}");
        })
        .count();
    assert!(count >= 6, "{count}");
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
