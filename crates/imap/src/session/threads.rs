//! Messages put under those that they answer (RFC 5256 §3), without I/O and in about n log n steps.
//!
//! What RFC 5256 says of REFERENCES depends on the order in which messages are looked at: a message may lose a parent that
//! another one's references gave it. Here each message first falls under the last one that it names itself, and then the
//! references of all fill what has no parent yet. So nothing is ever taken back, and no link can make a circle that would have
//! to be looked for along a chain.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::response::ThreadNode;

/// A message, as far as threads depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// Its number or UID.
    pub(super) number: u32,
    /// When it was sent, seconds.
    pub(super) sent: i64,
    /// Its subject without what answers put around it.
    pub(super) subject: String,
    /// Whether something was put around it.
    pub(super) answers: bool,
    /// What its Message-ID is known by.
    pub(super) id: Option<u64>,
    /// Those of the messages that it names, its parent last.
    pub(super) references: Vec<u64>,
}

/// A place in a thread.
#[derive(Clone, Debug, Default)]
struct Place {
    /// Which message; `None`: one that is not there.
    message: Option<usize>,
    parent: Option<usize>,
    /// Further up, perhaps the root: where to begin when it is looked for.
    above: Option<usize>,
    children: Vec<usize>,
}

/// The places of all threads.
#[derive(Default)]
struct Forest(Vec<Place>);

impl Forest {
    fn add(&mut self, message: Option<usize>) -> usize {
        self.0.push(Place { message, ..Place::default() });
        self.0.len() - 1
    }

    fn place(&self, at: usize) -> Option<&Place> {
        self.0.get(at)
    }

    fn children(&self, at: usize) -> &[usize] {
        self.place(at).map(|place| place.children.as_slice()).unwrap_or_default()
    }

    /// The root above a place; the ways to it are made shorter.
    fn root(&mut self, mut at: usize) -> usize {
        while let Some(above) = self.place(at).and_then(|place| place.above) {
            let further = self.place(above).and_then(|place| place.above);
            if let (Some(place), Some(further)) = (self.0.get_mut(at), further) {
                place.above = Some(further);
            }
            at = above;
        }
        at
    }

    /// Puts a place that has no parent under another, unless that stands below it.
    fn link(&mut self, child: usize, parent: usize) {
        let free = self.place(child).is_some_and(|place| place.parent.is_none());
        if !free || self.root(parent) == child {
            return;
        }
        self.put_under(parent, child);
    }

    fn put_under(&mut self, parent: usize, child: usize) {
        if let Some(place) = self.0.get_mut(child) {
            (place.parent, place.above) = (Some(parent), Some(parent));
        }
        if let Some(place) = self.0.get_mut(parent) {
            place.children.push(child);
        }
    }

    /// Takes a place out of all threads.
    fn put_aside(&mut self, at: usize) {
        if let Some(place) = self.0.get_mut(at) {
            place.parent = Some(at);
        }
    }
}

/// `REFERENCES`
pub(super) fn by_references(messages: &[Message]) -> Vec<ThreadNode> {
    let mut forest = Forest::default();
    let mut known: HashMap<u64, usize> = HashMap::with_capacity(messages.len());
    for (at, message) in messages.iter().enumerate() {
        let place = forest.add(Some(at));
        // Of two with the same Message-ID the first is the one that others mean.
        if let Some(id) = message.id {
            known.entry(id).or_insert(place);
        }
    }
    let mut place_of = |forest: &mut Forest, id: &u64| *known.entry(*id).or_insert_with(|| forest.add(None));
    for (at, message) in messages.iter().enumerate() {
        if let Some(parent) = message.references.last() {
            let parent = place_of(&mut forest, parent);
            forest.link(at, parent);
        }
    }
    for message in messages {
        for pair in message.references.windows(2) {
            if let [above, below] = pair {
                let (above, below) = (place_of(&mut forest, above), place_of(&mut forest, below));
                forest.link(below, above);
            }
        }
    }
    let roots = prune(&mut forest);
    order_children(messages, &mut forest, &roots);
    let roots = gather(messages, &mut forest, roots);
    told(messages, &mut forest, roots)
}

/// `ORDEREDSUBJECT` (§3): the first message with a subject, and under it all others.
pub(super) fn by_subject(messages: &[Message]) -> Vec<ThreadNode> {
    let mut forest = Forest::default();
    let mut first: HashMap<&str, usize> = HashMap::new();
    let mut order: Vec<usize> = (0..messages.len()).collect();
    let date = |at: &usize| messages.get(*at).map(|message| (message.sent, message.number));
    order.sort_unstable_by_key(date);
    messages.iter().enumerate().for_each(|(at, _)| _ = forest.add(Some(at)));
    let mut roots = Vec::new();
    for at in order {
        let subject = messages.get(at).map(|message| message.subject.as_str()).unwrap_or_default();
        match first.entry(subject) {
            Entry::Occupied(first) => forest.link(at, *first.get()),
            Entry::Vacant(free) => {
                free.insert(at);
                roots.push(at);
            }
        }
    }
    told(messages, &mut forest, roots)
}

/// Takes out what is not there and holds nothing together (§3, step 3); the roots that are left. What is below a place that goes
/// comes to the place above it.
fn prune(forest: &mut Forest) -> Vec<usize> {
    let all = (0..forest.0.len()).filter(|at| forest.place(*at).is_some_and(|place| place.parent.is_none()));
    for at in from_below(forest, &all.collect::<Vec<_>>()) {
        let kept = forest.children(at).iter().flat_map(|child| match forest.place(*child) {
            Some(place) if place.message.is_none() => place.children.clone(),
            _ => vec![*child],
        });
        let kept = kept.collect();
        if let Some(place) = forest.0.get_mut(at) {
            place.children = kept;
        }
    }
    let roots = forest.0.iter().enumerate().filter(|(_, place)| place.parent.is_none());
    let roots = roots.filter_map(|(at, place)| match (place.message, place.children.as_slice()) {
        (None, []) => None,
        (None, [only]) => Some(*only),
        _ => Some(at),
    });
    let roots: Vec<usize> = roots.collect();
    for root in &roots {
        if let Some(place) = forest.0.get_mut(*root) {
            place.parent = None;
        }
    }
    roots
}

/// All places in these threads, each behind those below it.
fn from_below(forest: &Forest, roots: &[usize]) -> Vec<usize> {
    let (mut order, mut open) = (Vec::with_capacity(forest.0.len()), roots.to_vec());
    while let Some(at) = open.pop() {
        order.push(at);
        open.extend(forest.children(at));
    }
    order.reverse();
    order
}

/// Puts what is below each place in order: by when it was sent (of what is not there, when its first child was), then as in the
/// mailbox. By the same, the roots.
fn order_children(messages: &[Message], forest: &mut Forest, roots: &[usize]) -> Vec<usize> {
    let mut dates = vec![(i64::MAX, u32::MAX); forest.0.len()];
    for at in from_below(forest, roots) {
        let Some(place) = forest.0.get_mut(at) else { continue };
        place.children.sort_unstable_by_key(|child| dates.get(*child).copied());
        let own = place.message.and_then(|message| messages.get(message)).map(|message| (message.sent, message.number));
        let date = own.or_else(|| dates.get(*place.children.first()?).copied());
        if let (Some(slot), Some(date)) = (dates.get_mut(at), date) {
            *slot = date;
        }
    }
    let mut roots = roots.to_vec();
    roots.sort_unstable_by_key(|root| dates.get(*root).copied());
    roots
}

/// The message that a thread is called by: its first one, or where that is not there, the first child.
fn first_of<'m>(messages: &'m [Message], forest: &Forest, root: usize) -> Option<&'m Message> {
    let own = forest.place(root)?.message;
    let of_child = || forest.place(*forest.children(root).first()?)?.message;
    messages.get(own.or_else(of_child)?)
}

/// Joins threads whose subjects are the same (§3, step 5); the roots that are left.
fn gather(messages: &[Message], forest: &mut Forest, mut roots: Vec<usize>) -> Vec<usize> {
    let is_missing = |forest: &Forest, at: usize| forest.place(at).is_some_and(|place| place.message.is_none());
    let answers = |forest: &Forest, at| first_of(messages, forest, at).is_some_and(|message| message.answers);
    let subject = |forest: &Forest, at| {
        let subject = first_of(messages, forest, at).map(|message| message.subject.as_str());
        subject.filter(|subject| !subject.is_empty())
    };
    let mut table: HashMap<&str, usize> = HashMap::new();
    for root in roots.iter().copied() {
        let Some(subject) = subject(forest, root) else { continue };
        let held = table.entry(subject).or_insert(root);
        let (missing, held_missing) = (is_missing(forest, root), is_missing(forest, *held));
        if !held_missing && (missing || answers(forest, *held) && !answers(forest, root)) {
            *held = root;
        }
    }
    for root in roots.clone() {
        let Some(held) = subject(forest, root).and_then(|subject| table.get_mut(subject)) else { continue };
        let into = *held;
        if into == root {
            continue;
        }
        match (is_missing(forest, into), is_missing(forest, root)) {
            (true, true) => {
                let moved = forest.0.get_mut(root).map(|place| std::mem::take(&mut place.children));
                moved.unwrap_or_default().into_iter().for_each(|child| forest.put_under(into, child));
                // Nothing is below it any more, and it says nothing itself.
                forest.put_aside(root);
            }
            (true, false) => forest.put_under(into, root),
            (false, _) if answers(forest, root) && !answers(forest, into) => forest.put_under(into, root),
            (false, _) => {
                let both = forest.add(None);
                forest.put_under(both, into);
                forest.put_under(both, root);
                roots.push(both);
                *held = both;
            }
        }
    }
    roots.retain(|root| forest.place(*root).is_some_and(|place| place.parent.is_none()));
    roots
}

/// The threads in order, with everything below in order too.
fn told(messages: &[Message], forest: &mut Forest, roots: Vec<usize>) -> Vec<ThreadNode> {
    let roots = order_children(messages, forest, &roots);
    let mut nodes = Vec::with_capacity(messages.len());
    let mut open: Vec<(usize, usize)> = roots.into_iter().rev().map(|root| (root, 0)).collect();
    while let Some((at, depth)) = open.pop() {
        let number = forest.place(at).and_then(|place| messages.get(place.message?)).map(|message| message.number);
        nodes.push(ThreadNode { depth, number });
        open.extend(forest.children(at).iter().rev().map(|child| (*child, depth + 1)));
    }
    nodes
}

#[cfg(test)]
mod tests;
