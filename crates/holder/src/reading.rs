//! What a holder looks at in a mailbox that he has opened. The ids of folders and messages come from here too: nobody
//! asks for what he was not shown.

use std::collections::BTreeSet;
use std::ops::Range;

use bytes::Bytes;
use pec::{Address, Identifier};
use store::{
    AccessRow, Addressee, Entry, FateCount, Filed, Folder, FolderId, Listed, Mailbox, Matches, MessageId, Newest,
    Notes, NotesOf, Page, Rights, StoreError, TextKey, UidSet, User, Vanished, Want, WordHit, WordPlace,
};

use crate::{Coming, Denied, Opened};

/// Octets of several messages; `None`: it is gone.
pub type Octets = Vec<Result<Option<Bytes>, StoreError>>;

impl Opened {
    /// The mailbox as it is now, with what it holds.
    pub async fn mailbox_now(&mut self) -> Result<&Mailbox, Denied> {
        self.look().await?;
        Ok(self.mailbox())
    }

    /// The folders, `INBOX` first, then by name.
    pub async fn folders(&mut self) -> Result<Vec<Folder>, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.folders(self.mailbox().id, self.holder().reader()).await?)
    }

    /// One folder of this mailbox; `None`: there is none, or it is gone.
    pub async fn folder(&mut self, folder: FolderId) -> Result<Option<Folder>, Denied> {
        self.still().await?;
        let found = self.desk.mailboxes.folder(folder, self.holder().reader()).await?;
        Ok(found.filter(|found| found.mailbox == self.mailbox().id))
    }

    /// The folder of this name.
    pub async fn folder_named(&mut self, name: &str) -> Result<Option<Folder>, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.folder_named(self.mailbox().id, name, self.holder().reader()).await?)
    }

    /// The keywords that messages of a folder have.
    pub async fn keywords(&mut self, folder: FolderId) -> Result<BTreeSet<String>, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.keywords(folder).await?)
    }

    /// The lowest UID of a message that the holder has not seen.
    pub async fn first_unseen(&mut self, folder: FolderId) -> Result<Option<u32>, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.first_unseen(folder, self.holder().reader()).await?)
    }

    /// Of how many messages of a folder no session has been told.
    pub async fn count_recent(&mut self, folder: FolderId) -> Result<u32, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.count_recent(folder).await?)
    }

    /// How many messages of a folder are marked `\Deleted`, and their octets.
    pub async fn count_deleted(&mut self, folder: FolderId) -> Result<(u32, u64), Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.count_deleted(folder).await?)
    }

    /// The subscribed names, by name, whether or not there are such folders.
    pub async fn subscriptions(&mut self) -> Result<Vec<String>, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.subscriptions(self.mailbox().id).await?)
    }

    /// The UIDs of a folder.
    pub async fn uids(&mut self, folder: FolderId) -> Result<UidSet, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.uids(folder).await?)
    }

    /// The UIDs of what changed for the holder in a folder after a modification sequence, and is there.
    pub async fn changed(&mut self, folder: FolderId, since: u64) -> Result<UidSet, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.changed(folder, since, self.holder().reader()).await?)
    }

    /// Entries of a folder among `uids`, ascending. At most `limit`: read on after the last UID.
    pub async fn entries(
        &mut self,
        folder: FolderId,
        uids: &UidSet,
        want: Want,
        limit: usize,
    ) -> Result<Vec<Entry>, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.entries(folder, uids, want, self.holder().reader(), limit).await?)
    }

    /// A page of a folder, the newest first, of what is below a UID; at most `limit`.
    pub async fn newest(
        &mut self,
        folder: FolderId,
        below: Option<u32>,
        listed: Listed,
        want: Want,
        limit: usize,
    ) -> Result<Newest, Denied> {
        self.still().await?;
        let page = Page { folder, below, listed, want, reader: self.holder().reader(), limit };
        Ok(self.desk.mailboxes.newest(page).await?)
    }

    /// As [`Opened::entries`], read while something else is done.
    pub async fn entries_ahead(
        &mut self,
        folder: FolderId,
        uids: UidSet,
        want: Want,
        limit: usize,
    ) -> Result<Coming<Vec<Entry>>, Denied> {
        self.still().await?;
        let (mailboxes, reader) = (self.desk.mailboxes.clone(), self.holder().reader());
        Ok(Coming::of(async move { mailboxes.entries(folder, &uids, want, reader, limit).await }))
    }

    /// Which messages went from a folder after a modification sequence.
    pub async fn vanished(&mut self, folder: FolderId, since: u64) -> Result<Vanished, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.vanished(folder, since).await?)
    }

    /// For each key the messages of a folder, among `uids`, that hold it.
    pub async fn matches(&mut self, folder: FolderId, uids: &UidSet, keys: &[TextKey]) -> Result<Matches, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.matches(folder, uids, keys).await?)
    }

    /// The messages of the mailbox that hold each of these words, newest first, at most `limit` behind `after`.
    pub async fn words(&mut self, words: &str, after: Option<WordPlace>, limit: usize) -> Result<Vec<WordHit>, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.words(self.mailbox().id, words, after, limit).await?)
    }

    /// What lies in the mailbox about a certified message, in the order in which it came, at most `limit`.
    pub async fn filed(&mut self, identifier: &Identifier, limit: usize) -> Result<Vec<Filed>, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.filed(self.mailbox().id, identifier, limit).await?)
    }

    /// Where the recipients of a message stand that was sent from the mailbox, in the order of its envelope; none where it was not.
    pub async fn fates(&mut self, identifier: &Identifier) -> Result<Vec<Addressee>, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.fates(self.mailbox().id, identifier).await?)
    }

    /// How many recipients of messages that were sent from the mailbox stand where.
    pub async fn fates_counted(&mut self, identifiers: Vec<Identifier>) -> Result<Vec<FateCount>, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.fates_counted(self.mailbox().id, identifiers).await?)
    }

    /// To whom the mailbox has written lately, the last one first, whose addresses hold this text.
    pub async fn correspondents(&mut self, text: &str, limit: usize) -> Result<Vec<Address>, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.correspondents(self.mailbox().id, text, limit).await?)
    }

    /// Who came to the mailbox and who sent from it, ascending, after that number; at most `limit`. What happened within the
    /// last moment may still be missing.
    pub async fn accesses(&mut self, after: i64, limit: usize) -> Result<Vec<AccessRow>, Denied> {
        self.still().await?;
        Ok(self.desk.entrance().log().read(&self.mailbox().address.clone(), after, limit).await?)
    }

    /// Which users may use the mailbox, and how. Whether the holder may know it is for the door to judge by his rights.
    pub async fn users(&mut self) -> Result<Vec<(User, Rights)>, Denied> {
        self.still().await?;
        Ok(self.desk.entrance().users(&self.mailbox().address).await?)
    }

    /// What is noted about a folder, or about the mailbox as a whole: by the holder for himself (`private`), or for all.
    pub async fn notes(&mut self, folder: Option<FolderId>, private: bool) -> Result<Notes, Denied> {
        self.still().await?;
        let of = NotesOf { mailbox: self.mailbox().id, folder };
        Ok(self.desk.mailboxes.notes(of, private.then(|| self.holder().reader())).await?)
    }

    /// Octets of a message; `None`: it is gone. Costs about what the range is long.
    pub async fn read(&mut self, message: MessageId, range: Range<u64>) -> Result<Option<Bytes>, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.read_range(message, range).await?)
    }

    /// Octets of several messages, each as [`Opened::read`] gives them, in order, read while something else is done; all of them
    /// are in memory together.
    pub async fn read_ahead(&mut self, wanted: Vec<(MessageId, Range<u64>)>) -> Result<Coming<Octets>, Denied> {
        self.still().await?;
        let mailboxes = self.desk.mailboxes.clone();
        Ok(Coming::of(async move { mailboxes.read_ranges(wanted).await }))
    }
}
