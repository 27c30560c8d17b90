//! Certified messages between two providers that run, sent with the clients that people use.

use std::fs;
use std::process::Command;

use conformance::mime::Entity;

use crate::house::{World, data, eventually, find, letter, original, run, sigillo, succeed};

const MARIO: &str = "mario.rossi@alfa.example";
const ANNA: &str = "anna.bianchi@beta.example";
const PROTOCOLLO: &str = "protocollo@beta.example";

#[test]
fn swaks_and_curl_send_by_every_door_and_every_login() {
    let world = World::up();
    let ports = world.alfa.ports();
    let secret = world.alfa.password("mario.rossi");
    for (number, (port, tls, auth)) in [
        (ports.submission, "--tls", "PLAIN"),
        (ports.submission, "--tls", "LOGIN"),
        (ports.submission_tls, "--tls-on-connect", "PLAIN"),
        (ports.submission_tls, "--tls-on-connect", "LOGIN"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut swaks = Command::new("swaks");
        swaks.args(["--server", "127.0.0.1", "--port", &port.to_string(), tls, "--auth", auth, "--auth-user", MARIO]);
        swaks.args(["--auth-password", &secret, "--from", MARIO, "--to", &format!("{ANNA},{PROTOCOLLO}")]);
        swaks.args(["--header", &format!("Subject: swaks {number}"), "--body", "Buongiorno."]);
        let said = succeed(&mut swaks);
        assert!(said.contains("250 2.0.0 accepted: "), "{said}");
    }
    let file = world.scratch("letter.eml");
    fs::write(&file, letter(&format!("{ANNA}\r\nCc: {PROTOCOLLO}"), "curl")).unwrap();
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--ssl-reqd", "--cacert"]).arg(&world.lab.tls_ca);
    curl.args([
        "--url",
        &format!("smtps://127.0.0.1:{}", ports.submission_tls),
        "--user",
        &format!("{MARIO}:{secret}"),
    ]);
    curl.args(["--mail-from", MARIO, "--mail-rcpt", ANNA, "--mail-rcpt", PROTOCOLLO, "--upload-file"]).arg(&file);
    succeed(&mut curl);

    for (house, mailbox, kind, count) in [
        (&world.alfa, MARIO, "acceptance", 5),
        (&world.beta, ANNA, "transport-envelope", 5),
        (&world.beta, PROTOCOLLO, "transport-envelope", 5),
        (&world.alfa, MARIO, "delivery", 10),
        (&world.alfa, "ricevute@alfa.example", "take-charge", 5),
    ] {
        for message in house.wait(mailbox, kind, count) {
            world.judge(&message, kind);
        }
    }
    let envelope = world.scratch("envelope.eml");
    fs::write(&envelope, &world.beta.wait(ANNA, "transport-envelope", 5)[0]).unwrap();
    for directory in [&world.lab.ldif, &world.lab.directory] {
        let mut verify = sigillo();
        verify.arg("verify").arg("--ca").arg(&world.lab.ca).arg("--directory").arg(directory).arg(&envelope);
        let words = succeed(&mut verify);
        assert!(words.contains("is in the record of Alfa PEC S.p.A."), "{words}");
    }
    // Without an authority the signature is intact, and who made it unknown.
    let (status, words, _) = run(sigillo().arg("verify").arg(&envelope));
    assert_eq!(status.code(), Some(2), "{words}");
}

#[test]
fn an_eight_bit_original_travels_byte_for_byte() {
    let world = World::up();
    let body: Vec<u8> = [
        b"Perch\xe9 \xa4 non \xc3\xa8 vero: \t \r\n".as_slice(),
        b".una riga col punto\r\n..due\r\n\r\n \r\n",
        &(0x80..=0xff).chain(1..9).collect::<Vec<u8>>(),
        b"\r\nspazi in fondo   \r\n\r\n\r\n",
    ]
    .concat();
    let header = "Subject:  =?ISO-8859-1?Q?perch=E9?=  \r\n ancora\r\nX-Odd :vuoto\r\nContent-Type: text/plain; charset=ISO-8859-1\r\n\
                  Content-Transfer-Encoding: 8bit\r\nTo: \"Anna\"\r\n\t<anna.bianchi@beta.example>\r\n";
    let message = [b"From: mario.rossi@alfa.example\r\n", header.as_bytes(), b"\r\n", &body].concat();
    world.submit(&[ANNA], message).unwrap();

    let envelope = world.beta.one(ANNA, "transport-envelope");
    let receipt = world.alfa.one(MARIO, "delivery");
    world.judge(&envelope, "transport-envelope");
    world.judge(&receipt, "delivery");
    let carried = original(&envelope);
    assert_eq!(original(&receipt), carried, "envelope and receipt carry two originals");
    assert!(find(&carried, header.as_bytes()).is_some(), "header: {}", String::from_utf8_lossy(&carried));
    assert_eq!(Entity::parse(&carried).body, body);
    assert!(find(&envelope, &body).is_some() && find(&receipt, &body).is_some(), "the original was encoded");
}

#[test]
fn one_notice_says_everything_that_is_wrong() {
    let world = World::up();
    let message = "From: altro@alfa.example\r\nBcc: nascosto@beta.example\r\nSubject: a\r\nSubject: b\r\n\r\nciao\r\n";
    world.submit(&[ANNA], message).unwrap();
    let notice = world.alfa.one(MARIO, "non-acceptance");
    world.judge(&notice, "non-acceptance");
    let data = data(&notice);
    for reason in [
        "il mittente SMTP mario.rossi@alfa.example è diverso dall'indirizzo altro@alfa.example del campo From",
        "il campo To manca",
        "l'indirizzo email anna.bianchi@beta.example non appare nei campi To o Cc",
        "il campo Bcc contiene un valore",
        "il campo Subject compare 2 volte",
    ] {
        let escaped = reason.replace('\'', "&apos;");
        assert!(data.contains(reason) || data.contains(&escaped), "{reason}: {data}");
    }
    world.settle();
    assert_eq!(world.alfa.all().len(), 1);
    assert!(world.beta.all().is_empty());
}

#[test]
fn who_cannot_be_reached_is_told_and_our_own_are_reached_like_others() {
    let world = World::up();
    let (nobody, foreign, own) = ("nessuno@beta.example", "qualcuno@fuori.example", "anna.bianchi@alfa.example");
    world.submit(&[nobody, foreign, own], letter(&format!("{nobody}, {foreign}, {own}"), "tre")).unwrap();

    let acceptance = world.alfa.one(MARIO, "acceptance");
    world.judge(&acceptance, "acceptance");
    let accepted = data(&acceptance);
    assert!(accepted.contains(&format!("<destinatari tipo=\"esterno\">{foreign}")), "{accepted}");
    assert!(accepted.contains(&format!("<destinatari tipo=\"certificato\">{nobody}")), "{accepted}");

    let notices = world.alfa.wait(MARIO, "non-delivery", 2);
    let about = |address: &str| {
        let found = notices.iter().find(|notice| data(notice).contains(&format!("<consegna>{address}</consegna>")));
        found.unwrap_or_else(|| panic!("no notice about {address}"))
    };
    for address in [nobody, foreign] {
        world.judge(about(address), "non-delivery");
    }
    assert!(data(about(nobody)).contains("errore=\"no-dest\""));
    assert!(data(about(nobody)).contains("5.1.1"), "{}", data(about(nobody)));
    assert!(data(about(foreign)).contains("errore=\"no-dominio\""), "{}", data(about(foreign)));
    assert!(data(about(foreign)).contains("5.1.2"), "{}", data(about(foreign)));

    let receipt = world.alfa.one(MARIO, "delivery");
    assert!(data(&receipt).contains(&format!("<consegna>{own}</consegna>")));
    world.judge(&receipt, "delivery");
    world.judge(&world.alfa.one(own, "transport-envelope"), "transport-envelope");
    world.settle();
}

#[test]
fn a_message_at_the_limit_passes_one_above_gets_a_notice_and_a_larger_one_is_refused() {
    const LIMIT: usize = 30 << 20;
    let limits = format!("message = {LIMIT}\nproduct = {LIMIT}\nrefuse_above = {}", LIMIT + 1000);
    let world = World::with(&limits);
    let sized = |octets: usize, subject: &str| {
        let mut message = letter(ANNA, subject).into_bytes();
        let line = [vec![b'x'; 998], b"\r\n".to_vec()].concat();
        while message.len() + 2000 < octets {
            message.extend_from_slice(&line);
        }
        while message.len() < octets {
            let rest = octets - message.len();
            let run = if rest > 500 { 400 } else { rest - 2 };
            message.extend(vec![b'y'; run]);
            message.extend_from_slice(b"\r\n");
        }
        assert_eq!(message.len(), octets);
        message
    };
    let largest = sized(LIMIT, "limite");
    world.submit(&[ANNA], largest.clone()).unwrap();
    world.submit(&[ANNA], sized(LIMIT + 1, "oltre")).unwrap();
    let refused = world.submit(&[ANNA], sized(LIMIT + 1001, "troppo")).unwrap_err().to_string();
    assert!(refused.contains("552"), "{refused}");

    let notice = world.alfa.one(MARIO, "non-acceptance");
    world.judge(&notice, "non-acceptance");
    assert!(data(&notice).contains(&format!("supera il limite di {LIMIT} byte")), "{}", data(&notice));
    eventually("the delivery", || world.alfa.list(MARIO).iter().any(|row| row.kind == "delivery").then_some(()));
    let envelope = world.beta.one(ANNA, "transport-envelope");
    assert!(original(&envelope).ends_with(Entity::parse(&largest).body));
    assert_eq!(world.alfa.list(MARIO).len(), 3);
}
