//! The built program as a newcomer, a hostile client and a crash meet it: real processes, real clients, foreign judges.
#![allow(clippy::unwrap_used, missing_docs)] // A test fails by panicking, and its names are its docs.

mod administration;
mod audited;
mod bulk;
mod clients;
mod conformance;
mod crash;
mod demo;
mod device;
mod dns;
mod full;
mod group;
mod guesses;
mod hostile;
mod house;
mod imap;
mod index;
mod lost;
mod operator;
mod ordinary;
mod organisations;
mod origin;
mod peer;
mod pop3;
mod post;
mod proved;
mod revoked;
mod rotten;
mod spill;
mod stamped;
mod talk;
mod tokens;
mod told;
mod trouble;
mod trust;
mod watched;
