use std::process::Command;

use proptest::prelude::*;

use super::data::is_xml_char;
use super::*;
use crate::{Fault, Kind, Moment, ReceiptType, RecipientType};

/// The data of one kind with every element that the matrix of the norm digest §6 requires.
pub(crate) fn row(kind: Kind) -> CertificationData {
    let recipient = |address: &str, kind| DataRecipient { address: address.into(), kind };
    let mut data = CertificationData {
        tipo: kind.tipo().unwrap_or_default().into(),
        fault: Fault::None,
        sender: "mittente@pec.example.it".into(),
        recipients: vec![
            recipient("Uno@pec.example.org", RecipientType::Certified),
            recipient("due@example.com", RecipientType::Ordinary),
        ],
        reply_to: "mittente@pec.example.it".into(),
        subject: Some("Fattura n° 1 <urgente> & \"altro\"".into()),
        provider: "Gestore d'Esempio S.p.A.".into(),
        time: Moment::from_unix(1_720_000_000).into(),
        identifier: "sigillo1.20260919154119.7@pec.example.it".into(),
        message_id: Some("<abc$1@client.example>".into()),
        receipt: None,
        delivery: None,
        reception: Vec::new(),
        extended_error: None,
    };
    let one = || Some("Uno@pec.example.org".to_owned());
    match kind {
        Kind::Acceptance | Kind::AnomalyEnvelope => {}
        Kind::Delivery => {
            data.receipt = Some(ReceiptType::Brief);
            data.delivery = one();
        }
        Kind::NonAcceptance | Kind::VirusNonAcceptance => {
            data.fault = if kind.security_error() { Fault::Virus } else { Fault::Other };
            data.extended_error = Some("5.1.0 - motivo".into());
        }
        Kind::NonDelivery | Kind::VirusNonDelivery | Kind::VirusDetection => {
            data.fault = match kind {
                Kind::NonDelivery => Fault::NoRecipient,
                Kind::VirusNonDelivery => Fault::Virus,
                _ => Fault::Other,
            };
            data.delivery = one();
            data.extended_error = Some("5.1.1 - Gestore - indirizzo non valido".into());
        }
        Kind::TakeCharge => data.reception = vec!["Uno@pec.example.org".into(), "due@pec.example.org".into()],
        Kind::Timeout => data.delivery = one(),
        Kind::TransportEnvelope => data.receipt = Some(ReceiptType::Complete),
    }
    data
}

fn rows() -> impl Iterator<Item = CertificationData> {
    Kind::ALL.into_iter().filter(|kind| kind.tipo().is_some()).map(row)
}

/// What libxml2 says of `xml` by the official DTD.
fn judge(xml: &[u8]) -> Result<(), String> {
    let dtd = std::env::var("CARGO_MANIFEST_DIR").unwrap() + "/daticert.dtd";
    let mut xmllint = Command::new("xmllint");
    let output = harness::output_of(xmllint.args(["--noout", "--nonet", "--dtdvalid", &dtd, "-"]), xml).unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[test]
fn the_judge_refuses_what_the_dtd_refuses() {
    let xml = String::from_utf8(row(Kind::Acceptance).write()).unwrap();
    assert_eq!(judge(xml.as_bytes()), Ok(()));
    assert!(judge(xml.replace("accettazione", "altra").as_bytes()).is_err());
}

#[test]
fn every_kind_is_written_valid_by_the_dtd_and_reads_back_equal() {
    // [R-4.4-a] to [R-4.4-h]
    for data in rows() {
        let xml = data.write();
        assert_eq!(judge(&xml), Ok(()), "{}", data.tipo);
        assert_eq!(CertificationData::read_with_quirks(&xml), Ok((data, Vec::new())));
    }
}

#[test]
fn the_layout_is_that_of_the_openpec_family() {
    let xml = String::from_utf8(row(Kind::Delivery).write()).unwrap();
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<postacert tipo="avvenuta-consegna" errore="nessuno">
    <intestazione>
        <mittente>mittente@pec.example.it</mittente>
        <destinatari tipo="certificato">Uno@pec.example.org</destinatari>
        <destinatari tipo="esterno">due@example.com</destinatari>
        <risposte>mittente@pec.example.it</risposte>
        <oggetto>Fattura n° 1 &lt;urgente&gt; &amp; "altro"</oggetto>
    </intestazione>
    <dati>
        <gestore-emittente>Gestore d'Esempio S.p.A.</gestore-emittente>
        <data zona="+0200">
            <giorno>03/07/2024</giorno>
            <ora>11:46:40</ora>
        </data>
        <identificativo>sigillo1.20260919154119.7@pec.example.it</identificativo>
        <msgid>&lt;abc$1@client.example&gt;</msgid>
        <ricevuta tipo="breve" />
        <consegna>Uno@pec.example.org</consegna>
    </dati>
</postacert>
"#;
    assert_eq!(xml, expected);
}

#[test]
fn the_layouts_of_other_families_read_the_same() {
    let ours = String::from_utf8(row(Kind::TransportEnvelope).write()).unwrap();
    let data = row(Kind::TransportEnvelope);
    let crlf = ours.replace("    ", " ").replace('\n', "\r\n");
    let bare = ours.replace("    ", "").replace('\n', "\r\n\r\n");
    let tabs = ours.replace("    ", "\t").replace("UTF-8", "utf-8");
    let closed = ours.replace(" />", "></ricevuta>") + "\n\r\n";
    let tight = ours.replace(" />", "/>");
    let marked = format!("\u{feff}{ours}");
    let single = ours.replace("tipo=\"completa\"", "tipo = 'completa'");
    for xml in [crlf, bare, tabs, closed, tight, marked, single] {
        assert_eq!(CertificationData::read_with_quirks(xml.as_bytes()), Ok((data.clone(), Vec::new())), "{xml}");
    }
}

/// [R-I-xml-2]
#[test]
fn unknown_elements_and_attributes_comments_and_an_unread_doctype_are_tolerated() {
    let ours = String::from_utf8(row(Kind::Delivery).write()).unwrap();
    let xml = ours
        .replace(
            "<postacert ",
            "<!DOCTYPE postacert SYSTEM \"x.dtd\" [<!ENTITY e \"x\">]>\n<!-- c --><postacert xmlns=\"urn:x\" ",
        )
        .replace("<dati>", "<dati><nuovo a=\"&#1;\"><msgid>&lt;x&gt;</msgid><vuoto/></nuovo>")
        .replace("<mittente>", "<mittente><!-- c --><![CDATA[]]>")
        .replace("<risposte>mittente", "<risposte>m<b>x</b>&#105;t<![CDATA[tent]]>e");
    assert_eq!(CertificationData::read_with_quirks(xml.as_bytes()), Ok((row(Kind::Delivery), Vec::new())));
}

/// [R-I-xml-2]
#[test]
fn absent_attributes_take_the_defaults_of_the_dtd() {
    let xml = String::from_utf8(row(Kind::Acceptance).write()).unwrap();
    let xml = xml.replace(" errore=\"nessuno\"", "").replace("destinatari tipo=\"certificato\"", "destinatari");
    assert_eq!(CertificationData::read(xml.as_bytes()), Ok(row(Kind::Acceptance)));
}

#[test]
fn an_empty_reply_to_is_a_quirk() {
    for empty in ["<risposte></risposte>", "<risposte/>", "<risposte>\n</risposte>"] {
        let xml = String::from_utf8(row(Kind::Acceptance).write()).unwrap();
        let xml = xml.replace("<risposte>mittente@pec.example.it</risposte>", empty);
        let (data, quirks) = CertificationData::read_with_quirks(xml.as_bytes()).unwrap();
        assert_eq!((data.reply_to.as_str(), quirks), ("", vec![Quirk::EmptyReplyTo]));
    }
}

#[test]
fn forbidden_characters_raw_or_as_references_are_a_quirk() {
    let ours = String::from_utf8(row(Kind::Acceptance).write()).unwrap();
    for forbidden in ["\u{16}", "&#18;", "&#x0;", "&#xD800;", "&#99999999999;", "\u{ffff}"] {
        let xml = ours.replace("Fattura", &format!("Fat{forbidden}tura"));
        let (data, quirks) = CertificationData::read_with_quirks(xml.as_bytes()).unwrap();
        assert_eq!(data.subject.as_deref(), Some("Fat\u{fffd}tura n° 1 <urgente> & \"altro\""));
        assert_eq!(quirks, [Quirk::ForbiddenXmlCharacters], "{forbidden:?}");
        assert_eq!(judge(&data.write()), Ok(()));
    }
}

#[test]
fn western_octets_declared_or_not_are_a_quirk() {
    let ours = String::from_utf8(row(Kind::Acceptance).write()).unwrap();
    for label in ["UTF-8", "ISO-8859-1", "windows-1252", "unknown"] {
        let xml: Vec<u8> = ours.replace("UTF-8", label).chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let read = CertificationData::read_with_quirks(&xml);
        assert_eq!(read, Ok((row(Kind::Acceptance), vec![Quirk::DataNotUtf8])), "{label}");
    }
    let utf16: Vec<u8> = format!("\u{feff}{ours}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let read = CertificationData::read_with_quirks(&utf16);
    assert_eq!(read, Ok((row(Kind::Acceptance), vec![Quirk::DataNotUtf8])));
}

#[test]
fn what_the_dtd_requires_must_be_there_once_and_with_known_values() {
    let ours = String::from_utf8(row(Kind::TransportEnvelope).write()).unwrap();
    for (old, new, error) in [
        ("posta-certificata", "posta", "unknown postacert/@tipo 'posta'"),
        ("errore=\"nessuno\"", "errore=\"boh\"", "unknown postacert/@errore 'boh'"),
        ("tipo=\"posta-certificata\"", "", "postacert has no @tipo"),
        ("tipo=\"esterno\"", "tipo=\"x\"", "unknown destinatari/@tipo 'x'"),
        ("tipo=\"completa\"", "tipo=\"lunga\"", "unknown ricevuta/@tipo 'lunga'"),
        ("mittente>", "mitt>", "'mittente' is missing"),
        ("destinatari", "dest", "'destinatari' is missing"),
        ("risposte>", "risp>", "'risposte' is missing"),
        ("identificativo>", "id>", "'identificativo' is missing"),
        (" zona=\"+0200\"", "", "'data/@zona' is missing"),
        ("postacert", "altro", "the root element is 'altro'"),
        ("<msgid>", "<msgid></msgid><msgid>", "'msgid' occurs twice"),
        (" zona=", " zona=\"\" zona=", "attribute 'zona' occurs twice"),
        ("Fattura", "&egrave;", "entity 'egrave' is not one of XML's own"),
        ("Fattura", "&#xzz;", "'&#xzz;' is no reference"),
        ("</dati>\n</postacert>", "", "the text ends before its elements"),
        ("</postacert>", "</postacert><postacert tipo=\"accettazione\"/>", "'postacert' occurs twice"),
    ] {
        let read = CertificationData::read(ours.replace(old, new).as_bytes());
        assert_eq!(read, Err(DataError(error.into())), "{old} -> {new}");
    }
    assert_eq!(CertificationData::read(b""), Err(DataError("'postacert' is missing".into())));
    assert!(CertificationData::read(b"<postacert").is_err());
    assert!(CertificationData::read(ours.replace("</dati>", "</data>").as_bytes()).is_err());
}

/// [R-I-xml-2]
#[test]
fn an_entity_of_the_doctype_is_never_expanded() {
    let xml = String::from_utf8(row(Kind::Acceptance).write()).unwrap();
    let xml =
        xml.replace("<postacert ", "<!DOCTYPE postacert [<!ENTITY e SYSTEM \"file:///etc/hostname\">]><postacert ");
    let read = CertificationData::read(xml.replace("Fattura", "&e;").as_bytes());
    assert_eq!(read, Err(DataError("entity 'e' is not one of XML's own".into())));
}

/// [R-I-xml-2]
#[test]
fn length_depth_and_attributes_are_bounded() {
    assert!(CertificationData::read(&vec![b' '; MAX_LEN + 1]).unwrap_err().0.starts_with("longer than"));
    let ours = String::from_utf8(row(Kind::Acceptance).write()).unwrap();
    let deep = ours.replace("<dati>", &format!("<dati>{}", "<a>".repeat(100_000)));
    assert_eq!(CertificationData::read(deep.as_bytes()), Err(DataError("nested too deep".into())));
    let wide = ours.replace("<dati>", &format!("<dati {}>", "a=\"\" ".repeat(200_000)));
    assert_eq!(CertificationData::read(wide.as_bytes()), Ok(row(Kind::Acceptance)));
}

/// Any data, in texts that contain everything awkward.
fn any_data() -> impl Strategy<Value = CertificationData> {
    let text =
        || prop_oneof![3 => "[ -~]{0,20}", 2 => "[\t\r\n\u{0}-\u{1f}<>&\"' à€\u{fffe}😀]{0,12}", 1 => any::<String>()];
    let option = |text: proptest::strategy::BoxedStrategy<String>| proptest::option::of(text);
    let kind = proptest::sample::select(rows().map(|data| data.tipo).collect::<Vec<_>>());
    let receipt = proptest::sample::select(vec![None, Some(ReceiptType::Complete), Some(ReceiptType::Concise)]);
    let fault = proptest::sample::select(vec![Fault::None, Fault::Virus, Fault::Other]);
    let recipient = (text(), any::<bool>()).prop_map(|(address, certified)| DataRecipient {
        address,
        kind: if certified { RecipientType::Certified } else { RecipientType::Ordinary },
    });
    (
        (kind, fault, text(), proptest::collection::vec(recipient, 1..4), text(), option(text().boxed())),
        (text(), (text(), text(), text()), text(), option(text().boxed()), receipt),
        (option(text().boxed()), proptest::collection::vec(text(), 0..3), option(text().boxed())),
    )
        .prop_map(|((tipo, fault, sender, recipients, reply_to, subject), dati, rest)| {
            let (provider, (day, time, zone), identifier, message_id, receipt) = dati;
            let (delivery, reception, extended_error) = rest;
            let time = DataTime { day, time, zone };
            CertificationData {
                tipo,
                fault,
                sender,
                recipients,
                reply_to,
                subject,
                provider,
                time,
                identifier,
                message_id,
                receipt,
                delivery,
                reception,
                extended_error,
            }
        })
}

/// What is left of a text after writing and reading.
fn settled(text: &mut String) {
    let kept: String = text.chars().map(|c| if is_xml_char(c) { c } else { char::REPLACEMENT_CHARACTER }).collect();
    *text = kept.trim_matches([' ', '\t', '\r', '\n']).to_owned();
}

fn settle(mut data: CertificationData) -> CertificationData {
    let CertificationData { sender, reply_to, provider, identifier, .. } = &mut data;
    [sender, reply_to, provider, identifier].into_iter().for_each(settled);
    [&mut data.time.day, &mut data.time.time, &mut data.time.zone].into_iter().for_each(settled);
    let options = [&mut data.subject, &mut data.message_id, &mut data.delivery, &mut data.extended_error];
    options.into_iter().flatten().for_each(settled);
    data.recipients.iter_mut().for_each(|recipient| settled(&mut recipient.address));
    data.reception.iter_mut().for_each(settled);
    data
}

proptest! {
    #[test]
    fn reading_what_was_written_gives_the_same_data(data in any_data()) {
        let read = CertificationData::read(&data.write());
        prop_assert_eq!(read, Ok(settle(data)));
    }

    #[test]
    fn any_octets_are_read_without_panic(octets in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = CertificationData::read(&octets);
    }

    #[test]
    fn any_damage_is_read_without_panic(at in 0usize..900, octets in proptest::collection::vec(any::<u8>(), 0..6), drop in 0usize..40) {
        let mut xml = row(Kind::Delivery).write();
        let at = at.min(xml.len());
        let end = (at + drop).min(xml.len());
        xml.splice(at..end, octets);
        if let Ok(data) = CertificationData::read(&xml) {
            prop_assert_eq!(CertificationData::read(&data.write()), Ok(data));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn any_data_is_written_valid_by_the_dtd(data in any_data()) {
        prop_assert_eq!(judge(&data.write()), Ok(()));
    }
}
