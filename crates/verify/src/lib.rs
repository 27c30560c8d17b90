//! Who certified what and when, in one sentence, and whether it holds: the judgement behind `sigillo verify`, and later the
//! web page and the API.
//!
//! Begin with [`examine`]: a message, [`Authorities`] to believe, the index and the [`Sources`] of revocations give an
//! [`Examination`]; a file that proves rows of a provider's trace has [`examine_proof`],
//! one of its heads [`examine_head`]. [`chains_of`] and [`Sources::ask`] come before, where servers may be asked.
//! [`command`] is `sigillo verify`.

mod anomaly;
mod attached;
mod authority;
pub mod command;
mod doubt;
mod error;
mod examination;
mod examine;
mod from;
mod heads;
mod index;
mod lasting;
mod line_ends;
mod named;
mod outside;
mod owner;
mod proved;
mod revoked;
mod sentences;
mod stamps;
#[cfg(test)]
mod tests;
mod words;

pub use authority::Authorities;
pub use error::VerifyError;
pub use examination::{Attached, Authenticity, Check, CheckName, CheckResult, Examination, Shown, StampStanding};
pub use examine::{chains_of, examine};
pub use heads::{HeadExamination, chains_of_heads, examine_head};
pub use index::{read_index, signed_index};
pub use outside::Outside;
pub use owner::Owner;
pub use proved::{Operation, ProofExamination, chains_of_proof, examine_proof};
pub use revoked::Sources;
pub use stamps::{HeadStamp, StampAuthorities};
