//! Buffers between a session and its connection.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::stream::Stream;

/// Octets of an endless line that are thrown away before the session is closed.
const ABSURD_LINE: usize = 1024 * 1024;
/// How long last words may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// What stands at the front of the input.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A line, without its CRLF.
    Whole(BytesMut),
    /// A line that ended in LF alone.
    BareLf,
    /// A line longer than the limit; it was thrown away.
    TooLong,
    /// A line that does not end at all.
    Absurd,
    /// A TLS client hello where clear text is spoken.
    TlsHello,
}

/// One connection with its buffers.
pub struct Wire {
    /// The connection.
    pub stream: Stream,
    /// What came and was not taken yet.
    pub input: BytesMut,
    output: Vec<u8>,
    skipped: usize,
    at_once: usize,
}

impl Wire {
    /// Buffers for a connection; `at_once` octets are read at once at most. An idle session holds that much.
    pub fn new(stream: Stream, at_once: usize) -> Self {
        Self { stream, input: BytesMut::new(), output: Vec::new(), skipped: 0, at_once }
    }

    /// What goes out at the next flush: answers to pipelined commands leave together.
    pub fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// Writes out what was gathered.
    pub async fn flush(&mut self) -> io::Result<()> {
        if !self.output.is_empty() {
            let result = self.stream.write_all(&self.output).await;
            self.output.clear();
            self.output.shrink_to(self.at_once);
            result?;
            self.stream.flush().await?;
        }
        Ok(())
    }

    /// Reads more; `false` at the end. Dropping the future loses nothing.
    pub async fn fill(&mut self) -> io::Result<bool> {
        self.input.reserve(self.at_once);
        Ok(self.stream.read_buf(&mut self.input).await? > 0)
    }

    /// Takes the next line, if it is whole; `limit` counts its CRLF.
    pub fn line(&mut self, limit: usize) -> Option<Line> {
        if self.skipped == 0 && self.input.starts_with(&[0x16, 0x03]) {
            self.input.clear();
            return Some(Line::TlsHello);
        }
        let Some(end) = self.input.iter().position(|b| *b == b'\n') else {
            if self.input.len() > limit || self.skipped > 0 {
                self.skipped += self.input.len();
                self.input.clear();
            }
            return (self.skipped > ABSURD_LINE).then_some(Line::Absurd);
        };
        let mut line = self.input.split_to(end + 1);
        if std::mem::take(&mut self.skipped) > 0 || line.len() > limit {
            return Some(Line::TooLong);
        }
        if !line.ends_with(b"\r\n") {
            return Some(Line::BareLf);
        }
        line.truncate(line.len() - 2);
        Some(Line::Whole(line))
    }

    /// Says the last words and closes; nobody waits long for a client that does not take them.
    pub async fn close(self) {
        let _ = timeout(FAREWELL, self.say_the_last()).await;
    }

    /// What the client still sends is read for a moment, so that the words arrive before the reset that unread octets would
    /// cause.
    async fn say_the_last(mut self) {
        if self.flush().await.is_ok() && self.stream.shutdown().await.is_ok() {
            let mut left: usize = 1024 * 1024;
            while left > 0 {
                self.input.clear();
                match self.fill().await {
                    Ok(true) => left = left.saturating_sub(self.input.len()),
                    _ => break,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wire(input: &[u8]) -> Wire {
        let mut wire = Wire::new(Box::new(tokio::io::empty()), 4096);
        wire.input.extend_from_slice(input);
        wire
    }

    #[test]
    fn lines_are_taken_one_by_one() {
        let mut w = wire(b"NOOP\r\nbad\nhalf");
        assert_eq!(w.line(100), Some(Line::Whole(BytesMut::from("NOOP"))));
        assert_eq!(w.line(100), Some(Line::BareLf));
        assert_eq!(w.line(100), None);
    }

    #[test]
    fn an_endless_line_is_thrown_away_in_bounds() {
        let mut w = wire(&[b'x'; 600]);
        assert_eq!(w.line(512), None);
        assert!(w.input.is_empty());
        w.input.extend_from_slice(b"y\r\nNOOP\r\n");
        assert_eq!(w.line(512), Some(Line::TooLong));
        assert_eq!(w.line(512), Some(Line::Whole(BytesMut::from("NOOP"))));
        w.input.extend_from_slice(&vec![b'x'; ABSURD_LINE + 1]);
        assert_eq!(w.line(512), Some(Line::Absurd));
        assert_eq!(wire(&[0x16, 0x03, 0x01, 0x02]).line(512), Some(Line::TlsHello));
    }

    proptest! {
        #[test]
        fn taking_lines_never_panics(input in proptest::collection::vec(any::<u8>(), 0..400), limit in 0usize..100) {
            let mut w = wire(&input);
            while w.line(limit).is_some() {}
        }
    }
}
