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

/// A set in pieces of so many UIDs, the last one of fewer. What is asked of the store page by page is asked for by these: a set of
/// a hundred thousand ranges would else be told to it whole for every page.
pub(super) fn pieces(set: &UidSet, most: usize) -> impl Iterator<Item = UidSet> + use<> {
    let most = u32::try_from(most).unwrap_or(u32::MAX).max(1);
    let mut left: Vec<RangeInclusive<u32>> = set.ranges().iter().rev().cloned().collect();
    std::iter::from_fn(move || {
        let (mut piece, mut room) = (Vec::new(), most);
        while room > 0
            && let Some(range) = left.pop()
        {
            let end = range.start().saturating_add(room - 1).min(*range.end());
            room -= (end - range.start()).saturating_add(1);
            if end < *range.end() {
                left.push(end + 1..=*range.end());
            }
            piece.push(*range.start()..=end);
        }
        (!piece.is_empty()).then(|| UidSet::from_ranges(piece))
    })
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
        fn sets_of_ranges_are_sets(one in some(), other in some()) {
            let (a, b): (UidSet, UidSet) = (one.iter().copied().collect(), other.iter().copied().collect());
            prop_assert_eq!(both(&a, &b), one.intersection(&other).copied().collect());
            prop_assert_eq!(without(&a, &b), one.difference(&other).copied().collect());
            prop_assert_eq!(either(&a, &b), one.union(&other).copied().collect());
        }
    }

    proptest! {
        #[test]
        fn pieces_are_all_of_it_in_order(set in some(), most in 1usize..9) {
            let pieces: Vec<Vec<u32>> =
                pieces(&set.iter().copied().collect(), most).map(|piece| piece.iter().collect()).collect();
            prop_assert!(pieces.iter().rev().skip(1).all(|piece| piece.len() == most));
            prop_assert!(pieces.last().is_none_or(|piece| (1..=most).contains(&piece.len())));
            prop_assert_eq!(pieces.concat(), set.into_iter().collect::<Vec<u32>>());
        }
    }

    #[test]
    fn the_last_uid_there_can_be_is_in_reach() {
        let all = UidSet::all();
        assert!(without(&all, &all).is_empty());
        assert_eq!(pieces(&all, usize::MAX).map(|piece| piece.len()).sum::<u64>(), all.len());
    }
}
