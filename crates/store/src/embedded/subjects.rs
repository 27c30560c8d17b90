//! Subjects of evidence: each once, found by its hash.

use rusqlite::{Connection, Row, params};

use super::sql::{Statements, column};
use crate::evidence::canonical;
use crate::{About, SharedSubject, StoreError, SubjectHash};

/// What a row says its subject is.
#[derive(Debug)]
pub(super) enum Named {
    /// A subject to be stored unless it is there.
    Whole(SharedSubject),
    /// One that is stored.
    Hash(SubjectHash),
}

impl Named {
    /// What `about` names; hashes it now. `None`: nothing.
    pub(super) fn of(about: &About) -> Option<Self> {
        match about {
            About::Nothing => None,
            About::Subject(subject) => {
                subject.hash();
                Some(Named::Whole(subject.clone()))
            }
            About::Known(hash) => Some(Named::Hash(*hash)),
        }
    }

    fn hash(&self) -> SubjectHash {
        match self {
            Named::Whole(subject) => subject.hash(),
            Named::Hash(hash) => *hash,
        }
    }
}

/// The numbers of the subjects that one Outcome names: five hundred rows about one message look once.
#[derive(Debug, Default)]
pub(super) struct Numbers(Vec<(SubjectHash, i64)>);

impl Numbers {
    /// The number of a subject, stored now if it is new.
    pub(super) fn number(&mut self, tx: &Connection, named: Option<&Named>) -> Result<Option<i64>, StoreError> {
        let Some(named) = named else { return Ok(None) };
        let hash = named.hash();
        // The last ones first: rows about one message follow each other.
        if let Some((_, number)) = self.0.iter().rev().find(|(known, _)| *known == hash) {
            return Ok(Some(*number));
        }
        let number = match named {
            Named::Whole(subject) => store(tx, subject)?,
            Named::Hash(hash) => find(tx, *hash)?.ok_or_else(|| {
                StoreError::bug("writing evidence: it is about a subject that was never stored (a fault in the point)")
            })?,
        };
        self.0.push((hash, number));
        Ok(Some(number))
    }
}

fn store(tx: &Connection, subject: &SharedSubject) -> Result<i64, StoreError> {
    let hash = subject.hash();
    let sql = "INSERT INTO subjects (hash, identifier, canonical) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    let params = params![hash.0, &*subject.subject().identifier, subject.canonical().as_ref()];
    if tx.run("writing a subject", sql, params)? == 1 {
        return Ok(tx.last_insert_rowid());
    }
    find(tx, hash)?.ok_or_else(|| StoreError::bug("writing a subject: it is neither there nor new"))
}

fn find(connection: &Connection, hash: SubjectHash) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT id FROM subjects WHERE hash = ?1";
    connection.one("looking for a subject", sql, [hash.0], |row| column(row, 0))
}

/// The canonical bytes of a subject.
pub(super) fn canonical_bytes(connection: &Connection, hash: SubjectHash) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT canonical FROM subjects WHERE hash = ?1";
    let found = connection.one("reading a subject", sql, [hash.0], |row| column::<Vec<u8>>(row, 0))?;
    match found {
        Some(bytes) if canonical::hash(&bytes) != hash => Err(damaged(hash)),
        found => Ok(found),
    }
}

/// A subject from two columns, its hash and its canonical bytes, which must fit each other.
pub(super) fn read(row: &Row<'_>, hash: usize, bytes: usize) -> Result<SharedSubject, StoreError> {
    let (hash, bytes) = (SubjectHash(column(row, hash)?), column::<Vec<u8>>(row, bytes)?);
    if canonical::hash(&bytes) != hash {
        return Err(damaged(hash));
    }
    canonical::read_subject(&bytes).map(SharedSubject::new).map_err(|error| StoreError::damaged(error.to_string()))
}

fn damaged(hash: SubjectHash) -> StoreError {
    StoreError::damaged(format!(
        "the subject {} is not what its SHA-256 says; restore the last backup",
        hex::encode(hash.0)
    ))
}
