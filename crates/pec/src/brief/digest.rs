//! The hash that stands in for a part.

use sha1::{Digest, Sha1};

use crate::decode;
use crate::mime::TransferEncoding;

/// What the SHA-1 of a replaced part covers: the texts do not settle it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HashInput {
    /// The part's body as it stands, encoded, without the CRLF before the boundary.
    #[default]
    Encoded,
    /// The decoded octets.
    Decoded,
}

/// SHA-1 in 40 lower-case hexadecimal digits [R-3.3.2.2-d] [R-3.3.2.2-e].
pub(super) fn sha1_hex(body: &[u8], encoding: TransferEncoding, input: HashInput) -> String {
    let digest = match (input, encoding) {
        (HashInput::Decoded, TransferEncoding::Base64) => Sha1::digest(decode::base64(body)),
        (HashInput::Decoded, TransferEncoding::QuotedPrintable) => Sha1::digest(decode::quoted_printable(body)),
        _ => Sha1::digest(body),
    };
    hex::encode(digest)
}
