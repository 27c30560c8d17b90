//! A message while it is looked at: its octets with their size and digest, in memory when it is small, else in a file without
//! a name.

use std::io::{self, Read, Seek, SeekFrom, Write};

use sha2::{Digest as _, Sha256};
use tempfile::SpooledTempFile;

/// Octets that are kept in memory; a larger message is in a file.
const IN_MEMORY: usize = 64 << 10;
/// The largest message that is imported, octets.
pub const LARGEST: u64 = 128 << 20;
/// Octets of the header that are looked at.
const HEAD: u64 = 64 << 10;

/// What happens to the ends of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnds {
    /// Nothing.
    AsTheyAre,
    /// Programs of Unix keep messages in files with a bare LF at the end of each line. Where the first line ends so, every bare
    /// LF becomes the CRLF that it was on its way; where it ends with CRLF, the file has the message's own octets.
    Completed,
}

/// Why a message cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum Unkept {
    /// It is too large.
    #[error("it is larger than the {LARGEST} octets that can be imported")]
    TooLarge,
    /// The disk refused.
    #[error("it cannot be kept in a temporary file: {0}")]
    Disk(#[from] io::Error),
    /// The source refused.
    #[error("it cannot be read: {0}")]
    Unread(io::Error),
}

/// A message that is still coming.
pub struct Spooling {
    file: SpooledTempFile,
    sum: Sha256,
    size: u64,
    ends: Ends,
    last: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Untouched,
    /// The first line has not ended yet.
    Undecided,
    Completed,
}

/// A message that has come whole.
pub struct Spool {
    file: SpooledTempFile,
    size: u64,
    digest: [u8; 32],
}

impl Spooling {
    /// Nothing yet.
    pub fn new(ends: LineEnds) -> Self {
        let ends = match ends {
            LineEnds::AsTheyAre => Ends::Untouched,
            LineEnds::Completed => Ends::Undecided,
        };
        Self { file: SpooledTempFile::new(IN_MEMORY), sum: Sha256::new(), size: 0, ends, last: 0 }
    }

    /// More of it.
    pub fn put(&mut self, mut octets: &[u8]) -> Result<(), Unkept> {
        while self.ends != Ends::Untouched {
            let Some(at) = octets.iter().position(|octet| *octet == b'\n') else { break };
            let (line, rest) = octets.split_at(at);
            let before = line.last().copied().unwrap_or(self.last);
            if self.ends == Ends::Undecided {
                self.ends = if before == b'\r' { Ends::Untouched } else { Ends::Completed };
                continue;
            }
            self.keep(line)?;
            self.keep(if before == b'\r' { b"\n" } else { b"\r\n" })?;
            octets = rest.get(1..).unwrap_or_default();
        }
        self.keep(octets)
    }

    fn keep(&mut self, octets: &[u8]) -> Result<(), Unkept> {
        let Some(last) = octets.last() else { return Ok(()) };
        self.size += octets.len() as u64;
        if self.size > LARGEST {
            return Err(Unkept::TooLarge);
        }
        self.sum.update(octets);
        self.file.write_all(octets)?;
        self.last = *last;
        Ok(())
    }

    /// It has come whole.
    pub fn whole(mut self) -> Result<Spool, Unkept> {
        self.file.flush()?;
        Ok(Spool { file: self.file, size: self.size, digest: self.sum.finalize().into() })
    }
}

impl Spool {
    /// Everything that comes from there.
    pub fn of(mut from: impl Read, ends: LineEnds) -> Result<Self, Unkept> {
        let mut spooling = Spooling::new(ends);
        let mut buffer = vec![0; 64 << 10];
        loop {
            let octets = match from.read(&mut buffer) {
                Ok(0) => return spooling.whole(),
                Ok(octets) => octets,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Unkept::Unread(error)),
            };
            spooling.put(buffer.get(..octets).unwrap_or_default())?;
        }
    }

    /// Octets.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// SHA-256, hexadecimal.
    pub fn digest(&self) -> String {
        hex::encode(self.digest)
    }

    /// The beginning: the header, as far as one looks at it.
    pub fn head(&mut self) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut head = Vec::new();
        (&mut self.file).take(HEAD).read_to_end(&mut head)?;
        Ok(head)
    }

    /// The octets, from the beginning.
    pub fn rewind(&mut self) -> io::Result<&mut impl Read> {
        self.file.seek(SeekFrom::Start(0))?;
        Ok(&mut self.file)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept(pieces: &[&[u8]], ends: LineEnds) -> Vec<u8> {
        let mut spooling = Spooling::new(ends);
        pieces.iter().for_each(|piece| spooling.put(piece).unwrap());
        let mut spool = spooling.whole().unwrap();
        let mut octets = Vec::new();
        spool.rewind().unwrap().read_to_end(&mut octets).unwrap();
        assert_eq!(spool.size(), octets.len() as u64);
        assert_eq!(spool.digest(), hex::encode(Sha256::digest(&octets)));
        octets
    }

    #[test]
    fn bare_line_ends_are_completed_where_the_first_line_has_one() {
        for (from, to) in [
            (&b"a: b\n\nc\n"[..], &b"a: b\r\n\r\nc\r\n"[..]),
            (b"a: b\nc\r\nd\n", b"a: b\r\nc\r\nd\r\n"),
            (b"a: b\r\n\r\nbare\nkept\r\n", b"a: b\r\n\r\nbare\nkept\r\n"),
            (b"\nx", b"\r\nx"),
            (b"no end", b"no end"),
            (b"", b""),
        ] {
            assert_eq!(kept(&[from], LineEnds::Completed), to, "{from:?}");
            assert_eq!(kept(&[from], LineEnds::AsTheyAre), from);
        }
    }

    proptest! {
        #[test]
        fn it_does_not_matter_in_which_pieces_a_message_comes(
            octets in prop::collection::vec(prop::sample::select(b"\r\n\na".to_vec()), 0..60),
            cut in 0usize..60,
        ) {
            let (one, other) = octets.split_at(cut.min(octets.len()));
            let whole = kept(&[&octets], LineEnds::Completed);
            prop_assert_eq!(&kept(&[one, other], LineEnds::Completed), &whole);
            // Once completed, it stays as it is.
            prop_assert_eq!(kept(&[&whole], LineEnds::Completed), whole);
        }
    }

    #[test]
    fn what_is_larger_than_can_be_imported_is_refused_while_it_comes() {
        let endless = io::repeat(b'x');
        assert!(matches!(Spool::of(endless, LineEnds::Completed), Err(Unkept::TooLarge)));
    }
}
