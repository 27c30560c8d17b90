use crate::bench::{Bench, LETTER};

const INSIDE: &str = "Content-Type: multipart/alternative; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nR2VudGlsZSBjaXR0w6A=\r\n\
    --b\r\nContent-Type: text/html\r\n\r\n<b>no</b>\r\n--b--\r\n";

fn wrapped(field: &str) -> String {
    format!(
        "Subject: x\r\n{field}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n\
         --a\r\n\r\nMessaggio di posta certificata\r\n\
         --a\r\nContent-Type: message/rfc822; name=\"postacert.eml\"\r\n\r\nSubject: dentro\r\n{INSIDE}\r\n--a--\r\n"
    )
}

#[tokio::test]
async fn the_first_words_that_a_person_reads_are_told() {
    let bench = Bench::new().await;
    let (envelope, receipt) = (wrapped("X-Trasporto: posta-certificata"), wrapped("X-Ricevuta: avvenuta-consegna"));
    let long = format!("Subject: x\r\n\r\n{}\r\n", "parola ".repeat(10_000));
    let image = "Content-Type: image/png\r\n\r\nx";
    bench.deliver(&[LETTER, &envelope, &receipt, &long, image]).await;
    let mut client = bench.at_inbox().await;
    let cut = "parola ".repeat(40);
    assert_eq!(
        client.ok("FETCH 1:* PREVIEW").await,
        [
            "* 1 FETCH (PREVIEW \"prima riga seconda\")".to_owned(),
            "* 2 FETCH (PREVIEW {14}\r\nGentile città)".to_owned(),
            "* 3 FETCH (PREVIEW \"Messaggio di posta certificata\")".to_owned(),
            format!("* 4 FETCH (PREVIEW \"{}\")", cut[..200].trim_end()),
            "* 5 FETCH (PREVIEW \"\")".to_owned(),
        ]
    );
    assert_eq!(
        client.ok("UID FETCH 1 (PREVIEW (LAZY) FLAGS)").await,
        ["* 1 FETCH (UID 1 PREVIEW \"prima riga seconda\" FLAGS ())"],
        "nothing is marked"
    );
}
