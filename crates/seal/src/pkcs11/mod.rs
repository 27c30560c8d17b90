//! Keys in signing devices, through the maker's PKCS#11 module [R-5.1-a].
//!
//! A session of the device serves one thread at a time; signing comes from several threads. So there is a pool: up to
//! [`Pkcs11Options::sessions`] sessions, each opened when first needed.
//!
//! **A device that goes and comes back.** Whatever says that session, token or module are gone drops the sessions.
//! The same call opens anew and, where that is not enough, starts the module afresh (many modules look for tokens
//! only then). While the device is away every call tries again and fails with a temporary [`KeyError`].
//!
//! **The PIN.** Devices lock after a few wrong ones. A PIN refused at the start is an error of [`Pkcs11Signer::open`];
//! one refused later (somebody changed it) is never offered again: the signer fails until it is made anew.
//!
//! Every signature is checked with the certificate before it is given out, so that a device that came back with another
//! key, or computes wrongly, does not sign for the provider.

mod device;
mod options;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::algorithm::{Digest, Scheme};
use crate::key::{Certificate, KeyError, Signer, chain};
use device::{Fault, Held, Module};
pub use options::{Pin, Pkcs11Options, Token};

/// A key in a signing device.
pub struct Pkcs11Signer {
    module: Arc<Module>,
    options: Pkcs11Options,
    certificate: Certificate,
    issuers: Vec<Certificate>,
    pool: Mutex<Pool>,
    returned: Condvar,
    /// Why the PIN was refused. Held while a session is opened: wrong PINs must not be offered side by side.
    refused: Mutex<Option<String>>,
}

struct Pool {
    idle: Vec<Held>,
    /// Calls under way.
    busy: usize,
}

impl Signer for Pkcs11Signer {
    fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    fn issuers(&self) -> &[Certificate] {
        &self.issuers
    }

    fn sign(&self, data: &[u8]) -> Result<Vec<u8>, KeyError> {
        let _place = self.place();
        // An old session; a new one; a new one on a module started afresh.
        let mut remaining = [false, true].into_iter();
        loop {
            let seen = *self.module.running();
            match (self.attempt(data), remaining.next()) {
                (Ok(signature), _) => return Ok(signature),
                (Err(Fault::Gone(_)), Some(restart)) => {
                    if restart {
                        self.module.restart(seen).map_err(|fault| self.temporary(fault))?;
                    }
                }
                (Err(fault), _) => return Err(self.temporary(fault)),
            }
        }
    }
}

impl Pkcs11Signer {
    /// Opens the device once: loads the module, logs in, finds key and certificate, checks by a signature that they
    /// belong together. Blocking. The PIN is offered once.
    pub fn open(options: Pkcs11Options) -> Result<Self, KeyError> {
        let module = Module::load(&options.module)?;
        let of_token = |fault| explain(&options, fault);
        let (certificate, issuers, held) = {
            let generation = module.running();
            let opened = module.log_in(&options).map_err(of_token)?;
            let found = (|| {
                let mut known = Certificate::from_pem(options.certificates.as_deref().unwrap_or_default())
                    .map_err(|KeyError(cause)| Fault::Unusable(cause))?;
                let in_token = opened.certificates()?;
                let candidates = if options.certificates.is_some() { known.clone() } else { in_token.clone() };
                let (key, way, certificate) = opened.choose(&options, &candidates)?;
                known.extend(in_token);
                Ok((key, way, certificate, known))
            })();
            match found {
                Ok((key, way, certificate, known)) => {
                    let issuers = chain(&certificate, known);
                    (certificate, issuers, Held::new(opened, key, way, *generation))
                }
                Err(fault) => {
                    opened.close();
                    return Err(of_token(fault));
                }
            }
        };
        Ok(Self {
            module,
            options,
            certificate,
            issuers,
            pool: Mutex::new(Pool { idle: vec![held], busy: 0 }),
            returned: Condvar::new(),
            refused: Mutex::new(None),
        })
    }

    /// Signs with an idle session or a new one.
    fn attempt(&self, data: &[u8]) -> Result<Vec<u8>, Fault> {
        // Nobody restarts the module as long as this is held.
        let generation = self.module.running();
        let held = match self.take_idle(*generation) {
            Some(held) => held,
            None => self.open_session(*generation)?,
        };
        let signed = held.sign(data).and_then(|signature| {
            let key = self.certificate.public_key();
            match key.verify(Scheme::Rsa(Some(Digest::Sha256)), Digest::Sha256, data, &signature) {
                Ok(()) => Ok(signature),
                Err(_) => Err(Fault::Unusable("it made a signature that does not fit the certificate".into())),
            }
        });
        match signed {
            Ok(signature) => {
                self.pool().idle.push(held);
                Ok(signature)
            }
            Err(fault) => {
                held.close();
                if matches!(fault, Fault::Gone(_)) {
                    while let Some(other) = self.take_idle(*generation) {
                        other.close();
                    }
                }
                Err(fault)
            }
        }
    }

    /// A session that nobody uses. Those of a module that has been restarted since are forgotten, not closed: their
    /// numbers may belong to new sessions.
    fn take_idle(&self, generation: u64) -> Option<Held> {
        let mut pool = self.pool();
        pool.idle.retain(|held| held.generation == generation);
        pool.idle.pop()
    }

    fn open_session(&self, generation: u64) -> Result<Held, Fault> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cause) = refused.as_ref() {
            return Err(Fault::Pin(cause.clone()));
        }
        let opened = match self.module.log_in(&self.options) {
            Err(Fault::Pin(cause)) => {
                *refused = Some(cause.clone());
                return Err(Fault::Pin(cause));
            }
            other => other?,
        };
        match opened.choose(&self.options, std::slice::from_ref(&self.certificate)) {
            Ok((key, way, _)) => Ok(Held::new(opened, key, way, generation)),
            Err(fault) => {
                opened.close();
                Err(fault)
            }
        }
    }

    /// Waits until fewer signatures than sessions are under way.
    fn place(&self) -> Place<'_> {
        let width = self.options.sessions.max(1);
        let pool = self.returned.wait_while(self.pool(), |pool| pool.busy >= width);
        pool.unwrap_or_else(PoisonError::into_inner).busy += 1;
        Place(self)
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn temporary(&self, fault: Fault) -> KeyError {
        explain(&self.options, fault)
    }
}

/// One of the signatures under way.
struct Place<'a>(&'a Pkcs11Signer);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut pool = self.0.pool();
        pool.busy = pool.busy.saturating_sub(1);
        self.0.returned.notify_one();
    }
}

impl Drop for Pkcs11Signer {
    fn drop(&mut self) {
        let generation = self.module.running();
        while let Some(held) = self.take_idle(*generation) {
            held.close();
        }
    }
}

impl fmt::Debug for Pkcs11Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printed = f.debug_struct("Pkcs11Signer");
        printed.field("token", &self.options.token).field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// A fault in words for the operator.
fn explain(options: &Pkcs11Options, fault: Fault) -> KeyError {
    let place = format!("the signing device ({}, module {})", options.token, options.module.display());
    KeyError(match fault {
        Fault::Pin(cause) => format!(
            "{place} refuses the PIN ({cause}). It is not offered again, since devices lock after a few wrong ones: \
             correct the PIN, then start again"
        ),
        Fault::Gone(cause) => format!("{place} does not answer: {cause}. Is it connected and powered?"),
        Fault::Unusable(cause) => format!("{place} cannot sign: {cause}"),
    })
}
