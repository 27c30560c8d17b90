//! Strangers that dribble, hold, guess and go on for ever, while holders' mail passes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use guard::{Arrivals, Budget, Class, Logins, Patience, SessionLife, Shares, Spill, Throttle};
use proptest::prelude::*;
use tokio::io::ReadHalf;

use super::*;

const PATIENCE: Patience = Patience {
    deadline: Duration::from_secs(600),
    rate: 10,
    window: Duration::from_secs(60),
    grace: Duration::from_secs(30),
    room: Duration::from_secs(100),
};

fn patient() -> DoorConfig {
    DoorConfig { patience: PATIENCE, ..door(Door::Incoming, limits()) }
}

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

/// A session that has sent what comes before a message.
async fn before_a_message(config: DoorConfig, service: &Arc<Recorder>) -> Client {
    let mut client = Client::connect(config, Arc::clone(service));
    client.hear().await;
    client.say(format!("EHLO x\r\n{ENVELOPE}")).await;
    assert!(client.hear().await.ends_with("250 2.1.5 recipient ok\r\n"));
    client
}

/// A holder's session under TLS.
struct Holder {
    stream: TlsStream<DuplexStream>,
}

impl Holder {
    async fn connect(config: DoorConfig, service: &Arc<Recorder>, peer: &str) -> Self {
        let mut holder = Self { stream: under_tls(config, Arc::clone(service), peer).await };
        holder.reply().await;
        holder.say("EHLO x").await;
        holder
    }

    /// Says a line; the last line of what is answered.
    async fn say(&mut self, line: &str) -> String {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        self.reply().await
    }

    async fn reply(&mut self) -> String {
        loop {
            let mut line = Vec::new();
            while !line.ends_with(b"\r\n") {
                line.push(self.stream.read_u8().await.unwrap());
            }
            let line = String::from_utf8(line).unwrap();
            if line.get(3..4) != Some("-") {
                return line;
            }
        }
    }

    async fn log_in(&mut self, login: &str, password: &str) -> String {
        self.say(&format!("AUTH PLAIN {}", STANDARD.encode(format!("\0{login}\0{password}")))).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_dribbles_is_cut_however_often_an_octet_comes() {
    let recorder = Recorder::new();
    let mut client = before_a_message(patient(), &recorder).await;
    client.say("DATA\r\n").await;
    client.hear().await;
    let began = Instant::now();
    let (mut read, mut write): (ReadHalf<_>, _) = tokio::io::split(client.stream);
    let dribble = tokio::spawn(async move {
        while write.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    });
    let mut text = String::new();
    read.read_to_string(&mut text).await.unwrap();
    dribble.abort();
    assert_eq!(text, "421 4.4.2 the message comes too slowly; closing\r\n");
    assert_eq!(began.elapsed().as_secs(), 90);
}

#[tokio::test(start_paused = true)]
async fn what_is_held_between_chunks_has_the_deadline_of_the_message() {
    for (patience, after, reply) in [
        (PATIENCE, 90, "421 4.4.2 the message comes too slowly; closing\r\n"),
        (Patience { rate: 0, ..PATIENCE }, 600, "421 4.4.2 the message took too long; closing\r\n"),
    ] {
        let recorder = Recorder::new();
        let mut client = before_a_message(DoorConfig { patience, ..patient() }, &recorder).await;
        let began = Instant::now();
        client.say("BDAT 5\r\n12345").await;
        assert!(client.hear().await.starts_with("250 2.0.0 5 octets taken"));
        let mut heard = String::new();
        while !heard.starts_with("421") {
            tokio::time::sleep(Duration::from_secs(1)).await;
            client.say("NOOP\r\n").await;
            heard = client.hear().await;
        }
        assert_eq!(heard, reply);
        assert!((after..after + 2).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
        assert_eq!(client.rest().await, "");
    }
}

#[tokio::test(start_paused = true)]
async fn a_steady_slow_client_is_let_finish() {
    let recorder = Recorder::new();
    let mut client = before_a_message(patient(), &recorder).await;
    client.say("DATA\r\n").await;
    client.hear().await;
    for _ in 0..500 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        client.say("ten octets\r\n").await;
    }
    client.say(".\r\n").await;
    assert!(client.hear().await.starts_with("250 2.6.0"));
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

#[tokio::test(start_paused = true)]
async fn guesses_from_one_address_are_counted_through_all_sessions_and_disturb_nobody_elsewhere() {
    let recorder = Recorder::new();
    let logins = Logins::new(Throttle::default());
    let config = || DoorConfig { logins: Arc::clone(&logins), ..door(Door::SubmissionTls, limits()) };
    let mut known = Holder::connect(config(), &recorder, "203.0.113.1:1000").await;
    assert!(known.log_in("mario", "segreto").await.starts_with("235"));

    let (mut looked_at, mut throttled) = (0, 0);
    for n in 0..120 {
        // Each from another address of one /64, and through another session.
        let mut session = Holder::connect(config(), &recorder, &format!("[2001:db8::{n:x}]:1000")).await;
        for _ in 0..2 {
            let reply = session.log_in("mario", "wrong").await;
            looked_at += usize::from(reply.starts_with("535"));
            throttled += usize::from(reply.starts_with("454 4.7.0 too many failed logins"));
        }
        assert!(session.log_in("mario", "wrong").await.starts_with("421 4.7.0"));
    }
    assert!(looked_at <= 8 && throttled > 200, "{looked_at} {throttled}");
    // Not even the right password is looked at there; where mario is known, and elsewhere, it is at once.
    let mut there = Holder::connect(config(), &recorder, "[2001:db8::1]:1000").await;
    assert!(there.log_in("mario", "segreto").await.starts_with("454 4.7.0"));
    for address in ["203.0.113.1:2000", "198.51.100.1:1000"] {
        let began = Instant::now();
        let mut session = Holder::connect(config(), &recorder, address).await;
        assert!(session.log_in("mario", "segreto").await.starts_with("235"), "{address}");
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn many_addresses_that_guess_for_one_login_only_slow_it_down_for_strangers() {
    let recorder = Recorder::new();
    let logins = Logins::new(Throttle::default());
    let config = || DoorConfig { logins: Arc::clone(&logins), ..door(Door::SubmissionTls, limits()) };
    for n in 0..20 {
        let mut session = Holder::connect(config(), &recorder, &format!("192.0.2.{n}:1000")).await;
        assert!(session.log_in("mario", "wrong").await.starts_with("535"));
    }
    for seconds in [10, 0] {
        let began = Instant::now();
        let mut mario = Holder::connect(config(), &recorder, "198.51.100.1:1000").await;
        assert!(mario.log_in("mario", "segreto").await.starts_with("235"));
        assert_eq!(began.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn many_clients_of_one_address_log_in_one_after_the_other_and_none_is_sent_away() {
    let recorder = Recorder::new();
    let logins = Logins::new(Throttle { at_once: 2, ..Throttle::default() });
    let config = || DoorConfig { logins: Arc::clone(&logins), ..door(Door::SubmissionTls, limits()) };
    for n in 0..20 {
        let mut session = Holder::connect(config(), &recorder, &format!("192.0.2.{n}:1000")).await;
        assert!(session.log_in("mario", "wrong").await.starts_with("535"));
    }
    // Each is held back for what strangers did, until the first one is known there.
    let all: Vec<_> = (0..10)
        .map(|_| {
            let (config, recorder) = (config(), Arc::clone(&recorder));
            tokio::spawn(async move {
                let mut mario = Holder::connect(config, &recorder, "198.51.100.1:1000").await;
                mario.log_in("mario", "segreto").await
            })
        })
        .collect();
    for one in all {
        assert!(one.await.unwrap().starts_with("235"));
    }
}

const LIFE: SessionLife = SessionLife {
    lifetime: Duration::from_secs(1000),
    login: Duration::from_secs(120),
    content: Duration::from_secs(5000),
    commands: 300,
};

/// Says NOOP every so often, as long as it is answered; the seconds that it was, and what came in the end.
async fn keeps_saying_noop(client: &mut Client, seconds: u64) -> (u64, String) {
    let began = Instant::now();
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(seconds)) => {}
            heard = client.hear() => return (began.elapsed().as_secs(), heard),
        }
        client.say("NOOP\r\n").await;
        let heard = client.hear().await;
        if !heard.starts_with("250") {
            return (began.elapsed().as_secs(), heard);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_neither_logs_in_nor_sends_anything_is_sent_away_whatever_he_says() {
    let recorder = Recorder::new();
    let mut submission = DoorConfig { life: LIFE, ..door(Door::Submission, limits()) };
    submission.tls = Some(certificate().0);
    let mut client = Client::connect(submission, Arc::clone(&recorder));
    client.hear().await;
    let (after, heard) = keeps_saying_noop(&mut client, 50).await;
    assert_eq!((after, heard.as_str()), (120, "421 4.7.0 nobody has logged in; connect again\r\n"));

    // Under TLS too, and not who has logged in.
    let config = || DoorConfig { life: LIFE, ..door(Door::SubmissionTls, limits()) };
    let mut guest = Holder::connect(config(), &recorder, PEER).await;
    let began = Instant::now();
    assert!(guest.reply().await.starts_with("421 4.7.0 nobody has logged in"));
    assert_eq!(began.elapsed().as_secs(), 120);
    let mut mario = Holder::connect(config(), &recorder, PEER).await;
    assert!(mario.log_in("mario", "segreto").await.starts_with("235"));
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(299)).await;
        assert!(mario.say("NOOP").await.starts_with("250"));
    }

    let life = SessionLife { content: Duration::from_secs(400), ..LIFE };
    let mut client = before_a_message(DoorConfig { life, ..patient() }, &recorder).await;
    let (after, heard) = keeps_saying_noop(&mut client, 150).await;
    assert_eq!((after, heard.as_str()), (400, "421 4.7.0 no message has come; connect again\r\n"));
    // Each message begins the time anew.
    let mut client = before_a_message(DoorConfig { life, ..patient() }, &recorder).await;
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_secs(299)).await;
        client.say(format!("BDAT 3 LAST\r\nabc{ENVELOPE}")).await;
        while !client.hear().await.ends_with("250 2.1.5 recipient ok\r\n") {}
    }
    let (after, _) = keeps_saying_noop(&mut client, 150).await;
    assert_eq!(after, 400);
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_when_it_lasts_too_long_or_says_too_much() {
    let recorder = Recorder::new();
    let life = LIFE;
    let mut client = before_a_message(DoorConfig { life, ..patient() }, &recorder).await;
    for _ in 0..9 {
        tokio::time::sleep(Duration::from_secs(100)).await;
        client.say("NOOP\r\n").await;
        assert!(client.hear().await.starts_with("250"));
    }
    // A message under way finishes in its own time.
    client.say("DATA\r\n").await;
    client.hear().await;
    tokio::time::sleep(Duration::from_secs(89)).await;
    client.say("x\r\n").await;
    tokio::time::sleep(Duration::from_secs(50)).await;
    assert!(client.rest().await.starts_with("421 4.4.2 the message comes too slowly"));

    let mut client = before_a_message(DoorConfig { life, ..patient() }, &recorder).await;
    tokio::time::sleep(Duration::from_secs(299)).await;
    client.say("NOOP\r\n".repeat(400)).await;
    let text = client.rest().await;
    assert_eq!(text.matches("250 2.0.0 ok").count(), 297);
    assert!(text.ends_with("421 4.7.0 too many commands without a message; connect again\r\n"), "{text}");

    let client = before_a_message(
        DoorConfig { life: SessionLife { lifetime: Duration::from_secs(99), commands: 0, ..LIFE }, ..patient() },
        &recorder,
    )
    .await;
    assert_eq!(client.rest().await, "421 4.7.0 the session has lasted too long; connect again\r\n");
}
