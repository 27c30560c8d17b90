//! Whoever watches that a provider has one past: fetches the heads that came since, and judges what can be judged from
//! outside. What was seen is kept in a small file; whatever does not go on from there is a discord, with which it ends.

mod discord;
mod growth;
mod heads;
mod publication;
mod round;
mod state;

pub use discord::{Discord, WatchError};
pub use publication::{Https, Publication};
pub use round::{Judges, Watched, WatchedLog, round};
pub use state::{FORM, Seen, State};
