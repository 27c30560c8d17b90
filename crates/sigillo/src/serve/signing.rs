//! The key that signs, watched: a device that is away stops everything, and health must say so.

use std::sync::{Arc, Mutex, PoisonError};

use provider::scanner::Trouble;
use provider::{Clock, SystemClock};
use seal::{Certificate, KeyError, Signer};

/// A signer that remembers how its last signature went.
pub struct WatchedSigner {
    signer: Arc<dyn Signer>,
    trouble: Mutex<Option<Trouble>>,
}

impl WatchedSigner {
    /// Watches this signer.
    pub fn new(signer: Arc<dyn Signer>) -> Self {
        Self { signer, trouble: Mutex::new(None) }
    }

    /// Since when nothing can be signed, and why; `None` from the next signature on.
    pub fn trouble(&self) -> Option<Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Signer for WatchedSigner {
    fn certificate(&self) -> &Certificate {
        self.signer.certificate()
    }

    fn issuers(&self) -> &[Certificate] {
        self.signer.issuers()
    }

    fn sign(&self, data: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signed = self.signer.sign(data);
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match &signed {
            Ok(_) => {
                if trouble.take().is_some() {
                    tracing::info!(event = "signing-works-again");
                }
            }
            Err(error) => {
                let since = trouble.as_ref().map_or_else(|| SystemClock.now(), |trouble| trouble.since);
                *trouble = Some(Trouble { since, error: error.to_string() });
            }
        }
        signed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use pec::Moment;

    use super::*;
    use crate::lab::{self, LabPlan};

    /// A device that can be taken away.
    struct Device {
        key: seal::FileSigner,
        away: AtomicBool,
    }

    impl Signer for Device {
        fn certificate(&self) -> &Certificate {
            self.key.certificate()
        }

        fn issuers(&self) -> &[Certificate] {
            self.key.issuers()
        }

        fn sign(&self, data: &[u8]) -> Result<Vec<u8>, KeyError> {
            if self.away.load(Ordering::Relaxed) {
                return Err(KeyError("the signing device does not answer".into()));
            }
            self.key.sign(data)
        }
    }

    #[test]
    fn a_device_that_is_away_is_told_until_it_signs_again() {
        let folder = tempfile::tempdir().unwrap();
        let plan = LabPlan::two(Moment::from_unix(1_800_000_000), lab::DEFAULT_BASE_PORT).unwrap();
        let lab = lab::create(&folder.path().join("lab"), &plan).unwrap();
        let [key, chain] = ["signing.key", "signing.pem"].map(|name| lab.providers[0].folder.join(name));
        let key = seal::FileSigner::from_pem_files(&key, &chain).unwrap();
        let device = Arc::new(Device { key, away: AtomicBool::new(false) });
        let watched = WatchedSigner::new(device.clone());
        assert_eq!(watched.issuers().len(), device.issuers().len());

        let signature = watched.sign(b"testo").unwrap();
        assert_eq!(watched.trouble(), None);
        device.away.store(true, Ordering::Relaxed);
        assert!(watched.sign(b"testo").is_err());
        let first = watched.trouble().unwrap();
        assert!(first.error.contains("does not answer"), "{}", first.error);
        assert!(watched.sign(b"testo").is_err());
        assert_eq!(watched.trouble().unwrap().since, first.since);
        device.away.store(false, Ordering::Relaxed);
        assert_eq!(watched.sign(b"testo").unwrap(), signature);
        assert_eq!(watched.trouble(), None);
    }
}
