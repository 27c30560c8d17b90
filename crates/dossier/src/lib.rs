//! What is shown of a certified message to others, years later: its receipts octet for octet, and where they are gone an
//! attestation of what the trace says.
//!
//! * [`history`]: everything that is known of one message, and which of its pieces are still there;
//! * [`attestation`]: what the provider signs in the place of a receipt that is gone, with its proof;
//! * [`report`]: such a text, in Italian first and then in English: plain, as a page, as PDF/A;
//! * [`Material`]: what the pieces of a message are judged by, of their time;
//! * [`command`]: `sigillo evidence receipts`; `sigillo dossier`, which puts everything about messages into one archive; `sigillo
//!   person export`, which does so with everything about a person.
//!
//! What is read is read beside the provider, page by page, one message at a time; who reads is on record first
//! ([`control::DisclosureRequest`]).

pub mod attestation;
mod bundle;
pub mod command;
mod contents;
pub mod history;
mod judge;
mod means;
mod names;
mod person;
pub mod report;
mod verification;
mod words;

pub use attestation::Attestation;
pub use history::{History, Piece, Stored};
pub use judge::Material;
pub use report::{Fact, Report, Section};
