//! COPY, MOVE and UID EXPUNGE, with the codes that answer them.

use super::{answered, assert_syntax, read, set, written};
use crate::command::Command;
use crate::response::{Code, Condition};
use crate::{Fault, Tag};

#[test]
fn messages_go_elsewhere_by_number_or_uid() {
    let (some, mailbox) = (set(&[(2, 4), (9, 0)]), || "Cestino".to_owned());
    assert_eq!(read("COPY 2:4,9:* Cestino"), Command::Copy { uid: false, set: some.clone(), mailbox: mailbox() });
    assert_eq!(read("uid copy 2:4,9:* Cestino"), Command::Copy { uid: true, set: some.clone(), mailbox: mailbox() });
    assert_eq!(read("MOVE 2:4,9:* Cestino"), Command::Move { uid: false, set: some.clone(), mailbox: mailbox() });
    assert_eq!(read("UID MOVE 2:4,9:* \"Cestino\""), Command::Move { uid: true, set: some, mailbox: mailbox() });
    assert_syntax(&["COPY x Cestino", "COPY 1", "UID COPY 1", "COPY 0 x", "MOVE 1, x", "COPY 4294967296 x"]);
    assert_eq!(super::fault("UID NOOP"), Fault::Unknown);
}

#[test]
fn uid_expunge_names_its_messages() {
    assert_eq!(read("EXPUNGE"), Command::Expunge(None));
    assert_eq!(read("UID EXPUNGE 3000:3002"), Command::Expunge(Some(set(&[(3000, 3002)]))));
    assert_syntax(&["EXPUNGE 1", "UID EXPUNGE"]);
}

#[test]
fn codes_name_uids_one_for_one() {
    let tag = Tag::new("a1").unwrap();
    let answers = answered(|writer| {
        let pairs = [(304, 3956), (319, 3957), (320, 3958)];
        writer.status(Some(&tag), Condition::Ok, Some(Code::CopyUid(38505, &pairs)), "done");
        // APPENDUID is UIDVALIDITY first.
        writer.status(Some(&tag), Condition::Ok, Some(Code::AppendUid(38505, &[3955..=3955])), "done");
        writer.status(Some(&tag), Condition::No, Some(Code::TryCreate), "no such mailbox");
    });
    assert_eq!(
        answers,
        "a1 OK [COPYUID 38505 304,319:320 3956:3958] done\r\na1 OK [APPENDUID 38505 3955] done\r\n\
         a1 NO [TRYCREATE] no such mailbox\r\n"
    );
    let several = written(|writer| {
        writer.status(Some(&tag), Condition::Ok, Some(Code::AppendUid(38505, &[3955..=3957])), "done");
        writer.expunge(3);
    });
    assert_eq!(several, "a1 OK [APPENDUID 38505 3955:3957] done\r\n* 3 EXPUNGE\r\n");
}
