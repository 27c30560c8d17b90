//! How far a part has been decoded.

use std::ops::Range;

use holder::MessageId;
use pec::mime::{Decoder, TransferEncoding};

/// A part that is being decoded: how far it was read, and how much came out.
#[derive(Clone, Debug)]
pub(super) struct Passage {
    message: MessageId,
    range: Range<u64>,
    encoding: TransferEncoding,
    /// `None`: at its end.
    decoder: Option<Decoder>,
    at: u64,
    pub(super) came: u64,
}

impl Passage {
    /// At the beginning of what stands in these octets of a message.
    pub(super) fn begin(message: MessageId, range: &Range<u64>, encoding: TransferEncoding) -> Self {
        Self { message, range: range.clone(), encoding, decoder: Some(encoding.decoder()), at: range.start, came: 0 }
    }

    /// Where nothing is encoded, each octet stands where it stood.
    pub(super) fn identity_from(message: MessageId, range: &Range<u64>, offset: u64) -> Self {
        let ahead = offset.min(range.end - range.start);
        let begun = Self::begin(message, range, TransferEncoding::Identity);
        Self { at: range.start + ahead, came: ahead, ..begun }
    }

    /// Whether who goes on from here comes to the octet at `offset` of that part.
    pub(super) fn leads_to(&self, message: MessageId, range: &Range<u64>, offset: u64) -> bool {
        self.message == message && self.range == *range && self.came <= offset && !self.is_over()
    }

    /// How much will have come out in the end, where that is known.
    pub(super) fn whole(&self) -> Option<u64> {
        (self.encoding == TransferEncoding::Identity).then(|| self.range.end - self.range.start)
    }

    /// The octets of the message that are read next, at most so many.
    pub(super) fn next(&self, most: usize) -> Range<u64> {
        self.at..self.range.end.min(self.at + most as u64)
    }

    /// What comes out of them.
    pub(super) fn decode(&mut self, read: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(read.len());
        if let Some(mut decoder) = self.decoder.take() {
            decoder.take(read, &mut out);
            self.at += read.len() as u64;
            if self.at >= self.range.end {
                decoder.end(&mut out);
            } else {
                self.decoder = Some(decoder);
            }
        }
        self.came += out.len() as u64;
        out
    }

    /// Whether all has come out.
    pub(super) fn is_over(&self) -> bool {
        self.decoder.is_none()
    }
}
