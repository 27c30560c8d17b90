//! A message on its way out, piece by piece, never joined.

use bytes::{Buf, Bytes, BytesMut};
use pec::Pieces;

/// Octets kept ready for the socket.
pub(super) const STAGE: usize = 64 * 1024;

/// The rest of a message that is being written.
pub(super) struct Content {
    pieces: std::vec::IntoIter<Bytes>,
    current: Bytes,
    /// Dot-stuffing and the final dot, for DATA; nothing, for BDAT.
    dots: Option<Dots>,
    done: bool,
}

struct Dots {
    line_start: bool,
    after_cr: bool,
    empty: bool,
}

impl Content {
    /// For DATA: dots at line starts doubled, a CRLF added when the last line has none, the final dot
    /// (RFC 5321 §4.5.2).
    pub(super) fn data(message: &Pieces) -> Self {
        Self { dots: Some(Dots { line_start: true, after_cr: false, empty: true }), ..Self::chunk(message) }
    }

    /// For BDAT: the octets as they are.
    pub(super) fn chunk(message: &Pieces) -> Self {
        let pieces: Vec<Bytes> = message.chunks().cloned().collect();
        Self { pieces: pieces.into_iter(), current: Bytes::new(), dots: None, done: false }
    }

    /// Fills `out` up to [`STAGE`] octets; `true` when nothing is left.
    pub(super) fn fill(&mut self, out: &mut BytesMut) -> bool {
        while out.len() < STAGE && !self.done {
            if self.current.is_empty() {
                match self.pieces.next() {
                    Some(piece) => self.current = piece,
                    None => self.end(out),
                }
                continue;
            }
            let room = STAGE.saturating_sub(out.len()).min(self.current.len());
            let run = match &mut self.dots {
                None => room,
                Some(dots) => dots.run(self.current.get(..room).unwrap_or_default(), out),
            };
            out.extend_from_slice(self.current.get(..run).unwrap_or_default());
            self.current.advance(run);
        }
        self.done
    }

    fn end(&mut self, out: &mut BytesMut) {
        if let Some(dots) = &self.dots {
            if !dots.empty && !dots.line_start {
                out.extend_from_slice(b"\r\n");
            }
            out.extend_from_slice(b".\r\n");
        }
        self.done = true;
    }
}

impl Dots {
    /// Puts a dot where one is due before `octets`; says how many of them go out as they are.
    fn run(&mut self, octets: &[u8], out: &mut BytesMut) -> usize {
        if self.line_start && octets.first() == Some(&b'.') {
            out.extend_from_slice(b".");
        }
        for (i, &b) in octets.iter().enumerate() {
            // A dot that begins a line begins the next run.
            if i > 0 && self.line_start && b == b'.' {
                return i;
            }
            self.line_start = self.after_cr && b == b'\n';
            self.after_cr = b == b'\r';
            self.empty = false;
        }
        octets.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(mut content: Content) -> Vec<u8> {
        let (mut all, mut out) = (Vec::new(), BytesMut::new());
        loop {
            let done = content.fill(&mut out);
            all.extend_from_slice(&out);
            out.clear();
            if done {
                return all;
            }
        }
    }

    fn pieces(message: &[u8], size: usize) -> Pieces {
        let mut pieces = Pieces::new();
        message.chunks(size).for_each(|chunk| pieces.push(chunk.to_vec()));
        pieces
    }

    #[test]
    fn dots_are_doubled_only_after_crlf() {
        for size in 1..20 {
            let wire = written(Content::data(&pieces(b".a\r\n.\r\nb.\n.\r.\r\n..c", size)));
            assert_eq!(wire, b"..a\r\n..\r\nb.\n.\r.\r\n...c\r\n.\r\n", "{size}");
        }
        assert_eq!(written(Content::data(&Pieces::new())), b".\r\n");
        assert_eq!(written(Content::chunk(&pieces(b".a\r\n.", 2))), b".a\r\n.");
    }

    #[test]
    fn a_long_message_passes_in_bounded_stages() {
        let message = b".\r\n".repeat(STAGE);
        let mut content = Content::data(&pieces(&message, 1000));
        let mut out = BytesMut::new();
        assert!(!content.fill(&mut out));
        assert!(out.len() <= STAGE + 8);
    }

    proptest! {
        #[test]
        fn stuffing_is_undone_by_taking_one_dot_from_each_line(message in "[a.\r\n]{0,60}", size in 1usize..9) {
            let wire = written(Content::data(&pieces(message.as_bytes(), size)));
            let wire = String::from_utf8(wire).unwrap();
            let body = wire.strip_suffix(".\r\n").unwrap();
            let lines: Vec<&str> = body.split("\r\n").map(|line| line.strip_prefix('.').unwrap_or(line)).collect();
            let mut expected = message.clone();
            if !expected.is_empty() && !expected.ends_with("\r\n") {
                expected.push_str("\r\n");
            }
            prop_assert_eq!(lines.join("\r\n"), expected);
        }
    }
}
