//! Where ordinary mail comes from, as a name server on loopback tells it: SPF and DMARC in the anomaly envelope and in the
//! door's reply. Signatures (DKIM) are judged in the tests of `smtp`.

use std::net::UdpSocket;
use std::thread;

use crate::house::{World, judge};
use crate::talk::Talk;

const ANNA: &str = "anna.bianchi@beta.example";

/// The texts under some names; everything else does not exist.
const TEXTS: [(&str, &str); 4] = [
    ("good.example", "v=spf1 ip4:127.0.0.1 -all"),
    ("_dmarc.good.example", "v=DMARC1; p=reject"),
    ("spoofed.example", "v=spf1 ip4:192.0.2.1 -all"),
    ("_dmarc.spoofed.example", "v=DMARC1; p=reject"),
];

/// Answers on a free port as long as the test's process lives.
fn name_server() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut packet = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut packet) {
            let _ = socket.send_to(&answer(&packet[..length]), from);
        }
    });
    port
}

/// The answer to a question with one name (RFC 1035 §4.1).
fn answer(question: &[u8]) -> Vec<u8> {
    let mut labels = Vec::new();
    let mut at = 12;
    while question[at] != 0 {
        let length = usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..at + 1 + length]).to_lowercase());
        at += 1 + length;
    }
    let (name, end) = (labels.join("."), at + 5);
    let kind = u16::from_be_bytes([question[at + 1], question[at + 2]]);
    let text = TEXTS.iter().find(|(known, _)| *known == name);
    let found = text.filter(|_| kind == 16);
    let code = if text.is_some() { 0 } else { 3 };
    let mut out = [&question[..2], &[0x85, 0x80 | code, 0, 1, 0, u8::from(found.is_some()), 0, 0, 0, 0]].concat();
    out.extend_from_slice(&question[12..end]);
    if let Some((_, text)) = found {
        out.extend_from_slice(&[0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, text.len() as u8 + 1, text.len() as u8]);
        out.extend_from_slice(text.as_bytes());
    }
    out
}

fn send(world: &World, from: &str, code: u16) -> String {
    let mut talk = Talk::clear(world.beta.ports().incoming);
    talk.expect(220);
    talk.say("EHLO mx.good.example", 250);
    talk.say(&format!("MAIL FROM:<{from}>"), 250);
    talk.say(&format!("RCPT TO:<{ANNA}>"), 250);
    talk.say("DATA", 354);
    let reply = talk.say(&format!("From: {from}\r\nTo: {ANNA}\r\nSubject: ordinaria\r\n\r\nciao\r\n."), code);
    talk.say("QUIT", 221);
    reply
}

#[test]
fn the_anomaly_envelope_says_what_the_network_knows_of_its_origin_and_a_forgery_is_refused() {
    let mut world = World::up();
    world.beta.stop();
    let port = name_server();
    world.beta.edit(
        "[scanner]\n",
        &format!(
            "[dns]\nservers = [\"127.0.0.1:{port}\"]\n\n[ordinary]\nauthenticate = true\nrefuse_dmarc = true\n\n[scanner]\n"
        ),
    );
    world.beta.administer(&["domain", "set", "beta.example", "--ordinary", "anomaly"]);
    world.beta.start();
    send(&world, "carla@good.example", 250);
    let envelope = world.beta.one(ANNA, "anomaly-envelope");
    judge(&world.lab.ca, &envelope, "anomaly-envelope");
    let text = String::from_utf8_lossy(&envelope).replace("=\r\n", "").replace("=3D", "=");
    assert!(text.contains("spf=pass (good.example), dkim=none, dmarc=pass (good.example)"), "{text}");

    let reply = send(&world, "carla@spoofed.example", 550);
    assert!(reply.contains("spoofed.example"), "{reply}");
    assert_eq!(world.beta.list(ANNA).len(), 1);
    assert!(world.beta.log().contains("spf=fail (spoofed.example)"), "{}", world.beta.log());
}
