//! The nodes of a tree that are kept: tiles of its leaves, tiles of the roots over these, and so on.

use proof::tree::{self, Node};
use store::Tile;

/// A tree as its tiles are cut, leaf by leaf. What is held are the nodes of each level that fill no tile yet.
#[derive(Clone, Debug)]
pub(crate) struct Tiling {
    /// The number of the tree's first row.
    first: u64,
    size: u64,
    /// Of each level the nodes behind its last full tile.
    tails: Vec<Vec<Node>>,
}

impl Tiling {
    /// A tree without leaves, whose first row will have this number.
    pub(crate) fn new(first: u64) -> Self {
        Self { first, size: 0, tails: vec![Vec::new(); Tile::LEVELS as usize] }
    }

    /// Adds a leaf; the tiles that it fills, the lowest first.
    pub(crate) fn push(&mut self, leaf: Node) -> Vec<Tile> {
        self.size += 1;
        self.add(0, leaf)
    }

    /// Adds the root over a full tile of this level, which is kept already, and whose place nothing below it fills.
    pub(crate) fn push_full(&mut self, level: u32, root: Node) {
        self.size += Tile::span(level);
        if let Some(tail) = self.tails.get_mut(level as usize + 1) {
            tail.push(root);
        }
    }

    fn add(&mut self, level: u32, mut node: Node) -> Vec<Tile> {
        let mut full = Vec::new();
        for (level, tail) in (level..).zip(self.tails.iter_mut().skip(level as usize)) {
            tail.push(node);
            if tail.len() < Tile::FULL {
                break;
            }
            let nodes = std::mem::take(tail);
            node = tree::root(nodes.iter().copied());
            full.push(Tile { level, first: self.first + self.size - Tile::span(level), nodes });
        }
        full
    }

    /// The leaves that fill no tile, if there are any.
    pub(crate) fn last(&self) -> Option<Tile> {
        let nodes = self.tails.first().filter(|tail| !tail.is_empty())?.clone();
        Some(Tile { level: 0, first: self.first + self.size - nodes.len() as u64, nodes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(number: u64) -> Node {
        tree::leaf(&number.to_be_bytes())
    }

    #[test]
    fn whoever_goes_on_from_kept_tiles_cuts_the_same_ones() {
        let rows = 2 * Tile::span(1) + 3 * Tile::span(0) + 5;
        let mut whole = Tiling::new(11);
        let tiles: Vec<Tile> = (0..rows).flat_map(|number| whole.push(leaf(number))).collect();
        let of = |level| tiles.iter().filter(move |tile| tile.level == level);
        assert_eq!((of(0).count(), of(1).count(), of(2).count()), (515, 2, 0));
        assert_eq!(of(1).map(|tile| tile.first).collect::<Vec<_>>(), [11, 11 + 65_536]);
        for tile in of(1) {
            let under: Vec<Node> = of(0)
                .filter(|below| (tile.first..tile.first + Tile::span(1)).contains(&below.first))
                .map(|below| tree::root(below.nodes.iter().copied()))
                .collect();
            assert_eq!(tile.nodes, under);
        }
        let mut again = Tiling::new(11);
        for level in [1, 0] {
            let behind = 11 + again.size;
            for tile in of(level).filter(|tile| tile.first >= behind) {
                again.push_full(level, tree::root(tile.nodes.iter().copied()));
            }
        }
        for number in again.size..rows {
            again.push(leaf(number));
        }
        assert_eq!(again.last(), whole.last());
        assert_eq!(again.last().map(|tile| (tile.first, tile.nodes.len())), Some((11 + rows - 5, 5)));
        for number in rows..3 * Tile::span(1) {
            assert_eq!(again.push(leaf(number)), whole.push(leaf(number)), "{number}");
        }
    }
}
