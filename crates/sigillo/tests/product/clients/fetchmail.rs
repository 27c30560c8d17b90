//! fetchmail: mail fetched by POP3 and left, then fetched by IMAP and deleted.

use std::fs;
use std::process::Command;

use super::{ANNA, Home, Mailbox, contents, said, same};
use crate::house::World;

/// A client with this configuration, which delivers each message into a file of its own.
fn fetchmail(home: &Home, mailbox: &Mailbox<'_>, protocol: &str, options: &str) -> Command {
    let (into, authority) = (home.at("mail"), mailbox.authority());
    let (login, password) = (mailbox.address, mailbox.password());
    let server = match protocol {
        "pop3" => format!("pop3 service {} uidl", mailbox.pop3_port()),
        _ => format!("imap service {}", mailbox.imap_port()),
    };
    let configuration = format!(
        "set no bouncemail\nset invisible\npoll localhost protocol {server}\n  user \"{login}\" password \"{password}\"\n  \
         ssl sslcertck sslcertfile \"{authority}\" no rewrite {options}\n  \
         mda \"cat > $(mktemp {into}/XXXXXX)\"\n"
    );
    let configuration = home.write("fetchmailrc", &configuration);
    let mut fetchmail = home.client("fetchmail");
    fetchmail.env("FETCHMAILHOME", &home.0).arg("--fetchmailrc").arg(configuration);
    fetchmail
}

#[test]
fn what_is_left_on_the_server_is_fetched_once_and_what_is_not_left_is_gone() {
    let world = World::alone();
    let (home, mailbox) = (Home::new(&world, "fetchmail"), Mailbox::of(&world, ANNA));
    fs::create_dir(home.path("mail")).unwrap();
    let sent = mailbox.receive(3);
    let (code, words) = said(&mut fetchmail(&home, &mailbox, "pop3", "keep"));
    assert_eq!(code, Some(0), "{words}");
    same(&contents(&home.path("mail")), &sent, &words);
    // 1: no mail. A second visit knows by UIDL what it has.
    let (code, words) = said(&mut fetchmail(&home, &mailbox, "pop3", "keep"));
    assert_eq!((code, contents(&home.path("mail")).len()), (Some(1), 3), "{words}");

    fs::remove_dir_all(home.path("mail")).unwrap();
    fs::create_dir(home.path("mail")).unwrap();
    let (code, words) = said(&mut fetchmail(&home, &mailbox, "imap", "fetchall no keep"));
    assert_eq!(code, Some(0), "{words}");
    same(&contents(&home.path("mail")), &sent, &words);
    assert_eq!(mailbox.count("INBOX"), 0);
}
