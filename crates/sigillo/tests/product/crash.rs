//! The process is killed, or told to end: what was answered stays true, and nothing happens twice.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use conformance::client::Message;

use crate::house::{World, eventually, letter};
use crate::proved::{checked, sealing};
use crate::talk::Talk;

const MARIO: &str = "mario.rossi@alfa.example";
const ANNA: &str = "anna.bianchi@beta.example";
const SERVICE: &str = "ricevute@alfa.example";
const SUBMITTERS: usize = 3;
/// Who is killed, and after how many messages of that round were answered with 250.
const ROUNDS: [(Victim, usize); 8] = [
    (Victim::Alfa, 3),
    (Victim::Beta, 11),
    (Victim::Alfa, 17),
    (Victim::Beta, 1),
    (Victim::Alfa, 0),
    (Victim::Beta, 6),
    (Victim::Alfa, 8),
    (Victim::Beta, 14),
];

#[derive(Clone, Copy)]
enum Victim {
    Alfa,
    Beta,
}

#[test]
fn kills_lose_nothing_and_double_nothing() {
    // Sealing goes on beside it: kills fall into that too.
    let mut world = sealing();
    let answered = Mutex::new(BTreeSet::new());
    let enough = AtomicBool::new(false);
    let count = || answered.lock().unwrap().len();
    let client = Submitter::of(&world);
    thread::scope(|scope| {
        for number in 0..SUBMITTERS {
            let (client, answered, enough) = (&client, &answered, &enough);
            scope.spawn(move || client.send_until(number, answered, enough));
        }
        // A failure in here must not leave the submitters at it for ever.
        let stop = StopAtEnd(&enough);
        for (victim, messages) in ROUNDS {
            let goal = count() + messages;
            eventually("messages to be answered", || (count() >= goal).then_some(()));
            let house = match victim {
                Victim::Alfa => &mut world.alfa,
                Victim::Beta => &mut world.beta,
            };
            house.kill();
            house.start();
        }
        let goal = count() + 5;
        eventually("messages to be answered", || (count() >= goal).then_some(()));
        drop(stop);
    });
    world.settle();
    let answered = answered.into_inner().unwrap();
    let deliveries = || world.alfa.list(MARIO).into_iter().filter(|row| row.kind == "delivery").count();
    eventually("every delivery receipt", || (deliveries() >= answered.len()).then_some(()));
    world.settle();
    for house in [&world.alfa, &world.beta] {
        eventually("everything to be sealed", || (checked(house)["unsealed"] == 0).then_some(()));
        assert_eq!(checked(house)["faults"], 0);
        assert_eq!(house.administer(&["reconcile"]), "there are no discrepancies\n");
    }
    world.alfa.stop();
    world.beta.stop();

    let accepted = world.alfa.once_each(MARIO, "acceptance", "ACCETTAZIONE: ");
    let lost: Vec<_> = answered.difference(&accepted).collect();
    assert!(lost.is_empty(), "answered with 250 and lost: {lost:?}");
    // What was cut off before its 250 may have been accepted all the same; then it is accepted in every respect.
    assert_eq!(world.beta.once_each(ANNA, "transport-envelope", "POSTA CERTIFICATA: "), accepted);
    assert_eq!(world.alfa.once_each(SERVICE, "take-charge", "PRESA IN CARICO: "), accepted);
    assert_eq!(world.alfa.once_each(MARIO, "delivery", "CONSEGNA: "), accepted);
    assert_eq!(world.alfa.all().len() + world.beta.all().len(), accepted.len() * 4);
    world.alfa.verify_store();
    world.beta.verify_store();
}

struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a mail program knows of alfa, apart from the world that the test is changing.
struct Submitter {
    server: conformance::client::Server,
    trust: std::sync::Arc<rustls::ClientConfig>,
    password: String,
}

impl Submitter {
    fn of(world: &World) -> Self {
        let (server, trust) = world.server();
        Self { server, trust, password: world.alfa.password("mario.rossi") }
    }

    /// Sends one message after the other; one that got no 250 is given up, and the next is another message.
    fn send_until(&self, submitter: usize, answered: &Mutex<BTreeSet<String>>, enough: &AtomicBool) {
        let mut number = 0;
        while !enough.load(Ordering::Relaxed) {
            let Some(mut client) = eventually("alfa to answer", || {
                if enough.load(Ordering::Relaxed) {
                    return Some(None);
                }
                let mut client = conformance::client::Client::connect(&self.server, &self.trust).ok()?;
                client.login(MARIO, &self.password).ok()?;
                Some(Some(client))
            }) else {
                return;
            };
            loop {
                number += 1;
                let subject = format!("n-{submitter}-{number}");
                let bytes = letter(ANNA, &subject).into_bytes();
                let message = Message { sender: MARIO.into(), recipients: vec![ANNA.into()], bytes };
                let mut done = false;
                let sent = client.send([message], || done = true);
                if done {
                    answered.lock().unwrap().insert(subject);
                }
                if sent.is_err() || enough.load(Ordering::Relaxed) {
                    break;
                }
            }
        }
    }
}

#[test]
fn a_message_under_way_may_finish_when_the_process_is_told_to_end() {
    let mut world = World::up();
    let port = world.alfa.ports().submission_tls;
    let mut idle = Talk::mario(&world);
    let mut sending = Talk::mario_in_data(&world, ANNA);
    let letter = letter(ANNA, "ultimo");
    let (first, second) = letter.split_at(80);
    sending.raw(first.as_bytes());

    world.alfa.terminate();
    idle.expect(421);
    idle.closed();
    eventually("the door to close", || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err().then_some(()));
    sending.raw(second.as_bytes());
    let reply = sending.say(".", 250);
    assert!(reply.contains("accepted: "), "{reply}");
    sending.expect(421);
    sending.closed();
    assert_eq!(world.alfa.ended().code(), Some(0));

    world.alfa.start();
    world.judge(&world.alfa.one(MARIO, "acceptance"), "acceptance");
    world.judge(&world.beta.one(ANNA, "transport-envelope"), "transport-envelope");
    world.judge(&world.alfa.one(MARIO, "delivery"), "delivery");
    world.settle();
    world.alfa.stop();
    world.alfa.verify_store();
}
