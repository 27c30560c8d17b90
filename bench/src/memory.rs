//! What a provider's process holds while large messages go through it side by side, and afterwards at rest.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use harness::Running;

use crate::group::Group;
use crate::lab::{Lab, Provider, Two};
use crate::load::{Counters, Load};

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Messages to submit, each on a connection of its own.
    #[arg(long, default_value_t = 40)]
    messages: usize,
    /// MiB of a message.
    #[arg(long, default_value_t = 30)]
    size: usize,
    /// MiB of the budget of both providers (smtp.limits.in_flight).
    #[arg(long, default_value_t = 160)]
    budget: u64,
    /// MiB above the budget that a process may reach; its group is held to that.
    #[arg(long, default_value_t = 300)]
    above: u64,
    /// MiB that a process may hold at rest.
    #[arg(long, default_value_t = 200)]
    rest_below: u64,
    /// Seconds of rest before that is looked at.
    #[arg(long, default_value_t = 30)]
    rest: u64,
    /// Do not hold the processes to anything, only look at them.
    #[arg(long)]
    no_limit: bool,
    /// Seconds after which the measurement is given up.
    #[arg(long, default_value_t = 600)]
    limit: u64,
    /// The program; by default the one beside this one.
    #[arg(long)]
    sigillo: Option<PathBuf>,
}

const MIB: u64 = 1 << 20;

/// What the kernel says of a process, in MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Status {
    resident: u64,
    peak: u64,
}

/// A provider that runs, in a group of its own where the machine lets us.
struct Measured<'a> {
    provider: &'a Provider,
    process: Running,
    idle: u64,
    // Goes after the process.
    _group: Option<Group>,
}

/// Makes a lab, loads it, prints figures; an error when a process held more than it may.
pub fn run(options: &Options) -> io::Result<()> {
    let limit = Instant::now() + Duration::from_secs(options.limit);
    let two = Two::make(options.sigillo.as_deref())?;
    let (alfa, beta, lab) = (&two.alfa, &two.beta, &two.lab);
    let messages = options.messages.max(1);
    println!(
        "{messages} messages of {} MiB side by side, budget {} MiB, at most {} MiB above it, {} MiB at rest",
        options.size, options.budget, options.above, options.rest_below
    );
    let mut measured = Vec::new();
    for provider in [alfa, beta] {
        // All connections here come from one address, and nothing is to wait for anything but the budget.
        lab.limit(provider, &format!("in_flight = \"{} MiB\"\n", options.budget), "in_flight_per_peer = 0\n")?;
        measured.push(Measured::start(options, lab, provider, &two.sigillo)?);
    }
    let mut load = Load::open(lab, alfa, beta, messages, Duration::from_secs(options.limit))?;
    let before = Counters::read(alfa, beta)?;
    let begun = Instant::now();
    let went = load.submit(options.size << 20, messages).and_then(|()| {
        println!("all accepted after {:.1} s", begun.elapsed().as_secs_f64());
        Counters::wait(alfa, beta, before.receipts + messages as f64, limit)
    });
    match &went {
        Ok(_) => println!("all receipts after {:.1} s", begun.elapsed().as_secs_f64()),
        // What was held until then is told all the same.
        Err(error) => println!("not all went through: {error}"),
    }
    drop(load);
    thread::park_timeout(Duration::from_secs(options.rest));
    let judged: Vec<bool> = measured.iter().map(|one| one.judge(options)).collect::<io::Result<_>>()?;
    match judged.contains(&false) {
        true => Err(io::Error::other("a process held more than it may")),
        false => went.map(drop),
    }
}

impl<'a> Measured<'a> {
    fn start(options: &Options, lab: &Lab, provider: &'a Provider, sigillo: &std::path::Path) -> io::Result<Self> {
        let most = (options.budget + options.above) * MIB;
        let name = format!("sigillo-bench-{}-{}", std::process::id(), provider.folder);
        let group = match (!options.no_limit).then(|| Group::make(&name, most)).transpose() {
            Ok(group) => group,
            Err(error) => {
                println!("{}: in no group, nothing holds it to its limit ({error})", provider.folder);
                None
            }
        };
        let process = provider.start_in(sigillo, &lab.folder, group.as_ref())?;
        let idle = Status::of(process.id())?.resident;
        Ok(Self { provider, process, idle, _group: group })
    }

    fn judge(&self, options: &Options) -> io::Result<bool> {
        let Status { resident, peak } = Status::of(self.process.id())?;
        let (name, idle, budget) = (&self.provider.folder, self.idle, options.budget);
        let above = i128::from(peak) - i128::from(budget);
        let held = peak <= budget + options.above && resident <= options.rest_below;
        println!(
            "{name}: idle {idle} MiB, peak {peak} MiB (budget {above:+}, {:.2} budgets), at rest after {} s {resident} MiB: {}",
            peak as f64 / budget as f64,
            options.rest,
            if held { "within" } else { "TOO MUCH" }
        );
        Ok(held)
    }
}

impl Status {
    fn of(process: u32) -> io::Result<Self> {
        let path = format!("/proc/{process}/status");
        let text =
            fs::read_to_string(&path).map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")))?;
        Self::parse(&text)
            .ok_or_else(|| io::Error::other(format!("{path} does not say what the process holds: it has ended")))
    }

    fn parse(text: &str) -> Option<Self> {
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()
        };
        Some(Self { resident: value("VmRSS")? / 1024, peak: value("VmHWM")? / 1024 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_page_is_read() {
        let text = "Name:\tx\nVmPeak:\t  999999 kB\nVmHWM:\t   20480 kB\nVmRSS:\t   10240 kB\n";
        assert_eq!(Status::parse(text), Some(Status { resident: 10, peak: 20 }));
        assert_eq!(Status::parse("Name:\tx\nState:\tZ (zombie)\n"), None);
        assert!(Status::of(std::process::id()).unwrap().peak > 0);
    }
}
