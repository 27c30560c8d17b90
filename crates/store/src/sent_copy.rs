//! The copy of an accepted message in its sender's folder for `\Sent`, and how it is told that a client keeps one too.
//!
//! A client that keeps a copy itself gives it with APPEND, before or after it submits. Both are the same message when they
//! bear the same Message-ID, or, where the submitted one has none, the same date, subject and body: a client's own copy may
//! have further fields, as `Bcc`. **The client's copy stays, whichever came first**: a program that keeps folders alike in two
//! places remembers what it put there. So within [`WINDOW`] seconds
//!
//! * a message that is accepted after the client's copy came gets none from us;
//! * a client's copy that comes after ours takes its place: it is a new entry with a UID of its own and the bytes that the
//!   client gave, and ours is expunged in the same transaction, as by another client.
//!
//! Each copy is recognised once: a message that is sent twice, or appended twice, is there twice. Copies in the folders for
//! `\Drafts`, `\Junk` and `\Trash` are none; those in other folders are, wherever the client's user likes to have them.

use pec::Pieces;
use sha2::{Digest as _, Sha256};

use crate::message::Summary;
use crate::summary;

/// For how long a copy of the client's and one of ours are recognised as of one message, seconds. A client without a
/// connection, or with a slow one, gives its copy late.
pub const WINDOW: i64 = 24 * 3600;

/// What tells that two copies are of one message: the beginning of a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CopyKey(pub [u8; 16]);

impl CopyKey {
    /// The key of a message as the client has it, with its values as [`Summary::read`] gives them.
    pub fn of(message: &Pieces, summary: &Summary) -> Self {
        let mut hash = Sha256::new();
        let id = summary.message_id.trim();
        if id.is_empty() {
            for value in [&summary.date, &summary.subject] {
                hash.update((value.len() as u64).to_be_bytes());
                hash.update(value);
            }
            let mut header = summary::block(message).len();
            for chunk in message.chunks() {
                let skipped = header.min(chunk.len());
                header -= skipped;
                hash.update(chunk.slice(skipped..));
            }
        } else {
            hash.update(id);
        }
        Self(hash.finalize().first_chunk().copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> CopyKey {
        let pieces = Pieces::own(text.to_owned());
        CopyKey::of(&pieces, &Summary::read(None, None, &pieces))
    }

    #[test]
    fn copies_are_alike_by_message_id_whatever_else_the_client_added() {
        assert_eq!(key("Message-ID: <1@x>\r\n\r\na"), key("Bcc: b@x\r\nmessage-id:\r\n <1@x>\r\n\r\nother"));
        assert_ne!(key("Message-ID: <1@x>\r\n\r\na"), key("Message-ID: <2@x>\r\n\r\na"));
    }

    #[test]
    fn without_a_message_id_date_subject_and_body_tell() {
        let plain = "Date: today\r\nSubject: s\r\n\r\nbody";
        assert_eq!(key(plain), key("Bcc: b@x\r\nSubject: s\r\nDate: today\r\n\r\nbody"));
        for other in [
            "Date: today\r\nSubject: s\r\n\r\nbody2",
            "Date: today\r\nSubject: t\r\n\r\nbody",
            "Subject: s\r\n\r\nbody",
        ] {
            assert_ne!(key(plain), key(other), "{other}");
        }
        // However it is cut.
        let mut cut = Pieces::own("Date: today\r\nSubject: s\r\n");
        cut.push("\r\nbo");
        cut.push("dy");
        assert_eq!(CopyKey::of(&cut, &Summary::read(None, None, &cut)), key(plain));
    }
}
