//! What was fetched, kept on disk: a restart does not depend on the network.
//!
//! One JSON file per list or answer. Nothing in them is believed for standing there: lists and answers are signed, and are
//! checked again when they are read. They can be removed at any time.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use fetch::keep;
use seal::Certificate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The folder of the kept lists and answers.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    folder: PathBuf,
}

/// A list or an answer as it came.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// Where it came from.
    pub url: String,
    /// Whose list, or who issued the certificate that was asked about.
    pub issuer: Certificate,
    /// The certificate that was asked about; `None`: a list.
    pub certificate: Option<Certificate>,
    /// When it came, seconds since 1970.
    pub obtained: i64,
    /// The octets.
    pub body: Bytes,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    url: String,
    issuer: String,
    certificate: Option<String>,
    obtained: i64,
    body: String,
}

impl Disk {
    /// Opens the folder, made if it is missing; nobody else writes there. What a crash left half written goes.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        keep::folder(folder)?;
        keep::sweep(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Everything kept; `most` are the octets of a body that is read. What cannot be read is said and left out.
    pub(super) fn load(&self, most: usize) -> Vec<Kept> {
        let mut found = Vec::new();
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.path());
        for path in entries.filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
            match read(&path, most) {
                Ok(kept) => found.push(kept),
                Err(error) => tracing::warn!(event = "revocation-cache", file = %path.display(), error, "left out"),
            }
        }
        found
    }

    /// Keeps one, in place of what came from there before. Whole or not at all.
    pub(super) fn put(&self, kept: &Kept) -> io::Result<()> {
        let file = File {
            url: kept.url.clone(),
            issuer: kept.issuer.to_pem(),
            certificate: kept.certificate.as_ref().map(Certificate::to_pem),
            obtained: kept.obtained,
            body: STANDARD.encode(&kept.body),
        };
        let path = self.path(&kept.url, &kept.issuer, kept.certificate.as_ref());
        keep::replace(&path, &serde_json::to_vec_pretty(&file)?)
    }

    /// Forgets one.
    pub(super) fn remove(&self, url: &str, issuer: &Certificate, certificate: Option<&Certificate>) {
        match fs::remove_file(self.path(url, issuer, certificate)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(event = "revocation-cache", url, %error, "cannot be removed");
            }
            _ => {}
        }
    }

    fn path(&self, url: &str, issuer: &Certificate, certificate: Option<&Certificate>) -> PathBuf {
        let mut hash = Sha256::new();
        let certificate = certificate.map(Certificate::der);
        for part in [url.as_bytes(), issuer.key_sha256_hex().as_bytes(), certificate.map_or(&[], |der| der)] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let name = hex::encode(hash.finalize());
        self.folder.join(name.get(..32).unwrap_or(&name)).with_extension("json")
    }
}

/// A list that is kept, as its authority published it.
#[derive(Clone, Debug)]
pub struct KeptList {
    /// Where it came from.
    pub url: String,
    /// When, seconds since 1970.
    pub obtained: i64,
    /// Its octets (DER or PEM).
    pub body: Bytes,
}

/// The lists that a provider keeps in this folder; none where there is no folder. What cannot be read is said and left out. Blocks.
pub fn kept_lists(folder: &Path) -> Vec<KeptList> {
    let disk = Disk { folder: folder.to_owned() };
    let lists = disk.load(super::Settings::default().max_size).into_iter().filter(|kept| kept.certificate.is_none());
    lists.map(|Kept { url, obtained, body, .. }| KeptList { url, obtained, body }).collect()
}

/// An answer of a responder that is kept, as it came.
#[derive(Clone, Debug)]
pub struct KeptAnswer {
    /// Where it came from.
    pub url: String,
    /// When, seconds since 1970.
    pub obtained: i64,
    /// About which certificate.
    pub certificate: Certificate,
    /// Who issued that.
    pub issuer: Certificate,
    /// Its octets (DER, RFC 6960).
    pub body: Bytes,
}

/// The answers of responders that a provider keeps in this folder, as [`kept_lists`] reads the lists. Blocks.
pub fn kept_answers(folder: &Path) -> Vec<KeptAnswer> {
    let disk = Disk { folder: folder.to_owned() };
    let kept = disk.load(super::Settings::default().max_size).into_iter();
    let answer = |Kept { url, issuer, certificate, obtained, body }| {
        Some(KeptAnswer { url, obtained, certificate: certificate?, issuer, body })
    };
    kept.filter_map(answer).collect()
}

fn read(path: &Path, most: usize) -> Result<Kept, String> {
    let say = |error: &dyn std::fmt::Display| error.to_string();
    // Base64 takes a third more, the certificates a little.
    let most = most as u64 / 3 * 4 + (64 << 10);
    let mut text = Vec::new();
    let file = fs::File::open(path).map_err(|error| say(&error))?;
    file.take(most + 1).read_to_end(&mut text).map_err(|error| say(&error))?;
    if text.len() as u64 > most {
        return Err("it is larger than revocation.max_size allows".into());
    }
    let file: File = serde_json::from_slice(&text).map_err(|error| say(&error))?;
    let one = |pem: &str| {
        let found = Certificate::from_pem(pem.as_bytes()).map_err(|error| say(&error))?;
        found.into_iter().next().ok_or_else(|| "there is no certificate in it".to_owned())
    };
    Ok(Kept {
        issuer: one(&file.issuer)?,
        certificate: file.certificate.as_deref().map(one).transpose()?,
        body: STANDARD.decode(&file.body).map_err(|error| say(&error))?.into(),
        url: file.url,
        obtained: file.obtained,
    })
}
