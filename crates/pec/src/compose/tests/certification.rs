use std::process::Command;

use super::*;

/// The judgement of a foreign reader, by the DTD of the norm.
fn valid(xml: &[u8]) -> Result<(), String> {
    let dtd = format!("{}/daticert.dtd", std::env::var("CARGO_MANIFEST_DIR").unwrap());
    let mut xmllint = Command::new("xmllint");
    let output = harness::output_of(xmllint.args(["--nonet", "--noout", "--dtdvalid", &dtd, "-"]), xml).unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[test]
fn the_certification_data_are_valid_and_say_what_the_draft_says() {
    // [R-4.4-a] [R-3.1.2-d] [R-4-parse]
    for draft in notifications().into_iter().chain([envelope()]) {
        let xml = xml(&draft).unwrap();
        valid(&xml).unwrap_or_else(|why| panic!("{:?}: {why}", draft.kind));
        assert_eq!(crate::CertificationData::read(&xml).unwrap(), draft.data.unwrap(), "{:?}", draft.kind);
    }
    assert_eq!(xml(&anomaly()), None);
    assert_eq!(anomaly().data, None);
    assert!(valid(b"<postacert tipo=\"altro\"/>").is_err(), "the judge refuses what is wrong");
}

#[test]
fn every_notice_repeats_what_is_certified() {
    // [R-4.4-b] [R-4.4-c] [R-4.4-d] [R-4.4-e] [R-4.4-time] [R-2.1-h] [R-O-tic-1]
    for draft in notifications().into_iter().chain([envelope()]) {
        let data = draft.data.unwrap();
        assert_eq!(data.tipo, draft.kind.tipo().unwrap());
        assert_eq!((data.time.day.as_str(), data.time.time.as_str()), ("05/12/2024", "11:30:30"));
        assert_eq!(data.time.zone, "+0100");
        assert_eq!(data.provider, "Gestore Uno S.p.A.");
        assert_eq!(data.subject.as_deref(), Some("Perché no"));
        assert_eq!(data.reply_to, "protocollo@comune.example.it");
        let read = Certified::from_data(&data).unwrap();
        assert_eq!(read, certified());
    }
}

#[test]
fn every_kind_fills_its_row_of_the_matrix() {
    // [R-4.4-f] [R-4.4-g] [R-4.4-h] [R-3.1.3-c] [R-3.2.1-c] [R-3.3.3-b] [R-4.4-ric]
    let virus = Some("Eicar-Test-Signature".to_owned());
    let coded = |text: &str| Some(text.replacen(" - ", " - Gestore Uno S.p.A. - ", 1));
    let reasons = Some(super::notifications::reasons().join("; "));
    let first = coded("4.4.1 - il messaggio non è stato consegnato nelle prime dodici ore dal suo invio");
    let second = coded("5.4.1 - il messaggio non è stato consegnato nelle prime ventiquattro ore dal suo invio");
    let (complete, none, anna) = (Some(ReceiptType::Complete), None, Some("Anna@pec.due.example.it"));
    let rows = [
        (Kind::Acceptance, Fault::None, none, None, 0, None),
        (Kind::NonAcceptance, Fault::Other, none, None, 0, reasons),
        (Kind::VirusNonAcceptance, Fault::Virus, none, None, 0, virus.clone()),
        (Kind::Timeout, Fault::None, none, anna, 0, first),
        (Kind::Timeout, Fault::Other, none, anna, 0, second),
        (Kind::TakeCharge, Fault::None, none, None, 2, None),
        (Kind::Delivery, Fault::None, complete, anna, 0, None),
        (Kind::Delivery, Fault::None, complete, anna, 0, None),
        (Kind::Delivery, Fault::None, complete, anna, 0, None),
        (Kind::NonDelivery, Fault::NoRecipient, none, anna, 0, coded("5.1.1 - indirizzo non valido")),
        (
            Kind::NonDelivery,
            Fault::NoDomain,
            none,
            anna,
            0,
            coded("5.1.2 - dominio del destinatario non raggiungibile"),
        ),
        (Kind::NonDelivery, Fault::Other, none, anna, 0, coded("5.2.2 - casella piena")),
        (Kind::VirusDetection, Fault::Other, none, anna, 0, virus.clone()),
        (Kind::VirusNonDelivery, Fault::Virus, none, anna, 0, virus),
        (Kind::TransportEnvelope, Fault::None, complete, None, 0, None),
    ];
    let drafts: Vec<Draft> = notifications().into_iter().chain([envelope()]).collect();
    assert_eq!(drafts.len(), rows.len());
    for (draft, row) in drafts.into_iter().zip(rows) {
        let data = draft.data.unwrap();
        let found = (
            draft.kind,
            data.fault,
            data.receipt,
            data.delivery.as_deref(),
            data.reception.len(),
            data.extended_error.clone(),
        );
        assert_eq!(found, row);
        assert_eq!(data.recipients.len(), 3, "all recipients, always");
    }
}

#[test]
fn facts_come_back_from_data_or_say_which_address_is_wrong() {
    let data = envelope().data.unwrap();
    let mut wrong = data.clone();
    wrong.recipients[1].address = "due parole@x.it".into();
    assert_eq!(Certified::from_data(&wrong), Err("due parole@x.it".into()));
    let mut bare = data;
    bare.receipt = None;
    assert_eq!(Certified::from_data(&bare).unwrap().receipt, ReceiptType::Complete);
}
