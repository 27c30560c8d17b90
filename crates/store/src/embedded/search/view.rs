//! What the index says at one instant: which entries of a folder it knows, which documents may hold what.

use rusqlite::params;

use super::shelf::Lent;
use crate::embedded::checks::{Check, check};
use crate::embedded::sets;
use crate::embedded::sql::{Statements, column, signed, unsigned};
use crate::{FolderId, StoreError, UidSet};

const WHAT: &str = "asking the search index";

/// The index as it was when this began.
pub(super) struct View {
    lent: Lent,
}

/// How far a folder was followed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Followed {
    /// The mailbox by its short number.
    pub(super) mailbox: i64,
    /// Modification sequence of the last entry.
    pub(super) modseq: u64,
    /// Its UID.
    pub(super) uid: u32,
}

/// An entry that the index knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    /// UID
    pub(super) uid: u32,
    /// The message by its short number.
    pub(super) message: i64,
}

impl View {
    /// Looks at the index as it is now.
    pub(super) fn new(lent: Lent) -> Result<Self, StoreError> {
        lent.connection()?.run(WHAT, "BEGIN", [])?;
        Ok(Self { lent })
    }

    /// How far a folder was followed; `None`: not at all.
    pub(super) fn followed(&self, folder: FolderId) -> Result<Option<Followed>, StoreError> {
        let sql = "SELECT box, modseq, uid FROM followed WHERE folder = ?1";
        self.lent.connection()?.one(WHAT, sql, [folder.0], |row| {
            Ok(Followed { mailbox: column(row, 0)?, modseq: unsigned(row, 1)?, uid: unsigned(row, 2)? })
        })
    }

    /// The entries of a folder among these, ascending; those whose message could not be read are left out.
    pub(super) fn placed(&self, folder: FolderId, uids: &UidSet) -> Result<Vec<Placed>, StoreError> {
        let sql = "SELECT p.uid, p.message FROM json_each(?2) AS r CROSS JOIN placed AS p ON p.folder = ?1
                   AND p.uid BETWEEN (r.value >> 32) & 4294967295 AND r.value & 4294967295
                   WHERE p.message NOT IN (SELECT number FROM known WHERE NOT whole)";
        let params = params![folder.0, sets::ranges(uids)];
        let read = |row: &rusqlite::Row<'_>| Ok(Placed { uid: unsigned(row, 0)?, message: column(row, 1)? });
        self.lent.connection()?.all(WHAT, sql, params, read)
    }

    /// The entries of a folder among these whose message could not be read when it was indexed.
    pub(super) fn unread(&self, folder: FolderId) -> Result<Vec<u32>, StoreError> {
        let sql = "SELECT p.uid FROM known AS k CROSS JOIN placed AS p ON p.message = k.number
                   WHERE NOT k.whole AND p.folder = ?1 ORDER BY p.uid";
        self.lent.connection()?.all(WHAT, sql, [folder.0], |row| unsigned(row, 0))
    }

    /// The documents in this range that may hold what is asked for, ascending.
    pub(super) fn documents(
        &self,
        question: &str,
        among: std::ops::RangeInclusive<i64>,
    ) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT rowid FROM grams WHERE grams MATCH ?1 AND rowid BETWEEN ?2 AND ?3";
        let params = params![question, among.start(), among.end()];
        self.lent.connection()?.all(WHAT, sql, params, |row| column(row, 0))
    }

    /// The documents in this range with a word that begins so, ascending.
    pub(super) fn with_word(&self, word: &str, among: std::ops::RangeInclusive<i64>) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid BETWEEN ?2 AND ?3";
        let params = params![format!("\"{word}\"*"), among.start(), among.end()];
        self.lent.connection()?.all(WHAT, sql, params, |row| column(row, 0))
    }

    /// The texts of a message, by their numbers.
    pub(super) fn texts_of(&self, message: i64, found: &mut Vec<i64>) -> Result<(), StoreError> {
        let sql = "SELECT text FROM holds WHERE message = ?1";
        found.extend(self.lent.connection()?.all(WHAT, sql, [message], |row| column::<i64>(row, 0))?);
        Ok(())
    }

    /// The messages that hold a text, by their short numbers.
    pub(super) fn holders(&self, text: i64) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT message FROM holds WHERE text = ?1";
        self.lent.connection()?.all(WHAT, sql, [text], |row| column(row, 0))
    }

    /// A text in small letters, compared with what was written.
    pub(super) fn text(&self, text: i64) -> Result<Vec<u8>, StoreError> {
        let sql = "SELECT sum, text FROM texts WHERE id = ?1";
        let found = self
            .lent
            .connection()?
            .one(WHAT, sql, [text], |row| Ok((column::<Check>(row, 0)?, column::<Vec<u8>>(row, 1)?)))?;
        found
            .filter(|(sum, text)| check(&[text]) == *sum)
            .map(|(_, text)| text)
            .ok_or_else(|| StoreError::damaged("a text in the search index is not what was written"))
    }

    /// The message with a short number.
    pub(super) fn message(&self, number: i64) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT message FROM known WHERE number = ?1";
        self.lent.connection()?.one(WHAT, sql, [number], |row| column(row, 0))
    }

    /// The short number of a mailbox.
    pub(super) fn mailbox(&self, mailbox: i64) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT number FROM boxes WHERE mailbox = ?1";
        self.lent.connection()?.one(WHAT, sql, [mailbox], |row| column(row, 0))
    }

    /// The places of a message in a mailbox: internal date, folder, UID.
    pub(super) fn places(&self, mailbox: i64, message: i64) -> Result<Vec<(i64, i64, u32)>, StoreError> {
        let sql = "SELECT at, folder, uid FROM placed WHERE message = ?1 AND box = ?2";
        let read = |row: &rusqlite::Row<'_>| Ok((column(row, 0)?, column(row, 1)?, unsigned(row, 2)?));
        self.lent.connection()?.all(WHAT, sql, params![message, mailbox], read)
    }
}

/// The entries of a folder among these that came or changed behind a cursor, ascending by UID.
pub(super) fn behind(
    db: &rusqlite::Connection,
    folder: FolderId,
    uids: &UidSet,
    followed: Followed,
) -> Result<Vec<(u32, i64)>, StoreError> {
    let what = "looking for what is not indexed";
    let read = |row: &rusqlite::Row<'_>| Ok((unsigned::<u32>(row, 0)?, column::<i64>(row, 1)?));
    let mut found = match followed.modseq {
        0 => {
            let sql = format!("SELECT e.uid, e.message FROM {}", sets::AMONG);
            db.all(what, &sql, params![folder.0, sets::ranges(uids)], read)?
        }
        modseq => {
            let sql = "SELECT uid, message FROM entries INDEXED BY entries_by_modseq
                       WHERE folder = ?1 AND modseq >= ?2 AND (modseq > ?2 OR uid > ?3)";
            db.all(what, sql, params![folder.0, signed(modseq), followed.uid], read)?
        }
    };
    found.retain(|(uid, _)| uids.contains(*uid));
    found.sort_unstable();
    Ok(found)
}

/// The message of an entry.
pub(super) fn entry(db: &rusqlite::Connection, folder: FolderId, uid: u32) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT message FROM entries WHERE folder = ?1 AND uid = ?2";
    db.one("looking for an entry", sql, params![folder.0, uid], |row| column(row, 0))
}
