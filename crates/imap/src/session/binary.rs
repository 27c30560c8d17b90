//! BINARY (RFC 3516, RFC 9051 §6.4.5): parts as what they hold, their transfer encoding taken off.
//!
//! How much comes out of an encoded part is known when all of it has been decoded, and must be said before the first octet: a
//! part is decoded once to be counted and once to be sent, in runs, unless it is small. Who fetches a large one in pieces goes
//! on where the last piece ended. The whole message (`BINARY[]`) is sent as it stands: it is its parts that are encoded.

use std::ops::Range;

use holder::Entry;
use pec::mime::{Content, Structure, TransferEncoding};

use super::end::{End, Stop};
use super::passage::Passage;
use super::sections;
use super::sending::Went;
use super::state::{RUN, Session};
use crate::command::Partial;

/// What is to be decoded.
enum Source {
    Encoded(Range<u64>, TransferEncoding),
    /// No such part.
    Missing,
    /// It is in an encoding that is not known.
    Unknown,
}

fn source(part: &[u32], size: u64, structure: Option<&Structure>) -> Source {
    if part.is_empty() {
        return Source::Encoded(0..size, TransferEncoding::Identity);
    }
    let Some(part) = structure.and_then(|structure| sections::part(&structure.root, part)) else {
        return Source::Missing;
    };
    let encoding = match part.content {
        Content::Single => TransferEncoding::named(&part.encoding),
        // What holds parts is not encoded itself (RFC 2045 §6.4).
        Content::Multipart(_) | Content::Message(_) => Some(TransferEncoding::Identity),
    };
    let body = part.body();
    encoding.map_or(Source::Unknown, |encoding| Source::Encoded(body.start as u64..body.end as u64, encoding))
}

impl Session<'_> {
    /// `BINARY[part]<origin>`
    pub(super) async fn send_decoded(
        &mut self,
        (number, first): (u32, bool),
        entry: &Entry,
        part: &[u32],
        partial: Option<Partial>,
        structure: Option<&Structure>,
        went: &mut Went,
    ) -> Result<(), Stop> {
        let Partial { offset, octets } = partial.unwrap_or(Partial { offset: 0, octets: u64::MAX });
        let wanted = offset..offset.saturating_add(octets);
        let begun = match source(part, entry.size, structure) {
            Source::Missing => None,
            Source::Unknown => {
                went.unknown = true;
                None
            }
            Source::Encoded(range, encoding) => self.reach(entry, &range, encoding, wanted.start, went).await?,
        };
        let counted = match &begun {
            Some(begun) => self.count(entry, begun.clone(), wanted.end, went).await?,
            None => None,
        };
        let octets = counted.as_ref().map(|(came, _)| wanted.end.min(*came).saturating_sub(wanted.start));
        let announced = octets.map(|octets| usize::try_from(octets).unwrap_or(usize::MAX));
        let origin = partial.map(|partial| partial.offset);
        let mut response = if first { self.out.fetch(number) } else { self.out.fetch_on() };
        response.binary(part, origin, announced);
        let (Some(mut passage), Some((_, small)), Some(mut left)) = (begun, counted, octets) else { return Ok(()) };
        let mut skip = wanted.start.saturating_sub(passage.came);
        while left > 0 {
            let before = passage.clone();
            let out = match &small {
                Some(out) => out.clone(),
                None => {
                    let read = self.read_on(entry, passage.next(RUN)).await?;
                    passage.decode(&read)
                }
            };
            let from = usize::try_from(skip).unwrap_or(usize::MAX).min(out.len());
            let run = out.get(from..).unwrap_or_default();
            let run = run.get(..usize::try_from(left).unwrap_or(usize::MAX).min(run.len())).unwrap_or_default();
            skip -= from as u64;
            left -= run.len() as u64;
            self.settle();
            self.wire.output().extend_from_slice(run);
            self.sent += run.len() as u64;
            if left == 0 {
                self.passage = Some(Box::new(before));
                break;
            }
            if passage.is_over() || small.is_some() {
                // It was counted otherwise: what was announced does not come.
                return Err(End::Cut("message not readable").into());
            }
            self.flush().await?;
        }
        Ok(self.relieve().await?)
    }

    /// `BINARY.SIZE[part]`; of a part that is not there, 0.
    pub(super) async fn decoded_size(
        &mut self,
        entry: &Entry,
        part: &[u32],
        structure: Option<&Structure>,
        went: &mut Went,
    ) -> Result<u64, Stop> {
        match source(part, entry.size, structure) {
            Source::Missing => Ok(0),
            Source::Unknown => {
                went.unknown = true;
                Ok(0)
            }
            Source::Encoded(range, TransferEncoding::Identity) => Ok(range.end - range.start),
            Source::Encoded(range, encoding) => {
                let begun = Passage::begin(entry.message, &range, encoding);
                let counted = self.count(entry, begun, u64::MAX, went).await?;
                Ok(counted.map_or(0, |(came, _)| came))
            }
        }
    }

    /// The part, decoded as far as the run in which the octet at `offset` comes out; `None` where it cannot be read.
    async fn reach(
        &mut self,
        entry: &Entry,
        range: &Range<u64>,
        encoding: TransferEncoding,
        offset: u64,
        went: &mut Went,
    ) -> Result<Option<Passage>, Stop> {
        if encoding == TransferEncoding::Identity {
            return Ok(Some(Passage::identity_from(entry.message, range, offset)));
        }
        let known = self.passage.take().filter(|known| known.leads_to(entry.message, range, offset));
        let mut passage = known.map_or_else(|| Passage::begin(entry.message, range, encoding), |known| *known);
        loop {
            let mut ahead = passage.clone();
            let Some(read) = self.octets(entry, ahead.next(RUN), went).await? else { return Ok(None) };
            ahead.decode(&read);
            if ahead.came > offset || ahead.is_over() {
                return Ok(Some(passage));
            }
            passage = ahead;
        }
    }

    /// How much has come out at `end` at the latest, or at the part's end where that is before; and what does, where it is
    /// little. `None` where it cannot be read.
    async fn count(
        &mut self,
        entry: &Entry,
        mut passage: Passage,
        end: u64,
        went: &mut Went,
    ) -> Result<Option<(u64, Option<Vec<u8>>)>, Stop> {
        let mut runs = 0;
        loop {
            let Some(read) = self.octets(entry, passage.next(RUN), went).await? else { return Ok(None) };
            let out = passage.decode(&read);
            runs += 1;
            if passage.is_over() || passage.came >= end {
                return Ok(Some((passage.came, (runs == 1).then_some(out))));
            }
            if let Some(whole) = passage.whole() {
                return Ok(Some((whole, None)));
            }
        }
    }
}
