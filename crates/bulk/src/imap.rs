//! An account at another server, read by IMAP over TLS: folders with their special use, flags, keywords and internal dates.
//!
//! The client is our own and small. Those that are kept hold each answer whole in memory, whatever size the server announces; here a
//! message goes past into its spool, everything else is bounded, and the syntax stands in room `imap` already ([`imap::answer`]).

mod folders;
mod journal;
mod messages;
mod server;
mod source;
mod talk;
mod telling;
mod trust;

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use journal::Journal;
use server::Server;
pub use source::ImapAccount;

/// How an account is reached.
pub struct Reached<'a> {
    /// `HOST` or `HOST:PORT`.
    pub server: &'a str,
    /// The login.
    pub user: String,
    /// Its password.
    pub password: SecretString,
    /// TLS after STARTTLS instead of at once.
    pub starttls: bool,
    /// Files of authorities besides the system's, or of the server's own certificate.
    pub authorities: &'a [PathBuf],
    /// A file that remembers what was imported.
    pub journal: Option<&'a Path>,
    /// The mailbox here, and which of its folders.
    pub to: &'a str,
}

impl ImapAccount {
    /// The account; nothing is connected yet.
    pub fn reached(reached: Reached<'_>) -> Result<Self, String> {
        let Reached { server, user, password, starttls, authorities, journal, to } = reached;
        let server = Server::new(server, starttls, authorities, user, password)?;
        let journal = journal.map(|path| Journal::open(path, &server.to_string(), to)).transpose()?;
        Ok(Self::new(server, journal))
    }
}
