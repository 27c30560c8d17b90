//! getmail: mail fetched by POP3 and left, then by IMAP and deleted.

use std::fs;
use std::process::Command;

use super::{ANNA, Home, Mailbox, contents, kept, said};
use crate::house::{World, find};

/// A client with this retriever. A script delivers: the client itself delivers nothing as root, who may run this.
fn getmail(home: &Home, mailbox: &Mailbox<'_>, retriever: &str, port: u16, options: &str) -> Command {
    let (login, password, authority) = (mailbox.address, mailbox.password(), mailbox.authority());
    let script = format!("cat > $(mktemp {}/XXXXXX)", home.at("mail"));
    let configuration = format!(
        "[retriever]\ntype = {retriever}\nserver = localhost\nport = {port}\nusername = {login}\npassword = {password}\n\
         ca_certs = {authority}\n[destination]\ntype = MDA_external\npath = /bin/sh\narguments = ('-c', '{script}')\n\
         allow_root_commands = true\nunixfrom = false\n[options]\ndelivered_to = false\nreceived = false\n{options}\n"
    );
    home.write("getmailrc", &configuration);
    let mut getmail = home.client("getmail");
    getmail.args(["--getmaildir", &home.0.display().to_string()]);
    getmail
}

/// Whether these messages were fetched. Their header is getmail's own, which folds it anew; what is signed stands below.
fn fetched(home: &Home, sent: &[Vec<u8>]) -> bool {
    let signed = |message: &[u8]| message[find(message, b"\n\n").unwrap()..].to_vec();
    let found: Vec<_> = contents(&home.path("mail")).iter().map(|message| signed(message)).collect();
    found.len() == sent.len() && sent.iter().all(|message| found.contains(&signed(&kept(message))))
}

#[test]
fn what_is_left_on_the_server_is_fetched_once_and_what_is_deleted_is_gone() {
    let world = World::alone();
    let (home, mailbox) = (Home::new(&world, "getmail"), Mailbox::of(&world, ANNA));
    fs::create_dir(home.path("mail")).unwrap();
    let sent = mailbox.receive(3);
    let pop3 = || getmail(&home, &mailbox, "SimplePOP3SSLRetriever", mailbox.pop3_port(), "read_all = false");
    let (code, words) = said(&mut pop3());
    assert_eq!(code, Some(0), "{words}");
    assert!(fetched(&home, &sent), "{words}");
    let (code, words) = said(&mut pop3());
    assert!(code == Some(0) && words.contains("0 messages (0 bytes) retrieved, 3 skipped"), "{words}");

    fs::remove_dir_all(home.path("mail")).unwrap();
    fs::create_dir(home.path("mail")).unwrap();
    let (code, words) =
        said(&mut getmail(&home, &mailbox, "SimpleIMAPSSLRetriever", mailbox.imap_port(), "delete = true"));
    assert_eq!(code, Some(0), "{words}");
    assert!(fetched(&home, &sent), "{words}");
    assert_eq!(mailbox.count("INBOX"), 0);
}
