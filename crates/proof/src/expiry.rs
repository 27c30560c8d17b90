//! The statement that a tree of rows is not there any more: a row of evidence, so that it is sealed and stamped as the rows were.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pec::Moment;

use crate::record::{About, Actor, Event, Evidence, LogId};
use crate::tree::Node;

/// A tree whose rows went in their time [R-2.3-b].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// Of which log.
    pub log: LogId,
    /// The number of its first row.
    pub first: u64,
    /// How many rows it had.
    pub size: u64,
    /// The number of the head that closed it.
    pub head: u64,
    /// The SHA-256 of that head's text.
    pub digest: Node,
}

impl Expiry {
    /// The number of the first row behind the tree.
    pub fn end(&self) -> u64 {
        self.first.saturating_add(self.size)
    }

    /// The statement, made at this instant.
    pub fn evidence(&self, at: Moment) -> Evidence {
        let Self { log, first, size, head, digest } = self;
        Evidence {
            at,
            event: Event::Expired,
            kind: None,
            about: About::Nothing,
            message_id: String::new(),
            provider: String::new(),
            concerns: vec![format!("{}/{first}", log.0)],
            error: Some(format!("{size} rows under head {head} {}", STANDARD.encode(digest))),
            actor: Actor::System,
        }
    }
}
