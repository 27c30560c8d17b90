//! Commands that are no more than their name, and the state of the selected mailbox.

use super::{answered, assert_syntax, fault, read};
use crate::command::Command;
use crate::response::{Code, Condition};
use crate::{Fault, Tag};

#[test]
fn names_stand_in_any_case_and_alone() {
    for (line, command) in [
        ("CAPABILITY", Command::Capability),
        ("noop", Command::Noop),
        ("Logout", Command::Logout),
        ("STARTTLS", Command::StartTls),
        ("CHECK", Command::Check),
        ("CLOSE", Command::Close),
        ("UNSELECT", Command::Unselect),
    ] {
        assert_eq!(read(line), command);
    }
    assert_syntax(&["NOOP x", "CLOSE ", "STARTTLS\0"]);
    for line in ["", "XLIST \"\" *", "NOOPS", "DONE", "UID", "(NOOP)"] {
        assert!(matches!(fault(line), Fault::Unknown | Fault::Syntax { .. }), "{line}");
    }
}

#[test]
fn capabilities_are_told_alone_and_in_a_code() {
    let tag = Tag::new("A.1]").unwrap();
    let answers = answered(|writer| {
        writer.status(None, Condition::Ok, Some(Code::Capability(&["IMAP4rev1", "IDLE"])), "ready");
        writer.capability(&["IMAP4rev1", "IMAP4rev2", "AUTH=PLAIN", "LITERAL+"]);
        writer.status(Some(&tag), Condition::Ok, None, "done");
        writer.status(None, Condition::Bye, Some(Code::Unavailable), "until tomorrow\r\nx");
        writer.status(None, Condition::Ok, None, "[x] è");
        writer.status(None, Condition::Ok, None, "");
    });
    assert_eq!(
        answers,
        "* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n* CAPABILITY IMAP4rev1 IMAP4rev2 AUTH=PLAIN LITERAL+\r\n\
         A.1] OK done\r\n* BYE [UNAVAILABLE] until tomorrow  x\r\n* OK - [x] ?\r\n* OK - \r\n"
    );
}

#[test]
fn no_tag_is_no_answer_with_one() {
    for (text, no_tag) in [("+ NOOP", true), ("", true), ("\u{e8} NOOP", true), ("a+ NOOP", false), ("(", true)] {
        let refused =
            crate::command::Request::parse(format!("{text}\r\n").as_bytes(), crate::Dialect::Ascii).unwrap_err();
        assert_eq!(refused.tag.is_none(), no_tag, "{text}");
    }
    assert_eq!(Tag::new("a b"), None);
    assert_eq!((Tag::new(&"a".repeat(100)).is_some(), Tag::new(&"a".repeat(101))), (true, None));
    assert_eq!(Tag::new("*"), None);
}
