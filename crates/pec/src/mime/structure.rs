//! The structure of a message as plain data, to keep beside it: what IMAP's BODYSTRUCTURE, ENVELOPE and BODY\[n\] ask
//! for (RFC 9051 §7.5.2), without reading the message again.

use std::ops::Range;

use super::block::{Block, Fields};
use super::bounds::Bounds;
use super::entity::Entity;
use super::parameters::Parameters;
use super::tree::{Node, Tree};

/// How a message is made. The root is the message itself.
///
/// Values stand as in the header, unfolded and undecoded; names of types and parameters are in lower case.
/// [`Structure::to_bytes`] is the form that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    /// The message.
    pub root: Part,
}

/// One part of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// `text` of `text/plain`.
    pub main: String,
    /// `plain` of `text/plain`.
    pub sub: String,
    /// The parameters of `Content-Type`; with their names as written (`name*0*`) and without quotes.
    pub parameters: NamedValues,
    /// `Content-ID`
    pub id: Option<Vec<u8>>,
    /// `Content-Description`
    pub description: Option<Vec<u8>>,
    /// `Content-Transfer-Encoding`, `7bit` where there is none.
    pub encoding: String,
    /// `Content-MD5`
    pub md5: Option<Vec<u8>>,
    /// `Content-Disposition` with its parameters.
    pub disposition: Option<(String, NamedValues)>,
    /// `Content-Language`, one tag each.
    pub language: Vec<Vec<u8>>,
    /// `Content-Location`
    pub location: Option<Vec<u8>>,
    /// Where its first field begins, in the whole message.
    pub start: usize,
    /// Where its header has ended, with the empty line, and its body begins.
    pub body: usize,
    /// Where its body ends, without the line end that belongs to the delimiter after it.
    pub end: usize,
    /// How many lines end in the body.
    pub lines: usize,
    /// What is inside.
    pub content: Content,
}

/// Names in lower case with their values, in order.
pub type NamedValues = Vec<(String, Vec<u8>)>;

/// What a part holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// A body that is no container.
    #[default]
    Single,
    /// The parts of a multipart: one at least.
    Multipart(Vec<Part>),
    /// The attached message of a `message/rfc822`, whose header has the envelope.
    Message(Box<Part>),
}

impl Part {
    /// Where its header stands in the whole message: from its first field through the empty line.
    pub fn header(&self) -> Range<usize> {
        self.start..self.body
    }

    /// Where its body stands in the whole message; its length are the octets that IMAP tells.
    pub fn body(&self) -> Range<usize> {
        self.body..self.end
    }

    /// The parts inside: those of a multipart, or the attached message.
    pub fn inside(&self) -> &[Part] {
        match &self.content {
            Content::Single => &[],
            Content::Multipart(parts) => parts,
            Content::Message(message) => std::slice::from_ref(message),
        }
    }
}

/// The most octets that the texts of one structure take; parts after that have types and places alone.
const MAX_TEXTS: usize = 256 << 10;
/// The longest text that is kept of one field.
const MAX_TEXT: usize = 4 << 10;

/// The structure of a whole message, whatever its bytes are.
///
/// What is malformed degrades to what it surely is: an unreadable type to `text/plain` (RFC 2045 §5.2), a multipart
/// that cannot be opened (no boundary, no part, beyond [`Bounds::STRUCTURE`]) and an encoded attached message to
/// `application/octet-stream`. Of a repeated field or parameter the first counts.
pub fn structure(message: &[u8]) -> Structure {
    let mut texts = Vec::new();
    let mut room = MAX_TEXTS;
    let tree = Tree::read(message, 0..message.len(), &Bounds::STRUCTURE, |_, block: &Block| {
        texts.push(Texts::read(block.of(message), &mut room));
    });
    let mut children: Vec<Vec<Part>> = tree.nodes().iter().map(|_| Vec::new()).collect();
    let mut root = Part::default();
    // Children come after their parents, so that from the end each part finds its own complete.
    for (at, node) in tree.nodes().iter().enumerate().rev() {
        let inside = children.pop().unwrap_or_default().into_iter().rev().collect();
        let part = part(node, texts.pop().unwrap_or_default(), inside, &mut room);
        match node.parent.and_then(|parent| children.get_mut(parent)) {
            Some(siblings) => siblings.push(part),
            None if at == 0 => root = part,
            None => {}
        }
    }
    Structure { root }
}

/// The fields of a part that [`Entity`] does not read.
#[derive(Default)]
struct Texts {
    id: Option<Vec<u8>>,
    description: Option<Vec<u8>>,
    md5: Option<Vec<u8>>,
    language: Vec<Vec<u8>>,
    location: Option<Vec<u8>>,
}

impl Texts {
    fn read(fields: Fields<'_>, room: &mut usize) -> Self {
        let mut text = |name: &str| {
            let field = fields.named(name).next().filter(|field| field.value.len() <= MAX_TEXT)?;
            let value = fields.unfolded(field).into_owned();
            (!value.is_empty() && spend(room, value.len())).then_some(value)
        };
        let language = text("Content-Language").unwrap_or_default();
        let language = language.split(|&b| b == b',').map(|tag| tag.trim_ascii().to_vec());
        Self {
            id: text("Content-ID"),
            description: text("Content-Description"),
            md5: text("Content-MD5"),
            language: language.filter(|tag| !tag.is_empty()).collect(),
            location: text("Content-Location"),
        }
    }
}

fn part(node: &Node, texts: Texts, inside: Vec<Part>, room: &mut usize) -> Part {
    let Entity { main, sub, content, disposition, .. } = &node.entity;
    let container = node.entity.is_multipart() || node.entity.is("message", "rfc822");
    let (main, sub, parameters, content) = match (container, content) {
        (true, _) if inside.is_empty() => ("application", "octet-stream", Vec::new(), Content::Single),
        (true, content) => {
            let mut inside = inside;
            let opened = match (node.entity.is_multipart(), inside.pop()) {
                (false, Some(message)) => Content::Message(Box::new(message)),
                (_, last) => Content::Multipart(inside.into_iter().chain(last).collect()),
            };
            (main.as_str(), sub.as_str(), parameters(content.as_ref(), room), opened)
        }
        // What RFC 2045 §5.2 says of a part that says nothing.
        (false, None) if node.entity.is("text", "plain") => {
            (main.as_str(), sub.as_str(), vec![("charset".to_owned(), b"us-ascii".to_vec())], Content::Single)
        }
        (false, content) => (main.as_str(), sub.as_str(), parameters(content.as_ref(), room), Content::Single),
    };
    let disposition = disposition.as_ref().filter(|disposition| {
        let named = !disposition.value.is_empty() && disposition.value.len() <= MAX_TEXT;
        named && spend(room, disposition.value.len())
    });
    let encoding = node.entity.transfer.as_deref().filter(|name| name.len() <= 64).unwrap_or("7bit");
    Part {
        main: main.to_owned(),
        sub: sub.to_owned(),
        parameters,
        id: texts.id,
        description: texts.description,
        encoding: encoding.to_owned(),
        md5: texts.md5,
        disposition: disposition.map(|disposition| (disposition.value.clone(), parameters_of(disposition, room))),
        language: texts.language,
        location: texts.location,
        start: node.header.start,
        body: node.body.start,
        end: node.body.end,
        lines: node.lines,
        content,
    }
}

fn parameters(content: Option<&Parameters>, room: &mut usize) -> NamedValues {
    content.map(|content| parameters_of(content, room)).unwrap_or_default()
}

fn parameters_of(from: &Parameters, room: &mut usize) -> NamedValues {
    let mut seen = std::collections::HashSet::new();
    from.iter()
        .filter(|parameter| seen.insert(parameter.name.as_str()))
        .map(|parameter| {
            let value = if parameter.base() == "name" || parameter.base() == "filename" {
                parameter.text()
            } else {
                parameter.value()
            };
            (parameter.name.clone(), value)
        })
        .filter(|(name, value)| spend(room, name.len() + value.len()))
        .collect()
}

/// Takes `octets` of what is left, if there is that much.
fn spend(room: &mut usize, octets: usize) -> bool {
    let enough = octets <= *room;
    if enough {
        *room -= octets;
    }
    enough
}
