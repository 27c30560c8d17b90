//! LIST (RFC 9051 §6.3.9; RFC 5258, 5819, 6154).

use super::status::StatusItem;
use crate::cursor::{Cursor, Parsed};

/// The most patterns of one LIST: each is held against each name.
const MAX_PATTERNS: usize = 20;

/// What LIST says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// Which mailboxes count.
    pub selection: Vec<ListSelection>,
    /// What the patterns stand behind.
    pub reference: String,
    /// With `*` and `%`: see [`crate::pattern`]. One at least.
    pub patterns: Vec<String>,
    /// What is told of each; `None` where RETURN is not said.
    pub returns: Option<Vec<ListReturn>>,
    /// Whether anything of the extended form was used: then an empty pattern does not ask for the separator (RFC 5258 §3).
    pub extended: bool,
}

/// `list-select-opt`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListSelection {
    /// `RECURSIVEMATCH`; never alone or with `REMOTE` alone.
    RecursiveMatch,
    /// `REMOTE`
    Remote,
    /// `SPECIAL-USE`
    SpecialUse,
    /// `SUBSCRIBED`
    Subscribed,
}

/// `return-option`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListReturn {
    /// `CHILDREN`
    Children,
    /// `SPECIAL-USE`
    SpecialUse,
    /// `STATUS (…)`: a STATUS right behind each LIST.
    Status(Vec<StatusItem>),
    /// `SUBSCRIBED`
    Subscribed,
}

impl List {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let mut selection = Vec::new();
        let mut extended = cursor.peek() == Some(b'(');
        if extended {
            selection = cursor.list("selection options", 8, ListSelection::parse)?;
            let counts =
                |option: &ListSelection| !matches!(option, ListSelection::RecursiveMatch | ListSelection::Remote);
            if selection.contains(&ListSelection::RecursiveMatch) && !selection.iter().any(counts) {
                return Err(cursor.expected("a selection beside RECURSIVEMATCH"));
            }
            cursor.sp()?;
        }
        let reference = cursor.mailbox()?;
        cursor.sp()?;
        let patterns = if cursor.peek() == Some(b'(') {
            extended = true;
            cursor.list1("patterns", MAX_PATTERNS, Cursor::list_mailbox)?
        } else {
            vec![cursor.list_mailbox()?]
        };
        let mut returns = None;
        if cursor.take(b' ') {
            extended = true;
            if !cursor.keyword("RETURN") {
                return Err(cursor.expected("RETURN"));
            }
            cursor.sp()?;
            returns = Some(cursor.list("return options", 8, ListReturn::parse)?);
        }
        Ok(Self { selection, reference, patterns, returns, extended })
    }
}

impl ListSelection {
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let start = cursor.clone();
        match cursor.word().as_str() {
            "RECURSIVEMATCH" => Ok(Self::RecursiveMatch),
            "REMOTE" => Ok(Self::Remote),
            "SPECIAL-USE" => Ok(Self::SpecialUse),
            "SUBSCRIBED" => Ok(Self::Subscribed),
            _ => Err(start.expected("a selection option")),
        }
    }
}

impl ListReturn {
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let start = cursor.clone();
        match cursor.word().as_str() {
            "CHILDREN" => Ok(Self::Children),
            "SPECIAL-USE" => Ok(Self::SpecialUse),
            "STATUS" => {
                cursor.sp()?;
                StatusItem::list(cursor).map(Self::Status)
            }
            "SUBSCRIBED" => Ok(Self::Subscribed),
            _ => Err(start.expected("a return option")),
        }
    }
}
