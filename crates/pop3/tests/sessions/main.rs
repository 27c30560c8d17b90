//! Whole sessions over TLS against a desk with a real store.
#![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect ends")]

mod bench;
mod reports;
mod session;
