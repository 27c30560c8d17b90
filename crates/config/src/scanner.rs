//! `[scanner]` and `[infected]`: the virus scan, and who sees what it found.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use provider::scanner::{ClamdAddress, Unscannable};
use serde::Deserialize;

use crate::source::{ConfigError, Source};
use crate::value::{self, positive};

/// `[scanner]`
#[derive(Clone, Debug)]
pub struct Scanner {
    /// Which.
    pub kind: ScannerKind,
    /// What becomes of a message that cannot be examined.
    pub unscannable: Unscannable,
    /// Age of the scanner's signatures at which health turns to a warning [R-5.4-a].
    pub signatures_alarm_after: Duration,
}

/// Which scanner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScannerKind {
    /// ClamAV's daemon.
    Clamd {
        /// Where it listens.
        address: ClamdAddress,
        /// Time for a scan.
        timeout: Duration,
        /// Scans at once.
        connections: usize,
    },
    /// None: for laboratories and development.
    None,
}

/// `[infected]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Infected {
    /// Operators who may see the special store.
    #[serde(default)]
    pub readers: Vec<String>,
}

/// `[scanner]` as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScannerTable {
    kind: Kind,
    socket: Option<String>,
    #[serde(default, deserialize_with = "value::optional_duration")]
    timeout: Option<Duration>,
    connections: Option<NonZeroUsize>,
    #[serde(default)]
    unscannable: Policy,
    #[serde(default, deserialize_with = "value::optional_duration")]
    signatures_alarm_after: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Clamd,
    None,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Policy {
    #[default]
    Accept,
    Refuse,
}

impl ScannerTable {
    /// The scanner it describes; the path of a socket is relative to `folder`, and need not exist yet.
    pub(crate) fn check(self, folder: &Path, source: &Source) -> Result<Scanner, ConfigError> {
        let at = |key: &str, what: &str| source.error_at(&["scanner", key], what);
        let kind = match (self.kind, self.socket) {
            (Kind::None, Some(_)) => return Err(at("socket", "expected no socket beside kind = \"none\"")),
            (Kind::None, None) => ScannerKind::None,
            (Kind::Clamd, None) => return Err(at("kind", "expected scanner.socket too: where clamd listens")),
            (Kind::Clamd, Some(socket)) => {
                let address = match socket.parse().map_err(|what| at("socket", what))? {
                    ClamdAddress::Unix(path) => ClamdAddress::Unix(folder.join(path)),
                    tcp @ ClamdAddress::Tcp { .. } => tcp,
                };
                let timeout = self.timeout.unwrap_or(Duration::from_secs(150));
                positive(timeout, &["scanner", "timeout"], source)?;
                ScannerKind::Clamd { address, timeout, connections: self.connections.map_or(10, usize::from) }
            }
        };
        let unscannable = match self.unscannable {
            Policy::Accept => Unscannable::Accept,
            Policy::Refuse => Unscannable::Refuse,
        };
        let signatures_alarm_after = self.signatures_alarm_after.unwrap_or(Duration::from_secs(72 * 3600));
        positive(signatures_alarm_after, &["scanner", "signatures_alarm_after"], source)?;
        Ok(Scanner { kind, unscannable, signatures_alarm_after })
    }
}
