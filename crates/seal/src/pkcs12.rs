//! Keys in PKCS#12 files (RFC 7292).
//!
//! Files of today: AES (PBES2, RFC 8018) under an HMAC, as OpenSSL 3, Java 17 and Windows Server 2019 write them.
//! Files of yesterday (RC2, triple DES) are refused in words: converting one takes one command.

use aws_lc_rs::cipher::{AES_128, AES_192, AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{digest, hmac, pbkdf2};
use std::num::NonZeroU32;
use zeroize::Zeroizing;

use crate::algorithm::Digest;
use crate::asn1::{Malformed, Reader, tag};
use crate::key_error::KeyError;
use crate::oid;

/// What a file holds.
pub(crate) struct Contents {
    /// PKCS#8 PrivateKeyInfo.
    pub key: Zeroizing<Vec<u8>>,
    /// DER certificates in the file's order.
    pub certificates: Vec<Vec<u8>>,
}

/// More rounds of key derivation than any file asks for (OpenSSL: 2048, Java: 10,000).
const MAX_ITERATIONS: u32 = 10_000_000;

/// Opens a file: checks its integrity, then decrypts it.
pub(crate) fn open(file: &[u8], password: &str) -> Result<Contents, KeyError> {
    let mut pfx = Reader::new(file).enter(tag::SEQUENCE)?;
    if pfx.small_integer()? != 3 {
        return Err(KeyError("not a PKCS#12 file of version 3".into()));
    }
    let mut safe = pfx.enter(tag::SEQUENCE)?;
    if safe.oid()? != oid::DATA {
        return Err(KeyError("the PKCS#12 file is protected by a public key: export it with a password".into()));
    }
    let safe = safe.enter(0xa0)?.octets()?;
    if let Some(mac) = pfx.optional(tag::SEQUENCE)? {
        check_integrity(mac.elements(), &safe, password)?;
    }

    let (mut key, mut certificates) = (None, Vec::new());
    let mut infos = Reader::new(&safe).enter(tag::SEQUENCE)?;
    while !infos.is_empty() {
        let mut info = infos.enter(tag::SEQUENCE)?;
        let bags = match info.oid()? {
            oid::DATA => Zeroizing::new(info.enter(0xa0)?.octets()?.into_owned()),
            oid::ENCRYPTED_DATA => {
                let mut data = info.enter(0xa0)?.enter(tag::SEQUENCE)?;
                data.small_integer()?;
                let mut content = data.enter(tag::SEQUENCE)?;
                content.oid()?;
                let algorithm = content.enter(tag::SEQUENCE)?;
                // [0] IMPLICIT OCTET STRING: in one piece, or in several.
                let field = content.next()?;
                let sealed = match field.tag {
                    0x80 => field.content.to_vec(),
                    0xa0 => {
                        let mut pieces = field.elements();
                        let mut joined = Vec::new();
                        while !pieces.is_empty() {
                            joined.extend_from_slice(&pieces.octets()?);
                        }
                        joined
                    }
                    _ => return Err(Malformed("encrypted content is missing").into()),
                };
                decrypt(algorithm, sealed, password)?
            }
            _ => continue,
        };
        read_bags(&bags, password, &mut key, &mut certificates)?;
    }
    let key = key.ok_or_else(|| KeyError("the PKCS#12 file holds no private key".into()))?;
    Ok(Contents { key, certificates })
}

fn read_bags(
    bags: &[u8],
    password: &str,
    key: &mut Option<Zeroizing<Vec<u8>>>,
    certificates: &mut Vec<Vec<u8>>,
) -> Result<(), KeyError> {
    let mut bags = Reader::new(bags).enter(tag::SEQUENCE)?;
    while !bags.is_empty() {
        let mut bag = bags.enter(tag::SEQUENCE)?;
        let kind = bag.oid()?;
        let mut value = bag.enter(0xa0)?;
        match kind {
            oid::KEY_BAG | oid::SHROUDED_KEY_BAG if key.is_some() => {
                return Err(KeyError("the PKCS#12 file holds several private keys: export one alone".into()));
            }
            oid::KEY_BAG => *key = Some(Zeroizing::new(value.expect(tag::SEQUENCE)?.raw.to_vec())),
            oid::SHROUDED_KEY_BAG => {
                let mut shrouded = value.enter(tag::SEQUENCE)?;
                let algorithm = shrouded.enter(tag::SEQUENCE)?;
                *key = Some(decrypt(algorithm, shrouded.octets()?.into_owned(), password)?);
            }
            oid::CERTIFICATE_BAG => {
                let mut certificate = value.enter(tag::SEQUENCE)?;
                if certificate.oid()? == oid::X509_CERTIFICATE {
                    certificates.push(certificate.enter(0xa0)?.octets()?.into_owned());
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The HMAC over the whole content (RFC 7292 §4, appendix B).
fn check_integrity(mut mac: Reader<'_>, safe: &[u8], password: &str) -> Result<(), KeyError> {
    let mut info = mac.enter(tag::SEQUENCE)?;
    let kind = info.enter(tag::SEQUENCE)?.oid()?;
    let expected = info.octets()?;
    let salt = mac.octets()?;
    let rounds = if mac.is_empty() { 1 } else { mac.small_integer()? };
    let digest = Digest::from_oid(kind).ok_or_else(|| {
        KeyError(format!("the PKCS#12 file is authenticated with algorithm {kind}: export it with -macalg SHA256"))
    })?;
    let algorithm = match digest {
        Digest::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Digest::Sha256 => hmac::HMAC_SHA256,
        Digest::Sha384 => hmac::HMAC_SHA384,
        Digest::Sha512 => hmac::HMAC_SHA512,
    };
    let key = integrity_key(digest.algorithm(), password, &salt, bounded(rounds)?);
    hmac::verify(&hmac::Key::new(algorithm, &key), safe, &expected)
        .map_err(|_| KeyError("the password is wrong, or the PKCS#12 file is damaged".into()))
}

/// RFC 7292 appendix B.2 for ID 3 and one digest's length of output, which one round of the outer loop gives.
fn integrity_key(
    algorithm: &'static digest::Algorithm,
    password: &str,
    salt: &[u8],
    rounds: NonZeroU32,
) -> Zeroizing<Vec<u8>> {
    let block = algorithm.block_len();
    let fill =
        |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().cycle().take(bytes.len().div_ceil(block) * block).collect() };
    let password: Zeroizing<Vec<u8>> =
        Zeroizing::new(password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect());
    let mut context = digest::Context::new(algorithm);
    context.update(&vec![3; block]);
    context.update(&fill(salt));
    context.update(&Zeroizing::new(fill(&password)));
    let mut key = context.finish();
    for _ in 1..rounds.get() {
        key = digest::digest(algorithm, key.as_ref());
    }
    Zeroizing::new(key.as_ref().to_vec())
}

/// PBES2 with PBKDF2 and AES in CBC mode (RFC 8018 §6.2).
fn decrypt(mut algorithm: Reader<'_>, sealed: Vec<u8>, password: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let old = |kind: const_oid::ObjectIdentifier| {
        KeyError(format!(
            "the PKCS#12 file is encrypted with the outdated algorithm {kind}: convert it with \
             openssl pkcs12 -legacy -in old.p12 -nodes | openssl pkcs12 -export -out new.p12"
        ))
    };
    let kind = algorithm.oid()?;
    if kind != oid::PBES2 {
        return Err(old(kind));
    }
    let mut parameters = algorithm.enter(tag::SEQUENCE)?;
    let mut derivation = parameters.enter(tag::SEQUENCE)?;
    let kind = derivation.oid()?;
    if kind != oid::PBKDF2 {
        return Err(KeyError(format!(
            "the PKCS#12 file derives its key with algorithm {kind}: only PBKDF2 is supported"
        )));
    }
    let mut derivation = derivation.enter(tag::SEQUENCE)?;
    let salt = derivation.octets()?;
    let rounds = bounded(derivation.small_integer()?)?;
    derivation.optional(tag::INTEGER)?;
    let function = match derivation.optional(tag::SEQUENCE)? {
        None => pbkdf2::PBKDF2_HMAC_SHA1,
        Some(function) => match function.elements().oid()? {
            oid::HMAC_WITH_SHA1 => pbkdf2::PBKDF2_HMAC_SHA1,
            oid::HMAC_WITH_SHA256 => pbkdf2::PBKDF2_HMAC_SHA256,
            oid::HMAC_WITH_SHA384 => pbkdf2::PBKDF2_HMAC_SHA384,
            oid::HMAC_WITH_SHA512 => pbkdf2::PBKDF2_HMAC_SHA512,
            kind => return Err(old(kind)),
        },
    };
    let mut cipher = parameters.enter(tag::SEQUENCE)?;
    let (cipher_algorithm, length) = match cipher.oid()? {
        oid::AES128_CBC => (&AES_128, 16),
        oid::AES192_CBC => (&AES_192, 24),
        oid::AES256_CBC => (&AES_256, 32),
        kind => return Err(old(kind)),
    };
    let start: [u8; 16] = cipher
        .octets()?
        .as_ref()
        .try_into()
        .map_err(|_| Malformed("the initialisation vector is not 16 octets long"))?;

    // The plain text replaces the sealed one in place.
    let mut sealed = Zeroizing::new(sealed);
    let mut key = Zeroizing::new(vec![0; length]);
    pbkdf2::derive(function, rounds, &salt, password.as_bytes(), &mut key);
    let plain = UnboundCipherKey::new(cipher_algorithm, &key)
        .and_then(PaddedBlockDecryptingKey::cbc_pkcs7)
        .and_then(|key| {
            key.decrypt(&mut sealed, DecryptionContext::Iv128(FixedLength::from(start))).map(|p| p.to_vec())
        })
        .map_err(|_| KeyError("the password is wrong, or the PKCS#12 file is damaged".into()))?;
    Ok(Zeroizing::new(plain))
}

fn bounded(rounds: u32) -> Result<NonZeroU32, KeyError> {
    NonZeroU32::new(rounds)
        .filter(|rounds| rounds.get() <= MAX_ITERATIONS)
        .ok_or_else(|| KeyError(format!("the PKCS#12 file asks for {rounds} rounds of key derivation")))
}

impl From<Malformed> for KeyError {
    fn from(cause: Malformed) -> Self {
        Self(format!("not a readable PKCS#12 file: {cause}"))
    }
}
