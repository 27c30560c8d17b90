//! An Outcome, whole: made ready outside the writer, then written inside its transaction.

use rusqlite::Connection;

use super::content::{self, Layout};
use super::{evidence, infected, mailboxes, queue, watches};
use crate::{CommitError, MessageId, Outcome, StoreError};

/// What copying and hashing may cost before it moves off the caller's thread, in octets.
const INLINE: usize = 64 * 1024;
/// What an Outcome weighs beside its messages, about, in octets.
const ROWS: usize = 1024;

/// An Outcome whose messages are laid out for the disk.
pub(super) struct Ready {
    outcome: Outcome,
    /// By position in the Outcome; `None`: nothing refers to it, so it is not stored.
    layouts: Vec<Option<Layout>>,
}

impl Ready {
    /// Lays the messages out and hashes their originals.
    pub(super) async fn make(outcome: Outcome, inline_below: usize) -> Result<Self, StoreError> {
        let octets: usize = outcome.messages.iter().map(|message| message.pieces.len()).sum();
        let make = move || {
            let used = |position| {
                outcome.deposits.iter().any(|deposit| deposit.message == position)
                    || outcome.dispatches.iter().any(|dispatch| dispatch.message == position)
                    || outcome.infected.iter().any(|infected| infected.message == position)
            };
            let lay = |(position, message): (usize, &crate::NewMessage)| {
                used(position).then(|| Layout::of(&message.pieces, inline_below))
            };
            let layouts = outcome.messages.iter().enumerate().map(lay).collect();
            Self { layouts, outcome }
        };
        if octets <= INLINE {
            return Ok(make());
        }
        let made = tokio::task::spawn_blocking(make).await;
        made.map_err(|error| StoreError(format!("a fault in the store's own code: {error}")))
    }

    /// About what it will write, in octets.
    pub(super) fn octets(&self) -> usize {
        self.layouts.iter().flatten().map(|layout| layout.size).sum::<usize>() + ROWS
    }

    /// Writes everything; an error leaves the undoing to the caller's savepoint.
    pub(super) fn write(self, tx: &Connection) -> Result<(), CommitError> {
        let Self { outcome, layouts } = self;
        for key in &outcome.once {
            evidence::once(tx, key)?;
        }
        if let Some(sent) = &outcome.sent {
            evidence::send(tx, sent)?;
        }
        let mut stored = Vec::with_capacity(layouts.len());
        for (layout, message) in layouts.iter().zip(&outcome.messages) {
            let id = layout.as_ref().map(|layout| content::store(tx, layout, &message.summary)).transpose()?;
            stored.push(id.zip(layout.as_ref().map(|layout| layout.size)));
        }
        for deposit in &outcome.deposits {
            let message = at(&stored, deposit.message)?;
            mailboxes::deposit(tx, &deposit.mailbox, &deposit.folder, &deposit.flags, deposit.at, message)?;
        }
        for dispatch in &outcome.dispatches {
            queue::push(tx, dispatch, at(&stored, dispatch.message)?.0)?;
        }
        for kept in &outcome.infected {
            infected::add(tx, kept, at(&stored, kept.message)?.0)?;
        }
        let mut released = Vec::new();
        for change in &outcome.queue {
            released.extend(queue::change(tx, change)?);
        }
        content::collect(tx, &released)?;
        for change in &outcome.watches {
            watches::change(tx, change)?;
        }
        for row in &outcome.evidence {
            evidence::add(tx, row)?;
        }
        Ok(())
    }
}

fn at(stored: &[Option<(MessageId, usize)>], position: usize) -> Result<(MessageId, usize), StoreError> {
    stored.get(position).copied().flatten().ok_or_else(|| {
        StoreError(format!(
            "an Outcome refers to its message {position} and has {} (a fault in the point)",
            stored.len()
        ))
    })
}
