//! Messages found in the evidence: how long an answer takes among millions of events, and what the index costs.

mod archive;
mod cbor;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use self::archive::{Archive, EVENTS, Made};
use crate::lab::{Provider, Two, command, pause};

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Events in the store, about.
    #[arg(long, default_value_t = 10_000_000)]
    events: u64,
    /// Questions of each kind.
    #[arg(long, default_value_t = 20)]
    questions: u64,
    /// Seconds after which the measurement is given up.
    #[arg(long, default_value_t = 3600)]
    limit: u64,
    /// The program; by default the one beside this one.
    #[arg(long)]
    sigillo: Option<PathBuf>,
}

/// A question as the command line asks it.
type Question = Vec<String>;
/// A question about a message of an archive.
type Asked = fn(&Archive, &Made) -> io::Result<Question>;

/// Fills a provider's store from outside, has the provider make its index, and asks; prints the slowest answer of each kind.
pub fn run(options: &Options) -> io::Result<()> {
    let limit = Instant::now() + Duration::from_secs(options.limit);
    let two = Two::make(options.sigillo.as_deref())?;
    let (alfa, folder) = (&two.alfa, &two.lab.folder);
    // What else looks at all rows has its own measurements.
    two.lab.change(alfa, "sigillo.toml", "[store]\n", "[evidence]\nheads = \"0s\"\n\n[store]\n")?;
    let store = folder.join(&alfa.folder).join("store");
    let archive = Archive::of(options.events / EVENTS)?;
    let began = Instant::now();
    archive.fill(&store.join("sigillo.db"))?;
    println!(
        "{} messages, {} events, made in {} s",
        archive.messages,
        archive.messages * EVENTS,
        began.elapsed().as_secs()
    );
    let began = Instant::now();
    let _running = alfa.start(&two.sigillo, folder)?;
    let index = store.join("find.db");
    while known(&index) < archive.messages {
        if Instant::now() > limit {
            return Err(io::Error::other("time is over and the index is not whole"));
        }
        pause();
    }
    let (took, octets) = (began.elapsed(), std::fs::metadata(&index)?.len());
    println!(
        "index: {} s beside the provider, {:.0} us and {} octets for each message; statements in the commit: none",
        took.as_secs(),
        took.as_secs_f64() * 1e6 / archive.messages as f64,
        octets / archive.messages.max(1)
    );
    println!("{:34} {:>10} {:>10} {:>9}", "question", "median ms", "slowest ms", "messages");
    for (kind, question) in kinds() {
        let mut times = Vec::new();
        let mut most = 0;
        for number in 0..options.questions.max(1) {
            let asked = question(&archive, &archive.message(number * 7_919 % 1_009 * archive.messages / 1_009))?;
            let began = Instant::now();
            most = most.max(ask(&two.sigillo, folder, alfa, &asked)?);
            times.push(began.elapsed());
            if Instant::now() > limit {
                return Err(io::Error::other("time is over"));
            }
        }
        times.sort_unstable();
        let ms = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1e3);
        println!("{kind:34} {:>10.1} {:>10.1} {most:>9}", ms(times.get(times.len() / 2)), ms(times.last()));
    }
    Ok(())
}

/// Every kind of question, made of a message that is there.
fn kinds() -> [(&'static str, Asked); 14] {
    fn args(all: &[&str]) -> io::Result<Question> {
        Ok(all.iter().map(|one| (*one).to_owned()).collect())
    }
    [
        ("identifier", |_, m| args(&["--identifier", &m.identifier])),
        ("client's Message-ID", |_, m| args(&["--message-id", &m.client_id])),
        ("sender", |_, m| args(&["--from", &m.sender])),
        ("sender of every tenth message", |_, _| args(&["--from", &archive::frequent_sender()])),
        ("recipient", |_, m| args(&["--to", &m.recipient])),
        ("word of one message", |_, m| args(&[&m.rare_word])),
        ("word of every second message", |_, _| args(&[archive::COMMON])),
        ("two frequent words, never together", |_, _| args(&[archive::EVEN, archive::ODD])),
        ("frequent word, frequent sender", |_, _| args(&[archive::COMMON, "--from", &archive::frequent_sender()])),
        ("beginning of a word", |_, m| args(&[&format!("{}*", m.word.get(..4).unwrap_or("foglio"))])),
        ("day", |_, m| args(&["--on", &m.day()?])),
        ("sender, recipient, day", |_, m| args(&["--from", &m.sender, "--to", &m.recipient, "--on", &m.day()?])),
        ("frequent word, old days", |all, _| args(&[archive::COMMON, "--until", &all.early_day()?])),
        ("nothing that is there", |_, m| args(&["--from", &m.recipient, "inesistente"])),
    ]
}

/// How many messages were found.
fn ask(sigillo: &Path, folder: &Path, alfa: &Provider, question: &Question) -> io::Result<usize> {
    let mut find = command(sigillo)?;
    find.args(["evidence", "find", "--json", "--config"]).arg(folder.join(&alfa.folder).join("sigillo.toml"));
    let answer = harness::output(find.args(question))?;
    if !answer.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&answer.stderr).into_owned()));
    }
    Ok(String::from_utf8_lossy(&answer.stdout).lines().filter(|line| line.contains("\"type\":\"found\"")).count())
}

/// How many messages the index knows, read from outside.
fn known(index: &Path) -> u64 {
    let open = Connection::open_with_flags(index, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let known = open.and_then(|file| file.query_row("SELECT subject FROM followed", [], |row| row.get::<_, i64>(0)));
    known.map_or(0, i64::unsigned_abs)
}
