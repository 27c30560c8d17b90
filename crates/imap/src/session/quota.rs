//! Quotas (RFC 9208): each mailbox of ours has one, its root has the empty name, and receipts do not count.

use super::end::Stop;
use super::state::Session;
use crate::response::Code;
use crate::tag::Tag;

const ROOT: &str = "";

impl Session<'_> {
    pub(super) async fn get_quota(&mut self, tag: &Tag, root: &str) -> Result<(), Stop> {
        if root != ROOT {
            return Err(Stop::no(Code::NonExistent, "there is no such quota root"));
        }
        self.tell_quota().await?;
        self.finish(tag, true, None, "done").await
    }

    pub(super) async fn get_quota_root(&mut self, tag: &Tag, mailbox: &str) -> Result<(), Stop> {
        let folder = self.folder(mailbox).await?;
        self.out.quota_root(&folder.name, &[ROOT]);
        self.tell_quota().await?;
        self.finish(tag, true, None, "done").await
    }

    async fn tell_quota(&mut self) -> Result<(), Stop> {
        let mailbox = self.opened()?.mailbox_now().await?;
        let (counted, quota) = (mailbox.counted.div_ceil(1024), mailbox.quota / 1024);
        self.out.quota(ROOT, &[("STORAGE", counted, quota)]);
        Ok(())
    }
}
