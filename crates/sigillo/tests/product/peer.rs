//! A provider against one that misbehaves in every way the laboratory knows: what its holders and its service mailbox
//! get, what its watches say, and that nothing is lost or doubled.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::Stdio;

use harness::Running;
use lab::peer::conduct::{CONDUCTS, Way};
use lab::peer::sample::{Expected, SAMPLES};

use crate::house::{World, data, eventually, judge, letter, sigillo, succeed};

const MARIO: &str = "mario.rossi@alfa.example";
const ANNA: &str = "anna.bianchi@beta.example";
const SERVICE: &str = "ricevute@alfa.example";

/// `sigillo lab DIR --peer KIND`, running. It ends with the test.
pub struct Peer {
    _process: Running,
    log: PathBuf,
}

impl Peer {
    pub fn start(world: &World, kind: &str) -> Self {
        let log = world.scratch(&format!("peer-{kind}.txt"));
        let out = File::create(&log).unwrap();
        let mut command = sigillo();
        command.arg("lab").arg(&world.lab.folder).args(["--peer", kind, "--delay", "1", "--until-stdin-closes"]);
        command.stdin(Stdio::piped()).stdout(out.try_clone().unwrap()).stderr(out);
        let process = Running::start(&mut command).unwrap();
        eventually("the peer's door", || {
            assert!(process.ended().unwrap().is_none(), "{}", fs::read_to_string(&log).unwrap());
            TcpStream::connect((Ipv4Addr::LOCALHOST, world.lab.guests[0].address.port())).ok()
        });
        Self { _process: process, log }
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// How many lines begin so.
    pub fn lines(&self, start: &str) -> usize {
        self.said().lines().filter(|line| line.starts_with(start)).count()
    }
}

/// The identifier of the only message that Mario has submitted.
fn identifier(world: &World) -> String {
    let data = data(&world.alfa.one(MARIO, "acceptance"));
    let (_, rest) = data.split_once("<identificativo>").unwrap();
    rest.split_once("</identificativo>").unwrap().0.to_owned()
}

/// Whom the receipts of a kind are about.
fn about(world: &World, kind: &str, count: usize) -> BTreeMap<String, usize> {
    let mut about = BTreeMap::new();
    for receipt in world.alfa.wait(MARIO, kind, count) {
        let data = data(&receipt);
        let (_, rest) = data.split_once("<consegna>").unwrap();
        *about.entry(rest.split_once("</consegna>").unwrap().0.to_owned()).or_default() += 1;
    }
    about
}

/// What comes of a conduct: whether take-charge arrives, what the holder gets in the end, whether the watch is closed.
fn outcome(way: Way) -> (bool, Option<&'static str>, bool) {
    match way {
        Way::Good | Way::Slow | Way::OutOfOrder | Way::Duplicates | Way::Busy | Way::Cut | Way::Hang => {
            (true, Some("delivery"), true)
        }
        Way::LostTakeCharge => (false, Some("delivery"), true),
        Way::Undelivered(_) => (true, Some("non-delivery"), true),
        Way::Virus => (true, Some("virus-non-delivery"), true),
        Way::Refuse => (false, Some("non-delivery"), true),
        Way::NoDelivery | Way::EightBit | Way::BrokenXml | Way::Forged => (true, None, false),
        Way::Silent
        | Way::NoTls
        | Way::Gibberish
        | Way::WrongSignature
        | Way::ExpiredCertificate
        | Way::RevokedCertificate
        | Way::UnlistedCertificate => (false, None, false),
    }
}

#[test]
fn every_special_local_part_has_its_outcome_and_no_other() {
    let world = World::with_peer("data_timeout = \"5s\"");
    let peer = Peer::start(&world, "good");
    let rows: Vec<_> = CONDUCTS.iter().filter_map(|conduct| Some((conduct, conduct.local?))).collect();
    let recipients: Vec<String> = rows.iter().map(|(_, local)| format!("{local}@prova.example")).collect();
    let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
    let mut message = format!(
        "From: {MARIO}\r\nTo: {}\r\nSubject: tutti\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n",
        recipients.join(",\r\n ")
    );
    message.push_str("perché\r\n");
    world.submit(&recipients, message).unwrap();
    let identifier = identifier(&world);

    // Everything that the peer wants to say has been said, the message it cut has come again, and nothing waits.
    let sent = |way: Way, takes: bool, delivers: bool| {
        let each = usize::from(takes) + usize::from(delivers);
        match way {
            Way::Refuse => 0,
            Way::Duplicates => 3 * each,
            _ => each,
        }
    };
    let goal: usize = rows.iter().map(|(c, _)| sent(c.way, c.takes_charge(), c.delivers())).sum();
    eventually("the peer's receipts", || (peer.lines("-> ") == goal).then_some(()));
    eventually("the message again", || peer.said().contains("once more").then_some(()));
    assert_eq!((peer.lines("<- put off"), peer.lines("<- cut")), (2, 1), "{}", peer.said());
    world.settle();

    let count = |wanted: &str| rows.iter().filter(|(c, _)| outcome(c.way).1 == Some(wanted)).count();
    for kind in ["delivery", "non-delivery", "virus-non-delivery"] {
        let expected: BTreeMap<String, usize> = rows
            .iter()
            .filter(|(conduct, _)| outcome(conduct.way).1 == Some(kind))
            .map(|(_, local)| (format!("{local}@prova.example"), 1))
            .collect();
        assert_eq!(about(&world, kind, count(kind)), expected, "{kind}");
    }
    // The receipt whose XML is cut short, and the forged one.
    for anomaly in world.alfa.wait(MARIO, "anomaly-envelope", 2) {
        judge(&world.lab.ca, &anomaly, "anomaly-envelope");
    }
    let taken = rows.iter().filter(|(conduct, _)| outcome(conduct.way).0).count();
    world.alfa.wait(SERVICE, "take-charge", taken);
    world.alfa.one(SERVICE, "virus-detection");
    for (conduct, local) in &rows {
        let (taken, _, closed) = outcome(conduct.way);
        let fate = world.alfa.addressee(&identifier, &format!("{local}@prova.example"));
        let open = (!fate.state.is_final()).then_some(fate.taken_at.is_some());
        assert_eq!(open, (!closed).then_some(taken), "{}", conduct.name);
    }
    for (local, code) in [("unknown", "5.1.1"), ("disabled", "5.2.1"), ("full", "5.2.2"), ("refused", "5.5.0")] {
        let notices = world.alfa.wait(MARIO, "non-delivery", 4);
        let about = format!("<consegna>{local}@prova.example</consegna>");
        let notice = notices.iter().map(|notice| data(notice)).find(|data| data.contains(&about));
        assert!(notice.as_ref().is_some_and(|data| data.contains(code)), "{local}: {notice:?}");
    }
}

#[test]
fn every_sample_of_a_bad_message_ends_as_its_table_says() {
    let world = World::with_peer("");
    let peer = Peer::start(&world, "good");
    let mut receipts = 0;
    for sample in SAMPLES {
        let mut command = sigillo();
        command.arg("lab").arg(&world.lab.folder).args(["--send", sample.name, "--to", MARIO]);
        let said = succeed(&mut command);
        let refused = said.matches("not taken: 554 5.7.1").count();
        let taken = said.matches(": 250 2.0.0").count();
        let rows = world.alfa.list(MARIO);
        let of = |kind: &str| {
            let ends = |subject: &str| subject.ends_with(&format!("Prova {}", sample.name));
            rows.iter().filter(|row| row.kind == kind && ends(&row.subject)).count()
        };
        let found = (taken, refused, of("transport-envelope") + of("delivery"), of("anomaly-envelope"));
        let expected = match sample.expected {
            Expected::Delivered | Expected::Detected | Expected::Passed => (1, 0, 1, 0),
            Expected::DeliveredOnce => (2, 0, 1, 0),
            Expected::Anomaly => (1, 0, 0, 1),
            Expected::Refused => (0, 1, 0, 0),
            Expected::Shelved => (1, 0, 0, 0),
        };
        assert_eq!(found, expected, "{}: {said}\n{rows:?}", sample.name);
        receipts += of("transport-envelope");
    }
    world.settle();
    // Only what was delivered was certified.
    eventually("the receipts", || (peer.lines("<- delivery about") == receipts).then_some(()));
    assert_eq!(peer.lines("<- take-charge about"), receipts, "{}", peer.said());
    let shown = SAMPLES.iter().filter(|s| !matches!(s.expected, Expected::Refused | Expected::Shelved)).count();
    assert_eq!(world.alfa.list(MARIO).len(), shown);
    world.alfa.one(SERVICE, "virus-detection");
}

#[test]
fn connections_cut_after_data_lose_nothing_and_double_nothing() {
    const MESSAGES: usize = 6;
    let world = World::with_peer("");
    let peer = Peer::start(&world, "cut");
    let recipient = "anna.verdi@prova.example";
    for number in 0..MESSAGES {
        world.submit(&[recipient], letter(recipient, &format!("taglio {number}"))).unwrap();
    }
    world.alfa.wait(MARIO, "delivery", MESSAGES);
    world.settle();
    assert_eq!(peer.lines("<- cut"), MESSAGES, "{}", peer.said());
    world.alfa.wait(MARIO, "delivery", MESSAGES);
    world.alfa.wait(SERVICE, "take-charge", MESSAGES);
    assert_eq!(world.alfa.list(MARIO).len(), 2 * MESSAGES);
}

#[test]
fn a_peer_that_does_not_reply_holds_up_nobody_else() {
    let world = World::with_peer("data_timeout = \"2s\"");
    let peer = Peer::start(&world, "hang");
    let slow: Vec<String> = (0..3).map(|number| format!("anna{number}@prova.example")).collect();
    for recipient in &slow {
        world.submit(&[recipient], letter(recipient, "attesa")).unwrap();
    }
    eventually("the first envelope", || (peer.lines("<- held") > 0).then_some(()));
    world.submit(&[ANNA], letter(ANNA, "subito")).unwrap();
    let swift = world.beta.one(ANNA, "transport-envelope");
    world.judge(&swift, "transport-envelope");
    world.alfa.wait(MARIO, "delivery", 1 + slow.len());
    world.settle();
    assert_eq!(peer.lines("<- held"), slow.len(), "{}", peer.said());
    world.alfa.wait(SERVICE, "take-charge", 1 + slow.len());
    world.alfa.wait(MARIO, "delivery", 1 + slow.len());
}

#[test]
fn without_tls_or_smtp_nothing_certified_leaves_until_the_peer_has_it_again() {
    for kind in ["no-tls", "gibberish"] {
        waits_until_the_peer_is_good_again(kind);
    }
}

/// The peer's software chokes on one message, and keeps its connection until the relay's patience (10 minutes) is over.
#[test]
fn one_message_that_the_peer_chokes_on_holds_up_no_other() {
    let world = World::with_peer("");
    let peer = Peer::start(&world, "good");
    let (stuck, free) = ("hang@prova.example", "anna.verdi@prova.example");
    world.submit(&[stuck], letter(stuck, "ferma")).unwrap();
    eventually("the envelope", || (peer.lines("<- held") > 0).then_some(()));
    for number in 0..3 {
        world.submit(&[free], letter(free, &format!("libera {number}"))).unwrap();
    }
    assert_eq!(about(&world, "delivery", 4), BTreeMap::from([(stuck.to_owned(), 1), (free.to_owned(), 3)]));
    assert_eq!(world.alfa.queued(), 1, "the one that was not answered");
}

fn waits_until_the_peer_is_good_again(kind: &str) {
    let world = World::with_peer("");
    let peer = Peer::start(&world, kind);
    let recipient = "anna.verdi@prova.example";
    world.submit(&[recipient], letter(recipient, "in chiaro")).unwrap();
    eventually("an attempt", || world.alfa.log().contains("event=\"deferred\"").then_some(()));
    assert_eq!((peer.lines("<- "), world.alfa.queued()), (0, 1), "{}", peer.said());
    drop(peer);
    let peer = Peer::start(&world, "good");
    world.alfa.one(MARIO, "delivery");
    world.settle();
    assert_eq!(peer.lines("<- transport-envelope"), 1);
    assert_eq!(world.alfa.list(MARIO).len(), 2);
}

#[test]
fn a_seven_bit_system_spoils_eight_bit_receipts_only() {
    let world = World::with_peer("");
    let peer = Peer::start(&world, "eight-bit");
    let recipient = "anna.verdi@prova.example";
    let eight = letter(recipient, "otto").replace("Buongiorno", "Perché");
    world.submit(&[recipient], eight).unwrap();
    world.submit(&[recipient], letter(recipient, "sette")).unwrap();
    let receipt = world.alfa.one(MARIO, "delivery");
    world.judge(&receipt, "delivery");
    eventually("the refusal", || peer.said().contains("the content was changed after signing").then_some(()));
    world.settle();
    let delivered: Vec<_> = world.alfa.list(MARIO).into_iter().filter(|row| row.kind == "delivery").collect();
    assert!(delivered.len() == 1 && delivered[0].subject.ends_with("sette"), "{delivered:?}");
}

/// [R-I-to-1]
#[test]
fn a_receipt_by_a_provider_that_does_not_host_the_recipient_is_no_receipt_and_ends_nothing() {
    let mut world = World::with_peer("");
    world.beta.kill();
    let peer = Peer::start(&world, "good");
    let forged = "forged@prova.example";
    world.submit(&[forged, ANNA], letter(&format!("{forged}, {ANNA}"), "falsa")).unwrap();
    let identifier = identifier(&world);
    eventually("the forged receipt", || (peer.lines("-> ") == 2).then_some(()));
    judge(&world.lab.ca, &world.alfa.one(MARIO, "anomaly-envelope"), "anomaly-envelope");
    for recipient in [ANNA, forged] {
        assert!(!world.alfa.addressee(&identifier, recipient).state.is_final(), "{recipient}");
    }
    world.beta.start();
    assert_eq!(about(&world, "delivery", 1), BTreeMap::from([(ANNA.to_owned(), 1)]), "{}", peer.said());
    assert!(world.alfa.addressee(&identifier, ANNA).state.is_final());
    assert!(!world.alfa.addressee(&identifier, forged).state.is_final());
}
