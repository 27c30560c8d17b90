//! The pages in a real browser [R-6-a], where certified messages are told from others [R-I-sec-2].

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use conformance::client::Message;

use crate::house::{World, letter, succeed};

const ANNA: &str = "anna.bianchi@alfa.example";
/// Another holder of the same provider.
const MARIO: &str = "mario.rossi@alfa.example";

/// A script of `crates/web/browser`, with what it is told.
pub fn browser(script: &str, world: &World) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/browser");
    assert!(folder.join("node_modules").is_dir(), "the browser's driver is not there: run `make setup`");
    let mut node = Command::new("node");
    node.arg(folder.join(script)).current_dir(&folder);
    for (name, house) in [("ALFA", &world.alfa), ("BETA", &world.beta)] {
        node.env(name, format!("https://localhost:{}", house.ports().web));
    }
    node.env("ALFA_MARIO", MARIO);
    node.env("ANNA", ANNA).env("ANNA_PASSWORD", world.alfa.password("anna.bianchi"));
    node.env("MARIO", "mario.rossi@beta.example").env("MARIO_PASSWORD", world.beta.password("mario.rossi"));
    if let Ok(pictures) = std::env::var("SIGILLO_PICTURES") {
        node.env("PICTURES", pictures);
    }
    node
}

#[test]
fn a_message_travels_in_a_browser_from_writing_to_its_folded_receipts() {
    let world = World::up();
    succeed(&mut browser("trip.mjs", &world));
}

/// Mails of the corpus of attacks on readers, as HTML from mario.rossi to anna.bianchi, both of alfa; how many.
fn send_attacks(world: &World) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../render/tests/attacks");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let attacks = files.filter(|path| path.extension().is_some_and(|end| end == "html")).map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        // What the attack does to the header is tried elsewhere: here its HTML comes octet for octet.
        let fields =
            "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n";
        let plain = letter(ANNA, &name);
        let (head, _) = plain.split_once("\r\n\r\n").unwrap();
        let encoded = STANDARD.encode(fs::read(path).unwrap());
        let lines: Vec<&str> = encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let bytes = format!("{head}\r\n{fields}\r\n{}\r\n", lines.join("\r\n")).into_bytes();
        Message { sender: MARIO.into(), recipients: vec![ANNA.into()], bytes }
    });
    let attacks: Vec<Message> = attacks.collect();
    let sent = attacks.len();
    world.client().unwrap().send(attacks, || ()).unwrap();
    world.alfa.wait(ANNA, "transport-envelope", sent);
    sent
}

#[test]
fn mails_that_attack_their_reader_do_nothing_in_a_browser() {
    let world = World::alone();
    let sent = send_attacks(&world);
    assert!(sent > 40, "only {sent} attacks");
    succeed(browser("hostile.mjs", &world).env("ATTACKS", sent.to_string()));
}

#[test]
fn what_is_written_in_a_browser_is_not_lost_and_goes_once() {
    let world = World::alone();
    succeed(&mut browser("writing.mjs", &world));
    let accepted = world.alfa.list(ANNA).into_iter().filter(|row| row.kind == "acceptance").count();
    assert_eq!(accepted, 2, "each of two messages was accepted once");
}

#[test]
fn a_keyboard_alone_is_enough_and_twice_the_size_fits() {
    let world = World::alone();
    for subject in ["prima", "seconda"] {
        world.submit(&[ANNA], letter(ANNA, subject)).unwrap();
    }
    world.alfa.wait(ANNA, "transport-envelope", 2);
    succeed(&mut browser("keyboard.mjs", &world));
}
