//! X.509 certificates as received, with what is read from them once.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use x509_cert::der::Decode;
use x509_cert::ext::Extension;

use crate::algorithm::{Digest, PublicKey, Refused, Scheme};
use crate::asn1::{self, Malformed, Reader, tag};
use crate::key_error::KeyError;
use crate::name::{self, DirectoryName};
use crate::oid;

/// An X.509 certificate: its DER and what is read from it once. Cloning copies references.
#[derive(Clone)]
pub struct Certificate {
    der: Bytes,
    read: Arc<Read>,
}

/// What is read from a certificate once.
struct Read {
    certificate: x509_cert::Certificate,
    /// The bytes that the issuer signed.
    signed: Bytes,
    /// IssuerAndSerialNumber, as signatures point to this certificate (RFC 5652 §10.2.4).
    issuer_and_serial: Vec<u8>,
    /// The whole SubjectPublicKeyInfo.
    spki: Bytes,
    public_key: PublicKey,
    subject: DirectoryName,
    issuer: DirectoryName,
    emails: Vec<String>,
    sha1: String,
}

impl Certificate {
    /// Reads one DER (or BER) certificate.
    pub fn from_der(der: impl Into<Bytes>) -> Result<Self, KeyError> {
        let der = der.into();
        let unreadable = |cause: &dyn fmt::Display| KeyError(format!("not a readable X.509 certificate: {cause}"));
        match Self::read(der.clone()) {
            Ok(certificate) => Ok(certificate),
            Err(cause) => {
                // Lengths that DER does not allow: signatures are always over DER, so nothing is lost.
                let rewritten = asn1::to_der(&der).map_err(|_| unreadable(&cause))?;
                if rewritten == der {
                    Err(unreadable(&cause))
                } else {
                    Self::read(rewritten.into()).map_err(|e| unreadable(&e))
                }
            }
        }
    }

    fn read(der: Bytes) -> Result<Self, Box<dyn std::error::Error>> {
        let certificate = x509_cert::Certificate::from_der(&der)?;
        let mut outer = Reader::new(&der).enter(tag::SEQUENCE)?;
        let to_be_signed = outer.expect(tag::SEQUENCE)?;
        let mut fields = to_be_signed.elements();
        fields.optional(0xa0)?;
        let serial = fields.expect(tag::INTEGER)?;
        let _algorithm = fields.expect(tag::SEQUENCE)?;
        let issuer = fields.expect(tag::SEQUENCE)?;
        let _validity = fields.expect(tag::SEQUENCE)?;
        let _subject = fields.expect(tag::SEQUENCE)?;
        let spki = fields.expect(tag::SEQUENCE)?;
        let body = certificate.tbs_certificate();
        let read = Read {
            signed: der.slice_ref(to_be_signed.raw),
            issuer_and_serial: asn1::tlv(tag::SEQUENCE, &[issuer.raw, serial.raw]),
            spki: der.slice_ref(spki.raw),
            public_key: PublicKey::from_spki(spki.raw)?,
            subject: DirectoryName::new(body.subject()),
            issuer: DirectoryName::new(body.issuer()),
            emails: body
                .extensions()
                .into_iter()
                .flatten()
                .filter(|extension| extension.extn_id == oid::SUBJECT_ALT_NAME)
                .filter_map(|extension| rfc822_names(extension.extn_value.as_bytes()).ok())
                .flatten()
                .collect(),
            sha1: hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &der).as_ref()),
            certificate,
        };
        Ok(Self { der, read: Arc::new(read) })
    }

    /// Reads every certificate of a PEM text; text between them is ignored.
    pub fn from_pem(pem: &[u8]) -> Result<Vec<Self>, KeyError> {
        CertificateDer::pem_slice_iter(pem)
            .map(|section| {
                let der = section.map_err(|e| KeyError(format!("not a readable PEM text: {e}")))?;
                Self::from_der(der.as_ref().to_vec())
            })
            .collect()
    }

    /// The same of a file.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is no PEM text of certificates; in words that begin with its path.
    pub fn from_pem_file(path: &Path) -> Result<Vec<Self>, KeyError> {
        let pem = std::fs::read(path);
        let pem = pem.map_err(|error| KeyError(format!("{} cannot be read: {error}", path.display())))?;
        Self::from_pem(&pem).map_err(|error| KeyError(format!("{}: {error}", path.display())))
    }

    /// The DER.
    pub fn der(&self) -> &Bytes {
        &self.der
    }

    /// PEM form.
    pub fn to_pem(&self) -> String {
        let text = STANDARD.encode(&self.der);
        let mut pem = String::with_capacity(text.len() + text.len() / 64 + 60);
        pem.push_str("-----BEGIN CERTIFICATE-----\n");
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(64));
            pem.push_str(line);
            pem.push('\n');
            rest = after;
        }
        pem.push_str("-----END CERTIFICATE-----\n");
        pem
    }

    /// Subject in RFC 4514 form.
    pub fn subject(&self) -> String {
        self.body().subject().to_string()
    }

    /// Who owns it, as written: its common names, then its organisations, then their units.
    pub fn owner_names(&self) -> Vec<String> {
        [self.common_names(), self.organizations(), self.units()].concat()
    }

    /// The common names of its owner, as written.
    pub fn common_names(&self) -> Vec<String> {
        name::texts(self.body().subject(), oid::COMMON_NAME).collect()
    }

    /// The organisations of its owner, as written.
    pub fn organizations(&self) -> Vec<String> {
        name::texts(self.body().subject(), oid::ORGANIZATION).collect()
    }

    /// The person who owns it: its common names, or forename and surname where it has none.
    pub fn person_names(&self) -> Vec<String> {
        let names = self.common_names();
        if !names.is_empty() {
            return names;
        }
        let parts = [oid::GIVEN_NAME, oid::SURNAME].map(|kind| name::texts(self.body().subject(), kind).next());
        let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        if name.is_empty() { Vec::new() } else { vec![name] }
    }

    /// What tells its owner from others of the same name (X.520 serialNumber): in qualified certificates a tax code, as
    /// ETSI EN 319 412-1 §5.1.3 writes it.
    pub fn owner_numbers(&self) -> Vec<String> {
        name::texts(self.body().subject(), oid::SERIAL_NUMBER).collect()
    }

    /// Who issued it: the common names, then the organisations.
    pub fn issuer_names(&self) -> Vec<String> {
        let issuer = self.body().issuer();
        name::texts(issuer, oid::COMMON_NAME).chain(name::texts(issuer, oid::ORGANIZATION)).collect()
    }

    fn units(&self) -> Vec<String> {
        name::texts(self.body().subject(), oid::ORGANIZATIONAL_UNIT).collect()
    }

    /// Issuer in RFC 4514 form.
    pub fn issuer(&self) -> String {
        self.body().issuer().to_string()
    }

    /// rfc822Names of subjectAltName, as written.
    pub fn emails(&self) -> &[String] {
        &self.read.emails
    }

    /// Whether it names an address of this domain.
    pub fn has_address_at(&self, domain: &str) -> bool {
        let is_there = |email: &String| email.rsplit_once('@').is_some_and(|(_, of)| of.eq_ignore_ascii_case(domain));
        self.emails().iter().any(is_there)
    }

    /// Seconds since 1970, inclusive.
    pub fn not_before(&self) -> i64 {
        seconds(self.body().validity().not_before.to_unix_duration())
    }

    /// Seconds since 1970, inclusive.
    pub fn not_after(&self) -> i64 {
        seconds(self.body().validity().not_after.to_unix_duration())
    }

    /// The serial number in lower-case hex, as lists of revoked certificates name it.
    pub fn serial_hex(&self) -> String {
        hex(self.body().serial_number().as_bytes())
    }

    /// SHA-256 of the SubjectPublicKeyInfo in lower-case hex: what stays when an authority's certificate is issued again
    /// with the same key [R-O-ca-1].
    pub fn key_sha256_hex(&self) -> String {
        hex(digest::digest(&digest::SHA256, &self.read.spki).as_ref())
    }

    /// SHA-1 of the DER in lower-case hex: the index's hash.
    pub fn sha1_hex(&self) -> String {
        self.read.sha1.clone()
    }

    /// The signed part, decoded.
    pub(crate) fn body(&self) -> &x509_cert::TbsCertificate {
        self.read.certificate.tbs_certificate()
    }

    /// Every extension.
    pub(crate) fn extensions(&self) -> &[Extension] {
        self.body().extensions().map_or(&[], Vec::as_slice)
    }

    pub(crate) fn issuer_and_serial(&self) -> &[u8] {
        &self.read.issuer_and_serial
    }

    pub(crate) fn public_key(&self) -> &PublicKey {
        &self.read.public_key
    }

    pub(crate) fn spki(&self) -> &[u8] {
        &self.read.spki
    }

    pub(crate) fn subject_name(&self) -> &DirectoryName {
        &self.read.subject
    }

    pub(crate) fn issuer_name(&self) -> &DirectoryName {
        &self.read.issuer
    }

    /// Whether subject and issuer are the same name.
    pub(crate) fn is_self_issued(&self) -> bool {
        self.read.subject == self.read.issuer
    }

    /// How the issuer signed; `None` for an algorithm not known here.
    pub(crate) fn signature_scheme(&self) -> Option<Scheme> {
        let algorithm = self.read.certificate.signature_algorithm();
        // The two places must agree (RFC 5280 §4.1.1.2): only one of them is signed.
        (algorithm == self.body().signature()).then(|| Scheme::from_oid(algorithm.oid)).flatten()
    }

    /// Checks the issuer's signature with the issuer's key.
    pub(crate) fn verify_signature(&self, issuer: &PublicKey) -> Result<(), Refused> {
        let name = || Refused::Algorithm(self.read.certificate.signature_algorithm().oid.to_string());
        let scheme = self.signature_scheme().filter(|scheme| scheme.digest().is_some()).ok_or_else(name)?;
        let signature = self.read.certificate.signature().as_bytes().ok_or(Refused::Mismatch)?;
        issuer.verify(scheme, Digest::Sha256, &self.read.signed, signature)
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("subject", &self.subject()).field("sha1", &self.read.sha1).finish()
    }
}

/// The rfc822Names of a subjectAltName; other forms of name are passed over, known or not.
fn rfc822_names(san: &[u8]) -> Result<Vec<String>, Malformed> {
    let mut names = Reader::new(san).enter(tag::SEQUENCE)?;
    let mut emails = Vec::new();
    while !names.is_empty() {
        let name = names.next()?;
        if name.tag == 0x81 && name.content.is_ascii() {
            emails.push(String::from_utf8_lossy(name.content).into_owned());
        }
    }
    Ok(emails)
}

fn seconds(since_1970: std::time::Duration) -> i64 {
    i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX)
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
