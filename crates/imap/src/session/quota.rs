//! Quotas (RFC 9208): each mailbox of ours has one, whose root has the name under which the mailbox stands: at the root the
//! empty one. Receipts do not count.

use super::end::Stop;
use super::state::Session;
use crate::response::Code;
use crate::tag::Tag;

impl Session<'_> {
    pub(super) async fn get_quota(&mut self, tag: &Tag, root: &str) -> Result<(), Stop> {
        let none = || Stop::no(Code::NonExistent, "there is no such quota root");
        // The root of a mailbox is where it stands; a folder of it is in it.
        if !root.is_empty() || !self.mailboxes()?.is_one() {
            let located = self.mailboxes()?.locate(&format!("{root}/")).await;
            located.map_err(|stop| if matches!(stop, Stop::Refused(..)) { none() } else { stop })?;
        }
        if self.mailboxes()?.root() != root {
            return Err(none());
        }
        self.tell_quota().await?;
        self.finish(tag, true, None, "done").await
    }

    pub(super) async fn get_quota_root(&mut self, tag: &Tag, mailbox: &str) -> Result<(), Stop> {
        let folder = self.folder(mailbox).await?;
        let (name, root) = (self.mailboxes()?.name(&folder.name), self.mailboxes()?.root());
        self.out.quota_root(&name, &[&root]);
        self.tell_quota().await?;
        self.finish(tag, true, None, "done").await
    }

    async fn tell_quota(&mut self) -> Result<(), Stop> {
        let mailbox = self.opened()?.mailbox_now().await?;
        let (counted, quota) = (mailbox.counted.div_ceil(1024), mailbox.quota / 1024);
        let root = self.mailboxes()?.root();
        self.out.quota(&root, &[("STORAGE", counted, quota)]);
        Ok(())
    }
}
