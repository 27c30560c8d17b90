//! How full mailboxes are, and whom to tell: the levels at which a holder is warned, and the messages that a full mailbox
//! refused.
//!
//! A mailbox **stands** at the highest level that it has reached. It falls from a level when it holds clearly less
//! ([`Levels::stands`] has the rule), so that one message that goes and another one that comes reach nothing anew. Of each
//! level that a mailbox comes to stand at its holder is told once; after it has fallen from it, once again. The engine keeps
//! both beside the octets, in the transaction that changes them: whatever fills a mailbox, a delivery, a client, an
//! administrator who gives it less, no way there can forget it.

use async_trait::async_trait;
use pec::{Address, Identifier, Moment};

use crate::error::StoreError;
use crate::forecast::Growth;
use crate::mailboxes::MailboxId;

/// Levels of fullness, percent of the quota, at which a holder is told: ascending, from 1 to 99.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels {
    /// Those that are not there are 0.
    levels: [u8; Levels::MOST],
}

/// Why levels are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongLevels {
    /// One of them is no level.
    #[error("a level is from 1 to 99 percent, found {0}")]
    Bounds(u8),
    /// They do not ascend.
    #[error("levels ascend, and {1} comes after {0}")]
    Order(u8, u8),
    /// There are too many.
    #[error("at most {most} levels, found {0}", most = Levels::MOST)]
    Many(usize),
}

impl Default for Levels {
    fn default() -> Self {
        Self { levels: [70, 80, 90, 95, 0, 0, 0, 0] }
    }
}

impl Levels {
    /// How many there are at most.
    pub const MOST: usize = 8;
    /// A mailbox has fallen from a level when it holds less than so many percent of what the level is.
    pub const KEPT: u8 = 95;

    /// These levels; none is fine.
    pub fn new(wanted: &[u8]) -> Result<Self, WrongLevels> {
        let mut levels = [0; Self::MOST];
        if wanted.len() > levels.len() {
            return Err(WrongLevels::Many(wanted.len()));
        }
        let mut before = 0;
        for (place, level) in levels.iter_mut().zip(wanted.iter().copied()) {
            match level {
                0 | 100.. => return Err(WrongLevels::Bounds(level)),
                _ if level <= before => return Err(WrongLevels::Order(before, level)),
                _ => (*place, before) = (level, level),
            }
        }
        Ok(Self { levels })
    }

    /// The levels, ascending.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        self.levels.into_iter().filter(|level| *level > 0)
    }

    /// The level at which a mailbox stands that holds so much of its quota and `stood` at a level before; 0: at none. It is
    /// the highest that it has reached; or, where it has fallen, the highest up to the former one of which it holds
    /// [`Levels::KEPT`] percent.
    pub fn stands(self, stood: u8, counted: u64, quota: u64) -> u8 {
        let holds = |percent: u128| u128::from(counted) * 10_000 >= percent * u128::from(quota);
        let reached = |level: u8| holds(u128::from(level) * 100);
        let kept = |level: u8| level <= stood && holds(u128::from(level) * u128::from(Self::KEPT));
        self.iter().filter(|level| counted > 0 && (reached(*level) || kept(*level))).max().unwrap_or(0)
    }
}

/// How many percent of a quota that is, rounded down.
pub fn percent(counted: u64, quota: u64) -> u64 {
    match (counted, quota) {
        (0, _) => 0,
        (_, 0) => 100,
        (counted, quota) => u64::try_from(u128::from(counted) * 100 / u128::from(quota)).unwrap_or(u64::MAX),
    }
}

/// A mailbox that has come to stand at a level of which its holder was not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelReached {
    /// Its number.
    pub mailbox: MailboxId,
    /// Its address.
    pub address: Address,
    /// The level, percent.
    pub level: u8,
    /// Octets that count.
    pub counted: u64,
    /// Octets that may count.
    pub quota: u64,
}

/// A message that was refused since a mailbox was full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FullRefusal {
    /// Whose mailbox.
    pub mailbox: Address,
    /// When.
    pub at: Moment,
    /// Octets that it would have taken.
    pub size: u64,
    /// Whether a provider certifies what is said of it; otherwise it is whatever its sender says.
    pub certified: bool,
    /// PEC msgid, or the Message-ID of what is not certified. The same message is noted once until its holder is told.
    pub identifier: Option<Identifier>,
    /// Who sent it.
    pub sender: String,
    /// Its subject.
    pub subject: String,
}

/// What a full mailbox refused, and its holder was not told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusals {
    /// Its number.
    pub mailbox: MailboxId,
    /// Its address.
    pub address: Address,
    /// Octets that count.
    pub counted: u64,
    /// Octets that may count.
    pub quota: u64,
    /// When the holder was told of refusals last; 1970: never.
    pub told: Moment,
    /// How many messages since, those that are not `listed` too.
    pub count: u64,
    /// The first of them, at most [`Refusals::LISTED`], as they came.
    pub listed: Vec<FullRefusal>,
    /// Up to which of those that are kept this is: what is refused later is another telling's.
    pub last: u64,
}

impl Refusals {
    /// Messages that are kept one by one until their holder is told; those beyond are counted.
    pub const LISTED: usize = 50;
}

/// What a holder is told with an Outcome. It fails with [`CommitError::AlreadyTold`](crate::CommitError::AlreadyTold) where
/// there is nothing to tell any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Telling {
    /// That the mailbox has reached a level.
    Level {
        /// Which mailbox.
        mailbox: Address,
        /// Percent.
        level: u8,
    },
    /// What it refused.
    Refusals {
        /// Which mailbox.
        mailbox: Address,
        /// [`Refusals::told`]: who told meanwhile has told of these.
        told: Moment,
        /// [`Refusals::count`]
        count: u64,
        /// [`Refusals::last`]
        last: u64,
        /// When the holder is told.
        at: Moment,
    },
}

/// How full mailboxes are, and whom to tell. Closed mailboxes, which nobody reads, wait until they are open again.
#[async_trait]
pub trait Fullness: Send + Sync {
    /// Mailboxes that have come to stand at a level of which nobody was told, after this one; at most `limit`.
    async fn levels_reached(&self, after: MailboxId, limit: usize) -> Result<Vec<LevelReached>, StoreError>;
    /// Mailboxes that refused something, and whose holders were told of refusals at `before` at the latest, or never;
    /// after this one, at most `limit`.
    async fn refusals(&self, before: Moment, after: MailboxId, limit: usize) -> Result<Vec<Refusals>, StoreError>;
    /// How a mailbox grew in the four weeks before `now`.
    async fn growth(&self, mailbox: MailboxId, now: Moment) -> Result<Growth, StoreError>;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn levels_are_percents_in_their_order() {
        assert_eq!(Levels::default(), Levels::new(&[70, 80, 90, 95]).unwrap());
        assert_eq!(Levels::new(&[]).unwrap().iter().count(), 0);
        let eight = [1, 2, 3, 4, 5, 6, 7, 99];
        assert_eq!(Levels::new(&eight).unwrap().iter().collect::<Vec<_>>(), eight);
        assert_eq!(Levels::new(&[1; 9]), Err(WrongLevels::Many(9)));
        assert_eq!(Levels::new(&[70, 0]), Err(WrongLevels::Bounds(0)));
        assert_eq!(Levels::new(&[100]), Err(WrongLevels::Bounds(100)));
        assert_eq!(Levels::new(&[70, 70]), Err(WrongLevels::Order(70, 70)));
    }

    #[test]
    fn a_level_is_reached_at_its_octet_and_fallen_from_clearly_below_it() {
        let stands = |stood, counted| Levels::default().stands(stood, counted, 10_000);
        assert_eq!((stands(0, 6_999), stands(0, 7_000), stands(0, 9_999)), (0, 70, 95));
        // One message goes and another comes.
        assert_eq!((stands(70, 6_650), stands(70, 6_649)), (70, 0));
        assert_eq!((stands(95, 9_025), stands(95, 9_024), stands(95, 8_549)), (95, 90, 80));
        assert_eq!(stands(95, 0), 0);
    }

    #[test]
    fn an_empty_mailbox_is_not_full_and_one_without_room_is() {
        let levels = Levels::default();
        assert_eq!((levels.stands(0, 0, 0), levels.stands(0, 1, 0)), (0, 95));
        assert_eq!((percent(0, 0), percent(1, 0), percent(0, 5)), (0, 100, 0));
        assert_eq!((percent(819, 1000), percent(u64::MAX, 1)), (81, u64::MAX));
        assert_eq!(levels.stands(0, u64::MAX, u64::MAX), 95, "no number is too large");
    }

    proptest! {
        #[test]
        fn what_a_mailbox_reached_it_keeps_until_it_has_clearly_less(
            levels in proptest::collection::btree_set(1..100u8, 0..=Levels::MOST),
            quota in 1..1_000_000u64,
            holdings in proptest::collection::vec(0..1_200_000u64, 1..20),
        ) {
            let list: Vec<u8> = levels.into_iter().collect();
            let levels = Levels::new(&list).unwrap();
            let mut stood = 0;
            for counted in holdings {
                let stands = levels.stands(stood, counted, quota);
                let reached = list.iter().copied().filter(|level| counted > 0 && counted * 100 >= u64::from(*level) * quota);
                let reached = reached.max().unwrap_or(0);
                prop_assert!(stands >= reached && stands <= stood.max(reached));
                prop_assert!(stands == 0 || counted * 10_000 >= u64::from(stands) * 95 * quota);
                prop_assert_eq!(levels.stands(stands, counted, quota), stands, "it stands still where nothing changes");
                stood = stands;
            }
        }
    }
}
