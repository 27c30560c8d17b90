//! What several targets share: keys that sign random input, so that it gets past the signatures which would stop it.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use seal::Certificate;

/// `ecdsa-with-SHA256`, as an AlgorithmIdentifier.
const ALGORITHM: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
/// `sha256`, as an AlgorithmIdentifier.
const SHA256: &[u8] = b"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01";
/// `id-data`
const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
/// `id-signedData`
const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";

/// The authority: its certificate permits addresses of pec.example.it and names of the country IT, and no IP address.
pub static AUTHORITY: LazyLock<Office> =
    LazyLock::new(|| Office::new(include_bytes!("../keys/authority.key"), include_bytes!("../keys/authority.der")));

/// A provider that the authority certified.
pub static PROVIDER: LazyLock<Office> =
    LazyLock::new(|| Office::new(include_bytes!("../keys/provider.key"), include_bytes!("../keys/provider.der")));

/// A key with its certificate.
pub struct Office {
    pub certificate: Certificate,
    key: EcdsaKeyPair,
}

impl Office {
    fn new(key: &[u8], certificate: &'static [u8]) -> Self {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key).expect("keys/ holds keys");
        Self { certificate: Certificate::from_der(certificate).expect("keys/ holds certificates"), key }
    }

    fn signature(&self, data: &[u8]) -> Vec<u8> {
        self.key.sign(&SystemRandom::new(), data).expect("a P-256 key signs").as_ref().to_vec()
    }

    /// SEQUENCE { data, algorithm, signature }: a certificate, a list, an answer.
    pub fn signed(&self, data: &[u8]) -> Vec<u8> {
        attached(data, &self.signature(data))
    }

    /// The same where the signature is of `other`: somebody changed the data on its way.
    pub fn tampered(&self, data: &[u8], other: &[u8]) -> Vec<u8> {
        attached(data, &self.signature(other))
    }

    /// A detached signature over `content`, the plainest that RFC 5652 knows: without attributes.
    pub fn detached(&self, content: &[u8]) -> Vec<u8> {
        let der = self.certificate.der();
        let body = inside(&inside(der)[..]);
        let [serial, _, issuer] = [1, 2, 3].map(|index| elements(body).nth(index).unwrap_or_default());
        let version = [2, 1, 1];
        let signer = tlv(0x30, &[issuer, serial]);
        let signature = tlv(4, &[&self.signature(content)]);
        let info = tlv(0x30, &[&version, &signer, SHA256, ALGORITHM, &signature]);
        let (digests, content) = (tlv(0x31, &[SHA256]), tlv(0x30, &[DATA]));
        let data = tlv(0x30, &[&version, &digests, &content, &tlv(0xa0, &[der]), &tlv(0x31, &[&info])]);
        tlv(0x30, &[SIGNED_DATA, &tlv(0xa0, &[&data])])
    }
}

fn attached(data: &[u8], signature: &[u8]) -> Vec<u8> {
    tlv(0x30, &[data, ALGORITHM, &tlv(3, &[&[0], signature])])
}

/// One DER element.
pub fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let digits = &length[length.iter().take_while(|digit| **digit == 0).count()..];
    let mut out = vec![tag];
    if content.len() < 128 {
        out.push(content.len() as u8);
    } else {
        out.push(0x80 | digits.len() as u8);
        out.extend_from_slice(digits);
    }
    out.extend(content);
    out
}

/// The elements that stand one after the other in `der`, whole, as far as their lengths make sense.
pub fn elements(mut der: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (head, length) = lengths(der)?;
        let (element, rest) = der.split_at_checked(head.checked_add(length)?)?;
        der = rest;
        Some(element)
    })
}

/// The content of the first element.
pub fn inside(der: &[u8]) -> &[u8] {
    lengths(der).and_then(|(head, length)| der.get(head..head + length)).unwrap_or_default()
}

fn lengths(der: &[u8]) -> Option<(usize, usize)> {
    match *der.get(1)? {
        short if short < 0x80 => Some((2, usize::from(short))),
        0x81 => Some((3, usize::from(*der.get(2)?))),
        0x82 => Some((4, usize::from(u16::from_be_bytes([*der.get(2)?, *der.get(3)?])))),
        _ => None,
    }
}
