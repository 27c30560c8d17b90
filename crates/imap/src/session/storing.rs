//! STORE (RFC 9051 §6.4.6, RFC 7162 §3.1.3), and which messages a set means.

use holder::{FlagOperation, Flags, FlagsChanged, SystemFlags, UidSet, Want};

use super::changes::tell_flags;
use super::end::Stop;
use super::sets;
use super::state::{PAGE, Session};
use crate::command::{Store, StoreAction};
use crate::flag::Flag;
use crate::response::Code;
use crate::sequence::SequenceSet;
use crate::tag::Tag;

/// The flags that can be set; others, as `\Recent`, are passed over.
pub(super) fn flags(said: &[Flag]) -> Flags {
    let mut flags = Flags::default();
    for flag in said {
        let system = match flag {
            Flag::Answered => SystemFlags::ANSWERED,
            Flag::Deleted => SystemFlags::DELETED,
            Flag::Draft => SystemFlags::DRAFT,
            Flag::Flagged => SystemFlags::FLAGGED,
            Flag::Seen => SystemFlags::SEEN,
            Flag::Keyword(name) => {
                flags.keywords.insert(name.clone());
                continue;
            }
            Flag::Extension(_) => continue,
        };
        flags.system = flags.system.with(system);
    }
    flags
}

impl Session<'_> {
    /// The UIDs of messages that a set means, among those that the client has been told of. Who names a UID that he has
    /// not been told of yet (he knows it from APPEND or COPY) is told first.
    pub(super) async fn resolve(&mut self, uid: bool, set: &SequenceSet) -> Result<UidSet, Stop> {
        let selected = self.selected()?;
        if !uid {
            let last = selected.numbers.len();
            let Some(numbers) = set.resolve(last) else { return Ok(selected.saved.clone()) };
            if numbers.last().is_some_and(|range| *range.end() > last) {
                return Err(Stop::bad("there are not so many messages"));
            }
            return Ok(selected.numbers.uids(&numbers));
        }
        let beyond = set.resolve(selected.numbers.last_uid()).unwrap_or_default();
        let beyond = beyond.last().is_some_and(|range| *range.end() >= selected.numbers.last_uid());
        self.learn(true, beyond).await?;
        let selected = self.selected()?;
        let Some(uids) = set.resolve(selected.numbers.last_uid()) else { return Ok(selected.saved.clone()) };
        Ok(sets::both(selected.numbers.set(), &UidSet::from_ranges(uids)))
    }

    pub(super) async fn store(&mut self, tag: &Tag, uid: bool, store: Store) -> Result<(), Stop> {
        let Store { set, unchanged_since, action, silent, flags: said } = store;
        self.changeable()?;
        if unchanged_since.is_some() {
            self.enable_condstore();
        }
        let uids = self.resolve(uid, &set).await?;
        let operation = match action {
            StoreAction::Add => FlagOperation::Add,
            StoreAction::Remove => FlagOperation::Remove,
            StoreAction::Replace => FlagOperation::Replace,
        };
        let (opened, selected) = self.at_work()?;
        let (folder, known) = (selected.folder, selected.own.known());
        let done = opened.change_flags(folder, uids.clone(), operation, flags(&said), unchanged_since, known).await?;
        if silent {
            selected.own.changed(&done)
        } else {
            selected.own.changed_and_told(&done)
        }
        let FlagsChanged { changed, modified, .. } = done;
        let mod_seq = self.enabled.condstore;
        let told = match silent {
            false => sets::without(&uids, &modified),
            true if mod_seq => changed,
            true => UidSet::default(),
        };
        let mut found = 0;
        for piece in sets::pieces(&told, PAGE) {
            let page = self.opened()?.entries(folder, &piece, Want::default(), PAGE).await?;
            if !silent {
                self.learn_keywords(&page);
            }
            found += page.len() as u64;
            for entry in &page {
                let Some(selected) = &self.selected else { break };
                let Some(number) = selected.numbers.number(entry.uid) else { continue };
                match silent {
                    false => tell_flags(&mut self.out, number, entry, &selected.recent, mod_seq),
                    true => {
                        let mut response = self.out.fetch(number);
                        response.uid(entry.uid).mod_seq(entry.modseq);
                        response.end();
                    }
                }
                self.relieve().await?;
            }
        }
        // Others have removed some, of which the client does not know yet, as with FETCH.
        let gone = !uid && !silent && found < told.len();
        let numbers = self.selected()?.numbers.numbers(&modified);
        let modified = if uid { modified.ranges() } else { &numbers };
        let code = match modified {
            [] => gone.then_some(Code::ExpungeIssued),
            modified => Some(Code::Modified(modified)),
        };
        self.finish(tag, uid, code, "done").await
    }
}
