//! The change feed: what was committed, told to whoever listens.

use std::sync::Arc;

use tokio::sync::broadcast;

use super::pending::Pending;
use crate::{Changes, FeedItem};

/// The most changes that a feed keeps for its slowest listener; each takes about a hundred octets.
const MOST: usize = 1 << 20;

/// Tells of changes. It keeps the last ones in a ring: telling never waits, and a listener that falls behind by more than
/// the ring holds loses the oldest and is told that it did.
pub(super) struct Feed {
    sender: broadcast::Sender<FeedItem>,
    /// The index for searches, which must miss nothing.
    pending: Arc<Pending>,
}

impl Feed {
    /// A feed that keeps at least `capacity` changes, within reason.
    pub(super) fn new(capacity: usize, pending: Arc<Pending>) -> Self {
        Self { sender: broadcast::Sender::new(capacity.clamp(1, MOST)), pending }
    }

    /// Tells of changes, in order; to be called when they are committed and not before.
    pub(super) fn tell(&self, items: Vec<FeedItem>) {
        self.pending.note(&items);
        for item in items {
            // Nobody listens: nothing to tell.
            let _ = self.sender.send(item);
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
    use crate::UserId;

    fn item(number: i64) -> FeedItem {
        FeedItem::User(UserId(number))
    }

    #[tokio::test]
    async fn who_is_too_slow_loses_the_oldest_and_is_told_and_costs_nobody_anything() {
        let feed = Feed::new(4, Arc::default());
        let (mut slow, mut quick) = (feed.listen(), feed.listen());
        for number in 1..=100 {
            feed.tell(vec![item(number)]);
            assert_eq!(quick.recv().await.unwrap(), item(number));
        }
        assert_eq!(slow.recv().await, Err(RecvError::Lagged(96)));
        let kept: Vec<FeedItem> = std::iter::from_fn(|| slow.try_recv().ok()).collect();
        assert_eq!(kept, [97, 98, 99, 100].map(item));
    }

    #[tokio::test]
    async fn telling_nobody_keeps_nothing() {
        let feed = Feed::new(0, Arc::default());
        feed.tell((1..=10).map(item).collect());
        let mut late = feed.listen();
        assert_eq!(late.try_recv(), Err(TryRecvError::Empty));
        feed.tell(vec![item(11)]);
        assert_eq!(late.recv().await.unwrap(), item(11));
    }
}
