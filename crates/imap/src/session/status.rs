//! STATUS (RFC 9051 §6.3.11).

use holder::Folder;

use super::end::Stop;
use super::folders::mailbox_id;
use super::state::Session;
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
        let (deleted, octets) = match items.iter().any(wanted) {
            true => self.opened()?.count_deleted(folder.id).await?,
            false => (0, 0),
        };
        let recent = if items.contains(&StatusItem::Recent) { self.recent_in(folder).await? } else { 0 };
        let (id, limit) = (mailbox_id(folder.id), self.house.limits.append);
        let values: Vec<StatusValue<'_>> = items
            .iter()
            .map(|item| {
                let number = match item {
                    StatusItem::MailboxId => return StatusValue::MailboxId(&id),
                    StatusItem::AppendLimit => limit,
                    StatusItem::Deleted => deleted.into(),
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
}
