//! SELECT, EXAMINE, UNSELECT (RFC 9051 §6.3.2; RFC 7162 §3.2.5).

use holder::{Folder, UidSet, Vanished, Want};

use super::changes::{tell_flags, tell_flags_in_use};
use super::end::Stop;
use super::folders::{mailbox_id, missing};
use super::numbers::Numbers;
use super::recent::Recent;
use super::sets;
use super::state::{Own, PAGE, Selected, Session};
use crate::command::{Qresync, Select};
use crate::response::Code;
use crate::tag::Tag;

impl Session<'_> {
    pub(super) async fn select(&mut self, tag: &Tag, select: Select, examine: bool) -> Result<(), Stop> {
        let Select { mailbox, condstore, qresync } = select;
        if qresync.is_some() && !self.enabled.qresync {
            return Err(Stop::bad("enable QRESYNC first"));
        }
        self.enabled.condstore |= condstore;
        // A SELECT that fails leaves nothing selected (RFC 9051 §6.3.2).
        self.mailboxes()?.select(false);
        if self.selected.take().is_some() {
            self.note(Code::Closed, "the mailbox before");
        }
        // Heard before it is looked at: what comes between is looked after once more.
        let local = self.mailboxes()?.locate(&mailbox).await?;
        let heard = self.mailboxes()?.beat();
        let folder = self.opened()?.folder_named(&local).await?.ok_or_else(missing)?;
        let opened = self.opened()?;
        let numbers = Numbers::new(opened.uids(folder.id).await?);
        let keywords = opened.keywords(folder.id).await?;
        let read_only = examine || opened.writable().is_err();
        let next = folder.uid_next.max(numbers.last_uid().saturating_add(1));
        let mut recent = Recent::default();
        if !self.enabled.rev2 {
            recent.learn(self.opened()?, &folder, next, !read_only).await?;
        }
        tell_flags_in_use(&mut self.out, &keywords, read_only);
        self.out.exists(numbers.len());
        if self.enabled.rev2 {
            self.tell_name(&folder, &mailbox)?;
        } else {
            self.out.recent(recent.news(&numbers).unwrap_or_default());
            if let Some(number) = self.first_unseen(&folder, &numbers).await? {
                self.note(Code::Unseen(number), "the first unseen");
            }
        }
        self.note(Code::UidValidity(folder.uid_validity), "UIDs hold");
        self.note(Code::UidNext(next), "the next UID");
        self.note(Code::HighestModSeq(folder.highest_modseq), "the last change");
        self.note(Code::MailboxId(&mailbox_id(folder.id)), "its identifier");
        self.mailboxes()?.select(true);
        self.selected = Some(Selected {
            folder: folder.id,
            numbers,
            recent,
            modseq: folder.highest_modseq,
            heard,
            gone: UidSet::default(),
            own: Own::from(folder.highest_modseq),
            keywords,
            read_only,
            saved: UidSet::default(),
        });
        if let Some(known) = qresync.filter(|known| known.uid_validity == folder.uid_validity) {
            let told = self.resynchronise(&folder, &known, next).await;
            told.inspect_err(|_| self.selected = None)?;
        }
        let (code, text) = if read_only { (Code::ReadOnly, "examined") } else { (Code::ReadWrite, "selected") };
        self.ok(tag, Some(code), text);
        Ok(())
    }

    async fn first_unseen(&mut self, folder: &Folder, numbers: &Numbers) -> Result<Option<u32>, Stop> {
        if folder.unseen == 0 {
            return Ok(None);
        }
        let uid = self.opened()?.first_unseen(folder.id).await?;
        Ok(uid.and_then(|uid| numbers.number(uid)))
    }

    /// What went and what changed since the client was here.
    async fn resynchronise(&mut self, folder: &Folder, known: &Qresync, next: u32) -> Result<(), Stop> {
        let everything = || Some(vec![1..=next.saturating_sub(1)]);
        let asked = known.known_uids.as_ref().map_or_else(everything, |set| set.resolve(0));
        let asked = UidSet::from_ranges(asked.unwrap_or_default());
        self.tell_vanished(folder.id, known.mod_seq, &asked).await?;
        let changed = self.opened()?.changed(folder.id, known.mod_seq).await?;
        for piece in sets::pieces(&sets::both(&asked, &changed), PAGE) {
            let page = self.opened()?.entries(folder.id, &piece, Want::default(), PAGE).await?;
            self.learn_keywords(&page);
            for entry in &page {
                if let Some(selected) = &self.selected
                    && let Some(number) = selected.numbers.number(entry.uid)
                {
                    tell_flags(&mut self.out, number, entry, &selected.recent, true);
                }
                self.relieve().await?;
            }
        }
        Ok(())
    }

    /// `VANISHED (EARLIER)` of what went among `asked`.
    pub(super) async fn tell_vanished(
        &mut self,
        folder: holder::FolderId,
        since: u64,
        asked: &UidSet,
    ) -> Result<(), Stop> {
        let (opened, selected) = self.at_work()?;
        let gone = match opened.vanished(folder, since).await? {
            Vanished::Uids(gone) => sets::both(asked, &gone),
            // All that is not there; what the client takes to be there hears of that in its turn.
            Vanished::TooOld => {
                let there = sets::either(selected.numbers.set(), &opened.uids(folder).await?);
                sets::without(asked, &there)
            }
        };
        self.out.vanished(gone.ranges(), true);
        Ok(())
    }

    pub(super) fn unselect(&mut self, tag: &Tag) -> Result<(), Stop> {
        self.selected()?;
        self.selected = None;
        self.ok(tag, None, "done");
        Ok(())
    }
}
