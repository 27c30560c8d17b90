//! APPEND and MULTIAPPEND.

use bytes::{Bytes, BytesMut};
use pec::Moment;

use super::{command, steps};
use crate::command::{AppendHead, AppendMessage};
use crate::fault::Fault;
use crate::flag::Flag;
use crate::framing::{Framer, Refusal, Step};
use crate::{Bounds, Dialect, Tag};

fn head(mailbox: &str) -> AppendHead {
    AppendHead { tag: Tag::new("a").unwrap(), mailbox: mailbox.into() }
}

fn message(octets: u64, waits: bool) -> AppendMessage {
    AppendMessage { flags: Vec::new(), at: None, octets, waits, binary: false, utf8: false }
}

#[test]
fn the_message_comes_as_octets_after_its_head() {
    let input = "a APPEND Bozze (\\Seen $Forwarded) \"17-Jul-1996 02:44:25 -0700\" {5+}\r\n12345\r\nb NOOP\r\n";
    let at = Moment::from_unix(837_596_665);
    let flags = vec![Flag::Seen, Flag::Keyword("$Forwarded".into())];
    let expected = [
        Step::Append(head("Bozze"), AppendMessage { flags, at: Some(at), ..message(5, false) }),
        Step::Octets("12345".into()),
        Step::MessageEnd,
        Step::AppendEnd,
        command("b NOOP\r\n"),
    ];
    assert_eq!(steps(input.as_bytes(), Bounds::HOLDER), expected);
}

#[test]
fn a_mailbox_may_be_a_literal_and_is_decoded() {
    let input = "a APPEND {10}\r\nCitt&AOA-/ {1}\r\nx\r\n";
    let expected = [
        Step::Continue,
        Step::Append(head("Città/"), message(1, true)),
        Step::Octets("x".into()),
        Step::MessageEnd,
        Step::AppendEnd,
    ];
    assert_eq!(steps(input.as_bytes(), Bounds::HOLDER), expected);
}

#[test]
fn several_messages_follow_each_other_and_none_takes_all_back() {
    let input = "a APPEND x {1+}\r\n1 (\\Draft) {2+}\r\n22 {0+}\r\n\r\n";
    let draft = AppendMessage { flags: vec![Flag::Draft], ..message(2, false) };
    let expected = [
        Step::Append(head("x"), message(1, false)),
        Step::Octets("1".into()),
        Step::MessageEnd,
        Step::AppendNext(draft),
        Step::Octets("22".into()),
        Step::MessageEnd,
        Step::AppendNext(message(0, false)),
        Step::MessageEnd,
        Step::AppendEnd,
    ];
    assert_eq!(steps(input.as_bytes(), Bounds::HOLDER), expected);
}

#[test]
fn utf8_and_binary_messages_say_so() {
    let utf8 = AppendMessage { binary: true, utf8: true, ..message(1, false) };
    let expected = [
        Step::Append(head("x"), utf8),
        Step::Octets("1".into()),
        Step::MessageEnd,
        Step::AppendEnd,
        command("b NOOP\r\n"),
    ];
    assert_eq!(steps(b"a APPEND x UTF8 (~{1+}\r\n1)\r\nb NOOP\r\n", Bounds::HOLDER), expected);
    let binary = AppendMessage { binary: true, ..message(1, true) };
    assert_eq!(steps(b"a APPEND x ~{1}\r\n", Bounds::HOLDER), [Step::Append(head("x"), binary)]);
}

#[test]
fn a_message_of_any_size_is_announced_and_never_gathered() {
    let steps = steps(b"a APPEND x {9000000000}\r\n", Bounds::STRANGER);
    assert_eq!(steps, [Step::Append(head("x"), message(9_000_000_000, true))]);
}

fn refused(input: &str, bounds: Bounds) -> Vec<Step> {
    let mut framer = Framer::new(bounds);
    let mut buffer = BytesMut::from(input);
    let mut steps = Vec::new();
    loop {
        match framer.next(&mut buffer, Dialect::Ascii) {
            Step::Incomplete => return steps,
            step @ (Step::Append(..) | Step::AppendNext(_)) => {
                framer.refuse();
                steps.push(step);
            }
            step => steps.push(step),
        }
    }
}

#[test]
fn what_is_refused_is_read_away_or_never_sent() {
    // The client waits: it is answered, and goes on with its next command.
    let waiting = refused("a APPEND x {5}\r\nb NOOP\r\n", Bounds::HOLDER);
    assert_eq!(waiting, [Step::Append(head("x"), message(5, true)), Step::AppendEnd, command("b NOOP\r\n")]);
    // It does not: octets, further messages and the end of the line go.
    let sent = refused("a APPEND x {5+}\r\n12345 (\\Seen) {3+}\r\n\r\nx\r\nb NOOP\r\n", Bounds::HOLDER);
    assert_eq!(sent, [Step::Append(head("x"), message(5, false)), Step::AppendEnd, command("b NOOP\r\n")]);
}

/// The client waited, was told to go on, and sends: what it sends is a message, and no word of it is a command.
#[test]
fn what_is_refused_while_it_comes_is_read_away() {
    let message = "1\r\nb LOGOUT\r\n2";
    let input = format!("a APPEND x {{{}}}\r\n", message.len());
    for (first, second) in (1..=message.len()).map(|at| message.split_at(at)) {
        let mut framer = Framer::new(Bounds::HOLDER);
        let mut buffer = BytesMut::from(input.as_str());
        let mut next = |more: &str, refuse| {
            buffer.extend_from_slice(more.as_bytes());
            let step = framer.next(&mut buffer, Dialect::Ascii);
            if refuse {
                framer.refuse();
            }
            step
        };
        assert!(matches!(next("", false), Step::Append(..)));
        assert_eq!(next(first, true), Step::Octets(Bytes::copy_from_slice(first.as_bytes())));
        assert_eq!(next("", false), Step::Incomplete, "{second}");
        assert_eq!(next(&format!("{second}\r\nc NOOP\r\n"), false), Step::AppendEnd, "{second}");
        assert_eq!(next("", false), command("c NOOP\r\n"));
    }
}

#[test]
fn more_than_is_read_away_ends_the_session() {
    let input = format!("a APPEND x {{{}+}}\r\n", Bounds::HOLDER.skip + 1);
    let refusal = Refusal { tag: Tag::new("a"), fault: Fault::TooBig(Bounds::HOLDER.skip), closes: true };
    let steps = refused(&input, Bounds::HOLDER);
    assert_eq!(steps.last(), Some(&Step::Refused(refusal)));
}

#[test]
fn a_head_that_is_none_is_refused_with_its_literal() {
    for (head, waits) in [
        ("APPEND x (\\Seen {3+}", false),
        ("APPEND x \"today\" {3+}", false),
        ("APPEND x y {3+}", false),
        ("APPEND x (\\Seen) \"17-Jul-1996 02:44:25 -0700\"{3}", true),
        ("APPEND a&b {3}", true),
        ("APPEND x{3}", true),
    ] {
        let octets = if waits { "" } else { "123\r\n" };
        let steps = steps(format!("a {head}\r\n{octets}b NOOP\r\n").as_bytes(), Bounds::HOLDER);
        let [Step::Refused(refusal), next] = &steps[..] else { panic!("{head}: {steps:?}") };
        assert_eq!((refusal.tag.as_ref().map(Tag::as_str), refusal.closes), (Some("a"), false), "{head}");
        assert_eq!(next, &command("b NOOP\r\n"), "{head}");
    }
}

#[test]
fn damage_behind_a_message_ends_the_append() {
    let steps = steps(b"a APPEND x {1+}\r\n1(\\Seen) {3+}\r\n123\r\nb NOOP\r\n", Bounds::HOLDER);
    assert!(matches!(&steps[3], Step::Refused(refusal) if refusal.tag == Tag::new("a")), "{steps:?}");
    assert_eq!(steps[4], command("b NOOP\r\n"));
}

/// `APPEND` without any literal is a command that is none.
#[test]
fn an_append_without_a_message_is_no_command() {
    super::assert_syntax(&[]);
    assert_eq!(super::fault("APPEND x"), Fault::Unknown);
}
