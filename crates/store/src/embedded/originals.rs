//! Large originals as files, found by their SHA-256: written before the row that refers to them is committed, removed after
//! the row is gone.
//!
//! A file is kept while a row refers to it or a commit under way is about to: who commits takes a [`Keep`] first, which
//! lives until the transaction has ended. Whoever removes looks for both under one lock, so nothing that is needed can go.
//! What a crash leaves between file and row is an orphan, which [`Files::sweep`] finds.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use bytes::Bytes;
use pec::Shared;
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;

use super::checks::{Check, check};
use super::chunks;
use super::folder::{self, unusable};
use super::layout::Insert;
pub(super) use super::original_files::Digest;
use super::original_files::{Found, fill, folders, list, path, removed, root};
use super::sql::Statements;
use crate::{ErrorKind, StoreError};

const NOT_ITS_DIGEST: &str = "its bytes are not those of its SHA-256";

/// The files.
#[derive(Debug)]
pub(super) struct Files {
    root: PathBuf,
    state: Mutex<State>,
    errands: mpsc::Sender<Errand>,
    /// Of names for files that are being written.
    count: AtomicU64,
    stopping: AtomicBool,
}

#[derive(Debug)]
struct State {
    /// What commits under way are about to refer to.
    kept: HashMap<Digest, Kept>,
    /// Sees every commit that was answered. `None`: the store is closed.
    lookup: Option<Connection>,
    /// Backups under way: nothing is removed meanwhile.
    backups: usize,
    /// Whether the last commit failed on its way to the disk: after a crash it may be found whole, so nothing is removed.
    doubtful: bool,
}

impl State {
    /// Whether nothing is removed now.
    fn holds(&self) -> bool {
        self.backups > 0 || self.doubtful
    }
}

#[derive(Debug, Default)]
struct Kept {
    by: usize,
    /// Whether one of them has written the file durably, or found it to hold the bytes of its digest.
    sound: bool,
    /// Whether it is to be looked at again when the last of them has ended: the file was to go, or one of them wrote it.
    look_again: bool,
}

/// What the sweeper is to do.
#[derive(Debug)]
pub(super) enum Errand {
    /// A file may be needed no longer.
    Remove(Digest),
    /// Look through all files; tells how many went.
    Sweep(Option<oneshot::Sender<Result<u64, StoreError>>>),
    /// Nothing more.
    End,
}

impl Files {
    /// The files of the store in `folder`. Errands go where `errands` leads.
    pub(super) fn new(folder: &Path, errands: mpsc::Sender<Errand>) -> Result<Self, StoreError> {
        let lookup = folder::reader(&folder::database(folder))?;
        let state = State { kept: HashMap::new(), lookup: Some(lookup), backups: 0, doubtful: false };
        Ok(Self {
            root: root(folder),
            state: Mutex::new(state),
            errands,
            count: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
        })
    }

    /// Has an original's file there, durably, and keeps it from being removed while the [`Keep`] lives. Blocks. A file
    /// that is there already counts only if somebody who is committing it right now has written it or seen that it
    /// holds these bytes, or a row vouches for it and it does.
    pub(super) fn keep(self: &Arc<Self>, insert: &Insert) -> Result<Keep, StoreError> {
        let (digest, bytes) = (*insert.shared.sha256(), insert.shared.bytes());
        let mut state = self.lock();
        let vouched = state.vouches(&digest)?;
        let kept = state.kept.entry(digest).or_default();
        kept.by += 1;
        let sound = kept.sound;
        drop(state);
        let keep = Keep { files: self.clone(), digest };
        // One that was written long ago may have rotten since: a message is not committed upon it unseen. Once is enough for
        // all that are committed together, as a thousand receipts with one original.
        if !sound {
            if !(vouched && self.is_as(&digest, bytes)) {
                // Where the commit fails it is an orphan.
                self.look_again(&digest);
                self.write(&digest, bytes)?;
            }
            if let Some(kept) = self.lock().kept.get_mut(&digest) {
                kept.sound = true;
            }
        }
        if !vouched {
            // Reckoned here, not where everybody waits.
            insert.chunks();
        }
        Ok(keep)
    }

    /// Whether an original's file holds these bytes; where it is there and does not, that is told.
    fn is_as(&self, digest: &Digest, bytes: &[u8]) -> bool {
        let path = self.path(digest);
        let Ok(mut file) = File::open(&path) else { return false };
        let mut part = vec![0; 8 * chunks::CHUNK];
        let mut rest = bytes;
        let alike = loop {
            match fill(&mut file, &mut part) {
                Ok(0) => break rest.is_empty(),
                Ok(read) => match rest.split_at_checked(read) {
                    Some((same, behind)) if part.get(..read) == Some(same) => rest = behind,
                    _ => break false,
                },
                Err(_) => break false,
            }
        };
        if !alike {
            tracing::error!(
                event = "store-damage-mended",
                place = %path.display(),
                "an original was damaged and is written anew, since a message with the same content came"
            );
        }
        alike
    }

    fn write(&self, digest: &Digest, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.path(digest);
        let temporary = path.with_extension(format!("{}.new", self.count.fetch_add(1, Ordering::Relaxed)));
        // A crash may have left one of this name: names are counted from each start.
        let written = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&temporary, &path))
            .map_err(|error| unusable(&path, &error));
        if written.is_err() {
            // Best effort: a sweep finds it otherwise.
            let _ = fs::remove_file(&temporary);
        }
        written.and_then(|()| path.parent().map_or(Ok(()), folder::sync))
    }

    /// An original whole, compared with its digest. `None`: its row is gone by now, and so is it.
    pub(super) fn read(&self, digest: &Digest, size: u64) -> Result<Option<Shared>, StoreError> {
        let Some(mut file) = self.open(digest, size)? else { return Ok(None) };
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        file.read_to_end(&mut bytes).map_err(|error| self.failed(digest, &error))?;
        let read = Shared::new(bytes.into());
        if read.sha256() != digest { Err(self.damaged(digest, NOT_ITS_DIGEST)) } else { Ok(Some(read)) }
    }

    /// A part of an original, compared with the checks of its chunks. `None`: as for [`Files::read`].
    pub(super) fn read_range(
        &self,
        digest: &Digest,
        size: u64,
        checks: &[u8],
        range: &Range<u64>,
    ) -> Result<Option<Bytes>, StoreError> {
        let Some(mut file) = self.open(digest, size)? else { return Ok(None) };
        let whole = chunks::covering(range, size);
        let mut bytes = vec![0; usize::try_from(whole.end - whole.start).unwrap_or(0)];
        file.seek(io::SeekFrom::Start(whole.start))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|error| self.failed(digest, &error))?;
        if !chunks::hold(checks, whole.start, &bytes) {
            return Err(self.damaged(digest, &format!("its bytes from {} on are not what was written", whole.start)));
        }
        let cut = |at: u64| usize::try_from(at - whole.start).unwrap_or(usize::MAX).min(bytes.len());
        let (start, end) = (cut(range.start), cut(range.end));
        Ok(Some(Bytes::from(bytes).slice(start..end)))
    }

    /// Looks whether an original's file is what its digest and the checks of its parts say, holding a part at a time; the
    /// error says what is wrong. That its row is gone by now is not wrong.
    pub(super) fn examine(&self, digest: &Digest, size: u64, checks: &[u8]) -> Result<(), StoreError> {
        let Some(mut file) = self.open(digest, size)? else { return Ok(()) };
        let (mut whole, mut part) = (Sha256::new(), vec![0; chunks::CHUNK]);
        let (mut known, mut alike) = (checks.chunks_exact(size_of::<Check>()), true);
        loop {
            if self.is_stopping() {
                return Err(StoreError::new(ErrorKind::Closed, "the store was closed before the check had ended"));
            }
            let read = fill(&mut file, &mut part).map_err(|error| self.failed(digest, &error))?;
            let bytes = part.get(..read).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            whole.update(bytes);
            alike &= known.next().is_some_and(|known| known == check(&[bytes]));
        }
        if whole.finalize().as_slice() != digest {
            return Err(self.damaged(digest, NOT_ITS_DIGEST));
        }
        match alike && known.next().is_none() {
            true => Ok(()),
            false => Err(self.damaged(digest, "the checks of an original's parts are not those of its bytes")),
        }
    }

    fn open(&self, digest: &Digest, size: u64) -> Result<Option<File>, StoreError> {
        // Twice: it may have gone with its last message and come back with another one.
        for _ in 0..2 {
            match File::open(self.path(digest)) {
                Ok(file) => {
                    let found = file.metadata().map_err(|error| self.failed(digest, &error))?.len();
                    let as_long = found == size;
                    let what = format!("it has {found} octets, not {size}");
                    return if as_long { Ok(Some(file)) } else { Err(self.damaged(digest, &what)) };
                }
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(self.failed(digest, &error)),
                Err(_) if !self.lock().vouches(digest)? => return Ok(None),
                Err(_) => {}
            }
        }
        Err(self.damaged(digest, "it is missing"))
    }

    fn failed(&self, digest: &Digest, error: &io::Error) -> StoreError {
        StoreError::new(
            ErrorKind::Disk,
            format!("reading {}: {error}: look at the system log", self.path(digest).display()),
        )
    }

    fn damaged(&self, digest: &Digest, what: &str) -> StoreError {
        let path = self.path(digest);
        StoreError::damaged(format!("{} is damaged: {what}; restore it from the last backup", path.display()))
    }

    /// Removes a file that nothing refers to; whether it did.
    pub(super) fn remove(&self, digest: &Digest) -> Result<bool, StoreError> {
        let mut state = self.lock();
        if let Some(kept) = state.kept.get_mut(digest) {
            kept.look_again = true;
            return Ok(false);
        }
        if state.holds() || state.lookup.is_none() || state.vouches(digest)? {
            return Ok(false);
        }
        // Under the lock: nobody begins to need it meanwhile.
        removed(&self.path(digest))
    }

    fn look_again(&self, digest: &Digest) {
        if let Some(kept) = self.lock().kept.get_mut(digest) {
            kept.look_again = true;
        }
    }

    /// A commit failed on its way to the disk, and after a crash now it may be found whole: no file is removed until another
    /// one has taken its place. Called before the commit's [`Keep`]s are dropped.
    pub(super) fn doubt(&self) {
        self.lock().doubtful = true;
    }

    /// A commit reached the disk: what failed before it is never found again.
    pub(super) fn trust(&self) {
        if std::mem::take(&mut self.lock().doubtful) {
            self.send(Errand::Sweep(None));
        }
    }

    /// Removes a file that was being written, unless it still is.
    fn remove_unfinished(&self, digest: &Digest, path: &Path) -> Result<bool, StoreError> {
        let state = self.lock();
        if state.kept.contains_key(digest) { Ok(false) } else { removed(path) }
    }

    /// Removes every file that nothing refers to; how many. Ends early when the store closes.
    pub(super) fn sweep(&self) -> Result<u64, StoreError> {
        let mut gone = 0;
        for folder in folders(&self.root) {
            for found in list(&folder)? {
                if self.is_stopping() {
                    return Ok(gone);
                }
                gone += u64::from(match found {
                    Found::Original(digest) => self.remove(&digest)?,
                    Found::Unfinished(digest, path) => self.remove_unfinished(&digest, &path)?,
                    Found::Foreign => false,
                });
            }
        }
        Ok(gone)
    }

    /// How many files nothing refers to.
    pub(super) fn orphans(&self) -> Result<u64, StoreError> {
        let mut orphans = 0;
        for folder in folders(&self.root) {
            for found in list(&folder)? {
                let state = self.lock();
                orphans += u64::from(match found {
                    Found::Original(digest) => !state.kept.contains_key(&digest) && !state.vouches(&digest)?,
                    Found::Unfinished(digest, _) => !state.kept.contains_key(&digest),
                    Found::Foreign => false,
                });
            }
        }
        Ok(orphans)
    }

    /// Keeps every file until what is given back is dropped.
    pub(super) fn hold(self: &Arc<Self>) -> Hold {
        self.lock().backups += 1;
        Hold(self.clone())
    }

    /// Where an original is, or would be.
    pub(super) fn path(&self, digest: &Digest) -> PathBuf {
        path(&self.root, digest)
    }

    /// Has something done by who sweeps.
    pub(super) fn send(&self, errand: Errand) {
        // Nobody is there when the store is closed; the next start sweeps.
        let _ = self.errands.send(errand);
    }

    /// Lets what takes long end early.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether a commit under way is about to refer to it.
    #[cfg(test)]
    pub(super) fn is_kept(&self, digest: &Digest) -> bool {
        self.lock().kept.contains_key(digest)
    }

    /// Whether what takes long is to end early.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Gives the database back; nothing is kept or removed afterwards.
    pub(super) fn close(&self) {
        self.lock().lookup = None;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether a row refers to this file.
    fn vouches(&self, digest: &Digest) -> Result<bool, StoreError> {
        let closed = || StoreError::new(ErrorKind::Closed, "the store is closed");
        let sql = "SELECT 1 FROM originals WHERE sha256 = ?1 AND data IS NULL AND NOT gone";
        let lookup = self.lookup.as_ref().ok_or_else(closed)?;
        Ok(lookup.one("looking for an original", sql, [digest], |_| Ok(()))?.is_some())
    }
}

/// A file that a commit under way is about to refer to. To be dropped when its transaction has ended.
#[derive(Debug)]
pub(super) struct Keep {
    files: Arc<Files>,
    digest: Digest,
}

impl Drop for Keep {
    fn drop(&mut self) {
        let mut state = self.files.lock();
        let Entry::Occupied(mut kept) = state.kept.entry(self.digest) else { return };
        kept.get_mut().by -= 1;
        if kept.get().by > 0 {
            return;
        }
        let look_again = kept.remove().look_again;
        drop(state);
        if look_again {
            self.files.send(Errand::Remove(self.digest));
        }
    }
}

/// While it lives, no file is removed.
#[derive(Debug)]
pub(super) struct Hold(Arc<Files>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.lock().backups -= 1;
        // What should have gone meanwhile.
        self.0.send(Errand::Sweep(None));
    }
}
