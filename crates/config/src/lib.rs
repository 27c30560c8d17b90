//! The configuration of one provider process: one TOML file, read and checked whole before anything is opened. It makes the
//! settings that each room takes.
//!
//! Begin with [`crate::Config::load`]; [`operator`] is the file of an index's operator, [`read_filling`] the file of what a new store is filled with.
//! Every key is described in `docs/configuration.md`. Paths are relative to the file's folder. Errors say file, line,
//! column, key and what was expected.

mod bounds;
mod check;
mod clock;
mod directory;
mod dns;
mod evidence;
mod fetching;
mod file;
mod folder;
mod guard;
mod import;
mod limits;
mod load;
mod log;
mod mailboxes;
mod misread;
mod offer;
pub mod operator;
mod ordinary;
mod provider;
mod publish;
mod quota;
mod reading;
mod relay;
mod revocation;
mod scanner;
mod secrets;
mod signing;
mod source;
mod syntax;
mod tables;
mod timestamps;
mod tokens;
mod value;
mod web;

pub use self::guard::Guard;
pub use self::web::Web;
pub use bounds::MailboxBounds;
pub use dns::Dns;
pub use evidence::{DailyLog, Evidence, EvidenceDoor};
pub use import::{Account, Filling, read_filling};
pub use limits::DoorLimits;
pub use log::{Log, LogFormat};
pub use mailboxes::{ImapExtensions, MailboxDoors};
pub use ordinary::Ordinary;
pub use provider::Config;
pub use quota::Quota;
pub use scanner::{Infected, Scanner, ScannerKind};
pub use signing::Signing;
pub use source::{ConfigError, read_toml};
pub use tables::{
    Admin, BriefHash, Control, Listeners, Privacy, Provider, Receipts, Relay, Retention, Shutdown, Smtp, Store, Tls,
    Trust,
};
pub use timestamps::Timestamps;
pub use value::is_domain;

#[cfg(test)]
mod tests;
