//! A hostile hour: what holders feel of strangers who mean harm. Holders of one provider write to holders of the other at a
//! steady modest rate, first in peace, then beside strangers of every kind from many addresses of loopback.

mod holders;
mod stranger;
mod strangers;
mod watch;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use conformance::client::{Security, Server, trust};

use crate::lab::{Provider, Two, pause};

use holders::{Holders, Phase};
use stranger::{Stranger, Target};
use strangers::DEEDS;
use watch::{Deliveries, Process, Witness};

/// How hostile.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Minutes with strangers; before them there is a third as many in peace, five at most.
    #[arg(long, default_value_t = 2.0)]
    minutes: f64,
    /// Messages that holders submit in a second, each in a session of its own.
    #[arg(long, default_value_t = 2.0)]
    rate: f64,
    /// Only the strangers whose deed has this word in its name; all when none is named.
    #[arg(long)]
    only: Vec<String>,
    /// The program; by default the one beside this one.
    #[arg(long)]
    sigillo: Option<PathBuf>,
}

/// How long what was accepted may be on its way when all is over.
const AFTER: Duration = Duration::from_secs(120);

/// Makes a lab, runs both phases, prints what holders felt. Fails when a message was lost, or a session by our fault.
pub fn run(options: &Options) -> io::Result<()> {
    let two = Two::make(options.sigillo.as_deref())?;
    let (alfa, beta, dir) = (&two.alfa, &two.beta, &two.lab.folder);
    let hostile = Duration::from_secs_f64((options.minutes * 60.0).max(6.0));
    let calm = (hostile / 3).min(Duration::from_secs(300));
    as_outside(dir, alfa)?;
    let running = two.start()?;
    let process = Process::new(running.0.id());
    let few = || io::Error::other("the lab's providers have no mailboxes");
    // Of who sends, the receipts are counted afterwards: no mad program may have them.
    let (spare, senders) = alfa.account.split_last().filter(|(_, others)| !others.is_empty()).ok_or_else(few)?;
    let holders = Holders {
        server: Server {
            address: alfa.submission(),
            name: alfa.hostname.clone(),
            security: Security::Tls,
            patience: Duration::from_secs(60),
        },
        trust: trust(&dir.join("tls-ca.pem"))?,
        senders: senders.to_vec(),
        spare: spare.clone(),
        recipient: beta.account.first().ok_or_else(few)?.address.clone(),
        every: Duration::from_secs_f64(1.0 / options.rate.max(0.01)),
    };
    let log = dir.join(format!("{}.log", alfa.folder));
    let (deliveries, witness) = (Deliveries::default(), Witness::default());
    let over = AtomicBool::new(false);
    let phases = thread::scope(|scope| -> io::Result<[Phase; 2]> {
        let _over = SetAtEnd(&over);
        scope.spawn(|| deliveries.follow(&log, &over));
        scope.spawn(|| witness.look(alfa, &over));
        let calm = holders.write("calma", calm);
        let before = process.work();
        let strangers = Strangers::of(options, alfa, &holders)?;
        let hostile_phase = strangers.beside(|| holders.write("ostile", hostile));
        let work = process.work().saturating_sub(before);
        println!("strangers: {}", strangers.done());
        println!("the provider worked {:.0} s of {:.0}", work.as_secs_f64(), hostile.as_secs_f64());
        settle([alfa, beta])?;
        Ok([calm, hostile_phase])
    })?;
    let [calm, hostile] = &phases;
    for (name, phase) in [("calm", calm), ("hostile", hostile)] {
        println!("{name}: {}", phase.told(&deliveries));
    }
    let ratio =
        |of: fn(&Phase, &Deliveries) -> Option<Duration>| match (of(hostile, &deliveries), of(calm, &deliveries)) {
            (Some(hostile), Some(calm)) => format!("{:.2}", hostile.as_secs_f64() / calm.as_secs_f64()),
            _ => "unknown".to_owned(),
        };
    println!("p99 hostile/calm: acceptance {}, exchange {}", ratio(Phase::accepted_p99), ratio(Phase::exchanged_p99));
    println!("most memory: {} MiB", process.most_memory() >> 20);
    println!("{witness}");
    let lost = lost(&two.sigillo, dir, alfa, &phases)?;
    println!("lost: {lost}");
    let faults = watch::faults(&log)?;
    println!("sessions that ended by a fault of the program: {faults}");
    drop(running);
    match (lost, faults) {
        (0, 0) => Ok(()),
        (0, faults) => Err(io::Error::other(format!("{faults} sessions ended by a fault of the program"))),
        (lost, _) => Err(io::Error::other(format!("{lost} messages that were accepted have no receipt"))),
    }
}

/// A laboratory lets everybody come from one address as often as he likes; outside nobody may.
fn as_outside(dir: &Path, provider: &Provider) -> io::Result<()> {
    let file = dir.join(&provider.folder).join("sigillo.toml");
    let text = std::fs::read_to_string(&file)?;
    let outside = [
        ("sessions_per_peer = 500", "sessions_per_peer = 50"),
        ("commands_per_second = 0", "commands_per_second = 50"),
    ];
    let fewer = outside.into_iter().try_fold(text, |text, (here, there)| {
        let fewer = text.replace(here, there);
        if fewer == text { Err(io::Error::other(format!("the lab's configuration has no {here}"))) } else { Ok(fewer) }
    })?;
    std::fs::write(file, fewer)
}

/// Those who mean harm, each a thread.
struct Strangers {
    all: Vec<Stranger>,
}

impl Strangers {
    fn of(options: &Options, provider: &Provider, holders: &Holders) -> io::Result<Self> {
        let known = holders.senders.first().map(|sender| sender.address.clone()).unwrap_or_default();
        let own = (holders.spare.address.clone(), holders.spare.password.clone());
        let target = Target {
            incoming: provider.ports.incoming,
            submission: provider.ports.submission,
            submission_tls: provider.ports.submission_tls,
            imap_tls: provider.ports.imap_tls,
            pop3_tls: provider.ports.pop3_tls,
            name: provider.hostname.clone(),
            trust: holders.trust.clone(),
            known,
            own,
        };
        let wanted = |name: &str| options.only.is_empty() || options.only.iter().any(|word| name.contains(word));
        let deeds = DEEDS.iter().filter(|deed| wanted(deed.name)).flat_map(|deed| (0..deed.count).map(move |_| deed));
        let all = (0u8..).zip(deeds).map(|(number, deed)| Stranger::new(deed, number, target.clone())).collect();
        Ok(Self { all })
    }

    /// Has them at it while something else is done.
    fn beside<T>(&self, done: impl FnOnce() -> T) -> T {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let _over = SetAtEnd(&over);
            for stranger in &self.all {
                scope.spawn(|| stranger.act_until(&over));
            }
            done()
        })
    }

    /// How often each did his deed, and how often he was stopped in it.
    fn done(&self) -> String {
        let names: BTreeSet<&str> = self.all.iter().map(|stranger| stranger.deed.name).collect();
        let told = names.into_iter().map(|name| {
            let of: Vec<&Stranger> = self.all.iter().filter(|stranger| stranger.deed.name == name).collect();
            let sum = |count: fn(&Stranger) -> usize| of.iter().map(|stranger| count(stranger)).sum::<usize>();
            format!("{name}: {} × {} times, stopped {}", of.len(), sum(Stranger::begun), sum(Stranger::stopped))
        });
        told.collect::<Vec<_>>().join("; ")
    }
}

/// Sets a flag when it goes, whatever happens before.
struct SetAtEnd<'a>(&'a AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Waits until nobody has anything to carry.
fn settle(providers: [&Provider; 2]) -> io::Result<()> {
    let limit = Instant::now() + AFTER;
    loop {
        let mut queued = 0.0;
        for provider in providers {
            queued += crate::metrics::Page::read(&provider.admin())?.sum("sigillo_queue_dispatches", None);
        }
        if queued == 0.0 {
            return Ok(());
        }
        if Instant::now() > limit {
            return Err(io::Error::other(format!(
                "{queued} dispatches still wait {} s after the end",
                AFTER.as_secs()
            )));
        }
        pause();
    }
}

/// Messages that were accepted and have not exactly one delivery notification in their sender's mailbox.
fn lost(sigillo: &Path, dir: &Path, provider: &Provider, phases: &[Phase]) -> io::Result<usize> {
    let mut receipts = Vec::new();
    for account in &provider.account {
        let mut list = std::process::Command::new(sigillo);
        list.args(["mailbox", "list", "--config"]).arg(dir.join(&provider.folder).join("sigillo.toml"));
        let output = harness::output(list.arg(&account.address))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let of_kind = text.lines().filter_map(|line| line.split_once("CONSEGNA: "));
        receipts.extend(of_kind.map(|(_, subject)| subject.trim().to_owned()));
    }
    receipts.sort();
    let accepted = phases.iter().flat_map(Phase::subjects);
    let once = |subject: &&str| {
        let from = receipts.partition_point(|receipt| receipt.as_str() < *subject);
        receipts[from..].iter().take_while(|receipt| receipt == subject).count() == 1
    };
    Ok(accepted.filter(|subject| !once(subject)).count())
}
