//! `flag` (RFC 9051 §9).

use std::fmt;

use crate::cursor::{Cursor, Parsed};

/// A flag as a client names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flag {
    /// `\Answered`
    Answered,
    /// `\Deleted`
    Deleted,
    /// `\Draft`
    Draft,
    /// `\Flagged`
    Flagged,
    /// `\Seen`
    Seen,
    /// `flag-keyword`, as written.
    Keyword(String),
    /// `flag-extension`, its backslash left out: nobody can set it. So is `\Recent`, which programs that copy mailboxes send
    /// along with what they found.
    Extension(String),
}

const SYSTEM: [(Flag, &str); 5] = [
    (Flag::Answered, "Answered"),
    (Flag::Deleted, "Deleted"),
    (Flag::Draft, "Draft"),
    (Flag::Flagged, "Flagged"),
    (Flag::Seen, "Seen"),
];

/// The most flags of one list.
const MAX_FLAGS: usize = 100;

impl Flag {
    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        if !cursor.take(b'\\') {
            return cursor.atom().map(Self::Keyword);
        }
        let name = cursor.atom()?;
        let system = SYSTEM.iter().find(|(_, system)| system.eq_ignore_ascii_case(&name));
        Ok(system.map_or(Self::Extension(name), |(flag, _)| flag.clone()))
    }

    /// `flag-list`
    pub(crate) fn list(cursor: &mut Cursor<'_>) -> Parsed<Vec<Self>> {
        cursor.list("flags", MAX_FLAGS, Self::parse)
    }

    /// `flag *(SP flag)`, without brackets, to the end.
    pub(crate) fn bare_list(cursor: &mut Cursor<'_>) -> Parsed<Vec<Self>> {
        let mut flags = vec![Self::parse(cursor)?];
        while flags.len() < MAX_FLAGS && cursor.take(b' ') {
            flags.push(Self::parse(cursor)?);
        }
        Ok(flags)
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyword(name) => f.write_str(name),
            Self::Extension(name) => write!(f, "\\{name}"),
            system => {
                let name = SYSTEM.iter().find(|(flag, _)| flag == system).map_or("", |(_, name)| name);
                write!(f, "\\{name}")
            }
        }
    }
}
