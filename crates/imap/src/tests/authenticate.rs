//! AUTHENTICATE and its lines.

use bytes::BytesMut;

use super::{assert_syntax, command, read, written};
use crate::command::Command;
use crate::framing::{Framer, Step};
use crate::{Bounds, Dialect, Secret};

#[test]
fn an_initial_response_may_come_along() {
    let with = |initial: Option<&str>| Command::Authenticate {
        mechanism: "PLAIN".into(),
        initial: initial.map(|initial| Secret(initial.into())),
    };
    assert_eq!(read("AUTHENTICATE plain"), with(None));
    assert_eq!(read("authenticate PLAIN AGFubmEAc2VncmV0bw=="), with(Some("AGFubmEAc2VncmV0bw==")));
    assert_eq!(read("AUTHENTICATE PLAIN ="), with(Some("=")));
    assert_syntax(&["AUTHENTICATE", "AUTHENTICATE PLAIN ", "AUTHENTICATE PLAIN {3+}\r\nabc", "AUTHENTICATE PLAIN a b"]);
}

#[test]
fn what_answers_a_challenge_is_a_line_and_no_command() {
    let mut framer = Framer::new(Bounds::STRANGER);
    let mut buffer = BytesMut::from("a AUTHENTICATE PLAIN\r\nAGEAYg=={3}\r\n*\r\nb NOOP\r\n");
    let mut next = |framer: &mut Framer| framer.next(&mut buffer, Dialect::Ascii);
    assert_eq!(next(&mut framer), command("a AUTHENTICATE PLAIN\r\n"));
    framer.expect_line();
    assert_eq!(next(&mut framer), Step::Line("AGEAYg=={3}".into()));
    framer.expect_line();
    assert_eq!(next(&mut framer), Step::Line("*".into()));
    assert_eq!(next(&mut framer), command("b NOOP\r\n"));
}

#[test]
fn a_line_without_an_end_closes() {
    let mut framer = Framer::new(Bounds::STRANGER);
    framer.expect_line();
    let mut buffer = BytesMut::from(&vec![b'A'; Bounds::STRANGER.line][..]);
    let step = framer.next(&mut buffer, Dialect::Ascii);
    assert!(matches!(step, Step::Refused(refusal) if refusal.closes && refusal.tag.is_none()));
}

#[test]
fn a_secret_does_not_print() {
    let shown = format!("{:?}", read("AUTHENTICATE PLAIN AGFubmEAc2VncmV0bw=="));
    assert!(!shown.contains("AGFub") && shown.contains("Secret(…)"), "{shown}");
    let challenges = written(|writer| {
        writer.challenge("");
        writer.challenge("PDE+");
    });
    assert_eq!(challenges, "+ \r\n+ PDE+\r\n");
}
