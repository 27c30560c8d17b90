//! `[imap]`, `[imap_extensions]`, `[pop3]`: the doors at which holders read and fetch their mail. The certificate is that of
//! `[smtp.tls]`, the throttle that of `[smtp.guard]`.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;
use store::Capabilities;

use crate::source::{ConfigError, Source};
use crate::value::{self, DAY, at_most};

/// The doors of one protocol.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailboxDoors {
    /// Where one begins in clear and goes on under TLS.
    #[serde(deserialize_with = "value::listen")]
    pub listen: Vec<SocketAddr>,
    /// Where TLS begins at once.
    #[serde(deserialize_with = "value::listen")]
    pub listen_tls: Vec<SocketAddr>,
    /// Time without a command.
    #[serde(deserialize_with = "value::duration")]
    pub idle: Duration,
    /// Sessions of one door at once.
    pub sessions: usize,
    /// Sessions of one door and one address at once.
    pub sessions_per_peer: usize,
}

/// `[imap_extensions]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImapExtensions {
    /// Capabilities that are not offered.
    #[serde(deserialize_with = "value::capabilities")]
    pub without: Capabilities,
    /// Whether clients may have the connection compressed.
    pub compress: bool,
}

impl Default for MailboxDoors {
    fn default() -> Self {
        Self {
            listen: Vec::new(),
            listen_tls: Vec::new(),
            // RFC 9051 §5.4: thirty minutes at least; RFC 1939 §3: ten.
            idle: Duration::from_secs(1800),
            sessions: 2000,
            // An office behind one address, each of whose clients keeps some connections open.
            sessions_per_peer: 200,
        }
    }
}

impl MailboxDoors {
    /// Every address of its doors.
    pub fn addresses(&self) -> impl Iterator<Item = &SocketAddr> {
        self.listen.iter().chain(&self.listen_tls)
    }

    /// Checks the values of a table of this name. `least` is the shortest idle time that the protocol allows.
    pub(crate) fn check(&self, table: &str, least: Duration, source: &Source) -> Result<(), ConfigError> {
        if self.idle < least {
            let (least, found) = (least.as_secs(), self.idle.as_secs());
            let what = format!("expected at least {least} seconds, which the protocol promises; found {found}");
            return Err(source.error_at(&[table, "idle"], what));
        }
        at_most(self.idle, DAY, &[table, "idle"], source)?;
        for (key, found) in [("sessions", self.sessions), ("sessions_per_peer", self.sessions_per_peer)] {
            if found == 0 {
                return Err(source.error_at(&[table, key], "expected at least 1: nobody could connect; found 0"));
            }
        }
        Ok(())
    }
}
