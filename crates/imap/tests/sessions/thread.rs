use crate::bench::Bench;

fn letter(fields: &str, subject: &str, day: u8) -> String {
    format!("From: a@pec.example\r\nSubject: {subject}\r\nDate: {day} Mar 2026 10:00:00 +0100\r\n{fields}\r\nx\r\n")
}

#[tokio::test]
async fn answers_fall_under_what_they_answer() {
    let bench = Bench::new().await;
    let letters = [
        letter("Message-ID: <a@x>\r\n", "bando", 1),
        letter("Message-ID: <b@x>\r\nIn-Reply-To: <a@x>\r\n", "Re: bando", 3),
        letter("Message-ID: <c@x>\r\nReferences: <a@x>\r\n <b@x>\r\n", "Re: bando", 4),
        letter("Message-ID: <d@x>\r\nReferences: <\"a\"@x>\r\n", "altro", 2),
        letter("", "gara", 5),
    ];
    bench.deliver(&letters.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut client = bench.at_inbox().await;
    assert_eq!(client.ok("THREAD REFERENCES UTF-8 ALL").await, ["* THREAD (1 (4)(2 3))(5)"]);
    assert_eq!(client.ok("THREAD ORDEREDSUBJECT US-ASCII ALL").await, ["* THREAD (1 (2)(3))(4)(5)"]);
    client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    assert_eq!(client.ok("EXPUNGE").await, ["* 1 EXPUNGE"]);
    assert_eq!(client.ok("UID THREAD REFERENCES UTF-8 UID 1:4").await, ["* THREAD ((4)(2 3))"]);
    assert_eq!(client.ok("THREAD REFERENCES UTF-8 SUBJECT niente").await, ["* THREAD"]);
    client.refused("THREAD BEST UTF-8 ALL", "BAD").await;
}

/// Receipts name their message by the Message-ID that its sender's client gave.
#[tokio::test]
async fn receipts_fall_under_their_message() {
    let bench = Bench::new().await;
    let about = "X-Riferimento-Message-ID: <client@x>\r\n";
    let letters = [
        letter(&format!("Message-ID: <r1@pec>\r\n{about}"), "ACCETTAZIONE: bando", 2),
        letter(&format!("Message-ID: <r2@pec>\r\n{about}"), "CONSEGNA: bando", 3),
        letter("Message-ID: <r3@pec>\r\nX-Riferimento-Message-ID: <other@x>\r\n", "CONSEGNA: gara", 4),
        letter("Message-ID: <client@x>\r\nIn-Reply-To: <far@x>\r\n", "bando", 1),
    ];
    bench.deliver(&letters.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut client = bench.at_inbox().await;
    assert_eq!(client.ok("THREAD REFERENCES UTF-8 ALL").await, ["* THREAD (4 (1)(2))(3)"]);
    // Where the message itself is in another folder, its receipts are together.
    assert_eq!(client.ok("THREAD REFERENCES UTF-8 1:3").await, ["* THREAD ((1)(2))(3)"]);
}
