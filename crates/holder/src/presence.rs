//! That a login is over, for sessions that have no mailbox open: those that only send.

use std::sync::Arc;

use futures_util::future;
use store::StoreError;
use tokio::sync::watch;

use crate::pulse::{Pulse, Pulses};
use crate::{Entrance, Holder};

/// Somebody who is logged in somewhere, for as long as the login holds.
pub struct Presence {
    entrance: Arc<Entrance>,
    holder: Holder,
    /// Of each mailbox that he may use, and as of which change of its account.
    pulses: Vec<(watch::Receiver<Pulse>, u64)>,
    /// Whether something may have changed since it was looked.
    due: bool,
}

impl Presence {
    pub(crate) fn new(entrance: Arc<Entrance>, pulses: &Pulses, holder: Holder) -> Self {
        let heard = holder.mailboxes().iter().map(|(mailbox, _)| {
            let mut pulse = pulses.listen(mailbox.id);
            let seen = pulse.borrow_and_update().account;
            (pulse, seen)
        });
        let pulses = heard.collect();
        // Between the login and now something may have changed that nobody heard of.
        Self { entrance, holder, pulses, due: true }
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
            self.changed().await;
            self.due = true;
        }
    }

    /// Waits for a change of an account that the holder uses.
    async fn changed(&mut self) {
        let waits = self.pulses.iter_mut().map(|(pulse, seen)| {
            Box::pin(async move {
                // Messages come and go without changing who is logged in.
                match pulse.wait_for(|pulse| pulse.account != *seen).await.map(|pulse| pulse.account) {
                    Ok(account) => *seen = account,
                    Err(_) => future::pending().await,
                }
            })
        });
        let waits: Vec<_> = waits.collect();
        match waits.is_empty() {
            true => future::pending().await,
            false => drop(future::select_all(waits).await),
        }
    }
}
