//! What the certificates of a chain may do: the signer's, and those of the authorities above it (RFC 5280 §4.2 and §6).

use const_oid::ObjectIdentifier;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};

use crate::constraints::NameConstraints;
use crate::key::Certificate;
use crate::oid;
use crate::trust_error::TrustError;

/// For what the signer's certificate has to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Certified mail.
    Mail,
    /// Time stamps.
    TimeStamps,
}

/// The rules of the signer itself.
pub(crate) fn may_sign(leaf: &Certificate, purpose: Purpose) -> Result<(), TrustError> {
    knows_extensions(leaf)?;
    let usage = extension::<KeyUsage>(leaf)?;
    match purpose {
        Purpose::Mail => {
            if usage.is_some_and(|usage| !usage.digital_signature()) {
                return Err(not_permitted(leaf, "lacks the key usage digitalSignature"));
            }
            allows(leaf, purpose)
        }
        Purpose::TimeStamps => {
            if usage.is_some_and(|usage| !usage.digital_signature() && !usage.non_repudiation()) {
                return Err(not_permitted(leaf, "lacks the key usages digitalSignature and nonRepudiation"));
            }
            is_for_stamps_alone(leaf)
        }
    }
}

/// One usage, critical (RFC 3161 §2.3): a key that does anything else may be made to sign what looks like a stamp.
fn is_for_stamps_alone(leaf: &Certificate) -> Result<(), TrustError> {
    let usage = extension::<ExtendedKeyUsage>(leaf)?;
    if usage.is_none_or(|usage| usage.0 != [oid::TIME_STAMPING]) {
        return Err(not_permitted(leaf, "is not for time stamps alone (extended key usage)"));
    }
    if leaf.extensions().iter().any(|one| one.extn_id == oid::EXTENDED_KEY_USAGE && !one.critical) {
        return Err(not_permitted(leaf, "is for time stamps, but its extended key usage is not critical"));
    }
    Ok(())
}

/// The rules of an authority over the certificates below it, leaf first.
pub(crate) fn may_issue(authority: &Certificate, below: &[&Certificate], purpose: Purpose) -> Result<(), TrustError> {
    knows_extensions(authority)?;
    let Some(constraints) = extension::<BasicConstraints>(authority)?.filter(|constraints| constraints.ca) else {
        return Err(not_permitted(authority, "is not an authority, yet issued a certificate"));
    };
    let authorities = below.iter().skip(1).filter(|certificate| !certificate.is_self_issued()).count();
    if constraints.path_len_constraint.is_some_and(|most| usize::from(most) < authorities) {
        return Err(not_permitted(authority, "may not have authorities below it"));
    }
    let usage = extension::<KeyUsage>(authority)?;
    if usage.is_some_and(|usage| !usage.key_cert_sign()) {
        return Err(not_permitted(authority, "lacks the key usage keyCertSign"));
    }
    allows(authority, purpose)?;
    let names = NameConstraints::of(authority)
        .map_err(|cause| not_permitted(authority, &format!("has name constraints that cannot be read ({cause})")))?;
    for (position, certificate) in below.iter().enumerate() {
        // An authority's certificate for itself is exempt (RFC 5280 §6.1.4 (b)), a leaf never.
        if position == 0 || !certificate.is_self_issued() {
            names.check(certificate).map_err(|name| not_permitted(authority, &format!("does not permit {name}")))?;
        }
    }
    Ok(())
}

fn allows(certificate: &Certificate, purpose: Purpose) -> Result<(), TrustError> {
    let Some(ExtendedKeyUsage(usages)) = extension(certificate)? else { return Ok(()) };
    let (usage, what) = match purpose {
        Purpose::Mail => (oid::EMAIL_PROTECTION, "is not for e-mail (extended key usage)"),
        Purpose::TimeStamps => (oid::TIME_STAMPING, "is not for time stamps (extended key usage)"),
    };
    if usages.contains(&usage) || usages.contains(&oid::ANY_EXTENDED_KEY_USAGE) {
        Ok(())
    } else {
        Err(not_permitted(certificate, what))
    }
}

/// Refuses what would have to be understood (RFC 5280 §4.2) and what two readers could understand differently.
fn knows_extensions(certificate: &Certificate) -> Result<(), TrustError> {
    const KNOWN: [ObjectIdentifier; 8] = [
        oid::AUTHORITY_KEY_IDENTIFIER,
        oid::BASIC_CONSTRAINTS,
        oid::CERTIFICATE_POLICIES,
        oid::EXTENDED_KEY_USAGE,
        oid::KEY_USAGE,
        oid::NAME_CONSTRAINTS,
        oid::SUBJECT_ALT_NAME,
        oid::SUBJECT_KEY_IDENTIFIER,
    ];
    let extensions = certificate.extensions();
    for (position, extension) in extensions.iter().enumerate() {
        let kind = extension.extn_id;
        if extension.critical && !KNOWN.contains(&kind) {
            return Err(not_permitted(certificate, &format!("has the unknown critical extension {kind}")));
        }
        if extensions.iter().skip(position + 1).any(|other| other.extn_id == kind) {
            return Err(not_permitted(certificate, &format!("has the extension {kind} twice")));
        }
    }
    Ok(())
}

fn extension<T>(certificate: &Certificate) -> Result<Option<T>, TrustError>
where
    T: for<'a> x509_cert::der::Decode<'a, Error = x509_cert::der::Error> + const_oid::AssociatedOid,
{
    match certificate.body().get_extension::<T>() {
        Ok(found) => Ok(found.map(|(_, value)| value)),
        Err(cause) => Err(not_permitted(certificate, &format!("has an extension that cannot be read ({cause})"))),
    }
}

pub(crate) fn not_permitted(certificate: &Certificate, cause: &str) -> TrustError {
    TrustError::NotPermitted(format!("{} {cause}", certificate.subject()))
}
