//! The Merkle tree over a sequence of leaves (RFC 6962 §2.1, RFC 9162 §2.1): its root, the path by which one leaf leads to
//! it, and the proof that a tree was continued and not made anew.
//!
//! A tree over n leaves is never held: [`Frontier`] keeps the roots of at most 64 full subtrees, and what a path or a
//! proof of consistency consists of is named as ranges of leaves ([`path`], [`consistency`]), whose roots the caller
//! reads from where it keeps them.

mod consistency;
mod frontier;
mod path;

pub use consistency::{consistency, verify_consistency};
pub use frontier::Frontier;
pub use path::{path, verify_inclusion};

use sha2::{Digest as _, Sha256};

/// A node of a tree: SHA-256.
pub type Node = [u8; 32];

/// The leaf of these bytes.
pub fn leaf(bytes: &[u8]) -> Node {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

/// The node above two others.
pub fn above(left: &Node, right: &Node) -> Node {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root over no leaves.
pub fn empty() -> Node {
    Sha256::digest([]).into()
}

/// The root over leaves.
pub fn root(leaves: impl IntoIterator<Item = Node>) -> Node {
    let mut frontier = Frontier::default();
    leaves.into_iter().for_each(|leaf| frontier.push(leaf));
    frontier.root()
}

/// Where a tree over `size` leaves, two at least, is divided: the largest power of two below its size.
fn division(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

#[cfg(test)]
mod tests;
