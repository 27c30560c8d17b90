//! The virus scan (RFC 6109 §3.1.3, §3.2.3, §5.4): one question per message, asked of a scanner that others keep up to
//! date [R-5.4-a].
//!
//! What becomes of each answer:
//!
//! | the scanner says | the point does |
//! |---|---|
//! | clean | goes on |
//! | a virus | refuses or reports it, and puts the message away |
//! | cannot be examined (encrypted, beyond the scanner's limits, larger than it takes) | what [`Unscannable`] says |
//! | nothing, or an error of its own | takes nothing: 451, and the sender tries again |
//!
//! Envelopes that are formally correct, anomalous messages and submitted messages are scanned, whole and unchanged.
//! Notifications are not: they are of the providers' own making, and the original that a complete receipt carries was
//! scanned when its sender submitted it and when its recipient's provider took it. Ordinary mail is scanned when a mailbox
//! takes it [R-2.2.2-k], and else refused unscanned.

mod clamd;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use pec::Moment;

pub use clamd::{Clamd, ClamdAddress};

/// Looks for viruses in a message. Several scans may be under way at once.
#[async_trait]
pub trait Scanner: Send + Sync + 'static {
    /// Examines a whole message. An error says that it was not examined, and that trying again may help.
    async fn scan(&self, message: &Bytes) -> Result<Verdict, ScanError>;

    /// When its signatures were made; `None` when it does not say.
    async fn signatures(&self) -> Option<Moment> {
        None
    }

    /// Whether this scanner examines anything at all.
    fn examines(&self) -> bool {
        true
    }
}

/// What a scanner says of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was found.
    Clean,
    /// A virus.
    Infected {
        /// Its name, as the scanner gives it.
        name: String,
    },
    /// The scanner cannot see into it, however often it tries.
    Unscannable {
        /// Why, in the scanner's words.
        why: String,
    },
}

impl Verdict {
    /// What was found.
    pub fn virus(&self) -> Option<&str> {
        match self {
            Verdict::Infected { name } => Some(name),
            Verdict::Clean | Verdict::Unscannable { .. } => None,
        }
    }

    /// Stable name, for metrics and log.
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Clean => "clean",
            Verdict::Infected { .. } => "infected",
            Verdict::Unscannable { .. } => "unscannable",
        }
    }
}

/// The scanner did not do its work; the fault is ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the virus scanner failed: {0}")]
pub struct ScanError(pub String);

/// What to do with a message that cannot be examined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unscannable {
    /// It goes on as if it were clean: encrypted attachments are lawful content.
    #[default]
    Accept,
    /// It is treated as infected, and the scanner's reason stands where a virus's name would.
    Refuse,
}

/// No scanner: nothing is examined. For laboratories and development; a provider must scan [R-5.4-a].
#[derive(Clone, Copy, Debug, Default)]
pub struct NoScanner;

#[async_trait]
impl Scanner for NoScanner {
    async fn scan(&self, _message: &Bytes) -> Result<Verdict, ScanError> {
        Ok(Verdict::Clean)
    }

    fn examines(&self) -> bool {
        false
    }
}

/// The scanner of a provider, what it is held to, and how it fares.
pub struct Screen {
    scanner: Arc<dyn Scanner>,
    unscannable: Unscannable,
    trouble: Mutex<Option<Trouble>>,
    signatures: Mutex<Option<Moment>>,
}

/// A scanner that does not work at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// When it was first noticed.
    pub since: Moment,
    /// What the last attempt said.
    pub error: String,
}

impl Screen {
    /// A screen with this scanner.
    pub fn new(scanner: Arc<dyn Scanner>, unscannable: Unscannable) -> Self {
        Self { scanner, unscannable, trouble: Mutex::new(None), signatures: Mutex::new(None) }
    }

    /// Has a message examined, and applies what was decided about those that cannot be.
    pub(crate) async fn examine(&self, message: &Bytes, now: Moment) -> Result<Verdict, ScanError> {
        if !self.scanner.examines() {
            return Ok(Verdict::Clean);
        }
        let result = self.scanner.scan(message).await;
        let word = result.as_ref().map_or("failed", Verdict::name);
        metrics::counter!("sigillo_scans_total", "result" => word).increment(1);
        self.note(&result, now);
        match result? {
            Verdict::Unscannable { why } => {
                tracing::warn!(event = "not-examined", why, policy = ?self.unscannable, "a message cannot be examined");
                Ok(match self.unscannable {
                    Unscannable::Accept => Verdict::Unscannable { why },
                    Unscannable::Refuse => Verdict::Infected { name: why },
                })
            }
            verdict => Ok(verdict),
        }
    }

    /// The scanner's trouble, until it works again.
    pub fn trouble(&self) -> Option<Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When the scanner's signatures were made, as it said when it was last asked [R-5.4-a].
    pub fn signatures(&self) -> Option<Moment> {
        *self.signatures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the scanner about a message of no content, to know whether it works; not counted.
    pub(crate) async fn probe(&self, now: Moment) {
        if self.scanner.examines() {
            let result = self.scanner.scan(&Bytes::from_static(b"Subject: probe\r\n\r\n")).await;
            self.note(&result, now);
            let signatures = self.scanner.signatures().await;
            if let Some(made) = signatures {
                metrics::gauge!("sigillo_scanner_signatures_age_seconds").set((now.unix() - made.unix()) as f64);
            }
            *self.signatures.lock().unwrap_or_else(PoisonError::into_inner) = signatures;
        }
    }

    fn note(&self, result: &Result<Verdict, ScanError>, now: Moment) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(_) => {
                if trouble.take().is_some() {
                    tracing::info!(event = "scanner-works-again");
                }
            }
            Err(error) => {
                tracing::error!(event = "scan-failed", %error);
                let since = trouble.as_ref().map_or(now, |trouble| trouble.since);
                *trouble = Some(Trouble { since, error: error.to_string() });
            }
        }
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screen").field("unscannable", &self.unscannable).finish_non_exhaustive()
    }
}
