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
