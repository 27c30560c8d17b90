//! What a running provider says of itself, for docs/monitoring.md.
//!
//! * [`port`]: the operator's local port, `/health` and `/metrics`;
//! * [`shown`]: what is shown and whom it is asked of; [`health`]: the lines, in words; `gauges`: the present as numbers;
//! * [`measures`]: every metric in one table, with its HELP and its first value; [`process`]: what the process itself uses.
//!
//! Begin with [`measures`] for a number, with [`health`] for a sentence.

mod gauges;
pub mod health;
pub mod measures;
pub mod port;
pub mod process;
pub mod shown;

pub use measures::Role;
pub use port::{lines, serve};
pub use shown::{Admin, Alarms, Readings};
