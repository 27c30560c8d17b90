use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;
use crate::Words;
use crate::daticert::tests::row;
use crate::mime::{Bounds, Node, Tree};

/// An original with attachments whose names and boundaries are those of certified mail.
const ORIGINAL: &str = "\
Received: from client.example by smtp.pec.example.it
From: Mittente <mittente@pec.example.it>
To: Uno@pec.example.org
Subject: Ricevuta di consegna 6782414
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=\"----=_Part_1\"
Message-ID: <sigillo1.20260919154119.7@pec.example.it>
X-Riferimento-Message-ID: <abc$1@client.example>

------=_Part_1
Content-Type: application/xml; name=\"daticert.xml\"

<postacert tipo=\"accettazione\"/>
------=_Part_1
Content-Type: message/rfc822; name=\"postacert.eml\"

Subject: inside

------=_Part_1--
";

/// An envelope as the OpenPEC family writes it (Aruba, Sogei, Namirial, 2018 to 2024).
const OPENPEC: &str = "\
Return-Path: <mittente@pec.example.it>
Received: from smtps.pec.example.it by mx.pec.example.org
Subject: POSTA CERTIFICATA: Ricevuta di consegna 6782414
X-Riferimento-Message-ID: <abc$1@client.example>
Date: Wed, 03 Jul 2024 11:46:40 +0200
Reply-To: mittente@pec.example.it
To: Uno@pec.example.org
X-Trasporto: posta-certificata
From: \"Per conto di: mittente@pec.example.it\" <posta-certificata@pec.example.it>
X-Tiporicevuta: completa
MIME-Version: 1.0
Content-Type: multipart/signed; protocol=\"application/x-pkcs7-signature\"; micalg=\"sha1\"; boundary=\"----379AA1C2FE8D\"
Message-ID: <sigillo1.20260919154119.7@pec.example.it>

This is an S/MIME signed message

------379AA1C2FE8D
Content-Type: multipart/mixed; boundary=\"----------=_1542124053-5177-43102\"
Content-Transfer-Encoding: binary
MIME-Version: 1.0

------------=_1542124053-5177-43102
Content-Type: multipart/alternative;
 boundary=\"----------=_1542124053-5177-43103\"
Content-Transfer-Encoding: binary

------------=_1542124053-5177-43103
Content-Type: text/plain; charset=\"iso-8859-1\"
Content-Disposition: inline
Content-Transfer-Encoding: quoted-printable

Messaggio di posta certificata
------------=_1542124053-5177-43103
Content-Type: text/html; charset=\"iso-8859-1\"
Content-Disposition: inline
Content-Transfer-Encoding: quoted-printable

<html></html>

------------=_1542124053-5177-43103--

------------=_1542124053-5177-43102
Content-Type: application/xml; name=\"daticert.xml\"
Content-Disposition: inline; filename=\"daticert.xml\"
Content-Transfer-Encoding: base64

{base64}

------------=_1542124053-5177-43102
Content-Type: message/rfc822; name=\"postacert.eml\"
Content-Disposition: inline; filename=\"postacert.eml\"
Content-Transfer-Encoding: 7bit

{original}
------------=_1542124053-5177-43102--

------379AA1C2FE8D
Content-Type: application/x-pkcs7-signature; name=\"smime.p7s\"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename=\"smime.p7s\"

MIIa

------379AA1C2FE8D--
";

/// An envelope as Legalmail wrote it in 2018: original first, data in quoted-printable, attachments,
/// a blank before the folds, no X-TipoRicevuta.
const LEGALMAIL: &str = "\
Date: Wed, 3 Jul 2024 11:46:40 +0200 (CEST)
From: \"Per conto di: mittente@pec.example.it\"
\t<posta-certificata@legal.example>
Reply-To: Mittente <mittente@pec.example.it>
To: Uno@pec.example.org
Subject: POSTA CERTIFICATA: x
MIME-Version: 1.0
Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-1; \n\tboundary=\"----=_Part_2_3.4\"
X-Priority: 3
X-Trasporto: posta-certificata
X-Riferimento-Message-ID: <abc$1@client.example>
Message-ID: <sigillo1.20260919154119.7@pec.example.it>

------=_Part_2_3.4
Content-Type: multipart/mixed; \n\tboundary=\"----=_Part_2_3\"

------=_Part_2_3
Content-Type: text/plain; charset=ISO-8859-1
Content-Transfer-Encoding: 7bit

Messaggio di posta certificata
------=_Part_2_3
Content-Type: message/rfc822; name=postacert.eml
Content-Disposition: attachment; filename=postacert.eml

{original}
------=_Part_2_3
Content-Type: application/xml; charset=UTF-8; name=daticert.xml
Content-Transfer-Encoding: quoted-printable
Content-Disposition: attachment; filename=daticert.xml

{quoted}
------=_Part_2_3--

------=_Part_2_3.4
Content-Type: application/pkcs7-signature; name=smime.p7s; smime-type=signed-data
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename=\"smime.p7s\"
Content-Description: S/MIME Cryptographic Signature

MIAG
------=_Part_2_3.4--
";

/// An acceptance as Aruba writes it in 2026.
const ARUBA_2026: &str = "\
Date: Wed, 3 Jul 2024 11:46:40 +0200 (CEST)
From: posta-certificata@pec.example.it
To: mittente@pec.example.it
Message-ID: <jpec13216.20260919154119.05561.4000.1.2@pec.example.it>
Subject: ACCETTAZIONE: Fattura
MIME-Version: 1.0
Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; \n\tboundary=\"----=_Part_9_1.2\"
X-Ricevuta: accettazione
X-Riferimento-Message-ID: <abc$1@client.example>
X-REM-Subject: REM SubmissionAcceptance: Fattura

------=_Part_9_1.2
Content-Type: multipart/mixed; \n\tboundary=\"----=_Part_8_1.2\"

------=_Part_8_1.2
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable
Content-Disposition: inline

Ricevuta di accettazione
------=_Part_8_1.2
Content-Type: application/xml; name=\"daticert.xml\"
Content-Transfer-Encoding: base64
Content-Disposition: inline; filename=daticert.xml

{base64}
------=_Part_8_1.2--

------=_Part_9_1.2
Content-Type: application/pkcs7-signature; name=smime.p7s; smime-type=signed-data

MIAG
------=_Part_9_1.2--
";

/// The template with the XML of `data` and the original put in, CRLF line ends.
fn filled(template: &str, data: &CertificationData) -> String {
    let xml = data.write();
    let base64: Vec<String> =
        STANDARD.encode(&xml).as_bytes().chunks(60).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    let quoted: String = xml
        .iter()
        .map(|&b| match b {
            b'\n' => "\n".to_owned(),
            b'=' | 128.. => format!("={b:02X}"),
            b'z' => "z=\n".to_owned(),
            b => char::from(b).to_string(),
        })
        .collect();
    template
        .replace("{base64}", &base64.join("\n"))
        .replace("{quoted}", &quoted)
        .replace("{original}", ORIGINAL)
        .replace('\n', "\r\n")
}

fn openpec() -> String {
    filled(OPENPEC, &row(Kind::TransportEnvelope))
}

/// A notice of `kind` in the OpenPEC shape, with `data`.
fn notice(kind: Kind, data: &CertificationData) -> String {
    let mut field = format!("X-Ricevuta: {}", kind.x_ricevuta().unwrap());
    if kind.security_error() {
        field.push_str("\nX-VerificaSicurezza: errore");
    }
    let head = OPENPEC.replace("X-Trasporto: posta-certificata", &field).replace("X-Tiporicevuta: completa\n", "");
    let (before, rest) = head.split_once("------------=_1542124053-5177-43102\nContent-Type: message/rfc822").unwrap();
    let (_, after) = rest.split_once("{original}\n").unwrap();
    filled(&format!("{before}{after}"), data)
}

/// Where the first part of the outer multipart/signed stands.
fn entity(message: &Bytes) -> Range<usize> {
    let tree = Tree::read(message, 0..message.len(), &Bounds { depth: 1, ..Bounds::SIGNED }, |_, _| {});
    tree.nodes().get(1).map_or(0..0, Node::range)
}

fn read_text(text: &str) -> Result<PecMessage, FormFault> {
    let message = Bytes::copy_from_slice(text.as_bytes());
    let entity = entity(&message);
    read(&message, entity)
}

/// The envelope of the OpenPEC shape with one replacement that must take place.
fn changed(old: &str, new: &str) -> Result<PecMessage, FormFault> {
    let text = openpec();
    let (old, new) = (old.replace('\n', "\r\n"), new.replace('\n', "\r\n"));
    assert!(text.contains(&old), "{old}");
    read_text(&text.replacen(&old, &new, 1))
}

#[test]
fn an_envelope_of_the_openpec_family_is_read_whole() {
    let read = read_text(&openpec()).unwrap();
    assert_eq!(read.kind, Kind::TransportEnvelope);
    assert_eq!(read.data, row(Kind::TransportEnvelope));
    assert_eq!(read.original_bytes().unwrap(), ORIGINAL.replace('\n', "\r\n"));
    assert_eq!(&read.header.message()[read.original.clone().unwrap()], ORIGINAL.replace('\n', "\r\n").as_bytes());
    assert_eq!(read.message_id.as_deref(), Some("sigillo1.20260919154119.7@pec.example.it"));
    assert_eq!((read.receipt, read.quirks), (ReceiptType::Complete, vec![]));
}

#[test]
fn an_envelope_of_the_javamail_family_is_read_whole() {
    let mut data = row(Kind::TransportEnvelope);
    data.receipt = Some(ReceiptType::Concise);
    let read = read_text(&filled(LEGALMAIL, &data)).unwrap();
    assert_eq!((read.kind, &read.data), (Kind::TransportEnvelope, &data));
    assert_eq!(read.original_bytes().unwrap(), ORIGINAL.replace('\n', "\r\n"));
    // without the header the XML decides.
    assert_eq!(read.receipt, ReceiptType::Concise);
    assert_eq!(read.quirks, [Quirk::PartNames, Quirk::NoReceiptType]);
}

#[test]
fn an_acceptance_of_2026_with_an_empty_reply_to_is_read() {
    let mut data = row(Kind::Acceptance);
    data.reply_to.clear();
    let read = read_text(&filled(ARUBA_2026, &data)).unwrap();
    assert_eq!((read.kind, &read.data, read.original_bytes()), (Kind::Acceptance, &data, None));
    assert_eq!(read.quirks, [Quirk::EmptyReplyTo]);
    assert_eq!(read.message_id.as_deref(), Some("jpec13216.20260919154119.05561.4000.1.2@pec.example.it"));
}

#[test]
fn line_feeds_alone_make_no_difference() {
    let read = read_text(&openpec().replace("\r\n", "\n")).unwrap();
    assert_eq!((&read.data, read.original_bytes().unwrap()), (&row(Kind::TransportEnvelope), Bytes::from(ORIGINAL)));
}

#[test]
fn every_notice_is_read_as_its_kind() {
    for kind in Kind::ALL.into_iter().filter(|kind| kind.x_ricevuta().is_some()) {
        let text = notice(kind, &row(kind));
        let message = Bytes::from(text.clone());
        assert_eq!(claimed_kind(&Header::parse(&message)), Some(kind));
        let read = read_text(&text).unwrap();
        assert_eq!((read.kind, &read.data, &read.quirks), (kind, &row(kind), &vec![]), "{kind:?}");
        let concerned = row(kind).delivery;
        assert_eq!(read.recipient(), concerned.as_deref(), "{kind:?}");
    }
}

#[test]
fn names_and_values_of_the_kind_fields_have_no_case() {
    // [R-O-hdr-1]
    for (fields, kind) in [
        ("x-ricevuta:  Avvenuta-Consegna \r\n", Some(Kind::Delivery)),
        ("X-TRASPORTO: ERRORE\r\n", Some(Kind::AnomalyEnvelope)),
        ("X-Ricevuta: errore-consegna\r\nx-verificasicurezza: Errore\r\n", Some(Kind::VirusNonDelivery)),
        ("X-Ricevuta: errore-consegna\r\nX-VerificaSicurezza: altro\r\n", Some(Kind::NonDelivery)),
        ("X-Ricevuta: rilevazione-virus\r\nX-VerificaSicurezza: errore\r\n", Some(Kind::VirusDetection)),
        ("X-Ricevuta: posta-certificata\r\n", None),
        ("X-Trasporto: accettazione\r\n", None),
        ("X-Ricevuta:\r\n", None),
        ("Subject: CONSEGNA: x\r\n", None),
        ("X-Ricevuta: accettazione\r\nX-Trasporto: errore\r\n", None),
        ("X-Ricevuta: accettazione\r\nX-Ricevuta: accettazione\r\n", None),
    ] {
        assert_eq!(claimed_kind(&Header::parse(&Bytes::from(format!("{fields}\r\n")))), kind, "{fields}");
    }
}

#[test]
fn a_notice_whose_data_say_virus_is_a_virus_notice() {
    for (kind, virus) in [(Kind::NonDelivery, Kind::VirusNonDelivery), (Kind::NonAcceptance, Kind::VirusNonAcceptance)]
    {
        let mut data = row(kind);
        data.fault = Fault::Virus;
        assert_eq!(read_text(&notice(kind, &data)).unwrap().kind, virus);
    }
}

#[test]
fn an_old_virus_detection_names_its_recipient_in_ricezione() {
    let mut data = row(Kind::VirusDetection);
    data.reception = data.delivery.take().into_iter().collect();
    let read = read_text(&notice(Kind::VirusDetection, &data)).unwrap();
    assert_eq!((read.recipient(), &read.quirks), (Some("Uno@pec.example.org"), &vec![Quirk::VirusReception]));
}

#[test]
fn the_signed_data_decide_the_receipt_and_another_header_is_a_quirk() {
    // Q-03, as far as signed bytes go: [R-I-sec-1]
    let read = changed("X-Tiporicevuta: completa", "X-TipoRicevuta: breve").unwrap();
    assert_eq!((read.receipt, read.quirks), (ReceiptType::Complete, vec![Quirk::ReceiptTypeMismatch]));
    let read = changed("X-Tiporicevuta: completa", "X-TipoRicevuta: boh").unwrap();
    assert_eq!((read.receipt, read.quirks), (ReceiptType::Complete, vec![]));
    let read = changed("X-Tiporicevuta: completa\n", "").unwrap();
    assert_eq!((read.receipt, read.quirks), (ReceiptType::Complete, vec![Quirk::NoReceiptType]));
}

#[test]
fn names_of_another_case_are_a_quirk_and_one_name_is_enough() {
    let read = changed("name=\"daticert.xml\"", "name=\"DatiCert.XML\"").unwrap();
    assert_eq!(read.quirks, [Quirk::PartNames]);
    assert!(changed("; filename=\"daticert.xml\"", "").unwrap().quirks.is_empty());
    assert!(changed("; name=\"postacert.eml\"", "").unwrap().quirks.is_empty());
}

#[test]
fn an_encoded_original_is_decoded_and_has_no_range() {
    let encoded = STANDARD.encode(ORIGINAL.replace('\n', "\r\n"));
    let text =
        openpec().replace("Encoding: 7bit", "Encoding: BASE64").replace(&ORIGINAL.replace('\n', "\r\n"), &encoded);
    let read = read_text(&text).unwrap();
    assert_eq!((&read.original, &read.quirks), (&None, &vec![Quirk::EncodedOriginal]));
    assert_eq!(read.original_bytes().unwrap(), ORIGINAL.replace('\n', "\r\n"));
}

/// [R-2.1-g]
#[test]
fn a_message_without_or_with_contradictory_kind_fields_is_refused() {
    let field = "X-Trasporto: posta-certificata\n";
    assert_eq!(changed(field, "").unwrap_err(), FormFault::NotPec);
    assert_eq!(changed(field, "X-Trasporto: altro\n").unwrap_err(), FormFault::NotPec);
    assert_eq!(changed(field, "X-Trasporto: errore\n").unwrap_err(), FormFault::Anomaly);
    let both = format!("{field}X-Ricevuta: accettazione\n");
    assert_eq!(changed(field, &both).unwrap_err(), FormFault::Contradictory);
    assert_eq!(changed(field, &field.repeat(2)).unwrap_err(), FormFault::Contradictory);
}

#[test]
fn certification_data_must_be_there_once_and_well_formed() {
    // [R-I-inp-1]
    let unnamed = openpec().replacen("daticert.xml", "altro.xml", 2);
    assert_eq!(read_text(&unnamed).unwrap_err(), FormFault::NoData);
    let plain = "Content-Type: text/plain; charset=\"iso-8859-1\"";
    let twice = changed(plain, "Content-Type: text/plain; name=DATICERT.XML");
    assert_eq!(twice.unwrap_err(), FormFault::TwoData);
    let broken = changed("Encoding: base64", "Encoding: 8bit");
    assert!(matches!(broken, Err(FormFault::Data(_))));
    let long =
        openpec().replacen("Encoding: base64\r\n", &format!("Encoding: base64\r\n\r\n{}", "A".repeat(4 * MAX_LEN)), 1);
    assert!(matches!(read_text(&long), Err(FormFault::Data(error)) if error.0.starts_with("longer than")));
}

#[test]
fn data_outside_the_signed_entity_are_not_seen() {
    // [R-I-sec-1]
    let unnamed = openpec().replacen("daticert.xml", "altro.xml", 2);
    let forged = unnamed.replace("name=\"smime.p7s\"", "name=\"daticert.xml\"");
    assert_eq!(read_text(&forged).unwrap_err(), FormFault::NoData);
}

#[test]
fn header_and_data_must_say_the_same_kind() {
    let mismatch = FormFault::KindMismatch { data: "accettazione".into(), header: "avvenuta-consegna".into() };
    assert_eq!(read_text(&notice(Kind::Delivery, &row(Kind::Acceptance))).unwrap_err(), mismatch);
    let disguised = filled(OPENPEC, &row(Kind::TakeCharge));
    assert!(matches!(read_text(&disguised), Err(FormFault::KindMismatch { .. })));
}

#[test]
fn an_envelope_must_have_one_original_with_the_same_identifier() {
    // [R-2.2.1-b]
    let unnamed = openpec().replacen("postacert.eml", "altro.eml", 2);
    assert_eq!(read_text(&unnamed).unwrap_err(), FormFault::NoOriginal);
    let plain = "Content-Type: text/plain; charset=\"iso-8859-1\"";
    let twice = changed(plain, "Content-Type: message/rfc822; name=postacert.eml");
    assert_eq!(twice.unwrap_err(), FormFault::TwoOriginals);

    let id = "Message-ID: <sigillo1.20260919154119.7@pec.example.it>";
    let outer = changed(&format!("{id}\n\nThis"), "Message-ID: <altro@pec.example.it>\n\nThis");
    assert_eq!(outer.unwrap_err(), FormFault::IdentifierMismatch);
    let absent = changed(&format!("{id}\n\nThis"), "\nThis");
    assert_eq!(absent.unwrap_err(), FormFault::IdentifierMismatch);
    let inner = changed(&format!("{id}\nX-Rif"), "Message-ID: <abc$1@client.example>\nX-Rif");
    assert_eq!(inner.unwrap_err(), FormFault::IdentifierMismatch);
    let two = changed(&format!("{id}\nX-Rif"), &format!("{id}\nMessage-ID: <abc$1@client.example>\nX-Rif"));
    assert_eq!(two.unwrap_err(), FormFault::IdentifierMismatch);
    let mut data = row(Kind::TransportEnvelope);
    data.identifier = "altro@pec.example.it".into();
    assert_eq!(read_text(&filled(OPENPEC, &data)).unwrap_err(), FormFault::IdentifierMismatch);
}

#[test]
fn a_notice_that_lacks_what_its_kind_requires_is_refused() {
    // [R-4.4-g] [R-4.4-h]
    for kind in Kind::ALL.into_iter().filter(|kind| kind.x_ricevuta().is_some()) {
        let full = row(kind);
        let mut bare = full.clone();
        (bare.delivery, bare.extended_error) = (None, None);
        bare.reception.clear();
        let found = read_text(&notice(kind, &bare));
        match (full.delivery, full.reception.as_slice(), full.extended_error) {
            (None, [], None) => assert!(found.is_ok(), "{kind:?}"),
            (Some(_), ..) => assert_eq!(found.unwrap_err(), FormFault::Lacks("consegna"), "{kind:?}"),
            (_, [_, ..], _) => assert_eq!(found.unwrap_err(), FormFault::Lacks("ricezione"), "{kind:?}"),
            _ => assert_eq!(found.unwrap_err(), FormFault::Lacks("errore-esteso"), "{kind:?}"),
        }
    }
    let mut blank = row(Kind::Delivery);
    blank.delivery = Some(String::new());
    assert_eq!(read_text(&notice(Kind::Delivery, &blank)).unwrap_err(), FormFault::Lacks("consegna"));
}

/// The field that tells virus notices from the others is not signed [R-I-sec-1].
#[test]
fn a_virus_notice_is_one_by_what_is_signed() {
    let mut data = row(Kind::NonDelivery);
    let marked = |data: &CertificationData| read_text(&notice(Kind::VirusNonDelivery, data)).unwrap().kind;
    assert_eq!(marked(&data), Kind::NonDelivery);
    data.fault = Fault::Other;
    assert_eq!(marked(&data), Kind::NonDelivery);
    data.extended_error = Some("5.5.1, Gestore S.p.A., presenza di un virus nel messaggio".into());
    assert_eq!(marked(&data), Kind::VirusNonDelivery);
    let mut data = row(Kind::NonAcceptance);
    data.extended_error = Some("5.7.1".into());
    assert_eq!(read_text(&notice(Kind::VirusNonAcceptance, &data)).unwrap().kind, Kind::NonAcceptance);
}

#[test]
fn real_messages_of_real_providers_are_read_as_what_they_are() {
    let folder = std::path::Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../../shared/samples");
    if !folder.is_dir() {
        return;
    }
    for (file, kind, original, recipient) in [
        ("aruba-2015-acceptance.eml", Kind::Acceptance, false, None),
        ("aruba-2021-acceptance.eml", Kind::Acceptance, false, None),
        ("aruba-2021-delivery-cc.eml", Kind::Delivery, false, Some("test01@pec.flosslab.it")),
        ("aruba-2021-non-delivery.eml", Kind::NonDelivery, false, Some("provaprova@pec.flosslab.it")),
        ("legalmail-2015-delivery.eml", Kind::Delivery, true, Some("innoviu.test1@legalmail.it")),
        ("sogei-2018-envelope.eml", Kind::TransportEnvelope, true, None),
    ] {
        let message = Bytes::from(std::fs::read(folder.join(file)).unwrap());
        let entity = entity(&message);
        let read = read(&message, entity).unwrap_or_else(|fault| panic!("{file}: {fault}"));
        assert_eq!((read.kind, read.original.is_some()), (kind, original), "{file}");
        if let Some(recipient) = recipient {
            assert_eq!(read.recipient(), Some(recipient), "{file}");
        }
        if let Some(bytes) = read.original_bytes() {
            assert!(Header::parse(&bytes).count("X-Riferimento-Message-ID") == 1, "{file}");
        }
        let again = CertificationData::read(&read.data.write());
        assert_eq!(again.as_ref(), Ok(&read.data), "{file}");
        // What providers show is what they sign.
        let signer = ["Posta Certificata Legalmail".to_owned(), "ARUBA PEC S.p.A.".to_owned()];
        assert_eq!(binding::bind(&read, &signer), binding::Binding::default(), "{file}");
    }
}

proptest! {
    #[test]
    fn any_octets_are_read_without_panic(octets in proptest::collection::vec(any::<u8>(), 0..300), from in 0usize..300, to in 0usize..400) {
        let mut message = b"X-Trasporto: posta-certificata\n".to_vec();
        message.extend(octets);
        prop_assert!(read(&Bytes::from(message), from..to).is_err());
    }

    #[test]
    fn any_damage_is_read_without_panic(at in 0usize..5000, octets in proptest::collection::vec(any::<u8>(), 0..4), drop in 0usize..30) {
        let mut message = openpec().into_bytes();
        let at = at.min(message.len());
        let end = (at + drop).min(message.len());
        message.splice(at..end, octets);
        let message = Bytes::from(message);
        let entity = entity(&message);
        if let Ok(read) = read(&message, entity) {
            prop_assert!(read.original_bytes().is_some());
        }
    }
}

/// [R-3.2.2-c] what is wrong is told to holders in their language.
#[test]
fn every_fault_has_italian_words_without_english_ones_in_them() {
    let mismatch = FormFault::KindMismatch { data: "accettazione".into(), header: "avvenuta-consegna".into() };
    let faults = [
        FormFault::Anomaly,
        FormFault::NotPec,
        FormFault::Contradictory,
        FormFault::NoData,
        FormFault::TwoData,
        FormFault::TwoOriginals,
        FormFault::TooComplex,
        FormFault::Data(DataError("not well-formed: the tag is open".into())),
        mismatch,
        FormFault::NoOriginal,
        FormFault::IdentifierMismatch,
        FormFault::Lacks("consegna"),
    ];
    let mut seen = std::collections::HashSet::new();
    for fault in faults {
        let Words { italian, english } = fault.words();
        assert_eq!(english, fault.to_string());
        let has = |word: &str| italian.split(' ').any(|other| other == word);
        assert!(["il", "i", "la", "gli", "nei"].into_iter().any(has), "{italian}");
        assert!(!["the", "is", "has", "no", "not", "of", "lack"].into_iter().any(has), "{italian}");
        assert!(seen.insert(italian));
    }
}
