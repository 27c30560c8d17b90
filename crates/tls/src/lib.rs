//! The certificate of a door and its key, read again while the door stays open: certificates last ninety days and less,
//! and a renewal must end no session.
//!
//! A [`LivePair`] is what a rustls server asks for its certificate at each handshake; connections that stand are untouched.
//! [`LivePair::keep_fresh`] looks at the files every few seconds; [`LivePair::reload`] does at once, as on SIGHUP. A pair
//! that cannot be read or does not fit together is refused, with a line in the log and [`LivePair::trouble`] for health,
//! and the one before lives on. [`authorities`] are for the other side: whom we visit.

pub mod authorities;
mod files;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::sync::watch;

use files::{Stamp, read, stamp};

/// How often the files are looked at.
pub const LOOK: Duration = Duration::from_secs(5);

/// A certificate with its key, as the files last held a good pair.
#[derive(Debug)]
pub struct LivePair {
    certificate: PathBuf,
    key: PathBuf,
    held: RwLock<Held>,
    seen: Mutex<Seen>,
}

/// What handshakes use.
#[derive(Clone, Debug)]
struct Held {
    pair: Arc<CertifiedKey>,
    until: i64,
}

/// How the files were when they were last read.
#[derive(Debug)]
struct Seen {
    stamp: Stamp,
    trouble: Option<String>,
}

/// What reading the files again gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reloaded {
    /// They hold what is in use.
    Same,
    /// New connections get another certificate.
    Replaced,
    /// They hold no good pair, for this reason; the one before lives on.
    Refused(String),
}

impl LivePair {
    /// Reads the certificate with its chain, the server's own first, and the key (both PEM). The error names the file.
    pub fn read(certificate: &Path, key: &Path) -> Result<Arc<Self>, String> {
        // Before the files: what is written meanwhile is seen at the next look.
        let stamp = stamp(certificate, key);
        let (pair, until) = read(certificate, key)?;
        Ok(Arc::new(Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            held: RwLock::new(Held { pair: Arc::new(pair), until }),
            seen: Mutex::new(Seen { stamp, trouble: None }),
        }))
    }

    /// Until when the certificate in use is valid, seconds since 1970.
    pub fn until(&self) -> i64 {
        self.held().until
    }

    /// Why what the files hold is not in use; `None`: it is.
    pub fn trouble(&self) -> Option<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).trouble.clone()
    }

    /// The file of the certificate, for messages.
    pub fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// Reads the files now, whatever they look like. Blocks for as long as that takes.
    pub fn reload(&self) -> Reloaded {
        let now = stamp(&self.certificate, &self.key);
        let read = read(&self.certificate, &self.key);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.stamp = now;
        match read {
            Ok((pair, until)) => {
                if seen.trouble.take().is_some() {
                    tracing::info!(event = "certificate-good-again", file = %self.certificate.display());
                }
                let same = self.held().pair.cert == pair.cert;
                if same {
                    return Reloaded::Same;
                }
                *self.held.write().unwrap_or_else(PoisonError::into_inner) = Held { pair: Arc::new(pair), until };
                tracing::info!(event = "certificate-replaced", file = %self.certificate.display(), until);
                Reloaded::Replaced
            }
            Err(error) => {
                let file = self.certificate.display();
                tracing::error!(event = "certificate-refused", %file, error, "the one before stays in use");
                seen.trouble = Some(error.clone());
                Reloaded::Refused(error)
            }
        }
    }

    /// Looks at the files every so often, until `stop` becomes true. Files that change are read when they have stood still
    /// from one look to the next: certificate and key are rarely replaced in one instant.
    pub async fn keep_fresh(self: Arc<Self>, every: Duration, mut stop: watch::Receiver<bool>) {
        let mut changed: Option<Stamp> = None;
        loop {
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = async { let _ = stop.wait_for(|stop| *stop).await; } => return,
            }
            let pair = self.clone();
            let before = changed.take();
            let looked = tokio::task::spawn_blocking(move || pair.look(before)).await;
            match looked {
                Ok(stamp) => changed = stamp,
                Err(error) => tracing::error!(event = "certificate-not-looked-at", %error),
            }
        }
    }

    /// Reads the files when they are not as last read and stood still since `before`; what they look like when they have
    /// changed since.
    fn look(&self, before: Option<Stamp>) -> Option<Stamp> {
        let now = stamp(&self.certificate, &self.key);
        if now == self.seen.lock().unwrap_or_else(PoisonError::into_inner).stamp {
            return None;
        }
        if before.as_ref() != Some(&now) {
            return Some(now);
        }
        self.reload();
        None
    }

    fn held(&self) -> Held {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for LivePair {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.held().pair)
    }
}

#[cfg(test)]
mod tests;
