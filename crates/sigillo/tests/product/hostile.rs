//! Clients that mean harm, or are broken, leave nothing behind and do not disturb the others.

use crate::house::{World, letter};
use crate::talk::{Talk, plain};

const MARIO: &str = "mario.rossi@alfa.example";
const ANNA: &str = "anna.bianchi@beta.example";

#[test]
fn hostile_clients_leave_no_trace_and_a_normal_message_still_passes() {
    let world = World::with("idle = \"2s\"");
    let ports = world.alfa.ports();

    guesses_passwords(&world);
    logs_in_without_tls(&world);
    sends_for_another(&world);
    sends_too_much(&world);
    for port in [ports.incoming, ports.submission, ports.submission_tls, ports.admin] {
        sends_garbage(port);
    }
    for port in [ports.incoming, ports.submission] {
        speaks_tls_too_early(port);
        falls_silent_in_a_command(port);
    }
    falls_silent_in_data(&world);
    cuts_the_connection_in_data(&world);
    smuggles(&world);
    hides_commands_behind_starttls(&world);
    names_a_thousand_recipients(&world);
    forges_at_the_incoming_door(&world);

    assert_eq!((world.alfa.queued(), world.beta.queued()), (0, 0));
    assert_eq!((world.alfa.all(), world.beta.all()), (vec![], vec![]));

    world.submit(&[ANNA], letter(ANNA, "normale")).unwrap();
    world.judge(&world.alfa.one(MARIO, "acceptance"), "acceptance");
    world.judge(&world.beta.one(ANNA, "transport-envelope"), "transport-envelope");
    world.judge(&world.alfa.one(MARIO, "delivery"), "delivery");
}

fn guesses_passwords(world: &World) {
    let mut talk = Talk::tls(world);
    talk.say(&plain(MARIO, "sbagliata"), 535);
    talk.say(&plain("nessuno@alfa.example", "sbagliata"), 535);
    talk.say(&plain(MARIO, ""), 421);
    talk.closed();
    // The service mailbox is nobody's to send from.
    let mut talk = Talk::tls(world);
    talk.say(&plain("ricevute@alfa.example", &world.alfa.password("ricevute")), 535);
    talk.say("QUIT", 221);
}

fn logs_in_without_tls(world: &World) {
    let mut talk = Talk::clear(world.alfa.ports().submission);
    talk.expect(220);
    let offers = talk.say("EHLO client.example", 250);
    assert!(offers.contains("STARTTLS") && !offers.contains("AUTH"), "{offers}");
    talk.say(&plain(MARIO, &world.alfa.password("mario.rossi")), 538);
    talk.say(&format!("MAIL FROM:<{MARIO}>"), 530);
    talk.say("QUIT", 221);
    let mut talk = Talk::clear(world.alfa.ports().incoming);
    talk.expect(220);
    talk.say("EHLO client.example", 250);
    talk.say(&plain(MARIO, &world.alfa.password("mario.rossi")), 502);
}

fn sends_for_another(world: &World) {
    let mut talk = Talk::tls(world);
    talk.say(&format!("MAIL FROM:<{MARIO}>"), 530);
    talk.say(&plain(MARIO, &world.alfa.password("mario.rossi")), 235);
    talk.say("MAIL FROM:<anna.bianchi@alfa.example>", 553);
    talk.say("MAIL FROM:<>", 553);
    talk.say(&format!("RCPT TO:<{ANNA}>"), 503);
    talk.say("DATA", 503);
    talk.say("QUIT", 221);
}

fn sends_too_much(world: &World) {
    const ABOVE: usize = 80 << 20;
    let mut talk = Talk::mario(world);
    talk.say(&format!("MAIL FROM:<{MARIO}> SIZE={}", ABOVE + 1), 552);
    talk.say(&format!("MAIL FROM:<{MARIO}>"), 250);
    talk.say(&format!("RCPT TO:<{ANNA}>"), 250);
    talk.say("DATA", 354);
    // A header without end: 552 as well, and the session lives on.
    let field = format!("X-Field: {}\r\n", "x".repeat(900));
    for _ in 0..400 {
        talk.raw(field.as_bytes());
    }
    talk.say("\r\nciao\r\n.", 552);
    talk.say("NOOP", 250);
    talk.say("QUIT", 221);
}

fn sends_garbage(port: u16) {
    let mut garbage: Vec<u8> = (0..20_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    // No TLS record and no line by accident.
    garbage[0] = 0xff;
    let mut talk = Talk::clear(port);
    talk.raw(&garbage);
    // Whatever is answered, the server comes to an end with this client.
    let mut replies = 0;
    while !talk.reply().is_empty() {
        replies += 1;
    }
    assert!(replies < 200, "{replies} replies");
}

fn speaks_tls_too_early(port: u16) {
    let mut talk = Talk::clear(port);
    talk.expect(220);
    talk.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
    let reply = talk.expect(421);
    assert!(reply.contains("STARTTLS"), "{reply}");
    talk.closed();
}

fn falls_silent_in_a_command(port: u16) {
    let mut talk = Talk::clear(port);
    talk.expect(220);
    talk.raw(b"EHLO clie");
    talk.expect(421);
    talk.closed();
}

fn falls_silent_in_data(world: &World) {
    let mut talk = Talk::mario_in_data(world, ANNA);
    talk.raw(letter(ANNA, "zitto").as_bytes());
    talk.expect(421);
    talk.closed();
}

fn cuts_the_connection_in_data(world: &World) {
    let mut talk = Talk::mario_in_data(world, ANNA);
    talk.raw(letter(ANNA, "tagliato").as_bytes());
    talk.raw(b".\r");
    talk.cut();
}

/// Each of these ends a message for some servers, and what follows would be another message under mario's name. (A line
/// feed alone is completed to CRLF at this door, and ends nothing: the door's own tests show it.)
fn smuggles(world: &World) {
    for end in ["\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n"] {
        let mut talk = Talk::mario_in_data(world, ANNA);
        let hidden = letter(ANNA, "nascosto");
        let inner = format!("MAIL FROM:<{MARIO}>\r\nRCPT TO:<{ANNA}>\r\nDATA\r\n{hidden}");
        talk.raw(format!("{}riga{end}{inner}.\r\n", letter(ANNA, "visibile")).as_bytes());
        talk.expect(550);
        talk.say("NOOP", 250);
        talk.say("QUIT", 221);
        talk.closed();
    }
}

fn hides_commands_behind_starttls(world: &World) {
    let mut talk = Talk::clear(world.alfa.ports().submission);
    talk.expect(220);
    talk.say("EHLO client.example", 250);
    talk.raw(b"STARTTLS\r\nNOOP\r\n");
    talk.expect(421);
    talk.closed();
}

fn names_a_thousand_recipients(world: &World) {
    let mut talk = Talk::mario(world);
    talk.say(&format!("MAIL FROM:<{MARIO}>"), 250);
    for number in 0..1000 {
        talk.say(&format!("RCPT TO:<u{number}@beta.example>"), if number < 500 { 250 } else { 452 });
    }
    talk.say("RSET", 250);
    talk.say("QUIT", 221);
}

fn forges_at_the_incoming_door(world: &World) {
    let mut talk = Talk::clear(world.beta.ports().incoming);
    talk.expect(220);
    talk.say("EHLO client.example", 250);
    talk.say(&format!("MAIL FROM:<{MARIO}>"), 250);
    let denied = talk.say("RCPT TO:<qualcuno@fuori.example>", 550);
    assert!(denied.contains("relaying denied"), "{denied}");
    talk.say(&format!("RCPT TO:<{ANNA}>"), 250);
    talk.say("DATA", 354);
    let forged = letter(ANNA, "finto").replacen("Subject", "X-Ricevuta: accettazione\r\nSubject", 1);
    talk.say(&format!("{forged}."), 554);
    talk.say("QUIT", 221);
}
