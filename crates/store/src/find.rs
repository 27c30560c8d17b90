//! Messages found in the evidence: by what is common to all rows about each ([`Subject`](crate::Subject)) and by when it came.
//!
//! An answer is complete at every moment. An engine may keep an index for it; what the index does not know is looked at.

use pec::{Identifier, Moment};

use crate::evidence::{LogId, SharedSubject};

/// What is looked for; `None` and an empty list match all, and all that is said must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageQuery {
    /// PEC msgid.
    pub identifier: Option<Identifier>,
    /// The Message-ID that the sender's program gave, with or without brackets.
    pub client_id: Option<String>,
    /// Sender of the original, without regard to the case of ASCII letters.
    pub sender: Option<String>,
    /// A recipient of the original, likewise.
    pub recipient: Option<String>,
    /// Words of the subject, in any order, without regard to case and diacritics. A word with `*` behind it stands for
    /// all that begin so.
    pub words: String,
    /// The first row about it is of this instant or a later one.
    pub since: Option<Moment>,
    /// The first row about it is of an earlier instant.
    pub until: Option<Moment>,
    /// Only those that came before this one; for the next page.
    pub before: Option<MessagePlace>,
    /// At most so many.
    pub limit: usize,
}

impl MessageQuery {
    /// Letters that a word needs before `*`: fewer would name half the archive, and ask for nothing.
    pub const BEGINNING: usize = 3;
}

/// A message's place among all that left evidence: those that came later have higher ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessagePlace(pub u64);

/// A message that was found.
#[derive(Clone, Debug)]
pub struct FoundMessage {
    /// Its place.
    pub place: MessagePlace,
    /// What is common to all rows about it.
    pub subject: SharedSubject,
    /// The instant of the first row about it that is there.
    pub at: Moment,
    /// The log of that row.
    pub log: LogId,
    /// Its number.
    pub number: u64,
}

/// A part of an answer.
#[derive(Clone, Debug, Default)]
pub struct FoundMessages {
    /// Those that came last first. There may be fewer than the limit, or none, though others follow.
    pub messages: Vec<FoundMessage>,
    /// Where to go on ([`MessageQuery::before`]); `None`: that was all.
    pub next: Option<MessagePlace>,
}
