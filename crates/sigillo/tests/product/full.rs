//! A mailbox that fills up, as its holder, its administrator and who writes to it see it.

use std::process::Command;

use conformance::opened::Opened;
use serde_json::Value;

use crate::house::{World, data, eventually, letter, run};

const MARIO: &str = "mario.rossi@alfa.example";
const ANNA: &str = "anna.bianchi@beta.example";

/// The messages of Anna's inbox, read by IMAP with a client that people use.
fn inbox(world: &World) -> Vec<String> {
    let url = format!("imaps://127.0.0.1:{}/INBOX", world.beta.ports().imap_tls);
    let mut found = Vec::new();
    for uid in 1.. {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--cacert"]).arg(&world.lab.tls_ca);
        curl.args(["--user", &format!("{ANNA}:{}", world.beta.password("anna.bianchi")), &format!("{url};UID={uid}")]);
        let (status, message, _) = run(&mut curl);
        match status.code() {
            Some(0) => found.push(message),
            // There is no such message.
            Some(78) => break,
            code => panic!("curl ends with {code:?}"),
        }
    }
    found
}

/// The letters about space and about refusals that are there; waits until there are so many.
fn letters(world: &World, warnings: usize, listings: usize) -> (Vec<String>, Vec<String>) {
    eventually("letters in the inbox", || {
        let all: Vec<String> = inbox(world).into_iter().filter(|text| text.starts_with("From: postmaster@")).collect();
        let (about_space, about_refusals): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|text| text.contains("\r\nSubject: Spazio della casella"));
        (about_space.len() >= warnings && about_refusals.len() >= listings).then_some((about_space, about_refusals))
    })
}

#[test]
fn a_mailbox_that_fills_tells_its_holder_in_time_and_what_it_refused_also_when_the_provider_is_killed() {
    let mut world = World::up();
    let large = |subject: &str, octets: usize| {
        let line = format!("{}\r\n", "x".repeat(70));
        letter(ANNA, subject) + &line.repeat(octets / line.len())
    };
    let sends = |world: &World, subject: &str, octets| world.submit(&[ANNA], large(subject, octets)).unwrap();
    world.beta.administer(&["mailbox", "set", ANNA, "--quota", "1MiB"]);
    sends(&world, "prima", 600_000);
    world.beta.wait(ANNA, "transport-envelope", 1);
    let shown = |world: &World| -> Vec<Value> {
        let said = world.beta.administer(&["mailbox", "show", ANNA, "--json"]);
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let mailbox = shown(&world);
    assert!(mailbox[0]["percent"].as_u64().is_some_and(|percent| (57..70).contains(&percent)), "{mailbox:?}");
    assert_eq!((&mailbox[1]["type"], &mailbox[1]["outlook"]), (&Value::from("forecast"), &Value::from("unknown")));
    assert_eq!(world.beta.administer(&["mailbox", "list", "--fuller-than", "70"]), "");

    // It passes 90 percent, and the provider is killed as soon as the message is there.
    sends(&world, "seconda", 370_000);
    world.beta.wait(ANNA, "transport-envelope", 2);
    world.beta.kill();
    world.beta.start();
    let (warnings, listings) = letters(&world, 1, 0);
    assert_eq!((warnings.len(), listings.len()), (1, 0), "told once");
    assert!(warnings[0].contains("octets of 1,048,576.\r\n"), "{warnings:?}");
    assert!(world.beta.administer(&["mailbox", "list", "--fuller-than", "90"]).contains(ANNA));
    assert_eq!(world.beta.metric("sigillo_mailboxes_filled"), Some(1.0));

    // What finds no room: the sender hears it by the norm, the holder in the mailbox that is full.
    sends(&world, "terza", 200_000);
    let notice = world.alfa.one(MARIO, "non-delivery");
    world.judge(&notice, "non-delivery");
    assert!(data(&notice).contains("5.2.2"), "{}", data(&notice));
    let (_, listings) = letters(&world, 1, 1);
    let identifier = data(&notice);
    let identifier = identifier.split_once("<identificativo>").unwrap().1.split_once("</identificativo>").unwrap().0;
    for said in [MARIO, "«terza»", identifier, "Messages refused: 1\r\n"] {
        assert!(listings[0].contains(said), "{said}: {}", listings[0]);
    }
    assert!(Opened::new(listings[0].as_bytes()).data.is_empty(), "it looks like no notification");
    assert_eq!(world.beta.metric("sigillo_full_mailbox_refusals_total"), Some(1.0));
    assert_eq!(world.beta.list(ANNA).iter().filter(|row| row.kind == "transport-envelope").count(), 2);
    world.beta.stop();
    world.beta.verify_store();
}
