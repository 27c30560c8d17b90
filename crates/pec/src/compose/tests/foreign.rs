//! Whatever comes from outside, a draft keeps its shape.

use proptest::prelude::*;

use super::*;

/// The outer header has these fields and no other, in lines that any relay takes.
fn check_header(draft: &Draft, plain: &Draft) {
    let header = std::str::from_utf8(&draft.header).unwrap();
    assert!(header.is_ascii());
    assert!(
        header.split("\r\n").all(|line| line.len() <= 998 && line.bytes().all(|b| matches!(b, b' '..=b'~' | b'\t')))
    );
    let names = |draft: &Draft| -> Vec<String> {
        // What names other messages is left out where it would be misread.
        let names = |name: &String| !["X-Riferimento-Message-ID", "In-Reply-To", "References"].contains(&name.as_str());
        fields(draft).into_iter().map(|(name, _)| name).filter(names).collect()
    };
    assert_eq!(names(draft), names(plain));
}

fn check_entity(draft: &Draft) {
    let entity = draft.entity.to_bytes();
    let text = std::str::from_utf8(&entity).unwrap();
    assert!(text.is_ascii() && text.split("\r\n").all(|line| line.len() <= 78 && !line.contains(['\r', '\n'])));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_from_outside_adds_a_field_or_breaks_a_line(
        subject in any::<String>(),
        message_id in prop_oneof![any::<String>(), "<[!-~]{0,2000}>", "[<>\r\n\t A-Za-z:]{0,60}"],
        local in "[a-z!#$%&'*+/=?^_`{|}~.-]{1,30}|\"([ -!#-\\[\\]-~]|\\\\[ -~]){0,20}\"",
        reply_to in any::<String>(),
        identifier in any::<String>(),
    ) {
        let sender = Address::parse(&format!("{local}@comune.example.it")).unwrap_or_else(|_| certified().sender);
        let facts = Certified { sender, subject: Some(subject), reply_to, identifier, message_id: Some(message_id), ..certified() };
        for (draft, plain) in notifications_of(&emitter(), &facts).iter().zip(notifications()) {
            check_header(draft, &plain);
            check_entity(draft);
        }
        let draft = transport_envelope(&emitter(), moment(), &facts, &original(), original().certified(ID));
        check_header(&draft, &envelope());
        check_entity(&draft);
        let virus = virus_detection(&emitter(), moment(), &facts, &facts.sender, &facts.sender, &facts.reply_to, &facts.identifier);
        check_header(&virus, &virus_detection(&emitter(), moment(), &certified(), &facts.sender, &facts.sender, "", OWN));
    }

    #[test]
    fn what_was_certified_comes_back_from_the_message(
        subject in "[!-~àé日😀]([ -~àé日😀]{0,80}[!-~àé日😀])?",
        message_id in "<[!-~]{1,80}>",
        local in "[a-z]{1,20}|\"[a-z \\\\\"]{0,10}\"",
        reply_to in "[a-z]{1,9}@[a-z]{1,9}\\.it",
        receipt in prop::sample::select(vec![ReceiptType::Complete, ReceiptType::Brief, ReceiptType::Concise]),
    ) {
        let sender = Address::parse(&format!("{local}@comune.example.it")).unwrap_or_else(|_| certified().sender);
        let facts = Certified { sender, subject: Some(subject.clone()), reply_to, message_id: Some(message_id.clone()), receipt, ..certified() };
        let anna = address("Anna@pec.due.example.it");
        let draft = delivery(&emitter(), moment(), &facts, &anna, Copy::Concise, OWN);
        let data = crate::CertificationData::read(&xml(&draft).unwrap()).unwrap();
        prop_assert_eq!(Certified::from_data(&data), Ok(facts));
        let header = Header::parse(&draft.header);
        prop_assert_eq!(header.subject(), Some(format!("CONSEGNA: {subject}")));
        prop_assert_eq!(header.value("X-Riferimento-Message-ID"), Some(message_id));
    }

    #[test]
    fn any_bytes_make_an_anomaly_envelope_whose_kind_nobody_can_forge(
        message in prop::collection::vec(prop_oneof![
            Just("X-Trasporto: posta-certificata"), Just("X-Ricevuta: accettazione"), Just("To: a@b.it"), Just("Message-ID: <a@b>"), Just("Received: x"),
            Just("\r\n"), Just("\n"), Just("\r"), Just(" "), Just("\r\n\r\n"), Just("è"), Just("\0"), Just("Reply-To:"), Just("Subject: =?utf-8?q?=0D=0AX-Trasporto:_x?="),
        ], 0..30),
        sender in any::<String>(),
    ) {
        let message = Bytes::from(message.concat());
        let header = Header::parse(&message);
        let draft = anomaly_envelope(&emitter(), moment(), &sender, &[], &header, Shared::new(message.clone()), &[Words::new("motivo", "reason")], OWN);
        // Read with every line end that a lenient reader might see.
        let text = String::from_utf8_lossy(&draft.header).replace("\r\n", "\n").replace('\r', "\n");
        let kinds: Vec<&str> = text.lines().filter(|line| line.starts_with("X-")).collect();
        prop_assert_eq!(kinds, ["X-Trasporto: errore"]);
        prop_assert!(!text.contains("\n\n"));
        prop_assert_eq!(Header::parse(&draft.header).body_start(), draft.header.len());
        if !message.is_empty() {
            prop_assert_eq!(shared(&draft), [message]);
        }
    }
}
