//! The profile of signing certificates (RFC 6109 §5.5).

use const_oid::ObjectIdentifier;
use x509_cert::der::Decode;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, KeyUsage, SubjectKeyIdentifier};

use crate::key::Certificate;
use crate::name::fold;
use crate::oid;

/// Deviations from §5.5 of a signing certificate, in English, empty when it conforms [R-5.5.1-a]
/// [R-5.5.2-a] [R-5.5.2-b] [R-2.1-c]. `provider_name`: as in the index, when known.
pub fn deviations(certificate: &Certificate, provider_name: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    subject(certificate, provider_name, &mut found);
    required_extensions(certificate, &mut found);
    other_extensions(certificate, &mut found);
    found
}

/// [R-5.5.1-a]
fn subject(certificate: &Certificate, provider_name: Option<&str>, found: &mut Vec<String>) {
    let name = certificate.subject_name();
    let mut called = name.texts(oid::COMMON_NAME).chain(name.texts(oid::ORGANIZATION));
    match provider_name {
        Some(provider) => {
            // Names in the index and in certificates differ in case and spacing.
            let wanted = fold(provider);
            if !called.any(|text| text == wanted) {
                found.push(format!(
                    "neither commonName nor organizationName of the subject is the provider's name {provider:?}"
                ));
            }
        }
        None if called.next().is_none() => found.push("the subject has neither commonName nor organizationName".into()),
        None => {}
    }
    if name.texts(oid::EMAIL_ADDRESS).next().is_some() {
        found.push("the subject holds an e-mail address, which belongs in subjectAltName alone".into());
    }
    if certificate.emails().is_empty() {
        found.push("subjectAltName holds no e-mail address".into());
    }
}

/// [R-5.5.2-a]
fn required_extensions(certificate: &Certificate, found: &mut Vec<String>) {
    let required = [
        (oid::KEY_USAGE, "keyUsage", true),
        (oid::AUTHORITY_KEY_IDENTIFIER, "authorityKeyIdentifier", false),
        (oid::SUBJECT_KEY_IDENTIFIER, "subjectKeyIdentifier", false),
        (oid::SUBJECT_ALT_NAME, "subjectAltName", false),
    ];
    for (kind, name, critical) in required {
        match extension(certificate, kind) {
            None => found.push(format!("the extension {name} is missing")),
            Some(extension) if extension.critical != critical => {
                found.push(format!("the extension {name} must {}be critical", if critical { "" } else { "not " }));
            }
            Some(_) => {}
        }
    }
    match decode::<KeyUsage>(certificate, oid::KEY_USAGE) {
        Some(Some(usage)) if !usage.digital_signature() => found.push("keyUsage lacks digitalSignature".into()),
        Some(None) => found.push("keyUsage cannot be read".into()),
        _ => {}
    }
    match decode::<AuthorityKeyIdentifier>(certificate, oid::AUTHORITY_KEY_IDENTIFIER) {
        Some(Some(identifier)) if identifier.key_identifier.is_none() => {
            found.push("authorityKeyIdentifier lacks keyIdentifier".into());
        }
        Some(None) => found.push("authorityKeyIdentifier cannot be read".into()),
        _ => {}
    }
    if let Some(None) = decode::<SubjectKeyIdentifier>(certificate, oid::SUBJECT_KEY_IDENTIFIER) {
        found.push("subjectKeyIdentifier cannot be read".into());
    }
}

/// [R-5.5.2-b]
fn other_extensions(certificate: &Certificate, found: &mut Vec<String>) {
    for extension in certificate.extensions() {
        match extension.extn_id {
            oid::BASIC_CONSTRAINTS => found.push("the extension basicConstraints must not be present".into()),
            oid::KEY_USAGE | oid::AUTHORITY_KEY_IDENTIFIER | oid::SUBJECT_KEY_IDENTIFIER | oid::SUBJECT_ALT_NAME => {}
            other if extension.critical => found.push(format!("the additional extension {other} must not be critical")),
            _ => {}
        }
    }
}

fn extension(certificate: &Certificate, kind: ObjectIdentifier) -> Option<&Extension> {
    certificate.extensions().iter().find(|extension| extension.extn_id == kind)
}

/// The extension if it is there, and what it says if that can be read.
fn decode<'a, T: Decode<'a>>(certificate: &'a Certificate, kind: ObjectIdentifier) -> Option<Option<T>> {
    extension(certificate, kind).map(|extension| T::from_der(extension.extn_value.as_bytes()).ok())
}

#[cfg(test)]
mod tests;
