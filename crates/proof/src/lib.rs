//! The forms of evidence, and what can be proved with them; `docs/evidence-format.md` is their description. Pure: no I/O, no
//! clock, no keys.
//!
//! * [`record`], [`subject`]: one operation on one message, and what is common to all of them; [`canonical`]: their bytes, a row's with a
//!   [`Salt`];
//! * [`tree`]: the Merkle tree over the rows of a day (RFC 6962 §2.1): roots, inclusion, consistency;
//! * [`head`]: what the provider signs of a tree; [`Link`]: which head may follow which; [`Expiry`]: that its
//!   rows went in their time;
//! * [`file`](mod@file): rows with their paths to signed heads.
//!
//! Who writes evidence (`store`), who seals it (`sealing`) and who verifies a proof (`verify`) share these forms and nothing
//! else.

pub mod canonical;
mod cbor;
mod expiry;
pub mod file;
pub mod head;
mod link;
pub mod record;
mod salt;
pub mod subject;
pub mod tree;
mod version;

pub use canonical::FormatError;
pub use expiry::Expiry;
pub use link::Link;
pub use record::{About, Actor, Event, Evidence, LogId};
pub use salt::Salt;
pub use subject::{Named, SharedSubject, Subject, SubjectHash};
