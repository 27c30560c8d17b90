//! Fetching over HTTP and HTTPS what others publish: the index of providers, lists of revoked certificates, answers about
//! one certificate; and asking those who answer: time stamps. Bounded in time and octets.
//!
//! Begin with [`Fetcher`]. [`chance`] spreads the waits between two fetches, so that not everybody comes at once;
//! [`keep`] puts what was fetched in the place of what was there, whole or not at all.

pub mod chance;
mod client;
pub mod keep;
mod public;

pub use client::{FetchError, FetchOptions, Fetcher, Finding, Login, Names, is_address, is_https};
pub use public::is_public;
