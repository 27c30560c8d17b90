//! What searches see of a message: its header and its texts, read from its bytes within bounds.

use std::ops::Range;

use bytes::Bytes;
use pec::header::{Header, readable};
use pec::mime::{self, Block, Bounds, Entity, Structure, TextKind};
use rusqlite::Connection;

use super::html;
use crate::embedded::originals::Files;
use crate::embedded::reading;
use crate::embedded::sql::{Statements, column, unsigned};
use crate::search::MOST;
use crate::{ErrorKind, MessageId, StoreError};

/// Messages up to this size are read in one.
const SMALL: u64 = 1 << 20;
/// Octets of the headers of parts that are looked through for names.
const NAMES: u64 = 256 << 10;
/// The fields whose values are words for people.
const FIELDS: [&str; 8] =
    ["Subject", "From", "Sender", "Reply-To", "To", "Cc", "Message-ID", "X-Riferimento-Message-ID"];

/// A message as searches see it.
pub(super) struct Projection {
    /// The header block.
    pub(super) header: Bytes,
    /// The texts of its body.
    pub(super) texts: Vec<Text>,
    /// The names of its parts.
    names: Vec<String>,
    /// Whether everything could be read: what comes after something damaged is missing otherwise.
    pub(super) whole: bool,
}

/// A text of a body.
pub(super) struct Text {
    kind: TextKind,
    /// As it was written, decoded and read in its charset.
    pub(super) decoded: String,
}

impl Text {
    /// As keys are compared with it.
    pub(super) fn small(&self) -> String {
        self.decoded.to_lowercase()
    }

    /// What people read.
    pub(super) fn words(&self) -> String {
        match self.kind {
            TextKind::Header => values(&Bytes::copy_from_slice(self.decoded.as_bytes())),
            TextKind::Html => html::readable(&self.decoded),
            TextKind::Plain => self.decoded.clone(),
        }
    }

    /// What tells it from texts with the same octets that are read otherwise.
    pub(super) fn mark(&self) -> [u8; 1] {
        [match self.kind {
            TextKind::Header => 0,
            TextKind::Html => 1,
            TextKind::Plain => 2,
        }]
    }
}

impl Projection {
    /// The words that a message has for itself: of its header, and the names of its parts.
    pub(super) fn words(&self) -> String {
        let mut words = values(&self.header);
        for name in &self.names {
            words.push('\n');
            words.push_str(name);
        }
        words
    }
}

fn values(header: &Bytes) -> String {
    let header = Header::parse(header);
    let fields = header.fields();
    let wanted = FIELDS.iter().flat_map(|name| fields.named(name));
    wanted.map(|field| readable(&fields.unfolded(field))).collect::<Vec<_>>().join("\n")
}

/// Reads a message; `None`: it is gone.
pub(super) fn read(db: &Connection, files: &Files, message: MessageId) -> Result<Option<Projection>, StoreError> {
    let sql = "SELECT size, header, structure FROM messages WHERE id = ?1";
    let row = db.one("reading what is searched", sql, [message.0], |row| {
        Ok((unsigned::<u64>(row, 0)?, column::<Vec<u8>>(row, 1)?, column::<Option<Vec<u8>>>(row, 2)?))
    })?;
    let Some((size, header, kept)) = row else { return Ok(None) };
    let source = Source::of(db, files, message, size)?;
    let mut found = Projection { header: header.into(), texts: Vec::new(), names: Vec::new(), whole: true };
    let structure = match kept.and_then(|kept| Structure::from_bytes(&kept).ok()) {
        Some(structure) => structure,
        None => match source.range(0..size.min(MOST))? {
            Some(begin) => mime::structure(&begin),
            None => return Ok(Some(Projection { whole: false, ..found })),
        },
    };
    found.read_texts(&source, &structure)?;
    found.read_names(&source, &structure)?;
    Ok(Some(found))
}

impl Projection {
    fn read_texts(&mut self, source: &Source<'_>, structure: &Structure) -> Result<(), StoreError> {
        let mut left = MOST;
        for text in structure.texts() {
            let range = text.range.start as u64..(text.range.end as u64).min(text.range.start as u64 + left);
            left -= range.end.saturating_sub(range.start);
            let Some(octets) = source.range(range)? else {
                self.whole = false;
                break;
            };
            self.texts.push(Text { kind: text.kind, decoded: text.read(&octets) });
            if left == 0 {
                break;
            }
        }
        Ok(())
    }

    fn read_names(&mut self, source: &Source<'_>, structure: &Structure) -> Result<(), StoreError> {
        let mut left = NAMES;
        for part in structure.parts() {
            let named = |(name, _): &(String, Vec<u8>)| name.starts_with("name") || name.starts_with("filename");
            let placed = part.disposition.as_ref().map_or(&[][..], |(_, parameters)| parameters.as_slice());
            if !part.parameters.iter().chain(placed).any(named) {
                continue;
            }
            let header = part.header();
            let range = header.start as u64..header.end as u64;
            left = left.saturating_sub(range.end.saturating_sub(range.start));
            if left == 0 {
                break;
            }
            let Some(octets) = source.range(range)? else {
                self.whole = false;
                break;
            };
            let block = Block::read(&octets, 0..octets.len(), &Bounds::HEADER);
            self.names.extend(Entity::read(block.of(&octets), Entity::TEXT, &Bounds::STRUCTURE).names());
        }
        Ok(())
    }
}

/// Where octets of a message come from.
struct Source<'a> {
    db: &'a Connection,
    files: &'a Files,
    message: MessageId,
    /// Of a small one, all of them.
    whole: Option<Bytes>,
}

impl<'a> Source<'a> {
    fn of(db: &'a Connection, files: &'a Files, message: MessageId, size: u64) -> Result<Self, StoreError> {
        let whole = match size <= SMALL {
            true => readable_part(reading::whole(db, files, message))?.map(|pieces| pieces.to_bytes()),
            false => None,
        };
        Ok(Self { db, files, message, whole })
    }

    /// Octets; `None`: they are gone or damaged.
    fn range(&self, range: Range<u64>) -> Result<Option<Bytes>, StoreError> {
        let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX);
        match &self.whole {
            Some(whole) => {
                let end = at(range.end).min(whole.len());
                Ok(Some(whole.slice(at(range.start).min(end)..end)))
            }
            None => readable_part(reading::range(self.db, self.files, self.message, range)),
        }
    }
}

/// What is damaged is not there: who reads the message is told, and the check of the store finds it.
fn readable_part<T>(read: Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Err(error) if error.kind == ErrorKind::Damaged => Ok(None),
        read => read,
    }
}
