//! TLS towards peers. The standard names no way of authenticating a peer provider: encryption is demanded, the
//! certificate is checked against the host's name, and what the check finds is logged or, when strict, decides.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

/// What all connections share.
#[derive(Debug)]
pub(crate) struct TlsPolicy {
    crypto: Arc<CryptoProvider>,
    roots: Option<Arc<WebPkiServerVerifier>>,
}

/// Where one handshake leaves what the check of the certificate found: nothing, or why it does not validate.
pub(crate) type Finding = Arc<Mutex<Option<String>>>;

impl TlsPolicy {
    /// Certificates are checked against `roots`; without any, none validates.
    pub(crate) fn new(roots: RootCertStore) -> Result<Self, Error> {
        let crypto = Arc::new(aws_lc_rs::default_provider());
        let roots = if roots.is_empty() {
            None
        } else {
            let built = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&crypto)).build();
            Some(built.map_err(|error| Error::General(error.to_string()))?)
        };
        Ok(Self { crypto, roots })
    }

    /// The configuration of one handshake: TLS 1.2 or 1.3 [R-I-tls-1]. With `strict` a certificate
    /// that does not validate ends it.
    pub(crate) fn handshake(&self, strict: bool) -> Result<(ClientConfig, Finding), Error> {
        let finding = Finding::default();
        let (crypto, roots) = (Arc::clone(&self.crypto), self.roots.clone());
        let verifier = Check { crypto, roots, strict, finding: Arc::clone(&finding) };
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&self.crypto))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        // A resumed handshake shows no certificate; connections are kept open instead.
        config.resumption = Resumption::disabled();
        Ok((config, finding))
    }
}

#[derive(Debug)]
struct Check {
    crypto: Arc<CryptoProvider>,
    roots: Option<Arc<WebPkiServerVerifier>>,
    strict: bool,
    finding: Finding,
}

impl ServerCertVerifier for Check {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let result = match &self.roots {
            Some(roots) => roots.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now),
            None => Err(Error::General("no trusted roots are configured".into())),
        };
        match result {
            Err(error) if !self.strict => {
                *self.finding.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
                Ok(ServerCertVerified::assertion())
            }
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.crypto.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.crypto.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.crypto.signature_verification_algorithms.supported_schemes()
    }
}
