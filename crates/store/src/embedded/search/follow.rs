//! Follows a folder: what came into it since its cursor is noted in the index, what went leaves it. One round is one
//! transaction of the index, over any number of folders.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::doc::Doc;
use super::grams;
use super::projection::{self, Projection, Text};
use super::sought::Head;
use crate::embedded::checks::check;
use crate::embedded::originals::Files;
use crate::embedded::sql::{Statements, column, signed, unsigned};
use crate::embedded::{entries, removals};
use crate::{FolderId, MessageId, StoreError, Vanished};

/// Messages that a round takes in, at most.
const MESSAGES: usize = 500;
/// Octets of texts that a round takes in, about.
const OCTETS: usize = 8 << 20;
/// Entries that are looked at in one.
const ENTRIES: usize = 500;

/// What did not work, and where.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The index itself.
    Index(StoreError),
    /// Reading what is to be indexed.
    Mail(StoreError),
}

/// What is written into the index of a document.
struct Prepared {
    grams: String,
    words: String,
}

/// A message that was read in this round.
struct Made {
    number: i64,
    /// What it has for itself.
    own: Arc<Prepared>,
    /// Its texts.
    texts: Vec<(i64, Arc<Prepared>)>,
}

/// One round.
pub(super) struct Round<'a> {
    db: &'a Connection,
    files: &'a Files,
    index: &'a Connection,
    /// What is to be written, in the order of numbers: the index takes that in one piece.
    docs: BTreeMap<i64, Arc<Prepared>>,
    made: HashMap<i64, Arc<Made>>,
    /// Messages that were read.
    pub(super) messages: usize,
    octets: usize,
    looked: usize,
}

/// How far a folder is followed.
#[derive(Clone, Copy, Debug, Default)]
struct Cursor {
    modseq: u64,
    uid: u32,
    gone: u64,
}

/// An entry of a folder.
struct Row {
    uid: u32,
    message: i64,
    modseq: u64,
    at: i64,
}

impl<'a> Round<'a> {
    /// A round in a transaction of the index.
    pub(super) fn new(db: &'a Connection, files: &'a Files, index: &'a Connection) -> Self {
        let (docs, made) = (BTreeMap::new(), HashMap::new());
        Self { db, files, index, docs, made, messages: 0, octets: 0, looked: 0 }
    }

    /// Whether it has taken in enough.
    pub(super) fn is_full(&self) -> bool {
        self.messages >= MESSAGES || self.octets >= OCTETS || self.looked >= 20 * ENTRIES
    }

    /// Follows a folder for as long as the round has room; whether it was followed to its end.
    pub(super) fn follow(&mut self, folder: FolderId) -> Result<bool, Trouble> {
        let view = self.db.unchecked_transaction();
        let view = view.map_err(|e| Trouble::Mail(crate::embedded::sql::failed("starting to read", e)))?;
        let sql = "SELECT mailbox, highest_modseq FROM folders WHERE id = ?1";
        let row = self
            .db
            .one("following a folder", sql, [folder.0], |row| Ok((column::<i64>(row, 0)?, unsigned::<u64>(row, 1)?)));
        let Some((mailbox, highest)) = row.map_err(Trouble::Mail)? else {
            self.forget(folder).map_err(Trouble::Index)?;
            return Ok(true);
        };
        let mailbox = self.mailbox(mailbox).map_err(Trouble::Index)?;
        let mut cursor = self.cursor(folder).map_err(Trouble::Index)?;
        self.let_go(folder, cursor.gone)?;
        cursor.gone = highest;
        loop {
            let rows = rows(self.db, folder, cursor).map_err(Trouble::Mail)?;
            self.looked += rows.len();
            let last = rows.len() < ENTRIES;
            for row in &rows {
                if self.is_full() {
                    self.set(folder, mailbox, cursor).map_err(Trouble::Index)?;
                    return Ok(false);
                }
                self.place(folder, mailbox, row)?;
                (cursor.modseq, cursor.uid) = (row.modseq, row.uid);
            }
            if last {
                break;
            }
        }
        drop(view);
        // Every entry that comes has a higher one.
        if highest > cursor.modseq {
            (cursor.modseq, cursor.uid) = (highest, u32::MAX);
        }
        self.set(folder, mailbox, cursor).map_err(Trouble::Index)?;
        Ok(true)
    }

    /// Writes what was gathered.
    pub(super) fn write(self) -> Result<(), StoreError> {
        let what = "writing the search index";
        for (number, doc) in &self.docs {
            self.index.run(what, "INSERT INTO grams (rowid, text) VALUES (?1, ?2)", params![number, doc.grams])?;
        }
        for (number, doc) in &self.docs {
            self.index.run(what, "INSERT INTO words (rowid, text) VALUES (?1, ?2)", params![number, doc.words])?;
        }
        Ok(())
    }

    /// The short number of a mailbox.
    fn mailbox(&self, mailbox: i64) -> Result<i64, StoreError> {
        numbered(self.index, "boxes", "mailbox", mailbox)
    }

    fn cursor(&self, folder: FolderId) -> Result<Cursor, StoreError> {
        let sql = "SELECT modseq, uid, gone FROM followed WHERE folder = ?1";
        let found = self.index.one("reading how far a folder was followed", sql, [folder.0], |row| {
            Ok(Cursor { modseq: unsigned(row, 0)?, uid: unsigned(row, 1)?, gone: unsigned(row, 2)? })
        })?;
        Ok(found.unwrap_or_default())
    }

    fn set(&self, folder: FolderId, mailbox: i64, cursor: Cursor) -> Result<(), StoreError> {
        let sql = "INSERT INTO followed VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT DO UPDATE SET modseq = excluded.modseq, uid = excluded.uid, gone = excluded.gone";
        let params = params![folder.0, mailbox, signed(cursor.modseq), cursor.uid, signed(cursor.gone)];
        self.index.run("noting how far a folder was followed", sql, params).map(drop)
    }

    /// A folder is not there any more.
    fn forget(&self, folder: FolderId) -> Result<(), StoreError> {
        self.loosen(folder, 0, u32::MAX)?;
        self.index.run("forgetting a folder", "DELETE FROM followed WHERE folder = ?1", [folder.0]).map(drop)
    }

    /// What went from a folder since a modification sequence leaves its place.
    fn let_go(&self, folder: FolderId, since: u64) -> Result<(), Trouble> {
        match removals::vanished(self.db, folder, since).map_err(Trouble::Mail)? {
            Vanished::Uids(gone) => {
                gone.ranges().iter().try_for_each(|range| self.loosen(folder, *range.start(), *range.end()))
            }
            Vanished::TooOld => {
                let there = entries::uids(self.db, folder).map_err(Trouble::Mail)?;
                let mut from = 0;
                let mut gaps = Vec::new();
                for range in there.ranges() {
                    gaps.push(from..=range.start().saturating_sub(1));
                    from = range.end().saturating_add(1);
                }
                gaps.push(from..=u32::MAX);
                gaps.iter().try_for_each(|gap| self.loosen(folder, *gap.start(), *gap.end()))
            }
        }
        .map_err(Trouble::Index)
    }

    fn loosen(&self, folder: FolderId, first: u32, last: u32) -> Result<(), StoreError> {
        let what = "letting entries go";
        let range = params![folder.0, first, last];
        let sql =
            "INSERT OR IGNORE INTO loose SELECT box, message FROM placed WHERE folder = ?1 AND uid BETWEEN ?2 AND ?3";
        if self.index.run(what, sql, range)? > 0 {
            self.index.run(what, "DELETE FROM placed WHERE folder = ?1 AND uid BETWEEN ?2 AND ?3", range)?;
        }
        Ok(())
    }

    /// Has an entry in the index.
    fn place(&mut self, folder: FolderId, mailbox: i64, row: &Row) -> Result<(), Trouble> {
        let sql = "SELECT 1 FROM placed WHERE folder = ?1 AND uid = ?2";
        let known = self.index.one("looking for an entry", sql, params![folder.0, row.uid], |_| Ok(()));
        if known.map_err(Trouble::Index)?.is_some() {
            return Ok(());
        }
        let number = numbered(self.index, "known", "message", row.message).map_err(Trouble::Index)?;
        if !self.is_there(Doc::Message(number).number(mailbox)).map_err(Trouble::Index)? {
            self.bring(mailbox, row.message, number)?;
        }
        let sql = "INSERT INTO placed VALUES (?1, ?2, ?3, ?4, ?5)";
        let params = params![folder.0, row.uid, mailbox, number, row.at];
        self.index.run("placing an entry", sql, params).map(drop).map_err(Trouble::Index)
    }

    /// Has the documents of a message in the index of a mailbox.
    fn bring(&mut self, mailbox: i64, message: i64, number: i64) -> Result<(), Trouble> {
        let made = match self.made.get(&message) {
            Some(made) => made.clone(),
            None => {
                let projection = projection::read(self.db, self.files, MessageId(message)).map_err(Trouble::Mail)?;
                let made = Arc::new(self.make(number, projection.as_ref()).map_err(Trouble::Index)?);
                self.messages += 1;
                self.made.insert(message, made.clone());
                made
            }
        };
        self.docs.insert(Doc::Message(made.number).number(mailbox), made.own.clone());
        for (text, prepared) in &made.texts {
            let doc = Doc::Text(*text).number(mailbox);
            if !self.is_there(doc).map_err(Trouble::Index)? {
                self.octets += prepared.grams.len();
                self.docs.insert(doc, prepared.clone());
            }
        }
        Ok(())
    }

    /// Notes a message's texts.
    fn make(&mut self, number: i64, projection: Option<&Projection>) -> Result<Made, StoreError> {
        let what = "noting a message's texts";
        if projection.is_none_or(|projection| !projection.whole) {
            self.index.run(what, "UPDATE known SET whole = 0 WHERE number = ?1", [number])?;
        }
        let nothing = || Prepared { grams: String::new(), words: String::new() };
        let Some(projection) = projection else {
            return Ok(Made { number, own: Arc::new(nothing()), texts: Vec::new() });
        };
        let head = Head::new(&projection.header);
        let mut grams = head.raw().clone();
        for value in head.values() {
            grams.push('\n');
            grams.push_str(value);
        }
        let own = Arc::new(Prepared { grams: grams::condensed(&grams).unwrap_or(grams), words: projection.words() });
        let mut texts = Vec::with_capacity(projection.texts.len());
        for text in projection.texts.iter().filter(|text| !text.decoded.is_empty()) {
            let (id, small) = self.keep(text)?;
            self.index.run(what, "INSERT OR IGNORE INTO holds VALUES (?1, ?2)", [number, id])?;
            self.octets += small.len();
            let grams = grams::condensed(&small).unwrap_or(small);
            texts.push((id, Arc::new(Prepared { grams, words: text.words() })));
        }
        Ok(Made { number, own, texts })
    }

    /// Keeps a text, once; its number.
    fn keep(&self, text: &Text) -> Result<(i64, String), StoreError> {
        let what = "keeping a text";
        let digest = check(&[&text.mark(), text.decoded.as_bytes()]);
        let small = text.small();
        let known = self.index.one(what, "SELECT id FROM texts WHERE digest = ?1", [&digest], |row| column(row, 0))?;
        if let Some(id) = known {
            return Ok((id, small));
        }
        let sql = "INSERT INTO texts (digest, sum, text) VALUES (?1, ?2, ?3)";
        self.index.run(what, sql, params![digest, check(&[small.as_bytes()]), small.as_bytes()])?;
        Ok((self.index.last_insert_rowid(), small))
    }

    /// Whether a document is in the index.
    fn is_there(&self, number: i64) -> Result<bool, StoreError> {
        if self.docs.contains_key(&number) {
            return Ok(true);
        }
        let sql = "SELECT 1 FROM grams_docsize WHERE id = ?1";
        Ok(self.index.one("looking for a document", sql, [number], |_| Ok(()))?.is_some())
    }
}

/// The entries of a folder behind a cursor, in the order in which they changed.
fn rows(db: &Connection, folder: FolderId, cursor: Cursor) -> Result<Vec<Row>, StoreError> {
    let sql = "SELECT uid, message, modseq, at FROM entries INDEXED BY entries_by_modseq
               WHERE folder = ?1 AND modseq >= ?2 AND (modseq > ?2 OR uid > ?3) ORDER BY modseq, uid LIMIT ?4";
    let params = params![folder.0, signed(cursor.modseq), cursor.uid, signed(ENTRIES)];
    db.all("reading what came into a folder", sql, params, |row| {
        Ok(Row { uid: unsigned(row, 0)?, message: column(row, 1)?, modseq: unsigned(row, 2)?, at: column(row, 3)? })
    })
}

/// The short number of something, given when it is first met.
fn numbered(index: &Connection, table: &str, column_of: &str, what: i64) -> Result<i64, StoreError> {
    let doing = "giving a short number";
    let sql = format!("SELECT number FROM {table} WHERE {column_of} = ?1");
    if let Some(number) = index.one(doing, &sql, [what], |row| column(row, 0))? {
        return Ok(number);
    }
    let sql = match table {
        "boxes" => "INSERT INTO boxes (mailbox) VALUES (?1)",
        _ => "INSERT INTO known (message, whole) VALUES (?1, 1)",
    };
    index.run(doing, sql, [what])?;
    Ok(index.last_insert_rowid())
}
