//! What is done once and only once.

use pec::ProviderKey;
use rusqlite::{Connection, params};

use super::sql::{Statements, list};
use crate::{CommitError, OnceKey, StoreError};

/// Notes that this was done; an error if it was done before.
pub(super) fn note(tx: &Connection, key: &OnceKey) -> Result<(), CommitError> {
    let sql = "INSERT INTO once (identifier, kind, recipient, provider) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    let params = params![&*key.identifier, key.kind.name(), key.recipient, provider(key.provider.as_ref())];
    match tx.run("noting what is done once", sql, params)? {
        0 => Err(CommitError::AlreadyDone(key.clone())),
        _ => Ok(()),
    }
}

/// Whether this was done.
pub(super) fn done(connection: &Connection, key: &OnceKey) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM once WHERE identifier = ?1 AND kind = ?2 AND recipient = ?3 AND provider = ?4";
    let params = params![&*key.identifier, key.kind.name(), key.recipient, provider(key.provider.as_ref())];
    Ok(connection.one("looking for what is done once", sql, params, |_| Ok(()))?.is_some())
}

/// A JSON array of name and unit: a name may hold any character. Empty for ordinary mail.
fn provider(key: Option<&ProviderKey>) -> String {
    key.map_or_else(String::new, |key| list([&*key.name].into_iter().chain(key.unit.as_deref())))
}
