use std::net::IpAddr;

use proptest::prelude::*;

use super::*;
use crate::budget::Shares;

const ABOVE: usize = 1000;

fn spill(folder: &tempfile::TempDir) -> Spill {
    Spill { folder: folder.path().to_owned(), above: ABOVE, leave_free: 0 }
}

fn arrivals(memory: usize, disk: usize, spill: Spill) -> Arc<Arrivals> {
    let shares = |total| Shares { total, reserve: 0, relay: 0, per_party: 0 };
    Arrivals::new(Budget::new(shares(memory)), Budget::new(shares(disk)), spill)
}

fn peer(last: u8) -> Peer {
    IpAddr::from([192, 0, 2, last]).into()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

async fn give(arrival: &mut Arrival, octets: &[u8]) -> Result<(), NoRoom> {
    arrival.recent().extend_from_slice(octets);
    arrival.settle(soon()).await
}

fn names(folder: &tempfile::TempDir) -> usize {
    std::fs::read_dir(folder.path()).unwrap().count()
}

/// Files that this process has open in the folder.
fn open_files(folder: &tempfile::TempDir) -> usize {
    let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    open.filter_map(|fd| std::fs::read_link(fd.path()).ok()).filter(|to| to.starts_with(folder.path())).count()
}

/// The events of the log.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<String>>>);

impl tracing::field::Visit for Events {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        if field.name() == "event" {
            self.0.lock().unwrap().push(format!("{value:?}"));
        }
    }
}

impl tracing::Subscriber for Events {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn a_small_message_stays_in_memory_and_a_large_one_holds_none_until_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let all = arrivals(1 << 20, 1 << 20, spill(&folder));
    let mut small = all.begin(Class::Holders, peer(1));
    give(&mut small, &[b'a'; ABOVE]).await.unwrap();
    assert!(!small.is_spilled());
    assert_eq!((all.memory().held(Class::Holders), all.disk().held(Class::Holders)), (ABOVE, 0));
    let mut large = all.begin(Class::Strangers, peer(1));
    give(&mut large, &[b'a'; ABOVE]).await.unwrap();
    give(&mut large, b"b").await.unwrap();
    assert!(large.is_spilled());
    assert_eq!((all.memory().held(Class::Strangers), all.disk().held(Class::Strangers)), (0, ABOVE + 1));
    give(&mut large, b"c").await.unwrap();
    assert_eq!((all.memory().held(Class::Strangers), large.octets()), (1, ABOVE + 2));
    assert_eq!((names(&folder), open_files(&folder)), (0, 1), "a file without a name");
    let Whole { octets, room } = large.whole(soon()).await.unwrap();
    assert_eq!((&octets[ABOVE..], octets.len()), (&b"bc"[..], ABOVE + 2));
    assert_eq!((room.octets(), all.disk().held(Class::Strangers), open_files(&folder)), (ABOVE + 2, 0, 0));
    drop(room);
    assert_eq!(small.whole(soon()).await.unwrap().octets, vec![b'a'; ABOVE]);
    assert_eq!(all.memory().held(Class::Holders) + all.memory().held(Class::Strangers), 0);
}

#[tokio::test]
async fn many_that_stop_half_way_hold_disk_and_no_memory_that_whole_messages_need() {
    let folder = tempfile::tempdir().unwrap();
    let all = arrivals(20 * ABOVE, 1 << 20, spill(&folder));
    let mut stopped = Vec::new();
    for n in 0..100 {
        let mut arrival = all.begin(Class::Strangers, peer(n));
        // Each below the threshold: what is not whole has half of the memory.
        give(&mut arrival, &[b'x'; ABOVE - 1]).await.unwrap();
        stopped.push(arrival);
    }
    assert!(all.memory().held(Class::Strangers) <= 10 * ABOVE);
    assert_eq!(stopped.iter().filter(|arrival| !arrival.is_spilled()).count(), 10);
    let mut whole = all.begin(Class::Strangers, peer(200));
    give(&mut whole, &[b'y'; 9 * ABOVE]).await.unwrap();
    // At once.
    let whole = whole.whole(Instant::now()).await.unwrap();
    assert_eq!(whole.octets.len(), 9 * ABOVE);
    drop((stopped, whole));
    assert_eq!((all.memory().held(Class::Strangers), all.disk().held(Class::Strangers)), (0, 0));
    assert_eq!(open_files(&folder), 0);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_memory_or_disk_waits_so_long_and_no_longer() {
    let folder = tempfile::tempdir().unwrap();
    let all = arrivals(10 * ABOVE, 20 * ABOVE, spill(&folder));
    let whole = |class, n: usize| {
        let all = Arc::clone(&all);
        async move {
            let mut arrival = all.begin(class, peer(1));
            arrival.recent().extend_from_slice(&vec![b'x'; n * ABOVE]);
            arrival.settle(soon()).await?;
            arrival.whole(soon()).await
        }
    };
    let first = whole(Class::Holders, 9).await.unwrap();
    let over = whole(Class::Holders, 4).await.unwrap();
    let began = Instant::now();
    assert!(matches!(whole(Class::Holders, 4).await, Err(NoRoom::Memory)));
    assert_eq!(began.elapsed().as_secs(), 60);
    drop((first, over));

    let mut holding = Vec::new();
    for _ in 0..4 {
        let mut arrival = all.begin(Class::Strangers, peer(1));
        give(&mut arrival, &[b'x'; 6 * ABOVE]).await.unwrap();
        holding.push(arrival);
    }
    // Three fit, one passes over, the fifth waits.
    let mut fifth = all.begin(Class::Strangers, peer(1));
    let began = Instant::now();
    assert!(matches!(give(&mut fifth, &[b'x'; 2 * ABOVE]).await, Err(NoRoom::Disk)));
    assert_eq!(began.elapsed().as_secs(), 60);
    fifth.discard();
    holding.truncate(2);
    give(&mut fifth, &[b'x'; 2 * ABOVE]).await.unwrap();
    assert!(!all.is_failing(), "want of room is no failure of the disk");
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_is_full_or_gone_fails_large_messages_alone_until_it_works_again() {
    let folder = tempfile::tempdir().unwrap();
    let events = Events::default();
    let _log = tracing::subscriber::set_default(events.clone());
    // A file system has never so much free.
    let full = arrivals(1 << 20, 1 << 20, Spill { leave_free: u64::MAX, ..spill(&folder) });
    let mut large = full.begin(Class::Strangers, peer(1));
    let error = give(&mut large, &[b'x'; ABOVE + 1]).await.unwrap_err();
    assert!(matches!(&error, NoRoom::Failed(error) if error.kind() == io::ErrorKind::StorageFull), "{error}");
    let mut small = full.begin(Class::Strangers, peer(1));
    give(&mut small, &[b'x'; ABOVE]).await.unwrap();
    assert!(small.whole(soon()).await.is_ok() && full.is_failing());

    let gone = arrivals(1 << 20, 1 << 20, spill(&folder));
    let mut under_way = gone.begin(Class::Holders, peer(1));
    give(&mut under_way, &[b'x'; ABOVE + 1]).await.unwrap();
    let path = folder.path().to_owned();
    std::fs::remove_dir(&path).unwrap();
    events.0.lock().unwrap().clear();
    for _ in 0..20 {
        let mut large = gone.begin(Class::Holders, peer(1));
        assert!(matches!(give(&mut large, &[b'x'; ABOVE + 1]).await, Err(NoRoom::Failed(_))));
    }
    assert!(gone.is_failing());
    std::fs::create_dir(&path).unwrap();
    for (after, failing) in [(59, true), (1, false)] {
        tokio::time::advance(Duration::from_secs(after)).await;
        let mut large = gone.begin(Class::Holders, peer(1));
        give(&mut large, &[b'x'; ABOVE + 1]).await.unwrap();
        assert_eq!(gone.is_failing(), failing, "{after}");
    }
    assert_eq!(*events.0.lock().unwrap(), ["\"spill-failed\"", "\"spill-works\""], "a line when it begins and ends");
    assert_eq!(under_way.whole(soon()).await.unwrap().octets.len(), ABOVE + 1);
    assert_eq!((gone.memory().held(Class::Holders), gone.disk().held(Class::Holders)), (0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_octet_comes_back_wherever_the_threshold_cuts(
        pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..600), 0..8),
        above in prop_oneof![0usize..10, 990usize..1010, 2000usize..3000],
        memory in prop_oneof![Just(1usize << 20), 0usize..3000],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        runtime.block_on(async {
            let all = arrivals(memory, 1 << 20, Spill { above, ..spill(&folder) });
            let mut arrival = all.begin(Class::Strangers, peer(1));
            for piece in &pieces {
                give(&mut arrival, piece).await.unwrap();
                assert!(all.memory().held(Class::Strangers) <= above.min(memory / 2));
            }
            let expected = pieces.concat();
            assert_eq!(arrival.octets(), expected.len());
            let whole = arrival.whole(soon()).await.unwrap();
            assert_eq!((&whole.octets[..], whole.room.octets()), (&expected[..], expected.len()));
        });
    }
}
