//! Certified exchanges per second between two providers on this machine.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::floor::{Floor, measure};
use crate::lab::Two;
use crate::load::{Counters, Load};

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Messages to submit.
    #[arg(long, default_value_t = 2_000)]
    messages: usize,
    /// Submission connections kept open.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Octets of a message's text.
    #[arg(long, default_value_t = 2_000)]
    size: usize,
    /// Seconds after which the measurement is given up.
    #[arg(long, default_value_t = 180)]
    limit: u64,
    /// The program; by default the one beside this one.
    #[arg(long)]
    sigillo: Option<PathBuf>,
}

/// Makes a lab, loads it, prints figures.
pub fn run(options: &Options) -> io::Result<()> {
    let limit = Instant::now() + Duration::from_secs(options.limit);
    let two = Two::make(options.sigillo.as_deref())?;
    let (alfa, beta) = (&two.alfa, &two.beta);
    // Before the providers run, so that nothing else is on the cores.
    let floor = measure(3)?;
    println!("{floor}");

    let _running = two.start()?;
    let connections = options.connections();
    let mut load = Load::open(&two.lab, alfa, beta, connections, Duration::from_secs(options.limit))?;
    // One message for each connection warms the way to the other provider.
    let before = Counters::read(alfa, beta)?;
    load.submit(64, connections)?;
    Counters::wait(alfa, beta, before.receipts + connections as f64, limit)?;

    let before = Counters::read(alfa, beta)?;
    let begun = Instant::now();
    load.submit(options.size, options.messages)?;
    let submitted = begun.elapsed();
    let after = Counters::wait(alfa, beta, before.receipts + options.messages as f64, limit)?;
    print(options, floor, submitted, begun.elapsed(), before, after);
    Ok(())
}

impl Options {
    /// No more connections than messages.
    fn connections(&self) -> usize {
        self.connections.clamp(1, self.messages.max(1))
    }
}

fn print(options: &Options, floor: Floor, submitted: Duration, whole: Duration, before: Counters, after: Counters) {
    let count = options.messages as f64;
    let rate = count / whole.as_secs_f64();
    let (messages, connections) = (options.messages, options.connections());
    println!("{messages} messages of {} octets, {connections} connections", options.size);
    println!("accepted: {:.0}/s, all within {:.2} s", count / submitted.as_secs_f64(), submitted.as_secs_f64());
    println!("certified exchanges: {rate:.0}/s, all receipts after {:.2} s", whole.as_secs_f64());
    println!("of the floor: {:.0} %", 100.0 * rate / floor.exchanges());
    let per = |before: f64, after: f64| (after - before) / count;
    println!(
        "per exchange: {:.2} signatures, {:.2} outcomes, {:.3} flushes",
        per(before.signatures, after.signatures),
        per(before.outcomes, after.outcomes),
        per(before.flushes, after.flushes)
    );
}
