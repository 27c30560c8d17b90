//! Whom we tell a password: a server whose certificate comes from an authority, or is the one that was named.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tls::authorities;

use super::talk::Trouble;

/// Believes authorities of the system and those in these files, and who shows a certificate that is in one of them itself: the old
/// server that is moved away from may have made its own, for some other name, and it may have expired.
pub(super) fn trusting(files: &[PathBuf]) -> Result<ClientConfig, String> {
    let (mut roots, mut named) = (authorities::of_system(), Vec::new());
    for path in files {
        named.extend(authorities::add(&mut roots, path)?);
    }
    if roots.is_empty() {
        return Err("this system has no authorities, so that no certificate is valid: name one with --ca FILE".into());
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let by_authority = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
    let by_authority = by_authority.map_err(|error| error.to_string())?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    let verifier = Arc::new(NamedOrVouchedFor { by_authority, named });
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

#[derive(Debug)]
struct NamedOrVouchedFor {
    by_authority: Arc<WebPkiServerVerifier>,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for NamedOrVouchedFor {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.named.iter().any(|named| named == shown) {
            true => Ok(ServerCertVerified::assertion()),
            false => self.by_authority.verify_server_cert(shown, between, name, stapled, now),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.by_authority.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.by_authority.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.by_authority.supported_verify_schemes()
    }
}

/// What a handshake that failed means, and what to do.
pub(super) fn trouble(error: io::Error, host: &str, starttls: bool) -> Trouble {
    let Some(fault) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return Trouble::from(error);
    };
    let why = match fault {
        Error::InvalidCertificate(fault) => {
            format!("its certificate {}", why_not(fault, host))
        }
        Error::InvalidMessage(_) if !starttls => {
            "it does not speak TLS at once on this port; with --starttls it is asked to, on port 143".into()
        }
        other => format!("TLS with it fails: {other}"),
    };
    Trouble::Untrusted(why)
}

fn why_not(fault: &CertificateError, host: &str) -> String {
    let what = match fault {
        CertificateError::UnknownIssuer => "comes from no authority that this system knows".to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired".to_owned(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("is not for the name {host}")
        }
        other => format!("is not valid ({other:?})"),
    };
    format!(
        "{what}; its authority, or the certificate itself where you know it to be the right one, is named with --ca FILE"
    )
}
