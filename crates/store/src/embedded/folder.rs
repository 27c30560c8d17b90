//! The folder on disk: who may open it, and how its database is opened.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::sql::failed;
use crate::StoreError;

/// How long a statement waits for a foreign transaction (an operator's, a backup's).
const BUSY: Duration = Duration::from_secs(10);
/// Statements kept prepared per connection; more than there are in this crate.
const STATEMENTS: usize = 128;

/// A folder that is ours until this is dropped.
pub(super) struct Folder {
    database: PathBuf,
    made: i64,
    _lock: File,
}

impl Folder {
    /// Makes the folder if it is missing (mode 0700, files 0600) and takes it; refuses one that is in use.
    pub(super) fn take(path: &Path) -> Result<Self, StoreError> {
        let fault = |error: io::Error| {
            StoreError(format!(
                "the folder {} cannot be used: {error}; it must belong to the user that runs Sigillo and be writable",
                path.display()
            ))
        };
        let new = !path.exists();
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(fault)?;
        if fs::metadata(path).map_err(fault)?.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(fault)?;
        }
        let lock = Self::lock(path, fault)?;
        let database = path.join("sigillo.db");
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&database);
        // Second precision is enough: it only has to differ from that of a lost store in the same place.
        let made = file.and_then(|file| file.metadata()).map_err(fault)?.mtime();
        // The new names themselves are durable before anything is accepted into them.
        File::open(path).and_then(|folder| folder.sync_all()).map_err(fault)?;
        if let Some(parent) = path.canonicalize().map_err(fault)?.parent().filter(|_| new) {
            File::open(parent).and_then(|folder| folder.sync_all()).map_err(fault)?;
        }
        Ok(Self { database, made, _lock: lock })
    }

    fn lock(path: &Path, fault: impl Fn(io::Error) -> StoreError) -> Result<File, StoreError> {
        let name = path.join("sigillo.lock");
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).clone();
        let mut file = options.open(name).map_err(&fault)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                let _ = file.read_to_string(&mut owner);
                return Err(StoreError(format!(
                    "the folder {} is in use by another Sigillo (process {}): stop it, or name another folder in the \
                     configuration",
                    path.display(),
                    owner.trim()
                )));
            }
            Err(TryLockError::Error(error)) => return Err(fault(error)),
        }
        // Only for the message above: the lock itself ends with the process, however it ends.
        file.set_len(0).and_then(|()| file.rewind()).map_err(&fault)?;
        writeln!(file, "{}", std::process::id()).map_err(&fault)?;
        Ok(file)
    }

    /// Seconds since 1970 at which the database file was last changed before this opening (made, when new).
    pub(super) fn made(&self) -> i64 {
        self.made
    }

    /// The connection that writes.
    pub(super) fn writer(&self) -> Result<Connection, StoreError> {
        let connection = connect(&self.database)?;
        let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; \
                        PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536;";
        connection.execute_batch(settings).map_err(|e| failed("opening sigillo.db", e))?;
        Ok(connection)
    }

    /// Where readers connect.
    pub(super) fn database(&self) -> PathBuf {
        self.database.clone()
    }
}

/// A connection that only reads.
pub(super) fn reader(database: &Path) -> Result<Connection, StoreError> {
    let connection = connect(database)?;
    connection.execute_batch("PRAGMA query_only = ON").map_err(|e| failed("opening sigillo.db for reading", e))?;
    Ok(connection)
}

fn connect(database: &Path) -> Result<Connection, StoreError> {
    // Without CREATE: a file that was moved away is an error, not a new empty store.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(database, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;")?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(connection)
    };
    open().map_err(|e| failed(&format!("opening {}", database.display()), e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_and_the_file_are_closed_to_others() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("new/store");
        let _folder = Folder::take(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        for name in ["sigillo.db", "sigillo.lock"] {
            assert_eq!(fs::metadata(path.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_folder_open_to_others_is_closed() {
        let place = tempfile::tempdir().unwrap();
        fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
        let _folder = Folder::take(place.path()).unwrap();
        assert_eq!(fs::metadata(place.path()).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_folder_in_use_is_refused_and_the_owner_named_until_it_is_released() {
        let place = tempfile::tempdir().unwrap();
        let first = Folder::take(place.path()).unwrap();
        let Err(error) = Folder::take(place.path()) else { panic!("two owners of one folder") };
        assert!(error.0.contains(&format!("in use by another Sigillo (process {})", std::process::id())), "{error}");
        drop(first);
        assert!(Folder::take(place.path()).is_ok());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error_that_names_it() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("file"), "").unwrap();
        let Err(error) = Folder::take(&place.path().join("file/store")) else { panic!("a folder inside a file") };
        assert!(error.0.contains("file/store cannot be used"), "{error}");
    }
}
