//! Where the key is kept, as an operator says it, and how it is opened.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::key::{self, Certificate, FileSigner, KeyError, Signer};
use crate::pkcs11::{Pin, Pkcs11Options, Pkcs11Signer, Token};

/// Where the signing key is.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// PEM files.
    Pem {
        /// PKCS#8 or PKCS#1, not encrypted.
        key: PathBuf,
        /// The certificate and its issuers.
        certificates: PathBuf,
    },
    /// A device.
    Device {
        /// Which, and how.
        device: Device,
        /// The user's PIN.
        pin: Pin,
    },
    /// A PKCS#12 file.
    Pkcs12 {
        /// The file.
        file: PathBuf,
        /// Its password.
        password: SecretString,
    },
}

/// A PKCS#11 device that holds the key (RFC 6109 §5.1) [R-5.1-a].
#[derive(Clone, Debug)]
pub struct Device {
    /// The device's PKCS#11 library.
    pub module: PathBuf,
    /// Label of the token.
    pub token: String,
    /// The file that holds the PIN.
    pub pin_file: PathBuf,
    /// CKA_LABEL of the key; needed only where several keys fit.
    pub key_label: Option<String>,
    /// The certificate and its issuers (PEM); `None`: read from the token.
    pub certificates: Option<PathBuf>,
    /// Sessions kept open; `None`: as many as signatures are made at once.
    pub sessions: Option<NonZeroUsize>,
}

impl KeySource {
    /// Opens the key, which makes at most `threads` signatures at once. Blocking. A device gets the PIN once: it locks after a
    /// few wrong ones.
    ///
    /// # Errors
    ///
    /// Files cannot be read or do not belong together, in words that begin with the file's path; the device refuses.
    pub fn open(&self, threads: NonZeroUsize) -> Result<Arc<dyn Signer>, KeyError> {
        Ok(match self {
            Self::Pem { key, certificates } => Arc::new(FileSigner::from_pem_files(key, certificates)?),
            Self::Pkcs12 { file, password } => Arc::new(FileSigner::from_pkcs12_file(file, password.expose_secret())?),
            Self::Device { device, pin } => Arc::new(Pkcs11Signer::open(Pkcs11Options {
                module: device.module.clone(),
                token: Token::Label(device.token.clone()),
                pin: pin.clone(),
                key_label: device.key_label.clone(),
                key_id: None,
                certificates: device.certificates.as_deref().map(key::read).transpose()?.map(|text| text.to_vec()),
                sessions: device.sessions.unwrap_or(threads).get(),
            })?),
        })
    }

    /// The addresses that the signing certificate names. Where the certificate stands in a file of its own, no key is touched.
    /// Blocking.
    ///
    /// # Errors
    ///
    /// As [`KeySource::open`].
    pub fn certified_addresses(&self) -> Result<Vec<String>, KeyError> {
        let named = |own: &Certificate| own.emails().to_vec();
        match self.certificate_file() {
            None => Ok(named(self.open(NonZeroUsize::MIN)?.certificate())),
            Some(file) => Ok(Certificate::from_pem_file(file)?.first().map_or_else(Vec::new, named)),
        }
    }

    fn certificate_file(&self) -> Option<&Path> {
        match self {
            Self::Pem { certificates, .. } => Some(certificates),
            Self::Device { device, .. } => device.certificates.as_deref(),
            Self::Pkcs12 { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    #[test]
    fn a_key_in_files_is_opened_and_what_is_wrong_with_one_is_said_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let [key_file, certificates] = ["key.pem", "certificates.pem"].map(|name| folder.path().join(name));
        let authority = authority("Root", 0, None, |_| ());
        let own = leaf("posta-certificata@alfa.example", &authority, |_| ());
        std::fs::write(&key_file, key(2).serialize_pem()).unwrap();
        std::fs::write(&certificates, own.to_pem()).unwrap();
        let source = KeySource::Pem { key: key_file.clone(), certificates: certificates.clone() };
        assert_eq!(source.certified_addresses().unwrap(), ["posta-certificata@alfa.example"]);
        assert_eq!(*source.open(NonZeroUsize::MIN).unwrap().certificate(), own);

        // Whose certificate it is can be said without its key.
        std::fs::write(&key_file, "no key").unwrap();
        assert_eq!(source.certified_addresses().unwrap(), ["posta-certificata@alfa.example"]);
        let KeyError(why) = source.open(NonZeroUsize::MIN).err().unwrap();
        assert!(why.starts_with(&key_file.display().to_string()), "{why}");
        std::fs::remove_file(&certificates).unwrap();
        let KeyError(why) = source.certified_addresses().unwrap_err();
        assert!(why.starts_with(&certificates.display().to_string()), "{why}");
    }
}
