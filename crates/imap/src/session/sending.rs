//! Octets of messages on their way to the socket: in runs, so that little of them is in memory whatever is fetched and however
//! slowly it is taken.

use std::ops::Range;

use bytes::Bytes;
use holder::{Entry, MessageId};

use super::ahead::Ahead;
use super::end::{End, Stop};
use super::sections::Piece;
use super::state::{RUN, Session};
use crate::command::{FetchAttribute, Partial, Section, SectionText};
use crate::response::{Code, FetchResponse};

/// How it went.
#[derive(Default)]
pub(super) struct Went {
    /// What of the messages is read before it is asked for.
    pub(super) ahead: Ahead,
    pub(super) gone: bool,
    pub(super) damaged: bool,
    pub(super) failed: bool,
    /// An encoding was met that nobody knows.
    pub(super) unknown: bool,
}

/// By which name octets are answered.
pub(super) enum Name<'a> {
    Section(&'a Section, Option<u64>),
    Rfc822,
    Rfc822Header,
    Rfc822Text,
}

static WHOLE: Section = Section { part: Vec::new(), text: None };
static HEADER: Section = Section { part: Vec::new(), text: Some(SectionText::Header) };
static TEXT: Section = Section { part: Vec::new(), text: Some(SectionText::Text) };

/// What an attribute reads of the message, if it does.
pub(super) fn content(attribute: &FetchAttribute) -> Option<(&Section, Option<Partial>, Name<'_>)> {
    Some(match attribute {
        FetchAttribute::BodySection { section, partial, .. } => {
            (section, *partial, Name::Section(section, partial.map(|partial| partial.offset)))
        }
        FetchAttribute::Rfc822 => (&WHOLE, None, Name::Rfc822),
        FetchAttribute::Rfc822Header => (&HEADER, None, Name::Rfc822Header),
        FetchAttribute::Rfc822Text => (&TEXT, None, Name::Rfc822Text),
        _ => return None,
    })
}

/// What of a range is read at once.
pub(super) fn first_run(range: &Range<u64>) -> Range<u64> {
    range.start..range.end.min(range.start + RUN as u64)
}

impl Session<'_> {
    /// Octets of a message; `None` where they cannot be read, which is noted.
    pub(super) async fn read(&mut self, message: MessageId, range: Range<u64>) -> Result<Option<Bytes>, Stop> {
        let octets = range.end - range.start;
        let read = self.opened()?.read(message, range).await?;
        Ok(read.filter(|read| read.len() as u64 == octets))
    }

    pub(super) async fn octets(
        &mut self,
        entry: &Entry,
        range: Range<u64>,
        went: &mut Went,
    ) -> Result<Option<Bytes>, Stop> {
        let octets = range.end - range.start;
        let read = went.ahead.read(self.opened()?, entry.message, range).await;
        match read.map_err(Stop::from) {
            Ok(Some(read)) if read.len() as u64 == octets => Ok(Some(read)),
            Ok(_) => {
                went.gone = true;
                Ok(None)
            }
            Err(Stop::Refused(_, code, _)) => {
                let damaged = code == Some(Code::Corruption);
                (went.damaged, went.failed) = (went.damaged || damaged, went.failed || !damaged);
                Ok(None)
            }
            Err(end) => Err(end),
        }
    }

    /// An item with octets of the message. The first of them are read before anything is announced.
    pub(super) async fn send(
        &mut self,
        (number, first): (u32, bool),
        entry: &Entry,
        name: &Name<'_>,
        piece: Piece,
        went: &mut Went,
    ) -> Result<(), Stop> {
        let (run, range) = match piece {
            Piece::Missing => (None, 0..0),
            Piece::Octets(octets) => (Some(octets), 0..0),
            Piece::Range(range) => {
                let first = first_run(&range);
                (self.octets(entry, first.clone(), went).await?, first.end..range.end)
            }
        };
        let left = range.end - range.start;
        let octets = run.as_ref().map(|run| run.len() + usize::try_from(left).unwrap_or(usize::MAX));
        let mut response = if first { self.out.fetch(number) } else { self.out.fetch_on() };
        announce(&mut response, name, octets);
        let Some(mut run) = run else { return Ok(()) };
        let mut at = range.start;
        loop {
            self.settle();
            self.wire.output().extend_from_slice(&run);
            self.sent += run.len() as u64;
            if at >= range.end {
                return Ok(self.relieve().await?);
            }
            self.flush().await?;
            let end = range.end.min(at + RUN as u64);
            run = self.read_on(entry, at..end).await?;
            at = end;
        }
    }

    /// More of an item that was announced. It cannot be taken back: where it is not whole, the client hears so by the end of
    /// the connection.
    pub(super) async fn read_on(&mut self, entry: &Entry, range: Range<u64>) -> Result<Bytes, Stop> {
        match self.read(entry.message, range).await {
            Ok(Some(run)) => Ok(run),
            Ok(None) => Err(End::Cut("message gone").into()),
            Err(Stop::Refused(..)) => Err(End::Cut("message not readable").into()),
            Err(Stop::End(End::Bye { reason, .. })) => Err(End::Cut(reason).into()),
            Err(end) => Err(end),
        }
    }
}

fn announce(response: &mut FetchResponse<'_>, name: &Name<'_>, octets: Option<usize>) {
    match name {
        Name::Section(section, origin) => response.body_section(section, *origin, octets),
        Name::Rfc822 => response.rfc822(octets.unwrap_or_default()),
        Name::Rfc822Header => response.rfc822_header(octets.unwrap_or_default()),
        Name::Rfc822Text => response.rfc822_text(octets.unwrap_or_default()),
    };
}
