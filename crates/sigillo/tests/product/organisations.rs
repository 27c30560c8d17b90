//! An administration with offices, whose people read the mailboxes of their own and of no other.

use std::fs;

use crate::house::{World, letter, run};
use crate::talk::Talk;

const GOOD: &str = "gru-tavolo-melone-vite";
const COMUNE: &str = "Comune di Alfa";
const OFFICES: [&str; 3] = ["Protocollo", "Tributi", "Anagrafe"];

/// The mailbox of an office.
fn mailbox(office: &str) -> String {
    format!("ufficio.{}@alfa.example", office.to_lowercase())
}

fn path(office: &str) -> String {
    format!("{COMUNE}/{office}")
}

/// A session by IMAP, spoken by hand: what it is told while it waits is looked at too.
struct Imap(Talk);

impl Imap {
    fn new(world: &World) -> Self {
        let mut talk = Talk::at(world, world.alfa.ports().imap_tls);
        assert!(talk.reply().starts_with("* OK"));
        Self(talk)
    }

    fn olga(world: &World) -> Self {
        let mut imap = Self::new(world);
        imap.ask(&format!("LOGIN olga {GOOD}"));
        imap
    }

    /// Everything that a command is answered with, its end last.
    fn answer(&mut self, command: &str) -> Vec<String> {
        self.0.raw(format!("a {command}\r\n").as_bytes());
        let mut lines = Vec::new();
        loop {
            let line = self.0.reply();
            assert!(!line.is_empty(), "{command}: closed after {lines:?}");
            lines.push(line.trim_end().to_owned());
            if line.starts_with("a ") || line.starts_with("+ ") {
                return lines;
            }
        }
    }

    /// What a command that succeeds is answered with.
    fn ask(&mut self, command: &str) -> Vec<String> {
        let mut lines = self.answer(command);
        let end = lines.pop().unwrap();
        assert!(end.starts_with("a OK") || end.starts_with("+ "), "{command}: {end}");
        lines
    }

    /// The addresses of the mailboxes that there are.
    fn mailboxes(&mut self) -> Vec<String> {
        let lines = self.ask("LIST \"\" Caselle/%");
        lines.iter().map(|line| line.split(['/', '"']).rev().nth(1).unwrap().to_owned()).collect()
    }

    /// Waits for this line.
    fn hears(&mut self, start: &str) {
        loop {
            let line = self.0.reply();
            assert!(!line.is_empty(), "closed before {start}");
            if line.starts_with(start) {
                return;
            }
        }
    }
}

/// A town is set up as its administrator would, with the provider running.
fn town() -> World {
    let world = World::alone();
    let alfa = &world.alfa;
    let password = world.scratch("password");
    fs::write(&password, format!("{GOOD}\n")).unwrap();
    alfa.administer(&["organisation", "add", COMUNE, "--ipa", "c_a001"]);
    for office in OFFICES {
        alfa.administer(&["office", "add", &path(office)]);
        alfa.administer(&["mailbox", "add", &mailbox(office), "--office", &path(office), "--no-password"]);
    }
    alfa.administer(&["user", "add", "olga", "--display", "Olga Neri", "--password-file", password.to_str().unwrap()]);
    world
}

fn grant(world: &World, office: &str) {
    world.alfa.administer(&["user", "grant", "olga", "--office", &path(office), "--rights", "read"]);
}

#[test]
fn who_has_a_right_on_an_office_reads_its_mailboxes_and_no_others() {
    let mut world = town();
    let shown = world.alfa.administer(&["organisation", "show", COMUNE]);
    assert_eq!(shown.lines().next(), Some("Comune di Alfa (IPA c_a001): 3 offices, 3 mailboxes"), "{shown}");
    assert_eq!(Imap::new(&world).answer(&format!("LOGIN olga {GOOD}"))[0].get(..4), Some("a NO"), "nothing is granted");
    grant(&world, "Protocollo");
    let mut olga = Imap::olga(&world);
    assert_eq!(olga.mailboxes(), [mailbox("Protocollo")]);
    let refused = olga.answer(&format!("SELECT Caselle/{}/INBOX", mailbox("Tributi")));
    assert!(refused[0].starts_with("a NO [NONEXISTENT]"), "{refused:?}");
    // A mailbox that is put in the office later is there too, and what comes to it is read.
    world.alfa.administer(&["mailbox", "add", "albo@alfa.example", "--office", &path("protocollo"), "--no-password"]);
    assert_eq!(olga.mailboxes(), ["albo@alfa.example".to_owned(), mailbox("Protocollo")]);
    olga.ask("SELECT Caselle/albo@alfa.example/INBOX");
    olga.ask("IDLE");
    world.submit(&["albo@alfa.example"], letter("albo@alfa.example", "da pubblicare")).unwrap();
    olga.hears("* 1 EXISTS");
    // It goes to another office, while she looks at it: her session is over, and it is not there when she comes again.
    world.alfa.administer(&["mailbox", "set", "albo@alfa.example", "--office", &path("Tributi")]);
    olga.hears("* BYE");
    let mut olga = Imap::olga(&world);
    assert_eq!(olga.mailboxes(), [mailbox("Protocollo")]);
    // With a right on that office too she sees what stands in both.
    grant(&world, "Tributi");
    let all = ["albo@alfa.example".to_owned(), mailbox("Protocollo"), mailbox("Tributi")];
    assert_eq!(olga.mailboxes(), all);
    olga.ask(&format!("SELECT Caselle/{}/INBOX", mailbox("Protocollo")));
    // A right that is taken makes vanish what it was on; what is selected by another one goes on.
    world.alfa.administer(&["user", "revoke", "olga", "--office", &path("Tributi")]);
    assert_eq!(olga.mailboxes(), [mailbox("Protocollo")]);
    let refused = olga.answer("STATUS Caselle/albo@alfa.example/INBOX (MESSAGES)");
    assert!(refused[0].starts_with("a NO [NONEXISTENT]"), "{refused:?}");
    olga.ask("FETCH 1:* FLAGS");
    olga.ask("IDLE");
    world.alfa.administer(&["user", "revoke", "olga", "--office", &path("Protocollo")]);
    olga.hears("* BYE");
    world.alfa.stop();
    world.alfa.verify_store();
}

#[test]
fn an_office_moves_with_its_mailboxes_and_the_rights_above_it() {
    let world = town();
    let alfa = &world.alfa;
    alfa.administer(&["office", "move", &path("Anagrafe"), &path("Tributi")]);
    grant(&world, "Tributi");
    let mut olga = Imap::olga(&world);
    assert_eq!(olga.mailboxes(), [mailbox("Anagrafe"), mailbox("Tributi")]);
    olga.ask(&format!("SELECT Caselle/{}/INBOX", mailbox("Anagrafe")));
    olga.ask("IDLE");
    alfa.administer(&["office", "rename", &path("Tributi"), "Entrate"]);
    alfa.administer(&["office", "move", &path("Entrate/Anagrafe"), COMUNE]);
    olga.hears("* BYE");
    assert_eq!(Imap::olga(&world).mailboxes(), [mailbox("Tributi")]);
}

#[test]
fn what_is_in_use_is_not_removed_with_the_provider_running_or_stopped() {
    let mut world = town();
    for running in [true, false] {
        let refused = |words: &[&str], why: &str| {
            let (status, _, said) = run(world.alfa.command(words).arg("--json"));
            assert!(status.code() == Some(64) && said.contains(why), "{words:?}: {status} {said}");
        };
        refused(&["office", "remove", &path("Protocollo")], "it has mailboxes (1: ufficio.protocollo@alfa.example)");
        refused(&["organisation", "remove", COMUNE], "it has offices (3), mailboxes (3)");
        refused(
            &["office", "rename", &path("Protocollo"), "TRIBUTI"],
            "there is an office Tributi in that place already",
        );
        refused(&["organisation", "add", "none"], "nothing can be called 'none'");
        refused(&["domain", "set", "alfa.example", "--organisation", COMUNE], "alfa.example cannot belong to");
        // What is closed is still there.
        world.alfa.administer(&["mailbox", "close", &mailbox("Anagrafe")]);
        refused(&["office", "remove", &path("Anagrafe")], "it has mailboxes (1: ufficio.anagrafe@alfa.example)");
        let list = ["mailbox", "list", "--office", &path("Anagrafe")].map(str::to_owned);
        let listed = world.alfa.administer(&list.each_ref().map(String::as_str));
        assert!(listed.contains("ufficio.anagrafe@alfa.example") && listed.lines().count() == 1, "{listed}");
        if running {
            world.alfa.stop();
        }
    }
    world.alfa.administer(&["mailbox", "set", &mailbox("Anagrafe"), "--office", "none"]);
    world.alfa.administer(&["office", "remove", &path("Anagrafe")]);
    world.alfa.verify_store();
}
