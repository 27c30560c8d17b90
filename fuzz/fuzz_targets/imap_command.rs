//! What an IMAP client sends: framed however it is cut, and understood as what it says again.
#![no_main]

use bytes::{Bytes, BytesMut};
use imap::command::{Command, Request};
use imap::framing::{Framer, Step};
use imap::pattern::Pattern;
use imap::response::Writer;
use imap::{Bounds, Dialect, Fault, Tag, name};
use libfuzzer_sys::fuzz_target;

/// Small enough for random input to exceed them.
const BOUNDS: Bounds = Bounds { line: 300, literal: 60, literals: 6, command: 500, skip: 700 };

fuzz_target!(|input: &[u8]| {
    let Some((how, input)) = input.split_first() else { return };
    let dialect = if how & 1 == 0 { Dialect::Ascii } else { Dialect::Utf8 };
    let steps = framed(&[input], dialect);
    let chunks: Vec<&[u8]> = input.chunks(usize::from(how >> 1) + 1).collect();
    assert_eq!(framed(&chunks, dialect), steps);
    for step in &steps {
        match step {
            Step::Command(command) => {
                assert!(command.len() <= BOUNDS.command);
                understood(command, dialect);
            }
            Step::Refused(refusal) => told(refusal.tag.as_ref(), &refusal.fault),
            _ => {}
        }
    }
    // Whatever was framed: all of it as one command.
    understood(input, dialect);
    if let Ok(decoded) = name::decode(input, dialect) {
        assert_eq!(name::encode(&decoded, dialect).as_bytes(), input);
    }
});

fn framed(chunks: &[&[u8]], dialect: Dialect) -> Vec<Step> {
    let mut framer = Framer::new(BOUNDS);
    let mut buffer = BytesMut::new();
    let mut steps: Vec<Step> = Vec::new();
    for chunk in chunks {
        buffer.extend_from_slice(chunk);
        loop {
            match framer.next(&mut buffer, dialect) {
                Step::Incomplete => break,
                Step::Octets(more) => match steps.last_mut() {
                    Some(Step::Octets(octets)) => *octets = Bytes::from([&octets[..], &more[..]].concat()),
                    _ => steps.push(Step::Octets(more)),
                },
                // Odd sizes are not wanted, so that what is read away is met too.
                Step::Append(head, message) => {
                    if message.octets % 2 == 1 {
                        framer.refuse();
                    }
                    steps.push(Step::Append(head, message));
                }
                step => steps.push(step),
            }
        }
        assert!(buffer.len() <= BOUNDS.command);
    }
    steps
}

fn understood(command: &[u8], dialect: Dialect) {
    match Request::parse(command, dialect) {
        Err(bad) => told(bad.tag.as_ref(), &bad.fault),
        Ok(request) => {
            let said = request.say(dialect);
            if let Command::List(list) = &request.command {
                list.patterns.iter().for_each(|pattern| matched(&list.reference, pattern));
            }
            assert_eq!(Request::parse(&said, dialect), Ok(request), "{}", said.escape_ascii());
        }
    }
}

/// A fault goes into an answer: it is one line with a code.
fn told(tag: Option<&Tag>, fault: &Fault) {
    let mut writer = Writer::new(Dialect::Ascii);
    writer.fault(tag, fault);
    let line = writer.take();
    assert!(line.ends_with(b"\r\n") && line.is_ascii() && line.contains(&b'['));
    assert_eq!(line.iter().filter(|octet| **octet == b'\n').count(), 1);
}

/// The pattern against names made of it, by the slow way too.
fn matched(reference: &str, pattern: &str) {
    let whole = [reference, pattern].concat();
    if whole.len() > 24 || whole.to_ascii_uppercase().contains("INBOX") {
        return;
    }
    let ready = Pattern::new(reference, pattern);
    for filling in ["", "a", "/", "a/b"] {
        let name = whole.replace('*', filling).replace('%', filling);
        let mut left = 20_000;
        let slow = fits(whole.as_bytes(), name.as_bytes(), &mut left);
        // Where the slow way took too long, it says nothing.
        assert!(left == 0 || ready.matches(&name) == slow, "{whole:?} {name:?}");
    }
}

fn fits(pattern: &[u8], name: &[u8], left: &mut usize) -> bool {
    *left = left.saturating_sub(1);
    if *left == 0 {
        return true;
    }
    match (pattern, name) {
        ([], _) => name.is_empty(),
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|at| fits(rest, &name[at..], left)),
        ([b'%', rest @ ..], _) => {
            let level = name.iter().position(|octet| *octet == b'/').unwrap_or(name.len());
            (0..=level).any(|at| fits(rest, &name[at..], left))
        }
        ([own, rest @ ..], [octet, after @ ..]) => own == octet && fits(rest, after, left),
        (_, []) => false,
    }
}
