//! How far it is, for who waits at a terminal: one line, drawn over itself.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use output::quantity::{show_octets, show_time};

/// Between two drawings.
const PAUSE: Duration = Duration::from_millis(200);
/// Signs of the bar.
const WIDTH: u64 = 24;

/// The line.
pub(crate) struct Progress {
    shown: bool,
    what: &'static str,
    began: Instant,
    drawn: Option<Instant>,
    /// Messages and octets in all, where they are known.
    total: Option<(u64, u64)>,
    messages: u64,
    octets: u64,
}

impl Progress {
    /// A line on standard error, when that is a terminal and `quiet` is not set.
    pub(crate) fn new(what: &'static str, total: Option<(u64, u64)>, quiet: bool) -> Self {
        let shown = !quiet && io::stderr().is_terminal();
        Self { shown, what, began: Instant::now(), drawn: None, total, messages: 0, octets: 0 }
    }

    /// So many more are done.
    pub(crate) fn add(&mut self, messages: u64, octets: u64) {
        self.messages += messages;
        self.octets += octets;
        if self.shown && self.drawn.is_none_or(|drawn| drawn.elapsed() >= PAUSE) {
            self.drawn = Some(Instant::now());
            output::ask(format_args!("\r{}\u{1b}[K", self.line(self.began.elapsed())));
        }
    }

    /// Messages and octets that are done.
    pub(crate) fn done(&self) -> (u64, u64) {
        (self.messages, self.octets)
    }

    /// Takes the line away, so that something else is said.
    pub(crate) fn pause(&mut self) {
        if self.drawn.take().is_some() {
            output::ask(format_args!("\r\u{1b}[K"));
        }
    }

    fn line(&self, elapsed: Duration) -> String {
        let Self { what, messages, octets, .. } = self;
        let (octets_shown, rate) = (show_octets(*octets), show_octets(per_second(*octets, elapsed)));
        match self.total {
            Some((all, all_octets)) if all_octets > 0 => {
                let part = u128::from((*octets).min(all_octets));
                let done = u64::try_from(part * u128::from(WIDTH) / u128::from(all_octets)).unwrap_or(WIDTH);
                let bar: String = (0..WIDTH).map(|at| if at < done { '#' } else { '.' }).collect();
                let left = per_second(*octets, elapsed);
                let left = all_octets.saturating_sub(*octets).checked_div(left);
                let left = left.map(|left| format!(", {} left", show_time(left))).unwrap_or_default();
                format!(
                    "{what} [{bar}] {messages} of {all} messages, {octets_shown} of {}, {rate}/s{left}",
                    show_octets(all_octets)
                )
            }
            _ => format!("{what} {messages} messages, {octets_shown}, {rate}/s"),
        }
    }
}

fn per_second(octets: u64, elapsed: Duration) -> u64 {
    let millis = elapsed.as_millis().max(1);
    u64::try_from(u128::from(octets) * 1000 / millis).unwrap_or(u64::MAX)
}

impl Drop for Progress {
    /// The line goes: what is said next stands alone.
    fn drop(&mut self) {
        self.pause();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_far_it_is_and_how_long_it_takes() {
        let mut progress = Progress::new("importing", Some((4, 400 << 10)), true);
        progress.add(1, 100 << 10);
        assert_eq!(
            progress.line(Duration::from_secs(10)),
            "importing [######..................] 1 of 4 messages, 100 KiB of 400 KiB, 10 KiB/s, 30 seconds left"
        );
        let mut progress = Progress::new("exporting", None, true);
        progress.add(2, 3 << 20);
        assert_eq!(progress.line(Duration::from_secs(1)), "exporting 2 messages, 3.0 MiB, 3.0 MiB/s");
    }
}
