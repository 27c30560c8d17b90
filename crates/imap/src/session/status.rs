//! STATUS (RFC 9051 §6.3.11).

use holder::Folder;

use super::end::Stop;
use super::folders::mailbox_id;
use super::state::Session;
use crate::command::StatusItem;
use crate::response::StatusValue;
use crate::tag::Tag;

/// Whether these are told of a folder only by who looks at its messages; the others stand with it.
pub(super) fn look_into(items: &[StatusItem], folder: &Folder) -> bool {
    counts_deleted(items) || (items.contains(&StatusItem::Recent) && has_news(folder))
}

/// Whether there are messages, or were, of which no session has been told.
fn has_news(folder: &Folder) -> bool {
    folder.recent_from < folder.uid_next
}

fn counts_deleted(items: &[StatusItem]) -> bool {
    items.iter().any(|item| matches!(item, StatusItem::Deleted | StatusItem::DeletedStorage))
}

impl Session<'_> {
    pub(super) async fn status(&mut self, tag: &Tag, name: &str, items: &[StatusItem]) -> Result<(), Stop> {
        let folder = self.folder(name).await?;
        let name = self.mailboxes()?.name(&folder.name);
        self.tell_status(&name, &folder, items).await?;
        self.finish(tag, true, None, "done").await
    }

    /// The status of the folder of this name; its mailbox is at hand where the items [`look_into`] it.
    pub(super) async fn tell_status(&mut self, name: &str, folder: &Folder, items: &[StatusItem]) -> Result<(), Stop> {
        if items.contains(&StatusItem::HighestModSeq) {
            self.enable_condstore();
        }
        let (deleted, octets) = match counts_deleted(items) {
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
        self.out.mailbox_status(name, &values);
        Ok(self.relieve().await?)
    }

    /// How many messages are recent: those of which no session was told, and in the selected mailbox those that this one took.
    async fn recent_in(&mut self, folder: &Folder) -> Result<u64, Stop> {
        if self.enabled.rev2 {
            return Ok(0);
        }
        let selected = self.selected.as_ref().filter(|selected| selected.folder == folder.id && !selected.read_only);
        let own = selected.map_or(0, |selected| selected.recent.count(&selected.numbers));
        let new = if has_news(folder) { self.opened()?.count_recent(folder.id).await? } else { 0 };
        Ok(u64::from(own) + u64::from(new))
    }
}
