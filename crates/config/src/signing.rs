//! `[signing]`: the key that signs, in files or in a device.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;

use crate::folder::Folder;
use crate::source::ConfigError;

/// `[signing]`
#[derive(Clone, Debug)]
pub struct Signing {
    /// Where key and certificates are.
    pub source: KeySource,
    /// Threads that sign; `None`: as many as cores.
    pub threads: Option<NonZeroUsize>,
    /// Days before the certificate's end at which the operator is told, most first.
    pub warn_days: Vec<u16>,
}

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
        /// What was in `pin_file`, without the line end.
        pin: SecretString,
    },
    /// A PKCS#12 file.
    Pkcs12 {
        /// The file.
        file: PathBuf,
        /// What was in `password_file`, without the line end.
        password: SecretString,
    },
}

/// `[signing.device]`: a PKCS#11 device that holds the key [R-5.1-a].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// The device's PKCS#11 library.
    pub module: PathBuf,
    /// Label of the token.
    pub token: String,
    /// A file that holds the PIN.
    pub pin_file: PathBuf,
    /// CKA_LABEL of the key; needed only where several keys fit.
    #[serde(default)]
    pub key_label: Option<String>,
    /// The certificate and its issuers (PEM); `None`: read from the token.
    #[serde(default)]
    pub certificates: Option<PathBuf>,
    /// Sessions kept open; `None`: as many as signing threads.
    #[serde(default)]
    pub sessions: Option<NonZeroUsize>,
}

/// `[signing]` as it is written: `key` and `certificates`, or `pkcs12` and `password_file`, or `device`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SigningTable {
    key: Option<PathBuf>,
    certificates: Option<PathBuf>,
    pkcs12: Option<PathBuf>,
    password_file: Option<PathBuf>,
    device: Option<Device>,
    threads: Option<NonZeroUsize>,
    warn_days: Option<Vec<u16>>,
}

const ONE_KEY: &str = "expected either key and certificates, or pkcs12 and password_file, or device, not both";

impl SigningTable {
    /// Checks the table, and reads the secrets it names.
    pub(crate) fn check(self, folder: &Folder<'_>) -> Result<Signing, ConfigError> {
        let table = self;
        let at = |key: &str, what: &str| Err(folder.source.error_at(&["signing", key], what));
        let mut warn_days = table.warn_days.unwrap_or_else(|| vec![30, 7, 1]);
        warn_days.sort_unstable_by(|one, other| other.cmp(one));
        if warn_days.is_empty() {
            return at("warn_days", "expected at least one number of days: a certificate that ends stops everything");
        }
        if let Some(device) = table.device {
            let others = [&table.key, &table.certificates, &table.pkcs12, &table.password_file];
            if others.into_iter().any(Option::is_some) {
                return Err(folder.source.error_at(&["signing"], ONE_KEY));
            }
            return Ok(Signing { source: device.check(folder)?, threads: table.threads, warn_days });
        }
        let source = match (table.key, table.certificates, table.pkcs12, table.password_file) {
            (Some(mut key), Some(mut certificates), None, None) => {
                folder.existing([&mut key], &["signing", "key"])?;
                folder.existing([&mut certificates], &["signing", "certificates"])?;
                KeySource::Pem { key, certificates }
            }
            (None, None, Some(mut file), Some(mut password)) => {
                folder.existing([&mut file], &["signing", "pkcs12"])?;
                folder.existing([&mut password], &["signing", "password_file"])?;
                KeySource::Pkcs12 { file, password: secret(folder, &password, &["signing", "password_file"])? }
            }
            (None, None, None, None) => {
                let what = "expected key and certificates (PEM), or pkcs12 and password_file, or device";
                return Err(folder.source.error_at(&["signing"], what));
            }
            (Some(_), None, None, None) => return at("certificates", "expected this key beside signing.key"),
            (None, Some(_), None, None) => return at("key", "expected this key beside signing.certificates"),
            (None, None, Some(_), None) => return at("password_file", "expected this key beside signing.pkcs12"),
            (None, None, None, Some(_)) => return at("pkcs12", "expected this key beside signing.password_file"),
            _ => {
                return Err(folder.source.error_at(&["signing"], ONE_KEY));
            }
        };
        Ok(Signing { source, threads: table.threads, warn_days })
    }
}

impl Device {
    fn check(mut self, folder: &Folder<'_>) -> Result<KeySource, ConfigError> {
        folder.existing([&mut self.module], &["signing", "device", "module"])?;
        folder.existing([&mut self.pin_file], &["signing", "device", "pin_file"])?;
        if let Some(certificates) = &mut self.certificates {
            folder.existing([certificates], &["signing", "device", "certificates"])?;
        }
        let pin = secret(folder, &self.pin_file, &["signing", "device", "pin_file"])?;
        Ok(KeySource::Device { device: self, pin })
    }
}

/// What a file holds, without the line end.
fn secret(folder: &Folder<'_>, file: &Path, key: &[&str]) -> Result<SecretString, ConfigError> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).into()),
        Err(error) => Err(folder.source.error_at(key, format!("the file cannot be read: {error}"))),
    }
}
