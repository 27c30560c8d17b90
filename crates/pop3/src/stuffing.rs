//! How a message goes over the line (RFC 1939 §3): a dot at the start of a line is doubled, and a line with one dot ends it.

/// A message on its way out, run by run.
#[derive(Debug)]
pub struct Stuffing {
    at_line_start: bool,
    after_cr: bool,
    /// Whether the header is over; TOP counts lines from there.
    in_body: bool,
    line_empty: bool,
    lines_left: Option<u64>,
}

impl Stuffing {
    /// A whole message, or its header and so many lines of its body.
    pub fn new(lines: Option<u64>) -> Self {
        Self { at_line_start: true, after_cr: false, in_body: false, line_empty: true, lines_left: lines }
    }

    /// Writes a run of the message to `out`; `false`: no more is wanted.
    pub fn run(&mut self, run: &[u8], out: &mut Vec<u8>) -> bool {
        out.reserve(run.len() + run.len() / 64 + 8);
        for octet in run {
            if self.is_over() {
                return false;
            }
            if self.at_line_start && *octet == b'.' {
                out.push(b'.');
            }
            out.push(*octet);
            match octet {
                b'\n' if self.after_cr => self.end_line(),
                b'\r' => {}
                _ => self.line_empty = false,
            }
            self.at_line_start = *octet == b'\n' && self.after_cr;
            self.after_cr = *octet == b'\r';
        }
        !self.is_over()
    }

    fn is_over(&self) -> bool {
        self.in_body && self.at_line_start && self.lines_left == Some(0)
    }

    fn end_line(&mut self) {
        if self.in_body {
            self.lines_left = self.lines_left.map(|left| left.saturating_sub(1));
        }
        self.in_body |= self.line_empty;
        self.line_empty = true;
    }

    /// Ends the message. Its last line is completed, as the end needs a line of its own.
    pub fn end(self, out: &mut Vec<u8>) {
        if !self.at_line_start {
            out.extend_from_slice(if self.after_cr { b"\n" } else { b"\r\n" });
        }
        out.extend_from_slice(b".\r\n");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sent(message: &[u8], lines: Option<u64>, cut: usize) -> Vec<u8> {
        let (mut stuffing, mut out) = (Stuffing::new(lines), Vec::new());
        for run in message.chunks(cut.max(1)) {
            if !stuffing.run(run, &mut out) {
                break;
            }
        }
        stuffing.end(&mut out);
        out
    }

    /// What a client makes of it (RFC 1939 §3).
    fn received(sent: &[u8]) -> Option<Vec<u8>> {
        let body = sent.strip_suffix(b".\r\n")?;
        let mut out = Vec::new();
        let mut start = true;
        for (at, octet) in body.iter().enumerate() {
            if start && *octet == b'.' {
                start = false;
                continue;
            }
            out.push(*octet);
            start = *octet == b'\n' && at > 0 && body[at - 1] == b'\r';
        }
        Some(out)
    }

    #[test]
    fn dots_are_doubled_and_the_end_is_alone() {
        assert_eq!(sent(b"A: b\r\n\r\n.\r\n..x\r\ny.\r\n", None, 3), b"A: b\r\n\r\n..\r\n...x\r\ny.\r\n.\r\n");
        assert_eq!(sent(b"A: b\r\n\r\nno end", None, 99), b"A: b\r\n\r\nno end\r\n.\r\n");
        assert_eq!(sent(b"", None, 1), b".\r\n");
    }

    #[test]
    fn top_sends_the_header_and_lines() {
        let message = b"A: b\r\nC: d\r\n\r\n.one\r\ntwo\r\nthree\r\n";
        assert_eq!(sent(message, Some(0), 5), b"A: b\r\nC: d\r\n\r\n.\r\n");
        assert_eq!(sent(message, Some(2), 1), b"A: b\r\nC: d\r\n\r\n..one\r\ntwo\r\n.\r\n");
        assert_eq!(sent(message, Some(9), 4), sent(message, None, 7));
        assert_eq!(sent(b"A: b\r\n", Some(3), 4), b"A: b\r\n.\r\n");
    }

    proptest! {
        #[test]
        fn a_client_gets_the_same_octets_however_they_are_cut(
            parts in proptest::collection::vec(prop_oneof![Just("."), Just("\r\n"), Just("\r"), Just("\n"), Just("x")], 0..60),
            cut in 1usize..9,
        ) {
            let mut message = parts.concat().into_bytes();
            message.extend_from_slice(b"x\r\n");
            prop_assert_eq!(received(&sent(&message, None, cut)), Some(message.clone()));
            prop_assert_eq!(sent(&message, Some(2), cut), sent(&message, Some(2), 100));
        }
    }
}
