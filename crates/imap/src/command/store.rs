//! STORE (RFC 9051 §6.4.6, RFC 7162 §3.1.3).

use crate::cursor::{Cursor, Parsed};
use crate::flag::Flag;
use crate::sequence::SequenceSet;

/// What STORE says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Of which messages.
    pub set: SequenceSet,
    /// `UNCHANGEDSINCE`
    pub unchanged_since: Option<u64>,
    /// How.
    pub action: StoreAction,
    /// `.SILENT`: the new flags are not told.
    pub silent: bool,
    /// Which.
    pub flags: Vec<Flag>,
}

/// How STORE changes flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreAction {
    /// `+FLAGS`
    Add,
    /// `-FLAGS`
    Remove,
    /// `FLAGS`
    Replace,
}

impl Store {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let set = cursor.sequence_set()?;
        cursor.sp()?;
        let mut unchanged_since = None;
        if cursor.peek() == Some(b'(') {
            cursor.list1("modifiers", 2, |cursor| {
                if !cursor.keyword("UNCHANGEDSINCE") {
                    return Err(cursor.expected("UNCHANGEDSINCE"));
                }
                cursor.sp()?;
                unchanged_since = Some(cursor.number64(0)?);
                Ok(())
            })?;
            cursor.sp()?;
        }
        let action = if cursor.take(b'+') {
            StoreAction::Add
        } else if cursor.take(b'-') {
            StoreAction::Remove
        } else {
            StoreAction::Replace
        };
        let start = cursor.clone();
        let silent = match cursor.word().as_str() {
            "FLAGS" => false,
            "FLAGS.SILENT" => true,
            _ => return Err(start.expected("FLAGS or FLAGS.SILENT")),
        };
        cursor.sp()?;
        let flags = if cursor.peek() == Some(b'(') { Flag::list(cursor)? } else { Flag::bare_list(cursor)? };
        Ok(Self { set, unchanged_since, action, silent, flags })
    }
}
