//! Signatures, time stamps, certificates and lists of revoked certificates, in any ASN.1 that a stranger may send.
#![no_main]

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use seal::revocation::ocsp::OcspAnswer;
use seal::revocation::{CrlStore, distribution_points, ocsp_urls};
use seal::{Certificate, Crl, Opened, StampRequest, TimeStamp, open, p7m, profile};

/// What the seeds' detached signatures cover; `seeds/make-cms` reads it too.
const CONTENT: &[u8] = include_bytes!("../seeds/content.txt");

/// A provider's certificate and its authority's, about which the OCSP answers speak.
static ASKED: LazyLock<[Certificate; 2]> = LazyLock::new(|| {
    let files: [&[u8]; 2] = [include_bytes!("../seeds/cms/leaf.der"), include_bytes!("../seeds/cms/authority.der")];
    files.map(|der| Certificate::from_der(der).expect("a seed is a certificate"))
});

fuzz_target!(|input: &[u8]| {
    if let Ok(opened) = open(&message(input)) {
        let Opened { entity, signer, others, .. } = opened;
        assert_eq!(message(input).get(entity), Some(CONTENT));
        certificate_is_kept(&signer);
        others.iter().for_each(certificate_is_kept);
    }
    if let Ok(file) = p7m::open_file(input) {
        certificate_is_kept(&file.signer);
    }
    if let Ok(stamp) = TimeStamp::read(input.to_vec()) {
        assert_eq!(stamp.token(), input);
        certificate_is_kept(stamp.signer());
    }
    // Nobody knew the digest and the nonce.
    assert!(StampRequest::new([0x5e; 32], [0x5e; 16]).answer(input.to_vec()).is_err());
    if let Ok(certificate) = Certificate::from_der(input.to_vec()) {
        assert_eq!(certificate.der(), input);
        certificate_is_kept(&certificate);
    }
    let [leaf, authority] = &*ASKED;
    if let Ok(answer) = OcspAnswer::read(input.to_vec(), leaf, authority, None, leaf.not_before() + 86_400) {
        answer.status(0, answer.this_update());
    }
    if let Ok(list) = Crl::read(input.to_vec()) {
        assert_eq!(list.is_empty(), list.len() == 0);
        // No authority is known: nothing a list says of itself makes it count.
        assert!(CrlStore::new(0).insert(list, &[]).is_err());
    }
});

/// The input as the signature of a message, where it came from a stranger's server.
fn message(signature: &[u8]) -> Bytes {
    let head = b"From: posta-certificata@pec.example.it\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=\"b\"\r\n\
        \r\n--b\r\n";
    let part = b"\r\n--b\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n\
        Content-Transfer-Encoding: base64\r\n\r\n";
    [head, CONTENT, part, STANDARD.encode(signature).as_bytes(), b"\r\n--b--\r\n"].concat().into()
}

/// A certificate that was accepted survives its PEM form, and everything that is asked of it can be.
fn certificate_is_kept(certificate: &Certificate) {
    let again = Certificate::from_pem(certificate.to_pem().as_bytes()).expect("our own PEM is readable");
    assert_eq!(again, [certificate.clone()]);
    profile::deviations(certificate, Some("Provider One S.p.A."));
    distribution_points(certificate);
    ocsp_urls(certificate);
    assert!(certificate.key_sha256_hex().len() == 64 && certificate.sha1_hex().len() == 40);
}
