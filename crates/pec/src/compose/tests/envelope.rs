use super::*;

const INHERITED: &str = "Received: from client ([192.0.2.1])\r\n\tby ap.uno.example.it; Thu, 5 Dec 2024 11:30:29 +0100\r\n\
Received: from laptop by client\r\n\
Date: Thu, 05 Dec 2024 11:30:30 +0100\r\n";

fn header_of(original: &'static str, facts: &Certified) -> String {
    let original = Original::parse(Bytes::from_static(original.as_bytes()));
    let draft = transport_envelope(&emitter(), moment(), facts, &original, original.certified(ID));
    String::from_utf8(draft.header.to_vec()).unwrap()
}

#[test]
fn the_header_is_inherited_or_set_field_by_field() {
    // [R-3.1.5-a] [R-3.1.5-b] [R-3.1.5-f] [R-2.2.1-b] [R-2.2.1-d] [R-2.1-g] (Q-03, Q-05)
    assert_eq!(
        header_of(ORIGINAL, &certified()),
        format!(
            "{INHERITED}\
             From: \"Per conto di: mario.rossi@comune.example.it\"\r\n <posta-certificata@pec.uno.example.it>\r\n\
             Reply-To: mario.rossi@comune.example.it\r\n\
             To: \"Rossi, Anna\" <Anna@pec.due.example.it>,\r\n\tbruno@example.com\r\n\
             Cc: carla@pec.due.example.it\r\n\
             Message-ID: <{ID}>\r\n\
             Subject: POSTA CERTIFICATA: =?UTF-8?Q?Perch=C3=A9_no?=\r\n\
             X-Trasporto: posta-certificata\r\n\
             X-TipoRicevuta: completa\r\n\
             X-Riferimento-Message-ID: {CLIENT}\r\n"
        )
    );
    assert_eq!(envelope().message_id, ID);
    assert_eq!(shared(&envelope()), [original().certified(ID).bytes().clone()]);
}

#[test]
fn return_path_and_reply_to_are_inherited_where_they_are() {
    // [R-3.1.5-a] (Q-27)
    let header = header_of(
        "Return-Path: <a@b.it>\r\nReply-To: Ufficio <u@b.it>,\r\n  x@y.it\r\nTo: c@d.it\r\n\r\n",
        &Certified { receipt: ReceiptType::Brief, message_id: None, ..certified() },
    );
    assert!(header.starts_with("Return-Path: <a@b.it>\r\nDate: "), "{header}");
    assert!(header.contains("\r\nReply-To: Ufficio <u@b.it>,\r\n  x@y.it\r\nTo: c@d.it\r\nMessage-ID"), "{header}");
    assert!(header.contains("\r\nX-TipoRicevuta: breve\r\n"));
    assert!(!header.contains("X-Riferimento-Message-ID"));
}

#[test]
fn a_reply_to_that_says_nothing_gives_way_to_the_sender() {
    let header = header_of("Reply-To: \r\n\r\n", &certified());
    assert!(header.contains("\r\nReply-To: mario.rossi@comune.example.it\r\n"), "{header}");
    assert_eq!(header.matches("Reply-To").count(), 1);
}

#[test]
fn inherited_fields_are_ascii_in_short_lines_and_end_where_their_sender_ended_them() {
    // [R-3.1.5-a] [R-I-sig-4]
    let long = format!("To: {}a@b.it\r\n", "x@y.it,".repeat(200));
    let bytes = Bytes::from([long.as_bytes(), b"Cc: \"\xe8\" <a@b.it>,\n\tc@d.it\rX-Trasporto: errore\n\n"].concat());
    let original = Original::parse(bytes);
    let draft = transport_envelope(&emitter(), moment(), &certified(), &original, original.certified(ID));
    let header = String::from_utf8(draft.header.to_vec()).unwrap();
    assert!(header.is_ascii() && header.lines().all(|line| line.len() <= 998), "{header}");
    assert_eq!(Header::parse(&draft.header).addresses("To").len(), 201);
    assert!(header.contains("\r\nCc: =?UTF-8?B?w6g=?= <a@b.it>, c@d.it X-Trasporto: errore\r\n"), "{header}");
}

#[test]
fn the_text_and_the_data_are_those_of_an_envelope() {
    // [R-3.1.5-c]
    assert_eq!(
        flowed(&text(&envelope())),
        format!(
            "Messaggio di posta certificata Il giorno 05/12/2024 alle ore 11:30:30 (+0100) il messaggio \"Perché no\" è \
             stato inviato da \"mario.rossi@comune.example.it\" indirizzato a: Anna@pec.due.example.it \
             bruno@example.com carla@pec.due.example.it Il messaggio originale è incluso in allegato. Identificativo \
             messaggio: {ID} L'allegato daticert.xml contiene informazioni di servizio sulla trasmissione."
        )
    );
}

#[test]
fn an_independent_reader_finds_sender_and_identifier() {
    let message = assembled(&envelope());
    let message = parsed(&message);
    let from = message.from().unwrap().first().unwrap();
    assert_eq!(from.name(), Some("Per conto di: mario.rossi@comune.example.it"));
    assert_eq!(from.address(), Some("posta-certificata@pec.uno.example.it"));
    assert_eq!(message.message_id(), Some(ID));
    let odd = Certified { sender: address(r#""due \"parole\""@comune.example.it"#), ..certified() };
    let draft = transport_envelope(&emitter(), moment(), &odd, &original(), original().certified(ID));
    let message = assembled(&draft);
    let message = parsed(&message);
    let from = message.from().unwrap().first().unwrap();
    assert_eq!(from.name(), Some(r#"Per conto di: "due \"parole\""@comune.example.it"#));
    assert_eq!(from.address(), Some("posta-certificata@pec.uno.example.it"));
}
