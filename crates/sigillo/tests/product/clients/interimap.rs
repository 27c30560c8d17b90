//! InterIMAP: two mailboxes kept alike by QRESYNC alone, without asking for what has not changed.

use std::process::Command;

use super::{ANNA, Home, MARIO, Mailbox};
use crate::house::{World, succeed};

fn interimap(home: &Home, local: &Mailbox<'_>, remote: &Mailbox<'_>) -> Command {
    let side = |mailbox: &Mailbox<'_>| {
        let (port, login, password) = (mailbox.imap_port(), mailbox.address, mailbox.password());
        let authority = mailbox.authority();
        format!(
            "type = imaps\nhost = localhost\nport = {port}\nusername = {login}\npassword = {password}\n\
             SSL_CAfile = {authority}\nSSL_hostname = localhost\n"
        )
    };
    let (state, local, remote) = (home.at("state.db"), side(local), side(remote));
    let configuration = home.write("interimaprc", &format!("database = {state}\n[local]\n{local}[remote]\n{remote}"));
    let mut interimap = home.client("interimap");
    interimap.arg(format!("--config={}", configuration.display()));
    interimap
}

#[test]
fn two_mailboxes_become_the_same_by_their_modification_sequences() {
    let world = World::alone();
    let home = Home::new(&world, "interimap");
    let (anna, mario) = (Mailbox::of(&world, ANNA), Mailbox::of(&world, MARIO));
    anna.receive(3);
    let sync = || succeed(&mut interimap(&home, &anna, &mario));
    sync();
    // Mario has an acceptance and a delivery of each message, Anna the envelope.
    assert_eq!((anna.count("INBOX"), mario.count("INBOX")), (9, 9));
    anna.asked("INBOX", "STORE 1 +FLAGS (\\Flagged)");
    mario.asked("INBOX", "STORE 2:3 +FLAGS.SILENT (\\Deleted)");
    mario.asked("INBOX", "EXPUNGE");
    sync();
    assert_eq!((anna.count("INBOX"), mario.count("INBOX")), (7, 7));
    let flagged =
        |mailbox: &Mailbox<'_>| mailbox.flags("INBOX").iter().filter(|flags| flags.contains("\\Flagged")).count();
    assert_eq!((flagged(&anna), flagged(&mario)), (1, 1));
}
