//! A server.

use std::io;
use std::process::{ChildStdin, ChildStdout, Command, ExitStatus};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::group::Group;

/// The longest life of a server in a test.
const LIFE: Duration = Duration::from_secs(30 * 60);
/// Between two looks at whether it has ended.
const GLANCE: Duration = Duration::from_millis(5);

/// A program under way. It ends with its children when this is dropped, and after half an hour in any case.
#[derive(Debug)]
pub struct Running {
    group: Arc<Mutex<Group>>,
    /// Closed at the drop: its time is then no longer watched.
    _watched: Sender<()>,
}

impl Running {
    /// Starts it. Its outputs go where the command says: to pipes that nobody reads it would write itself to a halt.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        Self::start_for(command, LIFE)
    }

    /// The same with another time.
    pub fn start_for(command: &mut Command, life: Duration) -> io::Result<Self> {
        let group = Arc::new(Mutex::new(Group::spawn(command)?));
        let (watched, end) = mpsc::channel();
        let (watched_group, program) = (Arc::downgrade(&group), command.get_program().to_owned());
        #[allow(clippy::disallowed_macros, reason = "whoever reads the test's outcome is told why")]
        thread::spawn(move || {
            if end.recv_timeout(life) == Err(RecvTimeoutError::Timeout)
                && let Some(group) = watched_group.upgrade()
            {
                eprintln!("{} has run for {} s and is ended", program.display(), life.as_secs());
                let _ = group.lock().unwrap_or_else(PoisonError::into_inner).end();
            }
        });
        Ok(Self { group, _watched: watched })
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.lock().child.id()
    }

    /// The pipe to its input, once, when the command asked for one.
    pub fn stdin(&self) -> Option<ChildStdin> {
        self.lock().child.stdin.take()
    }

    /// The pipe of its output, once, when the command asked for one.
    pub fn stdout(&self) -> Option<ChildStdout> {
        self.lock().child.stdout.take()
    }

    /// How it ended; `None` while it runs. What it left behind ends then.
    pub fn ended(&self) -> io::Result<Option<ExitStatus>> {
        self.lock().ended()
    }

    /// Waits for its end; `TimedOut` when it runs longer than that.
    pub fn wait(&self, patience: Duration) -> io::Result<ExitStatus> {
        let limit = Instant::now() + patience;
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if Instant::now() > limit {
                let text = format!("process {} still runs after {} s", self.id(), patience.as_secs());
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            }
            thread::park_timeout(GLANCE);
        }
    }

    /// Asks it to end: SIGTERM.
    pub fn terminate(&self) -> io::Result<()> {
        self.lock().terminate()
    }

    /// Ends it and its children at once: SIGKILL. How it ended is said, which it may have done before.
    pub fn kill(&self) -> io::Result<ExitStatus> {
        self.lock().end()
    }

    fn lock(&self) -> MutexGuard<'_, Group> {
        self.group.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
