//! What the program says: answers on standard output, complaints on standard error, and the [`log`], which
//! [`logging`] starts; and [`quantity`]: octets and times as people write and read them.
//!
//! Whoever listens may go away (`| head`), and what is written to may be full: neither ends the program, nor does it stop
//! what the program is there for. So nothing here panics, and `println!` and its kin are not used anywhere
//! (`clippy.toml`): begin with [`say!`] and [`tell!`].

pub mod log;
pub mod logging;
pub mod quantity;

use std::fmt::Arguments;
use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::PoisonError;

/// Says a line on standard output, as `println!` does.
#[macro_export]
macro_rules! say {
    () => { $crate::say_line(::std::format_args!("")) };
    ($($text:tt)*) => { $crate::say_line(::std::format_args!($($text)*)) };
}

/// Says a line on standard error, as `eprintln!` does.
#[macro_export]
macro_rules! tell {
    ($($text:tt)*) => { $crate::tell_line(::std::format_args!($($text)*)) };
}

/// Why standard output could not be written to, when somebody still listens there.
static FAULT: Mutex<Option<String>> = Mutex::new(None);

/// What [`say!`] does.
pub fn say_line(text: Arguments<'_>) {
    let mut stdout = io::stdout().lock();
    note(writeln!(stdout, "{text}").and_then(|()| stdout.flush()));
}

/// Writes bytes to standard output as they are.
pub fn say_bytes(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    note(stdout.write_all(bytes).and_then(|()| stdout.flush()));
}

/// What [`tell!`] does. There is nobody to complain to about a complaint.
pub fn tell_line(text: Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A question on standard error, without a line end.
pub fn ask(text: Arguments<'_>) {
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{text}").and_then(|()| stderr.flush());
}

/// Why something of what was said could not be written; `None` when all was, or nobody listens any more: a command whose
/// output went into a file that is full has not done what it was asked for.
pub fn fault() -> Option<String> {
    FAULT.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn note(said: io::Result<()>) {
    if let Err(error) = said
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        FAULT.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error.to_string());
    }
}

/// Foreign text on a terminal: no control characters, line ends among them, and nothing that turns the direction of
/// what follows, so that a subject cannot write a verdict of its own.
pub fn printable(text: &str) -> String {
    let turns = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_moves_no_cursor_and_turns_no_line() {
        let shown = printable("x\nAutentico: tutto vero\u{1b}[2J\u{202e}");
        assert!(shown.lines().count() == 1 && !shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
    }
}
