//! The tables, and how an older file becomes one of today.
//!
//! The same tables are meant to stand on PostgreSQL: names and types are the plain ones, lists are JSON,
//! instants are seconds since 1970.

use rusqlite::Connection;

use super::sql::{Statements, column, failed};
use crate::{ErrorKind, StoreError};

/// `SIGI`: what `file(1)` and we recognise the file by.
const APPLICATION: i64 = 0x5349_4749;

/// Each step brings a file from the version that is its position to the next one. A step that was released is
/// never edited: what comes later is a new step.
const STEPS: &[&str] = &[concat!(
    include_str!("schema/ledger.sql"),
    include_str!("schema/principals.sql"),
    include_str!("schema/browsers.sql"),
    include_str!("schema/mailboxes.sql"),
    include_str!("schema/fullness.sql"),
    include_str!("schema/rounds.sql"),
    include_str!("schema/reconciliation.sql"),
    include_str!("schema/seals.sql"),
    include_str!("schema/sums.sql")
)];

/// Makes the tables in a new file, and gives the store its id.
pub(super) fn make(connection: &Connection) -> Result<String, StoreError> {
    advance(connection, 0, STEPS)?;
    let what = "making the store";
    // UIDVALIDITY counts from the age of the store: it differs from that of a lost store in the same place.
    let sql = "UPDATE counters SET value = min(max(unixepoch(), 1), 2147483647) WHERE name = 'uid_validity'";
    connection.run(what, sql, [])?;
    let sql = "INSERT INTO store (one, id, made) VALUES (1, lower(hex(randomblob(16))), unixepoch()) RETURNING id";
    let id = connection.one(what, sql, [], |row| column(row, 0))?;
    id.ok_or_else(|| StoreError::bug("making the store: it has no id"))
}

/// Brings an older file up to date and refuses any that is not a store of ours; the store's id.
pub(super) fn open(connection: &Connection) -> Result<String, StoreError> {
    let version = recognise(connection, STEPS)?;
    advance(connection, version, STEPS)?;
    id(connection)
}

/// Checks that a file is ours and of this program's version, changing nothing; the store's id.
pub(super) fn look(connection: &Connection) -> Result<String, StoreError> {
    if recognise(connection, STEPS)? < known(STEPS) {
        let what =
            "sigillo.db was written by an older Sigillo: start the provider once, so that it brings it up to date";
        return Err(StoreError::new(ErrorKind::NoStore, what));
    }
    id(connection)
}

fn id(connection: &Connection) -> Result<String, StoreError> {
    let found = connection.one("reading the store's id", "SELECT id FROM store", [], |row| column(row, 0))?;
    found.ok_or_else(|| StoreError::damaged("sigillo.db has lost the store's id: restore the last backup"))
}

fn known(steps: &[&str]) -> i64 {
    i64::try_from(steps.len()).unwrap_or(i64::MAX)
}

/// The version of a file that is ours.
fn recognise(connection: &Connection, steps: &[&str]) -> Result<i64, StoreError> {
    let application = pragma(connection, "PRAGMA application_id")?;
    let version = pragma(connection, "PRAGMA user_version")?;
    let tables = pragma(connection, "SELECT count(*) FROM sqlite_schema")?;
    if tables == 0 {
        return Err(StoreError::damaged("sigillo.db holds no tables: restore the last backup"));
    }
    if application != APPLICATION || version < 1 {
        let what = "sigillo.db is not a Sigillo store: name another folder in the configuration";
        return Err(StoreError::new(ErrorKind::NoStore, what));
    }
    if version > known(steps) {
        return Err(StoreError::new(
            ErrorKind::NoStore,
            format!(
                "sigillo.db was written by a newer Sigillo (schema {version}, this program knows up to {}): start that \
                 version, or restore a backup made before the upgrade",
                known(steps)
            ),
        ));
    }
    Ok(version)
}

fn advance(connection: &Connection, version: i64, steps: &[&str]) -> Result<(), StoreError> {
    for (number, step) in (1i64..).zip(steps) {
        if number > version {
            let script = format!(
                "BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION}; {step}\n; PRAGMA user_version = {number}; COMMIT;"
            );
            connection.execute_batch(&script).map_err(|error| {
                // The step left its transaction open; the file stays as it was.
                let _ = connection.execute_batch("ROLLBACK");
                failed(&format!("bringing the tables to schema {number}"), error)
            })?;
        }
    }
    Ok(())
}

fn pragma(connection: &Connection, sql: &str) -> Result<i64, StoreError> {
    Ok(connection.one("reading the schema version", sql, [], |row| column(row, 0))?.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upgrade(connection: &Connection, steps: &[&str]) -> Result<(), StoreError> {
        let version = recognise(connection, steps)?;
        advance(connection, version, steps)
    }

    #[test]
    fn an_older_file_is_brought_up_to_date_and_keeps_its_rows() {
        let file = Connection::open_in_memory().unwrap();
        let first = "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (7)";
        advance(&file, 0, &[first]).unwrap();
        upgrade(&file, &[first, "ALTER TABLE a ADD COLUMN y INTEGER"]).unwrap();
        assert_eq!(pragma(&file, "PRAGMA user_version").unwrap(), 2);
        assert_eq!(pragma(&file, "SELECT x FROM a WHERE y IS NULL").unwrap(), 7);
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let file = Connection::open_in_memory().unwrap();
        let first = "CREATE TABLE a (x INTEGER)";
        advance(&file, 0, &[first]).unwrap();
        let error = upgrade(&file, &[first, "CREATE TABLE b (x); CREATE TABLE a (x)"]).unwrap_err();
        assert!(error.what.contains("schema 2"), "{error}");
        assert_eq!(pragma(&file, "PRAGMA user_version").unwrap(), 1);
        assert_eq!(pragma(&file, "SELECT count(*) FROM sqlite_schema").unwrap(), 1);
        assert!(file.is_autocommit());
    }

    #[test]
    fn a_newer_file_is_refused_with_the_way_out() {
        let file = Connection::open_in_memory().unwrap();
        advance(&file, 0, &["CREATE TABLE a (x)", "CREATE TABLE b (x)"]).unwrap();
        let error = upgrade(&file, &["CREATE TABLE a (x)"]).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NoStore);
        assert!(error.what.contains("newer Sigillo (schema 2, this program knows up to 1)"), "{error}");
    }

    #[test]
    fn a_database_of_another_program_and_one_without_tables_are_refused() {
        let file = Connection::open_in_memory().unwrap();
        assert_eq!(open(&file).unwrap_err().kind, ErrorKind::Damaged);
        file.execute_batch("CREATE TABLE songs (title TEXT)").unwrap();
        let error = open(&file).unwrap_err();
        assert!(error.kind == ErrorKind::NoStore && error.what.contains("is not a Sigillo store"), "{error}");
    }

    #[test]
    fn every_store_has_its_own_id() {
        let ids = [(); 2].map(|()| {
            let file = Connection::open_in_memory().unwrap();
            let id = make(&file).unwrap();
            assert_eq!(open(&file).unwrap(), id);
            id
        });
        assert!(ids[0] != ids[1] && ids[0].len() == 32);
    }
}
