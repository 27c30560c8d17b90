//! Trouble of every kind in turn, on one running laboratory: health names it, holders lose nothing, nothing spins, and all
//! is well when it has passed. The load generator's hostile hour (`bench hostile`) does it with strangers, and longer.

use std::fs;
use std::io::{BufRead, BufReader, PipeReader};
use std::net::UdpSocket;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use harness::Clamd;

use crate::house::{House, PATIENCE, World, eventually, letter, succeed};
use crate::index::signed;
use crate::peer::Peer;
use crate::talk::Talk;

const MARIO: &str = "mario.rossi@alfa.example";
const ANNA: &str = "anna.bianchi@beta.example";
const VERDI: &str = "anna.verdi@prova.example";
const SERVICE: &str = "ricevute@alfa.example";
/// Age at which the index of this laboratory is too old, seconds.
const AGE: i64 = 26 * 3600;
/// Octets of a message that a stranger begins and does not end: two of them are more than strangers may hold here.
const PIECE: usize = 3 << 20;

#[test]
fn every_trouble_is_named_and_passes_and_nothing_is_lost() {
    let limits = "message = 31457280\nproduct = 31457280\nrefuse_above = 31457280\nincoming_refuse_above = 44040192\n\
                  in_flight = 67108864";
    let mut world = World::resting_with_peer(limits, "data_timeout = \"2s\"");
    let mut post = Post::default();
    let now = provider::Clock::now(&provider::SystemClock).unix();
    let ldif = fs::read_to_string(&world.lab.ldif).unwrap();
    // A file that everybody reads, changed as an operator's program changes it.
    let index = |at: i64| {
        let new = world.lab.directory.with_extension("new");
        fs::write(&new, signed(&world.lab, &ldif, at)).unwrap();
        fs::rename(new, &world.lab.directory).unwrap();
    };
    index(now - AGE + 5);
    let (clock, scanner) = (TimeServer::start(), world.scratch("clamd.ctl"));
    let clamd = scan_at(&scanner);
    let alfa = &mut world.alfa;
    alfa.edit("file = \"../directory.p7m\"", "file = \"../directory.p7m\"\nreload = \"1s\"\nrefuse_after = \"26h\"");
    alfa.edit("kind = \"none\"", &format!("kind = \"clamd\"\nsocket = \"{}\"", scanner.display()));
    alfa.edit("[smtp.guard]", "[smtp.guard]\nreserve = \"60 MiB\"");
    alfa.edit("[admin]", &format!("[clock]\nservers = [\"{}\"]\nevery = \"1s\"\n\n[admin]", clock.address));
    // Files of a process may be bounded; to write beyond is an error then, and no signal. And at first it may open few.
    alfa.before = "trap '' XFSZ\nulimit -Sn 80";
    let (lines, heard) = Lines::of(&mut world.alfa);
    let (deaf, _) = Lines::of(&mut world.beta);
    world.alfa.start();
    world.beta.start();

    // The index grows too old. [R-4.5-e]
    world.alfa.warns("warning: the copy of the index is too old: messages are put off");
    post.put_off(&world, "4.3.5");
    index(now);
    world.alfa.warns("ok\n");
    post.send(&world, ANNA);

    // The clock is wrong. [R-L-9-2]
    clock.ahead.store(30, Ordering::Relaxed);
    world.alfa.warns("s behind UTC");
    post.send(&world, ANNA);
    clock.ahead.store(120, Ordering::Relaxed);
    eventually("a clock that is too far off", || {
        (world.alfa.metric("sigillo_clock_offset_seconds")? > 100.0).then_some(())
    });
    post.put_off(&world, "4.7.5");
    world.alfa.warns("warning: messages cannot be signed");
    clock.ahead.store(0, Ordering::Relaxed);
    world.alfa.warns("ok\n");

    // Beta's log has nobody who reads it, from here to the end.
    deaf.close();
    post.send(&world, ANNA);
    eventually("lost lines, counted", || world.beta.metric("sigillo_log_lines_lost_total").filter(|lost| *lost > 0.0));

    // The scanner dies.
    drop(clamd);
    post.put_off(&world, "4.7.0");
    world.alfa.warns("warning: messages cannot be scanned for viruses");
    let clamd = scan_at(&scanner);
    post.send(&world, ANNA);
    world.alfa.warns("ok\n");

    // A peer dies with mail under way to it; then alfa has no room on its disk.
    world.beta.kill();
    for _ in 0..10 {
        post.send(&world, ANNA);
    }
    eventually("the queue", || (world.alfa.queued() >= 10).then_some(()));
    eventually("the peer in the log", || heard.says("event=\"peer-away\"").then_some(()));
    room(&world.alfa, "8192:");
    post.put_off(&world, "4.3.0");
    world.alfa.warns("warning: messages cannot be stored");
    // The peer is back, and alfa cannot write down what it hands over.
    world.beta.start();
    idle(&world.alfa, &lines);
    room(&world.alfa, "unlimited:");
    post.send(&world, ANNA);
    world.alfa.warns("ok\n");
    world.settle();

    // A peer that holds its replies back.
    let peer = Peer::start(&world, "hang");
    for _ in 0..3 {
        post.send(&world, VERDI);
    }
    eventually("held replies", || (peer.lines("<- held") > 0).then_some(()));
    post.send(&world, ANNA);
    world.settle();

    // Strangers connect, and say nothing.
    let silent: Vec<Talk> = (0..200).map(|_| Talk::clear(world.alfa.ports().incoming)).collect();
    post.send(&world, ANNA);
    drop(silent);

    // Strangers hold as much as they get: disk, and little memory.
    let mut first = hold(&world, 2);
    first.expect(250);
    let others: Vec<Talk> = (3..6).map(|last| hold(&world, last)).collect();
    eventually("held on disk", || world.alfa.metric("sigillo_spill_held_octets").filter(|held| *held > 0.0));
    post.send(&world, ANNA);
    others.into_iter().chain([first]).for_each(Talk::cut);
    eventually("memory given back", || world.alfa.metric("sigillo_budget_held_octets").filter(|held| *held == 0.0));

    // All is as if nothing had been.
    post.arrived(&world);
    for house in [&world.alfa, &world.beta] {
        house.warns("ok\n");
    }
    idle(&world.alfa, &lines);
    idle(&world.beta, &Lines::default());
    drop((peer, clamd));
    world.alfa.stop();
    world.beta.stop();
    world.alfa.verify_store();
    world.beta.verify_store();
}

/// What holders sent, and were answered.
#[derive(Default)]
struct Post {
    accepted: Vec<(String, &'static str)>,
    refused: usize,
}

impl Post {
    fn send(&mut self, world: &World, to: &'static str) {
        let subject = format!("n-{}", self.accepted.len());
        let sent = world.submit(&[to], letter(to, &subject));
        sent.unwrap_or_else(|error| panic!("{subject} to {to}: {error}\n{}", world.alfa.health()));
        self.accepted.push((subject, to));
    }

    /// A message that nobody can take now. It is another one that comes again.
    fn put_off(&mut self, world: &World, code: &str) {
        self.refused += 1;
        let answer = world.submit(&[ANNA], letter(ANNA, &format!("r-{}", self.refused))).unwrap_err().to_string();
        assert!(answer.contains("451") && answer.contains(code), "{answer}, expected 451 {code}");
    }

    /// Each message that was accepted has one acceptance, one take-charge, one delivery, and lies once in its mailbox; of
    /// the others there is nothing.
    fn arrived(&self, world: &World) {
        let all: std::collections::BTreeSet<String> =
            self.accepted.iter().map(|(subject, _)| subject.clone()).collect();
        let deliveries = || world.alfa.list(MARIO).iter().filter(|row| row.kind == "delivery").count();
        eventually("every delivery", || (deliveries() >= all.len()).then_some(()));
        world.settle();
        assert_eq!(world.alfa.once_each(MARIO, "acceptance", "ACCETTAZIONE: "), all);
        assert_eq!(world.alfa.once_each(MARIO, "delivery", "CONSEGNA: "), all);
        assert_eq!(world.alfa.once_each(SERVICE, "take-charge", "PRESA IN CARICO: "), all);
        let of = |wanted: &str| self.accepted.iter().filter(|(_, to)| *to == wanted).map(|(s, _)| s.clone()).collect();
        assert_eq!(world.beta.once_each(ANNA, "transport-envelope", "POSTA CERTIFICATA: "), of(ANNA));
        assert_eq!(world.alfa.list(MARIO).len(), 2 * all.len());
    }
}

/// Lines of a provider's log, which goes through a pipe here: no file may grow while there is no room.
#[derive(Clone, Default)]
struct Lines {
    count: Arc<AtomicUsize>,
    closed: Arc<AtomicBool>,
}

/// What was said.
struct Heard(Arc<std::sync::Mutex<String>>);

impl Heard {
    fn says(&self, what: &str) -> bool {
        self.0.lock().unwrap().contains(what)
    }
}

impl Lines {
    fn of(house: &mut House) -> (Self, Heard) {
        let (reader, writer) = std::io::pipe().unwrap();
        house.sink = Some(writer);
        let (lines, heard) = (Self::default(), Arc::default());
        let (reading, keeping) = (lines.clone(), Arc::clone(&heard));
        thread::spawn(move || reading.read(reader, &keeping));
        (lines, Heard(heard))
    }

    fn read(self, reader: PipeReader, heard: &std::sync::Mutex<String>) {
        for line in BufReader::new(reader).lines().map_while(Result::ok) {
            self.count.fetch_add(1, Ordering::Relaxed);
            let mut heard = heard.lock().unwrap();
            heard.push_str(&line);
            heard.push('\n');
            if self.closed.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    /// Nobody reads after the next line.
    fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}

/// A provider that has nothing to do does nothing, whatever is wrong: neither work nor words.
#[allow(clippy::disallowed_methods)] // What is measured is what happens in a time.
fn idle(house: &House, lines: &Lines) {
    const TIME: Duration = Duration::from_secs(3);
    let (worked, said) = (work(house), lines.count.load(Ordering::Relaxed));
    thread::sleep(TIME);
    let (worked, said) = (work(house) - worked, lines.count.load(Ordering::Relaxed) - said);
    assert!(worked < TIME / 3, "{} worked {worked:?} in {TIME:?}", house.provider.name);
    assert!(said < 100, "{} said {said} lines in {TIME:?}", house.provider.name);
}

/// Processor time that the process has used.
fn work(house: &House) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{}/stat", house.process())).unwrap();
    let after_name: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    // utime and stime (proc(5)), in hundredths of a second on every Linux.
    let ticks = |field: usize| after_name[field].parse::<u64>().unwrap();
    Duration::from_millis(10 * (ticks(11) + ticks(12)))
}

/// How many octets a file of the running process may have, as prlimit(1) says it: what a full disk is to it.
fn room(house: &House, octets: &str) {
    let mut prlimit = Command::new("prlimit");
    succeed(prlimit.args(["--pid", &house.process().to_string(), &format!("--fsize={octets}")]));
}

/// A scanner that listens under this name.
fn scan_at(name: &std::path::Path) -> Clamd {
    let clamd = Clamd::start("Prova", "PROVA-DI-VIRUS", "StreamMaxLength 100M").unwrap();
    let _ = fs::remove_file(name);
    symlink(clamd.socket(), name).unwrap();
    clamd
}

/// A stranger at alfa's incoming door, from an address of loopback of his own, with a message that he does not end.
fn hold(world: &World, last: u8) -> Talk {
    let mut talk = Talk::clear_from([127, 0, 0, last], world.alfa.ports().incoming);
    talk.expect(220);
    talk.say("EHLO mx.fuori.example", 250);
    talk.say("MAIL FROM:<a@fuori.example>", 250);
    talk.say("RCPT TO:<mario.rossi@alfa.example>", 250);
    talk.raw(format!("BDAT {PIECE}\r\n").as_bytes());
    let mut writer = talk.writer();
    thread::spawn(move || {
        use std::io::Write;
        // It may have to wait, and be cut off.
        let _ = writer.write_all(format!("Subject: senza fine\r\n\r\n{}", "x".repeat(PIECE)).as_bytes());
    });
    talk
}

/// A time server that says as much as it is told.
struct TimeServer {
    address: std::net::SocketAddr,
    /// Seconds before our clock.
    ahead: Arc<AtomicI64>,
}

impl TimeServer {
    fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (address, ahead) = (socket.local_addr().unwrap(), Arc::new(AtomicI64::new(0)));
        let told = Arc::clone(&ahead);
        thread::spawn(move || {
            let begun = Instant::now();
            let mut asked = [0; 48];
            while begun.elapsed() < 10 * PATIENCE {
                let Ok((48, from)) = socket.recv_from(&mut asked) else { return };
                let _ = socket.send_to(&answer(&asked, told.load(Ordering::Relaxed)), from);
            }
        });
        Self { address, ahead }
    }
}

/// RFC 4330 §4: the client's own time and so many seconds.
fn answer(asked: &[u8; 48], ahead: i64) -> [u8; 48] {
    let mut said = [0; 48];
    // No leap second, version 4, a server; next to a reference clock.
    (said[0], said[1]) = (0x24, 1);
    let sent = &asked[40..48];
    let seconds = u32::from_be_bytes(sent[..4].try_into().unwrap());
    let then = u32::try_from(i64::from(seconds) + ahead).unwrap().to_be_bytes();
    said[24..32].copy_from_slice(sent);
    for place in [16, 32, 40] {
        said[place..place + 4].copy_from_slice(&then);
        said[place + 4..place + 8].copy_from_slice(&sent[4..]);
    }
    said
}
