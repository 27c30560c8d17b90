//! What seals evidence is only ever added, and goes on where it ended.

use bytes::Bytes;
use proof::tree;

use super::engine::Engine;
use super::samples::{at, evidence, store};
use crate::{HeadQuery, LogId, Outcome, SealedHead, Store, Tile};

const LOG: LogId = LogId(1);

async fn rows(store: &dyn Store, count: usize) {
    let evidence = (0..count).map(|n| evidence(&format!("m{n}"))).collect();
    store.commit(Outcome { evidence, ..Outcome::default() }).await.unwrap();
}

fn head(number: u64, first: u64, size: u64, closed: bool) -> SealedHead {
    let bytes = |what: &str| Bytes::from(format!("{what} {number} {first} {size} {closed}"));
    let (text, signature) = (bytes("text"), bytes("signature"));
    SealedHead { log: LOG, number, first, size, closed, at: at(0), text, signature, stamp: None }
}

fn tile(first: u64, leaves: usize) -> Tile {
    Tile { level: 0, first, nodes: (0..leaves).map(|n| tree::leaf(&(first + n as u64).to_be_bytes())).collect() }
}

fn all() -> HeadQuery {
    HeadQuery { limit: 100, ..HeadQuery::default() }
}

pub(crate) async fn a_head_goes_on_where_the_last_one_ended(engine: &dyn Engine) {
    let store = store(engine).await;
    rows(&*store, 40).await;
    assert_eq!(store.last_head(LOG).await.unwrap(), None);
    let good = [
        head(1, 1, 10, false),
        head(2, 1, 20, false),
        head(3, 1, 20, true),
        head(4, 21, 5, true),
        head(5, 26, 1, false),
    ];
    let refused = |number: u64| {
        let wrong = [
            head(number + 1, 1, 40, false), // a number left out
            head(number, 1, 0, false),      // nothing
            head(number, 1, 41, false),     // rows that there are not
        ];
        wrong.into_iter().chain(match number {
            // Sealed once more, shrunk, another tree while one grows, back after its end.
            2 => vec![head(1, 1, 10, false), head(2, 1, 10, false), head(2, 1, 9, false), head(2, 11, 5, false)],
            3 => vec![head(3, 1, 19, true)],
            4 => vec![head(4, 1, 20, true), head(4, 1, 30, false), head(4, 20, 5, false)],
            _ => Vec::new(),
        })
    };
    for one in &good {
        for wrong in refused(one.number) {
            let error = store.add_head(wrong.clone(), None).await.unwrap_err();
            assert!(error.what.contains("a head goes on where the last one ended"), "{wrong:?}: {error}");
        }
        store.add_head(one.clone(), None).await.unwrap();
        assert_eq!(store.last_head(LOG).await.unwrap().as_ref(), Some(one));
    }
    assert_eq!(store.heads(all()).await.unwrap(), good);
    let some = HeadQuery { after: Some((LOG, 1)), limit: 2, ..all() };
    assert_eq!(store.heads(some).await.unwrap(), good[1..3]);
    assert_eq!(store.heads(HeadQuery { closed: true, ..all() }).await.unwrap(), good[2..4]);
    assert_eq!(store.heads(HeadQuery { log: Some(LogId(2)), ..all() }).await.unwrap(), []);
    assert_eq!(store.heads(HeadQuery { limit: 2, ..all() }).await.unwrap(), good[..2]);
}

pub(crate) async fn tiles_come_back_and_are_kept_once(engine: &dyn Engine) {
    let store = store(engine).await;
    rows(&*store, 600).await;
    let above = Tile { level: 1, ..tile(1, 256) };
    let tiles = [tile(1, 256), tile(257, 256), above.clone()];
    store.add_tiles(LOG, tiles.to_vec()).await.unwrap();
    assert_eq!(store.tile(LOG, 0, 257).await.unwrap().as_ref(), Some(&tiles[1]));
    assert_eq!(store.tile(LOG, 0, 2).await.unwrap(), None);
    assert_eq!(store.tile(LOG, 1, 257).await.unwrap(), None);
    assert_eq!(store.tile(LOG, 1, 1).await.unwrap(), Some(above));
    assert_eq!(store.tile_roots(LOG, 1, 1..513).await.unwrap().len(), 1);
    let roots = store.tile_roots(LOG, 0, 1..513).await.unwrap();
    let expected: Vec<_> = tiles[..2].iter().map(|tile| (tile.first, 256, tree::root(tile.nodes.clone()))).collect();
    assert_eq!(roots.iter().map(|root| (root.first, root.count, root.root)).collect::<Vec<_>>(), expected);
    assert_eq!(store.tile_roots(LOG, 0, 2..257).await.unwrap(), []);
    // One that is there, alone or behind others: nothing of it is kept.
    assert!(store.add_tiles(LOG, vec![tile(513, 87), tile(1, 256)]).await.is_err());
    assert_eq!(store.tile(LOG, 0, 513).await.unwrap(), None);
    // The last leaves of a tree come with the head that ends it, or neither does.
    assert!(store.add_head(head(2, 1, 600, true), Some(tile(513, 88))).await.is_err());
    assert_eq!(store.tile(LOG, 0, 513).await.unwrap(), None);
    store.add_head(head(1, 1, 600, true), Some(tile(513, 88))).await.unwrap();
    assert_eq!(store.tile(LOG, 0, 513).await.unwrap(), Some(tile(513, 88)));
}

pub(crate) async fn the_head_over_a_row_is_the_first_or_the_first_with_a_stamp(engine: &dyn Engine) {
    let store = store(engine).await;
    rows(&*store, 40).await;
    for one in [head(1, 1, 10, false), head(2, 1, 20, false), head(3, 1, 30, true), head(4, 31, 5, false)] {
        store.add_head(one, None).await.unwrap();
    }
    let over = async |row| store.head_over(LOG, row).await.unwrap().map(|head| head.number);
    assert_eq!([over(1).await, over(10).await, over(11).await, over(30).await], [1, 1, 2, 3].map(Some));
    assert_eq!([over(31).await, over(35).await, over(36).await, over(0).await], [Some(4), Some(4), None, None]);
    store.add_stamp(LOG, 2, Bytes::from_static(b"stamp")).await.unwrap();
    assert_eq!([over(1).await, over(11).await, over(21).await], [2, 2, 3].map(Some));
}

pub(crate) async fn a_head_waits_for_its_stamp_and_gets_one(engine: &dyn Engine) {
    let store = store(engine).await;
    rows(&*store, 40).await;
    for one in [head(1, 1, 10, false), head(2, 1, 20, true)] {
        store.add_head(one, None).await.unwrap();
    }
    let waiting = async || {
        let query = HeadQuery { unstamped: true, ..all() };
        store.heads(query).await.unwrap().iter().map(|head| head.number).collect::<Vec<_>>()
    };
    assert_eq!(waiting().await, [1, 2]);
    store.add_stamp(LOG, 1, Bytes::from_static(b"stamp")).await.unwrap();
    assert_eq!(waiting().await, [2]);
    assert_eq!(store.heads(all()).await.unwrap()[0].stamp.as_deref(), Some(&b"stamp"[..]));
    assert!(store.add_stamp(LOG, 1, Bytes::from_static(b"other")).await.is_err(), "it has one");
    assert!(store.add_stamp(LOG, 3, Bytes::from_static(b"stamp")).await.is_err(), "there is no such head");
    assert_eq!(store.heads(all()).await.unwrap()[0].stamp.as_deref(), Some(&b"stamp"[..]));
}
