//! What the process itself uses, under the names that dashboards know, and what it may use. A system without `/proc` shows nothing of it.

use std::fs;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use pec::Moment;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::watch;

/// Ticks a second in `/proc` (proc(5), USER_HZ).
const TICKS: u64 = 100;
/// How often what the process uses is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// Says when the process began.
pub fn started(at: Moment) {
    metrics::gauge!("process_start_time_seconds").set(at.unix() as f64);
}

/// Puts what the process uses now in the metrics.
pub fn publish() {
    let read = |name: &str| fs::read_to_string(format!("/proc/self/{name}")).unwrap_or_default();
    if let Some(kibibytes) = number(&read("status"), "VmRSS:") {
        metrics::gauge!("process_resident_memory_bytes").set((kibibytes << 10) as f64);
    }
    if let Some(ticks) = ticks(&read("stat")) {
        metrics::counter!("process_cpu_seconds_total").absolute(ticks / TICKS);
    }
    if let Some(most) = number(&read("limits"), "Max open files") {
        metrics::gauge!("process_max_fds").set(most as f64);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        // One of them reads the folder.
        metrics::gauge!("process_open_fds").set(open.count().saturating_sub(1) as f64);
    }
}

/// The exporter forgets old samples only when told; and what the process uses is looked at, until `stop` becomes true.
pub async fn upkeep(exporter: PrometheusHandle, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        exporter.run_upkeep();
        publish();
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Takes as many open files as the system grants, and warns where that is less than `needed`: each session is one, and
/// strangers who open sessions must not leave the store without. What a process is given at first is often 1024.
pub fn take_files(needed: usize) {
    let granted = getrlimit(Resource::Nofile);
    // Where no bound is set the kernel has one, which it does not tell here: what there is then remains.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: granted.maximum, ..granted });
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    if files < needed as u64 {
        tracing::warn!(
            event = "few-files",
            files,
            needed,
            "the system grants fewer open files than the doors' sessions need"
        );
    }
}

/// The first number behind a word that begins a line.
fn number(text: &str, word: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(word))?.split_whitespace().next()?.parse().ok()
}

/// User and system time in `/proc/self/stat`. The program's name, in parentheses, may hold anything.
fn ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let field = |at: usize| rest.split_whitespace().nth(at)?.parse::<u64>().ok();
    // The 14th and the 15th field; the first behind the name is the 3rd.
    Some(field(11)? + field(12)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_proc_says_is_read() {
        assert_eq!(ticks("7 (a) b) c) S 1 2 3 4 5 6 7 8 9 10 250 17 0 0 20 0 9 0 1"), Some(267));
        assert_eq!(ticks("nothing"), None);
        assert_eq!(number("VmSize:\t 9 kB\nVmRSS:\t  1234 kB\n", "VmRSS:"), Some(1234));
        assert_eq!(
            number("Max open files            1024                 524288               files\n", "Max open files"),
            Some(1024)
        );
        assert_eq!(number("Max open files            unlimited\n", "Max open files"), None);
        // The real one, where there is one.
        let own = fs::read_to_string("/proc/self/status").unwrap_or_default();
        assert!(own.is_empty() || number(&own, "VmRSS:").is_some_and(|kibibytes| kibibytes > 100));
    }
}
