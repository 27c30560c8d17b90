//! The provider's key and certificate.

use std::fmt;
use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use rustls_pki_types::pem::{PemObject, SectionKind};
use zeroize::Zeroizing;

use crate::algorithm::PublicKey;
pub use crate::certificate::Certificate;
pub use crate::key_error::KeyError;
use crate::pkcs12;

/// Makes signatures. One real implementation per kind of device; tests use [`FileSigner`] too.
pub trait Signer: Send + Sync {
    /// The signing certificate; its rfc822Name is the service address.
    fn certificate(&self) -> &Certificate;
    /// Issuers to include in each signature, nearest first, no root.
    fn issuers(&self) -> &[Certificate];
    /// RSA PKCS#1 v1.5 over SHA-256 of `data`. Blocking; errors are ours and temporary.
    fn sign(&self, data: &[u8]) -> Result<Vec<u8>, KeyError>;
}

/// A key in a file.
pub struct FileSigner {
    key: KeyPair,
    certificate: Certificate,
    issuers: Vec<Certificate>,
}

impl FileSigner {
    /// Key (PKCS#8 or PKCS#1, unencrypted) and certificates (leaf first or anywhere, then issuers) from PEM
    /// files; checks that the key belongs to the leaf.
    pub fn from_pem_files(key: &Path, certificates: &Path) -> Result<Self, KeyError> {
        let in_file = |file: &Path, KeyError(cause): KeyError| KeyError(format!("{}: {cause}", file.display()));
        let private = private_key(&read(key)?).map_err(|e| in_file(key, e))?;
        Self::new(private, Certificate::from_pem_file(certificates)?).map_err(|e| in_file(certificates, e))
    }

    /// The same from PEM texts.
    pub fn from_pem(key: &[u8], certificates: &[u8]) -> Result<Self, KeyError> {
        Self::new(private_key(key)?, Certificate::from_pem(certificates)?)
    }

    /// Key and certificates from a PKCS#12 file protected with AES (PBES2), as OpenSSL 3 and newer tools write it.
    pub fn from_pkcs12_file(file: &Path, password: &str) -> Result<Self, KeyError> {
        let in_file = |KeyError(cause): KeyError| KeyError(format!("{}: {cause}", file.display()));
        let contents = pkcs12::open(&read(file)?, password).map_err(in_file)?;
        let key = KeyPair::from_pkcs8(&contents.key).map_err(|e| in_file(unusable(e)))?;
        let chain: Result<_, _> = contents.certificates.into_iter().map(Certificate::from_der).collect();
        Self::new(key, chain.map_err(in_file)?).map_err(in_file)
    }

    fn new(key: KeyPair, mut certificates: Vec<Certificate>) -> Result<Self, KeyError> {
        let public = key.public_key().as_ref();
        let leaf =
            certificates.iter().position(|c| matches!(c.public_key(), PublicKey::Rsa { der, .. } if der == public));
        let Some(leaf) = leaf else {
            return Err(KeyError(match certificates.len() {
                0 => "there is no certificate: the signing certificate must follow the key".into(),
                n => format!(
                    "the private key belongs to none of the {n} certificates: give the signing certificate of this key"
                ),
            }));
        };
        let certificate = certificates.swap_remove(leaf);
        let issuers = chain(&certificate, certificates);
        Ok(Self { key, certificate, issuers })
    }
}

impl Signer for FileSigner {
    fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    fn issuers(&self) -> &[Certificate] {
        &self.issuers
    }

    fn sign(&self, data: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), data, &mut signature)
            .map_err(|_| KeyError("the private key did not sign".into()))?;
        Ok(signature)
    }
}

impl fmt::Debug for FileSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSigner").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// The issuers of `leaf` among `others`, nearest first, without roots and without strangers.
pub(crate) fn chain(leaf: &Certificate, mut others: Vec<Certificate>) -> Vec<Certificate> {
    let mut issuers: Vec<Certificate> = Vec::new();
    loop {
        let last = issuers.last().unwrap_or(leaf);
        let Some(next) = others.iter().position(|other| {
            other.subject_name() == last.issuer_name()
                && !other.is_self_issued()
                && last.verify_signature(other.public_key()).is_ok()
        }) else {
            return issuers;
        };
        issuers.push(others.swap_remove(next));
    }
}

/// The first private key of a PEM text.
fn private_key(pem: &[u8]) -> Result<KeyPair, KeyError> {
    let encrypted = |line: &[u8]| {
        line.starts_with(b"-----BEGIN ENCRYPTED PRIVATE KEY") || line.starts_with(b"Proc-Type: 4,ENCRYPTED")
    };
    if pem.split(|b| *b == b'\n').any(encrypted) {
        return Err(KeyError(
            "the private key is encrypted: decrypt it (openssl pkey -in key.pem -out plain.pem) and protect the file by its permissions".into(),
        ));
    }
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(pem) {
        let (kind, der) = section.map_err(|e| KeyError(format!("not a readable PEM text: {e}")))?;
        let der = Zeroizing::new(der);
        match kind {
            SectionKind::PrivateKey => return KeyPair::from_pkcs8(&der).map_err(unusable),
            SectionKind::RsaPrivateKey => return KeyPair::from_der(&der).map_err(unusable),
            SectionKind::EcPrivateKey => {
                return Err(KeyError("the private key is not RSA: other providers accept RSA signatures only".into()));
            }
            _ => {}
        }
    }
    Err(KeyError("there is no private key: a PEM section PRIVATE KEY or RSA PRIVATE KEY is needed".into()))
}

fn unusable(cause: aws_lc_rs::error::KeyRejected) -> KeyError {
    KeyError(format!("the private key cannot be used ({cause}): an RSA key of 2048 to 8192 bits is needed"))
}

pub(crate) fn read(file: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    std::fs::read(file).map(Zeroizing::new).map_err(|e| KeyError(format!("{} cannot be read: {e}", file.display())))
}

#[cfg(test)]
mod tests;
