//! Files beside the database that hold nothing of their own: made from it, opened, thrown away.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::folder::{prepares_once, unusable};
use super::sql::{Statements, column, failed};
use crate::{ErrorKind, StoreError};

/// Statements kept prepared per connection; more than there are about any such file.
const STATEMENTS: usize = 64;
/// Octets of postings that are gathered in memory before they are written.
pub(super) const GATHERED: usize = 8 << 20;

/// What kind of file it is.
pub(super) struct Form {
    /// What it is called in errors.
    pub(super) name: &'static str,
    /// What `file(1)` and we recognise it by.
    pub(super) application: i64,
    /// Of its tables, and of how what is in them is read: files of others are made anew.
    pub(super) version: i64,
    /// Its tables.
    pub(super) tables: &'static str,
    /// Those among them that are indexes of words.
    pub(super) postings: &'static [&'static str],
}

/// The table that every one has: of which store it was made. One row.
const MADE_FROM: &str = "CREATE TABLE made_from (one INTEGER PRIMARY KEY CHECK (one = 1), store TEXT NOT NULL) STRICT;";

impl Form {
    /// Opens the file of this store to write it, made if it is missing; one that is none, of another store or of another form,
    /// is thrown away. `damaged` says that it could not be read.
    pub(super) fn open(&self, path: &Path, store: &str, damaged: impl FnOnce()) -> Result<Connection, StoreError> {
        match self.existing(path, store, writer) {
            Ok(Some(connection)) => return Ok(connection),
            Ok(None) => {}
            Err(error) if error.kind == ErrorKind::Damaged => damaged(),
            Err(error) => return Err(error),
        }
        remove(path)?;
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| unusable(path, &error))?;
        let connection = writer(self, path)?;
        let what = format!("making {}", self.name);
        let (application, version) = (self.application, self.version);
        let gather = |table| format!("INSERT INTO {table} ({table}, rank) VALUES ('hashsize', {GATHERED});");
        let script = format!(
            "BEGIN IMMEDIATE; PRAGMA application_id = {application}; {MADE_FROM} {} {}
             PRAGMA user_version = {version}; COMMIT;",
            self.tables,
            self.postings.iter().map(gather).collect::<String>()
        );
        connection.execute_batch(&script).map_err(|error| failed(&what, error))?;
        connection.run(&what, "INSERT INTO made_from VALUES (1, ?1)", [store])?;
        Ok(connection)
    }

    /// Opens the file of this store to read it; `None`: there is none, or none of this store and this form.
    pub(super) fn look(&self, path: &Path, store: &str) -> Result<Option<Connection>, StoreError> {
        self.existing(path, store, Self::reader)
    }

    /// What `open` opens, where it is of this store and this form.
    fn existing(
        &self,
        path: &Path,
        store: &str,
        open: impl Fn(&Self, &Path) -> Result<Connection, StoreError>,
    ) -> Result<Option<Connection>, StoreError> {
        if !path.exists() {
            return Ok(None);
        }
        let connection = open(self, path)?;
        let what = format!("opening {}", self.name);
        let number = |sql| connection.one(&what, sql, [], |row| column::<i64>(row, 0));
        let form = (number("PRAGMA application_id")?, number("PRAGMA user_version")?);
        if form != (Some(self.application), Some(self.version)) {
            return Ok(None);
        }
        let of = connection.one(&what, "SELECT store FROM made_from", [], |row| column::<String>(row, 0))?;
        Ok((of.as_deref() == Some(store)).then_some(connection))
    }

    /// A connection that reads.
    pub(super) fn reader(&self, path: &Path) -> Result<Connection, StoreError> {
        let connection = connect(self, path)?;
        let settings = "PRAGMA query_only = ON; PRAGMA cache_size = -8192;";
        connection.execute_batch(settings).map_err(|error| failed(&format!("opening {}", self.name), error))?;
        Ok(connection)
    }
}

/// Throws a file away.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
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

/// Octets that a file takes.
pub(super) fn octets(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}

/// Runs `work` in one transaction of such a file.
pub(super) fn together<T>(
    file: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    begin(file)?;
    let done = work(file);
    end(file, done.is_ok())?;
    done
}

/// Begins a transaction.
pub(super) fn begin(file: &Connection) -> Result<(), StoreError> {
    file.run("starting a transaction of an index", "BEGIN IMMEDIATE", []).map(drop)
}

/// Ends it.
pub(super) fn end(file: &Connection, done: bool) -> Result<(), StoreError> {
    if file.is_autocommit() {
        // A full disk undoes everything by itself.
        return Ok(());
    }
    file.run("ending a transaction of an index", if done { "COMMIT" } else { "ROLLBACK" }, []).map(drop)
}

fn writer(form: &Form, path: &Path) -> Result<Connection, StoreError> {
    let connection = connect(form, path)?;
    // Nothing of it must outlive a power cut but its wholeness: it is flushed when the log is written back, and not before.
    let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;
                    PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;";
    connection.execute_batch(settings).map_err(|error| failed(&format!("opening {}", form.name), error))?;
    Ok(connection)
}

fn connect(form: &Form, path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.execute_batch("PRAGMA trusted_schema = OFF;")?;
        prepares_once(&connection, STATEMENTS)?;
        Ok(connection)
    };
    open().map_err(|error| failed(&format!("opening {}", form.name), error))
}
