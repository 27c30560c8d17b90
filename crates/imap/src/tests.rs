//! One file for each command, and what holds for all of them.

mod access;
mod append;
mod authenticate;
mod bad;
mod copy;
mod create;
mod date;
mod dialogues;
mod enable;
mod envelope;
mod fetch;
mod framing;
mod id;
mod idle;
mod inverse;
mod list;
mod login;
mod metadata;
mod name;
mod oracle;
mod pattern;
mod plain;
mod quota;
mod search;
mod select;
mod sequence;
mod sort;
mod status;
mod store;
mod structure;
mod thread;

use bytes::BytesMut;
use imap_codec::ResponseCodec;
use imap_codec::decode::Decoder;

use crate::command::{Command, Request};
use crate::framing::{Framer, Step};
use crate::response::Writer;
use crate::sequence::{SeqNumber, SequenceSet};
use crate::{Bounds, Dialect, Fault};

/// The command in this line, which says and reads itself again.
fn read(line: &str) -> Command {
    read_in(line, Dialect::Ascii)
}

fn read_in(line: &str, dialect: Dialect) -> Command {
    let request = Request::parse(format!("a1 {line}\r\n").as_bytes(), dialect).expect(line);
    assert_eq!(request.tag.as_str(), "a1");
    let said = request.say(dialect);
    assert_eq!(Request::parse(&said, dialect).as_ref(), Ok(&request), "{}", String::from_utf8_lossy(&said));
    request.command
}

/// Why this line is no command.
fn fault(line: &str) -> Fault {
    let refused = Request::parse(format!("a1 {line}\r\n").as_bytes(), Dialect::Ascii).expect_err(line);
    assert_eq!(refused.tag.expect("a tag").as_str(), "a1");
    refused.fault
}

fn assert_syntax(lines: &[&str]) {
    for line in lines {
        assert!(matches!(fault(line), Fault::Syntax { .. }), "{line}");
    }
}

/// All steps of what a client sends; octets of a message in one piece.
fn steps(input: &[u8], bounds: Bounds) -> Vec<Step> {
    steps_in(&[input], bounds)
}

fn steps_in(chunks: &[&[u8]], bounds: Bounds) -> Vec<Step> {
    let mut framer = Framer::new(bounds);
    let mut buffer = BytesMut::new();
    let mut steps: Vec<Step> = Vec::new();
    for chunk in chunks {
        buffer.extend_from_slice(chunk);
        loop {
            match framer.next(&mut buffer, Dialect::Ascii) {
                Step::Incomplete => break,
                Step::Octets(more) => match steps.last_mut() {
                    Some(Step::Octets(octets)) => *octets = [&octets[..], &more[..]].concat().into(),
                    _ => steps.push(Step::Octets(more)),
                },
                step => steps.push(step),
            }
        }
    }
    steps
}

fn command(text: &str) -> Step {
    Step::Command(text.to_owned().into())
}

fn set(ranges: &[(u32, u32)]) -> SequenceSet {
    // 0 stands for the last one.
    let number = |number| if number == 0 { SeqNumber::Last } else { SeqNumber::Number(number) };
    SequenceSet::Ranges(ranges.iter().map(|(from, to)| (number(*from), number(*to))).collect())
}

/// What was written, each response of which imap-codec reads too.
fn answered(write: impl FnOnce(&mut Writer)) -> String {
    answered_in(Dialect::Ascii, write)
}

fn answered_in(dialect: Dialect, write: impl FnOnce(&mut Writer)) -> String {
    let text = written_in(dialect, write);
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match ResponseCodec::default().decode(rest) {
            Ok((after, _)) => rest = after,
            Err(error) => panic!("{error:?}: {text}"),
        }
    }
    text
}

/// What was written, where imap-codec does not know the response.
fn written(write: impl FnOnce(&mut Writer)) -> String {
    written_in(Dialect::Ascii, write)
}

fn written_in(dialect: Dialect, write: impl FnOnce(&mut Writer)) -> String {
    let mut writer = Writer::new(dialect);
    write(&mut writer);
    String::from_utf8(writer.take().to_vec()).expect("ASCII or UTF-8")
}
