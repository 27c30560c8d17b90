//! Digests and signature algorithms, and which of them are taken.

use aws_lc_rs::{digest, signature};
use const_oid::ObjectIdentifier;

use crate::asn1::{Malformed, Reader, tag};
use crate::oid;

/// A message digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digest {
    /// In most real messages as late as December 2024; read, never written.
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    pub(crate) fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Some(match oid {
            oid::SHA1 => Self::Sha1,
            oid::SHA256 => Self::Sha256,
            oid::SHA384 => Self::Sha384,
            oid::SHA512 => Self::Sha512,
            _ => return None,
        })
    }

    /// Its spelling in [`crate::Opened::digest`].
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// The algorithm.
    pub(crate) fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

/// How a signature was made, as an algorithm identifier names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// PKCS#1 v1.5; no digest when the identifier is plain `rsaEncryption`, as in nearly all real messages.
    Rsa(Option<Digest>),
    Ecdsa(Digest),
}

impl Scheme {
    pub(crate) fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Some(match oid {
            oid::RSA => Self::Rsa(None),
            oid::SHA1_WITH_RSA => Self::Rsa(Some(Digest::Sha1)),
            oid::SHA256_WITH_RSA => Self::Rsa(Some(Digest::Sha256)),
            oid::SHA384_WITH_RSA => Self::Rsa(Some(Digest::Sha384)),
            oid::SHA512_WITH_RSA => Self::Rsa(Some(Digest::Sha512)),
            oid::ECDSA_WITH_SHA256 => Self::Ecdsa(Digest::Sha256),
            oid::ECDSA_WITH_SHA384 => Self::Ecdsa(Digest::Sha384),
            oid::ECDSA_WITH_SHA512 => Self::Ecdsa(Digest::Sha512),
            _ => return None,
        })
    }

    /// The digest it names.
    pub(crate) fn digest(self) -> Option<Digest> {
        match self {
            Self::Rsa(digest) => digest,
            Self::Ecdsa(digest) => Some(digest),
        }
    }
}

/// Why a signature was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// This kind of key or digest is not taken.
    Algorithm(String),
    /// It does not fit key and data.
    Mismatch,
}

/// A public key out of a SubjectPublicKeyInfo.
#[derive(Clone, Debug)]
pub(crate) enum PublicKey {
    /// PKCS#1 RSAPublicKey and the length of its modulus in bits.
    Rsa { der: Vec<u8>, bits: usize },
    /// A point on P-256 or P-384.
    Ec { point: Vec<u8>, p384: bool },
    /// Anything else, by its object identifier.
    Other(String),
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
    pub(crate) fn from_spki(spki: &[u8]) -> Result<Self, Malformed> {
        let mut info = Reader::new(spki).enter(tag::SEQUENCE)?;
        let mut algorithm = info.enter(tag::SEQUENCE)?;
        let kind = algorithm.oid()?;
        let Some((0, key)) = info.expect(tag::BIT_STRING)?.content.split_first() else {
            return Err(Malformed("the public key has stray bits"));
        };
        Ok(match kind {
            oid::RSA => {
                let modulus = Reader::new(key).enter(tag::SEQUENCE)?.expect(tag::INTEGER)?.content;
                let digits = modulus.iter().position(|b| *b != 0).map_or(&[][..], |i| &modulus[i..]);
                let unused = digits.first().map_or(0, |b| b.leading_zeros() as usize);
                Self::Rsa { der: key.to_vec(), bits: digits.len() * 8 - unused }
            }
            oid::EC => match algorithm.oid()? {
                oid::P256 => Self::Ec { point: key.to_vec(), p384: false },
                oid::P384 => Self::Ec { point: key.to_vec(), p384: true },
                curve => Self::Other(curve.to_string()),
            },
            other => Self::Other(other.to_string()),
        })
    }

    /// Whether an RSA key is shorter than 2048 bits: real signers' keys until 2017.
    pub(crate) fn is_short(&self) -> bool {
        matches!(self, Self::Rsa { bits, .. } if *bits < 2048)
    }

    /// Checks a signature. `fallback` is the digest when the scheme names none.
    pub(crate) fn verify(&self, scheme: Scheme, fallback: Digest, data: &[u8], sig: &[u8]) -> Result<(), Refused> {
        let digest = scheme.digest().unwrap_or(fallback);
        let (algorithm, key): (&dyn signature::VerificationAlgorithm, &[u8]) = match (self, scheme, digest) {
            (Self::Rsa { der, bits: 2048.. }, Scheme::Rsa(_), digest) => match digest {
                Digest::Sha1 => (&signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, der),
                Digest::Sha256 => (&signature::RSA_PKCS1_2048_8192_SHA256, der),
                Digest::Sha384 => (&signature::RSA_PKCS1_2048_8192_SHA384, der),
                Digest::Sha512 => (&signature::RSA_PKCS1_2048_8192_SHA512, der),
            },
            (Self::Rsa { der, bits: 1024.. }, Scheme::Rsa(_), Digest::Sha1) => {
                (&signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, der)
            }
            (Self::Rsa { der, bits: 1024.. }, Scheme::Rsa(_), Digest::Sha256) => {
                (&signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, der)
            }
            (Self::Rsa { der, bits: 1024.. }, Scheme::Rsa(_), Digest::Sha512) => {
                (&signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, der)
            }
            (Self::Ec { point, p384: false }, Scheme::Ecdsa(_), Digest::Sha256) => {
                (&signature::ECDSA_P256_SHA256_ASN1, point)
            }
            (Self::Ec { point, p384: false }, Scheme::Ecdsa(_), Digest::Sha384) => {
                (&signature::ECDSA_P256_SHA384_ASN1, point)
            }
            (Self::Ec { point, p384: false }, Scheme::Ecdsa(_), Digest::Sha512) => {
                (&signature::ECDSA_P256_SHA512_ASN1, point)
            }
            (Self::Ec { point, p384: true }, Scheme::Ecdsa(_), Digest::Sha256) => {
                (&signature::ECDSA_P384_SHA256_ASN1, point)
            }
            (Self::Ec { point, p384: true }, Scheme::Ecdsa(_), Digest::Sha384) => {
                (&signature::ECDSA_P384_SHA384_ASN1, point)
            }
            (Self::Ec { point, p384: true }, Scheme::Ecdsa(_), Digest::Sha512) => {
                (&signature::ECDSA_P384_SHA512_ASN1, point)
            }
            (Self::Rsa { bits, .. }, ..) => {
                return Err(Refused::Algorithm(format!("RSA of {bits} bits with {}", digest.name())));
            }
            (Self::Ec { .. }, ..) => return Err(Refused::Algorithm(format!("elliptic curve with {}", digest.name()))),
            (Self::Other(kind), ..) => return Err(Refused::Algorithm(kind.clone())),
        };
        signature::UnparsedPublicKey::new(algorithm, key).verify(data, sig).map_err(|_| Refused::Mismatch)
    }
}
