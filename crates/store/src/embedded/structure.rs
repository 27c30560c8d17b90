//! The tree of a message's parts, made once when it is deposited.

use pec::Pieces;
use pec::mime;

/// The structure of a message in its written form, which this engine keeps and gives back as it is.
pub(super) fn structure_of(message: &Pieces) -> Option<Vec<u8>> {
    Some(mime::structure(&message.to_bytes()).to_bytes())
}
