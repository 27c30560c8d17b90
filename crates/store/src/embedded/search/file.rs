//! The index's file: made, opened, thrown away.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::embedded::folder::{prepares_once, unusable};
use crate::embedded::sql::{Statements, column, failed};
use crate::{ErrorKind, StoreError};

/// `SIGX`: what `file(1)` and we recognise the file by.
const APPLICATION: i64 = 0x5349_4758;
/// The form of the index. Whoever changes what is in it, or how texts are read, counts on: older ones are made anew.
const VERSION: i64 = 2;
/// Statements kept prepared per connection; more than there are about the index.
const STATEMENTS: usize = 64;
/// Octets of postings that are gathered in memory before they are written.
const GATHERED: usize = 8 << 20;

/// Where the index of a store is.
pub(in crate::embedded) fn path(folder: &Path) -> PathBuf {
    folder.join("search.db")
}

/// Opens the index of this store to write it, made if it is missing; one that is none, of another store or of another form,
/// is thrown away.
pub(super) fn open(path: &Path, store: &str) -> Result<Connection, StoreError> {
    match existing(path, store) {
        Ok(Some(connection)) => return Ok(connection),
        Ok(None) => {}
        Err(error) if error.kind == ErrorKind::Damaged => {
            tracing::warn!(event = "search-index-damaged", "the search index cannot be read and is made anew");
        }
        Err(error) => return Err(error),
    }
    remove(path)?;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|error| unusable(path, &error))?;
    let connection = writer(path)?;
    let script = format!(
        "BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION}; {}
         INSERT INTO grams (grams, rank) VALUES ('hashsize', {GATHERED});
         INSERT INTO words (words, rank) VALUES ('hashsize', {GATHERED});
         PRAGMA user_version = {VERSION}; COMMIT;",
        include_str!("schema.sql")
    );
    connection.execute_batch(&script).map_err(|error| failed("making the search index", error))?;
    connection.run("making the search index", "INSERT INTO made_from VALUES (1, ?1)", [store])?;
    Ok(connection)
}

/// The index as it is; `None`: there is none, or none of this store and this form.
fn existing(path: &Path, store: &str) -> Result<Option<Connection>, StoreError> {
    if !path.exists() {
        return Ok(None);
    }
    let connection = writer(path)?;
    let what = "opening the search index";
    let number = |sql| connection.one(what, sql, [], |row| column::<i64>(row, 0));
    if number("PRAGMA application_id")? != Some(APPLICATION) || number("PRAGMA user_version")? != Some(VERSION) {
        return Ok(None);
    }
    let of = connection.one(what, "SELECT store FROM made_from", [], |row| column::<String>(row, 0))?;
    Ok((of.as_deref() == Some(store)).then_some(connection))
}

/// Throws the index away.
pub(in crate::embedded) fn remove(path: &Path) -> Result<(), StoreError> {
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        let file = PathBuf::from(name);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(&file, &error)),
            _ => {}
        }
    }
    Ok(())
}

/// Octets that the index takes.
pub(super) fn octets(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}

fn writer(path: &Path) -> Result<Connection, StoreError> {
    let connection = connect(path)?;
    // Nothing of it must outlive a power cut but its wholeness: it is flushed when the log is written back, and not before.
    let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;
                    PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;";
    connection.execute_batch(settings).map_err(|error| failed("opening the search index", error))?;
    Ok(connection)
}

/// A connection that reads.
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = connect(path)?;
    let settings = "PRAGMA query_only = ON; PRAGMA cache_size = -8192;";
    connection.execute_batch(settings).map_err(|error| failed("opening the search index", error))?;
    Ok(connection)
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.execute_batch("PRAGMA trusted_schema = OFF;")?;
        prepares_once(&connection, STATEMENTS)?;
        Ok(connection)
    };
    open().map_err(|error| failed("opening the search index", error))
}
