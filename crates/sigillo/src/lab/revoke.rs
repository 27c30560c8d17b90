//! The list of revoked certificates of a laboratory, and what revokes one.

use std::fs;
use std::path::Path;

use pec::Moment;
use rcgen::{
    CertificateRevocationListParams, Issuer, KeyIdMethod, KeyPair, PKCS_RSA_SHA256, RevocationReason,
    RevokedCertParams, SerialNumber, date_time_ymd,
};
use seal::{Certificate, Crl};

use super::pki::{AUTHORITY_DAYS, Authority, DAY, since_1970};
use super::{Lab, LabError, LabProvider, files, open};
use crate::index::place;

/// What was revoked, in the authority's folder: serial number in hexadecimal, seconds since 1970.
pub(super) const REVOKED: &str = "revoked.txt";

/// The first list of an authority, and the register it is made of: these were revoked from the beginning.
pub(super) fn first(
    authority: &Authority,
    revoked: &[&Certificate],
    now: Moment,
) -> Result<(String, String), LabError> {
    let register: String = revoked.iter().map(|certificate| line(certificate, now)).collect();
    let entries = register.lines().filter_map(entry).collect();
    Ok((list(now, entries).signed_by(authority.issuer())?.pem()?, register))
}

/// Revokes the signing certificate that the provider in the folder `provider` has now, since `now`, for a compromised
/// key. Gives the laboratory's provider; running providers see the new list when they look at it again
/// (`revocation.retry`).
pub fn revoke(folder: &Path, provider: &str, now: Moment) -> Result<LabProvider, LabError> {
    let lab = open(folder)?;
    let names = |one: &&LabProvider| one.folder.file_name().is_some_and(|name| name == provider);
    let found = lab.providers.iter().find(names).cloned();
    let found = found.ok_or_else(|| {
        let folders: Vec<_> = lab.providers.iter().map(files::folder_name).collect();
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

fn list(now: Moment, revoked_certs: Vec<RevokedCertParams>) -> CertificateRevocationListParams {
    CertificateRevocationListParams {
        this_update: date_time_ymd(1970, 1, 1) + since_1970(now),
        // Nobody renews it: it lasts as long as its authority.
        next_update: date_time_ymd(1970, 1, 1) + since_1970(now.plus(AUTHORITY_DAYS * DAY)),
        crl_number: SerialNumber::from(now.unix().unsigned_abs()),
        issuing_distribution_point: None,
        revoked_certs,
        key_identifier_method: KeyIdMethod::Sha256,
    }
}

/// A line of the register.
fn line(certificate: &Certificate, since: Moment) -> String {
    format!("{} {}\n", certificate.serial_hex(), since.unix())
}

fn entry(line: &str) -> Option<RevokedCertParams> {
    let (serial, since) = line.split_once(' ')?;
    let octet = |index: usize| u8::from_str_radix(serial.get(index..index + 2)?, 16).ok();
    let serial: Option<Vec<u8>> = (0..serial.len()).step_by(2).map(octet).collect();
    Some(RevokedCertParams {
        serial_number: SerialNumber::from(serial?),
        revocation_time: date_time_ymd(1970, 1, 1) + since_1970(Moment::from_unix(since.parse().ok()?)),
        reason_code: Some(RevocationReason::KeyCompromise),
        invalidity_date: None,
    })
}

fn read(path: &Path) -> Result<Vec<u8>, LabError> {
    fs::read(path).map_err(|source| LabError::Io { path: path.to_owned(), source })
}

fn read_text(path: &Path) -> Result<String, LabError> {
    fs::read_to_string(path).map_err(|source| LabError::Io { path: path.to_owned(), source })
}

/// A provider may be reading it.
fn replace(path: &Path, content: &[u8]) -> Result<(), LabError> {
    place::replace(path, content).map_err(|source| LabError::Io { path: path.to_owned(), source })
}
