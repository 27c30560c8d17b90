//! SELECT and EXAMINE with their parameters (RFC 7162 §3.1.8, §3.2.5).

use crate::cursor::{Cursor, Parsed};
use crate::sequence::SequenceSet;

/// What SELECT and EXAMINE say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// Which.
    pub mailbox: String,
    /// `CONDSTORE`
    pub condstore: bool,
    /// `QRESYNC (…)`
    pub qresync: Option<Qresync>,
}

/// What a client knows of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qresync {
    /// UIDVALIDITY
    pub uid_validity: u32,
    /// HIGHESTMODSEQ
    pub mod_seq: u64,
    /// Its UIDs, ranges without `*`.
    pub known_uids: Option<SequenceSet>,
    /// Message numbers and their UIDs, one for one.
    pub seq_match: Option<(SequenceSet, SequenceSet)>,
}

impl Select {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let mut select = Self { mailbox: cursor.mailbox()?, condstore: false, qresync: None };
        if cursor.take(b' ') {
            cursor.list1("parameters", 8, |cursor| {
                match cursor.word().as_str() {
                    "CONDSTORE" => select.condstore = true,
                    "QRESYNC" => {
                        cursor.sp()?;
                        select.qresync = Some(Qresync::parse(cursor)?);
                    }
                    _ => return Err(cursor.expected("CONDSTORE or QRESYNC")),
                }
                Ok(())
            })?;
        }
        Ok(select)
    }
}

impl Qresync {
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        cursor.expect(b'(', "(")?;
        let uid_validity = cursor.number(1)?;
        cursor.sp()?;
        let mut known = Self { uid_validity, mod_seq: cursor.number64(1)?, known_uids: None, seq_match: None };
        let mut more = cursor.take(b' ');
        if more && cursor.is_at_set() {
            known.known_uids = Some(cursor.closed_set()?);
            more = cursor.take(b' ');
        }
        if more {
            cursor.expect(b'(', "(")?;
            let numbers = cursor.closed_set()?;
            cursor.sp()?;
            known.seq_match = Some((numbers, cursor.closed_set()?));
            cursor.expect(b')', ")")?;
        }
        cursor.expect(b')', ")")?;
        Ok(known)
    }
}
