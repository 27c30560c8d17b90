//! How tests, the judge and the load generator run other programs, ours among them: within bounds, and never outliving
//! whoever started them. Nothing of the product stands here, so that the judge may use it too.
//!
//! * [`output`] runs a program to its end, within a time and an amount of output;
//! * [`Running`] is a server, which ends with the value;
//! * [`Clamd`] is a virus scanner that knows one signature;
//! * [`Block`] is a hundred ports that no other test has;
//! * [`connect_from`] connects as one of many strangers;
//! * [`take_files`] lets this process open as many files as it may: many connections are many files.
//!
//! Every program leads a process group. Its end, the end of its time or the drop of its value ends the whole group, and
//! when this process itself ends, however suddenly (a signal of the terminal, SIGKILL), its warden does: a shell that waits for
//! a pipe to close. A child that outlives its parent can therefore neither keep a pipe open for ever nor a port.

mod clamd;
mod connect;
mod files;
mod group;
mod output;
mod ports;
mod running;
mod warden;

pub use clamd::Clamd;
pub use connect::connect_from;
pub use files::take_files;
pub use output::{LIFE, output, output_of, output_within};
pub use ports::Block;
pub use running::Running;

#[cfg(test)]
mod tests;
