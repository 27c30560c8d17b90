//! The nodes of a tree, made of what is kept: tiles, and rows where the tile is not full yet.

use std::collections::HashMap;
use std::ops::Range;

use proof::LogId;
use proof::tree::{self, Frontier, Node};
use store::Tile;

use crate::Trace;
use crate::error::SealingError;

const FULL: u64 = Tile::FULL as u64;

/// The nodes of one tree. Those that were asked for are remembered: rows of one message lie together, and their paths have
/// nearly everything in common.
pub(crate) struct Nodes<'a> {
    trace: &'a Trace,
    log: LogId,
    /// The number of the tree's first row.
    first: u64,
    known: HashMap<Range<u64>, Node>,
}

impl<'a> Nodes<'a> {
    pub(crate) fn of(trace: &'a Trace, log: LogId, first: u64) -> Self {
        Self { trace, log, first, known: HashMap::new() }
    }

    /// The roots over these ranges of leaves, as [`tree::path`] and [`tree::consistency`] name them.
    pub(crate) async fn roots(&mut self, ranges: Vec<Range<u64>>) -> Result<Vec<Node>, SealingError> {
        let mut roots = Vec::with_capacity(ranges.len());
        for range in ranges {
            let root = match self.known.get(&range) {
                Some(root) => *root,
                None => self.root(range.clone()).await?,
            };
            self.known.insert(range, root);
            roots.push(root);
        }
        Ok(roots)
    }

    /// The root over a range that begins where a full subtree of its length may stand.
    async fn root(&self, range: Range<u64>) -> Result<Node, SealingError> {
        let mut frontier = Frontier::default();
        let mut at = range.start;
        for level in (0..Tile::LEVELS).rev() {
            let span = Tile::span(level);
            let end = range.end / span * span;
            if at.is_multiple_of(span) && at < end {
                let rows = self.first + at..self.first + end;
                for tile in self.trace.seals.tile_roots(self.log, level, rows).await? {
                    let fits = tile.first == self.first + at && tile.count == FULL;
                    if !fits || !frontier.push_full(tile.root, Tile::height(level)) {
                        return Err(self.lacks(at));
                    }
                    at += span;
                }
                if at != end {
                    return Err(self.lacks(at));
                }
            }
        }
        for leaf in self.leaves(at..range.end).await? {
            frontier.push(leaf);
        }
        Ok(frontier.root())
    }

    /// Leaves of one tile.
    async fn leaves(&self, range: Range<u64>) -> Result<Vec<Node>, SealingError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let begin = range.start / FULL * FULL;
        let count = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        let skip = usize::try_from(range.start - begin).unwrap_or(usize::MAX);
        if let Some(tile) = self.trace.seals.tile(self.log, 0, self.first + begin).await? {
            let leaves: Vec<Node> = tile.nodes.into_iter().skip(skip).take(count).collect();
            return if leaves.len() == count { Ok(leaves) } else { Err(self.lacks(range.start)) };
        }
        // The end of a tree that grows.
        let rows = self.trace.evidence.leaves(self.log, self.first + range.start, count).await?;
        let mut expected = self.first + range.start..;
        match rows.iter().find(|row| expected.next() != Some(row.number)) {
            None if rows.len() == count => Ok(rows.iter().map(|row| tree::leaf(&row.canonical)).collect()),
            _ => {
                let number = self.first + range.start + rows.len() as u64;
                Err(SealingError::Missing { log: self.log, number })
            }
        }
    }

    fn lacks(&self, at: u64) -> SealingError {
        SealingError::Damaged { log: self.log, what: format!("the tile at row {} is missing", self.first + at) }
    }
}
