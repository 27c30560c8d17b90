//! CREATE, DELETE, RENAME, SUBSCRIBE. What IMAP calls a mailbox is a folder here.

use holder::{Folder, FolderId, SpecialUse};

use super::end::Stop;
use super::spelling::{INBOX, is_spelt_otherwise};
use super::state::Session;
use crate::response::Code;
use crate::tag::Tag;

/// There is none of that name.
pub(super) fn missing() -> Stop {
    Stop::no(Code::NonExistent, "there is no such mailbox")
}

/// MAILBOXID (RFC 8474).
pub(super) fn mailbox_id(folder: FolderId) -> String {
    format!("F{}", folder.0)
}

impl Session<'_> {
    /// The folder of this name, if there is one.
    pub(super) async fn find(&mut self, name: &str) -> Result<Option<Folder>, Stop> {
        let local = self.mailboxes()?.locate(name).await?;
        Ok(self.opened()?.folder_named(&local).await?)
    }

    /// The folder of this name.
    pub(super) async fn folder(&mut self, name: &str) -> Result<Folder, Stop> {
        self.find(name).await?.ok_or_else(missing)
    }

    /// The folder that messages shall go to.
    pub(super) async fn target(&mut self, name: &str) -> Result<Folder, Stop> {
        self.find(name).await?.ok_or_else(|| Stop::no(Code::TryCreate, "there is no such mailbox"))
    }

    pub(super) async fn create(&mut self, tag: &Tag, name: &str, special_use: &[String]) -> Result<(), Stop> {
        let local = self.mailboxes()?.locate(name).await?;
        let special = match special_use {
            [] => None,
            [one] => Some(SpecialUse::from_name(one).ok_or_else(|| Stop::no(Code::UseAttr, "no such special use"))?),
            _ => return Err(Stop::no(Code::UseAttr, "a mailbox has one special use")),
        };
        if let Some(special) = special {
            let taken = self.opened()?.folders().await?.into_iter().any(|folder| folder.special == Some(special));
            if taken {
                return Err(Stop::no(Code::UseAttr, "another mailbox has that special use"));
            }
        }
        let made = self.opened()?.create_folder(&local, special).await?;
        let Some(made) = made else { return Err(Stop::no(Code::AlreadyExists, "the mailbox exists")) };
        if self.enabled.rev2
            && let Some(folder) = self.opened()?.folder(made).await?
            && is_spelt_otherwise(&self.mailboxes()?.name(&folder.name), name)
        {
            self.tell_name(&folder, name)?;
        }
        let id = mailbox_id(made);
        self.finish(tag, true, Some(Code::MailboxId(&id)), "made").await
    }

    pub(super) async fn delete(&mut self, tag: &Tag, name: &str) -> Result<(), Stop> {
        let folder = self.folder(name).await?;
        let below = format!("{}/", folder.name);
        if self.opened()?.folders().await?.iter().any(|other| other.name.starts_with(&below)) {
            return Err(Stop::no(Code::HasChildren, "there are mailboxes below it: remove them first"));
        }
        let by = self.by();
        self.opened()?.delete_folder(folder.id, by).await?;
        if self.selected.as_ref().is_some_and(|selected| selected.folder == folder.id) {
            self.mailboxes()?.select(false);
            self.selected = None;
            self.note(Code::Closed, "the selected mailbox was removed");
        }
        self.finish(tag, true, None, "removed").await
    }

    pub(super) async fn rename(&mut self, tag: &Tag, from: &str, to: &str) -> Result<(), Stop> {
        let folder = self.folder(from).await?;
        let mailbox = self.opened()?.mailbox().id;
        let local = self.mailboxes()?.locate(to).await?;
        if self.opened()?.mailbox().id != mailbox {
            return Err(Stop::no(Code::Cannot, "nothing is renamed from one person's mailbox into another's: copy it"));
        }
        match self.opened()?.rename_folder(folder.id, &local).await? {
            true => {
                if self.enabled.rev2
                    && folder.name != INBOX
                    && let Some(renamed) = self.opened()?.folder(folder.id).await?
                {
                    let before = self.mailboxes()?.name(&folder.name);
                    self.tell_name(&renamed, &before)?;
                }
                self.finish(tag, true, None, "renamed").await
            }
            false => Err(Stop::no(Code::AlreadyExists, "the mailbox exists")),
        }
    }

    pub(super) async fn subscribe(&mut self, tag: &Tag, name: &str, subscribed: bool) -> Result<(), Stop> {
        let local = self.mailboxes()?.locate(name).await?;
        self.opened()?.subscribe(&local, subscribed).await?;
        self.finish(tag, true, None, "done").await
    }
}
