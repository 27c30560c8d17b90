//! What the index for searches does not know yet: told by the writer after each commit, taken by the index's own thread. A
//! set, not a list: however far the index is behind, it holds each folder once, and telling never waits.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::{Change, ChangeKind, FeedItem, FolderId, MailboxId};

/// What waits.
pub(super) struct Pending {
    state: Mutex<State>,
    bell: Condvar,
    /// Whether nothing waits and nothing is under way.
    idle: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    work: Work,
    since: Option<Instant>,
    stopping: bool,
}

/// What is to be done.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// Everything, from the beginning.
    pub(super) anew: bool,
    /// A look at all folders: which have changed since they were followed.
    pub(super) look: bool,
    /// The same in these mailboxes, whose lists of folders changed.
    pub(super) mailboxes: HashSet<MailboxId>,
    /// Folders in which messages came, went or were marked.
    pub(super) folders: HashSet<FolderId>,
}

impl Work {
    /// Whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        !self.anew && !self.look && self.mailboxes.is_empty() && self.folders.is_empty()
    }

    /// This too.
    pub(super) fn add(&mut self, more: Work) {
        self.anew |= more.anew;
        self.look |= more.look;
        self.mailboxes.extend(more.mailboxes);
        self.folders.extend(more.folders);
    }
}

impl Default for Pending {
    fn default() -> Self {
        Self { state: Mutex::default(), bell: Condvar::new(), idle: watch::Sender::new(true) }
    }
}

impl Pending {
    /// Notes what was committed.
    pub(super) fn note(&self, items: &[FeedItem]) {
        let mut work = Work::default();
        for item in items {
            let FeedItem::Mailbox(Change { mailbox, folder, what, .. }) = item else { continue };
            match (what, *folder) {
                (ChangeKind::Added(_) | ChangeKind::Vanished(_) | ChangeKind::Flags(_), Some(folder)) => {
                    work.folders.insert(folder);
                }
                (ChangeKind::Folders, _) => {
                    work.mailboxes.insert(*mailbox);
                }
                _ => {}
            }
        }
        if !work.is_empty() {
            self.ask(work);
        }
    }

    /// Asks for work.
    pub(super) fn ask(&self, work: Work) {
        let mut state = self.lock();
        state.work.add(work);
        state.since.get_or_insert_with(Instant::now);
        self.idle.send_if_modified(|idle| std::mem::replace(idle, false));
        drop(state);
        self.bell.notify_one();
    }

    /// Waits for work, for so long at most where `patience` says, and takes it; `None`: it is over.
    pub(super) fn take(&self, patience: Option<Duration>) -> Option<Work> {
        let mut state = self.lock();
        let waits = |state: &mut State| state.work.is_empty() && !state.stopping;
        state = match patience {
            Some(patience) => {
                self.bell.wait_timeout_while(state, patience, waits).unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.bell.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner),
        };
        (!state.stopping).then(|| std::mem::take(&mut state.work))
    }

    /// Waits so long, unless it is over.
    pub(super) fn pause(&self, time: Duration) {
        let state = self.lock();
        let paused = self.bell.wait_timeout_while(state, time, |state| !state.stopping);
        drop(paused.unwrap_or_else(PoisonError::into_inner));
    }

    /// What was taken is done.
    pub(super) fn done(&self) {
        let mut state = self.lock();
        if state.work.is_empty() {
            state.since = None;
            self.idle.send_if_modified(|idle| !std::mem::replace(idle, true));
        } else {
            state.since = Some(Instant::now());
        }
    }

    /// It is over.
    pub(super) fn stop(&self) {
        self.lock().stopping = true;
        self.bell.notify_all();
    }

    /// Whether it is over.
    pub(super) fn is_stopping(&self) -> bool {
        self.lock().stopping
    }

    /// Hears whether nothing waits and nothing is under way.
    pub(super) fn idle(&self) -> watch::Receiver<bool> {
        self.idle.subscribe()
    }

    /// How many folders wait, and since when something does.
    pub(super) fn waiting(&self) -> (u64, Option<Instant>) {
        let state = self.lock();
        (state.work.folders.len() as u64, state.since)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
