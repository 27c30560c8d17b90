//! Certificates that a known authority signed, whatever is in them, and the path from them to that authority.
//!
//! The input is what stands inside one to four certificates (TBSCertificate): the signer's, then further ones of the
//! message. The target puts the authority's signature around each.
#![no_main]

use std::sync::LazyLock;

use fuzz::{AUTHORITY, PROVIDER, elements};
use libfuzzer_sys::fuzz_target;
use seal::revocation::{distribution_points, is_published, ocsp_urls};
use seal::{Certificate, CrlStore, Trust, profile};

/// Most authorities beside the signer: so many that no search among them runs into its bound.
const OTHERS: usize = 3;

static TRUST: LazyLock<Trust> =
    LazyLock::new(|| Trust::new(vec![AUTHORITY.certificate.clone()], Vec::new()).expect("an authority is pinned"));
static PAST: LazyLock<Trust> = LazyLock::new(|| TRUST.clone().for_the_past());

fuzz_target!(
    init: {
        assert!(is_trusted(include_bytes!("../seeds/certificate/leaf")));
        assert!(is_trusted(include_bytes!("../seeds/certificate/chain")));
        assert!(is_trusted(include_bytes!("../seeds/certificate/bare")));
    },
    |input: &[u8]| {
        is_trusted(input);
    }
);

/// Whether a path leads to the authority.
fn is_trusted(input: &[u8]) -> bool {
    let at = PROVIDER.certificate.not_before() + 86_400;
    let read = |body| Certificate::from_der(AUTHORITY.signed(body));
    let mut bodies = elements(input).take(1 + OTHERS);
    let Some(Ok(leaf)) = bodies.next().map(read) else { return false };
    is_kept(&leaf);
    let mut others: Vec<Certificate> = bodies.map_while(|body| read(body).ok()).collect();
    let found = TRUST.path(&leaf, &others, at).map(|path| path.into_iter().cloned().collect::<Vec<_>>());
    if let Ok(path) = &found {
        assert_eq!(path.first(), Some(&leaf));
        assert_eq!(path.last(), Some(&AUTHORITY.certificate));
        assert!(path.len() <= 2 + OTHERS);
        for certificate in path.iter().take(path.len() - 1) {
            assert!((certificate.not_before()..=certificate.not_after()).contains(&at));
        }
        // [R-O-ca-2]: what the authority does not permit, no path permits.
        assert!(leaf.emails().iter().all(|email| email.to_ascii_lowercase().ends_with("@pec.example.it")));
        assert!(leaf.subject().is_empty() || leaf.subject().to_ascii_lowercase().contains("c=it"));
        assert!(PAST.check_certificate(&leaf, &others, at).is_ok());
        // Nothing is known of revocations: that is an answer of its own, and never "good".
        assert!(TRUST.check_certificate_with(&leaf, &others, at, &CrlStore::new(0)).is_err());
    }
    // The order in which a message carries its certificates says nothing.
    others.reverse();
    assert_eq!(TRUST.check_certificate(&leaf, &others, at).is_ok(), found.is_ok());
    found.is_ok()
}

fn is_kept(certificate: &Certificate) {
    let again = Certificate::from_pem(certificate.to_pem().as_bytes()).expect("our own PEM is readable");
    assert_eq!(again, [certificate.clone()]);
    profile::deviations(certificate, Some("Provider One S.p.A."));
    for url in distribution_points(certificate).iter().chain(&ocsp_urls(certificate)) {
        assert!(!url.contains(['\r', '\n', ' ']), "an address goes into a request: {url:?}");
    }
    is_published(certificate);
}
