//! Mail clients that people use, each with a configuration as its manual has it: over TLS, our certificate checked.

mod fetchmail;
mod getmail;
mod interimap;
mod maildir;
mod mbsync;
mod neomutt;
mod offlineimap;
mod python;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::house::{World, letter, run, succeed};

const MARIO: &str = "mario.rossi@alfa.example";
const ANNA: &str = "anna.bianchi@alfa.example";

/// A mailbox, as a client is told of it. The host is `localhost`: older clients look for names alone in a certificate.
struct Mailbox<'a> {
    world: &'a World,
    address: &'static str,
}

impl<'a> Mailbox<'a> {
    fn of(world: &'a World, address: &'static str) -> Self {
        Self { world, address }
    }

    /// Writes `count` messages to it from Mario, and gives them as they were delivered.
    fn receive(&self, count: usize) -> Vec<Vec<u8>> {
        for number in 0..count {
            self.world.submit(&[self.address], letter(self.address, &format!("lettera {number}"))).unwrap();
        }
        self.world.alfa.wait(self.address, "transport-envelope", count)
    }

    fn password(&self) -> String {
        self.world.alfa.password(self.address.split('@').next().unwrap())
    }

    fn imap_port(&self) -> u16 {
        self.world.alfa.ports().imap_tls
    }

    fn pop3_port(&self) -> u16 {
        self.world.alfa.ports().pop3_tls
    }

    fn authority(&self) -> String {
        self.world.lab.tls_ca.display().to_string()
    }

    /// What the server says to a command in a folder, asked with curl: a client beside the one that is tried.
    fn asked(&self, folder: &str, command: &str) -> String {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--cacert", &self.authority(), "--request", command]);
        curl.args(["--user", &format!("{}:{}", self.address, self.password())]);
        succeed(curl.arg(format!("imaps://localhost:{}/{folder}", self.imap_port())))
    }

    /// How many messages are in a folder.
    fn count(&self, folder: &str) -> usize {
        let said = self.asked("", &format!("STATUS {folder} (MESSAGES)"));
        let number = said.rsplit_once("(MESSAGES ").and_then(|(_, rest)| rest.split(')').next()?.parse().ok());
        number.unwrap_or_else(|| panic!("{said}"))
    }

    /// The flags of a folder's messages in their order, sorted, without `\Recent`.
    fn flags(&self, folder: &str) -> Vec<String> {
        let flags = |line: &str| {
            let flags = line.split_once("(FLAGS (")?.1.split(')').next()?;
            let mut flags: Vec<_> = flags.split(' ').filter(|flag| *flag != "\\Recent").collect();
            flags.sort_unstable();
            Some(flags.join(" "))
        };
        self.asked(folder, "FETCH 1:* (FLAGS)").lines().filter_map(flags).collect()
    }
}

/// A folder of a client's own, which is also its home: nothing of the machine's user is read.
struct Home(PathBuf);

impl Home {
    fn new(world: &World, name: &str) -> Self {
        let folder = world.scratch(name);
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn at(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Writes a configuration, which holds a password: clients want it to be its owner's alone.
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// A client that finds its home here.
    fn client(&self, program: &str) -> Command {
        let mut client = Command::new(program);
        client.env("HOME", &self.0).env("LC_ALL", "C.UTF-8").current_dir(&self.0);
        client
    }
}

/// A message with the line ends of this machine's files, as clients keep it.
fn kept(message: &[u8]) -> Vec<u8> {
    message.iter().copied().filter(|octet| *octet != b'\r').collect()
}

/// The files of a folder, sorted by their content.
fn contents(folder: &Path) -> Vec<Vec<u8>> {
    let mut contents: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
    contents.sort();
    contents
}

/// The same octets in the same order: what a failure says is short.
fn same(found: &[Vec<u8>], sent: &[Vec<u8>], what: &str) {
    let mut sent: Vec<_> = sent.iter().map(|message| kept(message)).collect();
    sent.sort();
    assert_eq!(found.len(), sent.len(), "{what}");
    assert!(found.iter().zip(&sent).all(|(found, sent)| found == sent), "{what}: other octets");
}

/// Runs a client; its exit code, and everything it says.
fn said(client: &mut Command) -> (Option<i32>, String) {
    let (status, stdout, stderr) = run(client);
    (status.code(), stdout + &stderr)
}
