//! Guessing passwords is slow, through all doors and sessions together.
//!
//! Three things are counted, each for as long as [`Throttle::memory`] without a failure:
//!
//! * the failures of one address with one login: what a person does who mistypes, and what a guesser does;
//! * how many logins one address failed with: somebody tries a password with every login. A program somewhere in an office
//!   that knows an old password counts once, and shuts out nobody beside it;
//! * with how many addresses one login failed: many machines guess for one holder.
//!
//! Beyond a few, the first two make an attempt **refused** until a delay is over, which doubles with every further failure.
//! The third only **holds an attempt back** for some seconds before the password is looked at: nobody who knows nothing but
//! a login can shut its holder out, however many addresses guess. And who succeeded from an address is known there: neither
//! what others did with the login nor what others did from that address delays it any more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pec::Address;

use crate::Peer;
use crate::table::Table;

/// Octets of a login that are compared; an address has no more (RFC 5321 §4.5.3.1).
const LOGIN: usize = 320;

/// How guessing is slowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// Failures that cost nothing.
    pub free: u32,
    /// The delay after the first failure beyond; each further one doubles it.
    pub first: Duration,
    /// No delay of an address is longer.
    pub most: Duration,
    /// No attempt is held back longer for what others did with its login.
    pub most_held_back: Duration,
    /// Failures are forgotten after so long without another.
    pub memory: Duration,
    /// Who succeeded from an address is known there for so long.
    pub known_for: Duration,
    /// Passwords of one address that are looked at, or held back, at once.
    pub at_once: usize,
    /// Entries of each table; the oldest makes room.
    pub entries: usize,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            free: 5,
            first: Duration::from_secs(1),
            most: Duration::from_secs(900),
            most_held_back: Duration::from_secs(10),
            memory: Duration::from_secs(3600),
            known_for: Duration::from_secs(30 * 86_400),
            at_once: 4,
            entries: 50_000,
        }
    }
}

/// Why an attempt is refused before its password is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// This address failed with this login too often.
    Login,
    /// This address failed with too many logins.
    Peer,
    /// Too many passwords of this address are being looked at.
    AtOnce,
}

impl Cause {
    /// Stable name for logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "throttled-login",
            Self::Peer => "throttled-peer",
            Self::AtOnce => "throttled-at-once",
        }
    }
}

/// An attempt that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// When another one makes sense.
    pub after: Duration,
    /// Why.
    pub cause: Cause,
}

/// The failures that all doors know of.
pub struct Logins {
    throttle: Throttle,
    tables: Mutex<Tables>,
}

struct Tables {
    pairs: Table<(Arc<str>, Peer), Failures>,
    peers: Table<Peer, Failures>,
    logins: Table<Arc<str>, Failures>,
    /// When each login last succeeded from each address. Only a right password writes here, so no stranger drives an
    /// entry out.
    known: Table<(Arc<str>, Peer), Instant>,
    /// Attempts under way, of those who are known and of the others apart.
    under_way: HashMap<(Peer, bool), usize>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
    /// No attempt before.
    next: Instant,
}

impl Failures {
    fn none(now: Instant) -> Self {
        Self { count: 0, last: now, next: now }
    }

    /// The count, unless it is forgotten.
    fn remembered(&self, throttle: &Throttle, now: Instant) -> u32 {
        if now.saturating_duration_since(self.last.max(self.next)) >= throttle.memory { 0 } else { self.count }
    }

    /// How long until an attempt is taken.
    fn wait(&self, throttle: &Throttle, now: Instant) -> Option<Duration> {
        let left = self.next.saturating_duration_since(now);
        (self.remembered(throttle, now) > 0 && !left.is_zero()).then_some(left)
    }

    /// An attempt begins: beyond the free failures the next one waits from now on, however this one ends, so that attempts
    /// side by side gain nothing.
    fn tried(&mut self, throttle: &Throttle, now: Instant) {
        let count = self.remembered(throttle, now);
        if count >= throttle.free {
            self.next = now + throttle.delay(count + 1);
        }
    }

    fn failed(&mut self, throttle: &Throttle, now: Instant) {
        self.count = self.remembered(throttle, now).saturating_add(1);
        self.last = now;
        self.next = now + throttle.delay(self.count);
    }
}

impl Throttle {
    /// The delay after `count` failures.
    fn delay(&self, count: u32) -> Duration {
        match count.checked_sub(self.free.saturating_add(1)) {
            None => Duration::ZERO,
            Some(doublings) => {
                self.first.saturating_mul(1u32.checked_shl(doublings).unwrap_or(u32::MAX)).min(self.most)
            }
        }
    }
}

impl Logins {
    /// Nobody has failed yet.
    pub fn new(throttle: Throttle) -> Arc<Self> {
        let entries = throttle.entries;
        let tables = Tables {
            pairs: Table::new(entries),
            peers: Table::new(entries),
            logins: Table::new(entries),
            known: Table::new(entries),
            under_way: HashMap::new(),
        };
        Arc::new(Self { throttle, tables: Mutex::new(tables) })
    }

    /// Somebody at `peer` offers a password for `login`. `Ok`: first wait [`Attempt::held_back`], then look at the
    /// password and say how it went; `Err`: do not look at it.
    pub fn begin(self: &Arc<Self>, login: &str, peer: Peer, now: Instant) -> Result<Attempt, Wait> {
        let throttle = &self.throttle;
        let login = key(login);
        let pair = (login.clone(), peer);
        let mut tables = self.tables();
        let refused = |failures: Option<&Failures>, cause| match failures.and_then(|one| one.wait(throttle, now)) {
            Some(after) => Err(Wait { after, cause }),
            None => Ok(()),
        };
        let known = tables.known.get(&pair).is_some_and(|at| now.saturating_duration_since(*at) < throttle.known_for);
        if tables.under_way.get(&(peer, known)).is_some_and(|count| *count >= throttle.at_once.max(1)) {
            return Err(Wait { after: throttle.first, cause: Cause::AtOnce });
        }
        refused(tables.pairs.get(&pair), Cause::Login)?;
        if !known {
            refused(tables.peers.get(&peer), Cause::Peer)?;
        }
        if let Some(failures) = tables.pairs.get_mut(&pair) {
            failures.tried(throttle, now);
        }
        if !known && let Some(failures) = tables.peers.get_mut(&peer) {
            failures.tried(throttle, now);
        }
        let others = tables.logins.get(&login).filter(|_| !known);
        let held_back = others.map_or(Duration::ZERO, |failures| {
            throttle.delay(failures.remembered(throttle, now)).min(throttle.most_held_back)
        });
        *tables.under_way.entry((peer, known)).or_default() += 1;
        drop(tables);
        Ok(Attempt { logins: Arc::clone(self), login, peer, known, held_back })
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A password that may be looked at. Dropped without a word (it could not be checked) it counts as nothing.
pub struct Attempt {
    logins: Arc<Logins>,
    login: Arc<str>,
    peer: Peer,
    known: bool,
    held_back: Duration,
}

impl Attempt {
    /// How long to wait before the password is looked at.
    pub fn held_back(&self) -> Duration {
        self.held_back
    }

    /// Whether this login succeeded from this address before.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// The password was wrong.
    pub fn failed(self, now: Instant) {
        let throttle = &self.logins.throttle;
        let mut tables = self.logins.tables();
        let pair = tables.pairs.entry((self.login.clone(), self.peer), || Failures::none(now));
        let is_first = pair.remembered(throttle, now) == 0;
        pair.failed(throttle, now);
        // A holder who mistypes where he is known tells nothing of others.
        if is_first && !self.known {
            tables.peers.entry(self.peer, || Failures::none(now)).failed(throttle, now);
            tables.logins.entry(self.login.clone(), || Failures::none(now)).failed(throttle, now);
        }
    }

    /// The password was right: this address is known for this login. What was counted of the address stays: a holder's
    /// own password must not buy guesses at others'.
    pub fn succeeded(self, now: Instant) {
        let pair = (self.login.clone(), self.peer);
        let mut tables = self.logins.tables();
        *tables.known.entry(pair.clone(), || now) = now;
        if let Some(failures) = tables.pairs.get_mut(&pair) {
            *failures = Failures::none(now);
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut tables = self.logins.tables();
        let who = (self.peer, self.known);
        if let Some(count) = tables.under_way.get_mut(&who) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                tables.under_way.remove(&who);
            }
        }
    }
}

/// What the spellings of one login have in common.
fn key(login: &str) -> Arc<str> {
    let login = login.trim();
    match Address::parse(login) {
        Ok(address) => address.key().into(),
        Err(_) => login.chars().take(LOGIN).collect::<String>().to_lowercase().into(),
    }
}

#[cfg(test)]
mod tests;
