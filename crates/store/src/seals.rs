//! What seals the evidence: the nodes of the trees over its rows, their signed heads, the heads' time stamps
//! (`docs/evidence-format.md`). Who seals is not known here; what is kept is that no row is sealed twice in different ways.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use pec::Moment;
use proof::LogId;
use proof::tree::Node;

use crate::error::StoreError;

/// Nodes of one level of a tree that are kept together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// 0: leaves. Above: the roots over full tiles of the level below.
    pub level: u32,
    /// The number of the first row under it.
    pub first: u64,
    /// At most [`Tile::FULL`]; fewer only at the end of a tree that has ended, and of leaves.
    pub nodes: Vec<Node>,
}

impl Tile {
    /// Nodes of a tile that is full.
    pub const FULL: usize = 1 << Tile::HEIGHT;
    /// The height of the subtree over a full tile, from its own nodes.
    pub const HEIGHT: u32 = 8;
    /// Levels of a tree: a log numbers its rows with 40 bits.
    pub const LEVELS: u32 = 5;

    /// The height of the subtree over a full tile of a level, from the leaves.
    pub const fn height(level: u32) -> u32 {
        Self::HEIGHT * (level + 1)
    }

    /// The leaves under a full tile of a level, which is one of [`Tile::LEVELS`].
    pub const fn span(level: u32) -> u64 {
        1 << Self::height(level)
    }
}

/// The root over a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileRoot {
    /// The number of the first row under it.
    pub first: u64,
    /// How many nodes.
    pub count: u64,
    /// The root over them.
    pub root: Node,
}

/// A head as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedHead {
    /// Whose.
    pub log: LogId,
    /// From 1 without gaps in its log.
    pub number: u64,
    /// The number of the first row of its tree.
    pub first: u64,
    /// How many rows.
    pub size: u64,
    /// Whether the tree has ended.
    pub closed: bool,
    /// When it was made.
    pub at: Moment,
    /// What was signed.
    pub text: Bytes,
    /// The provider's signature over it: CMS SignedData, detached.
    pub signature: Bytes,
    /// Its time stamp (RFC 3161); `None`: it waits for one.
    pub stamp: Option<Bytes>,
}

/// Which heads; `None` matches all.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeadQuery {
    /// Of which log.
    pub log: Option<LogId>,
    /// Only the head after this one, in the order of log and number.
    pub after: Option<(LogId, u64)>,
    /// Only those whose tree has ended.
    pub closed: bool,
    /// Only those that wait for their time stamp.
    pub unstamped: bool,
    /// At most this many.
    pub limit: usize,
}

/// What seals the evidence.
#[async_trait]
pub trait Seals: Send + Sync {
    /// Heads, ascending by log and number.
    async fn heads(&self, query: HeadQuery) -> Result<Vec<SealedHead>, StoreError>;
    /// The last head of a log.
    async fn last_head(&self, log: LogId) -> Result<Option<SealedHead>, StoreError>;
    /// The first head that has a row, and is stamped where one of its tree that has it is; `None`: it is not sealed yet.
    async fn head_over(&self, log: LogId, row: u64) -> Result<Option<SealedHead>, StoreError>;
    /// The roots over the tiles of a level whose first row is among these, ascending.
    async fn tile_roots(&self, log: LogId, level: u32, rows: Range<u64>) -> Result<Vec<TileRoot>, StoreError>;
    /// The tile of a level that begins with this row.
    async fn tile(&self, log: LogId, level: u32, first: u64) -> Result<Option<Tile>, StoreError>;
    /// Keeps tiles; one that is there already is refused.
    async fn add_tiles(&self, log: LogId, tiles: Vec<Tile>) -> Result<(), StoreError>;
    /// Keeps a head, its stamp left aside, and the last leaves of a tree that ends with it. Refused where it does not go on
    /// where the last head of its log ended.
    async fn add_head(&self, head: SealedHead, last: Option<Tile>) -> Result<(), StoreError>;
    /// Keeps the time stamp of a head that has none.
    async fn add_stamp(&self, log: LogId, number: u64, stamp: Bytes) -> Result<(), StoreError>;
}
