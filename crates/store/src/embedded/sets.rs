//! Sets inside statements: any number of UIDs is one parameter of one statement.
//!
//! Ranges are a JSON array of whole numbers, the first UID in the upper 32 bits and the last in the lower.

use std::fmt::Write as _;

use crate::UidSet;

/// The entries `e` of folder `?1` among the [`ranges`] in `?2`. The join is in this order (`CROSS JOIN`): each range is a
/// search, and no entry outside of them is looked at.
pub(super) const AMONG: &str = "json_each(?2) AS r CROSS JOIN entries AS e ON e.folder = ?1
   AND e.uid BETWEEN (r.value >> 32) & 4294967295 AND r.value & 4294967295";

/// The ranges of a set as a parameter.
pub(super) fn ranges(set: &UidSet) -> String {
    // The upper half of all first UIDs sets the sign; the statements mask it away again.
    list(set.ranges().iter().map(|range| (i64::from(*range.start()) << 32) | i64::from(*range.end())))
}

/// Whole numbers as a parameter, a JSON array.
pub(super) fn list(numbers: impl IntoIterator<Item = impl Into<i64>>) -> String {
    let mut json = String::from("[");
    for number in numbers {
        let comma = if json.len() > 1 { "," } else { "" };
        // Writing to a String does not fail.
        let _ = write!(json, "{comma}{}", number.into());
    }
    json.push(']');
    json
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::{Connection, params};

    use super::*;

    proptest! {
        #[test]
        fn a_statement_finds_the_entries_of_a_set_and_no_others(
            held in prop::collection::btree_set(prop_oneof![1u32..40, u32::MAX - 5..=u32::MAX], 0..20),
            asked in prop::collection::vec(prop_oneof![1u32..40, u32::MAX - 5..=u32::MAX], 0..20),
        ) {
            let file = Connection::open_in_memory().unwrap();
            file.execute_batch("CREATE TABLE entries (folder INTEGER, uid INTEGER, PRIMARY KEY (folder, uid)) WITHOUT ROWID").unwrap();
            for uid in &held {
                file.execute("INSERT INTO entries VALUES (1, ?1), (2, ?1)", params![uid]).unwrap();
            }
            let set: UidSet = asked.iter().copied().collect();
            let mut found = file.prepare(&format!("SELECT e.uid FROM {AMONG}")).unwrap();
            let found: Vec<u32> =
                found.query_map(params![1, ranges(&set)], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            prop_assert_eq!(found, held.iter().copied().filter(|uid| set.contains(*uid)).collect::<Vec<_>>());
        }
    }
}
