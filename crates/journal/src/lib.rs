//! The evidence of each day in the customary form, which auditors of the providers' logs read (`docs/evidence-log.md`)
//! [R-L-log-1] [R-O-log-1].
//!
//! * [`Sheet`]: what one file is about: a tree of a log, as a rule a day; [`sheets`]: those that there are;
//! * [`line`](mod@line): rows as lines of text;
//! * [`Writing`]: a sheet written, as text, as a signed file (`.p7m`), as JSON Lines;
//! * [`Daily`]: the duty that writes each day once it has ended; [`command`]: `sigillo evidence export`.
//!
//! A day is streamed, however many rows it has: what is held is a page of rows.

pub mod command;
mod daily;
mod error;
mod json;
pub mod line;
mod marker;
mod sheet;
mod writing;

pub use daily::Daily;
pub use error::JournalError;
pub use sheet::{Sheet, sheets};
pub use writing::{Form, Forms, Source, Writing, Written};
