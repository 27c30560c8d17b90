//! A log's tree that grows.

use pec::Moment;
use proof::LogId;
use proof::head::{self, Head};
use proof::tree::{Frontier, Node};
use store::{SealedHead, Tile};

use crate::Trace;
use crate::day::Day;
use crate::error::SealingError;
use crate::tiling::Tiling;

/// A log as far as it is sealed, and the tree that grows at its end.
pub(crate) struct Growing {
    pub(crate) log: LogId,
    /// The last head.
    pub(crate) last: Option<Last>,
    /// The tree; `None`: the next row begins one.
    pub(crate) tree: Option<Tree>,
    /// The number of the next row.
    pub(crate) next: u64,
    /// The instant of the oldest row that no head has.
    pub(crate) unsealed: Option<Moment>,
}

/// The last head of a log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Last {
    pub(crate) number: u64,
    pub(crate) digest: Node,
    /// The number of the row behind the last one that it has.
    pub(crate) end: u64,
}

/// A tree that grows.
pub(crate) struct Tree {
    pub(crate) first: u64,
    pub(crate) day: Day,
    pub(crate) frontier: Frontier,
    tiling: Tiling,
    /// Tiles that are full and not kept yet.
    full: Vec<Tile>,
}

impl Tree {
    fn begin(first: u64, at: Moment) -> Self {
        let (frontier, tiling) = (Frontier::default(), Tiling::new(first));
        Self { first, day: Day::of(at), frontier, tiling, full: Vec::new() }
    }

    fn push(&mut self, leaf: Node) {
        self.frontier.push(leaf);
        self.full.extend(self.tiling.push(leaf));
    }

    /// The leaves that fill no tile, if there are any.
    pub(crate) fn last_tile(&self) -> Option<Tile> {
        self.tiling.last()
    }
}

impl Growing {
    /// Where the sealing of a log stands, from what is kept: the same whatever was under way when the program ended.
    pub(crate) async fn resume(trace: &Trace, log: LogId) -> Result<Self, SealingError> {
        let (mut first, mut day, mut last) = (1, None, None);
        if let Some(kept) = trace.seals.last_head(log).await? {
            let head = Head::read(&kept.text).map_err(|error| SealingError::head(log, kept.number, &error))?;
            first = if head.closed { head.end() } else { head.first };
            day = (!head.closed).then_some(head.day);
            last = Some(Last::of(&kept));
        }
        let mut growing = Self { log, last, tree: None, next: first, unsealed: None };
        let Some(row) = trace.evidence.leaves(log, first, 1).await?.into_iter().next() else { return Ok(growing) };
        if row.number != first {
            // Rows that expired before they were sealed went from the beginning of the log.
            let oldest = trace.evidence.leaves(log, 1, 1).await?.into_iter().next();
            if day.is_some() || oldest.is_none_or(|oldest| oldest.number != row.number) {
                return Err(SealingError::Missing { log, number: first });
            }
        }
        let open = day.is_some();
        let mut tree = Tree::begin(row.number, row.at);
        if let Some(day) = day {
            tree.day = Moment::midnight(&day).map_or(tree.day, Day::of);
        }
        growing.next = tree.first;
        // Fewer than a tile of each level below the highest one: those of a level that are full lie under one of the next.
        for level in (0..Tile::LEVELS).rev() {
            let rows = growing.next..growing.next.saturating_add(Tile::span(level) * Tile::FULL as u64);
            for tile in trace.seals.tile_roots(log, level, rows).await? {
                let fits = tile.first == growing.next && tile.count == Tile::FULL as u64;
                if !fits || !tree.frontier.push_full(tile.root, Tile::height(level)) {
                    let what = format!("the tile of level {level} at row {} is not where it should be", tile.first);
                    return Err(SealingError::Damaged { log, what });
                }
                tree.tiling.push_full(level, tile.root);
                growing.next += Tile::span(level);
            }
        }
        // Rows in tiles that no head has: the oldest of them waits.
        let sealed = growing.last.map_or(tree.first, |last| last.end.max(tree.first));
        if sealed < growing.next {
            let oldest = trace.evidence.leaves(log, sealed, 1).await?.into_iter().next();
            growing.unsealed = oldest.map(|row| row.at);
        }
        // Rows behind the last full tile are read again.
        growing.tree = (open || growing.next > tree.first).then_some(tree);
        Ok(growing)
    }

    /// Adds the next row; its tree is there and takes it.
    pub(crate) fn push(&mut self, at: Moment, leaf: Node) {
        let number = self.next;
        self.tree.get_or_insert_with(|| Tree::begin(number, at)).push(leaf);
        if self.last.is_none_or(|last| number >= last.end) {
            // A row of a clock that was ahead hides none that waits longer.
            self.unsealed = Some(self.unsealed.map_or(at, |oldest| oldest.min(at)));
        }
        self.next += 1;
    }

    /// Tiles that are full and not kept yet, if there are so many; the caller keeps them, or the log is resumed.
    pub(crate) fn take_full(&mut self, least: usize) -> Vec<Tile> {
        self.tree
            .as_mut()
            .filter(|tree| tree.full.len() >= least)
            .map_or_else(Vec::new, |tree| std::mem::take(&mut tree.full))
    }

    /// A head was kept.
    pub(crate) fn sealed(&mut self, head: &SealedHead) {
        self.last = Some(Last::of(head));
        self.unsealed = None;
        if head.closed {
            self.tree = None;
        }
    }
}

impl Last {
    fn of(kept: &SealedHead) -> Self {
        Self { number: kept.number, digest: head::digest_of(&kept.text), end: kept.first.saturating_add(kept.size) }
    }
}
