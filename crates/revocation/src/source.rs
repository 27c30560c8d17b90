//! One place where revocations are to be had: what it is, when it is due, how it fares.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use seal::Certificate;

/// A list's file or address, or a responder's address with one question.
pub(super) struct Source {
    /// Where.
    pub origin: Origin,
    /// Whose certificates it speaks of; several where the operator names a list.
    pub issuers: Vec<Certificate>,
    /// Their keys.
    keys: Vec<String>,
    /// One fetch at a time; who waits finds its result.
    pub busy: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    /// When it was last asked for, seconds since 1970.
    needed: AtomicI64,
}

/// Where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A list in a file of the operator.
    File(PathBuf),
    /// A list that the operator named.
    OwnList(String),
    /// A list that a certificate names.
    List(String),
    /// An OCSP responder, and whom it is asked about.
    Responder(String, Certificate),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::OwnList(url) | Self::List(url) | Self::Responder(url, _) => f.write_str(url),
        }
    }
}

#[derive(Clone, Debug, Default)]
struct State {
    due: i64,
    failure: Option<SourceFailure>,
    stamp: Option<Stamp>,
}

/// By what a file that has not changed is known, and the nextUpdate of the list in it.
pub(super) type Stamp = ((SystemTime, u64), Option<i64>);

/// Why it gives nothing at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFailure {
    /// Since when, seconds since 1970.
    pub since: i64,
    /// What the last attempt said; names the file or the address.
    pub error: String,
}

impl Source {
    /// One that was never asked; `now`: it is needed now, seconds since 1970.
    pub(super) fn new(origin: Origin, issuers: Vec<Certificate>, now: i64) -> Self {
        Self {
            origin,
            keys: issuers.iter().map(Certificate::key_sha256_hex).collect(),
            issuers,
            busy: tokio::sync::Mutex::default(),
            state: Mutex::default(),
            needed: AtomicI64::new(now),
        }
    }

    /// Whether it speaks of certificates of the issuer with this key, whatever its edition [R-O-ca-1].
    pub(super) fn is_of(&self, key_sha256_hex: &str) -> bool {
        self.keys.iter().any(|own| own == key_sha256_hex)
    }

    /// Whether the operator named it.
    pub(super) fn is_the_operators(&self) -> bool {
        matches!(self.origin, Origin::File(_) | Origin::OwnList(_))
    }

    /// Whether it is this certificate's responder.
    pub(super) fn answers_about(&self, certificate: &Certificate) -> bool {
        matches!(&self.origin, Origin::Responder(_, about) if about == certificate)
    }

    pub(super) fn mark_needed(&self, now: i64) {
        self.needed.fetch_max(now, Ordering::Relaxed);
    }

    pub(super) fn needed(&self) -> i64 {
        self.needed.load(Ordering::Relaxed)
    }

    /// When it is to be asked again, seconds since 1970.
    pub(super) fn due(&self) -> i64 {
        self.state().due
    }

    pub(super) fn failure(&self) -> Option<SourceFailure> {
        self.state().failure.clone()
    }

    pub(super) fn stamp(&self) -> Option<Stamp> {
        self.state().stamp
    }

    pub(super) fn set_stamp(&self, stamp: Option<Stamp>) {
        self.state().stamp = stamp;
    }

    /// It gave what it has; true if it had failed before.
    pub(super) fn succeeded(&self, due: i64) -> bool {
        let mut state = self.state();
        state.due = due;
        state.failure.take().is_some()
    }

    /// It gave nothing; true if it had not failed so before.
    pub(super) fn failed(&self, error: &str, now: i64, due: i64) -> bool {
        let mut state = self.state();
        state.due = due;
        let before = state.failure.take();
        let is_news = before.as_ref().is_none_or(|before| before.error != error);
        state.failure = Some(SourceFailure { since: before.map_or(now, |before| before.since), error: error.into() });
        is_news
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
