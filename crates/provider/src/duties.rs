//! The duties: what a running provider does. They wait, sign, commit, count and log; what is decided, the points decide.
//!
//! * [`engine`]: asks the store, has a point decide, signs, commits, answers (`engine::receiving`: at the Incoming Point);
//! * [`relay`]: carries the queue, to other providers and to ourselves;
//! * [`watch`]: looks for recipients of whom nothing was heard; [`retention`]: what ends after thirty months;
//! * [`ending`]: app passwords that end, told before; [`filling`]: mailboxes that fill;
//! * [`scanning`]: whether the virus scanner works; [`checking`]: whether what is kept is whole;
//! * [`house`]: what must be in the store before a start;
//! * `signers`: what providers sign that is not as the norm says;
//! * `signing`: drafts signed side by side; `account`: what is counted and logged when something is done.

mod account;
pub mod checking;
pub mod ending;
pub mod engine;
pub mod filling;
pub mod house;
pub mod relay;
pub mod retention;
pub mod scanning;
mod signers;
mod signing;
pub mod watch;
