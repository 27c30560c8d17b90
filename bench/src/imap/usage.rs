//! What a server uses: all of its processes, as the kernel counts them.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::ops::Sub;
use std::time::Duration;

/// A tick of the kernel's clocks in `/proc`, on every Linux (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

/// What the processes of a server have used since they began, those that have ended included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// On the processors, in the program and in the kernel.
    pub cpu: Duration,
    /// Octets read by calls, of files and of sockets; those of processes that live.
    pub read: u64,
}

impl Sub for Usage {
    type Output = Usage;

    fn sub(self, before: Usage) -> Usage {
        Usage { cpu: self.cpu.saturating_sub(before.cpu), read: self.read.saturating_sub(before.read) }
    }
}

impl Usage {
    /// Of the process with this number and all of its offspring.
    pub fn of(leader: u32) -> io::Result<Self> {
        let mut sum = Self::default();
        for (process, stat) in family(leader)? {
            sum.cpu += TICK * stat.ticks;
            sum.read += field(&format!("/proc/{process}/io"), "rchar").unwrap_or_default();
        }
        Ok(sum)
    }
}

/// Octets of memory that a server's processes hold; what several share is divided among them.
pub fn memory(leader: u32) -> io::Result<u64> {
    let of = |process: u32| field(&format!("/proc/{process}/smaps_rollup"), "Pss").unwrap_or_default() << 10;
    Ok(family(leader)?.into_iter().map(|(process, _)| of(process)).sum())
}

/// What `/proc/PID/stat` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    /// Its own, and of the children that it has waited for.
    ticks: u32,
}

impl Stat {
    fn parse(text: &str) -> Option<Self> {
        // The name may hold anything, brackets too.
        let mut fields = text.rsplit_once(')')?.1.split_ascii_whitespace();
        let parent = fields.nth(1)?.parse().ok()?;
        let times = fields.skip(9).take(4).map(|ticks| ticks.parse::<u32>());
        Some(Self { parent, ticks: times.sum::<Result<u32, _>>().ok()? })
    }
}

/// A process with its offspring. A process that ends meanwhile is not among them.
fn family(leader: u32) -> io::Result<Vec<(u32, Stat)>> {
    let mut all = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let Some(process) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let stat = fs::read_to_string(format!("/proc/{process}/stat"));
        if let Some(stat) = stat.ok().and_then(|stat| Stat::parse(&stat)) {
            all.insert(process, stat);
        }
    }
    if !all.contains_key(&leader) {
        return Err(io::Error::other(format!("process {leader} has ended")));
    }
    let descends = |process: &u32| {
        let mut at = *process;
        // No line of parents is longer than there are processes.
        (0..all.len()).any(|_| {
            let found = at == leader;
            at = all.get(&at).map_or(0, |stat| stat.parent);
            found
        })
    };
    Ok(all.iter().filter(|(process, _)| descends(process)).map(|(process, stat)| (*process, *stat)).collect())
}

/// The number behind `name:` in a page of the kernel.
fn field(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_a_process_are_its_own_and_its_childrens() {
        let text = "42 (a ) b) S 7 42 42 0 -1 4194304 100 0 0 0 5 6 7 8 20 0 1 0 1000 0 0";
        assert_eq!(Stat::parse(text), Some(Stat { parent: 7, ticks: 26 }));
    }

    #[test]
    fn a_family_is_a_process_and_what_it_began() {
        let sleeper = harness::Running::start(std::process::Command::new("sleep").arg("60")).unwrap();
        let ours = family(std::process::id()).unwrap();
        assert!(ours.iter().any(|(process, _)| *process == sleeper.id()));
        let its: Vec<u32> = family(sleeper.id()).unwrap().into_iter().map(|(process, _)| process).collect();
        assert_eq!(its, [sleeper.id()]);
        assert!(memory(std::process::id()).unwrap() > 0);
        assert!(Usage::of(std::process::id()).unwrap().read > 0);
    }
}
