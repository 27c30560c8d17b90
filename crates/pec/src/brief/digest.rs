//! The hash that stands in for a part.

use sha1::{Digest, Sha1};

use super::HashInput;
use crate::decode;

/// SHA-1 in 40 lower-case hexadecimal digits [R-3.3.2.2-d] [R-3.3.2.2-e].
pub(super) fn sha1_hex(body: &[u8], transfer_encoding: &str, input: HashInput) -> String {
    let digest = match (input, transfer_encoding) {
        (HashInput::Decoded, "base64") => Sha1::digest(decode::base64(body)),
        (HashInput::Decoded, "quoted-printable") => Sha1::digest(decode::quoted_printable(body)),
        _ => Sha1::digest(body),
    };
    hex::encode(digest)
}
