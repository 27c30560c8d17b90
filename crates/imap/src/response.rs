//! Answers: a [`Writer`] with a method for each response (RFC 9051 §7).
//!
//! It writes heads and tails; the octets of messages go from the store to the socket between them. What it is given may be
//! anything, since messages and names come from strangers: it always writes one well-formed response.

mod access;
mod code;
mod envelope;
mod fetch;
mod mailbox;
mod messages;
mod server;
mod status;
mod structure;
mod writer;

pub use code::{Code, Condition};
pub use fetch::FetchResponse;
pub use mailbox::{ListEntry, StatusValue};
pub use messages::{Esearch, ThreadNode};
pub use structure::{MAX_ATTACHED, attached_headers};
pub use writer::Writer;
