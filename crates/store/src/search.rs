//! What is looked for in messages: texts for mail clients, octet for octet, and words for people.
//!
//! The texts of a message are its header, and in its body the parts of type `text`, decoded and read in the charset that they
//! declare, and the headers of attached messages (RFC 9051 §6.4.4). Of a body [`MOST`] octets are looked through. A text holds a key when, both in small letters,
//! the key stands in it somewhere: an index may narrow what is looked at, the texts themselves decide. What is found never
//! depends on how far an index is.

use async_trait::async_trait;
use pec::Moment;

use crate::error::StoreError;
use crate::mailboxes::ids::{FolderId, MailboxId};
use crate::mailboxes::uids::UidSet;
use crate::message::MessageId;

/// Octets of a message's texts, as they stand in it, that are looked through: what is behind them is not found.
pub const MOST: u64 = 4 << 20;

/// Something that a text of a message must hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TextKey {
    /// A text of the body.
    Body(String),
    /// The header, or a text of the body.
    Text(String),
    /// A field of the header with this name (without regard to case), in its value as people read it. An empty value asks
    /// for the field alone.
    Header {
        /// The field's name.
        name: String,
        /// What its value holds.
        value: String,
    },
}

/// Which messages of a folder hold which keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// The messages that were looked at, ascending.
    pub(crate) uids: Vec<u32>,
    /// For each key a bit for each of them.
    pub(crate) held: Vec<Vec<u64>>,
}

impl Matches {
    /// None of these messages holds any of `keys` keys, as far as is known.
    pub(crate) fn none(uids: Vec<u32>, keys: usize) -> Self {
        let held = vec![vec![0; uids.len().div_ceil(64)]; keys];
        Self { uids, held }
    }

    /// Notes that the message at this place holds a key.
    pub(crate) fn hold(&mut self, key: usize, place: usize) {
        if let Some(word) = self.held.get_mut(key).and_then(|held| held.get_mut(place / 64)) {
            *word |= 1 << (place % 64);
        }
    }

    /// Whether the message at this place holds a key.
    pub(crate) fn held(&self, key: usize, place: usize) -> bool {
        self.held.get(key).and_then(|held| held.get(place / 64)).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    /// Whether the message with this UID holds the key at this place among those that were asked for.
    pub fn holds(&self, key: usize, uid: u32) -> bool {
        self.uids.binary_search(&uid).is_ok_and(|place| self.held(key, place))
    }

    /// The UIDs of the messages that hold a key.
    pub fn uids(&self, key: usize) -> UidSet {
        let all = self.uids.iter().enumerate();
        all.filter(|(place, _)| self.held(key, *place)).map(|(_, uid)| *uid).collect()
    }
}

/// A message that was found by words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordHit {
    /// Where it is.
    pub folder: FolderId,
    /// UID
    pub uid: u32,
    /// The message.
    pub message: MessageId,
    /// Its internal date.
    pub at: Moment,
}

impl WordHit {
    /// Where a list is read on: behind this message.
    pub fn place(&self) -> WordPlace {
        WordPlace { at: self.at, folder: self.folder, uid: self.uid }
    }
}

/// A place in the list of what was found by words: newest first, by folder and UID among those of one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WordPlace {
    /// The internal date of the last one that was shown.
    pub at: Moment,
    /// Its folder.
    pub folder: FolderId,
    /// Its UID.
    pub uid: u32,
}

/// How the index stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexFigures {
    /// Folders in which something changed that the index does not know yet.
    pub waiting: u64,
    /// Seconds since the oldest such change, as far back as this process goes; 0: nothing waits.
    pub lag: u64,
    /// Messages that were indexed since start.
    pub indexed: u64,
    /// How often since start the index was begun anew, damaged ones and orders of the operator together.
    pub begun: u64,
    /// Octets of its file.
    pub octets: u64,
    /// Why it does not go on, while it does not.
    pub trouble: Option<String>,
}

/// Looks for what messages hold. Rights are not judged here, but nothing of another mailbox is ever shown.
#[async_trait]
pub trait Search: Send + Sync {
    /// For each key the messages of a folder, among `uids`, that hold it.
    async fn matches(&self, folder: FolderId, uids: &UidSet, keys: &[TextKey]) -> Result<Matches, StoreError>;
    /// The messages of a mailbox that hold each of these words, or words that begin with them: letters and digits, without
    /// regard to case and diacritics, anywhere in header, texts and names of attachments. Newest first, at most `limit`,
    /// behind `after`. What the index does not know yet is not found: it is for people, who see it a moment later.
    async fn words(
        &self,
        mailbox: MailboxId,
        words: &str,
        after: Option<WordPlace>,
        limit: usize,
    ) -> Result<Vec<WordHit>, StoreError>;
}
