//! A connection under compression (COMPRESS=DEFLATE, RFC 4978).
//!
//! Whatever is flushed is whole to the other side: iOS waited for ever where a server held back the end of an answer. What the
//! other side sends is opened as it is read, into the reader's own room: a little that becomes much stays in the connection.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use door::Stream;

/// Octets read of the connection at once.
const READ: usize = 2 << 10;
/// Compressed octets that wait for the connection.
const WAITING: usize = 16 << 10;

/// A stream whose octets are compressed both ways. It holds about 300 KiB.
pub(crate) struct Deflated {
    inner: Stream,
    opener: Decompress,
    /// Compressed octets that came.
    came: BytesMut,
    /// Whether more may come out although nothing more came.
    more: bool,
    over: bool,
    closer: Compress,
    /// Compressed octets that go.
    going: BytesMut,
    /// Whether something was written since the last flush.
    unflushed: bool,
}

impl Deflated {
    /// Compression over a stream, of which these compressed octets have been read already.
    pub(crate) fn new(inner: Stream, came: BytesMut) -> Self {
        Self {
            inner,
            opener: Decompress::new(false),
            came,
            more: true,
            over: false,
            // Levels above cost more time than they save.
            closer: Compress::new(Compression::new(5), false),
            going: BytesMut::new(),
            unflushed: false,
        }
    }

    /// Opens what came into the room there is; how much of it.
    fn open(&mut self, room: &mut ReadBuf<'_>) -> io::Result<usize> {
        let (read, written) = (self.opener.total_in(), self.opener.total_out());
        let status = self.opener.decompress(&self.came, room.initialize_unfilled(), FlushDecompress::Sync);
        let count = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(usize::MAX);
        self.came.advance(count(self.opener.total_in(), read));
        let opened = count(self.opener.total_out(), written);
        room.advance(opened);
        match status {
            Ok(Status::StreamEnd) => self.over = true,
            Ok(Status::Ok | Status::BufError) => {}
            Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
        }
        self.more = room.remaining() == 0;
        Ok(opened)
    }

    /// Compresses octets, or with none what is held back; how many were taken.
    fn close(&mut self, octets: &[u8], flush: FlushCompress) -> io::Result<(usize, bool)> {
        let (read, written) = (self.closer.total_in(), self.closer.total_out());
        let mut out = [0; 4 << 10];
        self.closer.compress(octets, &mut out, flush).map_err(io::Error::other)?;
        let count = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(usize::MAX);
        let made = count(self.closer.total_out(), written);
        self.going.extend_from_slice(out.get(..made).unwrap_or_default());
        Ok((count(self.closer.total_in(), read), made == out.len()))
    }

    /// Sends what waits, until no more than `left` octets do.
    fn send(&mut self, context: &mut Context<'_>, left: usize) -> Poll<io::Result<()>> {
        while self.going.len() > left {
            let sent = ready!(Pin::new(&mut self.inner).poll_write(context, &self.going))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.going.advance(sent);
        }
        if self.going.is_empty() {
            // An idle session keeps no room for what went.
            self.going = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Deflated {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.over || room.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            if (!this.came.is_empty() || this.more) && this.open(room)? > 0 {
                return Poll::Ready(Ok(()));
            }
            if this.over {
                return Poll::Ready(Ok(()));
            }
            let mut octets = [0; READ];
            let mut read = ReadBuf::new(&mut octets);
            ready!(Pin::new(&mut this.inner).poll_read(context, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.came.extend_from_slice(read.filled());
        }
    }
}

impl AsyncWrite for Deflated {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.send(context, WAITING))?;
        let mut taken = 0;
        // What was taken before may come out first, and be more than waits: who is told that nothing was taken gives up.
        while taken < octets.len() && (taken == 0 || this.going.len() <= WAITING) {
            let (more, _) = this.close(octets.get(taken..).unwrap_or_default(), FlushCompress::None)?;
            taken += more;
        }
        this.unflushed = true;
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.unflushed {
            while this.close(&[], FlushCompress::Sync)?.1 {}
            this.unflushed = false;
        }
        ready!(this.send(context, 0))?;
        Pin::new(&mut this.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(context))?;
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    fn pair(room: usize) -> (Deflated, Deflated) {
        let (one, other) = duplex(room);
        (Deflated::new(Box::new(one), BytesMut::new()), Deflated::new(Box::new(other), BytesMut::new()))
    }

    #[tokio::test]
    async fn what_is_flushed_arrives_whole() {
        let (mut one, mut other) = pair(64);
        for size in [1, 100, 10_000, 300_000] {
            let octets: Vec<u8> = (0..size).map(|at: u32| (at.wrapping_mul(at) >> 3) as u8).collect();
            let expected = octets.clone();
            let writing = async {
                one.write_all(&octets).await.unwrap();
                one.flush().await.unwrap();
            };
            let mut read = vec![0; expected.len()];
            let (read, ()) = tokio::join!(async { other.read_exact(&mut read).await.map(|_| read.clone()) }, writing);
            assert!(read.unwrap() == expected, "{size}");
        }
        drop(one);
        assert_eq!(other.read(&mut [0; 9]).await.unwrap(), 0);
    }

    /// As messages are that are compressed already, or encrypted.
    #[tokio::test]
    async fn what_cannot_be_made_smaller_arrives_too() {
        let (mut one, mut other) = pair(64 << 10);
        let mut chance = 7u64;
        let octets = std::iter::repeat_with(|| {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (chance >> 56) as u8
        });
        let octets: Vec<u8> = octets.take(1 << 20).collect();
        let mut read = vec![0; octets.len()];
        let writing = async {
            for run in octets.chunks(64 << 10) {
                one.write_all(run).await.unwrap();
            }
            one.flush().await.unwrap();
        };
        tokio::join!(writing, async { other.read_exact(&mut read).await.unwrap() });
        assert!(read == octets);
    }

    /// A little that becomes much is opened no faster than it is read.
    #[tokio::test]
    async fn what_becomes_much_stays_closed_until_it_is_read() {
        let (mut one, mut other) = pair(1 << 20);
        one.write_all(&vec![b'x'; 50 << 20]).await.unwrap();
        one.flush().await.unwrap();
        let mut room = [0; 100];
        assert_eq!(other.read(&mut room).await.unwrap(), 100);
        assert!(other.came.capacity() <= 2 * READ, "{}", other.came.capacity());
    }

    #[tokio::test]
    async fn what_is_not_compressed_is_an_error() {
        let (mut one, other) = duplex(64);
        let mut other = Deflated::new(Box::new(other), BytesMut::new());
        one.write_all(b"a NOOP\r\na NOOP\r\n").await.unwrap();
        drop(one);
        let mut read = Vec::new();
        assert!(other.read_to_end(&mut read).await.is_err() || !read.starts_with(b"a NOOP"));
    }
}
