//! STATUS.

use super::{answered, assert_syntax, read, written};
use crate::command::{Command, StatusItem};
use crate::response::StatusValue;

#[test]
fn items_of_all_revisions_are_known() {
    use StatusItem::*;
    let items = vec![
        Messages,
        Recent,
        UidNext,
        UidValidity,
        Unseen,
        Deleted,
        Size,
        HighestModSeq,
        MailboxId,
        AppendLimit,
        DeletedStorage,
    ];
    let line = "STATUS \"a b\" (messages RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE HIGHESTMODSEQ MAILBOXID \
                APPENDLIMIT DELETED-STORAGE)";
    assert_eq!(read(line), Command::Status { mailbox: "a b".into(), items });
    assert_syntax(&["STATUS x", "STATUS x ()", "STATUS x (FOO)", "STATUS x MESSAGES"]);
}

#[test]
fn values_stand_beside_their_names() {
    let number = StatusValue::Number;
    let answer = answered(|writer| {
        let values = [number(StatusItem::Messages, 17), number(StatusItem::HighestModSeq, 8_000_000_000)];
        writer.mailbox_status("Citt\u{e0}", &values);
    });
    assert_eq!(answer, "* STATUS \"Citt&AOA-\" (MESSAGES 17 HIGHESTMODSEQ 8000000000)\r\n");
    let values = [StatusValue::MailboxId("F1"), StatusValue::NoAppendLimit, number(StatusItem::AppendLimit, 9)];
    let answer = written(|writer| writer.mailbox_status("x", &values));
    assert_eq!(answer, "* STATUS \"x\" (MAILBOXID (F1) APPENDLIMIT NIL APPENDLIMIT 9)\r\n");
}
