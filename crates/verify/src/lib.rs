//! Who certified what and when, in one sentence, and whether it holds: the judgement behind `sigillo verify`, and later the
//! web page and the API.
//!
//! Begin with [`examine`]: a message, [`Authorities`] to believe, the index and the [`Sources`] of revocations give an
//! [`Examination`]. [`chains_of`] and [`Sources::ask`] come before, where servers may be asked.

mod anomaly;
mod attached;
mod authority;
mod doubt;
mod error;
mod examination;
mod examine;
mod from;
mod index;
mod line_ends;
mod named;
mod outside;
mod owner;
mod revoked;
mod sentences;
#[cfg(test)]
mod tests;
mod words;

pub use authority::Authorities;
pub use error::VerifyError;
pub use examination::{Attached, Authenticity, Check, CheckName, CheckResult, Examination, Shown};
pub use examine::{chains_of, examine};
pub use index::read_index;
pub use outside::Outside;
pub use owner::Owner;
pub use revoked::Sources;
