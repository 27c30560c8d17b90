//! mbsync (isync): a thousand messages both ways, each way interrupted and resumed; then flags and deletions both ways.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::Command;

use harness::Running;

use super::maildir::Maildir;
use super::{Home, MARIO, Mailbox};
use crate::house::{PATIENCE, World, eventually, succeed};

const COUNT: usize = 1000;

/// A client with a Maildir of its own. It logs in with LOGIN: for all else it wants libraries that Debian only recommends.
struct Computer {
    home: Home,
    inbox: Maildir,
}

impl Computer {
    fn new(mailbox: &Mailbox<'_>, name: &str) -> Self {
        let home = Home::new(mailbox.world, name);
        let inbox = Maildir::new(&home.path("INBOX"));
        let (port, login, password) = (mailbox.imap_port(), mailbox.address, mailbox.password());
        let (authority, near) = (mailbox.authority(), home.0.display());
        let configuration = format!(
            "FSync no\nIMAPAccount pec\nHost localhost\nPort {port}\nUser {login}\nPass {password}\nSSLType IMAPS\n\
             CertificateFile {authority}\nAuthMechs LOGIN\n\nIMAPStore far\nAccount pec\n\nMaildirStore near\n\
             Path {near}/\nInbox {near}/INBOX\nSubFolders Verbatim\n\nChannel all\nFar :far:\nNear :near:\n\
             Patterns *\nCreate Both\nExpunge Both\nSyncState *\n"
        );
        home.write("mbsyncrc", &configuration);
        Self { home, inbox }
    }

    fn mbsync(&self) -> Command {
        let mut mbsync = self.home.client("mbsync");
        mbsync.arg("--config").arg(self.home.path("mbsyncrc")).arg("all");
        mbsync
    }

    /// Starts it, and lets go when `enough` of what it does is done.
    fn begin(&self, enough: impl Fn() -> bool) -> Running {
        let log = File::create(self.home.path("log")).unwrap();
        let syncing = Running::start(self.mbsync().stdout(log.try_clone().unwrap()).stderr(log)).unwrap();
        eventually("the first messages", || enough().then_some(()));
        syncing
    }

    /// Flags and octets of each message, without the line that mbsync gives a message on its way to the server.
    fn state(&self) -> BTreeMap<String, (String, Vec<u8>)> {
        let own = |octets: &[u8]| {
            let lines = octets.split_inclusive(|octet| *octet == b'\n');
            lines.filter(|line| !line.starts_with(b"X-TUID: ")).collect::<Vec<_>>().concat()
        };
        let messages = self.inbox.messages().into_iter();
        messages.map(|(id, kept)| (id, (kept.flags, own(&kept.octets)))).collect()
    }
}

fn fill(inbox: &Maildir) {
    for number in 0..COUNT {
        let seen = if number % 2 == 0 { "S" } else { "" };
        let text = format!(
            "From: a@client.example\nTo: b@client.example\nSubject: numero {number}\n\
             Date: Wed, 14 Oct 2026 10:00:00 +0200\nMessage-ID: <{number}@client.example>\n\nCorpo {number}\n"
        );
        inbox.put(&format!("1700000000.{number}.test"), seen, text.as_bytes());
    }
}

#[test]
fn a_thousand_messages_go_both_ways_through_every_interruption_and_so_do_flags_and_deletions() {
    let mut world = World::alone();
    let (office, home) = {
        let mailbox = Mailbox::of(&world, MARIO);
        let computers = (Computer::new(&mailbox, "office"), Computer::new(&mailbox, "home"));
        fill(&computers.0.inbox);
        // The client dies while it sends.
        let sending = computers.0.begin(|| mailbox.count("INBOX") >= 50);
        assert!(!sending.kill().unwrap().success(), "it was interrupted");
        // What it had sent is still taken. A client that came back before could not find it, and would send it again.
        eventually("the end of its session", || {
            (world.alfa.metric("sigillo_door_sessions") == Some(0.0)).then_some(())
        });
        let sent = mailbox.count("INBOX");
        assert!(sent < COUNT, "{sent} were sent before it died");
        succeed(&mut computers.0.mbsync());
        assert_eq!(mailbox.count("INBOX"), COUNT, "nothing is lost, and nothing doubled");
        computers
    };
    // The provider dies while another client fetches.
    let fetching = home.begin(|| home.inbox.count() >= 50);
    world.alfa.kill();
    assert!(!fetching.wait(PATIENCE).unwrap().success() && home.inbox.count() < COUNT, "it was interrupted");
    world.alfa.start();
    succeed(&mut home.mbsync());
    let state = office.state();
    assert_eq!(state.len(), COUNT);
    assert!(state == home.state(), "another mailbox than was sent");

    let remove = |path: &Path| std::fs::remove_file(path).unwrap();
    let number = |id: &str| id.trim_start_matches('<').split('@').next().unwrap().parse::<usize>().unwrap();
    for (id, kept) in office.inbox.messages() {
        match number(&id) % 10 {
            0 => kept.flag("FS"),
            1 => remove(&kept.path),
            _ => {}
        }
    }
    for (id, kept) in home.inbox.messages() {
        match number(&id) % 10 {
            2 => kept.flag("RS"),
            // The mark of what is to be deleted.
            3 => kept.flag("T"),
            4 => kept.flag(""),
            _ => {}
        }
    }
    for computer in [&office, &home, &office] {
        succeed(&mut computer.mbsync());
    }
    let state = office.state();
    assert!(state == home.state(), "the two clients disagree");
    let numbers = |rest: usize| state.iter().filter(move |(id, _)| number(id) % 10 == rest);
    assert!(numbers(1).chain(numbers(3)).next().is_none(), "what one client deletes is gone for both");
    for (rest, flags) in [(0, "FS"), (2, "RS"), (4, ""), (5, ""), (6, "S")] {
        assert_eq!(numbers(rest).filter(|(_, (found, _))| found == flags).count(), COUNT / 10, "{rest}: {flags}");
    }
    assert_eq!(Mailbox::of(&world, MARIO).count("INBOX"), COUNT * 8 / 10);
}
