//! That a tree was continued and not made anew (RFC 9162 §2.1.4).

use std::ops::Range;

use super::{Node, above, division};

/// The ranges of leaves whose roots show that the tree over `size` leaves continues that over the first `before`; `None`
/// where it cannot: no leaves before, or fewer afterwards. None at all for the same size.
pub fn consistency(before: u64, size: u64) -> Option<Vec<Range<u64>>> {
    if before == 0 || before > size {
        return None;
    }
    let (mut first, mut end, mut proof) = (0, size, Vec::new());
    while end != before {
        let middle = first + division(end - first);
        if before <= middle {
            proof.push(middle..end);
            end = middle;
        } else {
            proof.push(first..middle);
            first = middle;
        }
    }
    // The verifier knows the old root; where the old tree is a subtree of the new one, that is where it begins.
    if first != 0 {
        proof.push(first..end);
    }
    proof.reverse();
    Some(proof)
}

/// Whether `proof` shows that the tree with `root` over `size` leaves continues the one with `old` over the first `before`.
pub fn verify_consistency(before: u64, old: &Node, size: u64, root: &Node, proof: &[Node]) -> bool {
    if before == 0 || before > size {
        return false;
    }
    if before == size {
        return proof.is_empty() && old == root;
    }
    // RFC 9162 §2.1.4.2, its fn and sn.
    let mut nodes = proof.iter();
    let begin = if before.is_power_of_two() { Some(old) } else { nodes.next() };
    let Some(begin) = begin else { return false };
    let (mut at, mut last) = (before - 1, size - 1);
    while at & 1 == 1 {
        (at, last) = (at >> 1, last >> 1);
    }
    let (mut of_old, mut of_new) = (*begin, *begin);
    for node in nodes {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            of_old = above(node, &of_old);
            of_new = above(node, &of_new);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            of_new = above(&of_new, node);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && of_old == *old && of_new == *root
}
