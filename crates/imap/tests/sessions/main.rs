//! Whole sessions over TLS against a desk with a real store. The numbers are those of our list of what broke real clients.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod acl;
mod append;
mod bad;
mod barred;
mod bench;
mod binary;
mod clients;
mod compress;
mod copy;
mod fetch;
mod folders;
mod idle;
mod login;
mod metadata;
mod namespace;
mod offices;
mod preview;
mod recent;
mod reports;
mod resync;
mod revision;
mod search;
mod select;
mod store;
mod thread;
mod together;
