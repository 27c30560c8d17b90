//! Object identifiers, by the documents that assign them.

use const_oid::ObjectIdentifier as Oid;

const fn new(dotted: &str) -> Oid {
    Oid::new_unwrap(dotted)
}

// Digests (RFC 3370 §2.1, RFC 5754 §2).
pub(crate) const SHA1: Oid = new("1.3.14.3.2.26");
pub(crate) const SHA256: Oid = new("2.16.840.1.101.3.4.2.1");
pub(crate) const SHA384: Oid = new("2.16.840.1.101.3.4.2.2");
pub(crate) const SHA512: Oid = new("2.16.840.1.101.3.4.2.3");

// Keys and signatures (RFC 8017 appendix C, RFC 5480, RFC 5758).
pub(crate) const RSA: Oid = new("1.2.840.113549.1.1.1");
pub(crate) const SHA1_WITH_RSA: Oid = new("1.2.840.113549.1.1.5");
pub(crate) const SHA256_WITH_RSA: Oid = new("1.2.840.113549.1.1.11");
pub(crate) const SHA384_WITH_RSA: Oid = new("1.2.840.113549.1.1.12");
pub(crate) const SHA512_WITH_RSA: Oid = new("1.2.840.113549.1.1.13");
pub(crate) const EC: Oid = new("1.2.840.10045.2.1");
pub(crate) const P256: Oid = new("1.2.840.10045.3.1.7");
pub(crate) const P384: Oid = new("1.3.132.0.34");
pub(crate) const ECDSA_WITH_SHA256: Oid = new("1.2.840.10045.4.3.2");
pub(crate) const ECDSA_WITH_SHA384: Oid = new("1.2.840.10045.4.3.3");
pub(crate) const ECDSA_WITH_SHA512: Oid = new("1.2.840.10045.4.3.4");

// Cryptographic messages (RFC 5652).
pub(crate) const DATA: Oid = new("1.2.840.113549.1.7.1");
pub(crate) const SIGNED_DATA: Oid = new("1.2.840.113549.1.7.2");
pub(crate) const ENCRYPTED_DATA: Oid = new("1.2.840.113549.1.7.6");
pub(crate) const CONTENT_TYPE: Oid = new("1.2.840.113549.1.9.3");
pub(crate) const MESSAGE_DIGEST: Oid = new("1.2.840.113549.1.9.4");
pub(crate) const SIGNING_TIME: Oid = new("1.2.840.113549.1.9.5");

// Certificates (RFC 5280).
pub(crate) const COMMON_NAME: Oid = new("2.5.4.3");
pub(crate) const SURNAME: Oid = new("2.5.4.4");
pub(crate) const SERIAL_NUMBER: Oid = new("2.5.4.5");
pub(crate) const GIVEN_NAME: Oid = new("2.5.4.42");
pub(crate) const ORGANIZATION: Oid = new("2.5.4.10");
pub(crate) const ORGANIZATIONAL_UNIT: Oid = new("2.5.4.11");
pub(crate) const EMAIL_ADDRESS: Oid = new("1.2.840.113549.1.9.1");
pub(crate) const SUBJECT_KEY_IDENTIFIER: Oid = new("2.5.29.14");
pub(crate) const KEY_USAGE: Oid = new("2.5.29.15");
pub(crate) const SUBJECT_ALT_NAME: Oid = new("2.5.29.17");
pub(crate) const BASIC_CONSTRAINTS: Oid = new("2.5.29.19");
pub(crate) const NAME_CONSTRAINTS: Oid = new("2.5.29.30");
pub(crate) const CERTIFICATE_POLICIES: Oid = new("2.5.29.32");
pub(crate) const AUTHORITY_KEY_IDENTIFIER: Oid = new("2.5.29.35");
pub(crate) const EXTENDED_KEY_USAGE: Oid = new("2.5.29.37");
pub(crate) const ANY_EXTENDED_KEY_USAGE: Oid = new("2.5.29.37.0");
pub(crate) const EMAIL_PROTECTION: Oid = new("1.3.6.1.5.5.7.3.4");

// Revocation (RFC 5280 §4.2 and §5, RFC 6960; expiredCertsOnCRL: ISO 9594-8).
pub(crate) const CRL_NUMBER: Oid = new("2.5.29.20");
pub(crate) const REASON_CODE: Oid = new("2.5.29.21");
pub(crate) const DELTA_CRL_INDICATOR: Oid = new("2.5.29.27");
pub(crate) const ISSUING_DISTRIBUTION_POINT: Oid = new("2.5.29.28");
pub(crate) const CERTIFICATE_ISSUER: Oid = new("2.5.29.29");
pub(crate) const CRL_DISTRIBUTION_POINTS: Oid = new("2.5.29.31");
pub(crate) const EXPIRED_CERTS_ON_CRL: Oid = new("2.5.29.60");
pub(crate) const AUTHORITY_INFO_ACCESS: Oid = new("1.3.6.1.5.5.7.1.1");
pub(crate) const OCSP_SIGNING: Oid = new("1.3.6.1.5.5.7.3.9");
pub(crate) const OCSP: Oid = new("1.3.6.1.5.5.7.48.1");
pub(crate) const OCSP_BASIC: Oid = new("1.3.6.1.5.5.7.48.1.1");
pub(crate) const OCSP_NONCE: Oid = new("1.3.6.1.5.5.7.48.1.2");

// Time stamps (RFC 3161, RFC 2634 §5.4, RFC 5035 §3, RFC 5126 §6.1.1).
pub(crate) const TIME_STAMPING: Oid = new("1.3.6.1.5.5.7.3.8");
pub(crate) const TIME_STAMP_INFO: Oid = new("1.2.840.113549.1.9.16.1.4");
pub(crate) const SIGNING_CERTIFICATE: Oid = new("1.2.840.113549.1.9.16.2.12");
pub(crate) const SIGNING_CERTIFICATE_V2: Oid = new("1.2.840.113549.1.9.16.2.47");

// Key files (RFC 7292 appendix D, RFC 8018 appendix C, RFC 3565).
pub(crate) const KEY_BAG: Oid = new("1.2.840.113549.1.12.10.1.1");
pub(crate) const SHROUDED_KEY_BAG: Oid = new("1.2.840.113549.1.12.10.1.2");
pub(crate) const CERTIFICATE_BAG: Oid = new("1.2.840.113549.1.12.10.1.3");
pub(crate) const X509_CERTIFICATE: Oid = new("1.2.840.113549.1.9.22.1");
pub(crate) const PBES2: Oid = new("1.2.840.113549.1.5.13");
pub(crate) const PBKDF2: Oid = new("1.2.840.113549.1.5.12");
pub(crate) const HMAC_WITH_SHA1: Oid = new("1.2.840.113549.2.7");
pub(crate) const HMAC_WITH_SHA256: Oid = new("1.2.840.113549.2.9");
pub(crate) const HMAC_WITH_SHA384: Oid = new("1.2.840.113549.2.10");
pub(crate) const HMAC_WITH_SHA512: Oid = new("1.2.840.113549.2.11");
pub(crate) const AES128_CBC: Oid = new("2.16.840.1.101.3.4.1.2");
pub(crate) const AES192_CBC: Oid = new("2.16.840.1.101.3.4.1.22");
pub(crate) const AES256_CBC: Oid = new("2.16.840.1.101.3.4.1.42");
