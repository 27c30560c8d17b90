//! A tree that grows at its end.

use super::{Node, above, empty};

/// What is needed to go on: the roots of the full subtrees of which the leaves so far consist, the largest first. As many
/// as the size has bits set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    full: Vec<Node>,
}

impl Frontier {
    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Node) {
        self.grow(leaf, 1);
    }

    /// Adds a full subtree of 2^`height` leaves; `false`, and nothing is added, where the leaves so far do not end at a
    /// multiple of that.
    #[must_use]
    pub fn push_full(&mut self, root: Node, height: u32) -> bool {
        let Some(leaves) = 1u64.checked_shl(height) else { return false };
        let fits = self.size.is_multiple_of(leaves) && self.size.checked_add(leaves).is_some();
        if fits {
            self.grow(root, leaves);
        }
        fits
    }

    fn grow(&mut self, mut root: Node, leaves: u64) {
        let mut width = leaves;
        while self.size & width != 0
            && let Some(left) = self.full.pop()
        {
            root = above(&left, &root);
            width <<= 1;
        }
        self.full.push(root);
        self.size += leaves;
    }

    /// The root over the leaves so far.
    pub fn root(&self) -> Node {
        let mut full = self.full.iter().rev();
        let Some(last) = full.next() else { return empty() };
        full.fold(*last, |right, left| above(left, &right))
    }
}
