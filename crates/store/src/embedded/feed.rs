//! The change feed: what was committed, told to whoever listens.

use std::sync::Arc;

use tokio::sync::broadcast;

use super::pending::Pending;
use crate::{Change, Changes};

/// The most changes that a feed keeps for its slowest listener; each takes about a hundred octets.
const MOST: usize = 1 << 20;

/// Tells of changes. It keeps the last ones in a ring: telling never waits, and a listener that falls behind by more than
/// the ring holds loses the oldest and is told that it did.
pub(super) struct Feed {
    sender: broadcast::Sender<Change>,
    /// The index for searches, which must miss nothing.
    pending: Arc<Pending>,
}

impl Feed {
    /// A feed that keeps at least `capacity` changes, within reason.
    pub(super) fn new(capacity: usize, pending: Arc<Pending>) -> Self {
        Self { sender: broadcast::Sender::new(capacity.clamp(1, MOST)), pending }
    }

    /// Tells of changes, in order; to be called when they are committed and not before.
    pub(super) fn tell(&self, changes: Vec<Change>) {
        self.pending.note(&changes);
        for change in changes {
            // Nobody listens: nothing to tell.
            let _ = self.sender.send(change);
        }
    }

    /// Listens from now on.
    pub(super) fn listen(&self) -> Changes {
        self.sender.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::broadcast::error::{RecvError, TryRecvError};

    use super::*;
    use crate::{ChangeKind, MailboxId};

    fn change(modseq: u64) -> Change {
        Change { mailbox: MailboxId(1), folder: None, modseq, what: ChangeKind::Mailbox }
    }

    #[tokio::test]
    async fn who_is_too_slow_loses_the_oldest_and_is_told_and_costs_nobody_anything() {
        let feed = Feed::new(4, Arc::default());
        let (mut slow, mut quick) = (feed.listen(), feed.listen());
        for modseq in 1..=100 {
            feed.tell(vec![change(modseq)]);
            assert_eq!(quick.recv().await.unwrap().modseq, modseq);
        }
        assert_eq!(slow.recv().await, Err(RecvError::Lagged(96)));
        let kept: Vec<u64> = std::iter::from_fn(|| slow.try_recv().ok()).map(|change| change.modseq).collect();
        assert_eq!(kept, [97, 98, 99, 100]);
    }

    #[tokio::test]
    async fn telling_nobody_keeps_nothing() {
        let feed = Feed::new(0, Arc::default());
        feed.tell((1..=10).map(change).collect());
        let mut late = feed.listen();
        assert_eq!(late.try_recv(), Err(TryRecvError::Empty));
        feed.tell(vec![change(11)]);
        assert_eq!(late.recv().await.unwrap().modseq, 11);
    }
}
