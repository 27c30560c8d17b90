//! Whose word counts on the certificate of a server that is visited.

use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The authorities that this system knows; none where it knows none.
pub fn of_system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// Adds the certificates of a file (PEM) to authorities, and gives them.
///
/// # Errors
///
/// The file cannot be read, or holds no certificate, or one that is none; in words that begin with its path.
pub fn add(roots: &mut RootCertStore, path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let fault = |what: String| format!("{}: {what}", path.display());
    let named = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let named = named.map_err(|error| fault(error.to_string()))?;
    for certificate in &named {
        roots.add(certificate.clone()).map_err(|error| fault(error.to_string()))?;
    }
    match named.is_empty() {
        true => Err(fault("there is no certificate in it (PEM)".into())),
        false => Ok(named),
    }
}
