//! Sets of message numbers and UIDs.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{fault, read, set};
use crate::Fault;
use crate::command::Command;
use crate::sequence::SequenceSet;

fn expunged(text: &str) -> SequenceSet {
    match read(&format!("UID EXPUNGE {text}")) {
        Command::Expunge(Some(set)) => set,
        other => panic!("{other:?}"),
    }
}

#[test]
fn ranges_stand_in_any_order_and_a_star_is_the_last() {
    for (text, last, ranges) in [
        ("2,4:7,9,12:*", 15, vec![2..=2, 4..=7, 9..=9, 12..=15]),
        ("*:4,5:7", 10, vec![4..=10]),
        ("5:3", 10, vec![3..=5]),
        ("*", 10, vec![10..=10]),
        ("*:*", 10, vec![10..=10]),
        ("559:*", 10, vec![10..=559]),
        ("*:5", 3, vec![3..=5]),
        ("1:*", 0, vec![]),
        ("*", 0, vec![]),
        ("3,2,1", 10, vec![1..=3]),
        ("4294967295", 10, vec![u32::MAX..=u32::MAX]),
        ("1:4294967295,7", 10, vec![1..=u32::MAX]),
    ] {
        assert_eq!(expunged(text).resolve(last), Some(ranges), "{text}");
    }
    assert_eq!(expunged("$"), SequenceSet::Saved);
    assert_eq!(SequenceSet::Saved.resolve(3), None);
    assert_eq!(expunged("1,*:2"), set(&[(1, 1), (0, 2)]));
}

#[test]
fn more_ranges_than_any_client_sends_are_too_many() {
    let many = vec!["1"; 32 * 1024 + 1].join(",");
    assert!(matches!(fault(&format!("UID EXPUNGE {many}")), Fault::TooMany { what: "ranges", .. }));
}

proptest! {
    #[test]
    fn a_set_holds_what_it_names(ranges in prop::collection::vec((0u32..30, 0u32..30), 1..10), last in 0u32..30) {
        let resolved = set(&ranges).resolve(last).unwrap();
        let of = |number: u32| if number == 0 { last } else { number };
        let expected: BTreeSet<u32> = ranges
            .iter()
            .map(|(from, to)| (of(*from), of(*to)))
            .filter(|(from, to)| *from > 0 && *to > 0)
            .flat_map(|(from, to)| from.min(to)..=from.max(to))
            .collect();
        prop_assert_eq!(resolved.iter().flat_map(Clone::clone).collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>());
        let apart = resolved.windows(2).all(|pair| pair[0].end() + 1 < *pair[1].start());
        prop_assert!(apart);
    }
}
