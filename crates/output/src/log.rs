//! The log: lines go to standard error by a thread of their own, so that no log ever stops the mail.
//!
//! Nobody may read the log, the disk under it may be full, the descriptor closed: then lines are lost, and counted, and the
//! provider goes on. When lines can be written again, one of them says how many are missing.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait for the thread.
const WAITING: usize = 4096;
/// The longest line that is kept whole, octets: what strangers send stands in lines too.
const LONGEST: usize = 16 << 10;
/// How long the end of the program waits for lines that are still to be written.
const LAST: Duration = Duration::from_secs(1);

/// Where the lines go.
#[derive(Clone)]
pub struct Lines {
    sender: SyncSender<Vec<u8>>,
    lost: Arc<AtomicU64>,
}

/// Keeps the thread; dropping it waits, not long, for the last lines.
pub struct LogThread {
    end: SyncSender<Vec<u8>>,
    thread: Option<JoinHandle<()>>,
    done: Receiver<()>,
}

/// Starts the thread that writes to `to`.
pub fn start(to: impl Write + Send + 'static) -> io::Result<(Lines, LogThread)> {
    let (sender, receiver) = sync_channel(WAITING);
    let (finished, done) = sync_channel(1);
    let lost = Arc::new(AtomicU64::new(0));
    let counted = lost.clone();
    let work = move || {
        Log { to, lost: counted, told: 0, torn: false }.run(&receiver);
        let _ = finished.send(());
    };
    let thread = thread::Builder::new().name("log-writer".into()).spawn(work)?;
    let kept = LogThread { end: sender.clone(), thread: Some(thread), done };
    Ok((Lines { sender, lost }, kept))
}

impl Lines {
    /// Lines lost since the start, for metrics and health.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { lines: self, bytes: Vec::new() }
    }
}

/// One line on its way; it is handed over when it is dropped.
pub struct Line<'a> {
    lines: &'a Lines,
    bytes: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = LONGEST.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(bytes.get(..bytes.len().min(room)).unwrap_or_default());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        if bytes.is_empty() {
            return;
        }
        if bytes.last() != Some(&b'\n') {
            bytes.push(b'\n');
        }
        if self.lines.sender.try_send(bytes).is_err() {
            lose(&self.lines.lost);
        }
    }
}

fn lose(lost: &AtomicU64) {
    lost.fetch_add(1, Ordering::Relaxed);
    metrics::counter!("sigillo_log_lines_lost_total").increment(1);
}

struct Log<W> {
    to: W,
    lost: Arc<AtomicU64>,
    /// How many lost lines the log itself has told of.
    told: u64,
    /// Whether a part of a line was written.
    torn: bool,
}

impl<W: Write> Log<W> {
    fn run(&mut self, lines: &Receiver<Vec<u8>>) {
        // An empty line is the end.
        while let Ok(line) = lines.recv() {
            if line.is_empty() {
                break;
            }
            self.line(&line);
        }
    }

    fn line(&mut self, line: &[u8]) {
        let lost = self.lost.load(Ordering::Relaxed);
        if lost > self.told {
            let missing = lost - self.told;
            if self.write(format!("log-lines-lost count={missing}\n").as_bytes()).is_ok() {
                self.told = lost;
            }
        }
        if self.write(line).is_err() {
            lose(&self.lost);
        }
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.torn {
            self.to.write_all(b"\n")?;
            self.torn = false;
        }
        let mut rest = line;
        while !rest.is_empty() {
            match self.to.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    rest = rest.get(count..).unwrap_or_default();
                    self.torn = !rest.is_empty();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.to.flush()
    }
}

impl Drop for LogThread {
    fn drop(&mut self) {
        // An empty line is the end. Nobody may be reading: the end does not wait for ever.
        let told = self.end.try_send(Vec::new()).is_ok();
        let ended = told && !matches!(self.done.recv_timeout(LAST), Err(RecvTimeoutError::Timeout));
        if ended && let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::channel;

    use super::*;

    /// A log that can be held, and that refuses when told.
    struct Held {
        written: Arc<Mutex<Vec<u8>>>,
        full: Arc<Mutex<bool>>,
        gate: Option<Receiver<()>>,
    }

    impl Write for Held {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(gate) = &self.gate {
                let _ = gate.recv();
            }
            if *self.full.lock().unwrap() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.written.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn say(lines: &Lines, text: &str) {
        lines.make_writer().write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn lines_come_out_in_order_and_the_last_ones_before_the_end() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let (lines, thread) = start(Held { written: written.clone(), full: Arc::default(), gate: None }).unwrap();
        (0..1000).for_each(|number| say(&lines, &format!("{number}\n")));
        drop(thread);
        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        assert!(text.lines().map(|line| line.parse::<usize>().unwrap()).eq(0..1000));
        assert_eq!(lines.lost(), 0);
    }

    #[test]
    fn a_log_that_nobody_reads_costs_lines_and_never_the_writer() {
        let (open, gate) = channel();
        let (lines, thread) = start(Held { written: Arc::default(), full: Arc::default(), gate: Some(gate) }).unwrap();
        (0..3 * WAITING).for_each(|_| say(&lines, "a line\n"));
        assert!(lines.lost() as usize >= WAITING, "{}", lines.lost());
        drop(thread);
        drop(open);
    }

    #[test]
    fn when_there_is_room_again_the_log_says_how_many_lines_are_missing() {
        let (written, full) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(true)));
        let (lines, thread) = start(Held { written: written.clone(), full: full.clone(), gate: None }).unwrap();
        (0..7).for_each(|_| say(&lines, "lost\n"));
        while lines.lost() < 7 {
            thread::yield_now();
        }
        *full.lock().unwrap() = false;
        say(&lines, "here\n");
        drop(thread);
        assert_eq!(written.lock().unwrap().as_slice(), b"log-lines-lost count=7\nhere\n");
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let (lines, thread) = start(Held { written: written.clone(), full: Arc::default(), gate: None }).unwrap();
        say(&lines, &"x".repeat(1 << 20));
        drop(thread);
        assert_eq!(written.lock().unwrap().len(), LONGEST + 1);
    }
}
