//! Heads and their stamps, whoever is down.

use seal::TimeStamp;
use seal::stamping::{KeyKind, Making, StampAuthority};
use stamp::Settings;
use stamp::testing::{Mood, Served};
use store::Seals as _;

use super::*;
use crate::check;
use crate::place::Place;
use crate::testing::judge;

/// The place's clock stands in May, the authority's does not: that is another test's matter.
fn stamper(place: &Place, authorities: &[&Served]) -> Arc<Stamper> {
    let settings = Settings {
        authorities: authorities.iter().map(|served| served.settings()).collect(),
        timeout: Duration::from_secs(2),
        retry_first: Duration::ZERO,
        retry_max: Duration::ZERO,
        tolerance: Duration::from_secs(100 * 365 * 24 * 3600),
        tls_roots: None,
    };
    let stamps = Arc::new(Stamps::new(settings, place.hand.clone()).unwrap());
    Stamper::new(place.trace(), stamps, place.hand.clone(), Duration::from_secs(3600))
}

async fn kept(place: &Place) -> Vec<SealedHead> {
    place.store.heads(HeadQuery { limit: 10_000, ..HeadQuery::default() }).await.unwrap()
}

async fn unstamped(place: &Place) -> usize {
    kept(place).await.iter().filter(|head| head.stamp.is_none()).count()
}

/// So many heads by the sealer, an hour between them.
async fn sealed(place: &Place, heads: usize) {
    let sealer = place.sealer();
    for _ in 0..heads {
        place.rows(3).await;
        sealer.look().await.unwrap();
        place.hand.pass(3600);
        sealer.look().await.unwrap();
    }
}

/// The authority's numbers on the heads, in the order of the heads; each stamp is of its head's signature.
async fn numbers(place: &Place, served: &Served) -> Vec<u64> {
    let number = |head: &SealedHead| {
        let stamp = TimeStamp::read(head.stamp.clone().unwrap()).unwrap();
        stamp.check(&served.authority.believed()).unwrap();
        assert!(stamp.is_of(&head.signature), "head {}", head.number);
        u64::from_str_radix(&stamp.serial_hex(), 16).unwrap()
    };
    kept(place).await.iter().map(number).collect()
}

/// [R-U-2]
#[tokio::test(flavor = "multi_thread")]
async fn while_no_authority_gives_a_stamp_heads_wait_with_the_reason_and_then_the_oldest_is_first() {
    let (place, served) = (Place::new(), Served::new());
    let stamper = stamper(&place, &[&served]);
    assert_eq!(stamper.look().await.unwrap(), 0, "there is no head");
    sealed(&place, 3).await;
    let heads = kept(&place).await;
    let foreign = Arc::new(StampAuthority::new(&Making { name: "Foreign", ..Making::default() }));
    for (mood, reason) in [
        (Mood::Status(503), "the server answered 503"),
        (Mood::Words(b"<html>"), "cannot be read"),
        (Mood::As(foreign), "not believed"),
        (Mood::OtherNonce, "another nonce"),
        (Mood::OtherData, "another digest"),
        (Mood::Silent, "timed out"),
    ] {
        served.set(mood);
        let error = stamper.look().await.unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        let waiting = stamper.waiting();
        assert_eq!((waiting.heads, waiting.oldest), (heads.len() as u64, Some(heads[0].at)));
        assert_eq!(waiting.lag(place.hand.now()), (place.hand.now().unix() - heads[0].at.unix()) as u64);
        let trouble = stamper.trouble().unwrap();
        assert!(trouble.starts_with(&format!("{} heads of the evidence wait", heads.len())), "{trouble}");
        assert!(trouble.contains(reason) && trouble.contains(&served.url), "{trouble}");
        assert_eq!(unstamped(&place).await, heads.len());
    }
    // Sealing goes on meanwhile.
    sealed(&place, 1).await;
    served.set(Mood::Well);
    assert_eq!(stamper.look().await.unwrap() as usize, kept(&place).await.len());
    let numbers = numbers(&place, &served).await;
    assert!(numbers.is_sorted() && numbers.len() > heads.len(), "{numbers:?}");
    assert_eq!((stamper.trouble(), stamper.waiting()), (None, Waiting::default()));
    let asked = served.asked();
    stamper.look().await.unwrap();
    assert_eq!(served.asked(), asked, "nothing waits, nobody is asked");
    let checked = check(&place.trace(), &judge(place.hand.now()), &|_| ()).await.unwrap();
    assert_eq!((checked.faults, checked.stamped), (vec![], numbers.len() as u64));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_one_authority_fails_the_next_one_stamps() {
    let (place, first, second) = (Place::new(), Served::new(), Served::new());
    let stamper = stamper(&place, &[&first, &second]);
    sealed(&place, 2).await;
    first.set(Mood::Words(b"no stamp"));
    stamper.look().await.unwrap();
    numbers(&place, &second).await;
    let [failing, well] = stamper.stamps().standing().try_into().unwrap();
    assert!(failing.failing.is_some() && well.failing.is_none() && stamper.trouble().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_of_a_thousand_heads_is_stamped_in_pages_oldest_first_and_goes_on_after_a_start() {
    const BACKLOG: u64 = 1000;
    let place = Place::new();
    let served = Served::of(&Making { key: KeyKind::P256, ..Making::default() });
    place.rows(BACKLOG as usize).await;
    let (log, _) = place.trace().evidence.logs().await.unwrap()[0];
    for number in 1..=BACKLOG {
        let (text, signature) = (format!("head {number}").into(), format!("signature {number}").into());
        let at = place.hand.now().plus(number as i64);
        let head = SealedHead { log, number, first: 1, size: number, closed: false, at, text, signature, stamp: None };
        place.store.add_head(head, None).await.unwrap();
    }
    // One that stands before the others, as if the process had ended there.
    let before = stamper(&place, &[&served]);
    before.stamp(&before.page(log, None, 1).await.unwrap()[0]).await.unwrap();
    let after = stamper(&place, &[&served]);
    assert_eq!(after.look().await.unwrap(), BACKLOG - 1);
    let numbers = numbers(&place, &served).await;
    assert!(numbers.is_sorted() && numbers.len() as u64 == BACKLOG);
    assert_eq!(served.asked() as u64, BACKLOG);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stamp_that_was_altered_exchanged_or_removed_is_named_by_the_check() {
    let (mut place, served) = (Place::new(), Served::new());
    sealed(&place, 3).await;
    stamper(&place, &[&served]).look().await.unwrap();
    let heads = kept(&place).await.len() as u64;
    place
        .tampered(
            "UPDATE stamps SET stamp = substr(stamp, 1, length(stamp) - 1) WHERE number = 1;
             UPDATE stamps SET stamp = (SELECT stamp FROM stamps WHERE number = 4) WHERE number = 3;
             DELETE FROM stamps WHERE number = 2;",
        )
        .await;
    let checked = check(&place.trace(), &judge(place.hand.now()), &|_| ()).await.unwrap();
    let said: Vec<String> = checked.faults.iter().map(|fault| format!("{}: {}", fault.place, fault.what)).collect();
    assert_eq!(said.len(), 3, "{said:#?}");
    assert!(said[0].starts_with("head 1 of log 1: its time stamp does not hold"), "{said:#?}");
    assert!(said[1].starts_with("heads 2 to 2 of log 1: have no time stamp"), "{said:#?}");
    assert_eq!(said[2], "head 3 of log 1: its time stamp is of something else");
    assert_eq!((checked.stamped, heads > 3), (heads - 1, true));
}
