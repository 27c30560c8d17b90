//! How far a foreign document may be parsed.
//!
//! A parser of HTML mends what it reads, and mending can cost the square of the input: attributes compared with each other,
//! elements opened again in every paragraph, tables that push their content out. So the document is parsed once with a tree
//! that only counts, in small pieces, and what ammonia parses afterwards ends before the piece in which a bound was passed.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use html5ever::interface::TokenizerResult;
use html5ever::interface::{Attribute, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{LocalName, QualName, ns};

use crate::limits::Limits;

/// What a look at the whole has shown.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// How many octets of the text stay within the bounds.
    pub(super) end: usize,
    /// The attributes of the first `body`, which a part of a page does not have.
    pub(super) body: Vec<(String, String)>,
}

/// Octets that are parsed before the counts are looked at.
const PIECE: usize = 256;
/// Signs that may begin an attribute, in a stretch of input that makes no token: a tag that long is a flood, or holds a
/// picture of a megabyte.
const SEPARATORS: usize = 16 << 10;
/// What one attribute costs where tags are compared.
const COMPARED: u64 = 16;

/// Parses `text`, as ammonia does, up to the first bound.
pub(super) fn measure(text: &str, limits: &Limits) -> Measured {
    let counter = Counter::default();
    let context = counter.element(name("div"), 0);
    let builder = TreeBuilder::new_for_fragment(counter, context, None, TreeBuilderOpts::default());
    let state = builder.tokenizer_state_for_context_elem(false);
    let watch = Watch { builder, body: RefCell::default(), spoke: Cell::new(false) };
    let tokenizer = Tokenizer::new(watch, TokenizerOpts { initial_state: Some(state), ..TokenizerOpts::default() });
    let queue = BufferQueue::default();
    let (mut at, mut separators) = (0, 0);
    while at < text.len() {
        let end = text.floor_char_boundary(at + PIECE);
        let piece = text.get(at..end).unwrap_or_default();
        queue.push_back(StrTendril::from(piece));
        while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
        let signs = piece.bytes().filter(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'"' | b'\'')).count();
        separators = if tokenizer.sink.spoke.replace(false) { signs } else { separators + signs };
        if separators > SEPARATORS || tokenizer.sink.builder.sink.is_beyond(limits) {
            break;
        }
        at = end;
    }
    Measured { end: at, body: tokenizer.sink.body.take() }
}

fn name(local: &str) -> QualName {
    QualName::new(None, ns!(html), LocalName::from(local))
}

/// The tokens on their way to the tree.
struct Watch {
    builder: TreeBuilder<Rc<Node>, Counter>,
    body: RefCell<Vec<(String, String)>>,
    /// Whether a token came since this was looked at.
    spoke: Cell<bool>,
}

impl Watch {
    fn look(&self, tag: &Tag) {
        if tag.kind != TagKind::StartTag {
            return;
        }
        self.builder.sink.spend_on_tag(&tag.attrs);
        let mut body = self.body.borrow_mut();
        if &*tag.name == "body" && body.is_empty() {
            *body = tag.attrs.iter().map(|one| (one.name.local.to_string(), one.value.to_string())).collect();
        }
    }
}

impl TokenSink for Watch {
    type Handle = Rc<Node>;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Rc<Node>> {
        match &token {
            Token::TagToken(tag) => {
                self.spoke.set(true);
                self.look(tag);
            }
            // A fault is told while its tag goes on.
            Token::ParseError(_) => {}
            _ => self.spoke.set(true),
        }
        self.builder.process_token(token, line)
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// A node of which only its name and its place are kept.
struct Node {
    name: QualName,
    parent: RefCell<Option<Rc<Node>>>,
    depth: Cell<usize>,
    /// Whether its last child is a text, which the next one only makes longer.
    ends_in_text: Cell<bool>,
}

/// A tree that is counted and not kept.
#[derive(Default)]
struct Counter {
    nodes: Cell<usize>,
    attributes: Cell<usize>,
    steps: Cell<u64>,
    deepest: Cell<usize>,
    /// How deep the newest element stands.
    depth: Cell<usize>,
    /// Whether something stands there that ammonia's tree copies without bound, and that no mail has.
    copies: Cell<bool>,
}

impl Counter {
    fn is_beyond(&self, limits: &Limits) -> bool {
        self.nodes.get() > limits.nodes
            || self.attributes.get() > limits.attributes
            || self.steps.get() > limits.steps
            || self.deepest.get() > limits.depth
            || self.copies.get()
    }

    fn element(&self, name: QualName, attributes: usize) -> Rc<Node> {
        self.nodes.set(self.nodes.get() + 1);
        self.attributes.set(self.attributes.get() + attributes);
        let copies = self.copies.get() || &*name.local == "selectedcontent";
        self.copies.set(copies);
        let (parent, depth, ends_in_text) = (RefCell::default(), Cell::new(0), Cell::new(false));
        Rc::new(Node { name, parent, depth, ends_in_text })
    }

    fn spend(&self, steps: u64) {
        self.steps.set(self.steps.get().saturating_add(steps));
    }

    /// A tag's attributes are compared with each other; the tag with each that is open around it.
    fn spend_on_tag(&self, attributes: &[Attribute]) {
        let count = attributes.len() as u64;
        let around = self.depth.get() as u64 + 1;
        self.spend(count * count / 2 + around * (1 + COMPARED * count));
    }

    /// Something is put elsewhere than at the end: it is looked for among all that may be there.
    fn spend_on_mending(&self) {
        self.spend(self.nodes.get() as u64);
    }

    fn put(&self, parent: Option<&Rc<Node>>, depth: usize, child: NodeOrText<Rc<Node>>) {
        match child {
            NodeOrText::AppendNode(node) => {
                node.depth.set(depth);
                self.depth.set(depth);
                self.deepest.set(self.deepest.get().max(depth));
                node.parent.replace(parent.cloned());
                if let Some(parent) = parent {
                    parent.ends_in_text.set(false);
                }
            }
            NodeOrText::AppendText(_) => {
                let joins = parent.is_some_and(|parent| parent.ends_in_text.replace(true));
                self.nodes.set(self.nodes.get() + usize::from(!joins));
            }
        }
    }
}

impl TreeSink for Counter {
    type Handle = Rc<Node>;
    type Output = ();
    type ElemName<'a> = &'a QualName;

    fn finish(self) {}

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Rc<Node> {
        self.element(name("document"), 0)
    }

    fn elem_name<'a>(&'a self, target: &'a Rc<Node>) -> &'a QualName {
        &target.name
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> Rc<Node> {
        let octets = attributes.iter().map(|one| one.name.local.len() + one.value.len()).sum();
        self.element(name, octets)
    }

    fn create_comment(&self, _: StrTendril) -> Rc<Node> {
        self.element(name("comment"), 0)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Rc<Node> {
        self.element(name("instruction"), 0)
    }

    fn append(&self, parent: &Rc<Node>, child: NodeOrText<Rc<Node>>) {
        self.put(Some(parent), parent.depth.get() + 1, child);
    }

    fn append_based_on_parent_node(&self, element: &Rc<Node>, before: &Rc<Node>, child: NodeOrText<Rc<Node>>) {
        if element.parent.borrow().is_some() {
            self.append_before_sibling(element, child);
        } else {
            self.append(before, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Rc<Node>) -> Rc<Node> {
        target.clone()
    }

    fn same_node(&self, one: &Rc<Node>, other: &Rc<Node>) -> bool {
        Rc::ptr_eq(one, other)
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Rc<Node>, child: NodeOrText<Rc<Node>>) {
        self.spend_on_mending();
        let parent = sibling.parent.borrow().clone();
        self.put(parent.as_ref(), sibling.depth.get(), child);
    }

    fn add_attrs_if_missing(&self, _: &Rc<Node>, attributes: Vec<Attribute>) {
        let octets: usize = attributes.iter().map(|one| one.name.local.len() + one.value.len()).sum();
        self.attributes.set(self.attributes.get() + octets);
        self.spend_on_mending();
        self.spend(self.attributes.get() as u64);
    }

    fn remove_from_parent(&self, target: &Rc<Node>) {
        self.spend_on_mending();
        target.parent.replace(None);
    }

    fn reparent_children(&self, _: &Rc<Node>, _: &Rc<Node>) {
        // Who goes one level deeper is not followed: each time costs a step for every node, so that it ends soon.
        self.spend_on_mending();
    }
}

impl Drop for Node {
    /// Chains of parents are let go one by one, not inside each other.
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some(node) = next {
            next = Rc::into_inner(node).and_then(|node| node.parent.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(text: &str) -> usize {
        measure(text, &Limits::default()).end
    }

    #[test]
    fn an_honest_document_is_read_to_its_end() {
        let row = "<tr><td style=\"color:#333\">uno<td>due &egrave; <b>tre</b>".repeat(3_000);
        let page =
            format!("<html><head><title>x</title><body bgcolor=\"#eeeeee\"><p>a<p>b<table>{row}</table></body></html>");
        let measured = measure(&page, &Limits::default());
        assert_eq!(measured.end, page.len());
        assert_eq!(measured.body, [("bgcolor".to_owned(), "#eeeeee".to_owned())]);
        let picture =
            format!("<img src=\"data:image/png;base64,{}\">", format!("{}/", "iVBORw0K".repeat(8)).repeat(8_000));
        assert_eq!(end(&picture), picture.len());
    }

    #[test]
    fn what_costs_more_than_it_says_ends_at_a_bound() {
        let many = |text: &str, times| text.repeat(times);
        let numbered = |form: &dyn Fn(usize) -> String, times| (0..times).map(form).collect::<String>();
        for (what, text) in [
            ("tables inside tables", many("<table><tr><td>", 100_000)),
            ("boxes inside boxes", many("<div>", 200_000)),
            ("a tag of attributes", format!("<a {}>", numbered(&|n| format!("a{n} "), 200_000))),
            ("attributes between slashes", format!("<a {}>", numbered(&|n| format!("a{n}/"), 200_000))),
            ("tags of attributes", many(&format!("<b {}>", numbered(&|n| format!("a{n} "), 3_000)), 100)),
            ("elements opened again", many("<p><font color=red>x</p>", 50_000)),
            ("elements opened again, all different", numbered(&|n| format!("<p><font size={n}>x"), 50_000)),
            (
                "a long attribute copied",
                format!("<p><b title=\"{}\"></p>{}", many("x", 100_000), many("<p>x</p>", 50_000)),
            ),
            ("what a table pushes out", format!("<table>{}", many("<br>", 200_000))),
            ("pages inside a page", numbered(&|n| format!("<html a{n}>"), 100_000)),
            ("formatting closed crosswise", many("<a><b><div></a>", 100_000)),
            ("many nodes", many("<br>", 300_000)),
            ("choices that are copied", format!("<select><button><selectedcontent>{}", many("<option>x", 100_000))),
        ] {
            assert!(end(&text) < text.len() / 2, "{what}");
        }
    }
}
