//! Whole messages as programs write them: what is shown of them, and that what is attached comes out as it went in.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use proptest::prelude::*;
use render::{Attachment, Limits, Message, PartPath, Preview, Remote, Run, Seen, Text};

const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

fn read(message: impl Into<Bytes>) -> Message {
    Message::read(message.into(), Limits::default())
}

fn attachments(message: &Message) -> Vec<Attachment> {
    message.shown().attachments
}

/// A letter as an office writes it: two texts, a picture inside, a document, a message.
fn letter() -> String {
    format!(
        "From: =?utf-8?Q?Citt=C3=A0_di_Roma?= <protocollo@pec.comune.example>\r\n\
         To: \"Rossi, Mario\" <mario@pec.example>, Uffici: anagrafe@pec.example, tributi@pec.example;\r\n\
         Cc: rotto, luisa@pec.example\r\nReply-To: ufficio@pec.comune.example\r\n\
         Subject: =?iso-8859-1?Q?Avviso_di_citt=E0_=26?=\r\n pagamento\r\nDate: Mon, 19 Jan 2026 10:15:00 +0100\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\
         Content-Type: multipart/related; boundary=r\r\n\r\n--r\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\
         Content-Type: text/plain; charset=iso-8859-1; format=flowed\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
         Gentile=20\r\nsignore,\r\n\r\n>perch=E9=20\r\n>no?\r\n\r\nveda https://x.example/a.\r\n--a\r\n\
         Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--a--\r\n--r\r\n\
         Content-Type: image/png; name=logo.png\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n{PNG}\r\n--r--\r\n\
         --m\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename*=utf-8''..%2Fcitt%C3%A0%20di%20Roma.pdf\r\n\r\n{}\r\n--m\r\n\
         Content-Type: message/rfc822\r\n\r\nSubject: dentro\r\n\r\nciao\r\n--m--\r\n",
        STANDARD.encode("<p>Gentile <b>signore</b> <img src=\"cid:logo@x\"></p>"),
        STANDARD.encode(b"%PDF-1.4\n\x00\xff"),
    )
}

#[test]
fn a_letter_is_shown_as_its_writer_meant_it() {
    let message = read(letter());
    let shown = message.shown();
    assert_eq!(shown.subject, "Avviso di città & pagamento");
    assert_eq!(
        (shown.from[0].name.as_str(), shown.from[0].address.as_str()),
        ("Città di Roma", "protocollo@pec.comune.example")
    );
    let addresses: Vec<&str> = shown.to.iter().map(|person| person.address.as_str()).collect();
    assert_eq!(addresses, ["mario@pec.example", "anagrafe@pec.example", "tributi@pec.example"]);
    assert_eq!(shown.to[0].name, "Rossi, Mario");
    assert_eq!((shown.cc[0].address.as_str(), shown.cc[1].address.as_str()), ("rotto", "luisa@pec.example"));
    assert_eq!(shown.reply_to[0].address, "ufficio@pec.comune.example");
    assert_eq!(shown.date.unwrap().utc(), "2026-01-19T09:15:00Z");
    assert_eq!(shown.date_written, "Mon, 19 Jan 2026 10:15:00 +0100");
    assert_eq!(shown.text.words(), "Gentile signore,\n\n> perché no?\n\nveda https://x.example/a.\n");
    let links: Vec<&Run> =
        shown.text.paragraphs[2].lines[0].iter().filter(|run| matches!(run, Run::Link { .. })).collect();
    assert_eq!(links, [&Run::Link { words: "https://x.example/a".into(), address: "https://x.example/a".into() }]);
    assert!(shown.has_html && !shown.cut);
    assert!(
        message.page(Remote::Blocked).unwrap().document.contains(&format!("<img src=\"data:image/png;base64,{PNG}\">"))
    );

    let listed: Vec<_> = shown
        .attachments
        .iter()
        .map(|one| (one.path.to_string(), one.name.as_str(), one.length, one.preview, one.inline))
        .collect();
    let png = Preview::Picture(render::Picture::Png);
    assert_eq!(
        listed,
        [
            ("1.2".to_owned(), "logo.png", 70, png, true),
            ("2".to_owned(), "città di Roma.pdf", 11, Preview::Pdf, false),
            ("3".to_owned(), "allegato-3.eml", 23, Preview::Message, false),
        ]
    );
    assert_eq!(message.part(&"2".parse().unwrap()).unwrap(), &b"%PDF-1.4\n\x00\xff"[..]);
    assert_eq!(message.part(&"3".parse().unwrap()).unwrap(), "Subject: dentro\r\n\r\nciao");
    assert_eq!(message.attached(&"3".parse().unwrap()).unwrap().shown().subject, "dentro");
    for none in ["1", "4", "1.9", "2.1"] {
        let path: PartPath = none.parse().unwrap();
        assert!(
            message.part(&path).is_none() && message.attached(&path).is_none() && message.attachment(&path).is_none()
        );
    }
    assert_eq!(message.attachment(&"2".parse().unwrap()).unwrap(), shown.attachments[1]);
}

#[test]
fn a_message_with_html_alone_has_its_words_as_text() {
    let message = read("Content-Type: text/html\r\n\r\n<style>p{}</style><p>Gentile&nbsp;signore</p><p>due");
    assert_eq!(message.shown().text.words().split_whitespace().collect::<Vec<_>>(), ["Gentile", "signore", "due"]);
    assert!(read("\r\nciao").page(Remote::Blocked).is_none());
}

#[test]
fn names_of_people_and_files_do_not_deceive() {
    let message = read(
        "From: \"posta@comune.example\" <ladro@evil.example>\r\nTo: \"Mario\u{202e}oir\" <a@b.it>\r\n\
         Subject: uno\r\n\u{202e}X-Due: tre\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: application/pdf; name=\"=?utf-8?Q?fattura=E2=80=AEfdp.exe?=\"\r\n\r\nMZ\r\n\
         --b\r\nContent-Type: application/pdf; name=\"C:\\\\conti\\\\conto.pdf\"\r\n\r\nMZ\x01\r\n\
         --b\r\nContent-Type: image/png; name=a.png\r\n\r\n<svg onload=alert(1)>\r\n\
         --b\r\nContent-Type: text/plain; name=x.txt\r\n\r\nciao\r\n--b--\r\n",
    );
    let shown = message.shown();
    assert!(shown.from[0].names_another && !shown.to[0].names_another);
    assert_eq!(shown.to[0].name, "Mariooir");
    let listed: Vec<_> =
        shown.attachments.iter().map(|one| (one.name.as_str(), one.seen, one.preview, one.is_disguised())).collect();
    assert_eq!(
        listed,
        [
            ("fatturafdp.exe", Some(Seen::Program), Preview::None, false),
            ("conto.pdf", Some(Seen::Program), Preview::None, true),
            ("a.png", Some(Seen::Xml), Preview::Text, false),
            ("x.txt", None, Preview::Text, false),
        ]
    );
    assert_eq!(message.text_of(&"4".parse().unwrap()).map(|text: Text| text.words()), Some("ciao\n".into()));
}

#[test]
fn a_message_is_one_by_its_name_however_it_is_attached() {
    let message = read(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: application/octet-stream; name=ricevuta.EML\r\nContent-Transfer-Encoding: base64\r\n\r\nRnJvbTogYUBiLml0DQo=\r\n\
         --b\r\nContent-Type: application/octet-stream; name=foto.eml\r\n\r\n\u{0}\u{1}\r\n--b--\r\n",
    );
    let previews: Vec<_> = message.shown().attachments.iter().map(|one| one.preview).collect();
    assert_eq!(previews, [Preview::Message, Preview::None]);
    assert_eq!(message.part(&"1".parse().unwrap()).as_deref(), Some(&b"From: a@b.it\r\n"[..]));
}

/// What programs of one maker put into an attachment of their own stays in there: names inside it are nobody's.
#[test]
fn a_container_of_another_program_is_one_attachment() {
    let tnef = [&b"\x78\x9f\x3e\x22"[..], b"../../../evil.exe\0<script>alert(1)</script>"].concat();
    let message = read(format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nciao\r\n--b\r\n\
         Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        STANDARD.encode(&tnef)
    ));
    let shown = message.shown();
    let [attachment] = shown.attachments.as_slice() else { panic!() };
    assert_eq!((attachment.name.as_str(), attachment.seen, attachment.preview), ("winmail.dat", None, Preview::None));
    assert_eq!(message.part(&attachment.path).unwrap(), tnef);
    assert!(!format!("{shown:?}").contains("evil"));
}

#[test]
fn a_large_message_is_shown_soon_and_comes_out_whole() {
    let file: Vec<u8> = (0..20_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let coded = STANDARD.encode(&file);
    let lines: Vec<&[u8]> = coded.as_bytes().chunks(76).collect();
    let mut octets = b"Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n".to_vec();
    octets.extend(lines.join(&b"\r\n"[..]));
    let message = read(octets);
    let started = Instant::now();
    let [attachment] = &attachments(&message)[..] else { panic!() };
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert_eq!((attachment.length, attachment.path.to_string().as_str()), (20_000_000, "0"));
    assert!(message.part(&attachment.path).unwrap() == file);
}

#[test]
fn what_is_beyond_the_limits_is_cut_and_told() {
    let to = vec!["a@b.it"; 2_000].join(",\r\n ");
    let shown =
        read(format!("To: {to}\r\nSubject: {}\r\n\r\n{}", "x ".repeat(5_000), "riga\r\n".repeat(30_000))).shown();
    assert!(shown.cut && shown.text.cut);
    assert_eq!((shown.to.len(), shown.subject.chars().count()), (1_000, 1_000));
    let lines: usize = shown.text.paragraphs.iter().map(|paragraph| paragraph.lines.len()).sum();
    assert_eq!(lines, 20_000);
    let long = read(format!("\r\n{}", "parola ".repeat(300_000))).shown();
    assert!(long.text.cut);
}

proptest! {
    #[test]
    fn an_attachment_comes_out_as_it_went_in(octets: Vec<u8>, name in ".{0,40}") {
        let name = STANDARD.encode(&name);
        let message = read(format!(
            "Content-Type: application/x; name=\"=?utf-8?B?{name}?=\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
            STANDARD.encode(&octets)
        ));
        let listed = attachments(&message);
        prop_assert_eq!(listed[0].length, octets.len() as u64);
        prop_assert_eq!(message.part(&listed[0].path).unwrap(), octets);
        prop_assert!(!listed[0].name.is_empty());
    }

    #[test]
    fn any_octets_are_a_message(
        head in "(Content-Type: (multipart/mixed; boundary=b|text/html|text/plain; format=flowed|message/rfc822)\r\n|[ -~]{0,30}\r\n){0,4}",
        body in "(--b\r\n|\r\n|<p>|> |[ -~\u{e8}]{0,20}){0,20}",
        tail: Vec<u8>,
    ) {
        let message = read([head.as_bytes(), b"\r\n", body.as_bytes(), &tail].concat());
        let shown = message.shown();
        prop_assert!(!shown.subject.contains('\n'));
        for attachment in shown.attachments {
            prop_assert_eq!(message.part(&attachment.path).unwrap().len() as u64, attachment.length);
        }
        for remote in [Remote::Blocked, Remote::Allowed] {
            message.page(remote);
        }
    }
}
