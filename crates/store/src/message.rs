//! A message as it is kept: its exact bytes, and what lists need to know of it.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use pec::header::Header;
use pec::{Identifier, Kind, Pieces};

use crate::error::StoreError;

/// A stored message; also its EMAILID (RFC 8474). Never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub i64);

/// A message to store.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Its exact bytes; shared pieces are stored once by their SHA-256.
    pub pieces: Pieces,
    /// What lists show.
    pub summary: Summary,
}

/// From which size on the body of a message that comes whole is kept as an original: then a part of it is read without the
/// rest, and what stands in two folders is kept once.
const APART: usize = 256 << 10;

impl NewMessage {
    /// A message as somebody puts it in a folder, whatever it says of itself: nothing recognises it as ours.
    pub fn of(message: Bytes) -> Self {
        let pieces = if message.len() < APART {
            Pieces::own(message)
        } else {
            let body = Header::parse(&message).body_start();
            Pieces::split(&message, Some(body..message.len()))
        };
        let summary = Summary::read(None, None, &pieces);
        Self { pieces, summary }
    }
}

/// Header values for people, decoded, kept beside a message so that no list reads one. What IMAP shows comes from the raw
/// header block, which is kept too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// What it is, when it is ours or a recognised one.
    pub kind: Option<Kind>,
    /// PEC msgid it is about.
    pub identifier: Option<Identifier>,
    /// `Date`
    pub date: String,
    /// `Subject`, encoded words decoded
    pub subject: String,
    /// `From`
    pub from: String,
    /// `Sender`
    pub sender: String,
    /// `Reply-To`
    pub reply_to: String,
    /// `To`
    pub to: String,
    /// `Cc`
    pub cc: String,
    /// `In-Reply-To`
    pub in_reply_to: String,
    /// `Message-ID`, with brackets
    pub message_id: String,
}

/// The bytes of stored messages. They are checked against what was written: damaged ones are an error of the kind
/// [`ErrorKind::Damaged`](crate::ErrorKind::Damaged) that names them, and are never given out.
#[async_trait]
pub trait Content: Send + Sync {
    /// The exact bytes of a message, as pieces; originals come back shared. `None`: it is gone, or it is one that is kept
    /// without an original in it, and that is gone.
    async fn read(&self, message: MessageId) -> Result<Option<Pieces>, StoreError>;
    /// The bytes of a message in `range`, cut to its length. Costs about what the range is long, however long the message
    /// is. `None`: it is gone.
    async fn read_range(&self, message: MessageId, range: Range<u64>) -> Result<Option<Bytes>, StoreError>;
    /// Ranges of messages, each as [`Content::read_range`] gives it, in the order in which they were asked for. Many small
    /// ones cost far less than so many questions. All of them are in memory together: how much that is the caller bounds.
    async fn read_ranges(
        &self,
        wanted: Vec<(MessageId, Range<u64>)>,
    ) -> Result<Vec<Result<Option<Bytes>, StoreError>>, StoreError>;
}
