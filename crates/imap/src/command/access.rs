//! Rights (RFC 4314).

use crate::cursor::{Cursor, Parsed};

/// A mailbox and whom it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxRights {
    /// Which.
    pub mailbox: String,
    /// Whose.
    pub identifier: String,
}

/// `SETACL`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModRights {
    /// Of what and whom.
    pub of: MailboxRights,
    /// How.
    pub change: RightsChange,
    /// One letter each, not yet judged.
    pub rights: String,
}

/// What is done with the rights that SETACL names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RightsChange {
    /// These and no others.
    Replace,
    /// `+`: these too.
    Add,
    /// `-`: these not.
    Remove,
}

impl MailboxRights {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let mailbox = cursor.mailbox()?;
        cursor.sp()?;
        Ok(Self { mailbox, identifier: cursor.text()? })
    }
}

impl ModRights {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let of = MailboxRights::parse(cursor)?;
        cursor.sp()?;
        let text = cursor.text()?;
        let (change, rights) = match text.split_at_checked(1) {
            Some(("+", rights)) => (RightsChange::Add, rights),
            Some(("-", rights)) => (RightsChange::Remove, rights),
            _ => (RightsChange::Replace, text.as_str()),
        };
        if !rights.bytes().all(|right| right.is_ascii_lowercase() || right.is_ascii_digit()) {
            return Err(cursor.expected("rights in small letters"));
        }
        Ok(Self { of, change, rights: rights.to_owned() })
    }
}
