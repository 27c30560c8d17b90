//! What is measured, each at one server: work done, and what it cost there.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use super::client::Client;
use super::filling::{BIG, INBOX, MANY, RECEIVED};
use super::messages::{self, NEEDLE};
use super::options::Options;
use super::server::Server;
use super::table::{Better, Sample};
use super::usage::{Usage, memory};

/// One thing that is measured.
pub struct Measure {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is called in the table.
    pub what: &'static str,
    /// In which unit.
    pub unit: &'static str,
    /// What more of it means.
    pub better: Better,
    /// How often it is done.
    pub tries: Tries,
    /// Does it.
    pub run: fn(&Server, &Options) -> io::Result<Sample>,
}

/// How often something is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tries {
    /// As often as is asked for.
    InTurn,
    /// Once: it is a count, or needs its time.
    Once,
}

/// Commands that one sample is the mean of, where one alone is too short for the kernel's clocks.
const COMMANDS: u32 = 5;
/// The part of a message that is asked for: so far in, so long.
const PART: (usize, u64) = (10 << 20, 32 << 10);

/// In the order in which they are done.
pub const ALL: [Measure; 14] = [
    Measure {
        name: "envelopes",
        what: "FETCH 1:* (FLAGS ENVELOPE)",
        unit: "ms",
        better: Better::Less,
        tries: Tries::InTurn,
        run: envelopes,
    },
    Measure {
        name: "flags",
        what: "FETCH 1:* (FLAGS)",
        unit: "ms",
        better: Better::Less,
        tries: Tries::InTurn,
        run: flags,
    },
    Measure {
        name: "bodies",
        what: "FETCH 1:* (BODY.PEEK[])",
        unit: "MB/s",
        better: Better::More,
        tries: Tries::InTurn,
        run: bodies,
    },
    Measure {
        name: "search",
        what: "SEARCH TEXT",
        unit: "ms",
        better: Better::Less,
        tries: Tries::InTurn,
        run: search,
    },
    Measure {
        name: "search-all",
        what: "SEARCH TEXT, in every message",
        unit: "ms",
        better: Better::Less,
        tries: Tries::InTurn,
        run: search_all,
    },
    Measure {
        name: "search-header",
        what: "SEARCH FROM, in no message",
        unit: "ms",
        better: Better::Less,
        tries: Tries::InTurn,
        run: search_header,
    },
    Measure {
        name: "search-many",
        what: "SEARCH TEXT among many",
        unit: "ms",
        better: Better::Less,
        tries: Tries::InTurn,
        run: search_many,
    },
    Measure {
        name: "logins",
        what: "connect, LOGIN, SELECT",
        unit: "/s",
        better: Better::More,
        tries: Tries::InTurn,
        run: logins,
    },
    Measure {
        name: "append",
        what: "APPEND, one client",
        unit: "/s",
        better: Better::More,
        tries: Tries::InTurn,
        run: |server, options| append(server, options, 1),
    },
    Measure {
        name: "appends",
        what: "APPEND, eight clients",
        unit: "/s",
        better: Better::More,
        tries: Tries::InTurn,
        run: |server, options| append(server, options, 8),
    },
    Measure {
        name: "select",
        what: "SELECT of many",
        unit: "ms",
        better: Better::Less,
        tries: Tries::InTurn,
        run: select,
    },
    Measure {
        name: "part",
        what: "read for 32 KiB of 30 MB",
        unit: "KiB",
        better: Better::Less,
        tries: Tries::InTurn,
        run: part,
    },
    Measure {
        name: "slow",
        what: "held for 30 MB that nobody reads",
        unit: "KiB",
        better: Better::Less,
        tries: Tries::Once,
        run: slow,
    },
    Measure {
        name: "idle",
        what: "held for an idle connection",
        unit: "KiB",
        better: Better::Less,
        tries: Tries::Once,
        run: idle,
    },
];

/// So much work, the time that it took, and what the server spent on it.
struct Spent {
    took: Duration,
    used: Usage,
}

impl Spent {
    fn on(server: &Server, work: impl FnOnce() -> io::Result<()>) -> io::Result<Self> {
        let (before, begun) = (Usage::of(server.process())?, Instant::now());
        work()?;
        let took = begun.elapsed();
        Ok(Self { took, used: Usage::of(server.process())? - before })
    }

    /// Milliseconds for each of so many.
    fn each(&self, count: u32) -> Sample {
        let count = count.max(1);
        Sample { figure: (self.took / count).as_secs_f64() * 1_000.0, cpu: Some(self.used.cpu / count) }
    }

    /// How many of so many in a second.
    fn rate(&self, count: usize) -> Sample {
        let cpu = self.used.cpu / u32::try_from(count.max(1)).unwrap_or(u32::MAX);
        Sample { figure: count as f64 / self.took.as_secs_f64(), cpu: Some(cpu) }
    }
}

fn expect(what: &str, found: u64, expected: u64) -> io::Result<()> {
    if found == expected { Ok(()) } else { Err(io::Error::other(format!("{what}: {found}, expected {expected}"))) }
}

/// A command at the full mailbox, some times.
fn repeated(server: &Server, command: &str, lines: u64) -> io::Result<Sample> {
    repeated_at(server, INBOX, command, lines)
}

/// A command at a mailbox, some times.
fn repeated_at(server: &Server, mailbox: &str, command: &str, lines: u64) -> io::Result<Sample> {
    let mut client = server.place.at(mailbox)?;
    let once = |client: &mut Client| expect(command, client.ask(command)?.lines, lines);
    // Once before, so that what is read is in memory.
    once(&mut client)?;
    Ok(Spent::on(server, || (0..COMMANDS).try_for_each(|_| once(&mut client)))?.each(COMMANDS))
}

fn envelopes(server: &Server, options: &Options) -> io::Result<Sample> {
    repeated(server, "FETCH 1:* (FLAGS ENVELOPE)", options.messages as u64)
}

fn flags(server: &Server, options: &Options) -> io::Result<Sample> {
    repeated(server, "FETCH 1:* (FLAGS)", options.messages as u64)
}

fn search(server: &Server, _: &Options) -> io::Result<Sample> {
    repeated(server, &format!("SEARCH TEXT {NEEDLE}"), 1)
}

/// A word of every header, so that nothing is narrowed.
fn search_all(server: &Server, _: &Options) -> io::Result<Sample> {
    repeated(server, "SEARCH TEXT certificata", 1)
}

fn search_header(server: &Server, _: &Options) -> io::Result<Sample> {
    repeated(server, &format!("SEARCH FROM {NEEDLE}"), 1)
}

fn search_many(server: &Server, _: &Options) -> io::Result<Sample> {
    repeated_at(server, MANY, &format!("SEARCH TEXT {NEEDLE}"), 1)
}

fn bodies(server: &Server, options: &Options) -> io::Result<Sample> {
    let mut client = server.place.at(INBOX)?;
    let command = "FETCH 1:* (BODY.PEEK[])";
    let whole = (0..options.messages).map(|number| messages::message(number).len() as u64).sum();
    let once = |client: &mut Client| expect("octets of all bodies", client.ask(command)?.literals, whole);
    once(&mut client)?;
    let spent = Spent::on(server, || (0..2).try_for_each(|_| once(&mut client)))?;
    let megabytes = usize::try_from(2 * whole / 1_000_000).unwrap_or(usize::MAX);
    Ok(spent.rate(megabytes))
}

fn logins(server: &Server, options: &Options) -> io::Result<Sample> {
    let once = || -> io::Result<()> {
        let mut client = server.place.at(INBOX)?;
        client.ask("LOGOUT").map(drop)
    };
    once()?;
    let each = options.logins / 4;
    let spent = Spent::on(server, || side_by_side(4, |_| (0..each).try_for_each(|_| once())))?;
    Ok(spent.rate(4 * each))
}

fn append(server: &Server, options: &Options, clients: usize) -> io::Result<Sample> {
    let each = options.appends / clients;
    let letters: Vec<Vec<u8>> = (0..each).map(|number| messages::message(8 * number + 1)).collect();
    let mut open: Vec<Client> = (0..clients).map(|_| server.place.log_in()).collect::<io::Result<_>>()?;
    let spent = Spent::on(server, || {
        let (mut open, letters) = (open.iter_mut(), &letters);
        thread::scope(|scope| {
            let put = |client: &mut Client| {
                letters.iter().try_for_each(|letter| client.append(RECEIVED, std::slice::from_ref(letter)))
            };
            let threads: Vec<_> = open.by_ref().map(|client| scope.spawn(move || put(client))).collect();
            joined(threads)
        })
    })?;
    Ok(spent.rate(clients * each))
}

fn select(server: &Server, options: &Options) -> io::Result<Sample> {
    let mut client = server.place.log_in()?;
    let command = format!("SELECT {MANY}");
    let mut once = || expect("messages there", client.ask(&command)?.exists, options.many as u64);
    once()?;
    Ok(Spent::on(server, || (0..COMMANDS).try_for_each(|_| once()))?.each(COMMANDS))
}

fn part(server: &Server, _: &Options) -> io::Result<Sample> {
    let mut client = server.place.at(BIG)?;
    let (from, octets) = PART;
    let mut once = || {
        let command = format!("FETCH 1 (BODY.PEEK[2]<{from}.{octets}>)");
        expect("octets of the part", client.ask(&command)?.literals, octets)
    };
    once()?;
    let spent = Spent::on(server, || (0..COMMANDS).try_for_each(|_| once()))?;
    Ok(Sample::from((spent.used.read / u64::from(COMMANDS)) as f64 / 1024.0))
}

fn slow(server: &Server, options: &Options) -> io::Result<Sample> {
    let mut open: Vec<Client> = (0..options.slow).map(|_| server.place.at(BIG)).collect::<io::Result<_>>()?;
    thread::park_timeout(Duration::from_secs(options.rest));
    let before = memory(server.process())?;
    for client in &mut open {
        client.send(b"FETCH 1 (BODY.PEEK[])")?;
        client.read_some(4096)?;
    }
    thread::park_timeout(Duration::from_secs(options.rest));
    held(server, before, options.slow)
}

fn idle(server: &Server, options: &Options) -> io::Result<Sample> {
    let count = if server.name == "Sigillo" { options.idle } else { options.idle_dovecot };
    drop(server.place.at(INBOX)?);
    thread::park_timeout(Duration::from_secs(options.rest));
    let before = memory(server.process())?;
    let mut open = Vec::new();
    for _ in 0..count {
        let mut client = server.place.at(INBOX)?;
        client.idle()?;
        open.push(client);
    }
    thread::park_timeout(Duration::from_secs(options.rest));
    held(server, before, count)
}

fn held(server: &Server, before: u64, connections: usize) -> io::Result<Sample> {
    let more = memory(server.process())?.saturating_sub(before);
    Ok(Sample::from(more as f64 / 1024.0 / connections.max(1) as f64))
}

fn side_by_side(threads: usize, work: impl Fn(usize) -> io::Result<()> + Sync) -> io::Result<()> {
    let work = &work;
    thread::scope(|scope| joined((0..threads).map(|number| scope.spawn(move || work(number))).collect()))
}

fn joined(threads: Vec<thread::ScopedJoinHandle<'_, io::Result<()>>>) -> io::Result<()> {
    let lost = || Err(io::Error::other("a client's thread ended badly"));
    threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| lost()))
}
