//! IMAP4rev1 and IMAP4rev2 (RFC 3501, RFC 9051): the syntax, without I/O, clock or store, and the sessions that stand on it.
//!
//! A door is an [`Imap`]: it serves sessions (`session`) over a holder's desk. A client has
//! IMAP4rev1 until it enables IMAP4rev2.
//!
//! Of the syntax begin with [`framing`]: octets from a socket become whole commands there, within [`Bounds`]. [`command`] says what they
//! mean, and [`fault`] what is wrong with those that mean nothing. [`response`] writes the answers; octets of messages go
//! past it, from the store to the socket.
//!
//! A client chooses its [`Dialect`]: how [`name`]s and texts beyond ASCII are written. [`sequence`] are sets of message
//! numbers, [`pattern`] those of LIST, [`date`] the days of SEARCH, [`flag`] flags.
//!
//! Everything that a client sends is bounded: lines, literals, items of lists, the depth of search keys, and the work that
//! a pattern makes. Nothing here panics, whatever comes in.

pub mod answer;
mod bounds;
pub mod command;
mod cursor;
pub mod date;
mod deflate;
mod dialect;
mod door;
pub mod fault;
pub mod flag;
pub mod framing;
mod house;
pub mod name;
mod offer;
pub mod pattern;
pub mod response;
mod secret;
pub mod sequence;
mod session;
mod tag;
#[cfg(test)]
mod tests;

pub use ::door::Door;
pub use bounds::Bounds;
pub use dialect::Dialect;
pub use fault::Fault;
pub use house::{Imap, Limits, door_name};
pub use offer::Offer;
pub use secret::Secret;
pub use tag::Tag;
