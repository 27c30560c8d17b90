//! A provider's evidence grows and is watched; then it is tampered with in every way that can be seen from outside.
#![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect ends")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fetch::FetchError;
use pec::Clock as _;
use proof::LogId;
use proof::file::{Octets, SignedHead};
use proof::head::Head;
use seal::testing::{NOW, network};
use seal::{Trust, p7m};
use sealing::testing::{Hand, Key, identity, row};
use sealing::{Sealer, Trace};
use store::{Embedded, EmbeddedOptions, Ledger as _, Outcome};
use tempfile::TempDir;
use transparency::watch::{Judges, Publication, State, WatchError, Watched, round};
use transparency::{Listing, Published, Resource};
use verify::{Authorities, Sources, StampAuthorities};

type Alter = Box<dyn Fn(Resource, Option<Bytes>) -> Option<Bytes> + Send + Sync>;

/// A provider, and what it shows.
struct House {
    _folder: TempDir,
    store: Arc<Embedded>,
    hand: Arc<Hand>,
    sealer: Arc<Sealer>,
    published: Published,
    alter: Alter,
    /// Heads that are asked for now, the most that ever were, and all of them.
    asked: [AtomicUsize; 3],
}

#[async_trait]
impl Publication for House {
    async fn get(&self, resource: Resource) -> Result<Option<Bytes>, FetchError> {
        let [now, most, all] = &self.asked;
        let is_head = usize::from(matches!(resource, Resource::Head { .. }));
        most.fetch_max(now.fetch_add(is_head, Ordering::Relaxed) + is_head, Ordering::Relaxed);
        all.fetch_add(is_head, Ordering::Relaxed);
        // The way there: whoever else is to be asked at once is asked meanwhile.
        tokio::task::yield_now().await;
        let answer = self.published.answer(resource).await.unwrap().map(|answer| answer.octets);
        now.fetch_sub(is_head, Ordering::Relaxed);
        Ok((self.alter)(resource, answer))
    }
}

impl House {
    fn new(tiles: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Embedded::create(&folder.path().join("store"), EmbeddedOptions::default()).unwrap();
        // In the morning: a day goes on for a while.
        let hand = Arc::new(Hand::at(NOW - 12 * 3600));
        let hour = Duration::from_secs(3600);
        let trace = Trace::of(store.clone());
        let sealer = Sealer::new(trace, identity(), Arc::<Key>::default(), hand.clone(), hour);
        let published = Published::of(store.clone(), identity().domain, tiles);
        let alter: Alter = Box::new(|_, answer| answer);
        Self { _folder: folder, store, hand, sealer, published, alter, asked: Default::default() }
    }

    /// So many rows, and an hour later a head over them.
    async fn grows(&self, rows: usize) {
        self.grows_with(rows, 0).await;
    }

    /// The same, whose numbers begin elsewhere: other rows.
    async fn grows_with(&self, rows: usize, from: usize) {
        let evidence = (from..from + rows).map(|number| row(self.hand.now(), number)).collect();
        self.store.commit(Outcome { evidence, ..Outcome::default() }).await.unwrap();
        self.hand.pass(3600);
        self.sealer.look().await.unwrap();
    }

    async fn watched(&self, state: &mut State) -> Result<Watched, String> {
        self.watched_with(state, &[]).await
    }

    async fn watched_with(&self, state: &mut State, others: &[State]) -> Result<Watched, String> {
        let trust = Trust::new(vec![network().root.clone()], Vec::new()).unwrap();
        let judges = Judges {
            authorities: Authorities::Given(trust.for_the_past()),
            stamps: StampAuthorities::default(),
            sources: Sources::new(&[], None).unwrap(),
        };
        let ended = round(self, &judges, state, others, self.hand.now(), &|_| Ok(())).await;
        ended.map_err(|error| match error {
            WatchError::Discord(discord) => discord.to_string(),
            other => panic!("{other}"),
        })
    }
}

/// What is known after three hours of a house.
async fn seen(house: &House) -> State {
    for rows in [300, 40, 700] {
        house.grows(rows).await;
    }
    let mut state = State::default();
    house.watched(&mut state).await.unwrap();
    state
}

/// A head with other contents, signed by the provider's key all the same.
fn signed(head: &Head) -> Bytes {
    let text = head.text().into_bytes();
    let signature = p7m::seal_detached(&text, head.at.unix(), &Key::default()).unwrap();
    let signed = SignedHead { text: Octets(text), signature: Octets(signature), stamp: None };
    serde_json::to_vec(&signed).unwrap().into()
}

fn read(octets: &Bytes) -> (SignedHead, Head) {
    let signed: SignedHead = serde_json::from_slice(octets).unwrap();
    let head = Head::read(&signed.text.0).unwrap();
    (signed, head)
}

/// Alters the answer for one head.
fn with_head(number: u64, change: impl Fn(Bytes) -> Option<Bytes> + Send + Sync + 'static) -> Alter {
    Box::new(move |resource, answer| match resource {
        Resource::Head { number: asked, .. } if asked == number => answer.and_then(&change),
        _ => answer,
    })
}

/// The head, changed and signed again by whoever has the key.
fn forged(number: u64, change: impl Fn(&mut Head) + Send + Sync + 'static) -> Alter {
    with_head(number, move |octets| {
        let mut head = read(&octets).1;
        change(&mut head);
        Some(signed(&head))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_grows_is_followed_through_hours_days_and_rounds_that_see_nothing_new() {
    let house = House::new(true);
    let mut state = State::default();
    assert_eq!(house.watched(&mut state).await.unwrap().logs.len(), 0, "nothing is sealed yet");
    let mut all = 0;
    for (rows, hours) in [(1, 0), (255, 0), (1, 0), (300, 20), (66_000, 0), (3, 0)] {
        house.grows(rows).await;
        house.hand.pass(hours * 3600);
        house.sealer.look().await.unwrap();
        all += rows as u64;
        let watched = house.watched(&mut state).await.unwrap();
        assert_eq!(watched.logs[0].rows, all);
        assert!(watched.certified && watched.logs[0].new > 0, "{watched:?}");
        assert_eq!(house.watched(&mut state).await.unwrap().logs[0].new, 0);
    }
    // Whoever comes last sees the same at once.
    let mut late = State::default();
    let watched = house.watched_with(&mut late, std::slice::from_ref(&state)).await.unwrap();
    assert_eq!((watched.logs[0].new, &late), (watched.logs[0].heads, &state));
    assert_eq!(watched.logs[0].unstamped, watched.logs[0].heads);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_that_was_set_back_or_exchanged_is_found() {
    let house = House::new(true);
    let state = seen(&house).await;
    let back = House::new(true);
    back.grows(300).await;
    let what = back.watched(&mut state.clone()).await.unwrap_err();
    assert!(what.contains("head 3 of log 1: was there, and now 1 heads are listed"), "{what}");
    // The same number of heads over other rows.
    let other = House::new(true);
    for rows in [300, 40, 700, 1] {
        other.grows_with(rows, 7).await;
    }
    let what = other.watched(&mut state.clone()).await.unwrap_err();
    assert!(what.contains("head 3 of log 1: was exchanged"), "{what}");
    // What each of two watchers was shown is not the same; either finds it by the other's state.
    let mut shown_else = State::default();
    other.watched(&mut shown_else).await.unwrap();
    let what = house.watched_with(&mut state.clone(), &[shown_else]).await.unwrap_err();
    assert!(what.contains("head 4 of log 1: was there"), "{what}");
}

/// By whoever has the provider's key and everything else.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_does_not_go_on_from_what_was_seen_is_named() {
    let mut house = House::new(true);
    let state = seen(&house).await;
    house.grows(500).await;
    let domain = || identity().domain;
    let cases: Vec<(Alter, &str)> = vec![
        (with_head(4, |_| None), "head 4 of log 1: is listed, and not published"),
        (with_head(3, |_| None), "head 3 of log 1: was there, and is gone"),
        (forged(3, |head| head.provider = "Altro".into()), "head 3 of log 1: was exchanged"),
        (with_head(4, |_| Some(Bytes::from_static(b"{}"))), "head 4 of log 1: cannot be read"),
        (forged(4, |head| head.number = 5), "head 4 of log 1: stands in another place"),
        (forged(4, |head| head.domain = "altro.example".into()), "head 4 of log 1: is another provider's"),
        (forged(4, |head| head.previous = None), "head 4 of log 1: names another head before it"),
        (forged(4, |head| head.size = 1039), "head 4 of log 1: does not continue the tree"),
        (forged(4, |head| head.first = 2), "head 4 of log 1: does not continue the tree"),
        (forged(4, |head| head.root[0] ^= 1), "head 4 of log 1: its tree does not continue"),
        (forged(4, |head| head.size = 1040), "head 4 of log 1: has the rows of the head before it, and another root"),
        (forged(4, |head| head.size = 1 << 40), "head 4 of log 1: has more rows than a log can have"),
        (forged(4, |head| head.at = head.at.plus(-7200)), "before the one before it"),
        (forged(4, |head| head.at = head.at.plus(4000)), "which is not yet"),
        (
            with_head(4, |octets| {
                let mut signed = read(&octets).0;
                let last = signed.signature.0.len() - 1;
                signed.signature.0[last] ^= 1;
                Some(serde_json::to_vec(&signed).unwrap().into())
            }),
            "the provider's signature does not hold",
        ),
        (
            with_head(4, |octets| {
                let mut signed = read(&octets).0;
                signed.stamp = Some(Octets(b"stamp".to_vec()));
                Some(serde_json::to_vec(&signed).unwrap().into())
            }),
            "head 4 of log 1: ",
        ),
        (
            Box::new(|resource, answer| match resource {
                Resource::Tile(_) => answer.map(|octets| {
                    let mut octets = octets.to_vec();
                    octets[7] ^= 1;
                    octets.into()
                }),
                _ => answer,
            }),
            "head 4 of log 1: its tree does not continue",
        ),
        (
            Box::new(|resource, answer| if matches!(resource, Resource::Tile(_)) { None } else { answer }),
            "is not published: whether rows were exchanged cannot be seen",
        ),
        (
            Box::new(|resource, answer| match resource {
                Resource::Logs => answer.map(|octets| {
                    let mut listing: Listing = serde_json::from_slice(&octets).unwrap();
                    listing.domain = "altro.example".into();
                    serde_json::to_vec(&listing).unwrap().into()
                }),
                _ => answer,
            }),
            "another provider: altro.example",
        ),
        (
            Box::new(|resource, answer| match resource {
                Resource::Logs => answer.map(|octets| {
                    let mut listing: Listing = serde_json::from_slice(&octets).unwrap();
                    listing.logs.clear();
                    serde_json::to_vec(&listing).unwrap().into()
                }),
                _ => answer,
            }),
            "head 3 of log 1: was there, and now 0 heads are listed",
        ),
    ];
    for (alter, expected) in cases {
        house.alter = alter;
        let what = house.watched(&mut state.clone()).await.expect_err(expected);
        assert!(what.contains(expected), "expected {expected:?}, found {what:?}");
    }
    // What was found is found again: the state has not gone on.
    let mut after = state.clone();
    house.alter = forged(4, |head| head.root[0] ^= 1);
    for _ in 0..2 {
        assert!(house.watched(&mut after).await.is_err());
        assert_eq!(after, state);
    }
    house.alter = Box::new(|_, answer| answer);
    let watched = house.watched(&mut after).await.unwrap();
    assert_eq!((watched.domain, watched.logs[0].rows), (domain(), 1540));
}

/// Changes the list of logs.
fn listed(change: impl Fn(&mut Listing) + Send + Sync + 'static) -> Alter {
    Box::new(move |resource, answer| match resource {
        Resource::Logs => answer.map(|octets| {
            let mut listing: Listing = serde_json::from_slice(&octets).unwrap();
            change(&mut listing);
            serde_json::to_vec(&listing).unwrap().into()
        }),
        _ => answer,
    })
}

/// A head that waits is no place for another one, signed by the provider or not.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_asked_for_again_is_the_one_that_was_seen() {
    let mut house = House::new(true);
    let state = seen(&house).await;
    assert_eq!((state.logs[0].unstamped, state.logs[0].waiting.len()), (Some(1), 3));
    house.grows(5).await;
    for alter in [
        forged(1, |head| head.provider = "Altro".into()),
        forged(1, |head| head.number = 2),
        with_head(1, |_| Some(Bytes::from_static(b"{\"text\":\"\",\"signature\":\"\",\"stamp\":null}"))),
    ] {
        house.alter = alter;
        let mut after = state.clone();
        let what = house.watched(&mut after).await.unwrap_err();
        assert!(what.contains("head 1 of log 1: was exchanged"), "{what}");
        assert_eq!(after, state, "it is found again");
    }
    // Of a head whose digest is not remembered the place is compared.
    let mut forgotten = state.clone();
    forgotten.logs[0].waiting.clear();
    house.alter = forged(1, |head| head.number = 2);
    let what = house.watched(&mut forgotten).await.unwrap_err();
    assert!(what.contains("head 1 of log 1: stands in another place"), "{what}");
    house.alter = Box::new(|_, answer| answer);
    let mut after = state.clone();
    house.watched(&mut after).await.unwrap();
    assert_eq!((after.logs[0].unstamped, after.logs[0].waiting.len()), (Some(1), 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_published_nodes_and_does_no_longer_is_named() {
    let mut house = House::new(true);
    let mut state = seen(&house).await;
    house.alter = listed(|listing| listing.tiles = false);
    let before = state.clone();
    let expected = "the list of logs: nodes of the trees were published, and are no longer";
    for _ in 0..2 {
        let what = house.watched(&mut state).await.unwrap_err();
        assert!(what.contains(expected), "{what}");
        assert_eq!(state, before, "it is found again");
    }
    let what = house.watched_with(&mut State::default(), &[before]).await.unwrap_err();
    assert!(what.contains(expected), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_listed_twice_is_named_wherever_it_stands() {
    let mut house = House::new(true);
    house.grows(1).await;
    house.alter = listed(|listing| {
        let first = listing.logs[0].log;
        for log in [first + 1, first] {
            let json = format!("{{\"log\":{log},\"heads\":1}}");
            listing.logs.push(serde_json::from_str(&json).unwrap());
        }
    });
    let what = house.watched(&mut State::default()).await.unwrap_err();
    assert!(what.contains("names a log twice"), "{what}");
}

#[test]
fn what_others_saw_must_be_there_and_what_one_saw_oneself_may_begin() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("altrui.json");
    assert_eq!(State::read_or_begin(&missing).unwrap(), State::default());
    match State::read(&missing) {
        Err(WatchError::State(what)) => assert!(what.contains("altrui.json"), "{what}"),
        other => panic!("{other:?}"),
    }
}

/// The way to the provider and back is not waited for with each of the heads of a day.
#[tokio::test(flavor = "multi_thread")]
async fn a_few_heads_are_asked_for_at_once_and_each_of_them_once() {
    let house = House::new(true);
    for _ in 0..10 {
        house.grows(1).await;
    }
    let mut state = State::default();
    assert_eq!(house.watched(&mut state).await.unwrap().logs[0].new, 10);
    let asked = || house.asked.each_ref().map(|count| count.load(Ordering::Relaxed));
    assert_eq!(asked(), [0, 4, 10]);
    // Nothing new: the last one, and the first that waits for its stamp.
    house.watched(&mut state).await.unwrap();
    assert_eq!(asked(), [0, 4, 12]);
}

/// Whoever has no key, and an authority that certifies others.
#[tokio::test(flavor = "multi_thread")]
async fn heads_of_a_tree_whose_nodes_are_not_published_are_followed_as_a_chain() {
    let house = House::new(false);
    let mut state = seen(&house).await;
    house.grows(10).await;
    let watched = house.watched(&mut state).await.unwrap();
    assert!(!watched.tiles && watched.logs[0].new == 1, "{watched:?}");
    let tile = Resource::of("/1/1/tile/0/000").unwrap();
    assert_eq!(house.published.answer(tile).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_shown_that_no_head_has() {
    let house = House::new(true);
    house.grows(300).await;
    let evidence = (0..300).map(|number| row(house.hand.now(), number)).collect();
    house.store.commit(Outcome { evidence, ..Outcome::default() }).await.unwrap();
    let width = async |path: &str| {
        let answer = house.published.answer(Resource::of(path).unwrap()).await.unwrap();
        answer.map(|answer| answer.octets.len() / 32)
    };
    assert_eq!(width("/1/1/tile/0/000").await, Some(256));
    assert_eq!(width("/1/1/tile/0/001.p/44").await, Some(44));
    assert_eq!(width("/1/1/tile/0/001.p/7").await, Some(7));
    assert_eq!(width("/1/1/tile/1/000.p/1").await, Some(1));
    for path in ["/1/1/tile/0/001.p/45", "/1/1/tile/0/001", "/1/1/tile/1/000.p/2", "/1/2/tile/0/000", "/2/1/tile/0/000"]
    {
        assert_eq!(width(path).await, None, "{path}");
    }
    let head = house.published.answer(Resource::Head { log: LogId(1), number: 1 }).await.unwrap().unwrap();
    assert!(head.is_json && !head.lasts, "it waits for its stamp");
    for path in ["/1/heads/2", "/2/heads/1"] {
        assert_eq!(house.published.answer(Resource::of(path).unwrap()).await.unwrap(), None);
    }
}
