//! Operations on a real store, in this process and over the socket.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod acts;
mod app_passwords;
mod bench;
mod finding;
mod history;
mod import;
mod organisations;
mod persons;
mod reconciled;
mod socket;
