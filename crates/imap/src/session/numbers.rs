//! Message numbers against UIDs, as the client has been told of them.

use std::ops::RangeInclusive;

use holder::UidSet;

use super::sets;

/// The messages of the selected mailbox in order, as runs of UIDs that follow each other: a hundred thousand of them are a
/// few octets where nothing was ever removed between.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    set: UidSet,
    /// The number of the first message of each range.
    first: Vec<u32>,
}

impl Numbers {
    pub(super) fn new(set: UidSet) -> Self {
        let mut next = 1u32;
        let first = set.ranges().iter().map(|range| {
            let first = next;
            next = next.saturating_add(range.end() - range.start()).saturating_add(1);
            first
        });
        let first = first.collect();
        Self { set, first }
    }

    /// How many messages.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.set.len()).unwrap_or(u32::MAX)
    }

    /// Their UIDs.
    pub(super) fn set(&self) -> &UidSet {
        &self.set
    }

    /// The highest UID; 0 where there is none.
    pub(super) fn last_uid(&self) -> u32 {
        self.set.last().unwrap_or_default()
    }

    /// The number of the message with this UID.
    pub(super) fn number(&self, uid: u32) -> Option<u32> {
        let at = self.set.ranges().partition_point(|range| *range.end() < uid);
        let range = self.set.ranges().get(at).filter(|range| range.contains(&uid))?;
        Some(self.first.get(at)? + (uid - range.start()))
    }

    /// The UIDs of the messages with these numbers.
    pub(super) fn uids(&self, numbers: &[RangeInclusive<u32>]) -> UidSet {
        let mut found = Vec::new();
        for wanted in numbers {
            let at = self.first.partition_point(|first| first <= wanted.start()).saturating_sub(1);
            let runs = self.set.ranges().iter().zip(&self.first).skip(at);
            for (uids, first) in runs.take_while(|(_, first)| *first <= wanted.end()) {
                let last = first + (uids.end() - uids.start());
                let (from, to) = (*wanted.start().max(first), *wanted.end().min(&last));
                if from <= to {
                    found.push(uids.start() + (from - first)..=uids.start() + (to - first));
                }
            }
        }
        UidSet::from_ranges(found)
    }

    /// The numbers of messages with these UIDs, as ascending ranges.
    pub(super) fn numbers(&self, uids: &UidSet) -> Vec<RangeInclusive<u32>> {
        let known = sets::both(&self.set, uids);
        let number = |uid| self.number(uid).unwrap_or_default();
        let ranges = known.ranges().iter().map(|range| number(*range.start())..=number(*range.end()));
        UidSet::from_ranges(ranges).ranges().to_vec()
    }

    /// Messages that went.
    pub(super) fn remove(&mut self, gone: &UidSet) {
        *self = Self::new(sets::without(&self.set, gone));
    }

    /// Messages that came.
    pub(super) fn add(&mut self, more: &UidSet) {
        *self = Self::new(sets::either(&self.set, more));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_places_in_the_list(uids in prop::collection::btree_set(1u32..60, 0..40), gone in prop::collection::btree_set(1u32..60, 0..20)) {
            let mut numbers = Numbers::new(uids.iter().copied().collect());
            numbers.remove(&gone.iter().copied().collect());
            let left: Vec<u32> = uids.difference(&gone).copied().collect();
            prop_assert_eq!(numbers.len() as usize, left.len());
            for (number, uid) in (1..).zip(&left) {
                prop_assert_eq!(numbers.number(*uid), Some(number));
                prop_assert_eq!(numbers.uids(&[number..=number]), [*uid].into_iter().collect());
            }
            let half: BTreeSet<u32> = left.iter().copied().filter(|uid| uid % 3 > 0).collect();
            let ranges = numbers.numbers(&half.iter().copied().collect());
            prop_assert_eq!(numbers.uids(&ranges), half.into_iter().collect());
            prop_assert!(gone.iter().all(|uid| numbers.number(*uid).is_none()));
        }
    }
}
