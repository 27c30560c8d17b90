//! What is done once and only once.

use pec::ProviderKey;
use rusqlite::{Connection, params};

use super::sql::{Statements, column, list};
use crate::{CommitError, Done, OnceNote, StoreError};

/// Notes that this was done; an error if it was done before, with whatever digest.
pub(super) fn note(tx: &Connection, note: &OnceNote) -> Result<(), CommitError> {
    insert(tx, note, &[], octets(note))
}

/// Notes that this contradicts what was done before; an error if that is noted already.
pub(super) fn contradict(tx: &Connection, note: &OnceNote) -> Result<(), CommitError> {
    insert(tx, note, octets(note), &[])
}

fn insert(tx: &Connection, note: &OnceNote, contradicts: &[u8], signed: &[u8]) -> Result<(), CommitError> {
    let sql =
        "INSERT INTO once (identifier, kind, recipient, provider, contradicts, signed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO NOTHING";
    let key = &note.key;
    let provider = provider(key.provider.as_ref());
    let params = params![&*key.identifier, key.kind.name(), key.recipient, provider, contradicts, signed];
    match tx.run("noting what is done once", sql, params)? {
        0 => Err(CommitError::AlreadyDone(key.clone())),
        _ => Ok(()),
    }
}

/// Whether this was done.
pub(super) fn done(connection: &Connection, note: &OnceNote) -> Result<Done, StoreError> {
    let sql = "SELECT signed, EXISTS (SELECT 1 FROM once WHERE identifier = ?1 AND kind = ?2 AND recipient = ?3
                                        AND provider = ?4 AND contradicts = ?5)
                 FROM once WHERE identifier = ?1 AND kind = ?2 AND recipient = ?3 AND provider = ?4 AND contradicts = x''";
    let (key, signed) = (&note.key, octets(note));
    let provider = provider(key.provider.as_ref());
    let params = params![&*key.identifier, key.kind.name(), key.recipient, provider, signed];
    let read = |row: &rusqlite::Row<'_>| Ok((column::<Vec<u8>>(row, 0)?, column::<bool>(row, 1)?));
    Ok(match connection.one("looking for what is done once", sql, params, read)? {
        None => Done::Not,
        Some((first, noted)) if noted || first == signed => Done::So,
        Some((first, _)) => match first.try_into() {
            Ok(first) => Done::Otherwise(first),
            Err(_) => return Err(StoreError::damaged("what is noted as done once has no digest of 32 octets")),
        },
    })
}

/// The digest; empty where nothing is signed.
fn octets(note: &OnceNote) -> &[u8] {
    note.signed.as_ref().map_or(&[], |signed| signed)
}

/// A JSON array of name and unit: a name may hold any character. Empty for ordinary mail.
fn provider(key: Option<&ProviderKey>) -> String {
    key.map_or_else(String::new, |key| list([&*key.name].into_iter().chain(key.unit.as_deref())))
}
