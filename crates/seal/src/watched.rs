//! The key that signs, watched: a device that is away stops everything, and health must say so. So does a certificate that
//! has ended: a receipt signed after its end would prove nothing, and every other provider refuses it. And who finds that what
//! is signed would be wrong, as the time of a clock that is far off, holds it back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pec::{Clock, Moment};

use crate::key::{Certificate, KeyError, Signer};

/// A signer that remembers how its last signature went, and signs no longer than its certificate lasts.
pub struct WatchedSigner {
    signer: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
    trouble: Mutex<Option<SigningTrouble>>,
    held: Mutex<Option<SigningTrouble>>,
}

/// Why nothing can be signed at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningTrouble {
    /// Since when.
    pub since: Moment,
    /// What the last attempt said.
    pub error: String,
}

impl WatchedSigner {
    /// Watches this signer.
    pub fn new(signer: Arc<dyn Signer>, clock: Arc<dyn Clock>) -> Self {
        Self { signer, clock, trouble: Mutex::new(None), held: Mutex::new(None) }
    }

    /// Since when nothing can be signed, and why; `None` from the next signature on, or when nothing is held back any more.
    pub fn trouble(&self) -> Option<SigningTrouble> {
        let held = lock(&self.held).clone();
        held.or_else(|| lock(&self.trouble).clone())
    }

    /// Signs nothing from now on, for this reason; `None`: signs again.
    pub fn hold(&self, reason: Option<String>) {
        let mut held = lock(&self.held);
        let since = held.as_ref().map_or_else(|| self.clock.now(), |held| held.since);
        *held = reason.map(|error| SigningTrouble { since, error });
    }

    fn allowed(&self, now: Moment) -> Result<(), KeyError> {
        let end = Moment::from_unix(self.certificate().not_after());
        if now > end {
            return Err(KeyError(format!("our signing certificate ended on {end}")));
        }
        Ok(())
    }
}

fn lock(trouble: &Mutex<Option<SigningTrouble>>) -> MutexGuard<'_, Option<SigningTrouble>> {
    trouble.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Signer for WatchedSigner {
    fn certificate(&self) -> &Certificate {
        self.signer.certificate()
    }

    fn issuers(&self) -> &[Certificate] {
        self.signer.issuers()
    }

    fn sign(&self, data: &[u8]) -> Result<Vec<u8>, KeyError> {
        if let Some(held) = &*lock(&self.held) {
            return Err(KeyError(held.error.clone()));
        }
        let now = self.clock.now();
        let signed = self.allowed(now).and_then(|()| self.signer.sign(data));
        let mut trouble = lock(&self.trouble);
        match &signed {
            Ok(_) => {
                if trouble.take().is_some() {
                    tracing::info!(event = "signing-works-again");
                }
            }
            Err(error) => {
                let since = trouble.as_ref().map_or(now, |trouble| trouble.since);
                *trouble = Some(SigningTrouble { since, error: error.to_string() });
            }
        }
        signed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

    use super::*;
    use crate::FileSigner;
    use crate::testing::{NOW, network};

    /// A device that can be taken away.
    struct Device {
        key: FileSigner,
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

    /// A clock that the test sets.
    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Moment {
            Moment::from_unix(self.0.load(Ordering::Relaxed))
        }
    }

    #[test]
    fn a_device_that_is_away_is_told_until_it_signs_again() {
        let network = network();
        let key = FileSigner::from_pem(network.key_pem.as_bytes(), network.chain_pem.as_bytes()).unwrap();
        let device = Arc::new(Device { key, away: AtomicBool::new(false) });
        let hand = Arc::new(Hand(AtomicI64::new(NOW)));
        let watched = WatchedSigner::new(device.clone(), hand.clone());
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

        watched.hold(Some("the clock is a day ahead".into()));
        assert!(watched.sign(b"testo").unwrap_err().to_string().contains("a day ahead"));
        assert!(watched.trouble().unwrap().error.contains("a day ahead"));
        watched.hold(None);
        assert_eq!(watched.trouble(), None);
        assert_eq!(watched.sign(b"testo").unwrap(), signature);

        // Its last second is good, and nothing after it.
        let end = watched.certificate().not_after();
        hand.0.store(end, Ordering::Relaxed);
        assert_eq!(watched.sign(b"testo").unwrap(), signature);
        hand.0.store(end + 1, Ordering::Relaxed);
        assert!(watched.sign(b"testo").unwrap_err().to_string().contains("our signing certificate ended on"));
        assert_eq!(watched.trouble().unwrap().since, Moment::from_unix(end + 1));
    }
}
