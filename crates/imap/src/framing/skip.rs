//! Reading away what is refused.

use bytes::{Buf, BytesMut};

use super::literal::{MAX_MARKER, Marker};

/// How far a refused command has been read away.
#[derive(Clone, Debug)]
pub(super) struct Skip {
    /// Octets of a literal still to come.
    left: u64,
    /// Whether a line is still to come behind them.
    line: bool,
    /// Octets gone so far.
    gone: u64,
}

/// How it went.
pub(super) enum Skipped {
    /// The buffer is empty, or nearly.
    More,
    /// The command is over.
    Over,
    /// More than is read away.
    TooMuch,
}

impl Skip {
    /// The client waits, and will not send.
    pub(super) fn nothing() -> Self {
        Self { left: 0, line: false, gone: 0 }
    }

    /// The rest of a line, and what it announces.
    pub(super) fn line() -> Self {
        Self { left: 0, line: true, gone: 0 }
    }

    /// A literal, and the line behind it.
    pub(super) fn octets(left: u64) -> Self {
        Self { left, line: true, gone: 0 }
    }

    pub(super) fn go_on(&mut self, buffer: &mut BytesMut, most: u64) -> Skipped {
        loop {
            if self.gone.saturating_add(self.left) > most {
                buffer.clear();
                return Skipped::TooMuch;
            }
            let here = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
            self.take(buffer, here);
            self.left -= here as u64;
            if self.left > 0 {
                return Skipped::More;
            }
            if !self.line {
                return Skipped::Over;
            }
            let Some(end) = buffer.iter().position(|octet| *octet == b'\n') else {
                // The end of the line may be an announcement, cut in two by the network.
                self.take(buffer, buffer.len().saturating_sub(MAX_MARKER + 4));
                return if self.gone > most { Skipped::TooMuch } else { Skipped::More };
            };
            let marker = buffer.get(..=end).and_then(Marker::at_end);
            self.take(buffer, end + 1);
            match marker {
                Some(marker) if !marker.waits => self.left = marker.octets,
                // Either nothing more comes, or the client waits and is answered.
                _ => self.line = false,
            }
        }
    }

    fn take(&mut self, buffer: &mut BytesMut, octets: usize) {
        buffer.advance(octets);
        self.gone = self.gone.saturating_add(octets as u64);
    }
}
