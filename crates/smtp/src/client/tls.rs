//! TLS towards peers. The handshake takes whatever is shown and hands it on: what follows is `trust::judge`'s to say, before
//! anything of a message is sent.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::trust::judge::Shown;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct TlsPolicy {
    pub(crate) crypto: Arc<CryptoProvider>,
    roots: Option<Arc<WebPkiServerVerifier>>,
}

/// Where one handshake leaves what it was shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Witness(Arc<Mutex<Option<Shown>>>);

impl Witness {
    /// What was shown; `None` before the handshake.
    pub(crate) fn shown(&self) -> Option<Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

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

    /// The configuration of one handshake: TLS 1.2 or 1.3 [R-I-tls-1].
    pub(crate) fn handshake(&self) -> Result<(ClientConfig, Witness), Error> {
        let witness = Witness::default();
        let (crypto, roots) = (Arc::clone(&self.crypto), self.roots.clone());
        let verifier = Look { crypto, roots, witness: witness.clone() };
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&self.crypto))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        // A resumed handshake shows no certificate; connections are kept open instead.
        config.resumption = Resumption::disabled();
        Ok((config, witness))
    }
}

#[derive(Debug)]
struct Look {
    crypto: Arc<CryptoProvider>,
    roots: Option<Arc<WebPkiServerVerifier>>,
    witness: Witness,
}

impl ServerCertVerifier for Look {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let valid = match &self.roots {
            Some(roots) => {
                roots.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).map(drop)
            }
            None => Err(Error::General("no trusted roots are configured".into())),
        };
        let chain =
            std::iter::once(end_entity).chain(intermediates).map(|certificate| certificate.clone().into_owned());
        let shown = Shown { chain: chain.collect(), valid, at: now };
        *self.witness.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        Ok(ServerCertVerified::assertion())
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
