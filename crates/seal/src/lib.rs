//! Signatures of certified mail: keys, S/MIME sign and verify, certificate profile, chains.
//!
//! * [`sign`]: a [`pec::compose::Draft`] becomes a signed message (RFC 6109 §2.1);
//! * [`verify`]: a message's signature opened, whoever made it;
//! * [`trust`]: the chain to a pinned authority at a chosen time (§5.5);
//! * [`profile`]: the profile of signing certificates (§5.5);
//! * [`revocation`]: lists of revoked certificates and OCSP (§2.2.2);
//! * [`timestamp`]: time stamps asked for and judged (RFC 3161);
//! * [`pkcs11`]: keys in signing devices (§5.1);
//! * [`source`]: where an operator keeps the key, and how it is opened;
//! * [`watched`]: how the last signature went, for the operator;
//! * [`p7m`]: opaque signed files, as the providers' index (§4.5).
//!
//! The arithmetic is aws-lc's. Structures are read from the bytes as received (`asn1`): a signature covers exact
//! octets, real providers send BER, and what is decoded and encoded again is not what was signed.

pub mod key;
pub mod p7m;
pub mod pkcs11;
pub mod profile;
pub mod revocation;
pub mod sign;
pub mod source;
#[cfg(any(test, feature = "testing"))]
pub mod stamping;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod timestamp;
pub mod trust;
pub mod verify;
pub mod watched;

mod algorithm;
mod asn1;
mod certificate;
mod constraints;
mod extensions;
mod key_error;
mod multipart;
mod name;
mod oid;
mod open_error;
mod permitted;
mod pkcs12;
mod signed_data;
mod trust_error;

pub use key::{Certificate, FileSigner, KeyError, Signer};
pub use pkcs11::Pkcs11Signer;
pub use revocation::{Crl, CrlStore, Revocation, RevocationError, Revocations};
pub use sign::{Letter, seal, seal_letter};
pub use source::{Device, KeySource};
pub use timestamp::{StampError, StampRequest, TimeStamp};
pub use trust::{Trust, TrustError};
pub use verify::{OpenError, Opened, open};
pub use watched::WatchedSigner;
