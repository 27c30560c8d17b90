//! One open connection to a peer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::timeout;

use crate::Reply;
use crate::reply;
use door::stream::{Stream, timed_out};

/// What the peer announced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Capabilities {
    pub(super) starttls: bool,
    pub(super) pipelining: bool,
    pub(super) chunking: bool,
    pub(super) eight_bit: bool,
    /// SIZE was announced; the largest message, when the peer names one.
    pub(super) size: Option<Option<u64>>,
}

impl Capabilities {
    /// Reads the lines of the reply to EHLO; the first is the peer's name.
    pub(super) fn read(reply: &Reply) -> Self {
        let mut capabilities = Self::default();
        for line in reply.lines.iter().skip(1) {
            let mut words = line.split_ascii_whitespace();
            match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "STARTTLS" => capabilities.starttls = true,
                "PIPELINING" => capabilities.pipelining = true,
                "CHUNKING" => capabilities.chunking = true,
                "8BITMIME" => capabilities.eight_bit = true,
                "SIZE" => {
                    let limit = words.next().and_then(|limit| limit.parse().ok());
                    capabilities.size = Some(limit.filter(|limit| *limit != 0));
                }
                _ => {}
            }
        }
        capabilities
    }
}

/// What [`Connection::progress`] did.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Octets came in.
    Read,
    /// Octets went out.
    Wrote,
    /// Everything given to the connection is on its way.
    Flushed,
}

/// A connection with its buffers.
pub(super) struct Connection {
    stream: Stream,
    input: BytesMut,
    scratch: Box<[u8]>,
    unflushed: bool,
    /// `host:port`, for logs and details.
    pub(super) peer: String,
    pub(super) capabilities: Capabilities,
    /// Version and cipher.
    pub(super) tls: Option<String>,
    /// Messages begun on it.
    pub(super) messages: usize,
    /// Taken from the pool, and no reply has come since.
    pub(super) stale: bool,
}

impl Connection {
    pub(super) fn new(stream: Stream, peer: String) -> Self {
        let (input, scratch) = (BytesMut::new(), vec![0; 8192].into_boxed_slice());
        let capabilities = Capabilities::default();
        Self { stream, input, scratch, unflushed: false, peer, capabilities, tls: None, messages: 0, stale: false }
    }

    /// The next reply, if it is here.
    pub(super) fn parse(&mut self) -> io::Result<Option<Reply>> {
        match reply::parse(&self.input) {
            Ok(None) => Ok(None),
            Ok(Some((reply, taken))) => {
                self.input.advance(taken);
                // "421, too long idle" is not an answer to what was just sent.
                self.stale &= reply.code == 421;
                Ok(Some(reply))
            }
            Err(error) => Err(io::Error::new(io::ErrorKind::InvalidData, error)),
        }
    }

    /// Waits for the next reply, at most `limit`.
    pub(super) async fn reply(&mut self, limit: Duration, what: &str) -> io::Result<Reply> {
        let read = async {
            loop {
                if let Some(reply) = self.parse()? {
                    return Ok(reply);
                }
                if self.stream.read_buf(&mut self.input).await? == 0 {
                    return Err(closed());
                }
            }
        };
        timeout(limit, read).await.unwrap_or_else(|_| Err(timed_out(what)))
    }

    /// Sends one command and waits for its reply.
    pub(super) async fn command(&mut self, line: &str, limit: Duration) -> io::Result<Reply> {
        let write = async {
            self.stream.write_all(format!("{line}\r\n").as_bytes()).await?;
            self.stream.flush().await
        };
        timeout(limit, write).await.unwrap_or_else(|_| Err(timed_out("the peer does not read")))?;
        self.reply(limit, line.split(' ').next().unwrap_or_default()).await
    }

    /// Reads or writes, whichever is possible first; octets written leave `out`. Reading goes first: the peer's
    /// replies must never wait for our octets. Dropping the future loses nothing.
    pub(super) async fn progress(&mut self, out: &mut BytesMut) -> io::Result<Progress> {
        std::future::poll_fn(|cx| self.poll_progress(cx, out)).await
    }

    fn poll_progress(&mut self, cx: &mut Context<'_>, out: &mut BytesMut) -> Poll<io::Result<Progress>> {
        let mut buffer = ReadBuf::new(&mut self.scratch);
        if let Poll::Ready(result) = Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
            let filled = buffer.filled();
            let empty = filled.is_empty();
            self.input.extend_from_slice(filled);
            return Poll::Ready(result.and_then(|()| if empty { Err(closed()) } else { Ok(Progress::Read) }));
        }
        if !out.is_empty() {
            if let Poll::Ready(result) = Pin::new(&mut self.stream).poll_write(cx, out) {
                return Poll::Ready(result.and_then(|written| {
                    if written == 0 {
                        return Err(closed());
                    }
                    out.advance(written);
                    self.unflushed = true;
                    Ok(Progress::Wrote)
                }));
            }
        } else if self.unflushed
            && let Poll::Ready(result) = Pin::new(&mut self.stream).poll_flush(cx)
        {
            self.unflushed = false;
            return Poll::Ready(result.map(|()| Progress::Flushed));
        }
        Poll::Pending
    }

    /// Nothing has come in since the last reply and the peer has not closed, as far as is known without waiting.
    pub(super) fn is_quiet(&mut self) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        let mut state = self.poll_progress(&mut cx, &mut BytesMut::new());
        // A reply may have come before the flush it did not need.
        if matches!(state, Poll::Ready(Ok(Progress::Flushed))) {
            state = self.poll_progress(&mut cx, &mut BytesMut::new());
        }
        self.input.is_empty() && state.is_pending()
    }

    /// Says goodbye and closes, in a short time or not at all.
    pub(super) async fn quit(mut self) {
        let limit = Duration::from_secs(2);
        let _ = self.command("QUIT", limit).await;
        let _ = timeout(limit, self.stream.shutdown()).await;
    }

    /// The stream and whether octets came that nobody asked for.
    pub(super) fn into_stream(self) -> (Stream, bool) {
        (self.stream, !self.input.is_empty())
    }
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the peer closed the connection")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_read_in_any_case_and_a_size_of_zero_is_no_limit() {
        let lines = ["mx.it Hello", "pipelining", "SIZE 1000", "8BITMIME", "CHUNKING", "STARTTLS", "X-OTHER a b"];
        let reply = Reply { code: 250, enhanced: None, lines: lines.map(String::from).to_vec() };
        let c = Capabilities::read(&reply);
        assert!(c.pipelining && c.eight_bit && c.chunking && c.starttls);
        assert_eq!(c.size, Some(Some(1000)));
        let reply = Reply { code: 250, enhanced: None, lines: vec!["SIZE 5".into(), "SIZE 0".into()] };
        assert_eq!(Capabilities::read(&reply).size, Some(None));
    }
}
