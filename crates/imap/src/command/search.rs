//! SEARCH, SORT and THREAD (RFC 9051 §6.4.4; RFC 4731, 5032, 5182, 5256, 7162, 8474, 8514).

mod key;

use crate::cursor::{Cursor, Parsed};
use crate::fault::Fault;

pub use key::{EntryKind, MAX_DEPTH, MAX_KEYS, MAX_TEXTS, SearchKey};

/// What SEARCH says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// What is told of what is found; `None`: the old answer, unless the client has enabled IMAP4rev2. Never empty:
    /// `RETURN ()` means `ALL`.
    pub returns: Option<Vec<SearchReturn>>,
    /// All of them must hold. One at least.
    pub keys: Vec<SearchKey>,
}

/// `search-return-opt`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchReturn {
    /// `ALL`
    All,
    /// `COUNT`
    Count,
    /// `MAX`
    Max,
    /// `MIN`
    Min,
    /// `SAVE` (RFC 5182): for `$`; alone it is answered by OK only.
    Save,
}

/// What SORT says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// As in [`Search`] (RFC 5267).
    pub returns: Option<Vec<SearchReturn>>,
    /// By what, the weightiest first. One at least.
    pub criteria: Vec<SortCriterion>,
    /// As in [`Search`].
    pub keys: Vec<SearchKey>,
}

/// `sort-criterion`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortCriterion {
    /// `REVERSE`
    pub reverse: bool,
    /// By what.
    pub key: SortKey,
}

/// `sort-key`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// `ARRIVAL`
    Arrival,
    /// `CC`
    Cc,
    /// `DATE`
    Date,
    /// `FROM`
    From,
    /// `SIZE`
    Size,
    /// `SUBJECT`
    Subject,
    /// `TO`
    To,
}

/// What THREAD says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// How.
    pub algorithm: ThreadAlgorithm,
    /// As in [`Search`].
    pub keys: Vec<SearchKey>,
}

/// `thread-alg`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadAlgorithm {
    /// `ORDEREDSUBJECT`
    OrderedSubject,
    /// `REFERENCES`
    References,
}

impl Search {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let returns = returns(cursor)?;
        if cursor.keyword("CHARSET") {
            cursor.sp()?;
            charset(cursor)?;
            cursor.sp()?;
        }
        Ok(Self { returns, keys: SearchKey::program(cursor)? })
    }
}

/// `RETURN (…) SP`, if it stands here.
fn returns(cursor: &mut Cursor<'_>) -> Parsed<Option<Vec<SearchReturn>>> {
    if !cursor.keyword("RETURN") {
        return Ok(None);
    }
    cursor.sp()?;
    let mut found = cursor.list("return options", 8, SearchReturn::parse)?;
    if found.is_empty() {
        found.push(SearchReturn::All);
    }
    cursor.sp()?;
    Ok(Some(found))
}

/// `charset`, as an atom or in quotation marks: aerc sends the latter.
fn charset(cursor: &mut Cursor<'_>) -> Parsed<()> {
    let name = cursor.astring()?;
    let known = [&b"US-ASCII"[..], b"UTF-8"].iter().any(|known| known.eq_ignore_ascii_case(&name));
    if known { Ok(()) } else { Err(Fault::Charset) }
}

impl SearchReturn {
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let start = cursor.clone();
        match cursor.word().as_str() {
            "ALL" => Ok(Self::All),
            "COUNT" => Ok(Self::Count),
            "MAX" => Ok(Self::Max),
            "MIN" => Ok(Self::Min),
            "SAVE" => Ok(Self::Save),
            _ => Err(start.expected("MIN, MAX, ALL, COUNT or SAVE")),
        }
    }
}

impl Sort {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let returns = returns(cursor)?;
        let criteria = cursor.list1("sort criteria", 16, SortCriterion::parse)?;
        cursor.sp()?;
        charset(cursor)?;
        cursor.sp()?;
        Ok(Self { returns, criteria, keys: SearchKey::program(cursor)? })
    }
}

impl SortCriterion {
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let reverse = cursor.keyword("REVERSE");
        if reverse {
            cursor.sp()?;
        }
        let start = cursor.clone();
        let key = match cursor.word().as_str() {
            "ARRIVAL" => SortKey::Arrival,
            "CC" => SortKey::Cc,
            "DATE" => SortKey::Date,
            "FROM" => SortKey::From,
            "SIZE" => SortKey::Size,
            "SUBJECT" => SortKey::Subject,
            "TO" => SortKey::To,
            _ => return Err(start.expected("a sort key")),
        };
        Ok(Self { reverse, key })
    }
}

impl Thread {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let start = cursor.clone();
        let algorithm = match cursor.word().as_str() {
            "ORDEREDSUBJECT" => ThreadAlgorithm::OrderedSubject,
            "REFERENCES" => ThreadAlgorithm::References,
            _ => return Err(start.expected("ORDEREDSUBJECT or REFERENCES")),
        };
        cursor.sp()?;
        charset(cursor)?;
        cursor.sp()?;
        Ok(Self { algorithm, keys: SearchKey::program(cursor)? })
    }
}
