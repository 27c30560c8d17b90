//! The tables, and how an older file becomes one of today.
//!
//! The same tables are meant to stand on PostgreSQL: names and types are the plain ones, lists are JSON,
//! instants are seconds since 1970.

use rusqlite::Connection;

use super::sql::{Statements, column, failed};
use crate::StoreError;

/// `SIGI`: what `file(1)` and we recognise the file by.
const APPLICATION: i64 = 0x5349_4749;

/// Each step brings a file from the version that is its position to the next one. A step that was released is
/// never edited: what comes later is a new step.
const STEPS: &[&str] = &[include_str!("schema/1.sql"), include_str!("schema/2.sql"), include_str!("schema/3.sql")];

/// Makes the tables in a new file, brings an older one up to date, and refuses any other.
pub(super) fn prepare(connection: &Connection) -> Result<(), StoreError> {
    migrate(connection, STEPS)
}

/// Checks that a file is ours and of this program's version, changing nothing.
pub(super) fn recognise(connection: &Connection) -> Result<(), StoreError> {
    let application = pragma(connection, "PRAGMA application_id")?;
    let version = pragma(connection, "PRAGMA user_version")?;
    if application != APPLICATION || version != i64::try_from(STEPS.len()).unwrap_or(i64::MAX) {
        return Err(StoreError("sigillo.db is not a store of this version of Sigillo: start the provider once".into()));
    }
    Ok(())
}

fn migrate(connection: &Connection, steps: &[&str]) -> Result<(), StoreError> {
    let application = pragma(connection, "PRAGMA application_id")?;
    let version = pragma(connection, "PRAGMA user_version")?;
    let tables = pragma(connection, "SELECT count(*) FROM sqlite_schema")?;
    if application != APPLICATION && !(application == 0 && version == 0 && tables == 0) {
        return Err(StoreError("sigillo.db is not a Sigillo store: name another folder in the configuration".into()));
    }
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    if version > known {
        return Err(StoreError(format!(
            "sigillo.db was written by a newer Sigillo (schema {version}, this program knows up to {known}): start \
             that version, or restore a backup made before the upgrade"
        )));
    }
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

    fn version(connection: &Connection) -> i64 {
        pragma(connection, "PRAGMA user_version").unwrap()
    }

    #[test]
    fn an_older_file_is_brought_up_to_date_and_keeps_its_rows() {
        let file = Connection::open_in_memory().unwrap();
        let first = "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (7)";
        migrate(&file, &[first]).unwrap();
        assert_eq!(version(&file), 1);
        migrate(&file, &[first, "ALTER TABLE a ADD COLUMN y INTEGER"]).unwrap();
        assert_eq!(version(&file), 2);
        assert_eq!(pragma(&file, "SELECT x FROM a WHERE y IS NULL").unwrap(), 7);
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let file = Connection::open_in_memory().unwrap();
        migrate(&file, &["CREATE TABLE a (x INTEGER)"]).unwrap();
        let error =
            migrate(&file, &["CREATE TABLE a (x INTEGER)", "CREATE TABLE b (x); CREATE TABLE a (x)"]).unwrap_err();
        assert!(error.0.contains("schema 2"), "{error}");
        assert_eq!(version(&file), 1);
        assert_eq!(pragma(&file, "SELECT count(*) FROM sqlite_schema").unwrap(), 1);
        assert!(file.is_autocommit());
    }

    #[test]
    fn a_newer_file_is_refused_with_the_way_out() {
        let file = Connection::open_in_memory().unwrap();
        migrate(&file, &["CREATE TABLE a (x)", "CREATE TABLE b (x)"]).unwrap();
        let error = migrate(&file, &["CREATE TABLE a (x)"]).unwrap_err();
        assert!(error.0.contains("newer Sigillo (schema 2, this program knows up to 1)"), "{error}");
    }

    #[test]
    fn a_database_of_another_program_is_refused() {
        let file = Connection::open_in_memory().unwrap();
        file.execute_batch("CREATE TABLE songs (title TEXT)").unwrap();
        assert!(prepare(&file).unwrap_err().0.contains("is not a Sigillo store"));
    }
}
