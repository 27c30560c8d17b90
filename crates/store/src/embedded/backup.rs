//! A consistent copy of a store, made beside running work: first the database as it is at one instant, then the files that
//! it refers to, none of which is removed meanwhile. The mark comes last: a copy that was cut short is no store.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;

use super::folder::{self, unusable};
use super::original_files;
use super::originals::{Digest, Files};
use super::restored;
use super::sql::{Statements, column};
use crate::{ErrorKind, StoreError};

/// Rows that are read at once.
const ROWS: i64 = 1_000;

/// Copies the store in `from` to the folder `to`, which does not exist yet. An original that is missing is told at the
/// end; the copy has everything else.
pub(super) fn make(files: &Arc<Files>, from: &Path, to: &Path) -> Result<(), StoreError> {
    let fault = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            let what = format!("{} exists: a backup is made in a folder that does not exist yet", to.display());
            StoreError::new(ErrorKind::Refused, what)
        }
        _ => unusable(to, &error),
    };
    DirBuilder::new().mode(0o700).create(to).map_err(fault)?;
    let hold = files.hold();
    let id = folder::read_mark(from)?;
    let copy = folder::database(to);
    // Made before, so that nobody else can read it for a moment.
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&copy).map_err(fault)?;
    let name = copy.to_str().ok_or_else(|| {
        StoreError::new(ErrorKind::Refused, format!("{} is no name in UTF-8: choose another one", to.display()))
    })?;
    folder::connect(&folder::database(from))?.run("copying sigillo.db", "VACUUM INTO ?1", [name])?;
    restored::note(&folder::connect(&copy)?)?;
    fs::File::open(&copy).and_then(|copy| copy.sync_all()).map_err(fault)?;
    let (source, target) = (original_files::root(from), original_files::root(to));
    original_files::make_folders(&target)?;
    let missing = copy_files(files, &source, &target, &copy)?;
    for first in 0..=u8::MAX {
        folder::sync(&target.join(format!("{first:02x}")))?;
    }
    drop(hold);
    folder::write_mark(to, &id)?;
    to.canonicalize().map_err(fault)?.parent().map_or(Ok(()), folder::sync)?;
    match missing.as_slice() {
        [] => Ok(()),
        [first, ..] => Err(StoreError::damaged(format!(
            "{} has everything but {} originals that are missing here, as {}: restore them from an older backup",
            to.display(),
            missing.len(),
            original_files::path(&source, first).display()
        ))),
    }
}

/// Copies the files that the copied database refers to; those that are missing.
fn copy_files(files: &Files, source: &Path, target: &Path, copy: &Path) -> Result<Vec<Digest>, StoreError> {
    let database = folder::reader(copy)?;
    let (mut missing, mut after) = (Vec::new(), 0);
    loop {
        let sql = "SELECT id, sha256 FROM originals WHERE id > ?1 AND data IS NULL ORDER BY id LIMIT ?2";
        let read = |row: &rusqlite::Row<'_>| Ok((column::<i64>(row, 0)?, column::<Digest>(row, 1)?));
        let found = database.all("copying originals", sql, [after, ROWS], read)?;
        let Some((last, _)) = found.last() else { return Ok(missing) };
        after = *last;
        for (_, digest) in &found {
            if files.is_stopping() {
                return Err(StoreError::new(ErrorKind::Closed, "the store was closed before the backup was whole"));
            }
            let (from, to) = (original_files::path(source, digest), original_files::path(target, digest));
            match copy_file(&from, &to) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => missing.push(*digest),
                copied => copied.map_err(|error| unusable(&to, &error))?,
            }
        }
    }
}

/// A file that is never changed may have a second name; on another file system it is copied.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
            io::copy(&mut fs::File::open(from)?, &mut file)?;
            file.sync_all()
        }
        linked => linked,
    }
}
