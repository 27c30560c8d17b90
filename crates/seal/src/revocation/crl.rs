//! One list of revoked certificates (RFC 5280 §5).

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use rustls_pki_types::CertificateRevocationListDer;
use rustls_pki_types::pem::PemObject;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};

use super::address::{full_name, point_names};
use super::signed::{self, Signed};
use super::status::{Reason, RevocationError, Status, listed, outdated};
use crate::asn1::{Reader, tag};
use crate::extensions::extensions;
use crate::key::Certificate;
use crate::name::DirectoryName;
use crate::oid;

/// A list of revoked certificates as received. It counts only after [`Crl::verify`], which [`super::CrlStore::insert`] does.
pub struct Crl {
    signed: Signed,
    issuer: DirectoryName,
    issuer_text: String,
    this_update: i64,
    next_update: Option<i64>,
    number: Option<Vec<u8>>,
    entries: BTreeMap<Box<[u8]>, (i64, Reason)>,
    pub(super) scope: Scope,
    /// Expired certificates stay listed if they expired after this (ISO 9594-8 §9.5.2.8).
    keeps_expired_since: Option<i64>,
}

/// Which certificates of the issuer a list covers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scope {
    /// Those that name one of these distribution points (GeneralName elements); `None`: all.
    points: Option<Vec<Vec<u8>>>,
    /// No authorities.
    users_only: bool,
    authorities_only: bool,
}

impl Scope {
    fn covers(&self, certificate: &Certificate) -> bool {
        let constraints = certificate.body().get_extension::<BasicConstraints>();
        let is_authority = constraints.is_ok_and(|found| found.is_some_and(|(_, constraints)| constraints.ca));
        if is_authority && self.users_only || !is_authority && self.authorities_only {
            return false;
        }
        let named = point_names(certificate);
        self.points.as_ref().is_none_or(|points| points.iter().any(|point| named.contains(&point.as_slice())))
    }
}

impl Crl {
    /// Reads a DER or PEM list. Checks no signature.
    ///
    /// What is not supported is an error and has a name: `delta CRL`, `indirect CRL`, lists of some reasons only,
    /// `removeFromCRL` (which belongs into delta CRLs), unknown critical extensions.
    pub fn read(list: impl Into<Bytes>) -> Result<Self, RevocationError> {
        let list: Bytes = list.into();
        if list.first() == Some(&tag::SEQUENCE) {
            return Self::from_der(list);
        }
        let der = CertificateRevocationListDer::from_pem_slice(&list).map_err(|_| {
            RevocationError::Broken("it is neither a DER nor a PEM list of revoked certificates".into())
        })?;
        Self::from_der(Bytes::copy_from_slice(&der))
    }

    fn from_der(der: Bytes) -> Result<Self, RevocationError> {
        let signed = Signed::read(&der, &mut Reader::new(&der).enter(tag::SEQUENCE)?)?;
        let data = signed.data.clone();
        let mut fields = Reader::new(&data).enter(tag::SEQUENCE)?;
        fields.optional(tag::INTEGER)?;
        // Only the inner one is signed (RFC 5280 §5.1.1.2).
        if fields.enter(tag::SEQUENCE)?.oid()? != signed.algorithm() {
            return Err(RevocationError::Broken("the two signature algorithms differ".into()));
        }
        let (issuer, issuer_text) = signed::name(fields.expect(tag::SEQUENCE)?)?;
        let this_update = signed::time(fields.next()?)?;
        let next_update = signed::optional_time(&mut fields)?;
        let mut crl = Self {
            signed,
            issuer,
            issuer_text,
            this_update,
            next_update,
            number: None,
            entries: BTreeMap::new(),
            scope: Scope::default(),
            keeps_expired_since: None,
        };
        if let Some(entries) = fields.optional(tag::SEQUENCE)? {
            crl.read_entries(entries.elements())?;
        }
        if let Some(list) = fields.optional(0xa0)? {
            extensions(list.elements().enter(tag::SEQUENCE)?, |kind, critical, value| {
                crl.read_extension(kind, critical, value)
            })?;
        }
        Ok(crl)
    }

    fn read_entries(&mut self, mut entries: Reader<'_>) -> Result<(), RevocationError> {
        while !entries.is_empty() {
            let mut entry = entries.enter(tag::SEQUENCE)?;
            let serial = signed::serial(entry.expect(tag::INTEGER)?.content);
            let since = signed::time(entry.next()?)?;
            let mut reason = Reason::Unspecified;
            if let Some(list) = entry.optional(tag::SEQUENCE)? {
                extensions(list.elements(), |kind, critical, value| {
                    match kind {
                        oid::REASON_CODE => match signed::enumerated(Reader::new(value).next()?)? {
                            8 => return Err(unsupported("removeFromCRL")),
                            code => reason = Reason::from_code(code),
                        },
                        oid::CERTIFICATE_ISSUER => return Err(unsupported("indirect CRL")),
                        other if critical => return Err(unsupported(&format!("the critical extension {other}"))),
                        _ => {}
                    }
                    Ok(())
                })?;
            }
            // Listed twice: revoked since the earlier moment.
            let known = self.entries.entry(serial.into()).or_insert((since, reason));
            if since < known.0 {
                *known = (since, reason);
            }
        }
        Ok(())
    }

    fn read_extension(
        &mut self,
        kind: const_oid::ObjectIdentifier,
        critical: bool,
        value: &[u8],
    ) -> Result<(), RevocationError> {
        match kind {
            oid::CRL_NUMBER => {
                self.number = Some(signed::serial(Reader::new(value).expect(tag::INTEGER)?.content).to_vec());
            }
            oid::DELTA_CRL_INDICATOR => return Err(unsupported("delta CRL")),
            oid::ISSUING_DISTRIBUTION_POINT => self.scope = read_scope(value)?,
            oid::EXPIRED_CERTS_ON_CRL => self.keeps_expired_since = Some(signed::time(Reader::new(value).next()?)?),
            oid::AUTHORITY_KEY_IDENTIFIER => {}
            other if critical => return Err(unsupported(&format!("the critical extension {other}"))),
            _ => {}
        }
        Ok(())
    }

    /// Checks that `issuer` signed the list and may sign lists.
    pub fn verify(&self, issuer: &Certificate) -> Result<(), RevocationError> {
        let refused = |cause: &str| Err(RevocationError::NotSigned(format!("{} {cause}", issuer.subject())));
        if *issuer.subject_name() != self.issuer {
            return refused(&format!("is not the list's issuer {}", self.issuer_text));
        }
        match issuer.body().get_extension::<KeyUsage>() {
            Ok(Some((_, usage))) if !usage.crl_sign() => return refused("lacks the key usage cRLSign"),
            Err(_) => return refused("has a key usage that cannot be read"),
            _ => {}
        }
        if self.signed.is_by(issuer.public_key())? { Ok(()) } else { refused("did not sign the list") }
    }

    /// Whether the list covers `certificate`, by issuer's name and distribution point.
    pub fn covers(&self, certificate: &Certificate) -> bool {
        *certificate.issuer_name() == self.issuer && self.scope.covers(certificate)
    }

    /// What the list says about a certificate that it covers.
    pub(super) fn status(&self, certificate: &Certificate, grace: i64, at: i64) -> Status {
        let unknown = |why: &str| Status::Unknown { why: format!("the revocation list of {} {why}", self.issuer_text) };
        let Ok((_, serial)) = signed::issuer_and_serial(certificate) else {
            return unknown("cannot be asked about a serial number that cannot be read");
        };
        if let Some((since, reason)) = self.entries.get(serial) {
            return listed(*since, *reason, at);
        }
        if let Some(why) = outdated(self.this_update, self.next_update, grace, at) {
            return unknown(&why);
        }
        let expired = certificate.not_after();
        if expired < self.this_update && self.keeps_expired_since.is_none_or(|since| expired < since) {
            return unknown("no longer speaks of certificates that expired before it was issued");
        }
        Status::Good
    }

    /// The issuer in RFC 4514 form.
    pub fn issuer(&self) -> &str {
        &self.issuer_text
    }

    /// When it was issued, seconds since 1970.
    pub fn this_update(&self) -> i64 {
        self.this_update
    }

    /// When the next one is due at the latest, seconds since 1970.
    pub fn next_update(&self) -> Option<i64> {
        self.next_update
    }

    /// cRLNumber, big-endian.
    pub fn number(&self) -> Option<&[u8]> {
        self.number.as_deref()
    }

    /// How many certificates it lists.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it lists none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printed = f.debug_struct("Crl");
        printed.field("issuer", &self.issuer_text).field("this_update", &self.this_update);
        printed.field("next_update", &self.next_update).field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

/// IssuingDistributionPoint (RFC 5280 §5.2.5).
fn read_scope(value: &[u8]) -> Result<Scope, RevocationError> {
    let mut scope = Scope::default();
    let mut fields = Reader::new(value).enter(tag::SEQUENCE)?;
    while !fields.is_empty() {
        let field = fields.next()?;
        let set = field.content != [0];
        match field.tag {
            0xa0 => match full_name(field.content)? {
                Some(names) => scope.points = Some(names.into_iter().map(<[u8]>::to_vec).collect()),
                None => return Err(unsupported("distribution point relative to the issuer")),
            },
            0x81 => scope.users_only = set,
            0x82 => scope.authorities_only = set,
            0x83 => return Err(unsupported("CRL for some reasons only")),
            0x84 if set => return Err(unsupported("indirect CRL")),
            0x85 if set => return Err(unsupported("CRL of attribute certificates")),
            0x84 | 0x85 => {}
            _ => return Err(unsupported("unknown field of issuingDistributionPoint")),
        }
    }
    Ok(scope)
}

fn unsupported(what: &str) -> RevocationError {
    RevocationError::Unsupported(what.into())
}
