//! That a login is over, for sessions that have no mailbox open: those that only send, and those of a user by own name.

use std::sync::Arc;

use store::StoreError;

use crate::pulse::{Ear, Pulses};
use crate::{Entrance, Holder};

/// Somebody who is logged in somewhere, for as long as the login holds.
pub struct Presence {
    entrance: Arc<Entrance>,
    holder: Holder,
    ear: Ear,
    /// As of which change of the account the holder is.
    seen: u64,
    /// Whether something may have changed since it was looked.
    due: bool,
}

impl Presence {
    pub(crate) fn new(entrance: Arc<Entrance>, pulses: &Arc<Pulses>, holder: Holder) -> Self {
        let ear = pulses.listen(holder.at().map(|(mailbox, _)| mailbox.id), holder.user());
        let seen = ear.account();
        // Between the login and now something may have changed that nobody heard of.
        Self { entrance, holder, ear, seen, due: true }
    }

    /// Waits until the login does not hold any more. May be dropped and begun again at any time.
    ///
    /// # Errors
    ///
    /// When the store could not say whether it holds.
    pub async fn over(&mut self) -> Result<(), StoreError> {
        loop {
            if self.due {
                let Some(now) = self.entrance.again(&self.holder).await? else { return Ok(()) };
                (self.holder, self.due) = (now, false);
            }
            // Messages come and go without changing who is logged in.
            while self.ear.account() == self.seen {
                self.ear.changed().await;
            }
            (self.seen, self.due) = (self.ear.account(), true);
        }
    }
}
