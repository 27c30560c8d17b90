//! `[log]`: which lines are written, and how they look.

use output::logging::Form;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use crate::misread::{list, nearest};

/// `[log]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// How a line looks.
    pub format: LogFormat,
    /// Which lines are written, as `tracing` filters say it: a level, or `PART=LEVEL`, with commas.
    #[serde(deserialize_with = "filter")]
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".into() }
    }
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

impl From<LogFormat> for Form {
    fn from(format: LogFormat) -> Self {
        match format {
            LogFormat::Text => Self::Text,
            LogFormat::Json => Self::Json,
        }
    }
}

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The parts of the program that write lines: our crates, then those of others.
pub(crate) const PARTS: [&str; 31] = [
    "clock",
    "control",
    "door",
    "fetch",
    "guard",
    "holder",
    "imap",
    "index",
    "journal",
    "monitor",
    "pop3",
    "provider",
    "reconcile",
    "report",
    "revocation",
    "seal",
    "sealing",
    "sigillo",
    "smtp",
    "stamp",
    "store",
    "tls",
    "token",
    "transparency",
    "web",
    "hickory_resolver",
    "hyper",
    "hyper_util",
    "reqwest",
    "tokio",
    "tower",
];

/// A filter of log lines. A word that is no level, taken for a part, would silence everything else; a part that there is
/// not would be waited for in vain.
fn filter<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    let text = String::deserialize(d)?;
    let is = |known: &[&str], word: &str| known.iter().any(|known| known.eq_ignore_ascii_case(word));
    let wrong = |what: &str, known: &[&'static str], word: &str| {
        let near = nearest(&word.to_lowercase(), known.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
        let all = list(known.iter().copied());
        Err(D::Error::custom(format!("expected {what}, found {word:?}{}", near.unwrap_or(format!("; they are {all}")))))
    };
    for directive in text.split(',').map(str::trim) {
        let (part, level) = match directive.split_once('=') {
            Some((part, level)) => (Some(part), level),
            None => (None, directive),
        };
        if !is(&LEVELS, level) {
            return wrong("a level, or PART=LEVEL, with commas", &LEVELS, level);
        }
        if let Some(part) = part.filter(|part| !PARTS.contains(part)) {
            return wrong("a part of the program before the equals sign", &PARTS, part);
        }
    }
    Ok(text)
}
