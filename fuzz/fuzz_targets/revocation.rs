//! Lists of revoked certificates and OCSP answers that the authority signed, whatever is in them.
//!
//! The input is what is signed (TBSCertList, ResponseData); the target puts the authority's signature around it.
#![no_main]

use bytes::Bytes;
use fuzz::{AUTHORITY, PROVIDER, tlv};
use libfuzzer_sys::fuzz_target;
use seal::revocation::ocsp::OcspAnswer;
use seal::revocation::{OcspStore, Status};
use seal::{Crl, CrlStore, Revocation};

/// The end of the year 9999: later than anything that a certificate can say.
const LATEST: i64 = 253_402_300_799;
/// id-pkix-ocsp-basic
const BASIC: &[u8] = b"\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x01";

fuzz_target!(
    init: {
        assert!(counts(include_bytes!("../seeds/revocation/list")));
        assert!(counts(include_bytes!("../seeds/revocation/list-plain")));
        assert!(counts(include_bytes!("../seeds/revocation/answer-good")));
        assert!(counts(include_bytes!("../seeds/revocation/answer-revoked")));
        assert!(counts(include_bytes!("../seeds/revocation/answer-by-key")));
    },
    |data: &[u8]| {
        counts(data);
    }
);

/// Whether it is a list or an answer that counts.
fn counts(data: &[u8]) -> bool {
    let signed = AUTHORITY.signed(data);
    let mut changed = data.to_vec();
    if let Some(octet) = changed.last_mut() {
        *octet ^= 1;
    }
    let tampered = AUTHORITY.tampered(data, &changed);
    list(signed.clone(), tampered.clone()) || answer(&signed, &tampered)
}

fn list(signed: Vec<u8>, tampered: Vec<u8>) -> bool {
    let Ok(list) = Crl::read(signed.clone()) else { return false };
    assert_eq!(list.is_empty(), list.len() == 0);
    let (this_update, until) = (list.this_update(), list.next_update().unwrap_or(list.this_update()));
    let authority = [AUTHORITY.certificate.clone()];
    let mut store = CrlStore::new(0);
    assert!(store.insert(Crl::read(tampered).expect("only the signature differs"), &authority).is_err());
    if store.insert(list, &authority).is_err() {
        return false;
    }
    assert_eq!(store.lists().count(), 1);
    // An old list served again changes nothing.
    assert_eq!(store.insert(Crl::read(signed).expect("it was read before"), &authority), Ok(false));
    is_consistent(&store, this_update, until);
    true
}

fn answer(signed: &[u8], tampered: &[u8]) -> bool {
    let (certificate, issuer) = (&PROVIDER.certificate, &AUTHORITY.certificate);
    let at = certificate.not_before() + 86_400;
    let read = |basic: &[u8], nonce| OcspAnswer::read(response(basic), certificate, issuer, nonce, at);
    assert!(read(tampered, None).is_err());
    let Ok(answer) = read(signed, None) else {
        assert!(read(signed, Some(b"nonce")).is_err(), "a nonce only adds a condition");
        return false;
    };
    let (this_update, until) = (answer.this_update(), answer.next_update().unwrap_or(answer.this_update()));
    let mut store = OcspStore::new(0);
    assert!(store.insert(answer.clone()));
    assert!(!store.insert(answer));
    is_consistent(&store, this_update, until);
    true
}

/// What is known of a moment does not contradict what is known of another.
fn is_consistent(source: &dyn Revocation, this_update: i64, until: i64) {
    let (certificate, issuer) = (&PROVIDER.certificate, &AUTHORITY.certificate);
    let status = |at| source.status(certificate, issuer, at);
    let last = status(LATEST);
    for at in [certificate.not_before(), this_update - 1, this_update, until, until.saturating_add(1)] {
        match status(at) {
            // Good beyond its time only where a later revocation is listed.
            Status::Good => assert!(at <= until || matches!(last, Status::Revoked { since, .. } if at < since)),
            Status::Revoked { since, reason } => {
                assert!(since <= at);
                assert_eq!(last, Status::Revoked { since, reason }, "what is revoked stays so");
            }
            Status::Unknown { why } => assert!(!why.is_empty()),
        }
    }
}

/// The whole response around a signed answer.
fn response(basic: &[u8]) -> Bytes {
    let bytes = tlv(0x30, &[BASIC, &tlv(4, &[basic])]);
    tlv(0x30, &[&[0x0a, 1, 0], &tlv(0xa0, &[&bytes])]).into()
}
