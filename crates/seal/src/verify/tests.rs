use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::testing::*;
use crate::{Signer, Trust, seal};

fn ours() -> Bytes {
    seal(&draft(ORIGINAL), &network().signer).unwrap().to_bytes()
}

/// A message signed by OpenSSL in a directory with the network's files.
fn openssl_message(directory: &Path, arguments: &[&str]) -> Bytes {
    std::fs::write(directory.join("content"), draft(ORIGINAL).entity.to_bytes()).unwrap();
    let mut all = arguments.to_vec();
    all.extend(["-sign", "-in", "content", "-signer", "leaf.pem", "-inkey", "key.pem", "-out", "message.eml"]);
    openssl_ok(directory, &all);
    std::fs::read(directory.join("message.eml")).unwrap().into()
}

/// The signature of a message as DER, and the message with another in its place.
fn resigned(message: &Bytes, edit: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Bytes {
    use base64::Engine;
    let engine = base64::engine::general_purpose::STANDARD;
    let parts = multipart::split(message).unwrap();
    let text = String::from_utf8_lossy(message).into_owned();
    let begin = text.rfind("filename=\"smime.p7s\"\r\n\r\n").unwrap() + 24;
    let end = text[begin..].find("\r\n\r\n--").unwrap() + begin;
    let signature = engine.encode(edit(parts.signature));
    Bytes::from([&message[..begin], signature.as_bytes(), &message[end..]].concat())
}

#[test]
fn our_own_messages_open_and_give_back_the_exact_entity() {
    let message = ours();
    let opened = open(&message).unwrap();
    assert_eq!(message.slice(opened.entity.clone()), draft(ORIGINAL).entity.to_bytes());
    assert_eq!(&opened.signer, network().signer.certificate());
    assert_eq!(opened.others, [network().authority.clone()]);
    assert_eq!((opened.signing_time, opened.digest), (Some(NOW), "sha256"));
    assert_eq!(opened.quirks, [] as [&str; 0]);
    // What goes to the index look-up is the certificate byte for byte.
    assert!(message.len() > opened.signer.der().len());
}

/// [R-O-sig-2] [R-O-sig-1]
#[test]
fn messages_of_openssl_open_with_any_digest_and_any_kind_of_signer_identifier() {
    let directory = directory();
    for (arguments, digest, quirks) in [
        (&["smime", "-md", "sha1"][..], "sha1", &[][..]),
        (&["smime", "-md", "sha256", "-binary", "-crlfeol"], "sha256", &[]),
        (&["smime", "-md", "sha384"], "sha384", &[]),
        (&["cms", "-md", "sha512"], "sha512", &[]),
        (&["cms", "-keyid"], "sha256", &[]),
        (&["cms", "-noattr"], "sha256", &["no-signed-attributes"]),
        (&["smime", "-certfile", "authority.pem"], "sha256", &[]),
    ] {
        let message = openssl_message(directory.path(), arguments);
        let opened = open(&message).unwrap_or_else(|e| panic!("{arguments:?}: {e}"));
        assert_eq!(opened.digest, digest, "{arguments:?}");
        assert_eq!(&opened.signer, network().signer.certificate());
        let noted: Vec<_> = opened.quirks.iter().filter(|quirk| **quirk != "line-ends").collect();
        assert_eq!(noted, quirks.iter().collect::<Vec<_>>(), "{arguments:?}");
    }
}

#[test]
fn a_message_that_lost_its_carriage_returns_in_a_file_still_opens() {
    let message: Vec<u8> = ours().iter().copied().filter(|b| *b != b'\r').collect();
    let opened = open(&message.into()).unwrap();
    assert_eq!(opened.quirks, ["line-ends"]);
}

#[test]
fn messages_without_a_clear_signature_are_told_apart_from_broken_ones() {
    let directory = directory();
    let opaque = openssl_message(directory.path(), &["smime", "-nodetach"]);
    assert_eq!(open(&opaque).unwrap_err(), OpenError::NotSigned);
    assert_eq!(open(&Bytes::from_static(b"Subject: x\r\n\r\nhello")).unwrap_err(), OpenError::NotSigned);
    let without = openssl_message(directory.path(), &["smime", "-nocerts"]);
    assert_eq!(open(&without).unwrap_err(), broken("the signer's certificate is not included"));
    let second = "req -x509 -newkey rsa:2048 -nodes -keyout second.key -out second.pem -subj /CN=Second";
    openssl_ok(directory.path(), &second.split(' ').collect::<Vec<_>>());
    let two = openssl_message(directory.path(), &["cms", "-signer", "second.pem", "-inkey", "second.key"]);
    assert_eq!(open(&two).unwrap_err(), broken("there are several signers"));
}

/// [R-7-c] [R-I-sec-1]
#[test]
fn a_signature_part_with_a_content_of_its_own_is_refused() {
    let attached = crate::p7m::seal_file(b"something else", NOW, &network().signer).unwrap();
    let message = resigned(&ours(), |_| attached);
    assert_eq!(open(&message).unwrap_err(), broken("the signature part carries a content of its own"));
}

#[test]
fn the_signature_of_another_message_does_not_fit() {
    let other = seal(&draft(b"Subject: other\r\n\r\n"), &network().signer).unwrap().to_bytes();
    let stolen = multipart::split(&other).unwrap().signature;
    assert_eq!(open(&resigned(&ours(), |_| stolen)).unwrap_err(), OpenError::Digest);
}

#[test]
fn a_signature_by_a_key_other_than_the_certificates_is_told() {
    struct Impostor;
    impl Signer for Impostor {
        fn certificate(&self) -> &Certificate {
            network().signer.certificate()
        }
        fn issuers(&self) -> &[Certificate] {
            &[]
        }
        fn sign(&self, data: &[u8]) -> Result<Vec<u8>, crate::KeyError> {
            let key = aws_lc_rs::rsa::KeyPair::from_pkcs8(key(3).serialized_der()).unwrap();
            let mut signature = vec![0; key.public_modulus_len()];
            let random = aws_lc_rs::rand::SystemRandom::new();
            key.sign(&aws_lc_rs::signature::RSA_PKCS1_SHA256, &random, data, &mut signature).unwrap();
            Ok(signature)
        }
    }
    let message = seal(&draft(ORIGINAL), &Impostor).unwrap().to_bytes();
    assert_eq!(open(&message).unwrap_err(), OpenError::Signature);
}

#[test]
fn signed_attributes_in_any_order_verify_as_received_or_sorted() {
    // Swaps the first two attributes (both begin with 30 LL and stand behind [0] a0 LL).
    let swapped = resigned(&ours(), |mut der| {
        let content_type = [0x30, 0x18, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 9, 3];
        let at = der.windows(content_type.len()).position(|window| window == content_type).unwrap();
        let second = usize::from(der[at + 26 + 1]) + 2;
        der[at..at + 26 + second].rotate_left(26);
        der
    });
    let opened = open(&swapped).unwrap();
    assert_eq!(opened.quirks, ["unsorted-attributes"]);
}

/// The same elements with indefinite lengths down to `depth`.
fn indefinite(elements: &[u8], depth: usize) -> Vec<u8> {
    let mut ber = Vec::new();
    let mut reader = crate::asn1::Reader::new(elements);
    while !reader.is_empty() {
        let element = reader.next().unwrap();
        if depth == 0 || element.tag & 0x20 == 0 {
            ber.extend_from_slice(element.raw);
        } else {
            ber.extend([element.tag, 0x80]);
            ber.extend(indefinite(element.content, depth - 1));
            ber.extend([0, 0]);
        }
    }
    ber
}

#[test]
fn signatures_in_indefinite_lengths_open() {
    let shell = open(&resigned(&ours(), |der| indefinite(&der, 3))).unwrap();
    assert_eq!(shell.quirks, ["ber"]);
    let throughout = open(&resigned(&ours(), |der| indefinite(&der, 20))).unwrap();
    assert_eq!(throughout.quirks, ["ber", "ber-attributes"]);
    for opened in [shell, throughout] {
        assert_eq!(&opened.signer, network().signer.certificate());
        assert_eq!(opened.signing_time, Some(NOW));
    }
}

/// [R-7-c]
#[test]
fn attributes_cannot_be_passed_off_as_content() {
    let directory = directory();
    // What an honest signature covers begins with the tag of a set.
    let attributes = [0x31, 0x69];
    std::fs::write(directory.path().join("content"), attributes).unwrap();
    let arguments = "cms -sign -noattr -binary -outform DER -in content -signer leaf.pem -inkey key.pem";
    let signature = openssl_ok(directory.path(), &arguments.split(' ').collect::<Vec<_>>());
    let refused = SignedData::parse(&signature).unwrap().verify(&attributes, false).err();
    assert_eq!(refused, Some(broken("the signed attributes are missing")));
}

#[test]
fn an_announced_digest_that_disagrees_is_noted_and_forgiven() {
    let text = String::from_utf8(ours().to_vec()).unwrap();
    for micalg in ["micalg=md5;", "micalg=\"SHA1\";", ""] {
        let message = text.replacen("micalg=sha-256;", micalg, 1);
        assert_eq!(open(&message.into()).unwrap().quirks, ["micalg"], "{micalg}");
    }
    for micalg in ["micalg=SHA256;", "micalg=\"sha-256\";"] {
        let message = text.replacen("micalg=sha-256;", micalg, 1);
        assert_eq!(open(&message.into()).unwrap().quirks, [] as [&str; 0], "{micalg}");
    }
    let old = text.replace("application/pkcs7-signature", "application/x-pkcs7-signature");
    assert_eq!(open(&old.into()).unwrap().quirks, [] as [&str; 0]);
}

#[test]
fn every_changed_octet_of_the_entity_is_noticed() {
    let message = ours();
    let entity = open(&message).unwrap().entity;
    for position in entity {
        let mut changed = message.to_vec();
        changed[position] ^= 0x01;
        assert_eq!(open(&changed.into()).unwrap_err(), OpenError::Digest, "octet {position}");
    }
}

#[test]
fn no_changed_octet_of_the_signature_yields_another_signer_or_digest() {
    let message = ours();
    let honest = open(&message).unwrap();
    let der = multipart::split(&message).unwrap().signature;
    for position in 0..der.len() {
        let changed = resigned(&message, |mut der| {
            der[position] ^= 0x04;
            der
        });
        // Some octets (versions, certificates not the signer's) are outside the signature.
        if let Ok(opened) = open(&changed) {
            let key = |opened: &Opened| format!("{:?}", opened.signer.public_key());
            assert_eq!(key(&opened), key(&honest), "octet {position}");
            assert_eq!((opened.signing_time, opened.digest), (Some(NOW), "sha256"), "octet {position}");
        }
    }
}

#[test]
fn a_message_cut_anywhere_is_an_error_and_no_panic() {
    let message = ours();
    let closing = message.len() - 60;
    for end in 0..closing {
        assert!(open(&message.slice(..end)).is_err(), "{end}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn mutations_of_a_valid_message_never_panic(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..6)
    ) {
        let mut message = ours_once().to_vec();
        for (index, value, kind) in edits {
            let at = index.index(message.len());
            match kind {
                0 => message[at] = value,
                1 => message.insert(at, value),
                _ => { message.remove(at); }
            }
        }
        let _ = open(&message.into());
    }

    #[test]
    fn mutations_of_a_valid_signature_never_panic(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
    ) {
        let mut signature = multipart::split(ours_once()).unwrap().signature;
        for (index, value) in edits {
            let at = index.index(signature.len());
            signature[at] = value;
        }
        if let Ok(signed_data) = SignedData::parse(&signature) {
            let _ = signed_data.verify(b"content", true);
        }
    }
}

fn ours_once() -> &'static Bytes {
    static MESSAGE: std::sync::OnceLock<Bytes> = std::sync::OnceLock::new();
    MESSAGE.get_or_init(ours)
}

#[test]
fn real_messages_of_six_providers_and_years_open_and_lead_to_their_roots_at_their_date() {
    let Some(folder) = samples() else { return };
    let bundle = std::fs::read("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default();
    let roots = Certificate::from_pem(&bundle).unwrap_or_default();
    let known = ["CN=Actalis Authentication Root CA", "CN=Baltimore CyberTrust Root"];
    let mut anchors: Vec<_> =
        roots.into_iter().filter(|root| known.iter().any(|name| root.subject().starts_with(name))).collect();
    // Distributions drop roots in time: then the authorities themselves are pinned.
    for (root, authority) in known.iter().zip(["AgID_CA1_20180404.txt", "DigitPA_CA1_20110114.txt"]) {
        if !anchors.iter().any(|anchor| anchor.subject().starts_with(root)) {
            let text = std::fs::read(folder.join("certificates").join(authority)).unwrap();
            anchors.extend(Certificate::from_pem(&text).unwrap());
        }
    }
    let strict = Trust::new(anchors.clone(), vec![]).unwrap();
    let lenient = Trust::new(anchors, vec![]).unwrap().for_the_past();
    for (file, date, email, quirks) in [
        ("aruba-2015-acceptance.eml", 1_432_134_490, "posta-certificata@pec.aruba.it", &[][..]),
        ("aruba-2021-acceptance.eml", 1_639_488_968, "posta-certificata@pec.aruba.it", &[]),
        ("aruba-2021-delivery-cc.eml", 1_639_488_968, "posta-certificata@pec.aruba.it", &[]),
        ("aruba-2021-non-delivery.eml", 1_639_490_072, "posta-certificata@pec.aruba.it", &[]),
        ("legalmail-2015-delivery.eml", 1_432_134_501, "posta-certificata@legalmail.it", &["ber"]),
        ("sogei-2018-envelope.eml", 1_542_124_052, "posta-certificata@pcert.sogei.it", &["line-ends"]),
    ] {
        let message = Bytes::from(std::fs::read(folder.join(file)).unwrap());
        let opened = open(&message).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert_eq!(opened.digest, "sha1", "{file}");
        assert_eq!(opened.signer.emails(), [email], "{file}");
        assert_eq!(opened.quirks, quirks, "{file}");
        let signed = opened.signing_time.unwrap();
        assert!((signed - date).abs() < 60, "{file}: {signed}");
        assert_eq!(lenient.check(&opened, signed), Ok(()), "{file}");
        // DigitPA's hierarchy was SHA-1 and RSA-1024; AgID's is not.
        assert_eq!(strict.check(&opened, signed).is_ok(), date > 1_500_000_000, "{file}");
        assert!(matches!(lenient.check(&opened, NOW), Err(crate::TrustError::Expired(_))), "{file}");
        let mut changed = message.to_vec();
        let middle = (opened.entity.start + opened.entity.end) / 2;
        changed[middle] ^= 1;
        assert_eq!(open(&changed.into()).unwrap_err(), OpenError::Digest, "{file}");
    }
}
