//! Files with keys and passwords that every user of the machine may read: said at the start, since nobody looks otherwise.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use config::{Config, KeySource};
use index::HttpsDoor;

/// Says which of them are open to all.
pub fn warn(config: &Config) {
    for file in open_to_all(config) {
        let file = file.display();
        tracing::warn!(event = "secret-readable", %file, "every user of this machine may read it; take the right away: chmod o-r");
    }
}

/// The files with secrets that the configuration names, as far as every user may read them.
pub(super) fn open_to_all(config: &Config) -> Vec<&Path> {
    let signing = match &config.signing.source {
        KeySource::Pem { key, .. } => key,
        KeySource::Device { device, .. } => &device.pin_file,
        KeySource::Pkcs12 { file, .. } => file,
    };
    let directory = &config.directory;
    let client = directory.source.as_ref().and_then(|source| source.fetching.client_key.as_ref());
    let door: Option<&HttpsDoor> = directory.publish.as_ref().and_then(|publish| publish.serve.as_ref());
    let named = [Some(signing), Some(&config.smtp.tls.key), client, door.map(|door| &door.key)];
    let is_open = |file: &&Path| std::fs::metadata(file).is_ok_and(|about| about.permissions().mode() & 0o004 != 0);
    named.into_iter().flatten().map(|file| file.as_path()).filter(is_open).collect()
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions};

    use lab::LabPlan;
    use pec::Moment;

    use super::*;

    #[test]
    fn a_secret_that_everybody_may_read_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let plan = LabPlan::two(Moment::from_unix(1_800_000_000), lab::DEFAULT_BASE_PORT).unwrap();
        let lab = lab::create(&folder.path().join("lab"), &plan).unwrap();
        let config = Config::load(&lab.providers[0].config).unwrap();
        assert_eq!(open_to_all(&config), Vec::<&Path>::new());
        for (at, name) in ["signing.key", "tls.key"].into_iter().enumerate() {
            let file = lab.providers[0].folder.join(name);
            set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
            assert!(open_to_all(&config)[at].ends_with(name), "{name}");
        }
    }
}
