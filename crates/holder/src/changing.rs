//! What a holder changes in a mailbox that he has opened. A mailbox that is only read is not changed.

use bytes::Bytes;
use pec::Moment;
use pec::header::Header;
use store::{
    Annotated, Append, Expunged, FlagChange, FlagOperation, Flags, FlagsChanged, FolderId, NewMessage, Note, NotesOf,
    Removal, SpecialUse, SystemFlags, UidSet,
};

use crate::{Denied, Opened};

/// A message that a holder puts in a folder.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Its octets.
    pub message: Bytes,
    /// Flags it starts with.
    pub flags: Flags,
    /// Internal date.
    pub at: Moment,
}

/// By which door something is removed, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By {
    /// The door's stable name.
    pub door: &'static str,
    /// Now.
    pub at: Moment,
}

/// What a holder notes, or takes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldersNote {
    /// Its name, in lower case.
    pub name: String,
    /// `None` takes it back.
    pub value: Option<Vec<u8>>,
    /// For his own eyes.
    pub private: bool,
}

/// Pairs of a UID here and one there, ascending.
pub type Pairs = Vec<(u32, u32)>;

impl Opened {
    async fn may_change(&mut self) -> Result<(), Denied> {
        self.still().await?;
        self.writable()
    }

    /// Makes a folder and those above it that are missing. `None`: the name is taken.
    pub async fn create_folder(&mut self, name: &str, special: Option<SpecialUse>) -> Result<Option<FolderId>, Denied> {
        self.may_change().await?;
        Ok(self.desk.mailboxes.create_folder(self.mailbox().id, name, special).await?)
    }

    /// Renames a folder and those below it; renaming `INBOX` moves its messages to a new folder. `false`: the name is taken.
    pub async fn rename_folder(&mut self, folder: FolderId, name: &str) -> Result<bool, Denied> {
        self.may_change().await?;
        Ok(self.desk.mailboxes.rename_folder(folder, name).await?)
    }

    /// Removes a folder with its messages. Refused for `INBOX`, for one that has folders below it, and where a legal hold keeps
    /// any of them.
    pub async fn delete_folder(&mut self, folder: FolderId, by: By) -> Result<(), Denied> {
        self.may_change().await?;
        let removal = self.removal(by);
        Ok(self.desk.mailboxes.delete_folder(folder, &removal).await?)
    }

    /// Subscribes or unsubscribes a name.
    pub async fn subscribe(&mut self, name: &str, subscribed: bool) -> Result<(), Denied> {
        self.may_change().await?;
        Ok(self.desk.mailboxes.subscribe(self.mailbox().id, name, subscribed).await?)
    }

    /// Changes flags; entries changed after `unchanged_since` are left alone, and which had changed after `known` is told.
    pub async fn change_flags(
        &mut self,
        folder: FolderId,
        uids: UidSet,
        operation: FlagOperation,
        flags: Flags,
        unchanged_since: Option<u64>,
        known: u64,
    ) -> Result<FlagsChanged, Denied> {
        self.may_change().await?;
        let reader = self.holder().reader();
        let change = FlagChange { folder, uids, operation, flags, unchanged_since, known, reader };
        Ok(self.desk.mailboxes.change_flags(change).await?)
    }

    /// Marks messages as seen by the holder; which had changed after `known` is told.
    pub async fn seen(&mut self, folder: FolderId, uids: UidSet, known: u64) -> Result<FlagsChanged, Denied> {
        let flags = Flags { system: SystemFlags::SEEN, ..Flags::default() };
        self.change_flags(folder, uids, FlagOperation::Add, flags, None, known).await
    }

    /// The holder's session is told of the messages below this UID; from which UID on it is the first. Refused where nothing is
    /// changed.
    pub async fn take_recent(&mut self, folder: FolderId, below: u32) -> Result<u32, Denied> {
        self.may_change().await?;
        Ok(self.desk.mailboxes.take_recent(folder, below).await?)
    }

    /// Notes something about a folder, or about the mailbox as a whole; all or nothing. What is for everybody's eyes changes the
    /// mailbox, what is for the holder's own does not.
    pub async fn annotate(&mut self, folder: Option<FolderId>, notes: Vec<HoldersNote>) -> Result<Annotated, Denied> {
        match notes.iter().all(|note| note.private) {
            true => self.still().await?,
            false => self.may_change().await?,
        }
        let of = NotesOf { mailbox: self.mailbox().id, folder };
        let reader = self.holder().reader();
        let notes = notes.into_iter().map(|HoldersNote { name, value, private }| Note {
            name,
            value,
            reader: private.then_some(reader),
        });
        Ok(self.desk.mailboxes.annotate(of, notes.collect()).await?)
    }

    /// Appends messages within the quota, all or none; their UIDs in order.
    pub async fn append(&mut self, folder: FolderId, letters: Vec<Letter>, now: Moment) -> Result<Vec<u32>, Denied> {
        self.may_change().await?;
        let reader = self.holder().reader();
        let address = self.mailbox().address.clone();
        let appends = letters.into_iter().map(|Letter { message, flags, at }| {
            let from = Header::parse(&message).addresses("From").into_iter().flatten().next();
            let own = from.is_some_and(|from| from == address);
            Append { folder, message: NewMessage::of(message), flags, reader, at, saved: now, own }
        });
        Ok(self.desk.mailboxes.append(appends.collect()).await?)
    }

    /// Copies to another folder of this mailbox.
    pub async fn copy(&mut self, from: FolderId, uids: &UidSet, to: FolderId, now: Moment) -> Result<Pairs, Denied> {
        self.may_put(to).await?;
        Ok(self.desk.mailboxes.copy(from, uids, to, now).await?)
    }

    /// Moves to another folder of this mailbox.
    pub async fn move_to(&mut self, from: FolderId, uids: &UidSet, to: FolderId, now: Moment) -> Result<Pairs, Denied> {
        self.may_put(to).await?;
        Ok(self.desk.mailboxes.move_to(from, uids, to, now).await?)
    }

    /// Copies to a folder of another mailbox that the same login has open, and may change.
    pub async fn copy_into(
        &mut self,
        from: FolderId,
        uids: &UidSet,
        (other, to): (&mut Opened, FolderId),
        now: Moment,
    ) -> Result<Pairs, Denied> {
        self.still().await?;
        other.may_put(to).await?;
        Ok(self.desk.mailboxes.copy(from, uids, to, now).await?)
    }

    /// Moves to a folder of another mailbox that the same login has open; both are changed.
    pub async fn move_into(
        &mut self,
        from: FolderId,
        uids: &UidSet,
        (other, to): (&mut Opened, FolderId),
        now: Moment,
    ) -> Result<Pairs, Denied> {
        self.may_change().await?;
        other.may_put(to).await?;
        Ok(self.desk.mailboxes.move_to(from, uids, to, now).await?)
    }

    /// What is put there changes this mailbox, which the holder may, and no other.
    async fn may_put(&mut self, folder: FolderId) -> Result<(), Denied> {
        self.may_change().await?;
        match self.folder(folder).await? {
            Some(_) => Ok(()),
            None => Err(Denied::NotYours(self.mailbox().address.clone())),
        }
    }

    /// Which of these messages cannot be removed, since a legal hold keeps them. Refused where nothing is changed.
    pub async fn held(&mut self, folder: FolderId, uids: &UidSet) -> Result<UidSet, Denied> {
        self.may_change().await?;
        Ok(self.desk.mailboxes.held(folder, uids).await?)
    }

    /// Removes messages for good; which went, and which a legal hold keeps.
    pub async fn expunge(&mut self, folder: FolderId, uids: &UidSet, by: By) -> Result<Expunged, Denied> {
        self.may_change().await?;
        let removal = self.removal(by);
        Ok(self.desk.mailboxes.expunge(folder, uids, &removal).await?)
    }

    /// Removes for good what is marked `\Deleted` among these messages; which went, and which a legal hold keeps.
    pub async fn expunge_deleted(&mut self, folder: FolderId, among: &UidSet, by: By) -> Result<Expunged, Denied> {
        self.may_change().await?;
        let removal = self.removal(by);
        Ok(self.desk.mailboxes.expunge_deleted(folder, among, &removal).await?)
    }

    /// Who removes, for the evidence.
    fn removal(&self, By { door, at }: By) -> Removal {
        Removal { by: self.holder().actor().clone(), door, at }
    }
}
