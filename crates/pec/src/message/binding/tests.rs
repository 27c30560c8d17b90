use bytes::Bytes;

use super::*;
use crate::compose::{self, Certified, Emitter};
use crate::original::Original;
use crate::{Pieces, ReceiptType, Recipient, RecipientType};

const ORIGINAL: &str = "From: Anna <anna@alfa.example>\r\nTo: \"Bianchi, Bruno\" <bruno@beta.example>,\r\n \
    carla@beta.example\r\nCc: =?utf-8?q?Citt=C3=A0?= <citta@beta.example>\r\nSubject: =?utf-8?q?perch=C3=A9?= 10,00\r\n\
    Message-ID: <1@client.example>\r\nDate: Fri, 27 Nov 2026 10:00:00 +0100\r\n\r\ntesto\r\n";

fn moment() -> Moment {
    Moment::from_unix(1_795_770_000)
}

fn emitter() -> Emitter {
    let address = Address::parse("posta-certificata@alfa.example").unwrap();
    Emitter { name: "Alfa PEC S.p.A.".into(), address, english: false }
}

fn certified(original: &Original) -> Certified {
    let recipient = |text| Recipient { address: Address::parse(text).unwrap(), kind: RecipientType::Certified };
    Certified {
        sender: Address::parse("anna@alfa.example").unwrap(),
        recipients: ["bruno@beta.example", "carla@beta.example", "citta@beta.example"].map(recipient).into(),
        reply_to: "anna@alfa.example".into(),
        subject: original.subject.clone(),
        identifier: "x1@alfa.example".into(),
        message_id: original.message_id.clone(),
        receipt: ReceiptType::Complete,
    }
}

/// A message as it would be read, its signed entity being what stands below the header.
fn read(header: &[u8], entity: &Pieces) -> PecMessage {
    let mut message = header.to_vec();
    let at = message.len() + 2;
    // The signature's own header is not looked at here: one blank line stands for it.
    message.extend_from_slice(b"\r\n");
    message.extend_from_slice(&entity.to_bytes());
    let end = message.len();
    super::super::read(&Bytes::from(message), at..end).unwrap()
}

fn envelope() -> (Bytes, Pieces) {
    envelope_of(ORIGINAL)
}

fn envelope_of(original: &'static str) -> (Bytes, Pieces) {
    let original = Original::parse(Bytes::from_static(original.as_bytes()));
    let certified = certified(&original);
    let postacert = original.certified(&certified.identifier);
    let draft = compose::transport_envelope(&emitter(), moment(), &certified, &original, postacert);
    (draft.header, draft.entity)
}

fn acceptance() -> (Bytes, Pieces) {
    let original = Original::parse(Bytes::from_static(ORIGINAL.as_bytes()));
    let draft = compose::acceptance(&emitter(), moment(), &certified(&original), "own@alfa.example");
    (draft.header, draft.entity)
}

fn names() -> Vec<String> {
    vec!["Alfa PEC S.p.A.".into()]
}

fn changed(header: &Bytes, from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(header.to_vec()).unwrap();
    assert!(text.contains(from), "{from} not in\n{text}");
    text.replacen(from, to, 1).into_bytes()
}

#[test]
fn what_we_compose_contradicts_itself_nowhere() {
    for (header, entity) in [envelope(), acceptance()] {
        assert_eq!(bind(&read(&header, &entity), &names()), Binding::default());
    }
}

#[test]
fn whatever_is_shown_and_not_signed_is_told_with_its_field() {
    let (header, entity) = envelope();
    let add = |line: &str| ("Date: ", format!("{line}\r\nDate: "));
    for (field, (from, to)) in [
        ("Subject", ("POSTA CERTIFICATA: ", "POSTA CERTIFICATA: Sfratto ".to_owned())),
        ("Subject", add("Subject: POSTA CERTIFICATA: altro")),
        ("From", ("Per conto di: anna@alfa", "Per conto di: sindaco@alfa".to_owned())),
        ("Reply-To", ("Reply-To: anna@", "Reply-To: ladro@".to_owned())),
        ("To", ("carla@beta.example", "dario@beta.example".to_owned())),
        ("To", ("Bianchi, Bruno", "Rossi, Bruno".to_owned())),
        ("Cc", ("citta@beta.example", "altri@beta.example".to_owned())),
        ("Cc", add("Cc: dario@beta.example")),
        ("Date", ("27 Nov 2026", "26 Nov 2026".to_owned())),
        ("Sender", add("Sender: ladro@altrove.example")),
        ("X-Riferimento-Message-ID", ("<1@client", "<2@client".to_owned())),
        ("Message-ID", add("Message-ID: <x1@alfa.example>")),
        ("X-TipoRicevuta", add("X-TipoRicevuta: breve")),
    ] {
        let found = bind(&read(&changed(&header, from, &to), &entity), &names()).contradictions;
        let fields: Vec<&str> = found.iter().map(|one| one.field).collect();
        assert!(fields.contains(&field), "{field}: {fields:?} after {from:?} became {to:?}");
    }
}

/// The fields that contradict, after something in the header became something else.
fn contradicted(made: fn() -> (Bytes, Pieces), from: &str, to: &str) -> Vec<&'static str> {
    contradicted_in(made(), from, to)
}

fn contradicted_in((header, entity): (Bytes, Pieces), from: &str, to: &str) -> Vec<&'static str> {
    let found = bind(&read(&changed(&header, from, to), &entity), &names()).contradictions;
    found.iter().map(|one| one.field).collect()
}

#[test]
fn letters_that_are_no_ascii_are_no_lost_ones() {
    // Full-width, mathematical and Cyrillic letters are read like any other.
    for word in ["ＳＦＲＡＴＴＯ", "𝗦𝗙𝗥𝗔𝗧𝗧𝗢", "СФРАТТО", "\u{202e}"] {
        let subject = format!("Subject: POSTA CERTIFICATA: perché {word} 10,00\r\n");
        let (header, _) = envelope();
        let text = String::from_utf8(header.to_vec()).unwrap();
        let line = format!("{}\r\n", text.lines().find(|line| line.starts_with("Subject:")).unwrap());
        assert_eq!(contradicted(envelope, &line, &subject), ["Subject"], "{word}");
    }
    for name in ["Bianchi, Bruno 𝗦𝗜𝗡𝗗𝗔𝗖𝗢", "Bianchi, Bruno СИНДАКО"] {
        assert_eq!(contradicted(envelope, "Bianchi, Bruno", name), ["To"], "{name}");
    }
}

#[test]
fn a_question_mark_that_somebody_wrote_stands_for_no_digit_and_no_sign() {
    const ASKING: &str = "From: Anna <anna@alfa.example>\r\nTo: \"Tutti i 100?\" <bruno@beta.example>\r\n\
        Cc: \"Gli altri 100?\" <carla@beta.example>,\r\n citta@beta.example\r\nReply-To: \"Forse 100?\" \
        <anna@alfa.example>\r\nOrganization: Ditta 100?\r\nSubject: devo 100?\r\nMessage-ID: <1@client.example>\r\n\r\nx\r\n";
    let asking = || envelope_of(ASKING);
    let (header, entity) = asking();
    assert_eq!(bind(&read(&header, &entity), &names()), Binding::default());
    for (field, signed, shown) in [
        ("Subject", "devo 100?", "=?utf-8?q?devo_100{}?="),
        ("To", "\"Tutti i 100?\"", "=?utf-8?q?Tutti_i_100{}?="),
        ("Cc", "\"Gli altri 100?\"", "=?utf-8?q?Gli_altri_100{}?="),
        ("Reply-To", "\"Forse 100?\"", "=?utf-8?q?Forse_100{}?="),
    ] {
        // A full-width nought, a euro, a raised two, an emoji.
        for sign in ["=EF=BC=90", "=E2=82=AC", "=C2=B2", "=F0=9F=92=B6"] {
            let shown = shown.replace("{}", sign);
            assert_eq!(contradicted_in(asking(), signed, &shown), [field], "{shown}");
        }
    }
    let organization = |shown: &str| contradicted_in(asking(), "Date: ", &format!("Organization: {shown}\r\nDate: "));
    assert_eq!(organization("Ditta 100?"), [""; 0]);
    for sign in ["０", "€", "²", "💶"] {
        assert_eq!(organization(&format!("Ditta 100{sign}")), ["Organization"], "{sign}");
    }
}

#[test]
fn from_is_one_mailbox_and_nothing_beside_it() {
    let from = "From: \"Per conto di: anna@alfa.example\" <posta-certificata@alfa.example>";
    for shown in [
        "<posta-certificata@alfa.example>, sindaco@roma.example",
        "<posta-certificata@alfa.example> (Sindaco di Roma)",
        "(Sindaco) <posta-certificata@alfa.example>",
        "<posta-certificata@alfa.example>;",
        "=?utf-8?q?Sindaco?= <posta-certificata@alfa.example>",
    ] {
        let shown = format!("From: \"Per conto di: anna@alfa.example\" {shown}");
        assert_eq!(contradicted(envelope, from, &shown), ["From"], "{shown}");
    }
    let group = "From: Sindaco: \"Per conto di: anna@alfa.example\" <posta-certificata@alfa.example>;";
    assert_eq!(contradicted(envelope, from, group), ["From"]);
    for shown in
        ["posta-certificata@alfa.example (Tribunale di Roma)", "posta-certificata@alfa.example, sindaco@roma.example"]
    {
        let from = "From: posta-certificata@alfa.example";
        assert_eq!(contradicted(acceptance, from, &format!("From: {shown}")), ["From"], "{shown}");
    }
    // Folding and blanks are nobody's words.
    let folded = "From: \"Per conto di:\r\n\tanna@alfa.example\"\r\n < posta-certificata@alfa.example >";
    assert_eq!(contradicted(envelope, from, folded), [""; 0]);
}

#[test]
fn names_beside_the_addresses_of_replies_are_the_original_s() {
    let reply = "Reply-To: anna@alfa.example";
    for (shown, fields) in [
        ("Anna <anna@alfa.example>", &[][..]),
        ("=?utf-8?q?Anna?= <anna@alfa.example>", &[]),
        ("Tribunale di Roma <anna@alfa.example>", &["Reply-To"]),
        ("anna@alfa.example (Tribunale di Roma)", &["Reply-To"]),
        ("Tribunale: anna@alfa.example;", &["Reply-To"]),
        ("Tribunale:;", &["Reply-To"]),
    ] {
        assert_eq!(contradicted(envelope, reply, &format!("Reply-To: {shown}")), fields, "{shown}");
    }
}

#[test]
fn fields_that_lead_elsewhere_are_the_original_s_or_none() {
    for field in [
        "Disposition-Notification-To: ladro@altrove.example",
        "Resent-From: Sindaco <s@roma.example>",
        "Mail-Reply-To: ladro@altrove.example",
        "Content-Disposition: attachment; filename=fattura.exe",
        "Bcc: altri@beta.example",
    ] {
        let name = field.split(':').next().unwrap();
        for made in [envelope, acceptance] {
            assert_eq!(contradicted(made, "Date: ", &format!("{field}\r\nDate: ")), [name], "{field}");
        }
    }
    assert_eq!(
        contradicted(acceptance, "Date: ", "Sender: Sindaco <posta-certificata@alfa.example>\r\nDate: "),
        ["Sender"]
    );
    assert_eq!(contradicted(acceptance, "Date: ", "Sender: posta-certificata@alfa.example\r\nDate: "), [""; 0]);
}

#[test]
fn lines_that_programs_read_differently_are_told() {
    for line in [
        // No field to us, and a second Subject to others.
        "Subject\u{b}: POSTA CERTIFICATA: Sfratto",
        "Subject\0: POSTA CERTIFICATA: Sfratto",
        // The end of a line to some.
        "X-Nota: a\rSubject: POSTA CERTIFICATA: Sfratto",
        "X-Nota: a\0b",
        // The end of the header to some, and their text then.
        "X-Nota: a\r\n \r\n Pagare subito",
        "X-Nota: a\r\n\t\r\n Pagare subito",
        "From roma Mon Jan  1 00:00:00 2026",
    ] {
        assert_eq!(contradicted(envelope, "From: ", &format!("{line}\r\nFrom: ")), [LINE], "{line:?}");
    }
    let (header, entity) = envelope();
    let filed = [b"From alfa Mon Jan  1 00:00:00 2026\r\n", &header[..]].concat();
    assert_eq!(bind(&read(&filed, &entity), &names()), Binding::default());
}

#[test]
fn a_name_beside_the_holder_s_address_has_a_name_itself() {
    let (header, entity) = acceptance();
    let named = changed(&header, "To: anna@alfa.example", "To: Anna <anna@alfa.example>");
    assert_eq!(bind(&read(&named, &entity), &names()).quirks, [Quirk::UnsignedName]);
}

#[test]
fn a_recipient_moved_from_to_to_cc_is_told() {
    let (header, entity) = envelope();
    let moved = changed(&header, ",\r\n carla@beta.example", "");
    let moved = changed(&moved.into(), "Cc: ", "Cc: carla@beta.example, ");
    let found = bind(&read(&moved, &entity), &names()).contradictions;
    assert_eq!(found.iter().map(|one| one.field).collect::<Vec<_>>(), ["To", "Cc"]);
}

#[test]
fn a_notification_speaks_to_its_holder_in_its_provider_s_name() {
    let (header, entity) = acceptance();
    let from = "From: posta-certificata@alfa.example";
    for (phrase, fields) in [
        ("Tribunale di Roma <posta-certificata@alfa.example>", &["From"][..]),
        ("Alfa PEC <posta-certificata@alfa.example>", &[]),
        ("\"Posta Certificata\" <posta-certificata@alfa.example>", &[]),
    ] {
        let found = bind(&read(&changed(&header, from, &format!("From: {phrase}")), &entity), &names());
        assert_eq!(found.contradictions.iter().map(|one| one.field).collect::<Vec<_>>(), fields, "{phrase}");
    }
    let other = changed(&header, "To: anna@alfa.example", "To: bruno@beta.example\r\nCc: carla@beta.example");
    let found = bind(&read(&other, &entity), &names()).contradictions;
    assert_eq!(found.iter().map(|one| one.field).collect::<Vec<_>>(), ["To", "Cc"]);
}

#[test]
fn blanks_quotes_folding_and_lost_characters_are_no_contradiction() {
    let (header, entity) = envelope();
    let quotes = changed(
        &header,
        "\"Bianchi, Bruno\" <bruno@beta.example>,\r\n carla",
        "\"Bianchi,  Bruno\" <bruno@beta.example>, carla",
    );
    assert_eq!(bind(&read(&quotes, &entity), &names()), Binding::default());
    let text = String::from_utf8(header.to_vec()).unwrap();
    let subject = text.lines().find(|line| line.starts_with("Subject:")).unwrap();
    let lost = changed(&header, subject, "Subject: POSTA CERTIFICATA: perch? 10,00");
    assert_eq!(bind(&read(&lost, &entity), &names()).quirks, [Quirk::SpelledOtherwise]);
    // A point or comma is no lost character.
    let amount = changed(&header, subject, "Subject: POSTA CERTIFICATA: perch? 1000");
    assert_eq!(bind(&read(&amount, &entity), &names()).contradictions.len(), 1);
}

#[test]
fn a_sentence_stays_readable_whatever_was_shown() {
    let words = Contradiction::new("Subject", format!("a\r\n{}", "x".repeat(5000)), "b").words();
    assert!(words.italian.chars().count() < 300 && !words.english.contains('\n'), "{words:?}");
}
