//! FETCH.

use pec::Moment;

use super::{answered, answered_in, assert_syntax, fault, read, set, written};
use crate::command::{Command, Fetch, FetchAttribute as A, FetchModifiers, Partial, Section, SectionText};
use crate::response::Writer;
use crate::{Dialect, Fault};

fn attributes(line: &str) -> Vec<A> {
    match read(&format!("FETCH 1 {line}")) {
        Command::Fetch { uid: false, fetch: Fetch { attributes, .. } } => attributes,
        other => panic!("{other:?}"),
    }
}

fn section(part: &[u32], text: Option<SectionText>) -> Section {
    Section { part: part.to_vec(), text }
}

fn body(peek: bool, section: Section, partial: Option<(u64, u64)>) -> A {
    A::BodySection { peek, section, partial: partial.map(|(offset, octets)| Partial { offset, octets }) }
}

#[test]
fn every_attribute_is_known() {
    for (line, attribute) in [
        ("BODY", A::Body),
        ("bodystructure", A::BodyStructure),
        ("EMAILID", A::EmailId),
        ("ENVELOPE", A::Envelope),
        ("FLAGS", A::Flags),
        ("INTERNALDATE", A::InternalDate),
        ("MODSEQ", A::ModSeq),
        ("PREVIEW", A::Preview { lazy: false }),
        ("PREVIEW (LAZY)", A::Preview { lazy: true }),
        ("RFC822", A::Rfc822),
        ("RFC822.HEADER", A::Rfc822Header),
        ("RFC822.SIZE", A::Rfc822Size),
        ("RFC822.TEXT", A::Rfc822Text),
        ("SAVEDATE", A::SaveDate),
        ("THREADID", A::ThreadId),
        ("UID", A::Uid),
        ("BINARY[1.2]", A::Binary { peek: false, part: vec![1, 2], partial: None }),
        ("BINARY.PEEK[]<0.7>", A::Binary { peek: true, part: vec![], partial: Some(Partial { offset: 0, octets: 7 }) }),
        ("BINARY.SIZE[3]", A::BinarySize(vec![3])),
    ] {
        assert_eq!(attributes(line), std::slice::from_ref(&attribute), "{line}");
        assert_eq!(attributes(&format!("({line})")), [attribute], "{line}");
    }
}

#[test]
fn macros_are_opened() {
    let fast = [A::Flags, A::InternalDate, A::Rfc822Size];
    assert_eq!(attributes("FAST"), fast);
    assert_eq!(attributes("all"), [&fast[..], &[A::Envelope]].concat());
    assert_eq!(attributes("FULL"), [&fast[..], &[A::Envelope, A::Body]].concat());
    assert_syntax(&["FETCH 1 (FAST)", "FETCH 1 ALL FLAGS"]);
}

#[test]
fn sections_name_parts_and_what_of_them() {
    let names = || vec![b"From".to_vec(), b"X Y".to_vec()];
    for (line, expected) in [
        ("BODY[]", body(false, section(&[], None), None)),
        ("BODY.PEEK[]<32768.32768>", body(true, section(&[], None), Some((32768, 32768)))),
        ("BODY[HEADER]", body(false, section(&[], Some(SectionText::Header)), None)),
        ("body.peek[text]<0.1>", body(true, section(&[], Some(SectionText::Text)), Some((0, 1)))),
        ("BODY[1]", body(false, section(&[1], None), None)),
        ("BODY[2.1.MIME]", body(false, section(&[2, 1], Some(SectionText::Mime)), None)),
        ("BODY[2.HEADER]", body(false, section(&[2], Some(SectionText::Header)), None)),
        (
            "BODY.PEEK[HEADER.FIELDS (From \"X Y\")]",
            body(true, section(&[], Some(SectionText::HeaderFields(names()))), None),
        ),
        (
            "BODY[3.HEADER.FIELDS.NOT (From {3}\r\nX Y)]",
            body(false, section(&[3], Some(SectionText::HeaderFieldsNot(names()))), None),
        ),
    ] {
        assert_eq!(attributes(line), [expected], "{line}");
    }
    assert_syntax(&[
        "FETCH 1 BODY[MIME]",
        "FETCH 1 BODY[0]",
        "FETCH 1 BODY[1.]",
        "FETCH 1 BODY[1HEADER]",
        "FETCH 1 BODY[.TEXT]",
        "FETCH 1 BODY[1",
        "FETCH 1 BODY[]<1>",
        "FETCH 1 BODY[]<1.0>",
        "FETCH 1 BODY[HEADER.FIELDS ()]",
        "FETCH 1 BODY[HEADER.FIELDS]",
        "FETCH 1 BODY [1]",
        "FETCH 1 BODYSTRUCTURE[1]",
        "FETCH 1 BINARY",
        "FETCH 1 BINARY[TEXT]",
        "FETCH 1 BINARY[1.]",
        "FETCH 1 ()",
        "FETCH 1 X",
        "FETCH FLAGS",
    ]);
    let deep = format!("FETCH 1 BODY[{}]", vec!["1"; 65].join("."));
    assert!(matches!(fault(&deep), Fault::TooMany { .. }));
}

#[test]
fn modifiers_stand_behind_and_what_is_said_twice_counts_once() {
    let fetch = |uid, changed_since, vanished| Command::Fetch {
        uid,
        fetch: Fetch {
            set: set(&[(1, 0)]),
            attributes: vec![A::Flags, A::Uid],
            modifiers: FetchModifiers { changed_since, vanished },
        },
    };
    assert_eq!(read("FETCH 1:* (FLAGS UID FLAGS)"), fetch(false, None, false));
    assert_eq!(read("UID FETCH 1:* (FLAGS UID) (CHANGEDSINCE 12345 VANISHED)"), fetch(true, Some(12345), true));
    assert_syntax(&["FETCH 1 FLAGS (VANISHED)", "FETCH 1 FLAGS (CHANGEDSINCE)", "FETCH 1 FLAGS ()"]);
    let many: Vec<String> = (1..=51).map(|part| format!("BODY[{part}]")).collect();
    assert!(matches!(fault(&format!("FETCH 1 ({})", many.join(" "))), Fault::TooMany { .. }));
}

fn small(writer: &mut Writer) {
    let mut fetch = writer.fetch(12);
    let moment = Moment::from_unix(1_733_394_630);
    fetch.flags(&["\\Seen"]).internal_date(moment).size(4_286).uid(7).mod_seq(65_402);
    fetch.end();
}

#[test]
fn items_stand_beside_each_other() {
    assert_eq!(
        answered(small),
        "* 12 FETCH (FLAGS (\\Seen) INTERNALDATE \"05-Dec-2024 11:30:30 +0100\" RFC822.SIZE 4286 UID 7 MODSEQ (65402))\r\n"
    );
    let answer = written(|writer| {
        let mut fetch = writer.fetch(1);
        fetch.email_id("M1").thread_id(Some("T1")).thread_id(None).save_date(Moment::from_unix(0));
        fetch.preview(Some("Gentile \"cliente\"")).preview(None);
        fetch.end();
    });
    assert_eq!(
        answer,
        "* 1 FETCH (EMAILID (M1) THREADID (T1) THREADID NIL SAVEDATE \"01-Jan-1970 01:00:00 +0100\" \
         PREVIEW \"Gentile \\\"cliente\\\"\" PREVIEW NIL)\r\n"
    );
}

/// The octets go past the writer.
#[test]
fn octets_are_announced_and_sent_by_who_has_them() {
    let mut writer = Writer::new(Dialect::Ascii);
    let fields = SectionText::HeaderFields(vec![b"Subject".to_vec(), b"X Y".to_vec()]);
    let mut sent = Vec::new();
    let mut fetch = writer.fetch(3);
    fetch.uid(4).body_section(&section(&[], Some(fields)), None, Some(4));
    sent.extend_from_slice(&writer.take());
    sent.extend_from_slice(b"a\r\n\r");
    writer.fetch_on().body_section(&section(&[1, 2], Some(SectionText::Mime)), Some(28), Some(2));
    sent.extend_from_slice(&writer.take());
    sent.extend_from_slice(b"xy");
    writer.fetch_on().body_section(&section(&[9], None), None, None);
    let mut fetch = writer.fetch_on();
    fetch.binary_size(&[1], 7);
    fetch.end();
    sent.extend_from_slice(&writer.take());
    let sent = String::from_utf8(sent).unwrap();
    assert_eq!(
        sent,
        "* 3 FETCH (UID 4 BODY[HEADER.FIELDS (Subject \"X Y\")] {4}\r\na\r\n\r BODY[1.2.MIME]<28> {2}\r\nxy BODY[9] NIL \
         BINARY.SIZE[1] 7)\r\n"
    );
    use imap_codec::decode::Decoder;
    assert!(imap_codec::ResponseCodec::default().decode(sent.as_bytes()).is_ok_and(|(rest, _)| rest.is_empty()));
}

/// imap-codec reads no decoded part that begins in its middle.
#[test]
fn a_decoded_part_says_where_it_begins() {
    let answer = written(|writer| _ = writer.fetch(1).binary(&[1, 2], Some(7), Some(3)));
    assert_eq!(answer, "* 1 FETCH (BINARY[1.2]<7> ~{3}\r\n");
}

#[test]
fn old_names_are_answered_by_themselves() {
    for (write, name) in [
        (Box::new(|writer: &mut Writer| _ = writer.fetch(1).rfc822(0)) as Box<dyn Fn(&mut Writer)>, "RFC822"),
        (Box::new(|writer: &mut Writer| _ = writer.fetch(1).rfc822_header(0)), "RFC822.HEADER"),
        (Box::new(|writer: &mut Writer| _ = writer.fetch(1).rfc822_text(0)), "RFC822.TEXT"),
        (Box::new(|writer: &mut Writer| _ = writer.fetch(1).binary(&[1], None, Some(0))), "BINARY[1] ~"),
    ] {
        let answer = answered_in(Dialect::Ascii, |writer| {
            write(writer);
            writer.fetch_on().end();
        });
        let blank = if name.ends_with('~') { "" } else { " " };
        assert_eq!(answer, format!("* 1 FETCH ({name}{blank}{{0}}\r\n)\r\n"));
    }
}
