//! Messages carried into a store and out of it, and what other programs make of what they find.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod archive;
mod bench;
mod bounds;
mod maildir;
mod mbox;
mod round_trip;
