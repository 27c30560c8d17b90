//! Room for messages: what arrives holds little memory, what is whole finds it, and who finds none is put off.

use guard::{Arrivals, Budget, Class, Shares, Spill};
use proptest::prelude::*;

use super::starving::{Holder, PATIENCE, before_a_message, patient};
use super::*;

/// Octets that stay in memory.
const ABOVE: usize = 10_000;

/// Memory and disk without caps for one address, half of each kept from strangers.
fn arrivals(memory: usize, disk: usize, folder: &tempfile::TempDir) -> Arc<Arrivals> {
    let shares = |total| Budget::new(Shares { total, reserve: total / 2, relay: 0, per_party: 0 });
    let spill = Spill { folder: folder.path().to_owned(), above: ABOVE, leave_free: 0 };
    Arrivals::new(shares(memory), shares(disk), spill)
}

/// Files that this process has open in a folder.
fn open_files(folder: &tempfile::TempDir) -> usize {
    let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    open.filter_map(|fd| std::fs::read_link(fd.path()).ok()).filter(|to| to.starts_with(folder.path())).count()
}

/// A holder sends a letter of that many lines, at once.
async fn holder_sends(arrivals: &Arc<Arrivals>, recorder: &Arc<Recorder>, lines: usize) {
    let config = DoorConfig { arrivals: Arc::clone(arrivals), ..door(Door::SubmissionTls, limits()) };
    let mut holder = Holder::connect(config, recorder, "192.0.2.1:1000").await;
    let began = Instant::now();
    assert!(holder.log_in("mario", "segreto").await.starts_with("235"));
    holder.say("MAIL FROM:<a@b.it>").await;
    holder.say("RCPT TO:<c@d.it>").await;
    holder.say("DATA").await;
    let content = format!("S: x\r\n\r\n{}.", "a line of a large letter\r\n".repeat(lines));
    assert!(holder.say(&content).await.starts_with("250 2.6.0"));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn what_strangers_begin_and_do_not_end_holds_little_memory_and_delays_no_holder() {
    let (recorder, folder) = (Recorder::new(), tempfile::tempdir().unwrap());
    let arrivals = arrivals(4 << 20, 64 << 20, &folder);
    let mut begun = Vec::new();
    for n in 0..60 {
        let mut client = before_a_message(DoorConfig { arrivals: Arc::clone(&arrivals), ..patient() }, &recorder).await;
        if n % 2 == 0 {
            client.say("BDAT 500008\r\nS: x\r\n\r\n").await;
            client.say(vec![b'x'; 500_000]).await;
        } else {
            client.say("DATA\r\nS: x\r\n\r\n").await;
            client.say("a line that is one of very many\r\n".repeat(15_000)).await;
        }
        begun.push(client);
    }
    // Until all has been read; some were answered.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (memory, disk) = (arrivals.memory(), arrivals.disk());
    assert_eq!((memory.waiting(Class::Strangers), disk.waiting(Class::Strangers)), (0, 0));
    assert!(memory.held(Class::Strangers) < begun.len() * ABOVE, "{}", memory.held(Class::Strangers));
    assert!(disk.held(Class::Strangers) > begun.len() * 450_000, "{}", disk.held(Class::Strangers));
    assert_eq!(open_files(&folder), begun.len());

    holder_sends(&arrivals, &recorder, 30_000).await;
    // A stranger who ends what he begins passes too.
    begun[0].say("BDAT 0 LAST\r\n").await;
    let mut heard = String::new();
    while !heard.contains("250 2.6.0") {
        heard += &begun[0].hear().await;
    }
    assert_eq!(recorder.all().len(), 2);
    assert_eq!(recorder.all()[1].content().len(), 500_008);

    // And the strangers are gone when their time is over, some of them because they hang up.
    begun.truncate(30);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(open_files(&folder), 29, "a file is gone with its connection");
    tokio::time::sleep(PATIENCE.deadline).await;
    assert_eq!((memory.held(Class::Strangers), disk.held(Class::Strangers), open_files(&folder)), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_takes_nothing_puts_off_large_messages_and_harms_nothing_else() {
    let (recorder, folder) = (Recorder::new(), tempfile::tempdir().unwrap());
    let shares = |total| Budget::new(Shares { total, reserve: 0, relay: 0, per_party: 0 });
    // No file system has so much free.
    let spill = Spill { folder: folder.path().to_owned(), above: ABOVE, leave_free: u64::MAX };
    let arrivals = Arrivals::new(shares(1 << 20), shares(1 << 20), spill);
    let mut client = before_a_message(DoorConfig { arrivals: Arc::clone(&arrivals), ..patient() }, &recorder).await;
    client.say("DATA\r\nS: x\r\n\r\n").await;
    assert!(client.hear().await.starts_with("354"));
    let line = "a line of a large letter\r\n";
    client.say(line.repeat(20_000)).await;
    client.say(".\r\n").await;
    assert_eq!(client.hear().await, "452 4.3.1 no room for the message now; try again later\r\n");
    client.say(format!("{ENVELOPE}BDAT 20000\r\n")).await;
    client.hear().await;
    client.say(vec![b'x'; 20_000]).await;
    assert!(client.hear().await.starts_with("452 4.3.1"));
    client.say(format!("BDAT 3 LAST\r\nabc{ENVELOPE}DATA\r\nS: small\r\n\r\n.\r\n")).await;
    client.say("QUIT\r\n").await;
    let text = client.rest().await;
    let codes: Vec<&str> = text.lines().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["503", "250", "250", "354", "250", "221"], "{text}");
    assert_eq!(recorder.only().content(), b"S: small\r\n\r\n");
    let memory = arrivals.memory();
    assert_eq!((memory.held(Class::Strangers), arrivals.disk().held(Class::Strangers)), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_our_room_is_not_slow_and_is_put_off_when_none_comes_free() {
    let (recorder, folder) = (Recorder::new(), tempfile::tempdir().unwrap());
    let arrivals = arrivals(1 << 20, 200_000, &folder);
    let config = || DoorConfig { arrivals: Arc::clone(&arrivals), ..patient() };
    let begun = || async {
        let mut client = before_a_message(config(), &recorder).await;
        client.say("DATA\r\n").await;
        client.hear().await;
        client.say(format!("S: x\r\n\r\n{}", "a line of ten\r\n".repeat(5_500))).await;
        // Until it is read as far as there is room.
        tokio::time::sleep(Duration::from_secs(1)).await;
        client
    };
    // One fits, one passes over, the third waits.
    let mut holding = vec![begun().await, begun().await];
    assert_eq!(arrivals.disk().waiting(Class::Strangers), 0);
    let mut waiting = begun().await;
    assert_eq!(arrivals.disk().waiting(Class::Strangers), 1);
    // 89 seconds of silence at the end would be slow, if the 85 before counted.
    tokio::time::sleep(Duration::from_secs(84)).await;
    holding.clear();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(arrivals.disk().waiting(Class::Strangers), 0);
    tokio::time::sleep(Duration::from_secs(70)).await;
    waiting.say(".\r\n").await;
    assert!(waiting.hear().await.starts_with("250 2.6.0"));

    holding.extend([begun().await, begun().await]);
    let began = Instant::now();
    let mut waiting = begun().await;
    waiting.say(".\r\n").await;
    assert!(waiting.hear().await.starts_with("452 4.3.1"));
    assert_eq!(began.elapsed().as_secs(), PATIENCE.room.as_secs());
    holder_sends(&arrivals, &recorder, 3_000).await;
}

#[tokio::test(start_paused = true)]
async fn a_whole_message_waits_for_memory_so_long_and_is_then_put_off() {
    let (recorder, folder) = (Recorder::holding(), tempfile::tempdir().unwrap());
    let arrivals = arrivals(400_000, 64 << 20, &folder);
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = before_a_message(DoorConfig { arrivals: Arc::clone(&arrivals), ..patient() }, &recorder).await;
        client.say(format!("BDAT 150008 LAST\r\nS: x\r\n\r\n{}", "x".repeat(150_000))).await;
        clients.push(client);
        // The third comes when the two are looked at.
        let two = clients.len().min(2);
        recorder.arrived.subscribe().wait_for(|arrived| *arrived == two).await.unwrap();
    }
    // One fits in the half of strangers, one passes over, the third waits.
    let began = Instant::now();
    assert!(clients[2].hear().await.starts_with("452 4.3.1"));
    assert_eq!((began.elapsed(), *recorder.arrived.borrow()), (PATIENCE.room, 2));
    clients[2].say(format!("{ENVELOPE}BDAT 150008 LAST\r\nS: x\r\n\r\n{}", "x".repeat(150_000))).await;
    clients[2].hear().await;
    recorder.answers.add_permits(3);
    let mut heard = String::new();
    while !heard.contains("250 2.6.0") {
        heard += &clients[2].hear().await;
    }
    assert_eq!(arrivals.memory().held(Class::Strangers), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_message_is_the_same_in_memory_and_on_disk_by_data_and_in_chunks_cut_anywhere(
        lines in proptest::collection::vec("[a.]{0,20}", 0..60),
        above in prop_oneof![0usize..20, 200usize..800, Just(1usize << 20)],
        cuts in proptest::collection::vec(1usize..300, 1..10),
    ) {
        let content = lines.iter().map(|line| format!("{line}\r\n")).collect::<String>();
        let stuffed = lines.iter().map(|line| format!("{}{line}\r\n", if line.starts_with('.') { "." } else { "" }));
        let stuffed = format!("{}.\r\n", stuffed.collect::<String>());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (recorder, folder) = (Recorder::new(), tempfile::tempdir().unwrap());
            let shares = |total| Budget::new(Shares { total, reserve: 0, relay: 0, per_party: 0 });
            let spill = Spill { folder: folder.path().to_owned(), above, leave_free: 0 };
            let arrivals = Arrivals::new(shares(1 << 20), shares(1 << 20), spill);
            let mut client = before_a_message(DoorConfig { arrivals, ..patient() }, &recorder).await;
            client.say("DATA\r\n").await;
            client.hear().await;
            let (mut rest, mut cut) = (stuffed.as_bytes(), cuts.iter().cycle());
            while !rest.is_empty() {
                let (piece, after) = rest.split_at((*cut.next().unwrap()).min(rest.len()));
                client.say(piece).await;
                // Each piece is read apart.
                tokio::time::sleep(Duration::from_millis(1)).await;
                rest = after;
            }
            let answer = client.hear().await;
            assert!(answer.starts_with("250 2.6.0"), "{answer}");
            client.say(ENVELOPE).await;
            client.hear().await;
            let mut rest = content.as_bytes();
            while !rest.is_empty() {
                let (piece, after) = rest.split_at((*cut.next().unwrap()).min(rest.len()));
                client.say(format!("BDAT {}\r\n", piece.len())).await;
                client.say(piece).await;
                client.hear().await;
                rest = after;
            }
            client.say("BDAT 0 LAST\r\n").await;
            assert!(client.hear().await.starts_with("250 2.6.0"));
            for taken in recorder.all() {
                assert_eq!(taken.content(), content.as_bytes());
                assert!(taken.message.starts_with(b"Received: from x "));
            }
            assert_eq!(recorder.all().len(), 2);
        });
    }
}
