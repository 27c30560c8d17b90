//! From a buffer to whole commands, without I/O.
//!
//! A command is a line, and a literal at a line's end carries it on to the next (RFC 9051 §4.3). What is whole is handed
//! out in order, however the network cut it and however much a client sends ahead. What is too big never lies in memory:
//! it is refused, and read away so that the dialogue stays in step.
//!
//! * A literal that the client waits with is refused by the answer itself: nothing of it comes (RFC 9051 §4.3).
//! * One that it does not wait with (`{n+}`, RFC 7888) is read away, up to [`Bounds::skip`] octets. Beyond that the
//!   session ends with BYE: to read four gigabytes away would be work for nobody, and to answer and read commands in the
//!   middle of them would let whoever wrote the message write commands.
//! * The messages of APPEND are streamed: the caller decides of each, and [`Framer::refuse`]s what it does not want.

mod literal;
mod skip;

use bytes::{Buf, Bytes, BytesMut};

use crate::bounds::Bounds;
use crate::command::{AppendHead, AppendMessage, append_head, append_message};
use crate::cursor::Cursor;
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::tag::Tag;
use literal::Marker;
use skip::{Skip, Skipped};

/// The literal that a line announces at its end: how many octets, and how long the line is before it.
pub(crate) fn announced(line: &[u8]) -> Option<(u64, usize)> {
    Marker::at_end(line).map(|marker| (marker.octets, marker.text))
}

/// What a buffer gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing whole: read more into the buffer.
    Incomplete,
    /// The client waits with a literal: send `+`, then go on.
    Continue,
    /// A command, for [`crate::command::Request::parse`].
    Command(Bytes),
    /// An APPEND with its first message, whose octets come next: send `+` if it waits, or [`Framer::refuse`] it.
    Append(AppendHead, AppendMessage),
    /// Its next message (RFC 3502), likewise.
    AppendNext(AppendMessage),
    /// Octets of the message, in order.
    Octets(Bytes),
    /// The message is whole.
    MessageEnd,
    /// The APPEND is whole, or what was refused of it has been read away: now it is answered.
    AppendEnd,
    /// The line that was expected, without its end.
    Line(Bytes),
    /// `DONE`, as was expected.
    Done,
    /// A command that is not handed out; an APPEND whose later part is none is over with it.
    Refused(Refusal),
}

/// Why a command is not handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the answer begins with; `None`: it is untagged.
    pub tag: Option<Tag>,
    /// What is wrong.
    pub fault: Fault,
    /// Whether the dialogue cannot be kept in step: say BYE and close.
    pub closes: bool,
}

/// Where a client's dialogue stands. The buffer is the caller's: read octets in at its end, ask for steps until
/// [`Step::Incomplete`]. It never needs to hold more than [`Bounds::command`] and what one read brings.
#[derive(Clone, Debug)]
pub struct Framer {
    bounds: Bounds,
    state: State,
    gather: Gather,
    /// Whether the next line may be `DONE`.
    idle: bool,
}

#[derive(Clone, Debug)]
enum State {
    /// Between commands or within one.
    Command,
    /// A line is expected: an answer to AUTHENTICATE.
    Line,
    /// Within a message of APPEND: so many octets are still to come.
    Message { tag: Tag, utf8: bool, waits: bool, left: u64 },
    /// Behind a message of APPEND.
    Tail { tag: Tag, utf8: bool },
    /// Reading away; `None`: a refused APPEND, else the fault to tell in the end.
    Skip { skip: Skip, tag: Option<Tag>, fault: Option<Fault> },
    /// Out of step.
    Closed,
}

/// How much of the command at the buffer's start is known.
#[derive(Clone, Copy, Debug, Default)]
struct Gather {
    /// Where the line under way begins: behind the literals so far.
    line: usize,
    /// How far its end has been looked for.
    seen: usize,
    /// Literals so far.
    literals: usize,
}

impl Framer {
    /// A dialogue at its beginning.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, state: State::Command, gather: Gather::default(), idle: false }
    }

    /// Other bounds, from the next command on: who has logged in is granted more.
    pub fn set_bounds(&mut self, bounds: Bounds) {
        self.bounds = bounds;
    }

    /// The next line is no command but an answer to AUTHENTICATE: it comes as [`Step::Line`].
    pub fn expect_line(&mut self) {
        self.state = State::Line;
    }

    /// The client idles: `DONE` comes as [`Step::Done`]. A client that sends a command instead has it handed out, and
    /// idles no more.
    pub fn expect_done(&mut self) {
        self.idle = true;
    }

    /// The message that [`Step::Append`] or [`Step::AppendNext`] announced is not wanted, nor what follows in this APPEND.
    /// Answer when [`Step::AppendEnd`] comes: at once where the client waits, else when all has been read away.
    pub fn refuse(&mut self) {
        if let State::Message { tag, waits, left, .. } = &self.state {
            let skip = if *waits { Skip::nothing() } else { Skip::octets(*left) };
            self.state = State::Skip { skip, tag: Some(tag.clone()), fault: None };
        }
    }

    /// The next step. What it gives is gone from the buffer.
    pub fn next(&mut self, buffer: &mut BytesMut, dialect: Dialect) -> Step {
        match &mut self.state {
            State::Command => self.command(buffer, dialect),
            State::Line => self.line(buffer),
            State::Message { left, tag, utf8, waits } => {
                if *left == 0 {
                    self.state = State::Tail { tag: tag.clone(), utf8: *utf8 };
                    return Step::MessageEnd;
                }
                let here = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
                *left -= here as u64;
                // Once it sends, it sends all of it: what is refused from here on is read away, whatever it waited for.
                *waits &= here == 0;
                if here == 0 { Step::Incomplete } else { Step::Octets(buffer.split_to(here).freeze()) }
            }
            State::Tail { .. } => self.tail(buffer, dialect),
            State::Skip { .. } => self.skip(buffer),
            State::Closed => {
                buffer.clear();
                Step::Incomplete
            }
        }
    }

    fn command(&mut self, buffer: &mut BytesMut, dialect: Dialect) -> Step {
        loop {
            let Gather { line, seen, .. } = self.gather;
            // A literal that has not all come: its end is not to be looked for.
            let unseen = buffer.get(seen.max(line)..).unwrap_or_default();
            let found = unseen.iter().position(|octet| *octet == b'\n');
            let end = found.map(|found| seen.max(line) + found + 1);
            // Whichever bound comes first, so that the answer does not depend on how much has come.
            let (most, fault) = if line + self.bounds.line <= self.bounds.command {
                (line + self.bounds.line, Fault::LineTooLong(self.bounds.line))
            } else {
                (self.bounds.command, Fault::TooBig(self.bounds.command as u64))
            };
            if end.unwrap_or(buffer.len()) > most {
                return self.refuse_rest(buffer, fault);
            }
            let Some(end) = end else {
                self.gather.seen = buffer.len().max(line);
                return Step::Incomplete;
            };
            let text = buffer.get(line..end).unwrap_or_default();
            let Some(marker) = Marker::at_end(text) else {
                self.gather = Gather::default();
                let command = buffer.split_to(end).freeze();
                let idle = std::mem::take(&mut self.idle);
                return if idle && is_done(&command) { Step::Done } else { Step::Command(command) };
            };
            if line == 0 || self.gather.literals == 1 {
                let head = buffer.get(..line + marker.text).unwrap_or_default();
                match append_head(head, dialect) {
                    Some(Ok((head, mut cursor))) => match append_message(&mut cursor, marker.octets, marker.waits) {
                        Ok(message) => {
                            self.state = message_state(&head.tag, &message);
                            buffer.advance(end);
                            self.gather = Gather::default();
                            self.idle = false;
                            return Step::Append(head, message);
                        }
                        Err(fault) => return self.refuse_rest(buffer, fault),
                    },
                    Some(Err(fault)) => return self.refuse_rest(buffer, fault),
                    None => {}
                }
            }
            if let Err(fault) = self.room_for(&marker, end) {
                return self.refuse_rest(buffer, fault);
            }
            let behind = end + usize::try_from(marker.octets).unwrap_or(usize::MAX);
            self.gather = Gather { line: behind, seen: behind, literals: self.gather.literals + 1 };
            if marker.waits {
                return Step::Continue;
            }
        }
    }

    fn room_for(&self, marker: &Marker, end: usize) -> Result<(), Fault> {
        let Bounds { literal, literals, command, .. } = self.bounds;
        if marker.octets > literal as u64 {
            return Err(Fault::TooBig(literal as u64));
        }
        if self.gather.literals >= literals {
            return Err(Fault::TooMany { what: "literals", most: literals });
        }
        if marker.octets > command.saturating_sub(end) as u64 {
            return Err(Fault::TooBig(command as u64));
        }
        Ok(())
    }

    /// Refuses the command at the buffer's start, whose line under way is still there.
    fn refuse_rest(&mut self, buffer: &mut BytesMut, fault: Fault) -> Step {
        let mut cursor = Cursor::new(buffer, Dialect::Ascii);
        let tag = Tag::parse(&mut cursor).ok().filter(|_| cursor.take(b' '));
        buffer.advance(self.gather.line.min(buffer.len()));
        self.gather = Gather::default();
        self.state = State::Skip { skip: Skip::line(), tag, fault: Some(fault) };
        self.skip(buffer)
    }

    fn skip(&mut self, buffer: &mut BytesMut) -> Step {
        let State::Skip { skip, tag, fault } = &mut self.state else { return Step::Incomplete };
        let closes = match skip.go_on(buffer, self.bounds.skip) {
            Skipped::More => return Step::Incomplete,
            Skipped::Over => false,
            Skipped::TooMuch => true,
        };
        let (tag, fault) = (tag.take(), fault.take());
        self.state = if closes { State::Closed } else { State::Command };
        self.idle = false;
        match fault {
            None if !closes => Step::AppendEnd,
            fault => Step::Refused(Refusal { tag, fault: fault.unwrap_or(Fault::TooBig(self.bounds.skip)), closes }),
        }
    }

    fn line(&mut self, buffer: &mut BytesMut) -> Step {
        let end = buffer.iter().take(self.bounds.line).position(|octet| *octet == b'\n');
        let Some(end) = end else {
            if buffer.len() < self.bounds.line {
                return Step::Incomplete;
            }
            // No mechanism has answers of that length; what follows could be anything.
            self.state = State::Closed;
            return Step::Refused(Refusal { tag: None, fault: Fault::LineTooLong(self.bounds.line), closes: true });
        };
        self.state = State::Command;
        let line = buffer.split_to(end + 1).freeze();
        Step::Line(line.slice(..without_end(&line).len()))
    }

    /// Behind a message: the end of the APPEND, or the next message's beginning.
    fn tail(&mut self, buffer: &mut BytesMut, dialect: Dialect) -> Step {
        let State::Tail { tag, utf8 } = &self.state else { return Step::Incomplete };
        let (tag, utf8) = (tag.clone(), *utf8);
        let found = buffer.iter().position(|octet| *octet == b'\n');
        if found.map_or(buffer.len(), |found| found + 1) > self.bounds.line {
            return self.refuse_tail(buffer, tag, Fault::LineTooLong(self.bounds.line));
        }
        let Some(found) = found else { return Step::Incomplete };
        let line = buffer.get(..=found).unwrap_or_default();
        let marker = Marker::at_end(line);
        let text = marker.as_ref().map_or(line, |marker| line.get(..marker.text).unwrap_or_default());
        let mut cursor = Cursor::new(text, dialect);
        let read = (|| {
            if utf8 {
                cursor.expect(b')', ")")?;
            }
            match &marker {
                None => cursor.crlf().map(|()| None),
                Some(marker) => {
                    cursor.sp()?;
                    append_message(&mut cursor, marker.octets, marker.waits).map(Some)
                }
            }
        })();
        match read {
            Err(fault) => self.refuse_tail(buffer, tag, fault),
            Ok(next) => {
                buffer.advance(found + 1);
                self.state = next.as_ref().map_or(State::Command, |message| message_state(&tag, message));
                next.map_or(Step::AppendEnd, Step::AppendNext)
            }
        }
    }

    fn refuse_tail(&mut self, buffer: &mut BytesMut, tag: Tag, fault: Fault) -> Step {
        self.state = State::Skip { skip: Skip::line(), tag: Some(tag), fault: Some(fault) };
        self.skip(buffer)
    }
}

fn message_state(tag: &Tag, message: &AppendMessage) -> State {
    State::Message { tag: tag.clone(), utf8: message.utf8, waits: message.waits, left: message.octets }
}

fn without_end(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\n")).unwrap_or(line)
}

fn is_done(line: &[u8]) -> bool {
    without_end(line).eq_ignore_ascii_case(b"DONE")
}
