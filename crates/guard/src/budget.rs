//! Octets of messages in flight, divided: load makes clients wait instead of exhausting what holds them.
//!
//! One such budget is of memory, and doors and relay share it; another one is of the disk that messages hold while they
//! arrive ([`crate::arrival`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::Peer;

/// Who holds octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Peers without login.
    Strangers,
    /// Who has logged in, and what comes of it in our own house.
    Holders,
    /// What we send to other providers.
    Relay,
    /// What we send to ordinary hosts: strangers say how fast they take it.
    Ordinary,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Strangers, Self::Holders, Self::Relay, Self::Ordinary];

    /// Stable name for metrics and health.
    pub fn name(self) -> &'static str {
        match self {
            Self::Strangers => "strangers",
            Self::Holders => "holders",
            Self::Relay => "relay",
            Self::Ordinary => "ordinary",
        }
    }
}

/// Whom a cap within a class is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Party {
    /// An address that sends to us.
    Peer(Peer),
    /// Somebody we send to, by name.
    Hop(Arc<str>),
}

impl From<Peer> for Party {
    fn from(peer: Peer) -> Self {
        Self::Peer(peer)
    }
}

/// How the budget is divided. Octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// All that may be held.
    pub total: usize,
    /// What strangers never take from holders and from the relay.
    pub reserve: usize,
    /// What the relay may hold, ordinary hosts half of it at most; what neither strangers nor it may take is the holders'.
    pub relay: usize,
    /// What one party may hold in one class. Zero: no cap.
    pub per_party: usize,
}

impl Shares {
    /// Half of it kept from strangers, a quarter for the relay, a sixteenth at most for one party: it takes many addresses
    /// to leave nothing for others of their kind.
    pub fn of(total: usize) -> Self {
        Self { total, reserve: total / 2, relay: total / 4, per_party: total / 16 }
    }

    /// The same division of another total.
    pub fn scaled(self, total: usize) -> Self {
        let scale =
            |part: usize| usize::try_from(part as u128 * total as u128 / self.total.max(1) as u128).unwrap_or(total);
        Self { total, reserve: scale(self.reserve), relay: scale(self.relay), per_party: scale(self.per_party) }
    }
}

/// A budget of octets, shared by all that hold a clone.
///
/// Room is taken as octets come to be held, so that a size announced and not sent blocks nobody. That nothing waits for ever
/// where every message under way waits for room, one message of each class may pass over the budget, and one of each party
/// over the party's cap: what is held is at most the budget and one message for each class.
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
    classes: [Account; Class::ALL.len()],
    /// Apart for each class: a stranger beside a holder behind one address takes nothing from the holder.
    parties: HashMap<(Class, Party), Account>,
}

/// What one class or one party holds.
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
    /// A budget, divided; a part above the total is the total.
    pub fn new(shares: Shares) -> Self {
        let Shares { total, reserve, relay, .. } = shares;
        let shares = Shares { reserve: reserve.min(total), relay: relay.min(total), ..shares };
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
    pub fn reservation(&self, class: Class, party: Option<Party>) -> Reservation {
        {
            let mut held = self.0.held();
            held.classes[class as usize].messages += 1;
            if let Some(party) = &party {
                held.parties.entry((class, party.clone())).or_default().messages += 1;
            }
        }
        let party = party.map(|party| (class, party));
        Reservation { budget: self.clone(), class, party, octets: 0, over_class: false, over_party: false }
    }
}

impl Inner {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How much a class may hold, others holding what they do.
    fn limit(&self, held: &Held, class: Class) -> usize {
        let Shares { total, reserve, relay, .. } = self.shares;
        let of = |class: Class| held.of(class).octets;
        // A message that passes over its class's part takes nothing of what the others have for sure.
        let strangers = of(Class::Strangers).min(total - reserve);
        let ordinary = of(Class::Ordinary).min(relay / 2);
        let relayed = of(Class::Relay).saturating_add(ordinary).min(relay);
        let sent = relay.min(total.saturating_sub(strangers + of(Class::Holders)));
        match class {
            Class::Strangers => (total - reserve).min(total.saturating_sub(of(Class::Holders) + relayed)),
            Class::Holders => total.saturating_sub(strangers + relayed),
            Class::Relay => sent.saturating_sub(ordinary),
            Class::Ordinary => sent.saturating_sub(of(Class::Relay)).min(relay / 2),
        }
    }
}

impl Held {
    fn of(&self, class: Class) -> &Account {
        &self.classes[class as usize]
    }

    /// The accounts that a message stands in.
    fn change(&mut self, class: Class, party: Option<&(Class, Party)>, mut change: impl FnMut(&mut Account, bool)) {
        change(&mut self.classes[class as usize], true);
        if let Some(account) = party.and_then(|party| self.parties.get_mut(party)) {
            change(account, false);
        }
    }
}

/// What one message holds; given back when dropped.
pub struct Reservation {
    budget: Budget,
    class: Class,
    party: Option<(Class, Party)>,
    octets: usize,
    over_class: bool,
    over_party: bool,
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
        let budget = self.budget.clone();
        let mut held = budget.0.held();
        let fits = |account: &Account, limit: usize| account.octets.saturating_add(octets) <= limit;
        let class_fits = fits(held.of(self.class), budget.0.limit(&held, self.class));
        let over_class = !class_fits && !self.over_class;
        if over_class && held.of(self.class).over {
            return false;
        }
        let cap = budget.0.shares.per_party;
        let account = self.party.as_ref().and_then(|party| held.parties.get(party)).filter(|_| cap != 0);
        let over_party = !self.over_party && account.is_some_and(|account| !fits(account, cap));
        if over_party && account.is_some_and(|account| account.over) {
            return false;
        }
        self.over_class |= over_class;
        self.over_party |= over_party;
        self.take(&mut held, octets, over_class, over_party);
        true
    }

    /// Takes `octets` more for what is not whole yet: only out of the first half of what its class and its party may hold,
    /// so that what is whole finds the other half.
    pub fn try_hold(&mut self, octets: usize) -> bool {
        let budget = self.budget.clone();
        let mut held = budget.0.held();
        let fits = |account: &Account, limit: usize| account.octets.saturating_add(octets) <= limit / 2;
        let cap = budget.0.shares.per_party;
        let account = self.party.as_ref().and_then(|party| held.parties.get(party)).filter(|_| cap != 0);
        let fit = fits(held.of(self.class), budget.0.limit(&held, self.class))
            && account.is_none_or(|account| fits(account, cap));
        if fit {
            self.take(&mut held, octets, false, false);
        }
        fit
    }

    fn take(&mut self, held: &mut Held, octets: usize, over_class: bool, over_party: bool) {
        held.change(self.class, self.party.as_ref(), |account, is_class| {
            account.octets += octets;
            account.over |= if is_class { over_class } else { over_party };
        });
        self.octets += octets;
    }

    /// Gives everything back; the message goes on and may take again.
    pub fn clear(&mut self) {
        let (octets, over_class, over_party) = (self.octets, self.over_class, self.over_party);
        self.budget.0.held().change(self.class, self.party.as_ref(), |account, is_class| {
            account.octets = account.octets.saturating_sub(octets);
            account.over &= !(if is_class { over_class } else { over_party });
        });
        (self.octets, self.over_class, self.over_party) = (0, false, false);
        if octets > 0 {
            // Who waits looks again: those that waited longest first.
            self.budget.0.freed.notify_waiters();
        }
    }

    /// Octets held.
    pub fn octets(&self) -> usize {
        self.octets
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.clear();
        let mut held = self.budget.0.held();
        held.change(self.class, self.party.as_ref(), |account, _| {
            account.messages = account.messages.saturating_sub(1)
        });
        if let Some(party) = &self.party
            && held.parties.get(party).is_some_and(|account| account.messages == 0)
        {
            held.parties.remove(party);
        }
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
mod tests;
