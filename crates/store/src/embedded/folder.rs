//! The folder on disk: how a store is made, who may open it, and how its database is opened.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::sql::failed;
use crate::{ErrorKind, StoreError};

/// The database.
const DATABASE: &str = "sigillo.db";
/// What says that a folder is a store, and which.
const MARK: &str = "sigillo.store";
/// The first words of the mark; the store's id follows.
const WORDS: &str = "Sigillo store ";
/// Locked while a process has the folder.
const LOCK: &str = "sigillo.lock";
/// How long a statement waits for a foreign transaction (an operator's, a backup's).
const BUSY: Duration = Duration::from_secs(10);
/// Statements kept prepared per connection; more than there are in this crate.
const STATEMENTS: usize = 256;

/// A folder that is ours until this is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Takes a folder for a new store: made if it is missing, refused if it holds anything. It becomes a store only by
    /// its mark ([`Folder::mark`]), which comes last.
    pub(super) fn prepare(path: &Path) -> Result<Self, StoreError> {
        let fault = |error| unusable(path, &error);
        let refused = |why: &str| Err(StoreError::new(ErrorKind::Refused, format!("{}: {why}", path.display())));
        if path.join(MARK).exists() {
            return refused("there is a store here already; to begin anew, name another folder");
        }
        let new: Vec<&Path> =
            path.ancestors().take_while(|place| !place.as_os_str().is_empty() && !place.exists()).collect();
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(fault)?;
        let foreign = |entry: io::Result<fs::DirEntry>| entry.map(|entry| entry.file_name() != "lost+found");
        if fs::read_dir(path)
            .map_err(fault)?
            .map(foreign)
            .collect::<io::Result<Vec<_>>>()
            .map_err(fault)?
            .contains(&true)
        {
            return refused(
                "a store is made in an empty folder and this one is not empty; if a making of a store was cut short \
                 here, empty it and begin again",
            );
        }
        fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(fault)?;
        let lock = lock(path)?;
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path.join(DATABASE)).map_err(fault)?;
        // Every folder that was made is a name in the one above it.
        for place in new {
            place.canonicalize().map_err(fault)?.parent().map_or(Ok(()), sync)?;
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Says durably that this folder is the store with this id.
    pub(super) fn mark(&self, id: &str) -> Result<(), StoreError> {
        write_mark(&self.path, id)
    }

    /// Takes a folder that is a store; refuses one without its mark, one in use, and one whose database is gone. Also
    /// gives the id in the mark.
    pub(super) fn take(path: &Path) -> Result<(Self, String), StoreError> {
        let id = read_mark(path)?;
        let lock = lock(path)?;
        let database = path.join(DATABASE);
        if fs::metadata(&database).map_or(0, |found| found.len()) == 0 {
            return Err(StoreError::damaged(format!(
                "{} is missing or empty although {MARK} says that this folder is a store: restore the last backup",
                database.display()
            )));
        }
        if fs::metadata(path).map_err(|error| unusable(path, &error))?.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(|error| unusable(path, &error))?;
        }
        Ok((Self { path: path.to_owned(), _lock: lock }, id))
    }

    /// The connection that writes.
    pub(super) fn writer(&self) -> Result<Connection, StoreError> {
        let connection = connect(&self.database())?;
        // What a savepoint keeps for undoing stays in memory: on disk it would be a second copy of what is written.
        let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; \
                        PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;";
        connection.execute_batch(settings).map_err(|e| failed("opening sigillo.db", e))?;
        Ok(connection)
    }

    /// Where readers connect.
    pub(super) fn database(&self) -> PathBuf {
        database(&self.path)
    }
}

/// Where the database of a store is.
pub(super) fn database(folder: &Path) -> PathBuf {
    folder.join(DATABASE)
}

/// The id in the mark of a folder; an error says that there is no store.
pub(super) fn read_mark(folder: &Path) -> Result<String, StoreError> {
    let text = match fs::read_to_string(folder.join(MARK)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound || error.kind() == io::ErrorKind::NotADirectory => {
            return Err(StoreError::new(
                ErrorKind::NoStore,
                format!(
                    "there is no store in {}: it has no file {MARK}. Is the volume mounted? A new store is made with \
                     `sigillo store create`",
                    folder.display()
                ),
            ));
        }
        Err(error) => return Err(unusable(folder, &error)),
    };
    let id = text.strip_prefix(WORDS).map(str::trim_end).filter(|id| !id.is_empty());
    id.map(str::to_owned).ok_or_else(|| {
        StoreError::damaged(format!(
            "{} is not as it was written: restore it from the last backup",
            folder.join(MARK).display()
        ))
    })
}

/// Writes the mark of a folder, durably and in one step.
pub(super) fn write_mark(folder: &Path, id: &str) -> Result<(), StoreError> {
    let fault = |error| unusable(folder, &error);
    let temporary = folder.join("sigillo.store.new");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary).map_err(fault)?;
    writeln!(file, "{WORDS}{id}").and_then(|()| file.sync_all()).map_err(fault)?;
    fs::rename(&temporary, folder.join(MARK)).map_err(fault)?;
    sync(folder)
}

/// Makes the names in a folder durable.
pub(super) fn sync(folder: &Path) -> Result<(), StoreError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| unusable(folder, &error))
}

/// An error of the operating system about the folder or a file in it.
pub(super) fn unusable(place: &Path, error: &io::Error) -> StoreError {
    let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    let (kind, advice) = match full {
        true => (ErrorKind::Full, "the disk is full: free space on the store's file system"),
        false => (ErrorKind::Disk, "it must belong to the user that runs Sigillo and be writable"),
    };
    StoreError::new(kind, format!("{} cannot be used: {error}; {advice}", place.display()))
}

fn lock(path: &Path) -> Result<File, StoreError> {
    let fault = |error| unusable(path, &error);
    let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).clone();
    let mut file = options.open(path.join(LOCK)).map_err(fault)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            let _ = file.read_to_string(&mut owner);
            return Err(StoreError::new(
                ErrorKind::Busy,
                format!(
                    "the folder {} is in use by another Sigillo (process {}): stop it, or name another folder in the \
                     configuration",
                    path.display(),
                    owner.trim()
                ),
            ));
        }
        Err(TryLockError::Error(error)) => return Err(fault(error)),
    }
    // Only for the message above: the lock itself ends with the process, however it ends.
    file.set_len(0).and_then(|()| file.rewind()).map_err(fault)?;
    writeln!(file, "{}", std::process::id()).map_err(fault)?;
    Ok(file)
}

/// A connection that only reads.
pub(super) fn reader(database: &Path) -> Result<Connection, StoreError> {
    let connection = connect(database)?;
    connection.execute_batch("PRAGMA query_only = ON").map_err(|e| failed("opening sigillo.db for reading", e))?;
    Ok(connection)
}

/// So many statements are prepared once for all values that are ever bound: where a plan may depend on one, SQLite prepares
/// it anew for the next.
pub(super) fn prepares_once(connection: &Connection, statements: usize) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(statements);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// A connection to a file that must be there.
pub(super) fn connect(database: &Path) -> Result<Connection, StoreError> {
    // Without CREATE: a file that was moved away is an error, not a new empty store.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(database, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;")?;
        prepares_once(&connection, STATEMENTS)?;
        Ok(connection)
    };
    open().map_err(|e| failed(&format!("opening {}", database.display()), e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(path: &Path) -> Folder {
        let folder = Folder::prepare(path).unwrap();
        fs::write(path.join(DATABASE), "rows").unwrap();
        folder.mark("id").unwrap();
        folder
    }

    #[test]
    fn the_folder_and_its_files_are_closed_to_others() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("new/store");
        let _folder = made(&path);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        for name in [DATABASE, LOCK, MARK] {
            assert_eq!(fs::metadata(path.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_folder_open_to_others_is_closed() {
        let place = tempfile::tempdir().unwrap();
        drop(made(place.path()));
        fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
        let _folder = Folder::take(place.path()).unwrap();
        assert_eq!(fs::metadata(place.path()).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_store_is_made_in_an_empty_folder_only() {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir(place.path().join("lost+found")).unwrap();
        drop(made(place.path()));
        let again = Folder::prepare(place.path()).unwrap_err();
        assert!(again.kind == ErrorKind::Refused && again.what.contains("a store here already"), "{again}");
        let other = tempfile::tempdir().unwrap();
        fs::write(other.path().join("letter.txt"), "").unwrap();
        let full = Folder::prepare(other.path()).unwrap_err();
        assert!(full.kind == ErrorKind::Refused && full.what.contains("not empty"), "{full}");
        assert!(!other.path().join(LOCK).exists(), "a folder that is not ours is left as it is");
    }

    #[test]
    fn a_folder_without_its_mark_is_no_store_and_is_left_as_it_is() {
        let place = tempfile::tempdir().unwrap();
        for path in [place.path().to_owned(), place.path().join("unmounted/store")] {
            let missing = Folder::take(&path).unwrap_err();
            assert_eq!(missing.kind, ErrorKind::NoStore);
            assert!(missing.what.contains("Is the volume mounted?") && missing.what.contains("sigillo store create"));
        }
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_store_whose_database_is_empty_or_whose_mark_is_spoilt_is_damaged() {
        let place = tempfile::tempdir().unwrap();
        drop(made(place.path()));
        for spoil in ["", "no store"] {
            fs::write(place.path().join(if spoil.is_empty() { DATABASE } else { MARK }), spoil).unwrap();
            let damaged = Folder::take(place.path()).unwrap_err();
            assert_eq!(damaged.kind, ErrorKind::Damaged);
            assert!(damaged.what.contains("backup"), "{damaged}");
        }
    }

    #[test]
    fn a_folder_in_use_is_refused_and_the_owner_named_until_it_is_released() {
        let place = tempfile::tempdir().unwrap();
        let first = made(place.path());
        let error = Folder::take(place.path()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Busy);
        assert!(error.what.contains(&format!("in use by another Sigillo (process {})", std::process::id())), "{error}");
        drop(first);
        assert!(Folder::take(place.path()).is_ok());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error_that_names_it() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("file"), "").unwrap();
        let error = Folder::prepare(&place.path().join("file/store")).unwrap_err();
        assert!(error.kind == ErrorKind::Disk && error.what.contains("file/store cannot be used"), "{error}");
    }
}
