//! Sealing: when heads are made, and what becomes of it whatever happens in between.

use std::sync::atomic::Ordering;

use pec::Identifier;
use proof::head::digest_of;
use seal::Trust;
use seal::testing::authority;
use store::{EvidenceLog as _, HeadQuery, Seals as _};

use super::*;
use crate::nodes::Nodes;
use crate::place::Place;
use crate::testing::judge;
use crate::{Judge, Wanted, check, prove};

async fn heads(place: &Place) -> Vec<Head> {
    let all = place.store.heads(HeadQuery { limit: 1000, ..HeadQuery::default() }).await.unwrap();
    all.iter().map(|head| Head::read(&head.text).unwrap()).collect()
}

/// First row, size, whether closed.
async fn trees(place: &Place) -> Vec<(u64, u64, bool)> {
    heads(place).await.into_iter().map(|head| (head.first, head.size, head.closed)).collect()
}

async fn whole(place: &Place) -> check::Checked {
    let checked = check(&place.trace(), &judge(place.hand.now()), &|_| ()).await.unwrap();
    assert_eq!(checked.faults, []);
    checked
}

/// [R-I-log-3]
#[tokio::test(flavor = "multi_thread")]
async fn heads_are_made_at_intervals_and_when_a_day_has_ended() {
    let place = Place::new();
    let sealer = place.sealer();
    sealer.look().await.unwrap();
    assert_eq!(trees(&place).await, [], "nothing happened");
    place.rows(700).await;
    sealer.look().await.unwrap();
    assert_eq!(trees(&place).await, [], "an interval is not over");
    place.hand.pass(3599);
    place.rows(2).await;
    sealer.look().await.unwrap();
    assert_eq!(sealer.standing().lag(place.hand.now()), 3599);
    place.hand.pass(1);
    sealer.look().await.unwrap();
    assert_eq!(trees(&place).await, [(1, 702, false)]);
    assert_eq!(sealer.standing(), Standing::default());
    place.hand.pass(3600);
    sealer.look().await.unwrap();
    assert_eq!(trees(&place).await.len(), 1, "nothing new");
    // After midnight: the first row of the next day ends the tree.
    place.rows(3).await;
    sealer.look().await.unwrap();
    assert_eq!(trees(&place).await, [(1, 702, false), (1, 702, true)]);
    place.hand.pass(3600);
    sealer.look().await.unwrap();
    // A day ends an hour after its end, though no row comes.
    place.hand.pass(24 * 3600);
    sealer.look().await.unwrap();
    let all = heads(&place).await;
    assert_eq!(trees(&place).await[2..], [(703, 3, false), (703, 3, true)]);
    assert_eq!(
        all.iter().map(|head| &*head.day).collect::<Vec<_>>(),
        ["2026-05-28", "2026-05-28", "2026-05-29", "2026-05-29"]
    );
    assert_eq!(all.iter().map(|head| head.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    for pair in all.windows(2) {
        assert_eq!(pair[1].previous, Some(digest_of(pair[0].text().as_bytes())));
    }
    let checked = whole(&place).await;
    assert_eq!((checked.heads, checked.rows, checked.unsealed), (4, 705, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_began_before_midnight_stands_in_the_next_day_s_tree() {
    let place = Place::new();
    place.rows(1).await;
    place.hand.pass(2 * 3600);
    place.rows(1).await;
    place.rows_at(1, place.hand.now().plus(-7200)).await;
    let sealer = place.sealer();
    place.hand.pass(3600);
    sealer.look().await.unwrap();
    assert_eq!(trees(&place).await, [(1, 1, true), (2, 2, false)]);
    // A clock that was a year ahead for one row, and is right again.
    place.rows_at(1, place.hand.now().plus(365 * 86_400)).await;
    place.rows(1).await;
    sealer.look().await.unwrap();
    assert_eq!(trees(&place).await[2..], [(2, 2, true), (4, 1, true)]);
    place.hand.pass(3600);
    sealer.look().await.unwrap();
    assert_eq!(trees(&place).await[4..], [(5, 1, false)]);
    whole(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_begins_again_at_any_point_goes_on_with_the_same_result() {
    let (one, other) = (Place::new(), Place::new());
    let steady = one.sealer();
    for rows in [1, 255, 256, 1, 300, 5000, 0, 44] {
        for place in [&one, &other] {
            if rows > 0 {
                place.rows(rows).await;
            }
            place.hand.pass(2000);
        }
        steady.look().await.unwrap();
        // Each time one that knows nothing.
        other.sealer().look().await.unwrap();
    }
    assert!(trees(&one).await.len() > 3);
    // Rows alike in two stores have salts of their own; that each root is that of its rows a check says.
    let but_digests = |head: Head| Head { root: tree::empty(), previous: None, ..head };
    let of = async |place: &Place| heads(place).await.into_iter().map(but_digests).collect::<Vec<_>>();
    assert_eq!(of(&one).await, of(&other).await);
    assert_eq!(whole(&one).await, whole(&other).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sealed_twice_whoever_tries() {
    let place = Place::new();
    place.rows(600).await;
    let (one, other) = (place.sealer(), place.sealer());
    place.hand.pass(3600);
    // Both know the same, and only one head and one set of tiles can follow.
    let ended = tokio::join!(one.look(), other.look());
    assert!(ended.0.is_ok() || ended.1.is_ok(), "{ended:?}");
    for sealer in [&one, &other] {
        sealer.look().await.unwrap();
    }
    assert_eq!(trees(&place).await, [(1, 600, false)]);
    whole(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_key_is_away_it_waits_tells_and_goes_on() {
    let place = Place::new();
    let sealer = place.sealer();
    place.key.away.store(true, Ordering::Relaxed);
    // Over three days, each with its rows.
    let began = place.hand.now();
    for _ in 0..3 {
        place.rows(400).await;
        place.hand.pass(24 * 3600);
        assert!(matches!(sealer.look().await, Err(SealingError::Key(_))));
    }
    let trouble = sealer.trouble().unwrap();
    assert!(trouble.contains(&began.plus(86_400).to_string()) && trouble.contains("does not answer"), "{trouble}");
    assert_eq!(place.store.logs().await.unwrap()[0].1, 1200, "mail goes on");
    place.key.away.store(false, Ordering::Relaxed);
    sealer.look().await.unwrap();
    assert_eq!(sealer.trouble(), None);
    assert_eq!(trees(&place).await, [(1, 400, true), (401, 400, true), (801, 400, true)]);
    whole(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_is_proved_and_every_head_continues_the_one_before() {
    let place = Place::new();
    let sealer = place.sealer();
    for rows in [100, 400, 30] {
        place.rows(rows).await;
        place.hand.pass(3600);
        sealer.look().await.unwrap();
    }
    place.rows(1).await;
    let wanted = Wanted::Message(Identifier::from("id@pec.example".to_owned()));
    let proven = prove(&place.trace(), &wanted).await.unwrap();
    assert_eq!(proven.unsealed, [(LogId(1), 531)]);
    let file = proven.file.unwrap();
    let proved = file.follow().unwrap();
    assert_eq!(proved.rows.iter().map(|row| row.number).collect::<Vec<_>>(), (1..=530).collect::<Vec<_>>());
    for head in &file.heads {
        let opened = p7m::open_detached(&head.signature.0, &head.text.0).unwrap();
        assert_eq!(&opened.signer, seal::Signer::certificate(place.key.as_ref()));
    }
    let (all, trace) = (heads(&place).await, place.trace());
    for pair in all.windows(2).filter(|pair| pair[0].first == pair[1].first) {
        let [old, new] = pair else { panic!() };
        let ranges = tree::consistency(old.size, new.size).unwrap();
        let nodes = Nodes::of(&trace, LogId(1), new.first).roots(ranges).await.unwrap();
        assert!(tree::verify_consistency(old.size, &old.root, new.size, &new.root, &nodes));
    }
    let none = prove(&place.trace(), &Wanted::Row(LogId(1), 532)).await;
    assert!(matches!(none, Err(SealingError::NoRow { number: 532, .. })));
    let early = prove(&place.trace(), &Wanted::Row(LogId(1), 531)).await.unwrap();
    assert!(early.file.is_none() && early.unsealed.len() == 1);
}

/// A day of more rows than a tile of tiles has leaves.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_tree_keeps_the_nodes_above_its_tiles() {
    let mut there = Place::new();
    for rows in [65_000, 1_000] {
        there.rows(rows).await;
        there.hand.pass(3600);
        // Each time one that knows nothing.
        there.sealer().look().await.unwrap();
    }
    let tile = there.store.tile(LogId(1), 1, 1).await.unwrap().unwrap();
    let below = there.store.tile_roots(LogId(1), 0, 1..65_537).await.unwrap();
    assert_eq!(tile.nodes, below.iter().map(|tile| tile.root).collect::<Vec<_>>());
    let all = heads(&there).await;
    for pair in all.windows(2) {
        let [old, new] = pair else { panic!() };
        let ranges = tree::consistency(old.size, new.size).unwrap();
        let nodes = Nodes::of(&there.trace(), LogId(1), new.first).roots(ranges).await.unwrap();
        assert!(tree::verify_consistency(old.size, &old.root, new.size, &new.root, &nodes));
    }
    let proven = prove(&there.trace(), &Wanted::Row(LogId(1), 65_999)).await.unwrap().file.unwrap();
    proven.follow().unwrap();
    assert_eq!(whole(&there).await.rows, 66_000);
    for (script, what) in [
        ("UPDATE tiles SET nodes = zeroblob(8192) WHERE level = 1", "damaged"),
        ("DELETE FROM tiles WHERE level = 1", "is missing"),
    ] {
        there.tampered(script).await;
        let checked = check(&there.trace(), &judge(there.hand.now()), &|_| ()).await.unwrap();
        assert_eq!(checked.count, 1, "{:#?}", checked.faults);
        let fault = &checked.faults[0];
        assert!(fault.place == "the tile of level 1 at row 1 of log 1" && fault.what.contains(what), "{fault:?}");
    }
}

/// What is done to a store, and what a check must say of it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_altered_missing_or_added_is_named() {
    // Who acted: 1, before the salt.
    let canonical =
        "canonical = CAST(substr(canonical, 1, length(canonical) - 18) || x'02' || substr(canonical, -17) AS BLOB)";
    let altered = format!("UPDATE evidence SET {canonical} WHERE number IN (300, 301)");
    for (script, place, what) in [
        (altered.clone(), "row 300 of log 1", "was altered"),
        // What rows are about, and rows that no head has yet.
        ("UPDATE subjects SET canonical = x'00'".into(), "row 1 of log 1", "about what"),
        ("DELETE FROM subjects".into(), "row 1 of log 1", "about what"),
        ("DELETE FROM evidence WHERE number = 602".into(), "rows 602 to 602 of log 1", "are missing"),
        ("DELETE FROM evidence WHERE number > 601".into(), "rows 602 to 605 of log 1", "are missing"),
        ("DELETE FROM evidence WHERE number = 17".into(), "row 17 of log 1", "is missing"),
        // From the beginning, as what expires, and long before its time. [R-2.3-b]
        ("DELETE FROM evidence WHERE number < 20".into(), "row 1 of log 1", "is missing"),
        (
            "INSERT INTO evidence SELECT place + 1000, at, event, kind, about, canonical FROM evidence WHERE number = 1".into(),
            "row 1001 of log 1",
            "was added",
        ),
        // The tile in which it says so, too.
        (
            format!("{altered}; UPDATE tiles SET nodes = zeroblob(8192) WHERE place & 1099511627775 = 257"),
            "the tile of level 0 at row 257 of log 1",
            "damaged",
        ),
        ("UPDATE tiles SET root = zeroblob(32)".into(), "the tile of level 0 at row 1 of log 1", "damaged"),
        ("DELETE FROM heads WHERE number = 1".into(), "head 1 of log 1", "is missing"),
        ("UPDATE heads SET text = CAST(replace(CAST(text AS TEXT), 'state open', 'state closed') AS BLOB) WHERE number = 1".into(), "head 1 of log 1", "another place"),
        ("UPDATE heads SET signature = (SELECT signature FROM heads WHERE number = 2) WHERE number = 1".into(), "head 1 of log 1", "signature"),
    ] {
        let mut there = Place::new();
        for rows in [512, 88] {
            there.rows(rows).await;
            there.hand.pass(3600);
            there.sealer().look().await.unwrap();
        }
        assert_eq!(trees(&there).await.len(), 2);
        there.rows(5).await;
        there.tampered(&script).await;
        let checked = check(&there.trace(), &judge(there.hand.now()), &|_| ()).await.unwrap();
        let first = checked.faults.first().unwrap_or_else(|| panic!("nothing found: {script}"));
        assert!(first.place == place && first.what.contains(what), "{script}: {:#?}", checked.faults);
    }
}

/// In a row of its own each octet of the salt, which says nothing and stands for nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn a_salt_that_was_altered_is_named() {
    let mut there = Place::new();
    there.rows(Tile::FULL).await;
    there.hand.pass(3600);
    there.sealer().look().await.unwrap();
    let rows = there.store.leaves(LogId(1), 1, proof::Salt::OCTETS).await.unwrap();
    let script = rows.iter().zip(1..).map(|(row, from_end)| {
        let mut altered = row.canonical.to_vec();
        let at = altered.len() - from_end;
        altered[at] ^= 1;
        format!("UPDATE evidence SET canonical = x'{}' WHERE number = {};", hex::encode(altered), row.number)
    });
    there.tampered(&script.collect::<String>()).await;
    let checked = check(&there.trace(), &judge(there.hand.now()), &|_| ()).await.unwrap();
    let expected: Vec<_> = rows.iter().map(|row| format!("row {} of log 1", row.number)).collect();
    assert_eq!(checked.faults.iter().map(|fault| fault.place.clone()).collect::<Vec<_>>(), expected);
    assert!(checked.faults.iter().all(|fault| fault.what.contains("was altered")), "{:#?}", checked.faults);
}

/// Whoever has the file in his hands can sign as whom he likes.
#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_no_authority_stands_behind_is_named() {
    let place = Place::new();
    place.rows(3).await;
    place.hand.pass(3600);
    place.sealer().look().await.unwrap();
    let stranger = authority("Somebody", 4, None, |_| {}).certificate;
    let judge = Judge { now: place.hand.now(), trust: Trust::new(vec![stranger], Vec::new()).unwrap() };
    let checked = check(&place.trace(), &judge, &|_| ()).await.unwrap();
    assert!(checked.faults[0].what.contains("who is not believed"), "{:#?}", checked.faults);
}

/// [R-2.3-b]
#[tokio::test(flavor = "multi_thread")]
async fn what_has_expired_is_not_missing() {
    let mut place = Place::new();
    place.rows(600).await;
    place.hand.pass(3600);
    place.sealer().look().await.unwrap();
    place.tampered("DELETE FROM evidence WHERE number < 20").await;
    place.hand.pass(31 * 31 * 86_400);
    let checked = check(&place.trace(), &judge(place.hand.now()), &|_| ()).await.unwrap();
    assert_eq!((checked.expired, checked.count), (19, 0), "{:#?}", checked.faults);
}

/// Rows of the tile that grows have no leaves kept: which of them was altered cannot be said, but between which heads.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_altered_in_a_tile_that_grows_is_bounded_by_heads() {
    let mut place = Place::new();
    for rows in [10, 20] {
        place.rows(rows).await;
        place.hand.pass(3600);
        place.sealer().look().await.unwrap();
    }
    place.tampered("UPDATE evidence SET canonical = x'00' WHERE number = 25").await;
    let checked = check(&place.trace(), &judge(place.hand.now()), &|_| ()).await.unwrap();
    assert_eq!(checked.faults.len(), 1);
    assert_eq!(checked.faults[0].place, "rows 11 to 30 of log 1");
}
