//! The two files: what they look like, and what they hold.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// What a file looks like from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Look {
    device: u64,
    number: u64,
    length: u64,
    /// Seconds and nanoseconds.
    changed: (i64, i64),
}

/// What certificate and key look like from outside; a missing file looks like nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp([Option<Look>; 2]);

/// What they look like now. A link is followed: renewals often turn one.
pub(crate) fn stamp(certificate: &Path, key: &Path) -> Stamp {
    let one = |path: &Path| {
        let meta = fs::metadata(path).ok()?;
        let changed = (meta.mtime(), meta.mtime_nsec());
        Some(Look { device: meta.dev(), number: meta.ino(), length: meta.len(), changed })
    };
    Stamp([one(certificate), one(key)])
}

/// What they hold, with the end of the certificate in seconds since 1970.
pub(crate) fn read(certificate: &Path, key: &Path) -> Result<(CertifiedKey, i64), String> {
    let of = |path: &Path, error: String| format!("{}: {error}", path.display());
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| of(certificate, error.to_string()))?;
    let Some(own) = chain.first() else {
        return Err(of(certificate, "expected certificates (PEM), found none".into()));
    };
    let own = seal::Certificate::from_der(own.to_vec()).map_err(|error| of(certificate, error.to_string()))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| of(key, error.to_string()))?;
    let signing = rustls::crypto::aws_lc_rs::sign::any_supported_type(&private);
    let pair = CertifiedKey::new(chain, signing.map_err(|error| of(key, error.to_string()))?);
    pair.keys_match().map_err(|error| {
        of(key, format!("it is not the key of {}, or cannot be compared with it: {error}", certificate.display()))
    })?;
    Ok((pair, own.not_after()))
}
