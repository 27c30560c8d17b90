//! A consistent copy of a store, made beside running work: first the database as it is at one instant, then the files that
//! it refers to, none of which is removed meanwhile. The mark comes last: a copy that was cut short is no store.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::folder::{self, unusable};
use super::original_files;
use super::originals::{Digest, Files};
use super::restored;
use super::sql::{Statements, column};
use crate::{ErrorKind, StoreError};

/// Rows that are read at once.
const ROWS: i64 = 1_000;
/// Octets of an original that are held at once.
const PART: usize = 256 * 1024;
/// What is wrong with an original that the disk does not give.
const UNREADABLE: &str = "unreadable";

/// What is wrong with originals here.
#[derive(Default)]
struct Bad {
    count: u64,
    /// The first of them, and what is wrong with it.
    first: Option<(PathBuf, &'static str)>,
}

/// Copies the store in `from` to the folder `to`, which does not exist yet. An original that is missing, damaged or cannot be
/// read is told at the end; the copy has everything else.
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
    let bad = copy_files(files, &source, &target, &copy)?;
    for first in 0..=u8::MAX {
        folder::sync(&target.join(format!("{first:02x}")))?;
    }
    drop(hold);
    folder::write_mark(to, &id)?;
    to.canonicalize().map_err(fault)?.parent().map_or(Ok(()), folder::sync)?;
    match bad.first {
        None => Ok(()),
        Some((first, what)) => Err(StoreError::damaged(format!(
            "{} has everything but {} originals that are missing, damaged or unreadable here, as {}, which is {what}: \
             restore them from an older backup",
            to.display(),
            bad.count,
            first.display()
        ))),
    }
}

/// Copies the files that the copied database refers to; those that are not whole here.
fn copy_files(files: &Files, source: &Path, target: &Path, copy: &Path) -> Result<Bad, StoreError> {
    let database = folder::reader(copy)?;
    let (mut bad, mut after) = (Bad::default(), 0);
    loop {
        let sql = "SELECT id, sha256 FROM originals WHERE id > ?1 AND data IS NULL AND NOT gone ORDER BY id LIMIT ?2";
        let read = |row: &rusqlite::Row<'_>| Ok((column::<i64>(row, 0)?, column::<Digest>(row, 1)?));
        let found = database.all("copying originals", sql, [after, ROWS], read)?;
        let Some((last, _)) = found.last() else { return Ok(bad) };
        after = *last;
        for (_, digest) in &found {
            if files.is_stopping() {
                return Err(StoreError::new(ErrorKind::Closed, "the store was closed before the backup was whole"));
            }
            let (from, to) = (original_files::path(source, digest), original_files::path(target, digest));
            if let Some(what) = copy_file(digest, &from, &to).map_err(|error| unusable(&to, &error))? {
                bad.count += 1;
                bad.first.get_or_insert((from, what));
            }
        }
    }
}

/// Copies an original, whose bytes are compared with its digest on the way. Never a second name of the same file: what rots
/// in the store would rot in the backup. `None`: it is whole; otherwise what is wrong with it here. An error is one of the
/// copy: no other original would fare better.
fn copy_file(digest: &Digest, from: &Path, to: &Path) -> io::Result<Option<&'static str>> {
    let mut original = match fs::File::open(from) {
        Ok(original) => original,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some("missing")),
        Err(_) => return Ok(Some(UNREADABLE)),
    };
    let mut copy = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    let (mut hash, mut part) = (Sha256::new(), vec![0; PART]);
    loop {
        let Ok(read) = original_files::fill(&mut original, &mut part) else {
            fs::remove_file(to)?;
            return Ok(Some(UNREADABLE));
        };
        let bytes = part.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        hash.update(bytes);
        copy.write_all(bytes)?;
    }
    copy.sync_all()?;
    Ok((hash.finalize().as_slice() != digest).then_some("damaged"))
}
