//! `[signing]`: the key that signs, in files or in a device.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use seal::{Device, KeySource};
use serde::Deserialize;

use crate::folder::Folder;
use crate::source::{ConfigError, Source};
use crate::value;

/// `[signing]`
#[derive(Clone, Debug)]
pub struct Signing {
    /// Where key and certificates are.
    pub source: KeySource,
    /// Threads that sign; `None`: as many as cores.
    pub threads: Option<NonZeroUsize>,
    /// How long before the certificate's end the operator is told, longest first.
    pub warn_before: Vec<Duration>,
}

/// `[signing.device]` as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceTable {
    module: PathBuf,
    token: String,
    pin_file: PathBuf,
    #[serde(default)]
    key_label: Option<String>,
    #[serde(default)]
    certificates: Option<PathBuf>,
    #[serde(default)]
    sessions: Option<NonZeroUsize>,
}

/// `[signing]` as it is written: `key` and `certificates`, or `pkcs12` and `password_file`, or `device`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SigningTable {
    key: Option<PathBuf>,
    certificates: Option<PathBuf>,
    pkcs12: Option<PathBuf>,
    password_file: Option<PathBuf>,
    device: Option<DeviceTable>,
    threads: Option<NonZeroUsize>,
    #[serde(default = "before_the_end", deserialize_with = "value::durations")]
    warn_before: Vec<Duration>,
}

const ONE_KEY: &str = "expected either key and certificates, or pkcs12 and password_file, or device, not both";

/// How long before the end of a certificate the operator is told, where the file does not say.
pub(crate) fn before_the_end() -> Vec<Duration> {
    [30, 7, 1].map(|days| Duration::from_secs(days * 24 * 3600)).to_vec()
}

/// Checks such times, and puts the longest first.
pub(crate) fn warnings(mut times: Vec<Duration>, key: &[&str], source: &Source) -> Result<Vec<Duration>, ConfigError> {
    if times.is_empty() {
        return Err(source.error_at(key, "expected at least one time: a certificate that ends stops everything"));
    }
    times.sort_unstable_by(|one, other| other.cmp(one));
    Ok(times)
}

impl SigningTable {
    /// Checks the table, and reads the secrets it names.
    pub(crate) fn check(self, folder: &Folder<'_>) -> Result<Signing, ConfigError> {
        let table = self;
        let at = |key: &str, what: &str| Err(folder.source.error_at(&["signing", key], what));
        let warn_before = warnings(table.warn_before, &["signing", "warn_before"], folder.source)?;
        let written = [
            ("key", table.key.is_some()),
            ("certificates", table.certificates.is_some()),
            ("pkcs12", table.pkcs12.is_some()),
            ("password_file", table.password_file.is_some()),
        ];
        if let Some(device) = table.device {
            if let Some((other, _)) = written.iter().find(|(_, there)| *there) {
                return at(other, &format!("{ONE_KEY}; found signing.device too"));
            }
            return Ok(Signing { source: device.check(folder)?, threads: table.threads, warn_before });
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
                KeySource::Pkcs12 { file, password: folder.secret(&password, &["signing", "password_file"])? }
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
                let found: Vec<_> = written.iter().filter(|(_, there)| *there).map(|(key, _)| *key).collect();
                return at(found.last().unwrap_or(&"key"), &format!("{ONE_KEY}; found {}", found.join(", ")));
            }
        };
        Ok(Signing { source, threads: table.threads, warn_before })
    }
}

impl Signing {
    /// Signatures made at once.
    pub fn threads(&self) -> NonZeroUsize {
        self.threads.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
    }
}

impl DeviceTable {
    fn check(mut self, folder: &Folder<'_>) -> Result<KeySource, ConfigError> {
        folder.existing([&mut self.module], &["signing", "device", "module"])?;
        folder.existing([&mut self.pin_file], &["signing", "device", "pin_file"])?;
        if let Some(certificates) = &mut self.certificates {
            folder.existing([certificates], &["signing", "device", "certificates"])?;
        }
        let pin = folder.secret(&self.pin_file, &["signing", "device", "pin_file"])?;
        let Self { module, token, pin_file, key_label, certificates, sessions } = self;
        Ok(KeySource::Device { device: Device { module, token, pin_file, key_label, certificates, sessions }, pin })
    }
}
