//! COPY, MOVE, EXPUNGE, CLOSE (RFC 9051 §6.4; RFC 4315, 6851).

use door::Sessions as _;
use holder::{By, UidSet};

use super::end::{HELD, Stop};
use super::state::Session;
use crate::response::{Code, Condition};
use crate::sequence::SequenceSet;
use crate::tag::Tag;

impl Session<'_> {
    pub(super) async fn copy(&mut self, tag: &Tag, uid: bool, set: &SequenceSet, name: &str) -> Result<(), Stop> {
        let uids = self.resolve(uid, set).await?;
        let to = self.target(name).await?;
        let now = self.house.clock.now();
        let from = self.selected()?.folder;
        let pairs = match self.mailboxes()?.both()? {
            (opened, None) => opened.copy(from, &uids, to.id, now).await?,
            (opened, Some(other)) => opened.copy_into(from, &uids, (other, to.id), now).await?,
        };
        let here = from == to.id;
        self.learn_after(here).await?;
        let code = (!pairs.is_empty()).then_some(Code::CopyUid(to.uid_validity, &pairs));
        self.ok(tag, code, "copied");
        Ok(())
    }

    pub(super) async fn move_to(&mut self, tag: &Tag, uid: bool, set: &SequenceSet, name: &str) -> Result<(), Stop> {
        self.changeable()?;
        let uids = self.resolve(uid, set).await?;
        let to = self.target(name).await?;
        let now = self.house.clock.now();
        let from = self.selected()?.folder;
        let pairs = match self.mailboxes()?.both()? {
            (opened, None) => opened.move_to(from, &uids, to.id, now).await?,
            (opened, Some(other)) => opened.move_into(from, &uids, (other, to.id), now).await?,
        };
        // Before EXPUNGE, so that the client knows what went where (RFC 6851 §4.3).
        if !pairs.is_empty() {
            self.note(Code::CopyUid(to.uid_validity, &pairs), "moved");
        }
        self.learn_after(true).await?;
        self.ok(tag, None, "done");
        Ok(())
    }

    pub(super) async fn expunge(&mut self, tag: &Tag, set: Option<SequenceSet>) -> Result<(), Stop> {
        let folder = self.changeable()?.folder;
        let among = match &set {
            Some(set) => self.resolve(true, set).await?,
            None => UidSet::all(),
        };
        let by = self.by();
        let held = self.opened()?.expunge_deleted(folder, &among, by).await?.held;
        self.learn_after(true).await?;
        if !held.is_empty() {
            return Err(Stop::held());
        }
        let modseq = self.selected()?.modseq;
        let code = self.enabled.condstore.then_some(Code::HighestModSeq(modseq));
        self.ok(tag, code, "done");
        Ok(())
    }

    /// By which door, and when.
    pub(super) fn by(&self) -> By {
        By { door: self.house.name(), at: self.house.clock.now() }
    }

    /// Removes what is marked to go, and says nothing of it (RFC 9051 §6.4.1).
    pub(super) async fn close(&mut self, tag: &Tag) -> Result<(), Stop> {
        let selected = self.selected()?;
        let (folder, read_only) = (selected.folder, selected.read_only);
        if !read_only {
            let by = self.by();
            if !self.opened()?.expunge_deleted(folder, &UidSet::all(), by).await?.held.is_empty() {
                self.out.status(None, Condition::No, Some(Code::NoPerm), HELD);
            }
        }
        self.selected = None;
        self.ok(tag, None, "closed");
        Ok(())
    }
}
