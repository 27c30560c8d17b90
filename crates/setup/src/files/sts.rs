//! The policy of MTA-STS (RFC 8461 §3.2).

use sha2::{Digest, Sha256};

use crate::offer::Offer;

/// A policy and the name of its version, which changes with it and stands in DNS.
pub(crate) struct Policy {
    pub(crate) text: String,
    /// Thirty-two letters and digits (RFC 8461 §3.1).
    pub(crate) id: String,
}

/// How long others hold to it: four weeks, and it is in force against who takes the record away.
const MAX_AGE: u32 = 28 * 24 * 3600;

/// Mail comes to the host alone, and under TLS with a certificate that is valid for it.
pub(crate) fn sts_policy(offer: &Offer) -> Policy {
    let text = format!("version: STSv1\r\nmode: enforce\r\nmx: {}\r\nmax_age: {MAX_AGE}\r\n", offer.host);
    let id = hex::encode(&Sha256::digest(&text)[..16]);
    Policy { text, id }
}
