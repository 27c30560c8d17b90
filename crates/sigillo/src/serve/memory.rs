//! The one budget of memory: what the doors take in and what the relay sends.

use async_trait::async_trait;
use guard::{Budget, Class, Party, Reservation};
use provider::relay::{Memory, Room, words};
use store::Hop;

/// The relay's part of the budget.
pub struct RelayMemory(pub Budget);

impl RelayMemory {
    fn reservation(&self, hop: &Hop) -> Reservation {
        let class = match hop {
            // It goes as fast as we are, and is our holders'.
            Hop::Local => Class::Holders,
            Hop::Provider(_) => Class::Relay,
            Hop::Ordinary(_) => Class::Ordinary,
        };
        self.0.reservation(class, Some(Party::Hop(words(hop).into())))
    }
}

#[async_trait]
impl Memory for RelayMemory {
    fn try_take(&self, hop: &Hop, octets: usize) -> Option<Room> {
        let mut taken = self.reservation(hop);
        taken.try_grow(octets).then(|| Box::new(taken) as Room)
    }

    async fn take(&self, hop: &Hop, octets: usize) -> Room {
        let mut taken = self.reservation(hop);
        taken.grow(octets).await;
        Box::new(taken)
    }
}

#[cfg(test)]
mod tests {
    use guard::Shares;
    use pec::ProviderKey;

    use super::*;

    #[tokio::test]
    async fn what_is_sent_takes_of_what_the_doors_may_hold_and_never_all_of_it() {
        let budget = Budget::new(Shares { total: 160, reserve: 80, relay: 40, per_party: 10 });
        let relay = RelayMemory(budget.clone());
        let slow = Hop::Provider(ProviderKey::primary("Lenta"));
        let mut rooms = vec![relay.take(&slow, 8).await, relay.take(&slow, 8).await];
        assert!(relay.try_take(&slow, 1).is_none(), "its cap, and one over it");
        assert_eq!((budget.held(Class::Relay), budget.free(Class::Holders)), (16, 144));
        rooms.extend((0..4).filter_map(|n| relay.try_take(&Hop::Ordinary(format!("{n}.example")), 9)));
        // Two fit in half of the relay's part, a third passes over.
        assert_eq!((rooms.len(), budget.held(Class::Ordinary)), (5, 27));
        assert!(relay.try_take(&Hop::Provider(ProviderKey::primary("Altra")), 4).is_some());
        assert_eq!(budget.free(Class::Holders), 160 - 36);
        // What goes to ourselves is the holders'.
        rooms.push(relay.take(&Hop::Local, 30).await);
        assert_eq!(budget.held(Class::Holders), 30);
        drop(rooms);
        assert_eq!(Class::ALL.map(|class| budget.held(class)), [0; 4]);
    }
}
