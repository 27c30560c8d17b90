//! Answers about sets of messages (RFC 9051 §7.3; RFC 5256, 7162).

use std::ops::RangeInclusive;

use super::writer::Writer;
use crate::tag::Tag;

/// What ESEARCH tells (RFC 9051 §7.3.4). What was not asked for is `None`, and so are `min`, `max` and `all` where nothing
/// was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Esearch<'a> {
    /// Whether the numbers are UIDs.
    pub uid: bool,
    /// The lowest.
    pub min: Option<u32>,
    /// The highest.
    pub max: Option<u32>,
    /// How many.
    pub count: Option<u32>,
    /// All, as ascending ranges; after SORT in its order, as ranges of one.
    pub all: Option<&'a [RangeInclusive<u32>]>,
    /// The highest modification sequence of those told.
    pub mod_seq: Option<u64>,
}

/// A message in its thread, in the order of reading: behind its parent and all of its elder siblings' offspring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadNode {
    /// How deep; 0 begins a thread. It grows by one at most from one to the next.
    pub depth: usize,
    /// Its number or UID; `None`: a message that is not there, and holds others together.
    pub number: Option<u32>,
}

impl Writer {
    /// `* SEARCH`, then [`Writer::number`] for each that was found, none included, and [`Writer::numbers_end`]: a hundred thousand of
    /// them are sent some at a time.
    pub fn search(&mut self) {
        self.raw("* SEARCH");
    }

    /// `* SORT`, likewise.
    pub fn sort(&mut self) {
        self.raw("* SORT");
    }

    /// One more number.
    pub fn number(&mut self, number: u32) {
        self.raw(" ").show(number);
    }

    /// The end, with the highest modification sequence of what was found, if that is told.
    pub fn numbers_end(&mut self, mod_seq: Option<u64>) {
        if let Some(mod_seq) = mod_seq {
            self.show(format_args!(" (MODSEQ {mod_seq})"));
        }
        self.crlf();
    }

    /// `* ESEARCH (TAG "…") …`
    pub fn esearch(&mut self, tag: &Tag, found: &Esearch<'_>) {
        self.raw("* ESEARCH (TAG ").string(tag.as_str().as_bytes()).raw(")");
        if found.uid {
            self.raw(" UID");
        }
        for (name, number) in [("MIN", found.min), ("MAX", found.max), ("COUNT", found.count)] {
            if let Some(number) = number {
                self.show(format_args!(" {name} {number}"));
            }
        }
        if let Some(all) = found.all.filter(|all| !all.is_empty()) {
            self.raw(" ALL ").set(all);
        }
        if let Some(mod_seq) = found.mod_seq {
            self.show(format_args!(" MODSEQ {mod_seq}"));
        }
        self.crlf();
    }

    /// `* VANISHED [(EARLIER)] uids` (RFC 7162 §3.2.10); nothing where nothing went: Evolution fails on an empty one.
    pub fn vanished(&mut self, uids: &[RangeInclusive<u32>], earlier: bool) {
        if !uids.is_empty() {
            self.raw("* VANISHED ").raw(if earlier { "(EARLIER) " } else { "" }).set(uids).crlf();
        }
    }

    /// `* THREAD …`
    pub fn thread(&mut self, nodes: &[ThreadNode]) {
        self.raw("* THREAD");
        if !nodes.is_empty() {
            self.raw(" ");
        }
        let children = children(nodes);
        // Depths of those whose bracket is open, and of those above the one at hand: has it one child, that one follows
        // in the same bracket.
        let mut open: Vec<usize> = Vec::new();
        let mut above: Vec<Above> = Vec::new();
        for (node, children) in nodes.iter().zip(children) {
            above.truncate(node.depth);
            while open.last().is_some_and(|depth| *depth >= node.depth) {
                self.raw(")");
                open.pop();
            }
            let parent = above.last_mut();
            let alone = parent.as_ref().is_some_and(|parent| parent.children == 1);
            let behind_number = parent.is_some_and(|parent| std::mem::take(&mut parent.behind_number));
            self.raw(if behind_number { " " } else { "" });
            // A missing message with one child is no more than that child.
            if !alone {
                self.raw("(");
                open.push(node.depth);
            }
            if let Some(number) = node.number {
                self.show(number);
            }
            let carried = alone && node.number.is_none() && behind_number;
            if carried {
                // The blank has been written for whoever comes next.
                above.push(Above { children, behind_number: false });
            } else {
                above.push(Above { children, behind_number: node.number.is_some() });
            }
        }
        open.iter().for_each(|_| {
            self.raw(")");
        });
        self.crlf();
    }
}

struct Above {
    children: usize,
    behind_number: bool,
}

/// How many children each has.
fn children(nodes: &[ThreadNode]) -> Vec<usize> {
    let mut counts = vec![0; nodes.len()];
    let mut path: Vec<usize> = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        path.truncate(node.depth);
        if let Some(count) = path.last().and_then(|parent| counts.get_mut(*parent)) {
            *count += 1;
        }
        path.push(at);
    }
    counts
}
