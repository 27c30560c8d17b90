//! FETCH (RFC 9051 §6.4.5; RFC 3516, 7162, 8474, 8514, 8970).

use crate::cursor::{Cursor, Parsed};
use crate::fault::Fault;
use crate::sequence::SequenceSet;

/// The most attributes of one FETCH: each may read the whole message.
const MAX_ATTRIBUTES: usize = 50;
/// The most names of one `HEADER.FIELDS`.
const MAX_FIELDS: usize = 200;
/// The most numbers of one section: no structure is deeper.
const MAX_PART: usize = 64;

/// What FETCH says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Of which messages.
    pub set: SequenceSet,
    /// What of each, macros opened, each once and in the client's order.
    pub attributes: Vec<FetchAttribute>,
    /// What stands behind.
    pub modifiers: FetchModifiers,
}

/// `fetch-modifiers` (RFC 7162 §3.1.4.1, §3.2.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FetchModifiers {
    /// `CHANGEDSINCE`: only what changed after; 0 is sent by iOS, and means all.
    pub changed_since: Option<u64>,
    /// `VANISHED`
    pub vanished: bool,
}

/// `fetch-att`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchAttribute {
    /// `BINARY[…]<…>`
    Binary {
        /// Whether `\Seen` is left alone.
        peek: bool,
        /// Which part; empty: the whole message.
        part: Vec<u32>,
        /// How much of it.
        partial: Option<Partial>,
    },
    /// `BINARY.SIZE[…]`
    BinarySize(Vec<u32>),
    /// `BODY`
    Body,
    /// `BODY[…]<…>`
    BodySection {
        /// Whether `\Seen` is left alone.
        peek: bool,
        /// What.
        section: Section,
        /// How much of it.
        partial: Option<Partial>,
    },
    /// `BODYSTRUCTURE`
    BodyStructure,
    /// `EMAILID` (RFC 8474)
    EmailId,
    /// `ENVELOPE`
    Envelope,
    /// `FLAGS`
    Flags,
    /// `INTERNALDATE`
    InternalDate,
    /// `MODSEQ` (RFC 7162); it enables CONDSTORE.
    ModSeq,
    /// `PREVIEW`, with `(LAZY)` or not (RFC 8970).
    Preview {
        /// Whether a preview that must be made first may be left out.
        lazy: bool,
    },
    /// `RFC822`: answered by that name.
    Rfc822,
    /// `RFC822.HEADER`
    Rfc822Header,
    /// `RFC822.SIZE`
    Rfc822Size,
    /// `RFC822.TEXT`
    Rfc822Text,
    /// `SAVEDATE` (RFC 8514)
    SaveDate,
    /// `THREADID` (RFC 8474)
    ThreadId,
    /// `UID`
    Uid,
}

/// `section`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Which part; empty: the message itself.
    pub part: Vec<u32>,
    /// What of it; `None`: all.
    pub text: Option<SectionText>,
}

/// `section-text`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SectionText {
    /// `HEADER`: of the message, or of the one attached as this part.
    Header,
    /// `HEADER.FIELDS (…)`, as written: they are said again in the answer.
    HeaderFields(Vec<Vec<u8>>),
    /// `HEADER.FIELDS.NOT (…)`
    HeaderFieldsNot(Vec<Vec<u8>>),
    /// `TEXT`
    Text,
    /// `MIME`: the part's own header, also where the part is an attached message (`postacert.eml`).
    Mime,
}

/// `partial`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partial {
    /// From which octet.
    pub offset: u64,
    /// How many at most; one at least.
    pub octets: u64,
}

impl Fetch {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let set = cursor.sequence_set()?;
        cursor.sp()?;
        let mut attributes = Vec::new();
        if cursor.peek() == Some(b'(') {
            cursor.list1("attributes", MAX_ATTRIBUTES, |cursor| {
                FetchAttribute::parse(cursor).map(|found| add(&mut attributes, found))
            })?;
        } else if let Some(opened) = opened(cursor) {
            attributes = opened;
        } else {
            attributes.push(FetchAttribute::parse(cursor)?);
        }
        let mut modifiers = FetchModifiers::default();
        if cursor.take(b' ') {
            cursor.list1("modifiers", 4, |cursor| modifiers.parse(cursor))?;
            if modifiers.vanished && modifiers.changed_since.is_none() {
                return Err(cursor.expected("CHANGEDSINCE beside VANISHED"));
            }
        }
        Ok(Self { set, attributes, modifiers })
    }
}

fn add(attributes: &mut Vec<FetchAttribute>, found: FetchAttribute) {
    if !attributes.contains(&found) {
        attributes.push(found);
    }
}

/// What a macro stands for, if one stands here.
fn opened(cursor: &mut Cursor<'_>) -> Option<Vec<FetchAttribute>> {
    use FetchAttribute::{Body, Envelope, Flags, InternalDate, Rfc822Size};
    let more = if cursor.keyword("ALL") {
        vec![Envelope]
    } else if cursor.keyword("FULL") {
        vec![Envelope, Body]
    } else if cursor.keyword("FAST") {
        Vec::new()
    } else {
        return None;
    };
    Some([Flags, InternalDate, Rfc822Size].into_iter().chain(more).collect())
}

impl FetchModifiers {
    fn parse(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        let start = cursor.clone();
        match cursor.word().as_str() {
            "CHANGEDSINCE" => {
                cursor.sp()?;
                self.changed_since = Some(cursor.number64(0)?);
            }
            "VANISHED" => self.vanished = true,
            _ => return Err(start.expected("CHANGEDSINCE or VANISHED")),
        }
        Ok(())
    }
}

impl FetchAttribute {
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let start = cursor.clone();
        let word = cursor.word();
        let bracket = cursor.peek() == Some(b'[');
        match (word.as_str(), bracket) {
            ("BINARY" | "BINARY.PEEK", true) => {
                let part = binary_section(cursor)?;
                Ok(Self::Binary { peek: word != "BINARY", part, partial: Partial::parse(cursor)? })
            }
            ("BINARY.SIZE", true) => binary_section(cursor).map(Self::BinarySize),
            ("BODY" | "BODY.PEEK", true) => {
                let section = Section::parse(cursor)?;
                Ok(Self::BodySection { peek: word != "BODY", section, partial: Partial::parse(cursor)? })
            }
            ("BODY", false) => Ok(Self::Body),
            ("BODYSTRUCTURE", false) => Ok(Self::BodyStructure),
            ("EMAILID", false) => Ok(Self::EmailId),
            ("ENVELOPE", false) => Ok(Self::Envelope),
            ("FLAGS", false) => Ok(Self::Flags),
            ("INTERNALDATE", false) => Ok(Self::InternalDate),
            ("MODSEQ", false) => Ok(Self::ModSeq),
            ("PREVIEW", false) => Ok(Self::Preview { lazy: lazy(cursor) }),
            ("RFC822", false) => Ok(Self::Rfc822),
            ("RFC822.HEADER", false) => Ok(Self::Rfc822Header),
            ("RFC822.SIZE", false) => Ok(Self::Rfc822Size),
            ("RFC822.TEXT", false) => Ok(Self::Rfc822Text),
            ("SAVEDATE", false) => Ok(Self::SaveDate),
            ("THREADID", false) => Ok(Self::ThreadId),
            ("UID", false) => Ok(Self::Uid),
            _ => Err(start.expected("a FETCH attribute")),
        }
    }
}

/// Whether ` (LAZY)` stands here; other brackets are the command's modifiers.
fn lazy(cursor: &mut Cursor<'_>) -> bool {
    let mut ahead = cursor.clone();
    let lazy = ahead.take(b' ') && ahead.take(b'(') && ahead.keyword("LAZY") && ahead.take(b')');
    if lazy {
        *cursor = ahead;
    }
    lazy
}

/// `section-part`, as far as numbers stand there; the cursor stands behind the dot that follows them.
fn part(cursor: &mut Cursor<'_>) -> Parsed<(Vec<u32>, bool)> {
    let mut part = Vec::new();
    let mut dot = true;
    while dot && cursor.peek().is_some_and(|octet| octet.is_ascii_digit()) {
        if part.len() >= MAX_PART {
            return Err(Fault::TooMany { what: "numbers of a section", most: MAX_PART });
        }
        part.push(cursor.number(1)?);
        dot = cursor.take(b'.');
    }
    Ok((part, dot))
}

/// `section-binary`
fn binary_section(cursor: &mut Cursor<'_>) -> Parsed<Vec<u32>> {
    cursor.expect(b'[', "[")?;
    let (part, dot) = part(cursor)?;
    if dot && !part.is_empty() {
        return Err(cursor.expected("the number of a part"));
    }
    cursor.expect(b']', "]")?;
    Ok(part)
}

impl Section {
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        cursor.expect(b'[', "[")?;
        let (part, dot) = part(cursor)?;
        let whole = if part.is_empty() { cursor.peek() == Some(b']') } else { !dot };
        let text = if whole { None } else { Some(SectionText::parse(cursor, !part.is_empty())?) };
        cursor.expect(b']', "]")?;
        Ok(Self { part, text })
    }
}

impl SectionText {
    fn parse(cursor: &mut Cursor<'_>, of_part: bool) -> Parsed<Self> {
        let start = cursor.clone();
        match cursor.word().as_str() {
            "HEADER" => Ok(Self::Header),
            "HEADER.FIELDS" => header_list(cursor).map(Self::HeaderFields),
            "HEADER.FIELDS.NOT" => header_list(cursor).map(Self::HeaderFieldsNot),
            "TEXT" => Ok(Self::Text),
            "MIME" if of_part => Ok(Self::Mime),
            _ => Err(start.expected("a section")),
        }
    }
}

/// `SP header-list`
fn header_list(cursor: &mut Cursor<'_>) -> Parsed<Vec<Vec<u8>>> {
    cursor.sp()?;
    cursor.list1("header fields", MAX_FIELDS, |cursor| cursor.astring().map(|name| name.into_owned()))
}

impl Partial {
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<Option<Self>> {
        if !cursor.take(b'<') {
            return Ok(None);
        }
        let offset = cursor.number64(0)?;
        cursor.expect(b'.', ".")?;
        let octets = cursor.number64(1)?;
        cursor.expect(b'>', ">")?;
        Ok(Some(Self { offset, octets }))
    }
}
