//! What a door does in a mailbox, said shortly.

use std::sync::Arc;

use pec::Address;

use super::samples::{address, at, removal, text};
use crate::{
    Append, Deposit, DepositIn, Entry, FlagChange, FlagOperation, Flags, FlagsChanged, Folder, FolderId, Mailbox,
    MailboxId, Outcome, Reader, Store, SystemFlags, UidSet, UserId, Want,
};

/// A session on one mailbox.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) store: Arc<dyn Store>,
    pub(super) address: Address,
    pub(super) mailbox: MailboxId,
    pub(super) reader: Reader,
}

impl Session {
    /// That of the holder.
    pub(super) async fn of(store: &Arc<dyn Store>, holder: &str) -> Self {
        let address = address(holder);
        let mailbox = store.mailbox(&address).await.unwrap().unwrap().id;
        Self { store: store.clone(), address, mailbox, reader: Reader::Owner }
    }

    /// The same of a user.
    pub(super) fn by(&self, user: UserId) -> Self {
        Self { reader: Reader::User(user), ..self.clone() }
    }

    pub(super) async fn look(&self) -> Mailbox {
        self.store.mailbox(&self.address).await.unwrap().unwrap()
    }

    pub(super) async fn folders(&self) -> Vec<Folder> {
        self.store.folders(self.mailbox, self.reader).await.unwrap()
    }

    pub(super) async fn names(&self) -> Vec<String> {
        self.folders().await.into_iter().map(|folder| folder.name).collect()
    }

    pub(super) async fn folder(&self, name: &str) -> Folder {
        self.folders().await.into_iter().find(|folder| folder.name == name).unwrap()
    }

    pub(super) async fn id(&self, name: &str) -> FolderId {
        self.folder(name).await.id
    }

    /// Every entry of a folder, with its header values.
    pub(super) async fn list(&self, name: &str) -> Vec<Entry> {
        let want = Want { summary: true, ..Want::default() };
        let folder = self.id(name).await;
        self.store.entries(folder, &UidSet::all(), want, self.reader, usize::MAX).await.unwrap()
    }

    /// Deposits so many messages.
    pub(super) async fn deposit(&self, folder: &str, messages: u32) {
        for _ in 0..messages {
            self.store.commit(self.letter(folder)).await.unwrap();
        }
    }

    /// An Outcome that deposits five octets.
    pub(super) fn letter(&self, folder: &str) -> Outcome {
        let mut outcome = Outcome::default();
        let message = outcome.add(text("five!"));
        let mailbox = self.address.clone();
        let folder = DepositIn::Folder(folder.to_owned());
        outcome.deposits = vec![Deposit { message, mailbox, folder, counts: true, within_quota: false, at: at(0) }];
        outcome
    }

    /// Appends a message with these flags; its UID.
    pub(super) async fn append(&self, folder: &str, flags: &[&str]) -> u32 {
        let append = self.draft(self.id(folder).await, flags);
        self.store.append(vec![append]).await.unwrap().remove(0)
    }

    pub(super) fn draft(&self, folder: FolderId, flags: &[&str]) -> Append {
        Append {
            folder,
            message: text("five!"),
            flags: named(flags),
            reader: self.reader,
            at: at(0),
            saved: at(100),
            own: false,
        }
    }

    pub(super) async fn flag(
        &self,
        folder: &str,
        uids: &[u32],
        operation: FlagOperation,
        flags: &[&str],
    ) -> FlagsChanged {
        self.store.change_flags(self.flagging(folder, uids, operation, flags).await).await.unwrap()
    }

    pub(super) async fn flagging(
        &self,
        folder: &str,
        uids: &[u32],
        operation: FlagOperation,
        flags: &[&str],
    ) -> FlagChange {
        FlagChange {
            folder: self.id(folder).await,
            uids: set(uids),
            operation,
            flags: named(flags),
            unchanged_since: None,
            known: u64::MAX,
            reader: self.reader,
        }
    }

    pub(super) async fn expunge(&self, folder: &str, uids: &[u32]) -> Vec<u32> {
        let folder = self.id(folder).await;
        self.store.expunge(folder, &set(uids), &removal()).await.unwrap().gone.iter().collect()
    }
}

pub(super) fn set(uids: &[u32]) -> UidSet {
    uids.iter().copied().collect()
}

/// Flags by their names.
pub(super) fn named(names: &[&str]) -> Flags {
    let mut flags = Flags::default();
    for name in names {
        match SystemFlags::NAMES.iter().find(|(_, known)| known == name) {
            Some((flag, _)) => flags.system = flags.system.with(*flag),
            None => drop(flags.keywords.insert((*name).to_owned())),
        }
    }
    flags
}

/// The names of flags, system flags first.
pub(super) fn names(flags: &Flags) -> Vec<String> {
    let system = SystemFlags::NAMES.iter().filter(|(flag, _)| flags.system.contains(*flag));
    system.map(|(_, name)| (*name).to_owned()).chain(flags.keywords.iter().cloned()).collect()
}
