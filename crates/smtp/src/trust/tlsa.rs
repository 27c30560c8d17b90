//! DANE (RFC 6698, RFC 7672): which certificates the TLSA records of a host allow.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::server::ParsedCertificate;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use sha2::{Digest, Sha256, Sha512};

/// A record that can be used with SMTP (RFC 7672 §3.1): of an authority of the host's own, or of its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Association {
    of: Of,
    selector: Selector,
    matching: Matching,
    data: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// DANE-TA(2)
    Authority,
    /// DANE-EE(3)
    Certificate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Selector {
    Certificate,
    PublicKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Matching {
    Exact,
    Sha256,
    Sha512,
}

impl Association {
    /// From the four fields of a record; `None` where it cannot be used: another usage (0 and 1 count on authorities that
    /// mail hosts have no list of), an unknown selector or matching type, a digest of another length.
    pub fn new(usage: u8, selector: u8, matching: u8, data: &[u8]) -> Option<Self> {
        let of = match usage {
            2 => Of::Authority,
            3 => Of::Certificate,
            _ => return None,
        };
        let selector = match selector {
            0 => Selector::Certificate,
            1 => Selector::PublicKey,
            _ => return None,
        };
        let matching = match (matching, data.len()) {
            (0, 1..) => Matching::Exact,
            (1, 32) => Matching::Sha256,
            (2, 64) => Matching::Sha512,
            _ => return None,
        };
        Some(Self { of, selector, matching, data: data.to_vec() })
    }

    fn is_of(&self, certificate: &CertificateDer<'_>) -> bool {
        let key;
        let selected: &[u8] = match self.selector {
            Selector::Certificate => certificate,
            Selector::PublicKey => {
                let Ok(parsed) = ParsedCertificate::try_from(certificate) else { return false };
                key = parsed.subject_public_key_info();
                &key
            }
        };
        match self.matching {
            Matching::Exact => selected == self.data,
            Matching::Sha256 => Sha256::digest(selected).as_slice() == self.data,
            Matching::Sha512 => Sha512::digest(selected).as_slice() == self.data,
        }
    }
}

/// Whether one of the records allows a chain, the host's own certificate first. A record of the certificate itself looks at
/// nothing else (RFC 7672 §3.1.1); one of an authority wants a path to it that is valid now and for one of these names (§3.1.2).
pub(crate) fn allow(
    associations: &[Association],
    chain: &[CertificateDer<'static>],
    names: &[ServerName<'_>],
    now: UnixTime,
    crypto: &Arc<CryptoProvider>,
) -> bool {
    let Some((own, above)) = chain.split_first() else { return false };
    let mut roots = RootCertStore::empty();
    for association in associations {
        match association.of {
            Of::Certificate if association.is_of(own) => return true,
            Of::Certificate => {}
            Of::Authority => {
                let shown = above.iter().filter(|certificate| association.is_of(certificate)).cloned();
                // A whole certificate in the record need not be shown.
                let whole = association.selector == Selector::Certificate && association.matching == Matching::Exact;
                let told = whole.then(|| CertificateDer::from(association.data.clone()));
                shown.chain(told).for_each(|authority| drop(roots.add(authority)));
            }
        }
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(crypto)).build();
    let valid = |verifier: &WebPkiServerVerifier, name| verifier.verify_server_cert(own, above, name, &[], now).is_ok();
    verifier.is_ok_and(|verifier| names.iter().any(|name| valid(&verifier, name)))
}
