//! `[evidence]`: how the trace is sealed, what of it everybody sees, and where its days are written.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use journal::{Form, Forms};
use serde::Deserialize;

use crate::source::{ConfigError, Source};
use crate::value::{self, DAY, HOUR, at_most, positive};

/// `[evidence]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Evidence {
    /// So long a row of evidence waits for the signed head that seals it; zero: nothing is sealed.
    #[serde(deserialize_with = "value::duration")]
    pub heads: Duration,
    /// Where heads and trees are published; `None`: nowhere.
    pub publish: Option<EvidenceDoor>,
    /// Where each day is written in the customary form; `None`: nowhere.
    pub daily: Option<DailyLog>,
}

/// `[evidence.daily]`: each day in the customary form, once it has ended.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DailyLog {
    /// The folder.
    pub folder: PathBuf,
    /// In which forms.
    #[serde(default = "signed", deserialize_with = "forms")]
    pub forms: Forms,
}

/// `[evidence.publish]`: heads and trees for everybody, over HTTPS. The certificate is that of `[smtp.tls]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceDoor {
    /// Addresses with ports.
    #[serde(deserialize_with = "value::listen")]
    pub listen: Vec<SocketAddr>,
    /// Whether the nodes of the trees are published too, by which watchers see that no row was exchanged.
    #[serde(default = "shown")]
    pub tiles: bool,
    /// Connections at once.
    #[serde(default = "sessions::<256>")]
    pub sessions: usize,
    /// Connections of one address at once.
    #[serde(default = "sessions::<16>")]
    pub sessions_per_peer: usize,
    /// Time for a handshake, and for the head of each request: so long a connection waits for the next one.
    #[serde(default = "seconds::<30>", deserialize_with = "value::duration")]
    pub idle: Duration,
    /// Time for a connection.
    #[serde(default = "seconds::<600>", deserialize_with = "value::duration")]
    pub lifetime: Duration,
    /// The longest that an answer is put off for whoever asks much; then it is refused with 429.
    #[serde(default = "seconds::<20>", deserialize_with = "value::duration")]
    pub put_off: Duration,
    /// Answers that are read from the store at once: mail reads there too.
    #[serde(default = "sessions::<4>")]
    pub answers: usize,
}

impl Default for Evidence {
    fn default() -> Self {
        Self { heads: Duration::from_secs(3600), publish: None, daily: None }
    }
}

fn shown() -> bool {
    true
}

fn sessions<const COUNT: usize>() -> usize {
    COUNT
}

fn seconds<const COUNT: u64>() -> Duration {
    Duration::from_secs(COUNT)
}

fn signed() -> Forms {
    Forms::from([Form::Signed])
}

fn forms<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Forms, D::Error> {
    let names = Vec::<String>::deserialize(d)?;
    names.iter().map(|name| name.parse().map_err(serde::de::Error::custom)).collect()
}

impl Evidence {
    /// Checks the values; the path becomes relative to the folder.
    pub(crate) fn check(&mut self, folder: &Path, source: &Source) -> Result<(), ConfigError> {
        let heads = self.heads;
        if !heads.is_zero() && !(Duration::from_secs(1)..=Duration::from_secs(24 * 3600)).contains(&heads) {
            let what =
                "expected from \"1s\" to \"24h\": each head is a signature, and holders wait for it; 0 seals nothing";
            return Err(source.error_at(&["evidence", "heads"], what));
        }
        if let Some(daily) = &mut self.daily {
            if heads.is_zero() {
                let what = "expected evidence.heads above 0 too: a day ends with its head";
                return Err(source.error_at(&["evidence", "daily"], what));
            }
            if daily.forms.is_empty() {
                return Err(
                    source.error_at(&["evidence", "daily", "forms"], "expected text, p7m or jsonl: none is written")
                );
            }
            daily.folder = folder.join(&daily.folder);
        }
        let Some(door) = &self.publish else { return Ok(()) };
        let at = |key: &str, what: &str| Err(source.error_at(&["evidence", "publish", key], what));
        if heads.is_zero() {
            let what = "expected evidence.heads above 0 too: without heads there is nothing to publish";
            return Err(source.error_at(&["evidence", "publish"], what));
        }
        if door.listen.is_empty() {
            return at("listen", "expected an address: the door is shut");
        }
        for (key, found) in [("sessions", door.sessions), ("sessions_per_peer", door.sessions_per_peer)] {
            if found == 0 {
                return at(key, "expected at least 1: nobody could connect; found 0");
            }
        }
        if door.answers == 0 {
            return at("answers", "expected at least 1: nobody would be answered; found 0");
        }
        for (key, found, most) in [("idle", door.idle, HOUR), ("lifetime", door.lifetime, DAY)] {
            positive(found, &["evidence", "publish", key], source)?;
            at_most(found, most, &["evidence", "publish", key], source)?;
        }
        at_most(door.put_off, HOUR, &["evidence", "publish", "put_off"], source)
    }
}
