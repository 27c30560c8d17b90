//! SETACL, DELETEACL, GETACL, LISTRIGHTS, MYRIGHTS (RFC 4314).

use super::{assert_syntax, read, written};
use crate::command::{Command, MailboxRights, ModRights, RightsChange};

fn of(mailbox: &str, identifier: &str) -> MailboxRights {
    MailboxRights { mailbox: mailbox.into(), identifier: identifier.into() }
}

#[test]
fn rights_are_set_added_and_taken_away() {
    for (line, change, rights) in [
        ("SETACL INBOX anna lrs", RightsChange::Replace, "lrs"),
        ("setacl INBOX anna +te", RightsChange::Add, "te"),
        ("SETACL INBOX anna \"-x\"", RightsChange::Remove, "x"),
        ("SETACL INBOX anna \"\"", RightsChange::Replace, ""),
    ] {
        let expected = ModRights { of: of("INBOX", "anna"), change, rights: rights.into() };
        assert_eq!(read(line), Command::SetAcl(expected));
    }
    assert_syntax(&["SETACL INBOX anna LRS", "SETACL INBOX anna", "SETACL INBOX"]);
}

#[test]
fn rights_are_asked_for() {
    assert_eq!(read("GETACL Uffici&AOA-"), Command::GetAcl("Ufficià".into()));
    assert_eq!(read("DELETEACL INBOX -anna"), Command::DeleteAcl(of("INBOX", "-anna")));
    assert_eq!(read("LISTRIGHTS \"a b\" anna@x.it"), Command::ListRights(of("a b", "anna@x.it")));
    assert_eq!(read("MYRIGHTS {5+}\r\nINBOX"), Command::MyRights("INBOX".into()));
}

/// imap-codec knows none of them.
#[test]
fn answers_name_rights_one_beside_the_other() {
    let answers = written(|writer| {
        writer.acl("Città", &[("anna", "lrs"), ("ufficio tecnico", "l")]);
        writer.list_rights("INBOX", "anna", "la", &["r", "swi"]);
        writer.my_rights("INBOX", "lrswi");
    });
    assert_eq!(
        answers,
        "* ACL \"Citt&AOA-\" anna lrs \"ufficio tecnico\" l\r\n* LISTRIGHTS \"INBOX\" anna la r swi\r\n\
         * MYRIGHTS \"INBOX\" lrswi\r\n"
    );
}
