//! Sets of UIDs against each other.

use std::ops::RangeInclusive;

use holder::UidSet;

/// What is in both.
pub(super) fn both(one: &UidSet, other: &UidSet) -> UidSet {
    let (mut ones, mut others) = (one.ranges().iter().peekable(), other.ranges().iter().peekable());
    let mut found = Vec::new();
    while let (Some(a), Some(b)) = (ones.peek(), others.peek()) {
        let range: RangeInclusive<u32> = *a.start().max(b.start())..=*a.end().min(b.end());
        let _ = if a.end() < b.end() { ones.next() } else { others.next() };
        if !range.is_empty() {
            found.push(range);
        }
    }
    UidSet::from_ranges(found)
}

/// What is in the one and not in the other.
pub(super) fn without(one: &UidSet, other: &UidSet) -> UidSet {
    let mut left = Vec::new();
    let mut others = other.ranges().iter().peekable();
    for range in one.ranges() {
        let mut from = *range.start();
        while others.next_if(|gone| *gone.end() < from).is_some() {}
        let mut over = false;
        while let Some(gone) = others.peek().filter(|gone| gone.start() <= range.end()) {
            if *gone.start() > from {
                left.push(from..=gone.start() - 1);
            }
            if gone.end() >= range.end() {
                over = true;
                break;
            }
            from = gone.end() + 1;
            others.next();
        }
        if !over {
            left.push(from..=*range.end());
        }
    }
    UidSet::from_ranges(left)
}

/// What of it is above this UID.
pub(super) fn above(set: &UidSet, uid: u32) -> UidSet {
    match uid.checked_add(1) {
        Some(from) => both(set, &UidSet::from_ranges([from..=u32::MAX])),
        None => UidSet::default(),
    }
}

/// All of both.
pub(super) fn either(one: &UidSet, other: &UidSet) -> UidSet {
    UidSet::from_ranges(one.ranges().iter().chain(other.ranges()).cloned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn some() -> impl Strategy<Value = BTreeSet<u32>> {
        prop::collection::btree_set(1u32..40, 0..30)
    }

    proptest! {
        #[test]
        fn sets_of_ranges_are_sets(one in some(), other in some(), uid in 0u32..42) {
            let (a, b): (UidSet, UidSet) = (one.iter().copied().collect(), other.iter().copied().collect());
            prop_assert_eq!(both(&a, &b), one.intersection(&other).copied().collect());
            prop_assert_eq!(without(&a, &b), one.difference(&other).copied().collect());
            prop_assert_eq!(either(&a, &b), one.union(&other).copied().collect());
            prop_assert_eq!(above(&a, uid), one.iter().copied().filter(|own| *own > uid).collect());
        }
    }

    #[test]
    fn the_last_uid_there_can_be_is_in_reach() {
        let all = UidSet::all();
        assert!(without(&all, &all).is_empty() && above(&all, u32::MAX).is_empty());
        assert_eq!(above(&all, u32::MAX - 1).first(), Some(u32::MAX));
    }
}
