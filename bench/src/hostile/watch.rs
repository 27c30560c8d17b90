//! What a provider says and uses meanwhile: its log, its health, its metrics, its process.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::{Provider, pause};
use crate::metrics::{Page, get};

/// When each delivery notification came, by the identifier of its message.
#[derive(Default)]
pub struct Deliveries(Mutex<HashMap<String, Instant>>);

impl Deliveries {
    /// Reads the sender's log as it is written.
    pub fn follow(&self, log: &Path, over: &AtomicBool) {
        let Ok(file) = File::open(log) else { return };
        let (mut reader, mut line) = (BufReader::new(file), String::new());
        while !over.load(Ordering::Relaxed) {
            match reader.read_line(&mut line) {
                // A line that is not whole yet stays until the rest is there.
                Ok(0) | Err(_) => pause(),
                Ok(_) if line.ends_with('\n') => {
                    if let Some(identifier) = delivered(&line) {
                        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(identifier, Instant::now());
                    }
                    line.clear();
                }
                Ok(_) => {}
            }
        }
    }

    /// When it came; `None`: the log did not say so.
    pub fn of(&self, identifier: &str) -> Option<Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(identifier).copied()
    }
}

/// Sessions that ended by a fault of the program, as its log has them.
pub fn faults(log: &Path) -> io::Result<usize> {
    let mut faults = 0;
    for line in BufReader::new(File::open(log)?).lines() {
        faults += usize::from(line?.contains("event=\"session-lost\""));
    }
    Ok(faults)
}

/// The identifier in the line of a delivery notification that came: `what=delivery of IDENTIFIER`.
fn delivered(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("=delivery of ")?;
    rest.split_whitespace().next().map(str::to_owned)
}

/// What health warned of, and the most that some metrics said.
#[derive(Default)]
pub struct Witness(Mutex<Said>);

#[derive(Default)]
struct Said {
    looks: usize,
    slowest: Duration,
    /// By warning without its numbers, how often.
    warnings: BTreeMap<String, usize>,
    most: BTreeMap<&'static str, f64>,
}

/// Metrics of which the most is told.
const MOST: [(&str, Option<&str>); 6] = [
    ("sigillo_budget_held_octets", Some("class=\"strangers\"")),
    ("sigillo_budget_waiting", None),
    ("sigillo_login_failures_total", None),
    ("sigillo_log_lines_lost_total", None),
    ("sigillo_smtp_server_sessions_total", None),
    ("sigillo_failures_total", None),
];

impl Witness {
    /// Looks once a second.
    pub fn look(&self, provider: &Provider, over: &AtomicBool) {
        while !over.load(Ordering::Relaxed) {
            let begun = Instant::now();
            let health = get(&provider.admin(), "/health");
            let took = begun.elapsed();
            let page = Page::read(&provider.admin());
            let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            said.looks += 1;
            said.slowest = said.slowest.max(took);
            let text = health.unwrap_or_else(|error| format!("warning: health does not answer: {error}"));
            for warning in text.lines().filter_map(|line| line.strip_prefix("warning: ")) {
                let without = warning.replace(|c: char| c.is_ascii_digit(), "#");
                *said.warnings.entry(without).or_default() += 1;
            }
            if let Ok(page) = page {
                for (name, label) in MOST {
                    let most = said.most.entry(name).or_default();
                    *most = most.max(page.sum(name, label));
                }
            }
            drop(said);
            thread::park_timeout(Duration::from_secs(1));
        }
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        write!(f, "health: asked {} times, slowest answer {} ms", said.looks, said.slowest.as_millis())?;
        for (warning, count) in &said.warnings {
            write!(f, "\n    {count} × {warning}")?;
        }
        f.write_str("\nmetrics, the most:")?;
        said.most.iter().try_for_each(|(name, most)| write!(f, "\n    {name} {most}"))
    }
}

/// A process, as the system sees it (proc(5)).
pub struct Process(u32);

impl Process {
    /// With this number.
    pub fn new(id: u32) -> Self {
        Self(id)
    }

    /// Processor time that it has used.
    pub fn work(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap_or_default();
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok());
        Duration::from_millis(10 * ticks.sum::<u64>())
    }

    /// The most memory that it has had at once, octets.
    pub fn most_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kib.unwrap_or(0) << 10
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_read_from_a_line_of_the_log() {
        let line = "2026-01-05T10:00:00Z  INFO provider: event=\"received\" identifier=\"i1@alfa.example\" \
                    path=\"p@beta.example\" what=delivery of i1@alfa.example\n";
        assert_eq!(delivered(line).as_deref(), Some("i1@alfa.example"));
        assert_eq!(delivered("what=take-charge of i1@alfa.example\n"), None);
    }
}
