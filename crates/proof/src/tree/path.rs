//! That a leaf is in a tree (RFC 9162 §2.1.3).

use std::ops::Range;

use super::{Node, above, division};

/// The ranges of leaves whose roots lead from leaf `index` (from 0) to the root over `size` leaves, the nearest first;
/// `None` when there is no such leaf. At most 64, each beginning at a multiple of the power of two that is not below its
/// length.
pub fn path(index: u64, size: u64) -> Option<Vec<Range<u64>>> {
    if index >= size {
        return None;
    }
    let (mut first, mut end, mut path) = (0, size, Vec::new());
    while end - first > 1 {
        let middle = first + division(end - first);
        if index < middle {
            path.push(middle..end);
            end = middle;
        } else {
            path.push(first..middle);
            first = middle;
        }
    }
    path.reverse();
    Some(path)
}

/// Whether `path` leads from leaf `index` to the root over `size` leaves.
pub fn verify_inclusion(leaf: &Node, index: u64, size: u64, path: &[Node], root: &Node) -> bool {
    if index >= size {
        return false;
    }
    // RFC 9162 §2.1.3.2, its fn and sn.
    let (mut at, mut last, mut node) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            node = above(sibling, &node);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            node = above(&node, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && node == *root
}
