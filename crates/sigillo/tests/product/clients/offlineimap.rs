//! offlineimap3: a Maildir kept like the mailbox, in both directions.

use std::fs;
use std::process::Command;

use super::maildir::Maildir;
use super::{ANNA, Home, Mailbox, contents, same};
use crate::house::{World, succeed};

fn offlineimap(home: &Home, mailbox: &Mailbox<'_>) -> Command {
    let configuration = format!(
        "[general]\naccounts = pec\nmetadata = {}\nui = basic\n[Account pec]\nlocalrepository = near\n\
         remoterepository = far\n[Repository near]\ntype = Maildir\nlocalfolders = {}\n[Repository far]\ntype = IMAP\n\
         remotehost = localhost\nremoteport = {}\nremoteuser = {}\nremotepass = {}\nssl = yes\nsslcacertfile = {}\n\
         auth_mechanisms = PLAIN\n",
        home.at("metadata"),
        home.at("mail"),
        mailbox.imap_port(),
        mailbox.address,
        mailbox.password(),
        mailbox.authority(),
    );
    let configuration = home.write("offlineimaprc", &configuration);
    let mut offlineimap = home.client("offlineimap");
    offlineimap.arg("-c").arg(configuration).arg("-o");
    offlineimap
}

#[test]
fn a_maildir_and_the_mailbox_become_the_same_in_both_directions() {
    let world = World::alone();
    let (home, mailbox) = (Home::new(&world, "offlineimap"), Mailbox::of(&world, ANNA));
    let sent = mailbox.receive(4);
    let sync = || succeed(&mut offlineimap(&home, &mailbox));
    sync();
    for folder in ["Bozze", "Cestino", "Inviata"] {
        assert!(home.path("mail").join(folder).is_dir(), "{folder} is not there");
    }
    let inbox = home.path("mail/INBOX");
    same(&contents(&inbox.join("new")), &sent, "the first visit");
    // Here one is read, one deleted, and a draft written; there another is marked.
    let mut files: Vec<_> = fs::read_dir(inbox.join("new")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_by_key(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        name.split_once(",U=").unwrap().1.split(',').next().unwrap().parse::<u32>().unwrap()
    });
    let name = files[0].file_name().unwrap().to_str().unwrap().replace(":2,", "");
    fs::rename(&files[0], inbox.join("cur").join(format!("{name}:2,FS"))).unwrap();
    fs::remove_file(&files[1]).unwrap();
    Maildir::new(&home.path("mail/Bozze")).put("1700000000.1.test", "DS", b"Subject: bozza\n\nciao\n");
    mailbox.asked("INBOX", "STORE 3 +FLAGS (\\Answered)");
    sync();
    assert_eq!(mailbox.flags("INBOX"), ["\\Flagged \\Seen", "\\Answered", ""]);
    assert_eq!(mailbox.flags("Bozze"), ["\\Draft \\Seen"]);
    let flags_here = || -> Vec<String> {
        let files = ["cur", "new"].into_iter().flat_map(|folder| fs::read_dir(inbox.join(folder)).unwrap());
        let names = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut flags: Vec<_> = names.map(|name| name.split_once(":2,").unwrap().1.to_owned()).collect();
        flags.sort();
        flags
    };
    assert_eq!(flags_here(), ["", "FS", "R"]);
    // What is deleted there goes here too.
    mailbox.asked("INBOX", "STORE 1:3 +FLAGS.SILENT (\\Deleted)");
    mailbox.asked("INBOX", "EXPUNGE");
    sync();
    assert_eq!(flags_here(), Vec::<String>::new());
}
