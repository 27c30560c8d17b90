//! What real clients sent to new servers that did not understand it, as far as it is a matter of syntax. The numbers are
//! those of our list of such reports.

use bytes::{Bytes, BytesMut};
use pec::mime::structure;

use super::{answered, answered_in, command, read, read_in, set, steps, written};
use crate::command::{Command, Fetch, FetchAttribute, FetchModifiers, Section, SectionText, StatusItem};
use crate::framing::{Framer, Step};
use crate::name::NameFault;
use crate::response::{Code, Condition, ListEntry, StatusValue, attached_headers};
use crate::sequence::SequenceSet;
use crate::{Bounds, Dialect, Fault};

fn uid_fetch(line: &str) -> Fetch {
    match read(line) {
        Command::Fetch { uid: true, fetch } => fetch,
        other => panic!("{other:?}"),
    }
}

/// 1: iOS 18 sends commands ahead, IDLE and its end among them.
#[test]
fn ios_sends_ahead() {
    let input = "4 SELECT INBOX\r\n5 IDLE\r\nDONE\r\n6 UID FETCH 1:* (FLAGS)\r\n";
    let mut framer = Framer::new(Bounds::HOLDER);
    let mut buffer = BytesMut::from(input);
    assert_eq!(framer.next(&mut buffer, Dialect::Ascii), command("4 SELECT INBOX\r\n"));
    assert_eq!(framer.next(&mut buffer, Dialect::Ascii), command("5 IDLE\r\n"));
    framer.expect_done();
    assert_eq!(framer.next(&mut buffer, Dialect::Ascii), Step::Done);
    assert_eq!(framer.next(&mut buffer, Dialect::Ascii), command("6 UID FETCH 1:* (FLAGS)\r\n"));
}

/// 2: iOS 18 names UIDs one by one.
#[test]
fn ios_sends_uids_with_commas() {
    let fetch = uid_fetch("UID FETCH 4827,4829:4830,4835 (UID FLAGS)");
    assert_eq!(fetch.set, set(&[(4827, 4827), (4829, 4830), (4835, 4835)]));
}

/// 3: iOS Mail sends a command where DONE is expected.
#[test]
fn ios_sends_a_command_instead_of_done() {
    let mut framer = Framer::new(Bounds::HOLDER);
    framer.expect_done();
    let mut buffer = BytesMut::from("8 NOOP\r\n");
    assert_eq!(framer.next(&mut buffer, Dialect::Ascii), command("8 NOOP\r\n"));
}

/// 5: the attribute is `\Drafts`, and comes without being asked for.
#[test]
fn macos_finds_drafts_without_asking() {
    let bozze =
        ListEntry { attributes: &["\\HasNoChildren", "\\Drafts"], name: "Bozze", child_info: false, old_name: None };
    let answer = answered(|writer| writer.list_entry(&bozze));
    assert_eq!(answer, "* LIST (\\HasNoChildren \\Drafts) \"/\" \"Bozze\"\r\n");
}

const ENVELOPE: &str = "Content-Type: multipart/mixed; boundary=\"a\"\r\n\r\n\
    --a\r\nContent-Type: image/png; name=\"logo.png\"\r\nContent-Transfer-Encoding: base64\r\n\
    Content-Disposition: attachment; filename=\"logo.png\"\r\n\r\nAAAA\r\n\
    --a\r\nContent-Type: message/rfc822; name=\"postacert.eml\"\r\nContent-Disposition: attachment\r\n\r\n\
    Subject: dentro\r\n\r\nciao\r\n--a--\r\n";

/// 8: Gmail shows images as text where BODYSTRUCTURE lacks disposition and boundary.
#[test]
fn gmail_finds_disposition_and_boundary() {
    let found = structure(ENVELOPE.as_bytes());
    let attached: Vec<Bytes> =
        attached_headers(&found).into_iter().map(|range| Bytes::copy_from_slice(&ENVELOPE.as_bytes()[range])).collect();
    let answer = answered(|writer| {
        let mut fetch = writer.fetch(1);
        fetch.body_structure(&found, &attached);
        fetch.end();
    });
    assert!(answer.contains("\"base64\" 4 NIL (\"attachment\" (\"filename\" \"logo.png\")) NIL NIL)"), "{answer}");
    assert!(answer.ends_with("\"mixed\" (\"boundary\" \"a\") NIL NIL NIL))\r\n"), "{answer}");
}

/// 9: Roundcube asks for the own header of `postacert.eml`, which is not the header of the message in it.
#[test]
fn roundcube_asks_for_the_header_of_postacert() {
    let section = |text| Section { part: vec![2], text: Some(text) };
    let fetch = uid_fetch("UID FETCH 7 (BODY.PEEK[2.MIME] BODY.PEEK[2.HEADER])");
    let asked = |section| FetchAttribute::BodySection { peek: true, section, partial: None };
    assert_eq!(fetch.attributes, [asked(section(SectionText::Mime)), asked(section(SectionText::Header))]);
    let found = structure(ENVELOPE.as_bytes());
    let postacert = &found.root.inside()[1];
    assert!(ENVELOPE[postacert.header()].starts_with("Content-Type: message/rfc822;"));
    assert!(ENVELOPE[postacert.inside()[0].header()].starts_with("Subject: dentro"));
    let answer = written(|writer| _ = writer.fetch(1).body_section(&section(SectionText::Mime), None, Some(3)));
    assert_eq!(answer, "* 1 FETCH (BODY[2.MIME] {3}\r\n");
}

/// 10: iOS asks what changed since 0.
#[test]
fn ios_asks_what_changed_since_nothing() {
    let fetch = uid_fetch("UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 0)");
    assert_eq!(fetch.modifiers, FetchModifiers { changed_since: Some(0), vanished: false });
}

/// 11: the answer to `<0.28>` says `<0>`, and as many octets as there are.
#[test]
fn a_part_is_answered_by_where_it_begins() {
    let answer = written(|writer| _ = writer.fetch(1).body_section(&Section::default(), Some(0), Some(20)));
    assert_eq!(answer, "* 1 FETCH (BODY[]<0> {20}\r\n");
}

/// 12: who asks for RFC822 is answered RFC822.
#[test]
fn old_names_are_answered() {
    assert_eq!(uid_fetch("UID FETCH 1 (RFC822)").attributes, [FetchAttribute::Rfc822]);
    assert_eq!(written(|writer| _ = writer.fetch(1).rfc822(2)), "* 1 FETCH (RFC822 {2}\r\n");
}

/// 13: UIDVALIDITY stands before the UID.
#[test]
fn appenduid_is_uidvalidity_first() {
    let answer = answered(|writer| writer.status(None, Condition::Ok, Some(Code::AppendUid(1, &[9..=9])), "done"));
    assert_eq!(answer, "* OK [APPENDUID 1 9] done\r\n");
}

/// 14: Geary and Evolution expunge by UID.
#[test]
fn geary_expunges_by_uid() {
    assert_eq!(read("UID EXPUNGE 12,14"), Command::Expunge(Some(set(&[(12, 12), (14, 14)]))));
}

/// 16: nothing found is an answer.
#[test]
fn nothing_found_is_an_empty_search() {
    assert_eq!(
        answered(|writer| {
            writer.search();
            writer.numbers_end(None);
        }),
        "* SEARCH\r\n"
    );
}

/// 19: a folder `&` stands in modified UTF-7, until the client enables UTF-8; then Thunderbird sends it as it is.
#[test]
fn thunderbird_sends_a_raw_ampersand_once_it_may() {
    let select = |line: &str, dialect| match read_in(line, dialect) {
        Command::Select(select) => select.mailbox,
        other => panic!("{other:?}"),
    };
    assert_eq!(select("SELECT \"R&-D\"", Dialect::Ascii), "R&D");
    assert_eq!(super::fault("SELECT \"R&D\""), Fault::Name(NameFault::Utf7));
    assert_eq!(select("SELECT \"R&D\"", Dialect::Utf8), "R&D");
    assert_eq!(select("SELECT \"Città\"", Dialect::Utf8), "Città");
    let entry = ListEntry { attributes: &[], name: "R&D", child_info: false, old_name: None };
    assert_eq!(answered(|writer| writer.list_entry(&entry)), "* LIST () \"/\" \"R&-D\"\r\n");
    assert_eq!(answered_in(Dialect::Utf8, |writer| writer.list_entry(&entry)), "* LIST () \"/\" \"R&D\"\r\n");
}

/// 20: raw UTF-8 is for who takes it.
#[test]
fn a_name_of_a_person_is_ascii_for_who_takes_no_more() {
    let header = pec::header::Header::parse(&Bytes::from("From: Nicolò <n@x.it>\r\n\r\n"));
    let told = |dialect| {
        answered_in(dialect, |writer| {
            let mut fetch = writer.fetch(1);
            fetch.envelope(&header);
            fetch.end();
        })
    };
    assert!(told(Dialect::Ascii).is_ascii() && told(Dialect::Utf8).contains("\"Nicolò\""));
}

/// 22: each STATUS stands right behind its LIST, as the writer is called.
#[test]
fn a_status_follows_its_list() {
    let answer = answered(|writer| {
        for name in ["INBOX", "Bozze"] {
            writer.list_entry(&ListEntry { attributes: &[], name, child_info: false, old_name: None });
            writer.mailbox_status(name, &[StatusValue::Number(StatusItem::Messages, 1)]);
        }
    });
    let order: Vec<&str> = answer.lines().map(|line| line.split(' ').nth(1).unwrap()).collect();
    assert_eq!(order, ["LIST", "STATUS", "LIST", "STATUS"]);
}

/// 27: Evolution fails on an empty VANISHED, and without CLOSED.
#[test]
fn evolution_sees_no_empty_vanished() {
    let answer = answered(|writer| {
        writer.status(None, Condition::Ok, Some(Code::Closed), "the one before");
        writer.vanished(&[], true);
    });
    assert_eq!(answer, "* OK [CLOSED] the one before\r\n");
}

/// 29: `*:123` has the last one, whatever its number.
#[test]
fn a_star_stands_on_either_side() {
    let fetch = uid_fetch("UID FETCH *:123 (FLAGS)");
    assert_eq!(fetch.set.resolve(7), Some(vec![7..=123]));
    assert!(matches!(fetch.set, SequenceSet::Ranges(_)));
}

/// 30: aerc puts the charset in quotation marks.
#[test]
fn aerc_quotes_its_charset() {
    for line in ["UID SEARCH CHARSET \"UTF-8\" TEXT x", "UID SEARCH CHARSET UTF-8 TEXT x"] {
        assert!(matches!(read(line), Command::Search { uid: true, .. }));
    }
}

/// 33: UIDVALIDITY has 32 bits.
#[test]
fn uidvalidity_is_a_number_of_32_bits() {
    let answer = answered(|writer| writer.status(None, Condition::Ok, Some(Code::UidValidity(u32::MAX)), "kept"));
    assert_eq!(answer, "* OK [UIDVALIDITY 4294967295] kept\r\n");
}

/// mbsync's and Thunderbird's way to store a message.
#[test]
fn thunderbird_appends_and_waits() {
    let input = b"12 append \"Inviata\" (\\Seen) {5}\r\n12345\r\n13 noop\r\n";
    let kinds: Vec<bool> = steps(input, Bounds::HOLDER).iter().map(|step| matches!(step, Step::Command(_))).collect();
    assert_eq!(kinds, [false, false, false, false, true]);
}
