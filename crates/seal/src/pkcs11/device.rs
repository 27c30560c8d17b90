//! The maker's module, and what is opened on it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use aws_lc_rs::digest::{SHA256, digest};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, CertificateType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;

use super::options::{Pkcs11Options, Token};
use crate::algorithm::{Digest, Scheme};
use crate::asn1::{self, tag};
use crate::key::{Certificate, KeyError};
use crate::oid;

/// Why a device did not do something.
#[derive(Debug)]
pub(super) enum Fault {
    /// It refuses the PIN: to be tried again by nobody.
    Pin(String),
    /// Session, token or module are gone: worth opening anew.
    Gone(String),
    /// It answers, but not with a signature of the key.
    Unusable(String),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        use RvError::*;
        let text = error.to_string();
        match error {
            Error::Pkcs11(
                PinIncorrect | PinInvalid | PinLenRange | PinExpired | PinLocked | UserPinNotInitialized,
                _,
            ) => Self::Pin(text),
            Error::Pkcs11(
                CryptokiNotInitialized
                | DeviceError
                | DeviceMemory
                | DeviceRemoved
                | FunctionFailed
                | GeneralError
                | KeyHandleInvalid
                | ObjectHandleInvalid
                | OperationActive
                | SessionClosed
                | SessionHandleInvalid
                | SlotIdInvalid
                | TokenNotPresent
                | TokenNotRecognized
                | UserNotLoggedIn
                | UnknownErrorCode(_)
                | VendorDefined(_),
                _,
            ) => Self::Gone(text),
            _ => Self::Unusable(text),
        }
    }
}

/// A loaded module. It belongs to the process: initialised once, and once loaded it stays (several modules do not
/// survive being unloaded).
pub(super) struct Module {
    library: Pkcs11,
    /// Counts the starts. Read-locked while anything is called, since a module must not be finalised meanwhile.
    generation: RwLock<u64>,
}

static MODULES: Mutex<BTreeMap<PathBuf, Arc<Module>>> = Mutex::new(BTreeMap::new());

impl Module {
    /// The module in this file, initialised.
    pub(super) fn load(file: &Path) -> Result<Arc<Self>, KeyError> {
        let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
        let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = modules.get(&file) {
            return Ok(module.clone());
        }
        let unusable = |cause: &dyn std::fmt::Display| {
            KeyError(format!("{} is not a usable PKCS#11 module: {cause}", file.display()))
        };
        let library = Pkcs11::new(&file).map_err(|e| unusable(&e))?;
        initialize(&library).map_err(|e| unusable(&e))?;
        let module = Arc::new(Self { library, generation: RwLock::new(0) });
        modules.insert(file, module.clone());
        Ok(module)
    }

    /// To be held during every call; the number of starts so far.
    pub(super) fn running(&self) -> RwLockReadGuard<'_, u64> {
        self.generation.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finalises and initialises, unless somebody did since `seen`. All sessions are void afterwards.
    pub(super) fn restart(&self, seen: u64) -> Result<(), Fault> {
        let mut generation = self.generation.write().unwrap_or_else(PoisonError::into_inner);
        if *generation == seen {
            *generation += 1;
            // What is already finalised, or too broken to be, shows when it is initialised.
            let _ = self.library.clone().finalize();
            initialize(&self.library)?;
        }
        Ok(())
    }

    /// A session on the token, logged in.
    pub(super) fn log_in(&self, options: &Pkcs11Options) -> Result<Opened, Fault> {
        let slot = self.find(&options.token)?;
        // Closed by hand: after a restart the number of a session belongs to somebody else.
        let session = self.library.open_ro_session_no_drop(slot)?;
        match session.login(UserType::User, Some(&options.pin)) {
            // The login is the application's, for all its sessions.
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {
                Ok(Opened { session, slot, library: self.library.clone() })
            }
            Err(error) => {
                let _ = session.close();
                Err(error.into())
            }
        }
    }

    fn find(&self, token: &Token) -> Result<Slot, Fault> {
        let mut found = Vec::new();
        for slot in self.library.get_slots_with_token()? {
            // A token that was taken out between the two calls is as good as absent.
            let Ok(info) = self.library.get_token_info(slot) else { continue };
            let is_meant = match token {
                Token::Label(label) => info.label() == label,
                Token::Slot(number) => slot.id() == *number,
            };
            if is_meant && info.token_initialized() {
                found.push(slot);
            }
        }
        match found[..] {
            [slot] => Ok(slot),
            [] => Err(Fault::Gone("the token is not there".into())),
            _ => Err(Fault::Unusable("several tokens have this label: name the slot".into())),
        }
    }
}

fn initialize(library: &Pkcs11) -> Result<(), Error> {
    match library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        other => other,
    }
}

/// A session that has logged in.
pub(super) struct Opened {
    session: Session,
    slot: Slot,
    library: Pkcs11,
}

/// How the device signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// CKM_SHA256_RSA_PKCS: it digests.
    Data,
    /// CKM_RSA_PKCS: it signs a DigestInfo.
    Digest,
}

impl Opened {
    /// Ends the session. Only on the running module that opened it.
    pub(super) fn close(self) {
        let _ = self.session.close();
    }

    /// The certificates in the token, the one valid longest first; what is not X.509 is passed over.
    pub(super) fn certificates(&self) -> Result<Vec<Certificate>, Fault> {
        let wanted = [Attribute::Class(ObjectClass::CERTIFICATE), Attribute::CertificateType(CertificateType::X_509)];
        let mut certificates = Vec::new();
        for object in self.session.find_objects(&wanted)? {
            for attribute in self.session.get_attributes(object, &[AttributeType::Value])? {
                if let Attribute::Value(der) = attribute {
                    certificates.extend(Certificate::from_der(der));
                }
            }
        }
        certificates.sort_by_key(|certificate| std::cmp::Reverse(certificate.not_after()));
        Ok(certificates)
    }

    /// The key among those meant whose signature fits one of the certificates, and that certificate.
    pub(super) fn choose(
        &self,
        options: &Pkcs11Options,
        certificates: &[Certificate],
    ) -> Result<(ObjectHandle, Way, Certificate), Fault> {
        const TRIAL: &[u8] = b"Does this key belong to the certificate?";
        if certificates.is_empty() {
            return Err(Fault::Unusable(
                "there is no certificate, neither given nor in the token: give the signing certificate of the key"
                    .into(),
            ));
        }
        let way = self.way()?;
        let mut wanted = vec![Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::KeyType(KeyType::RSA)];
        wanted.extend(options.key_label.as_ref().map(|label| Attribute::Label(label.clone().into_bytes())));
        wanted.extend(options.key_id.as_ref().map(|id| Attribute::Id(id.clone())));
        let keys = self.session.find_objects(&wanted)?;
        let mut obstacle = None;
        for key in &keys {
            let signature = match self.sign(*key, way, TRIAL) {
                Ok(signature) => signature,
                Err(Fault::Unusable(cause)) => {
                    obstacle = Some(cause);
                    continue;
                }
                Err(fault) => return Err(fault),
            };
            let fits = |certificate: &&Certificate| {
                let scheme = Scheme::Rsa(Some(Digest::Sha256));
                certificate.public_key().verify(scheme, Digest::Sha256, TRIAL, &signature).is_ok()
            };
            if let Some(certificate) = certificates.iter().find(fits) {
                return Ok((*key, way, certificate.clone()));
            }
        }
        Err(match (keys.len(), obstacle) {
            // A token that vanished under its session shows no private objects: worth opening anew.
            (0, _) => Fault::Gone("there is no RSA private key with this label or id in the token".into()),
            (_, Some(cause)) => Fault::Unusable(cause),
            (n, None) => Fault::Unusable(format!(
                "the certificates ({}) belong to none of the {n} keys: give the signing certificate of the key",
                certificates.len()
            )),
        })
    }

    fn way(&self) -> Result<Way, Fault> {
        let offered = self.library.get_mechanism_list(self.slot)?;
        let signs = |mechanism| {
            offered.contains(&mechanism)
                && self.library.get_mechanism_info(self.slot, mechanism).is_ok_and(|info| info.sign())
        };
        if signs(MechanismType::SHA256_RSA_PKCS) {
            Ok(Way::Data)
        } else if signs(MechanismType::RSA_PKCS) {
            Ok(Way::Digest)
        } else {
            Err(Fault::Unusable("it offers neither CKM_SHA256_RSA_PKCS nor CKM_RSA_PKCS".into()))
        }
    }

    fn sign(&self, key: ObjectHandle, way: Way, data: &[u8]) -> Result<Vec<u8>, Fault> {
        match way {
            Way::Data => Ok(self.session.sign(&Mechanism::Sha256RsaPkcs, key, data)?),
            Way::Digest => Ok(self.session.sign(&Mechanism::RsaPkcs, key, &digest_info(data))?),
        }
        .map_err(|fault| match fault {
            // A key with CKA_ALWAYS_AUTHENTICATE, as cards for signatures of persons have: the login was a moment ago.
            Fault::Gone(cause) if self.wants_pin_each_time(key) => {
                Fault::Unusable(format!("the key wants the PIN at each signature, which no server can give ({cause})"))
            }
            other => other,
        })
    }

    fn wants_pin_each_time(&self, key: ObjectHandle) -> bool {
        let asked = self.session.get_attributes(key, &[AttributeType::AlwaysAuthenticate]);
        asked.is_ok_and(|found| found.contains(&Attribute::AlwaysAuthenticate(true)))
    }
}

/// A session with its key.
pub(super) struct Held {
    opened: Opened,
    key: ObjectHandle,
    way: Way,
    /// The start of the module that it belongs to.
    pub(super) generation: u64,
}

impl Held {
    pub(super) fn new(opened: Opened, key: ObjectHandle, way: Way, generation: u64) -> Self {
        Self { opened, key, way, generation }
    }

    /// RSA PKCS#1 v1.5 over SHA-256 of `data`.
    pub(super) fn sign(&self, data: &[u8]) -> Result<Vec<u8>, Fault> {
        self.opened.sign(self.key, self.way, data)
    }

    /// Ends the session. Only on the running module that opened it.
    pub(super) fn close(self) {
        self.opened.close();
    }
}

/// DigestInfo of SHA-256 (RFC 8017 §9.2).
fn digest_info(data: &[u8]) -> Vec<u8> {
    let algorithm = asn1::tlv(tag::SEQUENCE, &[&asn1::oid(oid::SHA256), &[5, 0]]);
    let digest = asn1::tlv(tag::OCTET_STRING, &[digest(&SHA256, data).as_ref()]);
    asn1::tlv(tag::SEQUENCE, &[&algorithm, &digest])
}
