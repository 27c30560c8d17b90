//! Who certified what and when, in one sentence, and whether it holds: the judgement behind `sigillo verify`, and later the
//! web page and the API.
//!
//! Begin with [`examine`]: a message, [`Authorities`] to believe, the index and the [`Sources`] of revocations give an
//! [`Examination`]. [`chain_of`] and [`Sources::ask`] come before, where servers may be asked.

mod anomaly;
mod authority;
mod doubt;
mod error;
mod examination;
mod examine;
mod from;
mod index;
mod revoked;
mod sentences;
#[cfg(test)]
mod tests;

pub use authority::Authorities;
pub use error::VerifyError;
pub use examination::{Authenticity, Check, CheckName, CheckResult, Examination};
pub use examine::{chain_of, examine};
pub use index::read_index;
pub use revoked::Sources;
