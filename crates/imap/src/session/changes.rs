//! What others did in the selected mailbox, told at the right moment.
//!
//! Numbers of messages shift when one goes: a client that has sent a command with numbers must not hear of that before it is
//! answered (RFC 9051 §7.5.1). So what went is kept until it may be told, and everything keeps its number until then.

use std::collections::BTreeSet;

use holder::{Entry, Folder, UidSet, Vanished, Want};

use super::end::{End, Stop};
use super::recent::Recent;
use super::sets;
use super::state::{Enabled, Own, PAGE, Session};
use crate::response::{Code, Condition, Writer};

const FLAGS: [&str; 5] = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"];

/// The flags of an entry as words.
pub(super) fn words<'a>(entry: &'a Entry, recent: &Recent) -> Vec<&'a str> {
    use holder::SystemFlags;
    let system = SystemFlags::NAMES.into_iter().filter(|(flag, _)| entry.flags.system.contains(*flag));
    let system = system.map(|(_, name)| name).chain(recent.has(entry.uid).then_some("\\Recent"));
    system.chain(entry.flags.keywords.iter().map(String::as_str)).collect()
}

/// `* n FETCH (UID n FLAGS (…))`, with MODSEQ to who wants it.
pub(super) fn tell_flags(out: &mut Writer, number: u32, entry: &Entry, recent: &Recent, mod_seq: bool) {
    let mut response = out.fetch(number);
    response.uid(entry.uid).flags(&words(entry, recent));
    if mod_seq {
        response.mod_seq(entry.modseq);
    }
    response.end();
}

/// `* FLAGS` and what of them is kept, keywords in use included.
pub(super) fn tell_flags_in_use(out: &mut Writer, keywords: &BTreeSet<String>, read_only: bool) {
    let mut names: Vec<&str> = FLAGS.into_iter().chain(keywords.iter().map(String::as_str)).collect();
    out.flags(&names);
    names.push("\\*");
    let kept: &[&str] = if read_only { &[] } else { &names };
    out.status(None, Condition::Ok, Some(Code::PermanentFlags(kept)), "these are kept");
}

impl Session<'_> {
    /// A keyword that came into use is told of before a message is said to have it: clients show no others (RFC 9051 §7.3.5).
    pub(super) fn learn_keywords(&mut self, entries: &[Entry]) {
        let Some(selected) = &mut self.selected else { return };
        let used = entries.iter().flat_map(|entry| &entry.flags.keywords);
        let mut new = used.filter(|keyword| !selected.keywords.contains(*keyword)).peekable();
        if new.peek().is_some() {
            let new: Vec<String> = new.cloned().collect();
            selected.keywords.extend(new);
            tell_flags_in_use(&mut self.out, &selected.keywords, selected.read_only);
        }
    }

    /// Looks for changes where the mailbox has been heard of, or in any case with `look`, and tells of them; of messages
    /// that went only with `expunges`.
    pub(super) async fn learn(&mut self, expunges: bool, look: bool) -> Result<(), Stop> {
        let (Some(mine), Some(selected)) = (&self.mine, &self.selected) else { return Ok(()) };
        let beat = mine.beat();
        let mut added = UidSet::default();
        if look || beat != selected.heard {
            added = self.gather(beat).await?;
        }
        let shrunk = expunges && self.tell_gone().await?;
        let Some(selected) = &mut self.selected else { return Ok(()) };
        if !added.is_empty() {
            selected.numbers.add(&added);
            self.out.exists(selected.numbers.len());
        }
        if (shrunk || !added.is_empty())
            && !self.enabled.rev2
            && let Some(recent) = selected.recent.news(&selected.numbers)
        {
            self.out.recent(recent);
        }
        Ok(())
    }

    /// As [`Session::learn`], after something was done: trouble with what others did does not make it undone, and is told to
    /// the next command, which looks again.
    pub(super) async fn learn_after(&mut self, look: bool) -> Result<(), End> {
        match self.learn(true, look).await {
            Err(Stop::End(end)) => Err(end),
            Ok(()) | Err(Stop::Refused(..)) => Ok(()),
        }
    }

    /// The folder that is selected, as it is now.
    pub(super) async fn folder_now(&mut self) -> Result<Folder, Stop> {
        let (opened, selected) = self.at_work()?;
        let id = selected.folder;
        let found = opened.folder(id).await?;
        found.ok_or(Stop::End(End::Bye { reason: "mailbox removed", text: "the selected mailbox was removed" }))
    }

    /// Tells of changed flags, keeps what went; what came.
    async fn gather(&mut self, beat: u64) -> Result<UidSet, Stop> {
        let now = self.folder_now().await?;
        let highest = now.highest_modseq;
        let Enabled { condstore: mod_seq, rev2, .. } = self.enabled;
        let selected = self.selected()?;
        let since = selected.modseq;
        if highest == since {
            selected.heard = beat;
            return Ok(UidSet::default());
        }
        let folder = selected.folder;
        let mut added = UidSet::default();
        let (opened, _) = self.at_work()?;
        let changed = opened.changed(folder, since).await?;
        // What came is looked for before what went: who comes and goes between is in both, and is never told of.
        for piece in sets::pieces(&changed, PAGE) {
            let (opened, _) = self.at_work()?;
            let page = opened.entries(folder, &piece, Want::default(), PAGE).await?;
            self.learn_keywords(&page);
            for entry in &page {
                let Some(selected) = &self.selected else { break };
                match selected.numbers.number(entry.uid) {
                    None => added.insert(entry.uid),
                    Some(_) if selected.own.has(entry.modseq, entry.uid) => {}
                    Some(number) => tell_flags(&mut self.out, number, entry, &selected.recent, mod_seq),
                }
                self.relieve().await?;
            }
        }
        let (opened, selected) = self.at_work()?;
        let gone = match opened.vanished(folder, since).await? {
            Vanished::Uids(gone) => gone,
            Vanished::TooOld => {
                let there = opened.uids(folder).await?;
                sets::without(&sets::either(selected.numbers.set(), &added), &there)
            }
        };
        if let Some(last) = added.last().filter(|_| !rev2) {
            selected.recent.learn(opened, &now, last.saturating_add(1), !selected.read_only).await?;
        }
        selected.gone = sets::either(&selected.gone, &sets::both(selected.numbers.set(), &gone));
        // Not before all is known: after a failure it is looked for again.
        selected.heard = beat;
        selected.modseq = highest;
        selected.own = Own::from(highest);
        Ok(sets::without(&added, &gone))
    }

    /// Tells what went; whether anything did.
    async fn tell_gone(&mut self) -> Result<bool, Stop> {
        let Some(selected) = self.selected.as_mut().filter(|selected| !selected.gone.is_empty()) else {
            return Ok(false);
        };
        let gone = std::mem::take(&mut selected.gone);
        let numbers = selected.numbers.numbers(&gone);
        selected.numbers.remove(&gone);
        selected.saved = sets::without(&selected.saved, &gone);
        if self.enabled.qresync {
            self.out.vanished(gone.ranges(), false);
            return Ok(true);
        }
        // From the last to the first: no number shifts below those that are still to be told.
        for number in numbers.into_iter().rev().flat_map(Iterator::rev) {
            self.out.expunge(number);
            self.relieve().await?;
        }
        Ok(true)
    }
}
