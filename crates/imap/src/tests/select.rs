//! SELECT and EXAMINE.

use super::{answered, assert_syntax, read, set, written};
use crate::command::{Command, Qresync, Select};
use crate::response::{Code, Condition};

fn select(mailbox: &str) -> Select {
    Select { mailbox: mailbox.into(), condstore: false, qresync: None }
}

#[test]
fn a_mailbox_is_selected_with_what_is_known_of_it() {
    assert_eq!(read("SELECT INBOX"), Command::Select(select("INBOX")));
    assert_eq!(read("examine \"a b\""), Command::Examine(select("a b")));
    assert_eq!(read("SELECT x (CONDSTORE)"), Command::Select(Select { condstore: true, ..select("x") }));
    let known =
        Qresync { uid_validity: 67_890_007, mod_seq: 20_050_715_194_045_000, known_uids: None, seq_match: None };
    let with = |qresync| Command::Select(Select { qresync: Some(qresync), ..select("INBOX") });
    let line = |rest: &str| format!("SELECT INBOX (QRESYNC (67890007 20050715194045000{rest}))");
    assert_eq!(read(&line("")), with(known.clone()));
    let uids = Qresync { known_uids: Some(set(&[(41, 41), (43, 211)])), ..known.clone() };
    assert_eq!(read(&line(" 41,43:211")), with(uids.clone()));
    let matched = Some((set(&[(1, 1), (3, 3)]), set(&[(2, 2), (6, 6)])));
    assert_eq!(read(&line(" 41,43:211 (1,3 2,6)")), with(Qresync { seq_match: matched.clone(), ..uids }));
    assert_eq!(read(&line(" (1,3 2,6)")), with(Qresync { seq_match: matched, ..known }));
    assert_syntax(&[
        "SELECT",
        "SELECT x ()",
        "SELECT x (FOO)",
        "SELECT x (QRESYNC (0 1))",
        "SELECT x (QRESYNC (1 0))",
        "SELECT x (QRESYNC (1 1 1:*))",
        "SELECT x (QRESYNC (1 1 $))",
        "SELECT x (QRESYNC (1))",
        "SELECT x (QRESYNC (4294967296 1))",
    ]);
}

#[test]
fn the_state_of_a_mailbox_is_told() {
    let answers = answered(|writer| {
        writer.flags(&["\\Seen", "\\Deleted", "$Forwarded"]);
        writer.exists(172);
        writer.recent(0);
        writer.status(None, Condition::Ok, Some(Code::PermanentFlags(&["\\Seen", "\\*"])), "limited");
        writer.status(None, Condition::Ok, Some(Code::UidValidity(u32::MAX)), "kept");
        writer.status(None, Condition::Ok, Some(Code::UidNext(4392)), "next");
        writer.status(None, Condition::Ok, Some(Code::HighestModSeq(715_194_045_007)), "highest");
        writer.status(None, Condition::Ok, Some(Code::Closed), "the one before");
        writer.status(None, Condition::Ok, Some(Code::Unseen(12)), "first unseen");
    });
    assert_eq!(
        answers,
        "* FLAGS (\\Seen \\Deleted $Forwarded)\r\n* 172 EXISTS\r\n* 0 RECENT\r\n\
         * OK [PERMANENTFLAGS (\\Seen \\*)] limited\r\n* OK [UIDVALIDITY 4294967295] kept\r\n* OK [UIDNEXT 4392] next\r\n\
         * OK [HIGHESTMODSEQ 715194045007] highest\r\n* OK [CLOSED] the one before\r\n* OK [UNSEEN 12] first unseen\r\n"
    );
    let id = written(|writer| writer.status(None, Condition::Ok, Some(Code::MailboxId("F12")), "its id"));
    assert_eq!(id, "* OK [MAILBOXID (F12)] its id\r\n");
}

#[test]
fn what_vanished_is_told_only_where_something_did() {
    let answers = answered(|writer| {
        writer.vanished(&[41..=41, 43..=116], true);
        writer.vanished(&[405..=405], false);
        writer.vanished(&[], true);
    });
    assert_eq!(answers, "* VANISHED (EARLIER) 41,43:116\r\n* VANISHED 405\r\n");
}
