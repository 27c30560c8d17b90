//! `tag` (RFC 9051 §9).

use std::fmt;

use crate::cursor::{Cursor, Parsed, is_astring_char};
use crate::fault::Fault;

/// The longest tag, octets: clients have less than twenty. One that is longer is none, so that it is known where a line
/// that is too long begins with one.
const MAX_TAG: usize = 100;

/// What a client names its command with, and the answer begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(String);

impl Tag {
    /// The tag that this is, if it is one.
    pub fn new(text: &str) -> Option<Self> {
        let fits = (1..=MAX_TAG).contains(&text.len()) && text.bytes().all(is_tag_char);
        fits.then(|| Self(text.to_owned()))
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let tag = cursor.take_while(is_tag_char);
        std::str::from_utf8(tag).ok().and_then(Self::new).ok_or(Fault::Tag)
    }
}

fn is_tag_char(octet: u8) -> bool {
    is_astring_char(octet) && octet != b'+'
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
