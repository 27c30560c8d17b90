//! That a tree only grew, seen by its tiles.

use std::collections::HashMap;
use std::ops::Range;

use proof::head::Head;
use proof::tree::{self, Frontier, Node};

use super::discord::{Discord, WatchError};
use super::publication::Publication;
use crate::resource::{Resource, TilePlace};

/// Levels whose nodes a tree can have.
const LEVELS: u32 = 6;

/// Whether the tree of `head` is what it says, and continues that of `before`, which is the one before it in the same tree.
/// Reads some tiles, however large the tree is.
pub(crate) async fn grown(from: &dyn Publication, before: Option<&Head>, head: &Head) -> Result<(), WatchError> {
    let mut nodes = Nodes { from, head, known: HashMap::new() };
    let wrong = |what: &str| WatchError::from(Discord::at(head.log, head.number, what));
    match before {
        Some(before) if before.size == head.size => match before.root == head.root {
            true => Ok(()),
            false => Err(wrong("has the rows of the head before it, and another root: rows were exchanged")),
        },
        Some(before) => {
            let ranges = tree::consistency(before.size, head.size).ok_or_else(|| wrong("its tree shrank"))?;
            let mut proof = Vec::with_capacity(ranges.len());
            for range in ranges {
                proof.push(nodes.root(range).await?);
            }
            match tree::verify_consistency(before.size, &before.root, head.size, &head.root, &proof) {
                true => Ok(()),
                false => Err(wrong("its tree does not continue that of the head before it: rows were exchanged")),
            }
        }
        None => match nodes.root(0..head.size).await? == head.root {
            true => Ok(()),
            false => Err(wrong("the nodes that are published do not lead to its root")),
        },
    }
}

/// The nodes of a head's tree, as they are published.
struct Nodes<'a> {
    from: &'a dyn Publication,
    head: &'a Head,
    known: HashMap<TilePlace, Vec<Node>>,
}

impl Nodes<'_> {
    /// The root over a range of leaves that begins where a full subtree of its length may stand.
    async fn root(&mut self, range: Range<u64>) -> Result<Node, WatchError> {
        let (mut frontier, mut at) = (Frontier::default(), range.start);
        while at < range.end {
            let fits = |level: &u32| {
                let span = 1u64 << (8 * level);
                at.is_multiple_of(span) && range.end - at >= span
            };
            // Of level 0 each does.
            let level = (0..LEVELS).rev().find(fits).unwrap_or(0);
            let span = 1u64 << (8 * level);
            let node = self.node(level, at / span).await?;
            if !frontier.push_full(node, 8 * level) {
                return Err(self.wrong("a subtree stands in no place of its").into());
            }
            at += span;
        }
        Ok(frontier.root())
    }

    async fn node(&mut self, level: u32, node: u64) -> Result<Node, WatchError> {
        let Head { log, first, size, .. } = *self.head;
        let place = TilePlace::with(log, first, level, node, size).ok_or_else(|| self.wrong("has no such node"))?;
        if !self.known.contains_key(&place) {
            let octets = self.from.get(Resource::Tile(place)).await?;
            let (nodes, rest) = octets.as_deref().unwrap_or_default().as_chunks::<32>();
            if nodes.len() as u64 != place.width || !rest.is_empty() {
                let what =
                    format!("{} is not published: whether rows were exchanged cannot be seen", Resource::Tile(place));
                return Err(self.wrong(&what).into());
            }
            self.known.insert(place, nodes.to_vec());
        }
        let at = usize::try_from(node % 256).unwrap_or_default();
        let found = self.known.get(&place).and_then(|nodes| nodes.get(at)).copied();
        found.ok_or_else(|| self.wrong("has no such node").into())
    }

    fn wrong(&self, what: &str) -> Discord {
        Discord::at(self.head.log, self.head.number, what)
    }
}
