//! An Outcome, whole: made ready outside the writer, then written inside its transaction.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rusqlite::Connection;

use super::evidence::Entry;
use super::layout::{Layout, Sizes};
use super::originals::{Files, Keep};
use super::subjects::{Named, Numbers};
use super::{
    addressees, content, deposits, evidence, fullness, infected, limits::MailboxLimits, once, queue, sent_copies,
};
use crate::{
    Change, CommitError, Committed, Handle, Keeping, MessageId, NewMessage, Outcome, SentCopy, SentCopyKept,
    StoreError, Summary,
};

/// What copying and hashing may cost before it moves off the caller's thread, in octets.
const INLINE: usize = 64 * 1024;
/// What an Outcome weighs beside its messages and evidence, about, in octets.
const ROWS: usize = 1024;

/// What making ready needs.
#[derive(Clone, Debug)]
pub(super) struct Workshop {
    pub(super) sizes: Sizes,
    pub(super) files: Arc<Files>,
    pub(super) limits: MailboxLimits,
}

/// A message whose large originals are on disk already.
#[derive(Debug)]
pub(super) struct Laid {
    pub(super) layout: Layout,
    summary: Summary,
    keeps: Vec<Keep>,
    kept: Option<Keeping>,
}

impl Workshop {
    /// Lays one message out and writes the files that it needs. Blocks.
    pub(super) fn lay(&self, message: NewMessage, in_folder: bool) -> Result<Laid, StoreError> {
        self.lay_out(message, in_folder, None, self.sizes)
    }

    fn lay_out(
        &self,
        message: NewMessage,
        in_folder: bool,
        kept: Option<Keeping>,
        sizes: Sizes,
    ) -> Result<Laid, StoreError> {
        let NewMessage { pieces, summary } = message;
        let layout = Layout::of(&pieces, sizes, in_folder);
        let files = layout.inserts.iter().filter(|insert| insert.file);
        let keeps = files.map(|insert| self.files.keep(insert)).collect::<Result<_, _>>()?;
        Ok(Laid { layout, summary, keeps, kept })
    }

    /// Does `work` here, or where it may block when it is about so many octets of messages.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        octets: usize,
        work: impl FnOnce(&Self) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if octets <= INLINE.min(self.sizes.files_from.saturating_sub(1)) {
            return work(self);
        }
        let workshop = self.clone();
        let made = tokio::task::spawn_blocking(move || work(&workshop)).await;
        made.map_err(|error| StoreError::bug(format!("a fault in the store's own code: {error}")))?
    }
}

impl Laid {
    /// Stores it; what is given back keeps its files and is dropped when the transaction has ended.
    pub(super) fn store(self, tx: &Connection) -> Result<(MessageId, u64, Vec<Keep>), StoreError> {
        let id = content::store(tx, &self.layout, &self.summary, self.kept)?;
        Ok((id, self.layout.size, self.keeps))
    }
}

/// An Outcome laid out for the disk.
#[derive(Debug)]
pub(super) struct Ready {
    /// Without its messages and evidence.
    outcome: Outcome,
    /// By position in the Outcome; `None`: nothing refers to it, so it is not stored.
    messages: Vec<Option<Laid>>,
    evidence: Vec<Entry>,
    sent: Option<Named>,
    /// Of each dispatch.
    dispatches: Vec<Option<Named>>,
    octets: usize,
    limits: MailboxLimits,
}

impl Ready {
    /// Lays the messages out, writes large originals, and makes the canonical bytes of the evidence.
    pub(super) async fn make(outcome: Outcome, workshop: &Workshop) -> Result<Self, StoreError> {
        let octets: usize = outcome.messages.iter().map(|message| message.pieces.len()).sum();
        workshop.work(octets, move |workshop| Self::made(outcome, workshop)).await
    }

    fn made(mut outcome: Outcome, workshop: &Workshop) -> Result<Self, StoreError> {
        let copied = outcome.sent_copy.iter().map(|copy| copy.message);
        let in_folder: HashSet<Handle> = outcome.deposits.iter().map(|deposit| deposit.message).chain(copied).collect();
        let elsewhere = outcome.dispatches.iter().map(|dispatch| dispatch.message);
        let used: HashSet<Handle> = elsewhere
            .chain(outcome.infected.iter().map(|infected| infected.message))
            .chain(outcome.kept.iter().map(|kept| kept.message))
            .chain(in_folder.iter().copied())
            .collect();
        let kept: HashMap<Handle, Keeping> = outcome.kept.iter().map(|kept| (kept.message, *kept)).collect();
        // What is to go apart from what is kept has to lie apart from it, wherever in the Outcome it stands.
        let apart = outcome.kept.iter().any(|kept| !kept.whole);
        let inline_below = if apart { 1 } else { workshop.sizes.inline_below };
        let sizes = Sizes { inline_below, ..workshop.sizes };
        let lay = |(position, message)| {
            let handle = Handle(position);
            let lay = || workshop.lay_out(message, in_folder.contains(&handle), kept.get(&handle).copied(), sizes);
            used.contains(&handle).then(lay).transpose()
        };
        let messages = std::mem::take(&mut outcome.messages).into_iter().enumerate().map(lay);
        let messages = messages.collect::<Result<Vec<_>, _>>()?;
        let evidence = Entry::all(&std::mem::take(&mut outcome.evidence))?;
        let carried = messages.iter().flatten().map(|laid| laid.layout.carried()).sum::<usize>();
        Ok(Self {
            octets: carried + evidence.iter().map(Entry::octets).sum::<usize>() + ROWS,
            sent: outcome.sent.as_ref().and_then(|sent| Named::of(&sent.about)),
            dispatches: outcome.dispatches.iter().map(|dispatch| Named::of(&dispatch.about)).collect(),
            outcome,
            messages,
            evidence,
            limits: workshop.limits,
        })
    }

    /// About what it will write, in octets.
    pub(super) fn octets(&self) -> usize {
        self.octets
    }

    /// Writes everything; an error leaves the undoing to the caller.
    pub(super) fn write(self, tx: &Connection) -> Result<(Written, Vec<Change>), CommitError> {
        let Self { outcome, messages, evidence, sent, dispatches, octets: _, limits } = self;
        let mut numbers = Numbers::default();
        for note in &outcome.once {
            once::note(tx, note)?;
        }
        for note in &outcome.contradictions {
            once::contradict(tx, note)?;
        }
        if let Some(accepted) = &outcome.sent {
            addressees::open(tx, accepted, numbers.number(tx, sent.as_ref())?)?;
        }
        let size = |copy: &SentCopy| messages.get(copy.message.0)?.as_ref().map(|laid| laid.layout.size);
        let copy = outcome.sent_copy.as_ref();
        let copy = copy.map(|copy| sent_copies::plan(tx, copy, size(copy).unwrap_or_default())).transpose()?;
        // What stays out of the mailbox is not stored: nothing else refers to it.
        let spared = outcome.sent_copy.as_ref().filter(|_| matches!(copy, Some(Err(_)))).map(|copy| copy.message);
        let (mut stored, mut keeps) = (Vec::with_capacity(messages.len()), Vec::new());
        for (position, laid) in messages.into_iter().enumerate() {
            stored.push(match laid {
                Some(_) if spared == Some(Handle(position)) => None,
                Some(laid) => {
                    let (id, size, its) = laid.store(tx)?;
                    keeps.extend(its);
                    Some((id, size))
                }
                None => None,
            });
        }
        let (mut committed, mut changes) = (Committed::default(), Vec::new());
        for deposit in &outcome.deposits {
            let (message, size) = at(&stored, deposit.message)?;
            let (deposited, change) = deposits::deposit(tx, deposit, message, size, limits)?;
            committed.deposits.push(deposited);
            changes.extend(change);
        }
        committed.sent_copy = match (&outcome.sent_copy, copy) {
            (Some(copy), Some(Ok(place))) => {
                let (deposited, change) = sent_copies::keep(tx, copy, &place, at(&stored, copy.message)?, limits)?;
                changes.push(change);
                Some(SentCopyKept::Here(deposited))
            }
            (_, Some(Err(why))) => Some(why),
            _ => None,
        };
        for (dispatch, about) in outcome.dispatches.iter().zip(&dispatches) {
            let about = numbers.number(tx, about.as_ref())?;
            committed.dispatches.push(queue::push(tx, dispatch, at(&stored, dispatch.message)?.0, about)?);
        }
        for found in &outcome.infected {
            infected::add(tx, found, at(&stored, found.message)?.0)?;
        }
        for refusal in &outcome.refused {
            fullness::refuse(tx, refusal)?;
        }
        for telling in &outcome.told {
            fullness::tell(tx, telling)?;
        }
        let filled = outcome.deposits.iter().any(|deposit| deposit.counts) || committed.sent_copy.is_some();
        committed.fills = filled && fullness::is_reached(tx)?;
        let mut released = Vec::new();
        for change in &outcome.queue {
            released.extend(queue::change(tx, change)?);
        }
        content::collect(tx, &released)?;
        for progress in &outcome.progress {
            addressees::advance(tx, progress)?;
        }
        evidence::add(tx, &evidence, &mut numbers)?;
        Ok((Written { committed, _keeps: keeps }, changes))
    }
}

/// What a commit gave. It keeps the files until it is dropped: not before its transaction has ended.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) committed: Committed,
    _keeps: Vec<Keep>,
}

fn at(stored: &[Option<(MessageId, u64)>], Handle(position): Handle) -> Result<(MessageId, u64), StoreError> {
    stored.get(position).copied().flatten().ok_or_else(|| {
        StoreError::bug(format!(
            "an Outcome refers to its message {position} and has {} (a fault in the point)",
            stored.len()
        ))
    })
}
