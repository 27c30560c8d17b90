//! Rights (RFC 4314). They are given for a whole mailbox, by who administers it; here they are told in IMAP's letters.
//!
//! Who reads a mailbox also keeps it in order: flags, copies, folders. Who manages it is told who else uses it. Nothing is given
//! or taken through IMAP: a right is an act that is recorded with who did it, and a letter cannot say all of it (sending).

use holder::Rights;

use super::end::Stop;
use super::state::Session;
use crate::command::MailboxRights;
use crate::response::Code;
use crate::tag::Tag;

/// Looks: LIST and SELECT (`l`, `r`). Where nothing is changed, no `\Seen` is kept either, not even a reader's own (`s`).
const LOOKS: &str = "lr";
/// Changes: a `\Seen` of its own, all flags, messages in and out, folders.
const CHANGES: &str = "lrswikxte";
/// Looks, changes, and hears who else does.
const MANAGES: &str = "lrswikxtea";
/// The same where nothing is changed.
const OVERSEES: &str = "lra";

fn letters(rights: Rights, changeable: bool) -> &'static str {
    match (rights, changeable) {
        (Rights { read: false, .. }, _) => "",
        (Rights { manage: true, .. }, true) => MANAGES,
        (Rights { manage: true, .. }, false) => OVERSEES,
        (_, true) => CHANGES,
        (_, false) => LOOKS,
    }
}

impl Session<'_> {
    /// The letters of who is logged in.
    fn my_letters(&mut self) -> Result<&'static str, Stop> {
        let opened = self.opened()?;
        Ok(letters(opened.rights(), opened.writable().is_ok()))
    }

    pub(super) async fn my_rights(&mut self, tag: &Tag, mailbox: &str) -> Result<(), Stop> {
        let folder = self.folder(mailbox).await?;
        let letters = self.my_letters()?;
        let name = self.mailboxes()?.name(&folder.name);
        self.out.my_rights(&name, letters);
        self.finish(tag, true, None, "done").await
    }

    /// Everybody who reads the mailbox: it, by its address, and users with grants.
    async fn readers(&mut self) -> Result<Vec<(String, &'static str)>, Stop> {
        let opened = self.opened()?;
        if !opened.rights().manage {
            return Err(Stop::no(Code::NoPerm, "who uses a mailbox is told to who manages it"));
        }
        let changeable = opened.writable().is_ok();
        let users = opened.users().await?;
        let own = (opened.mailbox().address.to_string(), letters(Rights::ALL, changeable));
        let users = users.into_iter().map(|(user, rights)| (user.name, letters(rights, changeable)));
        Ok(std::iter::once(own).chain(users).filter(|(_, letters)| !letters.is_empty()).collect())
    }

    pub(super) async fn get_acl(&mut self, tag: &Tag, mailbox: &str) -> Result<(), Stop> {
        let folder = self.folder(mailbox).await?;
        let readers = self.readers().await?;
        let told: Vec<(&str, &str)> = readers.iter().map(|(name, letters)| (name.as_str(), *letters)).collect();
        let name = self.mailboxes()?.name(&folder.name);
        self.out.acl(&name, &told);
        self.finish(tag, true, None, "done").await
    }

    /// What somebody has is what he always has here: nothing can be added or taken.
    pub(super) async fn list_rights(&mut self, tag: &Tag, of: &MailboxRights) -> Result<(), Stop> {
        let folder = self.folder(&of.mailbox).await?;
        let readers = self.readers().await?;
        let has = readers.iter().find(|(name, _)| name.eq_ignore_ascii_case(&of.identifier));
        let name = self.mailboxes()?.name(&folder.name);
        self.out.list_rights(&name, &of.identifier, has.map_or("", |(_, letters)| letters), &[]);
        self.finish(tag, true, None, "done").await
    }

    pub(super) async fn change_rights(&mut self, of: &MailboxRights) -> Result<(), Stop> {
        self.folder(&of.mailbox).await?;
        Err(Stop::no(Code::NoPerm, "rights on a mailbox are given by its provider's administrator, not through IMAP"))
    }
}
