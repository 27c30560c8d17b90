//! Files with keys and passwords that every user of the machine may read.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ::index::HttpsDoor;
use seal::KeySource;

use crate::provider::Config;

impl Config {
    /// The files with secrets that the configuration names, as far as every user of the machine may read them.
    pub fn secrets_open_to_all(&self) -> Vec<&Path> {
        let signing = match &self.signing.source {
            KeySource::Pem { key, .. } => key,
            KeySource::Device { device, .. } => &device.pin_file,
            KeySource::Pkcs12 { file, .. } => file,
        };
        let directory = &self.directory;
        let client = directory.source.as_ref().and_then(|source| source.fetching.client_key.as_ref());
        let door: Option<&HttpsDoor> = directory.publish.as_ref().and_then(|publish| publish.serve.as_ref());
        let named = [Some(signing), Some(&self.smtp.tls.key), client, door.map(|door| &door.key)];
        let is_open = |file: &&Path| std::fs::metadata(file).is_ok_and(|about| about.permissions().mode() & 0o004 != 0);
        let passwords = self.timestamps.iter().flat_map(|timestamps| &timestamps.password_files);
        named.into_iter().flatten().chain(passwords).map(|file| file.as_path()).filter(is_open).collect()
    }
}
