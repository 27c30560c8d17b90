//! The header values that are cached beside a message.

use bytes::Bytes;
use pec::header::Header;
use pec::{Identifier, Kind, Pieces};

use crate::message::Summary;

/// Where reading stops when a message has no end of its header block, in octets.
const LIMIT: usize = 256 * 1024;

impl Summary {
    /// Reads the values from the header block at the start of a message, whatever pieces it lies in. What is not
    /// there is empty; of fields that are there twice the first counts.
    pub fn read(kind: Option<Kind>, identifier: Option<Identifier>, pieces: &Pieces) -> Summary {
        let header = Header::parse(&block(pieces));
        let value = |name| header.value(name).unwrap_or_default();
        Summary {
            kind,
            identifier,
            date: value("Date"),
            subject: header.subject().unwrap_or_default(),
            from: value("From"),
            sender: value("Sender"),
            reply_to: value("Reply-To"),
            to: value("To"),
            cc: value("Cc"),
            in_reply_to: value("In-Reply-To"),
            message_id: value("Message-ID"),
        }
    }
}

/// The start of the message up to the end of its header block, its empty line included; no copy when it lies in the first
/// piece.
pub(crate) fn block(pieces: &Pieces) -> Bytes {
    let mut chunks = pieces.chunks();
    let Some(first) = chunks.next() else { return Bytes::new() };
    if let Some(end) = end(first, 0) {
        return first.slice(..end);
    }
    let mut joined = first.slice(..first.len().min(LIMIT)).to_vec();
    for chunk in chunks {
        let room = LIMIT.saturating_sub(joined.len());
        if room == 0 {
            break;
        }
        // The end may straddle two pieces.
        let from = joined.len().saturating_sub(3);
        joined.extend_from_slice(&chunk.slice(..chunk.len().min(room)));
        if let Some(end) = end(&joined, from) {
            joined.truncate(end);
            break;
        }
    }
    joined.into()
}

/// Where the empty line ends, looking from `from`, within the limit.
fn end(bytes: &[u8], from: usize) -> Option<usize> {
    let seen = bytes.get(from..bytes.len().min(LIMIT))?;
    (1..seen.len()).find_map(|at| match seen.get(..=at)? {
        [.., b'\n', b'\n'] | [.., b'\n', b'\r', b'\n'] => Some(from + at + 1),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "Date: Thu, 05 Dec 2024 11:30:30 +0100\r\nSubject: =?utf-8?Q?Citt=C3=A0?=\r\n\
        From: \"Per conto di: mario@pec.example\" <posta-certificata@pec.example>\r\nSender: s@pec.example\r\n\
        Reply-To: mario@pec.example\r\nTo: a@b.example,\r\n c@d.example\r\nCc: e@f.example\r\n\
        In-Reply-To: <1@x>\r\nMessage-ID: <2@x>\r\n\r\n";

    #[test]
    fn the_block_ends_with_the_empty_line_however_the_message_is_cut() {
        let message = Bytes::from(format!("{HEADER}body\r\n\r\nmore"));
        for cut in 1..message.len() {
            let mut pieces = Pieces::own(message.slice(..cut));
            pieces.push(message.slice(cut..));
            assert_eq!(block(&pieces), HEADER, "cut at {cut}");
        }
    }

    #[test]
    fn bare_line_feeds_end_the_block_too() {
        assert_eq!(block(&Pieces::own("A: b\n\nbody\n\n")), "A: b\n\n");
    }

    #[test]
    fn a_message_without_an_empty_line_is_read_up_to_a_limit() {
        assert_eq!(block(&Pieces::own("A: b\r\n")), "A: b\r\n");
        assert_eq!(block(&Pieces::new()), "");
        let mut endless = Pieces::own(vec![b'a'; LIMIT - 1]);
        endless.push(vec![b'b'; 10]);
        endless.push("\r\n\r\n");
        assert_eq!(block(&endless).len(), LIMIT);
    }

    #[test]
    fn every_value_is_read_from_the_header() {
        let summary = Summary::read(Some(Kind::TransportEnvelope), Some("id@pec".into()), &Pieces::own(HEADER));
        let expected = Summary {
            kind: Some(Kind::TransportEnvelope),
            identifier: Some("id@pec".into()),
            date: "Thu, 05 Dec 2024 11:30:30 +0100".into(),
            subject: "Città".into(),
            from: "\"Per conto di: mario@pec.example\" <posta-certificata@pec.example>".into(),
            sender: "s@pec.example".into(),
            reply_to: "mario@pec.example".into(),
            to: "a@b.example, c@d.example".into(),
            cc: "e@f.example".into(),
            in_reply_to: "<1@x>".into(),
            message_id: "<2@x>".into(),
        };
        assert_eq!(summary, expected);
    }
}
