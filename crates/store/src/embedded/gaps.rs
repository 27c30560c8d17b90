//! Rows that cannot even be listed, as on a damaged page: where they end, so that a check goes on behind them.

use crate::{ErrorKind, StoreError};

/// Whether an error is one of the place that was read; any other one is met everywhere, and later again.
pub(super) fn is_of_a_place(error: &StoreError) -> bool {
    matches!(error.kind, ErrorKind::Damaged | ErrorKind::Disk)
}

/// The last number of a gap that begins behind `after`: the first one behind which rows can be listed again, by what `list`
/// says of the rows behind a number. `None`: nowhere. Gaps that lie close to each other may be taken for one, with the rows
/// between them. Asks about a hundred times at most.
pub(super) fn end(after: i64, list: impl Fn(i64) -> Result<(), StoreError>) -> Result<Option<i64>, StoreError> {
    let opens = |at: i64| match list(at) {
        Ok(()) => Ok(true),
        Err(error) if is_of_a_place(&error) => Ok(false),
        Err(error) => Err(error),
    };
    // Never behind `shut`, always behind `open`.
    let mut shut = after;
    let mut open = None;
    for step in (0..i64::BITS - 1).map(|doubled| 1 << doubled) {
        let Some(at) = after.checked_add(step) else { break };
        if opens(at)? {
            open = Some(at);
            break;
        }
        shut = at;
    }
    let Some(mut open) = open else { return Ok(None) };
    while open - shut > 1 {
        let middle = shut + (open - shut) / 2;
        if opens(middle)? {
            open = middle;
        } else {
            shut = middle;
        }
    }
    Ok(Some(open))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_gap_ends_where_rows_can_be_listed_again_whether_bytes_are_damaged_or_the_disk_fails() {
        for kind in [ErrorKind::Damaged, ErrorKind::Disk] {
            for (after, last) in [(0, 1), (0, 3), (41, 42), (41, 77), (7 << 40, 9 << 40)] {
                let asked = Cell::new(0);
                let list = |at: i64| {
                    asked.set(asked.get() + 1);
                    if at < last { Err(StoreError::new(kind, "no")) } else { Ok(()) }
                };
                assert_eq!(end(after, list).unwrap(), Some(last));
                assert!(asked.get() < 130, "{}", asked.get());
            }
            assert_eq!(end(5, |_| Err(StoreError::new(kind, "no"))).unwrap(), None);
        }
        assert!(end(5, |_| Err(StoreError::new(ErrorKind::Busy, "later"))).is_err());
    }
}
