use std::time::Duration;

use proptest::prelude::*;
use rcgen::{CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, date_time_ymd};

use super::*;
use crate::asn1::{Reader, tag};
use crate::open_error::OpenError;
use crate::signed_data::SignedData;
use crate::stamping::{KeyKind, Making, OTHER_POLICY, POLICY, StampAuthority, usage};
use crate::testing::openssl_ok;
use crate::trust::TrustError;

const CONTENT: &[u8] = b"the head of a day";

/// What is changed in a certificate.
type Edit = fn(&mut CertificateParams);

fn sha256(content: &[u8]) -> [u8; 32] {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, content).as_ref().try_into().unwrap()
}

fn request() -> StampRequest {
    StampRequest::new(sha256(CONTENT), [0xab; 16])
}

fn stamp(authority: &StampAuthority) -> TimeStamp {
    request().answer(authority.answer(&request().to_der())).unwrap()
}

#[test]
fn stamps_of_every_kind_of_key_digest_and_binding_are_read_and_openssl_agrees() {
    for (key, digest, bound_by) in [
        (KeyKind::Rsa, "sha256", "sha1"),
        (KeyKind::Rsa, "sha512", "sha256"),
        (KeyKind::P256, "sha256", "sha512"),
        (KeyKind::P256, "sha512", "sha256"),
        (KeyKind::P384, "sha384", "sha1"),
        (KeyKind::P384, "sha512", "sha256"),
    ] {
        let authority = StampAuthority::new(&Making { key, digest, bound_by, ..Making::default() });
        let request = request().under(Some(OTHER_POLICY.parse().unwrap()));
        let stamp = request.answer(authority.answer(&request.to_der())).unwrap();
        stamp.check(&authority.believed()).unwrap();
        assert_eq!(stamp.path(&authority.believed()).unwrap().len(), 3);
        assert_eq!(stamp.signer(), &authority.signer);
        assert_eq!((stamp.policy().as_str(), stamp.serial_hex().as_str()), (OTHER_POLICY, "0101"));
        assert_eq!(stamp.accuracy(), Some(Duration::from_millis(1500)));
        assert!(stamp.is_of(CONTENT) && stamp.is_of_sha256(&sha256(CONTENT)) && !stamp.is_of(b"other"));

        let folder = authority.folder();
        std::fs::write(folder.join("stamp"), stamp.token()).unwrap();
        std::fs::write(folder.join("content"), CONTENT).unwrap();
        for what in [["-queryfile", "request"], ["-data", "content"]] {
            let verify = ["ts", "-verify", "-token_in", "-in", "stamp", "-CAfile", "root.pem", what[0], what[1]];
            openssl_ok(folder, &verify);
        }
    }
}

#[test]
fn a_stamp_changed_in_any_octet_is_refused() {
    for (key, bound_by) in [(KeyKind::Rsa, "sha256"), (KeyKind::P256, "sha1")] {
        let authority = StampAuthority::new(&Making { key, bound_by, ..Making::default() });
        let (stamp, believed) = (stamp(&authority), authority.believed());
        for place in 0..stamp.token().len() {
            for change in [1 << (place % 8), 0xff] {
                let mut token = stamp.token().to_vec();
                token[place] ^= change;
                let read = TimeStamp::read(token).and_then(|changed| changed.check(&believed));
                assert!(read.is_err(), "octet {place} of {}, {change:#x}", stamp.token().len());
            }
        }
        for after in [b"\n", b"\0"] {
            assert!(TimeStamp::read([stamp.token().as_ref(), after].concat()).is_err(), "{after:?} after it");
        }
        for end in 0..stamp.token().len() {
            assert!(TimeStamp::read(stamp.token().slice(..end)).is_err(), "{end}");
        }
    }
}

#[test]
fn the_answer_to_another_request_is_none() {
    let authority = StampAuthority::new(&Making::default());
    let answer = authority.answer(&request().to_der());
    let policy = |dotted: &str| Some(dotted.parse().unwrap());
    for (asked, why) in [
        (StampRequest::new(sha256(b"other"), [0xab; 16]), "another digest"),
        (StampRequest::new(sha256(CONTENT), [0xcd; 16]), "another nonce"),
        (request().under(policy(OTHER_POLICY)), "under the policy 1.3.6.1.4.1.99999.1"),
    ] {
        let refused = asked.answer(answer.clone()).unwrap_err();
        assert!(matches!(&refused, StampError::Another(cause) if cause.contains(why)), "{refused}");
    }
    assert!(request().under(policy(POLICY)).answer(answer).is_ok());
}

#[test]
fn an_authority_s_no_is_told_in_its_words() {
    let authority = StampAuthority::new(&Making::default());
    let unknown = request().under(Some("1.2.3.4".parse().unwrap()));
    let refused = unknown.answer(authority.answer(&unknown.to_der())).unwrap_err();
    assert!(matches!(&refused, StampError::Refused(why) if why.contains("policy is not supported")), "{refused}");
    assert!(refused.words().italian.contains("non ha rilasciato"));
    assert!("one.two".parse::<Policy>().is_err());
}

#[test]
fn who_may_not_stamp_is_named_with_his_fault() {
    let authority = StampAuthority::new(&Making::default());
    let honest = stamp(&authority);
    let foreign = StampAuthority::new(&Making { name: "Foreign TSA", ..Making::default() });
    let refused = honest.check(&foreign.believed()).unwrap_err();
    assert!(matches!(refused, StampError::NotTrusted(TrustError::NoPath(_))), "{refused}");
    // The same authorities are none for certified mail.
    let mail = crate::Trust::new(vec![authority.root.clone()], Vec::new()).unwrap();
    assert!(matches!(honest.check(&mail), Err(StampError::NotTrusted(TrustError::NotPermitted(_)))));

    let expired = |params: &mut CertificateParams| params.not_after = date_time_ymd(2025, 1, 1);
    let expired = StampAuthority::new(&Making { edit: expired, ..Making::default() });
    let refused = stamp(&expired).check(&expired.believed()).unwrap_err();
    assert!(matches!(refused, StampError::NotTrusted(TrustError::Expired(_))), "{refused}");

    let cases: [(Edit, &str); 4] = [
        (|params| params.custom_extensions = vec![usage(false)], "is not critical"),
        (|params| params.custom_extensions.clear(), "not for time stamps alone"),
        (
            |params| {
                params.custom_extensions.clear();
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
            },
            "not for time stamps alone",
        ),
        (
            |params| {
                let both = vec![0x30, 20, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 4];
                let mut usage = CustomExtension::from_oid_content(&[2, 5, 29, 37], both);
                usage.set_criticality(true);
                params.custom_extensions = vec![usage];
            },
            "not for time stamps alone",
        ),
    ];
    for (edit, why) in cases {
        let wrong = StampAuthority::new(&Making { edit, ..Making::default() });
        let refused = TimeStamp::read(signed_by(&wrong, &honest, &["-cades"]))
            .and_then(|stamp| stamp.check(&wrong.believed()))
            .unwrap_err();
        assert!(refused.to_string().contains(why) && !refused.to_string().contains("mail"), "{refused}");
    }
}

#[test]
fn a_stamp_that_is_not_bound_to_its_certificate_is_refused() {
    let authority = StampAuthority::new(&Making::default());
    let unbound = TimeStamp::read(signed_by(&authority, &stamp(&authority), &[])).unwrap_err();
    assert!(matches!(unbound, StampError::NotBound(_)), "{unbound}");
    let bound = TimeStamp::read(signed_by(&authority, &stamp(&authority), &["-cades"])).unwrap();
    bound.check(&authority.believed()).unwrap();
    let weak = TimeStamp::read(signed_by(&authority, &stamp(&authority), &["-cades", "-md", "sha1"])).unwrap_err();
    assert_eq!(weak, StampError::NotIntact(OpenError::Algorithm("sha1".into())));
}

/// What `honest` says, signed by the key of `authority` as any CMS: OpenSSL stamps with no certificate that is not for it.
fn signed_by(authority: &StampAuthority, honest: &TimeStamp, options: &[&str]) -> Vec<u8> {
    let content = SignedData::parse(honest.token()).unwrap().content.unwrap().into_owned();
    std::fs::write(authority.folder().join("info"), content).unwrap();
    let sign = "cms -sign -binary -nodetach -nosmimecap -outform DER -in info -econtent_type 1.2.840.113549.1.9.16.1.4 \
                -signer signer.pem -inkey key.pem -certfile below.pem";
    let sign: Vec<_> = sign.split_whitespace().chain(options.iter().copied()).collect();
    openssl_ok(authority.folder(), &sign)
}

#[test]
fn other_signatures_and_answers_without_end_are_no_stamps() {
    let authority = StampAuthority::new(&Making::default());
    let file = crate::p7m::seal_file(CONTENT, crate::testing::NOW, &crate::testing::network().signer).unwrap();
    assert!(matches!(TimeStamp::read(file), Err(StampError::Unreadable(_))));
    let large = request().answer(vec![0x30; MOST_OCTETS + 1]).unwrap_err();
    assert!(large.to_string().contains("larger than"), "{large}");
    let mut answer = authority.answer(&request().to_der());
    answer.push(0);
    assert!(matches!(request().answer(answer), Err(StampError::Unreadable(_))));
    // Granted, and nothing in it.
    let empty = crate::asn1::tlv(tag::SEQUENCE, &[&crate::asn1::tlv(tag::SEQUENCE, &[&[tag::INTEGER, 1, 0]])]);
    assert!(Reader::new(&empty).enter(tag::SEQUENCE).is_ok());
    assert!(request().answer(empty).unwrap_err().to_string().contains("gives none"));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
        prop_assert!(request().answer(bytes.clone()).is_err());
        prop_assert!(TimeStamp::read(bytes).is_err());
    }
}
