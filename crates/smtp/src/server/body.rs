//! Message content as it arrives by DATA or BDAT, without I/O.
//!
//! Only CRLF.CRLF ends DATA: whoever reads another end can be made to see another message ("SMTP smuggling"). From other
//! systems, content with other line ends is refused, never mended: what is certified is what was sent. A holder's client
//! that sends a file with bare LFs has each completed to CRLF before anything is certified (RFC 6409 §8): a signature
//! inside covers the CRLF form anyway. A bare LF begins no line as far as dots are concerned.
//!
//! What is to be kept is appended to a buffer of the caller's, who keeps it where there is room.

use bytes::BytesMut;

use crate::Reply;

/// Why a message cannot be taken. The submitter's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// More octets than the limit.
    TooLarge(usize),
    /// A header block of more octets than the limit.
    HeaderTooLarge(usize),
    /// LF without CR.
    BareLf,
    /// CR without LF.
    BareCr,
    /// The octet zero.
    Nul,
}

impl BodyFault {
    /// The answer to the client.
    pub fn reply(self) -> Reply {
        match self {
            Self::TooLarge(limit) => Reply::new(552, "5.3.4", format!("message larger than {limit} octets")),
            Self::HeaderTooLarge(limit) => Reply::new(552, "5.3.4", format!("header larger than {limit} octets")),
            Self::BareLf => Reply::new(550, "5.6.0", "lines must end with CRLF: the message has an LF without CR"),
            Self::BareCr => Reply::new(550, "5.6.0", "lines must end with CRLF: the message has a CR without LF"),
            Self::Nul => Reply::new(550, "5.6.0", "the message has an octet of value zero"),
        }
    }
}

/// What becomes of a bare LF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BareLf {
    /// The message is refused.
    Refused,
    /// Completed to CRLF.
    Mended,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    LineStart,
    Text,
    Cr,
    Dot,
    DotCr,
}

/// A message under way.
pub struct Body {
    kept: usize,
    limit: usize,
    header_limit: usize,
    bare_lf: BareLf,
    state: State,
    line_empty: bool,
    in_header: bool,
    octets: u64,
    fault: Option<BodyFault>,
}

impl Body {
    /// A message; `limit` and `header_limit` count what the client sends.
    pub fn new(limit: usize, header_limit: usize, bare_lf: BareLf) -> Self {
        let (state, line_empty, in_header) = (State::LineStart, true, true);
        Self { kept: 0, limit, header_limit, bare_lf, state, line_empty, in_header, octets: 0, fault: None }
    }

    /// Octets seen, those not kept included.
    pub fn octets(&self) -> u64 {
        self.octets
    }

    /// What was found wrong so far; from then on nothing is to be kept, and what was kept may go.
    pub fn fault(&self) -> Option<BodyFault> {
        self.fault
    }

    /// DATA: takes octets from the front of `input`, what is to be kept goes behind `out`; `true` when the end was found,
    /// what follows it stays in `input`.
    pub fn data(&mut self, input: &mut BytesMut, out: &mut BytesMut) -> bool {
        let (taken, end) = self.scan(input, true, out);
        let _ = input.split_to(taken);
        end
    }

    /// BDAT: takes a run of octets; what is to be kept goes behind `out`.
    pub fn chunk(&mut self, octets: &[u8], out: &mut BytesMut) {
        self.scan(octets, false, out);
    }

    /// Whether the message, which has ended, can be taken.
    pub fn finish(mut self) -> Result<(), BodyFault> {
        if self.state == State::Cr {
            self.find(BodyFault::BareCr);
        }
        self.fault.map_or(Ok(()), Err)
    }

    fn scan(&mut self, input: &[u8], dots: bool, out: &mut BytesMut) -> (usize, bool) {
        let mut run = 0;
        for (i, &b) in input.iter().enumerate() {
            match (self.state, b) {
                (State::LineStart, b'.') if dots => {
                    self.keep(input.get(run..i), out);
                    run = i + 1;
                    self.state = State::Dot;
                }
                // The CR stands outside the run: either the end follows, or the message is refused.
                (State::Dot, b'\r') => {
                    run = i + 1;
                    self.state = State::DotCr;
                }
                (State::DotCr, b'\n') => {
                    self.octets += i as u64 + 1;
                    self.state = State::LineStart;
                    return (i + 1, true);
                }
                (State::Cr, b'\n') => {
                    self.state = State::LineStart;
                    self.in_header &= !self.line_empty;
                    self.line_empty = true;
                }
                (State::Cr | State::DotCr, _) => {
                    self.find(BodyFault::BareCr);
                    self.state = if b == b'\r' { State::Cr } else { State::Text };
                }
                (_, b'\r') => self.state = State::Cr,
                // `.` LF at the start of a line is nearly an end, and stays refused.
                (State::LineStart | State::Text, b'\n') if self.bare_lf == BareLf::Mended => {
                    self.keep(input.get(run..i), out);
                    self.keep(Some(b"\r\n"), out);
                    run = i + 1;
                    self.state = State::Text;
                    self.in_header &= !self.line_empty;
                    self.line_empty = true;
                }
                (_, b'\n') => {
                    self.find(BodyFault::BareLf);
                    self.state = State::Text;
                }
                (_, b) => {
                    if b == 0 {
                        self.find(BodyFault::Nul);
                    }
                    self.state = State::Text;
                    self.line_empty = false;
                }
            }
            // Here and not per run, or the answer would depend on how the network cut the message.
            let kept = self.kept + (i + 1).saturating_sub(run);
            if self.in_header && kept > self.header_limit {
                self.find(BodyFault::HeaderTooLarge(self.header_limit));
            } else if kept > self.limit {
                self.find(BodyFault::TooLarge(self.limit));
            }
        }
        self.keep(input.get(run..), out);
        self.octets += input.len() as u64;
        (input.len(), false)
    }

    fn keep(&mut self, run: Option<&[u8]>, out: &mut BytesMut) {
        if self.fault.is_none() {
            let run = run.unwrap_or_default();
            out.extend_from_slice(run);
            self.kept += run.len();
        }
    }

    /// The first fault stays.
    fn find(&mut self, fault: BodyFault) {
        if self.fault.is_none() {
            self.fault = Some(fault);
            self.in_header = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives `wire` in pieces of `step` octets; the content and what stays behind the end.
    fn data(wire: &[u8], step: usize) -> Option<(Result<Vec<u8>, BodyFault>, usize)> {
        let mut body = Body::new(1000, 500, BareLf::Refused);
        let (mut input, mut out) = (BytesMut::new(), BytesMut::new());
        for (i, piece) in wire.chunks(step).enumerate() {
            input.extend_from_slice(piece);
            if body.data(&mut input, &mut out) {
                let rest = input.len() + wire.len().saturating_sub((i + 1) * step);
                return Some((body.finish().map(|()| out.to_vec()), rest));
            }
        }
        None
    }

    #[test]
    fn dots_are_unstuffed_and_the_rest_stays_behind() {
        for step in 1..12 {
            let (content, rest) = data(b"a: b\r\n\r\n..x\r\n...\r\n.y\r\n.\r\nQUIT\r\n", step).unwrap();
            assert_eq!(content.unwrap(), b"a: b\r\n\r\n.x\r\n..\r\ny\r\n", "{step}");
            assert_eq!(rest, 6);
        }
        assert_eq!(data(b".\r\n", 1), Some((Ok(vec![]), 0)));
    }

    #[test]
    fn no_other_sequence_ends_a_message_and_each_is_refused() {
        for smuggling in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n", "\r\n\0.\r\n"] {
            for step in 1..6 {
                let wire = format!("a: b\r\n\r\nfirst{smuggling}MAIL FROM:<x@y.it>\r\n.\r\n");
                let (content, rest) = data(wire.as_bytes(), step).unwrap_or_else(|| panic!("{smuggling:?}: no end"));
                assert!(content.is_err(), "{smuggling:?}");
                assert_eq!(rest, 0, "{smuggling:?} ended the message");
            }
        }
    }

    #[test]
    fn a_holder_s_bare_line_feeds_are_completed_and_end_nothing() {
        for step in 1..9 {
            let mut body = Body::new(1000, 1000, BareLf::Mended);
            let mut out = BytesMut::new();
            let mut ended = false;
            for piece in b"a: b\n\nfirst\n.\n.\r\n..x\nlast\n\r\n.\r\n".chunks(step) {
                assert!(!ended);
                ended = body.data(&mut BytesMut::from(piece), &mut out);
            }
            assert_eq!(body.finish(), Ok(()));
            assert_eq!(out, &b"a: b\r\n\r\nfirst\r\n.\r\n.\r\n.x\r\nlast\r\n\r\n"[..], "{step}");
        }
        for refused in ["x\r\n.\nMAIL\r\n.\r\n", "x\ry\r\n.\r\n"] {
            let mut body = Body::new(1000, 1000, BareLf::Mended);
            assert!(body.data(&mut BytesMut::from(refused.as_bytes()), &mut BytesMut::new()), "{refused:?}");
            assert!(body.finish().is_err(), "{refused:?}");
        }
    }

    #[test]
    fn too_large_is_read_to_its_end() {
        let wire = format!("a: b\r\n\r\n{}\r\n.\r\nX", "x".repeat(2000));
        assert_eq!(data(wire.as_bytes(), 100), Some((Err(BodyFault::TooLarge(1000)), 1)));
        let wire = format!("a: {}\r\n\r\n.\r\n", "x".repeat(600));
        assert_eq!(data(wire.as_bytes(), 7), Some((Err(BodyFault::HeaderTooLarge(500)), 0)));
        let wire = format!("a: b\r\n\r\n{}\r\n.\r\n", "x".repeat(600));
        assert!(data(wire.as_bytes(), 7).unwrap().0.is_ok());
    }

    #[test]
    fn of_two_faults_the_first_is_told_however_the_message_is_cut() {
        for (wire, fault) in [
            ("a: b\r\n\r\nxxxxxxxxxx\0\r\n.\r\n", BodyFault::TooLarge(16)),
            ("a: b\r\n\r\nx\0xxxxxxxxx\r\n.\r\n", BodyFault::Nul),
            ("a: bcdefgh\r\nx\ry\r\n.\r\n", BodyFault::HeaderTooLarge(8)),
        ] {
            for step in 1..=wire.len() {
                let mut body = Body::new(16, 8, BareLf::Refused);
                wire.as_bytes().chunks(step).for_each(|piece| body.chunk(piece, &mut BytesMut::new()));
                assert_eq!(body.finish(), Err(fault), "{wire:?} by {step}");
            }
        }
    }

    #[test]
    fn a_last_chunk_that_ends_in_cr_is_refused() {
        let mut body = Body::new(100, 100, BareLf::Refused);
        body.chunk(b"a: b\r", &mut BytesMut::new());
        body.chunk(b"\n\r", &mut BytesMut::new());
        assert_eq!(body.finish(), Err(BodyFault::BareCr));
    }

    proptest! {
        #[test]
        fn any_octets_in_any_pieces_give_the_same_answer(wire in "[a.\r\n\0]{0,40}", step in 1usize..8) {
            let wire = format!("{wire}\r\n.\r\n");
            prop_assert_eq!(data(wire.as_bytes(), step), data(wire.as_bytes(), wire.len()));
        }

        #[test]
        fn chunks_keep_every_octet(lines in proptest::collection::vec("[a-z.]{0,9}", 0..20), step in 1usize..8) {
            let message = lines.iter().map(|l| format!("{l}\r\n")).collect::<String>();
            let (mut body, mut out) = (Body::new(1000, 1000, BareLf::Refused), BytesMut::new());
            message.as_bytes().chunks(step).for_each(|chunk| body.chunk(chunk, &mut out));
            prop_assert_eq!(body.finish(), Ok(()));
            prop_assert_eq!(&out[..], message.as_bytes());
        }
    }
}
