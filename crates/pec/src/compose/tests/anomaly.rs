use super::*;

fn around(message: &'static str, sender: &str) -> Draft {
    let message = Bytes::from_static(message.as_bytes());
    let header = Header::parse(&message);
    let to = [address("anna@pec.uno.example.it")];
    anomaly_envelope(
        &emitter(),
        moment(),
        sender,
        &to,
        &header,
        Shared::new(message),
        &[Words::new("firma non valida", "invalid signature")],
        OWN,
    )
}

#[test]
fn only_the_listed_fields_are_inherited() {
    // [R-3.2.2-a] [R-I-sec-3] [R-2.1-g]
    let header = String::from_utf8(anomaly().header.to_vec()).unwrap();
    assert_eq!(
        header,
        "Received: from client ([192.0.2.1])\r\n\tby ap.uno.example.it; Thu, 5 Dec 2024 11:30:29 +0100\r\n\
         Received: from laptop by client\r\n\
         Date: Thu, 05 Dec 2024 11:30:30 +0100\r\n\
         From: \"Per conto di: spam@example.com\" <posta-certificata@pec.uno.example.it>\r\n\
         Reply-To: spam@example.com\r\n\
         To: \"Rossi, Anna\" <Anna@pec.due.example.it>,\r\n\tbruno@example.com\r\n\
         Cc: carla@pec.due.example.it\r\n\
         Message-ID: <abc$1@client.example>\r\n\
         Subject: ANOMALIA MESSAGGIO: =?UTF-8?Q?Perch=C3=A9_no?=\r\n\
         X-Trasporto: errore\r\n"
    );
    assert_eq!(anomaly().message_id, "abc$1@client.example");
}

#[test]
fn the_whole_message_goes_in_with_the_text_and_nothing_else() {
    // [R-3.2.2-a] [R-3.2.2-b]
    let draft = anomaly();
    assert_eq!(shared(&draft), [Bytes::from_static(ORIGINAL.as_bytes())]);
    let message = assembled(&draft);
    assert_eq!(parsed(&message).attachment_count(), 1);
    assert!(!String::from_utf8_lossy(&message).contains("daticert"));
}

#[test]
fn the_text_says_that_nothing_is_certified_and_why() {
    // [R-3.2.2-c]
    assert_eq!(
        flowed(&text(&anomaly())),
        "Anomalia nel messaggio Il giorno 05/12/2024 alle ore 11:30:30 (+0100) è stato ricevuto il messaggio \
         \"Perché no\" proveniente da \"spam@example.com\" ed indirizzato a: Anna@pec.due.example.it Tali dati non sono \
         stati certificati per il seguente errore: dominio mittente non di posta certificata Il messaggio originale è \
         incluso in allegato."
    );
}

#[test]
fn a_null_sender_and_a_missing_message_id_are_no_obstacle() {
    let draft = around("Subject: Undelivered\r\nReply-To: r@x.it\r\nReturn-Path: <>\r\n\r\nx", "");
    let names: Vec<String> = fields(&draft).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Return-Path", "Date", "From", "Reply-To", "Message-ID", "Subject", "X-Trasporto"]);
    assert_eq!(value(&draft, "From").unwrap(), "\"Per conto di: <>\" <posta-certificata@pec.uno.example.it>");
    assert_eq!(value(&draft, "Reply-To").unwrap(), "r@x.it");
    assert_eq!(value(&draft, "Message-ID").unwrap(), format!("<{OWN}>"));
    assert_eq!(draft.message_id, OWN);
    assert_eq!(value(&around("\r\n", ""), "Reply-To"), None);
    assert_eq!(value(&around("Message-ID: \r\n\r\n", ""), "Message-ID").unwrap(), format!("<{OWN}>"));
}

#[test]
fn a_sender_that_is_no_address_breaks_nothing() {
    let draft =
        around("Message-ID: <a@b>\r\nMessage-ID: <c@d>\r\n\r\n", "x\"\r\nX-Trasporto: posta-certificata\r\n\\è");
    assert_eq!(
        value(&draft, "From").unwrap(),
        "\"Per conto di: x\\\"??X-Trasporto: posta-certificata??\\\\?\" <posta-certificata@pec.uno.example.it>"
    );
    assert_eq!(value(&draft, "X-Trasporto").unwrap(), "errore");
    assert_eq!(value(&draft, "Message-ID").unwrap(), "<a@b>");
    assert_eq!(value(&draft, "Reply-To"), None);
}

#[test]
fn the_reasons_stand_in_each_text_in_its_own_language() {
    let message = Bytes::from_static(b"Subject: x\r\n\r\nciao\r\n");
    let header = Header::parse(&message);
    let emitter = Emitter { english: true, ..emitter() };
    let of = |reasons: &[Words]| {
        let draft =
            anomaly_envelope(&emitter, moment(), "a@b.it", &[], &header, Shared::new(message.clone()), reasons, OWN);
        String::from_utf8_lossy(&draft.entity.to_bytes()).into_owned()
    };
    let both = of(&[Words::new("motivo uno", "reason one"), Words::new("motivo due", "reason two")]);
    // Once in each of the two forms of the text.
    for text in ["motivo uno", "motivo due", "reason one", "reason two"] {
        assert_eq!(both.matches(text).count(), 2, "{text}\n{both}");
    }
}
