//! Messages carried into a mailbox and out of it, many at once: `sigillo import` and `sigillo export`.
//!
//! A source gives messages one after the other ([`source`]): a [`maildir`], [`mbox`] files, an [`archive`] of `.eml` files, an account at
//! another server ([`mod@imap`]).
//! [`import`] compares each with what is in its folder, by size and digest, and carries the new ones over
//! ([`control::Carrier`]): doing it again changes nothing, and what broke off goes on. [`export`] is the other way.
//!
//! Neither a mailbox nor a large message stands in memory: a message lies in a [`spool`] while it is looked at, and goes on in
//! pieces. What is wrong with one message is told and stops no other.
//!
//! To import is not to certify: an imported message gets no receipt and no evidence of a deposit. Its own signature says what it
//! proves (`sigillo verify`).
//!
//! Begin with [`command`].

pub mod archive;
pub mod command;
pub mod export;
mod feed;
pub mod file_name;
pub mod imap;
pub mod import;
pub mod maildir;
pub mod mbox;
mod progress;
mod regular;
mod report;
pub mod source;
pub mod spool;
mod target;
mod writing;
