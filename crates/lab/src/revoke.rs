//! A provider's certificate revoked, as after a theft of its key.

use std::fs;
use std::path::Path;

use fetch::keep;
use pec::Moment;
use rcgen::{Issuer, KeyPair, PKCS_RSA_SHA256};
use seal::{Certificate, Crl};

use crate::described::{Lab, LabProvider};
use crate::error::LabError;
use crate::list::{REVOKED, entry, line, list};
use crate::open::open;
use crate::pki::Authority;
use crate::text::folder_name;

/// Revokes the signing certificate that the provider in the folder `provider` has now, since `now`, for a compromised
/// key. Gives the laboratory's provider; running providers see the new list when they look at it again
/// (`revocation.retry`).
pub fn revoke(folder: &Path, provider: &str, now: Moment) -> Result<LabProvider, LabError> {
    let lab = open(folder)?;
    let names = |one: &&LabProvider| one.folder.file_name().is_some_and(|name| name == provider);
    let found = lab.providers.iter().find(names).cloned();
    let found = found.ok_or_else(|| {
        let folders: Vec<_> = lab.providers.iter().map(folder_name).collect();
        let (folder, folders) = (folder.display(), folders.join(", "));
        LabError::Plan(format!(
            "{folder} holds no provider {provider}; those whose certificate can be revoked: {folders}"
        ))
    })?;
    let signing = found.folder.join("signing.pem");
    let unreadable =
        |path: &Path, error: &dyn std::fmt::Display| LabError::Plan(format!("{}: {error}", path.display()));
    let chain = Certificate::from_pem(&read(&signing)?).map_err(|error| unreadable(&signing, &error))?;
    let Some(certificate) = chain.first() else { return Err(unreadable(&signing, &"there is no certificate in it")) };

    let register = folder.join("authority").join(REVOKED);
    let mut text = if register.exists() { read_text(&register)? } else { String::new() };
    let serial = certificate.serial_hex();
    if !text.lines().any(|line| line.split(' ').next() == Some(&serial)) {
        text.push_str(&line(certificate, now));
    }
    let entries = text.lines().map(entry).collect::<Option<Vec<_>>>();
    let entries = entries.ok_or_else(|| unreadable(&register, &"a line is not a serial number and a time"))?;
    replace(&register, text.as_bytes())?;
    // Lists follow each other by their dates, and two of one second would be the same.
    let before = Crl::read(read(&lab.crl)?).map_err(|error| unreadable(&lab.crl, &error))?.this_update();
    let now = Moment::from_unix(now.unix().max(before + 1));
    let new = list(now, entries).signed_by(&issuer(&lab, now)?)?.pem()?;
    replace(&lab.crl, new.as_bytes())?;
    Ok(found)
}

/// The PEC authority, with the key in its file.
fn issuer(lab: &Lab, now: Moment) -> Result<Issuer<'static, KeyPair>, LabError> {
    let key = read_text(&lab.folder.join("authority").join("pec-ca.key"))?;
    let key = KeyPair::from_pem_and_sign_algo(&key, &PKCS_RSA_SHA256)?;
    Ok(Authority::pec_again(key, now)?)
}

fn read(path: &Path) -> Result<Vec<u8>, LabError> {
    fs::read(path).map_err(|source| LabError::Io { path: path.to_owned(), source })
}

fn read_text(path: &Path) -> Result<String, LabError> {
    fs::read_to_string(path).map_err(|source| LabError::Io { path: path.to_owned(), source })
}

/// A provider may be reading it.
fn replace(path: &Path, content: &[u8]) -> Result<(), LabError> {
    keep::replace(path, content).map_err(|source| LabError::Io { path: path.to_owned(), source })
}
