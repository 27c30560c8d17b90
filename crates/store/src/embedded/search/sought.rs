//! Keys, ready to be looked for, and whether texts hold them. The one judge of every search.

use std::cell::OnceCell;

use bytes::Bytes;
use memchr::memmem::Finder;
use pec::header::{Header, readable, undeclared};

use super::grams;
use crate::TextKey;

/// Keys to be looked for.
pub(super) struct Sought {
    keys: Vec<Needle>,
}

struct Needle {
    /// Whether it may stand in a text of the body.
    body: bool,
    /// Whether it may stand in the header.
    header: bool,
    /// The field that it must stand in.
    field: Option<String>,
    /// In small letters.
    text: String,
    finder: Finder<'static>,
}

impl Sought {
    /// Makes keys ready.
    pub(super) fn new(keys: &[TextKey]) -> Self {
        let needle = |key: &TextKey| {
            let (body, header, field, text) = match key {
                TextKey::Body(text) => (true, false, None, text),
                TextKey::Text(text) => (true, true, None, text),
                TextKey::Header { name, value } => (false, true, Some(name.clone()), value),
            };
            let text = text.to_lowercase();
            Needle { body, header, field, finder: Finder::new(&text).into_owned(), text }
        };
        Self { keys: keys.iter().map(needle).collect() }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether every body holds a key, whatever it is.
    pub(super) fn any_body(&self, key: usize) -> bool {
        self.needle(key).is_some_and(|needle| needle.body && needle.text.is_empty())
    }

    /// Whether a key may stand in the header.
    pub(super) fn wants_header(&self, key: usize) -> bool {
        self.needle(key).is_some_and(|needle| needle.header)
    }

    /// Whether a key may stand in a text of the body, and which of them can is to be found out.
    pub(super) fn wants_texts(&self, key: usize) -> bool {
        self.needle(key).is_some_and(|needle| needle.body && !needle.text.is_empty())
    }

    /// What the index is asked for a key.
    pub(super) fn question(&self, key: usize) -> Option<String> {
        let needle = self.needle(key)?;
        let by_value = grams::question([needle.text.as_str()]);
        // The name of a field narrows little; where nothing else does, better than nothing. Beyond ASCII it may be read
        // otherwise than the header around it.
        by_value.or_else(|| {
            let name = needle.field.as_ref().filter(|name| name.is_ascii())?.to_lowercase();
            grams::question([name.as_str()])
        })
    }

    /// Whether a text of the body, in small letters, holds a key.
    pub(super) fn in_text(&self, key: usize, text: &[u8]) -> bool {
        self.needle(key).is_some_and(|needle| needle.body && needle.finder.find(text).is_some())
    }

    /// Whether the header holds a key.
    pub(super) fn in_header(&self, key: usize, head: &Head) -> bool {
        let Some(needle) = self.needle(key).filter(|needle| needle.header) else { return false };
        let holds = |text: &String| needle.finder.find(text.as_bytes()).is_some();
        match &needle.field {
            Some(name) => {
                let fields = head.header.fields();
                fields.iter().zip(head.values()).any(|(field, value)| fields.is(field, name) && holds(value))
            }
            None => holds(head.raw()) || head.values().iter().any(holds),
        }
    }

    fn needle(&self, key: usize) -> Option<&Needle> {
        self.keys.get(key)
    }
}

/// The header of a message, to be looked through.
pub(super) struct Head {
    header: Header,
    /// The value of each field, read and in small letters: once, for any number of keys.
    values: OnceCell<Vec<String>>,
    /// The header as it stands, in small letters.
    raw: OnceCell<String>,
}

impl Head {
    /// A header block.
    pub(super) fn new(block: &Bytes) -> Self {
        Self { header: Header::parse(block), values: OnceCell::new(), raw: OnceCell::new() }
    }

    /// The header as it stands, in small letters.
    pub(super) fn raw(&self) -> &String {
        self.raw.get_or_init(|| undeclared(self.header.message()).to_lowercase())
    }

    /// The value of each field as people read it, in small letters.
    pub(super) fn values(&self) -> &[String] {
        let fields = self.header.fields();
        self.values
            .get_or_init(|| fields.iter().map(|field| readable(&fields.unfolded(field)).to_lowercase()).collect())
    }
}
