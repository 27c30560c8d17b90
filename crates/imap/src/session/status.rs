//! STATUS (RFC 9051 §6.3.11).

use holder::{Folder, SystemFlags, UidSet, Want};

use super::end::Stop;
use super::folders::mailbox_id;
use super::sets;
use super::state::{PAGE, Session};
use crate::command::StatusItem;
use crate::response::StatusValue;
use crate::tag::Tag;

impl Session<'_> {
    pub(super) async fn status(&mut self, tag: &Tag, name: &str, items: &[StatusItem]) -> Result<(), Stop> {
        let folder = self.folder(name).await?;
        self.tell_status(&folder, items).await?;
        self.finish(tag, true, None, "done").await
    }

    pub(super) async fn tell_status(&mut self, folder: &Folder, items: &[StatusItem]) -> Result<(), Stop> {
        if items.contains(&StatusItem::HighestModSeq) {
            self.enable_condstore();
        }
        let wanted = |item| matches!(item, &StatusItem::Deleted | &StatusItem::DeletedStorage);
        let (deleted, octets) = if items.iter().any(wanted) { self.deleted_of(folder).await? } else { (0, 0) };
        let recent = if items.contains(&StatusItem::Recent) { self.recent_in(folder).await? } else { 0 };
        let (id, limit) = (mailbox_id(folder.id), self.house.limits.append);
        let values: Vec<StatusValue<'_>> = items
            .iter()
            .map(|item| {
                let number = match item {
                    StatusItem::MailboxId => return StatusValue::MailboxId(&id),
                    StatusItem::AppendLimit => limit,
                    StatusItem::Deleted => deleted,
                    StatusItem::DeletedStorage => octets,
                    StatusItem::HighestModSeq => folder.highest_modseq,
                    StatusItem::Messages => folder.messages.into(),
                    StatusItem::Recent => recent,
                    StatusItem::Size => folder.size,
                    StatusItem::UidNext => folder.uid_next.into(),
                    StatusItem::UidValidity => folder.uid_validity.into(),
                    StatusItem::Unseen => folder.unseen.into(),
                };
                StatusValue::Number(*item, number)
            })
            .collect();
        let name = self.mailboxes()?.name(&folder.name);
        self.out.mailbox_status(&name, &values);
        Ok(self.relieve().await?)
    }

    /// How many messages are recent: those of which no session was told, and in the selected mailbox those that this one took.
    async fn recent_in(&mut self, folder: &Folder) -> Result<u64, Stop> {
        if self.enabled.rev2 {
            return Ok(0);
        }
        let selected = self.selected.as_ref().filter(|selected| selected.folder == folder.id && !selected.read_only);
        let own = selected.map_or(0, |selected| selected.recent.count(&selected.numbers));
        Ok(u64::from(own) + u64::from(self.opened()?.count_recent(folder.id).await?))
    }

    /// How many messages are marked to go, and their octets.
    async fn deleted_of(&mut self, folder: &Folder) -> Result<(u64, u64), Stop> {
        let (mut rest, mut found) = (UidSet::all(), (0, 0));
        loop {
            let page = self.opened()?.entries(folder.id, &rest, Want::default(), PAGE).await?;
            let marked = page.iter().filter(|entry| entry.flags.system.contains(SystemFlags::DELETED));
            marked.for_each(|entry| found = (found.0 + 1, found.1 + entry.size));
            match page.last().filter(|_| page.len() == PAGE) {
                Some(last) => rest = sets::above(&rest, last.uid),
                None => return Ok(found),
            }
        }
    }
}
