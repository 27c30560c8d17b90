//! Which command is whose.

use super::caselle::CASELLE;
use super::end::{End, Stop};
use super::state::Session;
use crate::command::{Command, ModRights};
use crate::tag::Tag;

impl Session<'_> {
    /// Does a command and answers it; what is not done is for the caller to tell.
    pub(super) async fn perform(&mut self, tag: &Tag, command: Command) -> Result<(), Stop> {
        match command {
            Command::Capability => self.capability(tag),
            Command::Noop | Command::Check => {
                self.learn(true, true).await?;
                self.ok(tag, None, "done");
            }
            Command::Logout => {
                self.out.status(None, crate::response::Condition::Bye, None, "arrivederci");
                self.ok(tag, None, "done");
                return Err(Stop::End(End::Logout));
            }
            Command::Id(fields) => self.id(tag, fields),
            Command::StartTls => self.starttls(tag).await?,
            Command::Authenticate { mechanism, initial } => self.authenticate(tag, &mechanism, initial).await?,
            Command::Login { user, password } => self.login(tag, &user, &password).await?,
            Command::Enable(names) => self.enable(tag, &names)?,
            command => {
                let selected = self.selected.is_some();
                self.mailboxes()?.begin(selected);
                Box::pin(self.with_mailboxes(tag, command)).await?;
            }
        }
        Ok(())
    }

    async fn with_mailboxes(&mut self, tag: &Tag, command: Command) -> Result<(), Stop> {
        match command {
            Command::Select(select) => self.select(tag, select, false).await,
            Command::Examine(select) => self.select(tag, select, true).await,
            Command::Create { mailbox, special_use } => self.create(tag, &mailbox, &special_use).await,
            Command::Delete(mailbox) => self.delete(tag, &mailbox).await,
            Command::Rename { from, to } => self.rename(tag, &from, &to).await,
            Command::Subscribe(mailbox) => self.subscribe(tag, &mailbox, true).await,
            Command::Unsubscribe(mailbox) => self.subscribe(tag, &mailbox, false).await,
            Command::List(list) => self.list(tag, list).await,
            Command::Lsub { reference, pattern } => self.lsub(tag, &reference, &pattern).await,
            Command::Namespace => {
                match self.mailboxes()?.is_one() {
                    true => self.out.namespace(&[""], &[], &[]),
                    false => self.out.namespace(&[], &[&format!("{CASELLE}/")], &[]),
                }
                self.finish(tag, true, None, "done").await
            }
            Command::Compress(algorithm) => self.compress(tag, &algorithm).await,
            Command::Status { mailbox, items } => self.status(tag, &mailbox, &items).await,
            Command::Idle => self.idle(tag).await,
            Command::GetQuota(root) => self.get_quota(tag, &root).await,
            Command::GetQuotaRoot(mailbox) => self.get_quota_root(tag, &mailbox).await,
            Command::MyRights(mailbox) => self.my_rights(tag, &mailbox).await,
            Command::GetAcl(mailbox) => self.get_acl(tag, &mailbox).await,
            Command::ListRights(of) => self.list_rights(tag, &of).await,
            Command::SetAcl(ModRights { of, .. }) | Command::DeleteAcl(of) => self.change_rights(&of).await,
            Command::GetMetadata(get) => self.get_metadata(tag, get).await,
            Command::SetMetadata { mailbox, entries } => self.set_metadata(tag, &mailbox, entries).await,
            command => self.with_messages(tag, command).await,
        }
    }

    async fn with_messages(&mut self, tag: &Tag, command: Command) -> Result<(), Stop> {
        match command {
            Command::Close => self.close(tag).await,
            Command::Unselect => self.unselect(tag),
            Command::Expunge(set) => self.expunge(tag, set).await,
            Command::Search { uid, search } => self.search(tag, uid, search).await,
            Command::Sort { uid, sort } => self.sort(tag, uid, sort).await,
            Command::Thread { uid, thread } => self.thread(tag, uid, thread).await,
            Command::Fetch { uid, fetch } => self.fetch(tag, uid, fetch).await,
            Command::Store { uid, store } => self.store(tag, uid, store).await,
            Command::Copy { uid, set, mailbox } => self.copy(tag, uid, &set, &mailbox).await,
            Command::Move { uid, set, mailbox } => self.move_to(tag, uid, &set, &mailbox).await,
            _ => Err(Stop::bad("this is not offered")),
        }
    }

    async fn idle(&mut self, tag: &Tag) -> Result<(), Stop> {
        self.framer.expect_done();
        self.idling = Some(tag.clone());
        self.out.continuation("idling");
        self.learn(true, true).await
    }
}
