//! What it costs to keep receipts outside mailboxes.

use std::sync::atomic::Ordering;

use pec::{Identifier, Kind, Moment, Pieces, Shared};
use rusqlite::Connection;

use super::counted;
use crate::embedded::layout::{Layout, Sizes};
use crate::embedded::{content, schema};
use crate::{Handle, Keeping, Summary};

/// Receipts stored.
const RECEIPTS: usize = 500;
/// The sizes of a provider's store.
const SIZES: Sizes = Sizes { inline_below: 4 * 1024, files_from: 256 * 1024 };

/// So many receipts of 6 KB, each with an original of so many octets in it: the statements that the last one took, and the
/// octets of the database for each.
fn stored(original: Option<usize>, kept: Option<bool>) -> (usize, usize) {
    let mut file = Connection::open_in_memory().unwrap();
    schema::make(&file).unwrap();
    let count = counted(&mut file);
    let pages = || file.query_row("PRAGMA page_count", [], |row| row.get::<_, u32>(0)).unwrap() as usize;
    let before = pages();
    let original = original.map(|octets| Shared::new(vec![b'x'; octets].into()));
    for n in 0..RECEIPTS {
        let mut pieces = Pieces::own(format!("Subject: {n}\r\n\r\n{}", "y".repeat(6_000)));
        original.iter().for_each(|original| pieces.push_shared(original.clone()));
        let kept = kept.map(|whole| Keeping { message: Handle(0), since: Moment::from_unix(1_800_000_000), whole });
        let apart = kept.is_some_and(|kept| !kept.whole);
        let sizes = if apart { Sizes { inline_below: 1, ..SIZES } } else { SIZES };
        let layout = Layout::of(&pieces, sizes, true);
        let identifier: Identifier = format!("sigillo1.20261127100000.{n:032}@pec.example").into();
        let summary = Summary { kind: Some(Kind::Delivery), identifier: Some(identifier), ..Summary::default() };
        count.store(0, Ordering::Relaxed);
        content::store(&file, &layout, &summary, kept).unwrap();
    }
    let statements = count.load(Ordering::Relaxed);
    (statements, (pages() - before) * 4096 / RECEIPTS)
}

#[test]
fn a_receipt_that_is_kept_takes_no_statement_more_unless_its_short_original_is_to_go_apart() {
    for (original, [none, whole, bare]) in [
        // An acceptance; a receipt with a short original, and with one that lies apart in any case.
        (None, [1, 1, 1]),
        (Some(2_000), [1, 1, 3]),
        (Some(50_000), [3, 3, 3]),
    ] {
        let all = [None, Some(true), Some(false)].map(|kept| stored(original, kept));
        assert_eq!(all.map(|(statements, _)| statements), [none, whole, bare], "{original:?}");
        let octets = all.map(|(_, octets)| octets);
        // What finds it by its time.
        assert!(octets[1] <= octets[0] + 32, "{original:?}: {octets:?}");
        // A short original that lies apart is there once, and not in each receipt.
        let apart = if original == Some(2_000) { octets[0] } else { octets[0] + 33 };
        assert!(octets[2] < apart, "{original:?}: {octets:?}");
    }
}
