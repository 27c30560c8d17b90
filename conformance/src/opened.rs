//! A generated message taken apart: signed entity, text, certification data, original.

use crate::mime::{Entity, latin1};

/// The parts of a generated message that checks ask for. Nothing here judges.
#[derive(Clone, Debug)]
pub struct Opened<'a> {
    /// The message.
    pub outer: Entity<'a>,
    /// First part of the `multipart/signed`.
    pub signed: Option<Entity<'a>>,
    /// Second part.
    pub signature: Option<Entity<'a>>,
    /// Parts of the signed `multipart/mixed`.
    pub parts: Vec<Entity<'a>>,
    /// The plain text for people, decoded.
    pub text: Option<String>,
    /// The HTML text for people, decoded.
    pub html: Option<String>,
    /// Every `daticert.xml`.
    pub data: Vec<Entity<'a>>,
    /// Every `postacert.eml`.
    pub originals: Vec<Entity<'a>>,
}

impl<'a> Opened<'a> {
    /// Takes a message apart as far as it can be.
    pub fn new(message: &'a [u8]) -> Self {
        let outer = Entity::parse(message);
        let mut halves = if outer.media().value == "multipart/signed" { outer.parts() } else { Vec::new() }.into_iter();
        let (signed, signature) = (halves.next(), halves.next());
        let parts = signed.as_ref().map(Entity::parts).unwrap_or_default();
        let texts: Vec<Entity<'a>> = parts.first().map(alternatives).unwrap_or_default();
        let read = |kind: &str| {
            let part = texts.iter().find(|part| part.media().value == kind)?;
            let octets = part.decoded().ok()?;
            match part.media().parameter("charset").map(|charset| charset.to_ascii_lowercase()).as_deref() {
                Some("utf-8") => Some(String::from_utf8_lossy(&octets).into_owned()),
                _ => Some(latin1(&octets)),
            }
        };
        let named = |name: &str| -> Vec<Entity<'a>> {
            let fits = |part: &&Entity<'a>| part.file_name().is_some_and(|found| found.eq_ignore_ascii_case(name));
            parts.iter().filter(fits).cloned().collect()
        };
        let (text, html) = (read("text/plain"), read("text/html"));
        let (data, originals) = (named("daticert.xml"), named("postacert.eml"));
        Opened { outer, signed, signature, text, html, data, originals, parts }
    }

    /// The only `postacert.eml`, its transfer encoding undone.
    pub fn original(&self) -> Option<Vec<u8>> {
        match self.originals.as_slice() {
            [one] => one.decoded().ok(),
            _ => None,
        }
    }
}

/// The parts of a `multipart/alternative`, or the part itself.
pub fn alternatives<'a>(part: &Entity<'a>) -> Vec<Entity<'a>> {
    if part.media().value == "multipart/alternative" { part.parts() } else { vec![part.clone()] }
}
