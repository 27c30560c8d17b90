//! What strangers send: refused with a code, in step, in bounded memory.

use bytes::BytesMut;

use super::{command, fault, read, steps};
use crate::command::{MAX_DEPTH, MAX_KEYS, MAX_TEXTS, Request};
use crate::framing::{Framer, Refusal, Step};
use crate::response::{Code, Condition, Writer};
use crate::{Bounds, Dialect, Fault, Tag};

fn refusal(fault: Fault, closes: bool) -> Step {
    Step::Refused(Refusal { tag: Tag::new("a"), fault, closes })
}

#[test]
fn four_gigabytes_that_wait_are_refused_and_the_dialogue_goes_on() {
    let too_big = Fault::TooBig(Bounds::HOLDER.literal as u64);
    let input = b"a LOGIN {4294967296}\r\nb NOOP\r\n";
    assert_eq!(steps(input, Bounds::HOLDER), [refusal(too_big.clone(), false), command("b NOOP\r\n")]);
    assert_eq!((too_big.condition(), too_big.code()), (Condition::No, Code::TooBig));
}

#[test]
fn four_gigabytes_that_do_not_wait_end_the_session() {
    let input = b"a LOGIN {4294967296+}\r\nb NOOP\r\n";
    assert_eq!(steps(input, Bounds::HOLDER), [refusal(Fault::TooBig(Bounds::HOLDER.literal as u64), true)]);
}

#[test]
fn a_little_too_much_is_read_away() {
    let literal = "x".repeat(Bounds::HOLDER.literal + 1);
    let input = format!("a LOGIN {{{}+}}\r\n{literal} {{3+}}\r\nabc\r\nb NOOP\r\n", literal.len());
    let expected = [refusal(Fault::TooBig(Bounds::HOLDER.literal as u64), false), command("b NOOP\r\n")];
    assert_eq!(steps(input.as_bytes(), Bounds::HOLDER), expected);
}

#[test]
fn a_name_of_a_megabyte_is_refused_however_it_comes() {
    let name = "x".repeat(1 << 20);
    let line = format!("a SELECT {}\r\nb NOOP\r\n", &name[..1_000_000]);
    let too_long = Fault::LineTooLong(Bounds::HOLDER.line);
    assert_eq!(steps(line.as_bytes(), Bounds::HOLDER), [refusal(too_long.clone(), false), command("b NOOP\r\n")]);
    assert_eq!((too_long.condition(), too_long.code()), (Condition::Bad, Code::TooBig));
    // A line that goes on for ever.
    assert_eq!(steps(format!("a SELECT {name}{name}").as_bytes(), Bounds::HOLDER), [refusal(too_long, true)]);
}

#[test]
fn the_buffer_holds_no_more_than_a_command_and_what_one_read_brings() {
    let mut framer = Framer::new(Bounds::HOLDER);
    let mut buffer = BytesMut::new();
    for _ in 0..1_000 {
        buffer.extend_from_slice(&[b'x'; 1 << 10]);
        while framer.next(&mut buffer, Dialect::Ascii) != Step::Incomplete {}
        assert!(buffer.len() <= Bounds::HOLDER.line + (1 << 10));
    }
    // Lines between literals count too.
    let mut framer = Framer::new(Bounds::HOLDER);
    let mut buffer = BytesMut::new();
    for _ in 0..100 {
        buffer.extend_from_slice(&[b'x'; 60_000]);
        buffer.extend_from_slice(b"{1+}\r\nx");
        while framer.next(&mut buffer, Dialect::Ascii) != Step::Incomplete {}
        assert!(buffer.len() <= Bounds::HOLDER.command);
    }
}

#[test]
fn too_many_literals_and_too_much_of_them_are_refused() {
    let many = format!("a X{}\r\nb NOOP\r\n", " {1+}\r\nx".repeat(65));
    let expected = [refusal(Fault::TooMany { what: "literals", most: 64 }, false), command("b NOOP\r\n")];
    assert_eq!(steps(many.as_bytes(), Bounds::HOLDER), expected);
    let literal = format!(" {{60000+}}\r\n{}", "x".repeat(60_000));
    let much = format!("a X{}\r\nb NOOP\r\n", literal.repeat(3));
    let expected = [refusal(Fault::TooBig(Bounds::HOLDER.command as u64), false), command("b NOOP\r\n")];
    assert_eq!(steps(much.as_bytes(), Bounds::HOLDER), expected);
}

#[test]
fn search_keys_are_as_deep_and_as_many_as_they_may_be() {
    for (open, close) in [("(", ")"), ("NOT ", ""), ("OR ALL ", "")] {
        let nested = |depth: usize| format!("SEARCH {}ALL{}", open.repeat(depth), close.repeat(depth));
        read(&nested(MAX_DEPTH));
        assert_eq!(fault(&nested(MAX_DEPTH + 1)), Fault::TooDeep(MAX_DEPTH));
        assert_eq!(fault(&nested(5_000)), Fault::TooDeep(MAX_DEPTH));
    }
    let many = |keys: usize| format!("SEARCH {}", vec!["ALL"; keys].join(" "));
    read(&many(MAX_KEYS));
    let too_many = fault(&many(MAX_KEYS + 1));
    assert_eq!(too_many, Fault::TooMany { what: "search keys", most: MAX_KEYS });
    assert_eq!((too_many.condition(), too_many.code()), (Condition::Bad, Code::Limit));
    let texts = |keys: usize| format!("SEARCH OR ALL (NOT BODY x {})", vec!["TEXT y"; keys - 1].join(" "));
    read(&texts(MAX_TEXTS));
    assert_eq!(fault(&texts(MAX_TEXTS + 1)), Fault::TooMany { what: "texts to look for", most: MAX_TEXTS });
}

#[test]
fn a_name_that_does_not_decode_is_refused_with_a_code() {
    let wrong = fault("SELECT &AOA");
    assert_eq!((wrong.condition(), wrong.code()), (Condition::No, Code::Cannot));
    let wrong = Request::parse(b"a SELECT \"\xff\"\r\n", Dialect::Utf8).unwrap_err();
    assert_eq!(wrong.fault.code(), Code::Cannot);
}

#[test]
fn every_fault_is_a_line_with_a_code() {
    let faults = [
        Fault::Tag,
        Fault::Unknown,
        Fault::Syntax { expected: "a blank", at: 3 },
        Fault::Name(crate::name::NameFault::Utf7),
        Fault::Charset,
        Fault::TooMany { what: "flags", most: 1 },
        Fault::TooDeep(1),
        Fault::LineTooLong(1),
        Fault::TooBig(1),
    ];
    for fault in faults {
        let mut writer = Writer::new(Dialect::Ascii);
        writer.fault(Tag::new("a").as_ref(), &fault);
        let line = String::from_utf8(writer.take().to_vec()).unwrap();
        assert!(line.starts_with("a NO [") || line.starts_with("a BAD ["), "{line}");
        assert_eq!(line.matches("\r\n").count(), 1);
    }
}

#[test]
fn an_empty_line_is_a_command_that_is_none() {
    assert_eq!(steps(b"\r\n", Bounds::STRANGER), [command("\r\n")]);
    assert_eq!(Request::parse(b"\r\n", Dialect::Ascii).unwrap_err().fault, Fault::Tag);
}
