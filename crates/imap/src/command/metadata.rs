//! GETMETADATA and SETMETADATA (RFC 5464).

use crate::cursor::{Cursor, Parsed};

/// The most entries of one command.
const MAX_ENTRIES: usize = 100;

/// What GETMETADATA says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetMetadata {
    /// Of which; empty: of the server.
    pub mailbox: String,
    /// Larger values are not sent, octets.
    pub max_size: Option<u32>,
    /// How far below the entries.
    pub depth: MetadataDepth,
    /// Names of entries, as written: without regard to case.
    pub entries: Vec<String>,
}

/// `DEPTH`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetadataDepth {
    /// The entries alone.
    #[default]
    Zero,
    /// And those right below.
    One,
    /// And all below.
    Infinity,
}

impl GetMetadata {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let mut get = Self { mailbox: String::new(), max_size: None, depth: MetadataDepth::Zero, entries: Vec::new() };
        // Options stand before the mailbox in the grammar, and behind it in examples of the same RFC.
        if cursor.peek() == Some(b'(') {
            get.options(cursor)?;
            cursor.sp()?;
        }
        get.mailbox = cursor.mailbox()?;
        cursor.sp()?;
        let mut ahead = cursor.clone();
        if ahead.take(b'(') && (ahead.keyword("MAXSIZE") || ahead.keyword("DEPTH")) {
            get.options(cursor)?;
            cursor.sp()?;
        }
        get.entries = if cursor.peek() == Some(b'(') {
            cursor.list1("entries", MAX_ENTRIES, entry)?
        } else {
            vec![entry(cursor)?]
        };
        Ok(get)
    }

    fn options(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        cursor.list1("options", 4, |cursor| {
            if cursor.keyword("MAXSIZE") {
                cursor.sp()?;
                self.max_size = Some(cursor.number(0)?);
                return Ok(());
            }
            if !cursor.keyword("DEPTH") {
                return Err(cursor.expected("MAXSIZE or DEPTH"));
            }
            cursor.sp()?;
            let start = cursor.clone();
            self.depth = match cursor.word().as_str() {
                "0" => MetadataDepth::Zero,
                "1" => MetadataDepth::One,
                "INFINITY" => MetadataDepth::Infinity,
                _ => return Err(start.expected("0, 1 or infinity")),
            };
            Ok(())
        })?;
        Ok(())
    }
}

/// `entry`: it begins with `/`, has no `*` and no `%`, and is ASCII.
fn entry(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let start = cursor.clone();
    let name = cursor.text()?;
    let fits = name.starts_with('/')
        && !name.ends_with('/')
        && !name.contains("//")
        && name.bytes().all(|octet| matches!(octet, b' '..=b'~') && octet != b'*' && octet != b'%');
    if fits { Ok(name) } else { Err(start.expected("the name of an entry")) }
}

/// `entry-values`
pub(super) fn entry_values(cursor: &mut Cursor<'_>) -> Parsed<Vec<(String, Option<Vec<u8>>)>> {
    cursor.list1("entries", MAX_ENTRIES, |cursor| {
        let name = entry(cursor)?;
        cursor.sp()?;
        Ok((name, cursor.value()?.map(|value| value.into_owned())))
    })
}
