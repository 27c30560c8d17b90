//! GETMETADATA and SETMETADATA (RFC 5464).

use super::{answered, assert_syntax, read, written};
use crate::command::{Command, GetMetadata, MetadataDepth};
use crate::response::{Code, Condition};

fn get(mailbox: &str, max_size: Option<u32>, depth: MetadataDepth, entries: &[&str]) -> Command {
    let entries = entries.iter().map(|name| (*name).to_owned()).collect();
    Command::GetMetadata(GetMetadata { mailbox: mailbox.into(), max_size, depth, entries })
}

#[test]
fn entries_are_asked_for_with_options_on_either_side_of_the_mailbox() {
    let plain = get("", None, MetadataDepth::Zero, &["/shared/comment"]);
    assert_eq!(read("GETMETADATA \"\" /shared/comment"), plain);
    let options = get("INBOX", Some(1024), MetadataDepth::Infinity, &["/private/a", "/private/b"]);
    assert_eq!(read("GETMETADATA (MAXSIZE 1024 DEPTH infinity) INBOX (/private/a /private/b)"), options);
    assert_eq!(read("GETMETADATA INBOX (MAXSIZE 1024 DEPTH infinity) (/private/a /private/b)"), options);
    assert_syntax(&[
        "GETMETADATA INBOX",
        "GETMETADATA INBOX comment",
        "GETMETADATA INBOX /a/",
        "GETMETADATA INBOX /a//b",
        "GETMETADATA INBOX \"/a*\"",
        "GETMETADATA (DEPTH 2) INBOX /a",
        "GETMETADATA INBOX ()",
    ]);
}

#[test]
fn entries_are_set_and_removed() {
    let expected = Command::SetMetadata {
        mailbox: "INBOX".into(),
        entries: vec![
            ("/private/comment".into(), Some(b"a\0b".to_vec())),
            ("/private/x".into(), None),
            ("/private/y".into(), Some(b"NIL".to_vec())),
        ],
    };
    let line = "SETMETADATA INBOX (/private/comment ~{3+}\r\na\0b /private/x NIL /private/y \"NIL\")";
    assert_eq!(read(line), expected);
    assert_syntax(&["SETMETADATA INBOX ()", "SETMETADATA INBOX (/a)", "SETMETADATA INBOX (/a x)"]);
}

#[test]
fn answers_have_values_and_codes() {
    let answers = answered(|writer| {
        writer.metadata("INBOX", &[("/private/comment", Some(b"my \"own\"")), ("/private/x", Some(b"a\r\nb"))]);
        writer.metadata_changed("", &["/shared/comment", "/shared/x"]);
        writer.status(None, Condition::No, Some(Code::MetadataMaxSize(1024)), "too long");
        writer.status(None, Condition::Ok, Some(Code::MetadataLongEntries(2199)), "some are longer");
    });
    assert_eq!(
        answers,
        "* METADATA \"INBOX\" (/private/comment \"my \\\"own\\\"\" /private/x {4}\r\na\r\nb)\r\n\
         * METADATA \"\" /shared/comment /shared/x\r\n* NO [METADATA MAXSIZE 1024] too long\r\n\
         * OK [METADATA LONGENTRIES 2199] some are longer\r\n"
    );
    let binary = written(|writer| writer.metadata("x", &[("/private/a", Some(b"\0")), ("/private/b", None)]));
    assert_eq!(binary, "* METADATA \"x\" (/private/a ~{1}\r\n\0 /private/b NIL)\r\n");
}
