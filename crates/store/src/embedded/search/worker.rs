//! The thread that keeps the index: it follows folders when something changed, sweeps when nothing does, and makes the file
//! anew where it is of no use.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::{Connection, params};

use super::file;
use super::follow::{Round, Trouble};
use super::shelf::Shelf;
use super::sweep;
use crate::embedded::derived::{self, begin, end, together};
use crate::embedded::folder;
use crate::embedded::originals::Files;
use crate::embedded::pending::Work;
use crate::embedded::sql::{Statements, column, unsigned};
use crate::{ErrorKind, FolderId, MailboxId, StoreError};

/// How long it waits for company before it follows a change: what comes together is written together.
const GATHER: Duration = Duration::from_millis(100);
/// How long it waits before it tries again what did not work.
const AGAIN: Duration = Duration::from_secs(10);

/// The thread.
pub(in crate::embedded) struct Indexer {
    shelf: Arc<Shelf>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Indexer {
    /// Starts it: first it looks at what changed while nobody followed.
    pub(in crate::embedded) fn start(
        shelf: Arc<Shelf>,
        database: PathBuf,
        store: String,
        files: Arc<Files>,
    ) -> Result<Self, StoreError> {
        shelf.pending().ask(Work { look: true, ..Work::default() });
        let its = shelf.clone();
        let room = Room { shelf: its, database, store, files, waiting: Line::default() };
        let thread =
            thread::Builder::new().name("store-indexer".into()).spawn(move || room.work()).map_err(|error| {
                StoreError::new(ErrorKind::Disk, format!("the thread of the search index cannot start: {error}"))
            })?;
        Ok(Self { shelf, thread: Mutex::new(Some(thread)) })
    }

    /// Ends it and gives the databases back. Blocks for as long as one round takes.
    pub(in crate::embedded) fn end(&self) {
        self.shelf.pending().stop();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!(event = "search-indexer-lost", "the thread of the search index ended by a fault");
        }
        self.shelf.close();
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        self.end();
    }
}

struct Room {
    shelf: Arc<Shelf>,
    database: PathBuf,
    store: String,
    files: Arc<Files>,
    waiting: Line,
}

/// What it works on.
struct Desk {
    db: Connection,
    index: Connection,
}

/// Folders that are to be followed, each once, who came first first.
#[derive(Default)]
struct Line {
    order: VecDeque<FolderId>,
    inside: HashSet<FolderId>,
}

impl Line {
    fn extend(&mut self, folders: impl IntoIterator<Item = FolderId>) {
        for folder in folders {
            if self.inside.insert(folder) {
                self.order.push_back(folder);
            }
        }
    }

    fn leave(&mut self, folders: &[FolderId]) {
        for folder in folders {
            self.inside.remove(folder);
        }
        self.order.retain(|folder| self.inside.contains(folder));
    }
}

impl Room {
    fn work(mut self) {
        let (mut desk, mut idle, mut failed) = (None, false, 0u32);
        loop {
            let patience = if idle { None } else { Some(Duration::ZERO) };
            let Some(mut work) = self.shelf.pending().take(patience) else { return };
            if idle {
                self.shelf.pending().pause(GATHER);
                let Some(more) = self.shelf.pending().take(Some(Duration::ZERO)) else { return };
                work.add(more);
            }
            match self.step(&mut desk, work) {
                Ok(more) => {
                    (idle, failed) = (!more, 0);
                    self.shelf.note(None);
                    if idle {
                        self.shelf.pending().done();
                    }
                }
                Err(trouble) => {
                    (idle, desk) = (false, None);
                    self.fail(trouble);
                    self.shelf.pending().pause(AGAIN.min(GATHER * 2u32.saturating_pow(failed)));
                    failed += 1;
                }
            }
        }
    }

    /// Does a part of what is to be done; whether there may be more.
    fn step(&mut self, desk: &mut Option<Desk>, work: Work) -> Result<bool, Trouble> {
        if work.anew {
            *desk = None;
            self.shelf.withdraw();
            derived::remove(self.shelf.path()).map_err(Trouble::Index)?;
            self.waiting = Line::default();
            self.shelf.count_begun();
            tracing::info!(event = "search-index-begun", "the search index is made anew");
        }
        let Desk { db, index } = match desk {
            Some(desk) => desk,
            none => none.insert(self.open()?),
        };
        if work.anew || work.look {
            self.waiting.extend(changed(db, index, None)?);
        }
        for mailbox in work.mailboxes {
            self.waiting.extend(changed(db, index, Some(mailbox))?);
        }
        self.waiting.extend(work.folders);
        if self.waiting.order.is_empty() {
            return together(index, sweep::step).map_err(Trouble::Index);
        }
        let (followed, messages) = round(db, &self.files, index, &self.waiting.order)?;
        self.waiting.leave(&followed);
        // Who has much to be followed lets the others go first.
        self.waiting.order.rotate_left(usize::from(self.waiting.order.len() > 1));
        self.shelf.count(messages as u64);
        Ok(true)
    }

    fn open(&self) -> Result<Desk, Trouble> {
        let index = file::open(self.shelf.path(), &self.store).map_err(Trouble::Index)?;
        let db = folder::reader(&self.database).map_err(Trouble::Mail)?;
        self.shelf.open();
        Ok(Desk { db, index })
    }

    /// Notes why it does not go on. What was taken in hand is found again by a look at everything.
    fn fail(&self, trouble: Trouble) {
        let (error, index) = match trouble {
            Trouble::Index(error) => (error, true),
            Trouble::Mail(error) => (error, false),
        };
        self.shelf.note(Some(error.to_string()));
        let useless = index && matches!(error.kind, ErrorKind::Damaged | ErrorKind::Bug);
        tracing::warn!(event = "search-not-indexed", %error, "the search index does not go on; searches are exact without it, and slow");
        match useless {
            true => self.shelf.begin_anew(),
            false => self.shelf.pending().ask(Work { look: true, ..Work::default() }),
        }
    }
}

/// Follows folders in one transaction of the index; those that were followed to their end, and how many messages were read.
fn round(
    db: &Connection,
    files: &Files,
    index: &Connection,
    waiting: &VecDeque<FolderId>,
) -> Result<(Vec<FolderId>, usize), Trouble> {
    begin(index).map_err(Trouble::Index)?;
    let mut round = Round::new(db, files, index);
    let mut followed = Vec::new();
    let work = || {
        for folder in waiting {
            if round.is_full() {
                break;
            }
            if round.follow(*folder)? {
                followed.push(*folder);
            }
        }
        let messages = round.messages;
        round.write().map_err(Trouble::Index)?;
        Ok(messages)
    };
    let done = work();
    let ended = end(index, done.is_ok()).map_err(Trouble::Index);
    let messages = done?;
    ended.map(|()| (followed, messages))
}

/// Folders that changed since they were followed, of a mailbox or of all.
fn changed(db: &Connection, index: &Connection, mailbox: Option<MailboxId>) -> Result<Vec<FolderId>, Trouble> {
    let what = "looking for folders that changed";
    let (all, which) = (mailbox.is_none(), mailbox.map_or(0, |mailbox| mailbox.0));
    let sql = "SELECT f.folder, min(f.modseq, f.gone) FROM followed AS f JOIN boxes AS b ON b.number = f.box
               WHERE ?1 OR b.mailbox = ?2";
    let known = index.all(what, sql, params![all, which], |row| Ok((column::<i64>(row, 0)?, unsigned::<u64>(row, 1)?)));
    let mut known: HashMap<i64, u64> = known.map_err(Trouble::Index)?.into_iter().collect();
    let sql = match mailbox {
        Some(_) => "SELECT id, highest_modseq FROM folders WHERE mailbox = ?1",
        None => "SELECT id, highest_modseq FROM folders WHERE ?1 = 0",
    };
    let there = db.all(what, sql, [which], |row| Ok((column::<i64>(row, 0)?, unsigned::<u64>(row, 1)?)));
    let mut changed = there.map_err(Trouble::Mail)?;
    changed.retain(|(folder, highest)| known.remove(folder).is_none_or(|followed| followed < *highest));
    // What is left is not there any more.
    Ok(changed.into_iter().map(|(folder, _)| folder).chain(known.into_keys()).map(FolderId).collect())
}
