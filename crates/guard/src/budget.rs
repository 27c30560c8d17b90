//! The octets of messages in flight: load makes clients wait instead of exhausting memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::Peer;

/// Who holds octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Peers without login.
    Strangers,
    /// Who has logged in.
    Holders,
    /// What we send.
    Relay,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Strangers, Self::Holders, Self::Relay];

    /// Stable name for metrics and health.
    pub fn name(self) -> &'static str {
        match self {
            Self::Strangers => "strangers",
            Self::Holders => "holders",
            Self::Relay => "relay",
        }
    }
}

/// How the budget is divided. Octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// All that may be held.
    pub total: usize,
    /// What strangers never take from holders and from the relay.
    pub reserve: usize,
    /// What one address may hold in one class. Zero: no cap.
    pub per_peer: usize,
}

impl Shares {
    /// Half of it kept from strangers, and a quarter at most for one address.
    pub fn of(total: usize) -> Self {
        Self { total, reserve: total / 2, per_peer: total / 4 }
    }
}

/// A budget of octets, shared by all that hold a clone.
///
/// Room is taken as octets arrive, so that a size announced and not sent blocks nobody. That nothing waits for ever where
/// every message under way waits for room, one message of each class may pass over the budget, and one of each address over
/// the address's cap: what is held is at most the budget and one message for each class.
#[derive(Clone)]
pub struct Budget(Arc<Inner>);

struct Inner {
    shares: Shares,
    held: Mutex<Held>,
    /// Something was given back.
    freed: Notify,
}

#[derive(Default)]
struct Held {
    classes: [Account; 3],
    /// Apart for each class: a stranger beside a holder behind one address takes nothing from the holder.
    peers: HashMap<(Class, Peer), Account>,
}

/// What one class or one address holds.
#[derive(Default)]
struct Account {
    octets: usize,
    messages: usize,
    /// A message of it passes over the limit.
    over: bool,
    /// Messages that wait for room.
    waiting: usize,
}

impl Budget {
    /// A budget, divided; a reserve above the total is the total.
    pub fn new(shares: Shares) -> Self {
        let shares = Shares { reserve: shares.reserve.min(shares.total), ..shares };
        Self(Arc::new(Inner { shares, held: Mutex::default(), freed: Notify::new() }))
    }

    /// The octets that it divides.
    pub fn total(&self) -> usize {
        self.0.shares.total
    }

    /// Octets that a class could still take.
    pub fn free(&self, class: Class) -> usize {
        let held = self.0.held();
        self.0.limit(&held, class).saturating_sub(held.of(class).octets)
    }

    /// Octets that a class holds.
    pub fn held(&self, class: Class) -> usize {
        self.0.held().of(class).octets
    }

    /// Messages of a class that wait for room.
    pub fn waiting(&self, class: Class) -> usize {
        self.0.held().of(class).waiting
    }

    /// A message that holds nothing yet.
    pub fn reservation(&self, class: Class, peer: Option<Peer>) -> Reservation {
        {
            let mut held = self.0.held();
            held.classes[class as usize].messages += 1;
            if let Some(peer) = peer {
                held.peers.entry((class, peer)).or_default().messages += 1;
            }
        }
        Reservation { budget: self.clone(), class, peer, octets: 0, over_class: false, over_peer: false }
    }
}

impl Inner {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How much a class may hold, others holding what they do.
    fn limit(&self, held: &Held, class: Class) -> usize {
        let Shares { total, reserve, .. } = self.shares;
        let of = |class: Class| held.of(class).octets;
        // A stranger's message that passes over the budget does not take what is reserved.
        let strangers = of(Class::Strangers).min(total - reserve);
        match class {
            Class::Strangers => (total - reserve).min(total.saturating_sub(of(Class::Holders) + of(Class::Relay))),
            Class::Holders => total.saturating_sub(strangers + of(Class::Relay)),
            Class::Relay => total.saturating_sub(strangers + of(Class::Holders)),
        }
    }
}

impl Held {
    fn of(&self, class: Class) -> &Account {
        &self.classes[class as usize]
    }
}

/// What one message holds; given back when dropped.
pub struct Reservation {
    budget: Budget,
    class: Class,
    peer: Option<Peer>,
    octets: usize,
    over_class: bool,
    over_peer: bool,
}

impl Reservation {
    /// Waits until `octets` more may be held. Dropping the future is harmless.
    pub async fn grow(&mut self, octets: usize) {
        if self.try_grow(octets) {
            return;
        }
        let budget = self.budget.clone();
        let _waiting = Waiting::begin(&budget.0, self.class);
        loop {
            let mut freed = std::pin::pin!(budget.0.freed.notified());
            // Before the look, so that nothing given back between look and wait is missed.
            freed.as_mut().enable();
            if self.try_grow(octets) {
                return;
            }
            freed.await;
        }
    }

    /// Takes `octets` more when there is room.
    pub fn try_grow(&mut self, octets: usize) -> bool {
        let mut held = self.budget.0.held();
        let fits = |account: &Account, limit: usize| account.octets.saturating_add(octets) <= limit;
        let class_fits = fits(held.of(self.class), self.budget.0.limit(&held, self.class));
        let over_class = !class_fits && !self.over_class;
        if over_class && held.of(self.class).over {
            return false;
        }
        let cap = self.budget.0.shares.per_peer;
        let account = self.peer.and_then(|peer| held.peers.get(&(self.class, peer))).filter(|_| cap != 0);
        let over_peer = !self.over_peer && account.is_some_and(|account| !fits(account, cap));
        if over_peer && account.is_some_and(|account| account.over) {
            return false;
        }
        let class = &mut held.classes[self.class as usize];
        class.octets += octets;
        class.over |= over_class;
        if let Some(account) = self.peer.and_then(|peer| held.peers.get_mut(&(self.class, peer))) {
            account.octets += octets;
            account.over |= over_peer;
        }
        self.octets += octets;
        self.over_class |= over_class;
        self.over_peer |= over_peer;
        true
    }

    /// Octets held.
    pub fn octets(&self) -> usize {
        self.octets
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut held = self.budget.0.held();
        let give_back = |account: &mut Account, over: bool| {
            account.octets = account.octets.saturating_sub(self.octets);
            account.messages = account.messages.saturating_sub(1);
            account.over &= !over;
        };
        give_back(&mut held.classes[self.class as usize], self.over_class);
        if let Some(peer) = self.peer
            && let Some(account) = held.peers.get_mut(&(self.class, peer))
        {
            give_back(account, self.over_peer);
            if account.messages == 0 {
                held.peers.remove(&(self.class, peer));
            }
        }
        drop(held);
        // Who waits looks again: those that waited longest first.
        self.budget.0.freed.notify_waiters();
    }
}

/// Counts a message that waits, also one that gives up.
struct Waiting<'a> {
    inner: &'a Inner,
    class: Class,
}

impl<'a> Waiting<'a> {
    fn begin(inner: &'a Inner, class: Class) -> Self {
        inner.held().classes[class as usize].waiting += 1;
        Self { inner, class }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.inner.held().classes[self.class as usize].waiting -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::net::IpAddr;
    use std::task::{Context, Waker};

    use proptest::prelude::*;

    use super::*;

    const SHARES: Shares = Shares { total: 100, reserve: 60, per_peer: 0 };

    fn peer(last: u8) -> Option<Peer> {
        Some(Peer::from(IpAddr::from([192, 0, 2, last])))
    }

    fn waits(future: std::pin::Pin<&mut impl Future>) -> bool {
        future.poll(&mut Context::from_waker(Waker::noop())).is_pending()
    }

    #[test]
    fn what_strangers_hold_never_takes_the_room_of_holders() {
        let budget = Budget::new(SHARES);
        let mut strangers: Vec<_> = (0..9).map(|n| budget.reservation(Class::Strangers, peer(n))).collect();
        let taken = strangers.iter_mut().filter_map(|one| one.try_grow(10).then_some(10)).sum::<usize>();
        // Four fit; a fifth passes over the budget, so that they never wait for each other for ever.
        assert_eq!(taken, 50);
        assert_eq!((budget.free(Class::Strangers), budget.free(Class::Holders)), (0, 60));
        let mut holder = budget.reservation(Class::Holders, peer(200));
        assert!(holder.try_grow(60));
        assert_eq!((budget.held(Class::Holders), budget.free(Class::Holders)), (60, 0));
        drop(strangers);
        assert!(holder.try_grow(40));
        assert_eq!(budget.free(Class::Strangers), 0, "holders may take what strangers do not hold");
    }

    #[tokio::test]
    async fn beyond_the_budget_one_message_passes_and_the_others_wait_for_room() {
        let budget = Budget::new(Shares { reserve: 0, ..SHARES });
        let reservation = || budget.reservation(Class::Holders, None);
        let (mut a, mut b, mut c) = (reservation(), reservation(), reservation());
        a.grow(100).await;
        b.grow(500).await;
        let mut waiting = Box::pin(c.grow(1));
        assert!(waits(waiting.as_mut()));
        assert_eq!(budget.waiting(Class::Holders), 1);
        drop(a);
        assert!(waits(waiting.as_mut()), "the one that passed over holds more than all");
        drop(b);
        waiting.await;
        assert_eq!((budget.held(Class::Holders), budget.waiting(Class::Holders)), (1, 0));
        drop(c);
        assert_eq!(budget.free(Class::Holders), 100);
    }

    #[test]
    fn one_address_has_its_cap_and_one_message_over_it() {
        let budget = Budget::new(Shares { per_peer: 20, ..SHARES });
        let (mut a, mut b) =
            (budget.reservation(Class::Strangers, peer(1)), budget.reservation(Class::Strangers, peer(1)));
        assert!(a.try_grow(15) && b.try_grow(5));
        assert!(a.try_grow(1), "one goes on");
        assert!(!b.try_grow(1));
        let mut other = budget.reservation(Class::Strangers, peer(2));
        assert!(other.try_grow(10));
        drop(a);
        assert!(b.try_grow(15));
        drop((b, other));
        assert!(budget.0.held().peers.is_empty());
    }

    proptest! {
        #[test]
        fn what_is_taken_is_given_back(steps in proptest::collection::vec((0usize..6, 1usize..40), 0..60)) {
            let budget = Budget::new(Shares { per_peer: 30, ..SHARES });
            let mut all: Vec<_> = (0..6).map(|n| {
                budget.reservation(Class::ALL[n % 3], peer((n / 3) as u8))
            }).collect();
            for (at, octets) in steps {
                all[at].try_grow(octets);
                for class in Class::ALL {
                    let of: usize = all.iter().filter(|one| one.class == class).map(Reservation::octets).sum();
                    prop_assert_eq!(budget.held(class), of);
                }
            }
            drop(all);
            for class in Class::ALL {
                prop_assert_eq!(budget.held(class), 0);
                prop_assert!(!budget.0.held().of(class).over);
            }
            prop_assert!(budget.0.held().peers.is_empty());
        }
    }
}
