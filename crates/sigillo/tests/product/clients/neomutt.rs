//! NeoMutt in a terminal: a holder reads the receipts of a message, looks into one, deletes one.

use std::fs::File;
use std::process::Command;

use harness::Running;

use super::{ANNA, Home, MARIO, Mailbox};
use crate::house::{World, eventually, letter, succeed};

/// A terminal in which a program runs, of 110 columns and 40 lines. Both end with the value.
struct Terminal<'a> {
    home: &'a Home,
    _tmux: Running,
}

impl<'a> Terminal<'a> {
    fn new(home: &'a Home, command: &str) -> Self {
        let log = File::create(home.path("tmux.log")).unwrap();
        let mut server = Self::tmux(home);
        // In the foreground: a daemon would outlive the test.
        server.arg("-D").stdin(std::process::Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let terminal = Self { home, _tmux: Running::start(&mut server).unwrap() };
        eventually("tmux", || home.path("tmux").exists().then_some(()));
        succeed(Self::tmux(home).args(["new-session", "-d", "-x", "110", "-y", "40", command]));
        terminal
    }

    fn tmux(home: &Home) -> Command {
        let mut tmux = home.client("tmux");
        tmux.env("TERM", "xterm").env_remove("TMUX").args(["-u", "-f", "/dev/null", "-S"]).arg(home.path("tmux"));
        tmux
    }

    fn press(&self, keys: &[&str]) {
        succeed(Self::tmux(self.home).arg("send-keys").args(keys));
    }

    /// Waits until the screen has all of these, and gives it.
    fn shows(&self, words: &[&str]) -> String {
        eventually(&format!("{words:?} on the screen"), || {
            let screen = succeed(Self::tmux(self.home).args(["capture-pane", "-p"]));
            words.iter().all(|word| screen.contains(word)).then_some(screen)
        })
    }
}

#[test]
fn receipts_are_seen_under_their_message_read_and_deleted() {
    let world = World::alone();
    let (home, mailbox) = (Home::new(&world, "neomutt"), Mailbox::of(&world, MARIO));
    world.submit(&[ANNA], letter(ANNA, "diffida")).unwrap();
    world.alfa.wait(MARIO, "delivery", 1);
    let configuration = format!(
        "set folder=\"imaps://localhost:{}/\"\nset spoolfile=\"+INBOX\"\nset imap_user=\"{MARIO}\"\nset imap_pass=\"{}\"\n\
         set imap_authenticators=\"plain\"\nset ssl_force_tls=yes\nset ssl_ca_certificates_file=\"{}\"\n\
         set certificate_file=\"{}\"\nset sort=threads\nset delete=yes\nset quit=yes\n\
         set timeout=1\n",
        mailbox.imap_port(),
        mailbox.password(),
        mailbox.authority(),
        home.at("accepted"),
    );
    home.write("neomuttrc", &configuration);
    let terminal = Terminal::new(&home, &format!("neomutt -n -F {}", home.at("neomuttrc")));
    terminal.shows(&["ACCETTAZIONE: diffida", "CONSEGNA: diffida", "Msgs:2 New:2"]);
    terminal.press(&["1", "Enter", "Enter"]);
    terminal.shows(&["Subject: ACCETTAZIONE: diffida", "Ricevuta di accettazione", "daticert.xml"]);
    assert_eq!(mailbox.count("INBOX"), 2);
    terminal.press(&["q", "2", "Enter", "d", "$"]);
    terminal.shows(&["Msgs:1"]);
    assert_eq!(mailbox.flags("INBOX"), ["\\Seen"]);
}
