//! Time stamps (RFC 3161), asked of one authority after the other over HTTP.
//!
//! Begin with [`Stamps::stamp`]: a SHA-256 in, an intact stamp of an authority that is believed out. Authorities are asked in
//! the order of the operator; one that failed is left alone for a while that doubles. While all are left alone there is no
//! stamp, and the caller, who keeps what waits, asks again later. [`Stamps::standing`] says how each fares.

mod authority;
mod error;
mod settings;
mod stamps;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use fetch::Login;
pub use seal::timestamp::Policy;

pub use authority::Trouble;
pub use error::StampsError;
pub use settings::{AuthoritySettings, Settings};
pub use stamps::{NoStamp, Stamps, Standing};
