//! A program run to its end.

use std::io::{self, Read, Write as _};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::group::Group;

/// How long a program may run that is expected to end by itself, on a busy machine.
pub const LIFE: Duration = Duration::from_secs(120);
/// How long its output may stay open when it and its group have ended: only a process that left the group can hold it.
const AFTER: Duration = Duration::from_secs(5);
/// Octets that it may write, to each of its two outputs.
const OCTETS: usize = 256 << 20;
/// Between two looks at whether it has ended.
const GLANCE: Duration = Duration::from_millis(2);

/// Runs a program without input to its end, as [`Command::output`] does, for at most [`LIFE`]. Fails when it cannot be
/// started, when its time is over (`TimedOut`, with what it had said), and when it says more than can be meant.
pub fn output(command: &mut Command) -> io::Result<Output> {
    output_within(command, LIFE)
}

/// The same with another time.
pub fn output_within(command: &mut Command, life: Duration) -> io::Result<Output> {
    run(command.stdin(Stdio::null()), None, life)
}

/// The same with an input. A program that ends before it has read all of it is judged by how it ended.
pub fn output_of(command: &mut Command, input: &[u8]) -> io::Result<Output> {
    run(command.stdin(Stdio::piped()), Some(input), LIFE)
}

fn run(command: &mut Command, input: Option<&[u8]>, life: Duration) -> io::Result<Output> {
    let limit = Instant::now() + life;
    let mut group = Group::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let program = command.get_program().display();
    if let (Some(mut pipe), Some(input)) = (group.child.stdin.take(), input.map(<[u8]>::to_vec)) {
        thread::spawn(move || pipe.write_all(&input));
    }
    let no_pipe = || io::Error::other("a child without its pipes");
    let stdout = Heard::from(group.child.stdout.take().ok_or_else(no_pipe)?);
    let stderr = Heard::from(group.child.stderr.take().ok_or_else(no_pipe)?);
    let said = || {
        let said = [stderr.so_far(), stdout.so_far()].concat();
        String::from_utf8_lossy(&said[said.len().saturating_sub(4000)..]).into_owned()
    };
    let status = loop {
        // The end of its output is nearly always the end of the program: then nobody waits.
        match stdout.end.recv_timeout(GLANCE) {
            Ok(End::TooMuch) => return Err(io::Error::other(format!("{program} says more than {OCTETS} octets"))),
            Ok(End::Closed) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => thread::park_timeout(GLANCE),
        }
        if let Some(status) = group.ended()? {
            break status;
        }
        if Instant::now() > limit {
            group.end()?;
            let text = format!(
                "{program} did not end within {} s, and was ended with its children; it had said:\n{}",
                life.as_secs(),
                said()
            );
            return Err(io::Error::new(io::ErrorKind::TimedOut, text));
        }
    };
    for heard in [&stdout, &stderr] {
        match heard.end.recv_timeout(AFTER) {
            Ok(End::TooMuch) => return Err(io::Error::other(format!("{program} says more than {OCTETS} octets"))),
            Ok(End::Closed) | Err(RecvTimeoutError::Disconnected) => {}
            Err(RecvTimeoutError::Timeout) => {
                let text = format!(
                    "{program} ended, and a process that it left behind holds its output; it had said:\n{}",
                    said()
                );
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            }
        }
    }
    Ok(Output { status, stdout: stdout.so_far(), stderr: stderr.so_far() })
}

/// What came through a pipe until now. A thread reads; it ends with the pipe, and nobody waits for it.
struct Heard {
    octets: Arc<Mutex<Vec<u8>>>,
    end: Receiver<End>,
}

enum End {
    Closed,
    TooMuch,
}

impl Heard {
    fn from(mut pipe: impl Read + Send + 'static) -> Self {
        let octets = Arc::new(Mutex::new(Vec::new()));
        let (tell, end) = mpsc::channel();
        let kept = Arc::clone(&octets);
        thread::spawn(move || {
            let mut piece = vec![0; 64 << 10];
            while let Ok(count @ 1..) = pipe.read(&mut piece) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() + count > OCTETS {
                    let _ = tell.send(End::TooMuch);
                    return;
                }
                kept.extend_from_slice(&piece[..count]);
            }
            let _ = tell.send(End::Closed);
        });
        Self { octets, end }
    }

    fn so_far(&self) -> Vec<u8> {
        self.octets.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
