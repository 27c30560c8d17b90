//! What may happen to folders, in any order.

use proptest::prelude::*;

use crate::{FlagOperation, Flags, Reader, SystemFlags, UidSet, UserId};

/// One thing that is done; folders are 0 and 1 of one mailbox, and 2 of another.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Deposit { folder: usize, counts: bool },
    Append { folder: usize, flags: Flags, reader: Reader },
    Flags { folder: usize, uids: UidSet, operation: FlagOperation, flags: Flags, reader: Reader, since: Option<usize> },
    Expunge { folder: usize, uids: UidSet },
    Copy { from: usize, uids: UidSet, to: usize },
    Move { from: usize, uids: UidSet, to: usize },
    Recent { folder: usize, below: u32 },
}

fn uids() -> impl Strategy<Value = UidSet> {
    prop_oneof![
        1 => Just(UidSet::all()),
        4 => prop::collection::vec((1u32..25, 0u32..5), 1..4)
            .prop_map(|ranges| UidSet::from_ranges(ranges.into_iter().map(|(first, more)| first..=first + more))),
    ]
}

fn some_flags() -> impl Strategy<Value = Flags> {
    let keywords = prop::collection::btree_set(prop_oneof!["\\$Inoltrata", "è", "nuova"], 0..3);
    (0u8..32, keywords).prop_map(|(bits, keywords)| Flags { system: SystemFlags::from_bits(bits), keywords })
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let reader = || prop_oneof![Just(Reader::Owner), Just(Reader::User(UserId(1)))];
    let operation = prop_oneof![Just(FlagOperation::Add), Just(FlagOperation::Remove), Just(FlagOperation::Replace)];
    let step = prop_oneof![
        4 => (0usize..3, any::<bool>()).prop_map(|(folder, counts)| Step::Deposit { folder, counts }),
        2 => (0usize..3, some_flags(), reader())
            .prop_map(|(folder, flags, reader)| Step::Append { folder, flags, reader }),
        4 => (0usize..3, uids(), operation, some_flags(), reader(), prop::option::of(0usize..40)).prop_map(
            |(folder, uids, operation, flags, reader, since)| Step::Flags { folder, uids, operation, flags, reader, since }
        ),
        2 => (0usize..3, uids()).prop_map(|(folder, uids)| Step::Expunge { folder, uids }),
        2 => (0usize..3, uids(), 0usize..3).prop_map(|(from, uids, to)| Step::Copy { from, uids, to }),
        2 => (0usize..3, uids(), 0usize..3).prop_map(|(from, uids, to)| Step::Move { from, uids, to }),
        1 => (0usize..3, 0u32..30).prop_map(|(folder, below)| Step::Recent { folder, below }),
    ];
    prop::collection::vec(step, 1..40)
}
