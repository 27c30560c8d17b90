//! The list of revoked certificates of a laboratory, and the register that it is made of.

use pec::Moment;
use rcgen::{
    CertificateRevocationListParams, KeyIdMethod, RevocationReason, RevokedCertParams, SerialNumber, date_time_ymd,
};
use seal::Certificate;

use crate::error::LabError;
use crate::pki::{AUTHORITY_DAYS, Authority, DAY, since_1970};

/// What was revoked, in the authority's folder: serial number in hexadecimal, seconds since 1970.
pub(crate) const REVOKED: &str = "revoked.txt";

/// The first list of an authority, and the register it is made of: these were revoked from the beginning.
pub(crate) fn first(
    authority: &Authority,
    revoked: &[&Certificate],
    now: Moment,
) -> Result<(String, String), LabError> {
    let register: String = revoked.iter().map(|certificate| line(certificate, now)).collect();
    let entries = register.lines().filter_map(entry).collect();
    Ok((list(now, entries).signed_by(authority.issuer())?.pem()?, register))
}

/// The list of this moment.
pub(crate) fn list(now: Moment, revoked_certs: Vec<RevokedCertParams>) -> CertificateRevocationListParams {
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
pub(crate) fn line(certificate: &Certificate, since: Moment) -> String {
    format!("{} {}\n", certificate.serial_hex(), since.unix())
}

/// What a line of the register says.
pub(crate) fn entry(line: &str) -> Option<RevokedCertParams> {
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
