//! The parts of a message, found in one pass.

use std::ops::Range;

use super::block::{Block, BlockReader};
use super::bounds::Bounds;
use super::delimiter::{Delimiter, delimiter, without_line_end};
use super::entity::{Entity, TransferEncoding};
use super::line::line_end;

/// The parts of one entity in the order in which they begin; the first is the entity itself.
///
/// The delimiters of outer multiparts count inside inner ones, so that the parts of a container are the same whatever
/// stands in them. Lines that only begin like a boundary are no delimiters.
#[derive(Clone, Debug)]
pub struct Tree {
    nodes: Vec<Node>,
    truncated: bool,
}

/// One part.
#[derive(Clone, Debug)]
pub struct Node {
    /// Which node it is inside of; `None` for the first.
    pub parent: Option<usize>,
    /// How many containers it is inside of.
    pub depth: usize,
    /// Its header block with the empty line.
    pub header: Range<usize>,
    /// Its body, without the line end that belongs to the delimiter after it.
    pub body: Range<usize>,
    /// How many lines end in the body.
    pub lines: usize,
    /// What its header says.
    pub entity: Entity,
    /// Whether it was opened: its parts are nodes too. Otherwise it is a leaf, whatever its type.
    pub opened: bool,
}

impl Node {
    /// The whole part: header and body.
    pub fn range(&self) -> Range<usize> {
        self.header.start..self.body.end
    }
}

impl Tree {
    /// Finds the parts of the entity in `range` of `source`. `look` sees the header of each part once, when it has been
    /// read; what a caller wants of other fields it takes there, since nothing else of a header is kept.
    pub fn read(source: &[u8], range: Range<usize>, bounds: &Bounds, look: impl FnMut(usize, &Block)) -> Self {
        let source = source.get(..range.end).unwrap_or(source);
        let start = range.start.min(source.len());
        let mut reader = Reader {
            source,
            bounds,
            look,
            nodes: Vec::new(),
            open: Vec::new(),
            pending: Vec::new(),
            lines: 0,
            truncated: false,
        };
        let mut state = reader.begin(start, None, Entity::TEXT);
        let mut at = start;
        while at < source.len() {
            let end = line_end(source, at);
            let line = source.get(at..end).unwrap_or_default();
            state = match reader.delimiter(line) {
                Some((level, which)) => reader.delimited(state, at, end, level, which),
                None => reader.line(state, line),
            };
            reader.lines += usize::from(line.ends_with(b"\n"));
            at = end;
        }
        reader.end(state);
        Self { nodes: reader.nodes, truncated: reader.truncated }
    }

    /// Every part, in the order in which they begin.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The parts that were not opened.
    pub fn leaves(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| !node.opened)
    }

    /// Whether there are more or deeper parts than the bounds let be told apart.
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }
}

struct Reader<'a, F> {
    source: &'a [u8],
    bounds: &'a Bounds,
    look: F,
    nodes: Vec<Node>,
    /// The multiparts around the present line, outermost first.
    open: Vec<Open>,
    /// The nodes whose end is not known, outermost first.
    pending: Vec<usize>,
    /// Line ends before the present line.
    lines: usize,
    truncated: bool,
}

struct Open {
    node: usize,
    boundary: Vec<u8>,
}

/// What the present line is part of.
enum State {
    /// The header of a part that is no node yet.
    Header { block: BlockReader, parent: Option<usize>, default: (&'static str, &'static str) },
    /// The body of the newest node, a leaf.
    Body,
    /// Preamble, epilogue, or parts beyond the bounds.
    Between,
}

impl<F: FnMut(usize, &Block)> Reader<'_, F> {
    fn begin(&mut self, at: usize, parent: Option<usize>, default: (&'static str, &'static str)) -> State {
        if self.nodes.len() >= self.bounds.parts {
            self.truncated = true;
            return State::Between;
        }
        State::Header { block: BlockReader::new(at, self.bounds), parent, default }
    }

    fn line(&mut self, state: State, line: &[u8]) -> State {
        match state {
            State::Header { mut block, parent, default } => {
                if block.line(line) {
                    let after = self.lines + usize::from(line.ends_with(b"\n"));
                    self.opened(block.finish(), parent, default, after)
                } else {
                    State::Header { block, parent, default }
                }
            }
            other => other,
        }
    }

    /// The header of a part is read: what its body is. `lines`: line ends before the body.
    fn opened(
        &mut self,
        block: Block,
        parent: Option<usize>,
        default: (&'static str, &'static str),
        lines: usize,
    ) -> State {
        let entity = Entity::read(block.of(self.source), default, self.bounds);
        let depth = parent.and_then(|parent| self.nodes.get(parent)).map_or(0, |parent| parent.depth + 1);
        let node = self.nodes.len();
        (self.look)(node, &block);
        let body = block.body_start();
        let multipart = entity.boundary();
        let message =
            self.bounds.messages && entity.is("message", "rfc822") && entity.encoding() == TransferEncoding::Identity;
        let opened = (multipart.is_some() || message) && depth < self.bounds.depth;
        self.truncated |= (multipart.is_some() || message) && !opened;
        // Until its end is known, `body.end` and `lines` say where it began.
        self.pending.push(node);
        self.nodes.push(Node { parent, depth, header: block.start()..body, body: body..body, lines, entity, opened });
        match multipart {
            Some(boundary) if opened => {
                self.open.push(Open { node, boundary });
                State::Between
            }
            None if opened => match self.begin(body, Some(node), Entity::TEXT) {
                State::Between => {
                    if let Some(node) = self.nodes.get_mut(node) {
                        node.opened = false;
                    }
                    State::Body
                }
                header => header,
            },
            _ => State::Body,
        }
    }

    /// The outermost multipart that `line` is a delimiter of.
    fn delimiter(&self, line: &[u8]) -> Option<(usize, Delimiter)> {
        if !line.starts_with(b"--") {
            return None;
        }
        self.open.iter().enumerate().find_map(|(level, open)| {
            let which = delimiter(line, &open.boundary).filter(|which| *which != Delimiter::Doubtful)?;
            Some((level, which))
        })
    }

    fn delimited(&mut self, state: State, at: usize, end: usize, level: usize, which: Delimiter) -> State {
        self.close(state, at, level);
        self.open.truncate(level + 1);
        let Some(node) = self.open.last().map(|open| open.node) else { return State::Between };
        if which == Delimiter::Close {
            self.open.pop();
            return State::Between;
        }
        let digest = self.nodes.get(node).is_some_and(|node| node.entity.sub == "digest");
        self.begin(end, Some(node), if digest { Entity::MESSAGE } else { Entity::TEXT })
    }

    /// Ends everything inside the multipart at `level`, before the delimiter line at `at`, whose line end before it
    /// belongs to the delimiter.
    fn close(&mut self, state: State, at: usize, level: usize) {
        self.finish_header(state);
        let container = self.open.get(level).map(|open| open.node);
        let inside = self.pending.iter().rposition(|node| Some(*node) == container).map_or(0, |at| at + 1);
        let ended = self.pending.split_off(inside);
        let floor = ended.first().and_then(|part| self.nodes.get(*part)).map_or(at, |part| part.header.start);
        let end = without_line_end(self.source, floor..at.max(floor)).end;
        self.end_all(ended, end, usize::from(end < at));
    }

    fn end(&mut self, state: State) {
        self.finish_header(state);
        let ended = std::mem::take(&mut self.pending);
        self.end_all(ended, self.source.len(), 0);
    }

    /// A header that ends before its empty line has an empty body.
    fn finish_header(&mut self, state: State) {
        if let State::Header { block, parent, default } = state {
            let lines = self.lines;
            // What it would open has nothing in it.
            if let State::Header { block, parent, default } = self.opened(block.finish(), parent, default, lines) {
                self.opened(block.finish(), parent, default, lines);
            }
        }
    }

    /// `stripped`: how many of the line ends before the present line stand after `end`.
    fn end_all(&mut self, ended: Vec<usize>, end: usize, stripped: usize) {
        for node in ended {
            let Some(node) = self.nodes.get_mut(node) else { continue };
            let inside = node.body.start < end + stripped;
            node.lines = (self.lines - node.lines).saturating_sub(if inside { stripped } else { 0 });
            node.header = node.header.start.min(end)..node.header.end.min(end);
            node.body = node.body.start.min(end)..end;
        }
    }
}
