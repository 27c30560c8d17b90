//! What a domain and its holders' mail programs need to be told, so that mail arrives and nobody types a server's name.
//!
//! Begin with [`Offer`]: what a provider has for the holders of a domain. From it come the [`records`] of DNS, which
//! [`check()`] compares with those that are there, and the [`files`] of a web server. [`command`] is `sigillo dns`.

pub mod check;
pub mod command;
pub mod files;
mod offer;
pub mod records;
pub mod told;

pub use check::{Finding, State, check};
pub use files::{File, files};
pub use offer::{Door, Offer, Service};
pub use records::{Record, Rule, records};
pub use told::{outcome, zone};

#[cfg(test)]
mod tests;
