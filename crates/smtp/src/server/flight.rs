//! The budget of message octets held in memory: load makes clients wait instead of exhausting it.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Octets per unit of the budget.
const UNIT: usize = 16 * 1024;

/// A budget of octets, shared by every door that holds a clone.
///
/// Room is taken as octets arrive, so that a size announced and not sent blocks nobody. If every message under way
/// waits for room, one of them may pass over the budget: the sum held is at most the budget and one message.
#[derive(Clone)]
pub struct InFlight {
    room: Arc<Semaphore>,
    overdraft: Arc<Semaphore>,
}

impl InFlight {
    /// A budget of `octets`, at least one unit of 16 KiB.
    pub fn new(octets: usize) -> Self {
        let units = (octets / UNIT).clamp(1, Semaphore::MAX_PERMITS / 2);
        Self { room: Arc::new(Semaphore::new(units)), overdraft: Arc::new(Semaphore::new(1)) }
    }

    /// Octets of room left now.
    pub fn free(&self) -> usize {
        self.room.available_permits() * UNIT
    }

    pub(crate) fn reservation(&self) -> Reservation {
        Reservation { budget: self.clone(), held: None, overdrawn: None, octets: 0, units: 0 }
    }
}

/// What one message holds; given back when dropped.
pub(crate) struct Reservation {
    budget: InFlight,
    held: Option<OwnedSemaphorePermit>,
    overdrawn: Option<OwnedSemaphorePermit>,
    octets: usize,
    units: usize,
}

impl Reservation {
    /// Waits until `octets` more may be held. Dropping the future is harmless.
    pub(crate) async fn grow(&mut self, octets: usize) {
        let target = self.octets.saturating_add(octets);
        let missing = target.div_ceil(UNIT).saturating_sub(self.units);
        if missing > 0 && self.overdrawn.is_none() {
            let missing_permits = u32::try_from(missing).unwrap_or(u32::MAX);
            tokio::select! {
                biased;
                Ok(permit) = Arc::clone(&self.budget.room).acquire_many_owned(missing_permits) => {
                    match &mut self.held {
                        Some(held) => held.merge(permit),
                        None => self.held = Some(permit),
                    }
                    self.units += missing;
                }
                Ok(permit) = Arc::clone(&self.budget.overdraft).acquire_owned() => self.overdrawn = Some(permit),
                else => {}
            }
        }
        self.octets = target;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn beyond_the_budget_one_message_passes_and_the_others_wait_for_room() {
        let budget = InFlight::new(2 * UNIT);
        let (mut a, mut b, mut c) = (budget.reservation(), budget.reservation(), budget.reservation());
        a.grow(2 * UNIT).await;
        assert_eq!(budget.free(), 0);
        b.grow(5 * UNIT).await;
        let mut waiting = Box::pin(c.grow(1));
        assert!(
            std::future::Future::poll(waiting.as_mut(), &mut std::task::Context::from_waker(std::task::Waker::noop()))
                .is_pending()
        );
        drop(a);
        waiting.await;
        drop(b);
        drop(c);
        assert_eq!(budget.free(), 2 * UNIT);
    }
}
