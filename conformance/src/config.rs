//! What `conformance run` is told about the provider under test and about the peer that it plays.

use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::client::Security;

/// What to test. Paths are relative to the folder of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// PEM file of the authority that issues the signing certificates.
    pub authority: PathBuf,
    /// PEM file of the authorities for TLS; by default Debian's.
    #[serde(default = "system_authorities")]
    pub tls_authority: PathBuf,
    /// Seconds that the provider may take for anything but a second attempt.
    #[serde(default = "two_minutes")]
    pub wait: u64,
    /// Seconds until the provider tries again what a peer put off.
    #[serde(default = "half_an_hour")]
    pub retry: u64,
    /// The submission door.
    pub submission: Submission,
    /// The mailbox that sends.
    pub sender: Holder,
    /// Another mailbox of the same provider.
    pub recipient: String,
    /// An address of the provider's domains that does not exist.
    pub unknown: Option<String>,
    /// An ordinary address that may be written to.
    pub ordinary: Option<String>,
    /// Whether the provider's virus scanner is on and finds EICAR's test file.
    #[serde(default)]
    pub virus: bool,
    /// Octets × recipients above which the provider does not accept a message; one just above it is sent to fifty.
    pub product: Option<u64>,
    /// How to read a mailbox.
    pub read: Read,
    /// The door for other providers.
    pub incoming: Option<Incoming>,
    /// The peer that the suite plays.
    pub peer: Option<Peer>,
    /// The folder of the file.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// The submission door.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// `host:port`
    pub address: String,
    /// Name in its certificate.
    pub name: String,
    /// `tls` or `starttls`.
    pub security: Security,
}

/// A mailbox that can log in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// Its address.
    pub address: String,
    /// Login, if another than the address.
    pub login: Option<String>,
    /// Password.
    pub password: String,
}

/// The door for other providers: STARTTLS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incoming {
    /// `host:port`
    pub address: String,
    /// Name in its certificate.
    pub name: String,
    /// The provider's service mailbox, as the index names it.
    pub mail_receipt: String,
}

/// The peer that the suite plays: a provider with a record in the index that the provider under test reads.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// Where it listens, `address:port`; the provider under test must bring mail for `domain` there.
    pub listen: String,
    /// Its name in greetings.
    pub hostname: String,
    /// `providerName` of its record.
    pub name: String,
    /// Its domain; every address in it exists.
    pub domain: String,
    /// From of what it sends, in its certificates.
    pub service_address: String,
    /// `mailReceipt` of its record.
    pub mail_receipt: String,
    /// The key whose certificate its record lists.
    pub signing: Keys,
    /// Another key whose certificate the record lists: a renewal.
    pub renewed: Option<Keys>,
    /// A key of the same authority whose certificate the record does not list.
    pub unlisted: Option<Keys>,
    /// A listed key whose certificate has expired.
    pub expired: Option<Keys>,
    /// A listed key whose certificate is revoked.
    pub revoked: Option<Keys>,
    /// TLS of its door.
    pub tls: Keys,
}

/// A private key and its certificates.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// PEM, not encrypted.
    pub key: PathBuf,
    /// PEM: the certificate, then its issuers.
    pub certificates: PathBuf,
}

/// How to read a mailbox; `{address}` and `{dir}` are filled in.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Read {
    /// A folder that holds the mailbox as `.eml` files, such as `/srv/mail/{address}`.
    Folder(String),
    /// A command that writes the mailbox as `.eml` files into `{dir}`; it runs in the folder of the configuration.
    Command(Vec<String>),
}

impl Config {
    /// Reads the file. The error names what is wrong and where.
    pub fn load(path: &Path) -> io::Result<Self> {
        let named = |error: &dyn std::fmt::Display| io::Error::other(format!("{}: {error}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
        let mut config: Config = toml::from_str(&text).map_err(|error| named(&error))?;
        if config.peer.is_some() != config.incoming.is_some() {
            return Err(named(&"[incoming] and [peer] stand together: the peer brings its mail to that door"));
        }
        if config.recipient.eq_ignore_ascii_case(&config.sender.address) {
            return Err(named(&"recipient must be another mailbox than sender.address"));
        }
        // Absolute, so that tools which run elsewhere find the same files.
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = parent.canonicalize()?;
        let from = |path: &mut PathBuf| *path = folder.join(&path);
        from(&mut config.authority);
        from(&mut config.tls_authority);
        if let Some(peer) = &mut config.peer {
            let optional = [&mut peer.renewed, &mut peer.unlisted, &mut peer.expired, &mut peer.revoked];
            let optional = optional.into_iter().flatten();
            for keys in optional.chain([&mut peer.signing, &mut peer.tls]) {
                from(&mut keys.key);
                from(&mut keys.certificates);
                for file in [&keys.key, &keys.certificates] {
                    if !file.is_file() {
                        return Err(named(&format!("{} is not there", file.display())));
                    }
                }
            }
        }
        config.folder = folder;
        Ok(config)
    }
}

fn system_authorities() -> PathBuf {
    "/etc/ssl/certs/ca-certificates.crt".into()
}

fn two_minutes() -> u64 {
    120
}

fn half_an_hour() -> u64 {
    1_800
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"
        authority = "ca.pem"
        recipient = "bob@alfa.example"

        [submission]
        address = "127.0.0.1:465"
        name = "mx.alfa.example"
        security = "tls"

        [sender]
        address = "anna@alfa.example"
        password = "x"

        [read]
        folder = "{address}"
    "#;

    fn load(text: &str) -> (tempfile::TempDir, io::Result<Config>) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("provider.toml"), text).unwrap();
        let config = Config::load(&folder.path().join("provider.toml"));
        (folder, config)
    }

    #[test]
    fn a_configuration_is_read_and_its_paths_are_those_beside_it() {
        let (folder, config) = load(CONFIG);
        let config = config.unwrap();
        assert_eq!((config.wait, config.retry, config.submission.security), (120, 1_800, Security::Tls));
        assert_eq!(config.authority, folder.path().canonicalize().unwrap().join("ca.pem"));
    }

    #[test]
    fn a_misspelt_key_a_door_without_a_peer_and_a_missing_file_are_told() {
        let wrong = |text: &str| load(text).1.unwrap_err().to_string();
        assert!(wrong(&CONFIG.replace("recipient", "recipent")).contains("recipent"));
        assert!(wrong(&CONFIG.replace("bob@", "Anna@")).contains("another mailbox"));
        let door = "\n[incoming]\naddress = \"a:25\"\nname = \"a\"\nmail_receipt = \"r@a\"\n";
        assert!(wrong(&format!("{CONFIG}{door}")).contains("[peer]"));
        let keys = "{ key = \"k.pem\", certificates = \"c.pem\" }";
        let peer = format!(
            "[peer]\nlisten = \"127.0.0.1:0\"\nhostname = \"p\"\nname = \"P\"\ndomain = \"p\"\nservice_address = \"s@p\"\n\
             mail_receipt = \"r@p\"\nsigning = {keys}\ntls = {keys}\n"
        );
        assert!(wrong(&format!("{CONFIG}{door}{peer}")).contains("k.pem is not there"));
    }
}
