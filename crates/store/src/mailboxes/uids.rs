//! Sets of UIDs as ranges: ten thousand of them are one value.

use std::ops::RangeInclusive;

/// A set of UIDs: ascending ranges that neither overlap nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UidSet(Vec<RangeInclusive<u32>>);

impl UidSet {
    /// Every UID there can be.
    pub fn all() -> Self {
        Self(vec![1..=u32::MAX])
    }

    /// A set of ranges in any order; empty ranges and 0 are left out.
    pub fn from_ranges(ranges: impl IntoIterator<Item = RangeInclusive<u32>>) -> Self {
        let mut ranges: Vec<(u32, u32)> =
            ranges.into_iter().map(|range| ((*range.start()).max(1), *range.end())).filter(|(a, b)| a <= b).collect();
        ranges.sort_unstable();
        let mut set: Vec<RangeInclusive<u32>> = Vec::with_capacity(ranges.len());
        for (start, end) in ranges {
            match set.last_mut() {
                Some(last) if start <= last.end().saturating_add(1) => *last = *last.start()..=end.max(*last.end()),
                _ => set.push(start..=end),
            }
        }
        Self(set)
    }

    /// Adds a UID above all that are there, or anywhere.
    pub fn insert(&mut self, uid: u32) {
        match self.0.last_mut() {
            Some(last) if last.contains(&uid) => {}
            Some(last) if last.end().checked_add(1) == Some(uid) => *last = *last.start()..=uid,
            Some(last) if uid < *last.end() => {
                let ranges = std::mem::take(&mut self.0);
                *self = Self::from_ranges(ranges.into_iter().chain([uid..=uid]));
            }
            _ if uid == 0 => {}
            _ => self.0.push(uid..=uid),
        }
    }

    /// The ranges, ascending.
    pub fn ranges(&self) -> &[RangeInclusive<u32>] {
        &self.0
    }

    /// Whether it is in the set.
    pub fn contains(&self, uid: u32) -> bool {
        let at = self.0.partition_point(|range| *range.end() < uid);
        self.0.get(at).is_some_and(|range| range.contains(&uid))
    }

    /// How many.
    pub fn len(&self) -> u64 {
        self.0.iter().map(|range| u64::from(*range.end()) - u64::from(*range.start()) + 1).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().flat_map(Clone::clone)
    }

    /// The lowest.
    pub fn first(&self) -> Option<u32> {
        self.0.first().map(|range| *range.start())
    }

    /// The highest.
    pub fn last(&self) -> Option<u32> {
        self.0.last().map(|range| *range.end())
    }
}

impl FromIterator<u32> for UidSet {
    fn from_iter<T: IntoIterator<Item = u32>>(uids: T) -> Self {
        Self::from_ranges(uids.into_iter().map(|uid| uid..=uid))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_set_of_ranges_holds_what_was_put_in(uids in prop::collection::vec(0u32..60, 0..40), probe in 0u32..60) {
            let expected: BTreeSet<u32> = uids.iter().copied().filter(|uid| *uid > 0).collect();
            let mut grown = UidSet::default();
            uids.iter().for_each(|uid| grown.insert(*uid));
            for set in [grown, uids.iter().copied().collect()] {
                prop_assert_eq!(set.iter().collect::<Vec<_>>(), expected.iter().copied().collect::<Vec<_>>());
                prop_assert_eq!(set.len(), expected.len() as u64);
                prop_assert_eq!(set.contains(probe), expected.contains(&probe));
                prop_assert_eq!((set.first(), set.last()), (expected.first().copied(), expected.last().copied()));
                let apart = set.ranges().windows(2).all(|pair| u64::from(*pair[0].end()) + 1 < u64::from(*pair[1].start()));
                prop_assert!(apart);
            }
        }
    }

    #[test]
    fn the_ends_of_the_numbers_are_in_reach() {
        let set = UidSet::from_ranges([u32::MAX..=u32::MAX, RangeInclusive::new(5, 3), 0..=0]);
        assert_eq!((set.len(), set.first()), (1, Some(u32::MAX)));
        assert_eq!(UidSet::all().len(), u64::from(u32::MAX));
    }
}
