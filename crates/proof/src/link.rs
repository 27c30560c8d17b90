//! Heads of a log follow each other: which head may stand behind which.

use crate::head::{self, Head};
use crate::tree::Node;

/// A head as far as the next one of its log must go on from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub number: u64,
    /// SHA-256 of its text.
    pub digest: Node,
    /// The number of its tree's first row.
    pub first: u64,
    /// The number of the row behind its last one.
    pub end: u64,
    /// Whether its tree has ended.
    pub closed: bool,
}

impl Link {
    /// A head with its text.
    pub fn of(head: &Head, text: &[u8]) -> Self {
        let Head { number, first, closed, .. } = *head;
        Self { number, digest: head::digest_of(text), first, end: head.end(), closed }
    }

    /// Whether `head` may be the next one; otherwise what is wrong with it, in English. `oldest` is the number of the oldest
    /// row that there is, where that is known: rows that expired before they were sealed have no head.
    pub fn continued_by(&self, head: &Head, oldest: Option<u64>) -> Result<(), &'static str> {
        if head.previous != Some(self.digest) {
            return Err("names another head before it: that one or this one was altered");
        }
        let expired = oldest.is_some_and(|oldest| head.first > self.end && head.first <= oldest);
        let begins = head.first == self.end || expired;
        let grows = head.first == self.first && head.end() >= self.end;
        match self.closed {
            true if !begins => Err("does not begin where the tree before it ended"),
            false if !grows => Err("does not continue the tree of the head before it"),
            _ => Ok(()),
        }
    }
}
