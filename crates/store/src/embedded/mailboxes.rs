//! The face that doors see: what is read goes to a reader, what changes goes to the writer, and what changed is told.

use std::collections::BTreeSet;

use async_trait::async_trait;
use pec::{Address, Identifier, Moment};
use rusqlite::Connection;

use super::commit::Workshop;
use super::deposits::Stored;
use super::expunging::Which;
use super::jobs::Purpose;
use super::{
    Embedded, annotations, deposits, entries, expunging, fates, flags, folders, holds, keywords, recent, removals,
    sequence, transfers,
};
use crate::{
    Addressee, Annotated, Append, Changes, CopyKey, Entry, Expunged, FateCount, Filed, FlagChange, FlagsChanged,
    Folder, FolderId, FolderName, Listing, MailboxId, Mailboxes, NewMessage, Newest, Note, Notes, NotesOf, Page,
    Reader, Removal, ServiceEntry, SpecialUse, StoreError, UidSet, Vanished, Want,
};

#[async_trait]
impl Mailboxes for Embedded {
    async fn folders(&self, mailbox: MailboxId, reader: Reader) -> Result<Vec<Folder>, StoreError> {
        self.readers.run(move |db| folders::list(db, mailbox, reader)).await
    }

    async fn folder(&self, folder: FolderId, reader: Reader) -> Result<Option<Folder>, StoreError> {
        self.readers.run(move |db| folders::one(db, folder, reader)).await
    }

    async fn listings(&self, mailboxes: &[MailboxId], reader: Reader, rows: usize) -> Result<Vec<Listing>, StoreError> {
        let mailboxes = mailboxes.to_vec();
        self.readers.run(move |db| folders::listings(db, &mailboxes, reader, rows)).await
    }

    async fn folder_named(&self, mailbox: MailboxId, name: &str, reader: Reader) -> Result<Option<Folder>, StoreError> {
        // A name that cannot be is the name of no folder.
        let Ok(name) = FolderName::parse(name) else { return Ok(None) };
        self.readers.run(move |db| folders::called(db, mailbox, &name, reader)).await
    }

    async fn create_folder(
        &self,
        mailbox: MailboxId,
        name: &str,
        special: Option<SpecialUse>,
    ) -> Result<Option<FolderId>, StoreError> {
        let (name, limits) = (FolderName::parse(name)?, self.limits);
        self.change(move |tx| folders::create(tx, mailbox, &name, special, limits)).await
    }

    async fn rename_folder(&self, folder: FolderId, name: &str) -> Result<bool, StoreError> {
        let (name, limits) = (FolderName::parse(name)?, self.limits);
        self.change(move |tx| folders::rename(tx, folder, &name, limits)).await
    }

    async fn delete_folder(&self, folder: FolderId, removal: &Removal) -> Result<(), StoreError> {
        loop {
            // Before anything goes.
            self.readers.run(move |db| folders::removable(db, folder).map(drop)).await?;
            self.remove(folder, UidSet::all(), Which::All, removal).await?;
            // Something may have come, or been held, meanwhile.
            if self.change(move |tx| folders::delete(tx, folder)).await? {
                return Ok(());
            }
        }
    }

    async fn subscriptions(&self, mailbox: MailboxId) -> Result<Vec<String>, StoreError> {
        self.readers.run(move |db| folders::subscriptions(db, mailbox)).await
    }

    async fn subscribe(&self, mailbox: MailboxId, name: &str, subscribed: bool) -> Result<(), StoreError> {
        let (name, limits) = (FolderName::parse(name)?, self.limits);
        self.change(move |tx| Ok(((), folders::subscribe(tx, mailbox, &name, subscribed, limits)?))).await
    }

    async fn keywords(&self, folder: FolderId) -> Result<BTreeSet<String>, StoreError> {
        self.readers.run(move |db| keywords::held(db, folder)).await
    }

    async fn first_unseen(&self, folder: FolderId, reader: Reader) -> Result<Option<u32>, StoreError> {
        self.readers.run(move |db| entries::first_unseen(db, folder, reader)).await
    }

    async fn take_recent(&self, folder: FolderId, below: u32) -> Result<u32, StoreError> {
        // What a power cut undoes is recent once more.
        self.pass(move |tx| recent::take(tx, folder, below)).await
    }

    async fn count_recent(&self, folder: FolderId) -> Result<u32, StoreError> {
        self.readers.run(move |db| recent::count(db, folder)).await
    }

    async fn count_deleted(&self, folder: FolderId) -> Result<(u32, u64), StoreError> {
        self.readers.run(move |db| removals::count_deleted(db, folder)).await
    }

    async fn uids(&self, folder: FolderId) -> Result<UidSet, StoreError> {
        self.readers.run(move |db| entries::uids(db, folder)).await
    }

    async fn changed(&self, folder: FolderId, since: u64, reader: Reader) -> Result<UidSet, StoreError> {
        self.readers.run(move |db| entries::changed(db, folder, since, reader)).await
    }

    async fn entries(
        &self,
        folder: FolderId,
        uids: &UidSet,
        want: Want,
        reader: Reader,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let uids = uids.clone();
        self.readers.run(move |db| entries::list(db, folder, &uids, want, reader, limit)).await
    }

    async fn newest(&self, page: Page) -> Result<Newest, StoreError> {
        self.readers.run(move |db| entries::newest(db, &page)).await
    }

    async fn change_flags(&self, change: FlagChange) -> Result<FlagsChanged, StoreError> {
        let limits = self.limits;
        self.change(move |tx| flags::change(tx, &change, limits)).await
    }

    async fn append(&self, messages: Vec<Append>) -> Result<Vec<u32>, StoreError> {
        let limits = self.limits;
        let octets = messages.iter().map(|append| append.message.pieces.len()).sum();
        let lay = move |workshop: &Workshop| {
            let lay = |append: &Append| {
                let NewMessage { pieces, summary } = &append.message;
                let key = append.own.then(|| CopyKey::of(pieces, summary));
                workshop.lay(append.message.clone(), true).map(|laid| (laid, key))
            };
            let laid = messages.iter().map(lay).collect::<Result<Vec<_>, _>>()?;
            Ok((messages, laid))
        };
        let (messages, laid) = self.workshop.work(octets, lay).await?;
        let octets = laid.iter().map(|(laid, _)| laid.layout.carried()).sum();
        let store = move |tx: &Connection| {
            let (mut stored, mut keeps) = (Vec::with_capacity(messages.len()), Vec::new());
            for (append, (laid, copy)) in messages.iter().zip(laid) {
                let (message, size, its) = laid.store(tx)?;
                stored.push(Stored { append, message, size, copy });
                keeps.extend(its);
            }
            let (uids, changes) = deposits::append(tx, &stored, limits)?;
            Ok::<_, StoreError>(((uids, keeps), changes))
        };
        // Until here the files are kept: the transaction has ended, the rows are there.
        let (uids, _keeps) = self.writer.run(Purpose::Change, octets, store).await?;
        Ok(uids)
    }

    async fn copy(
        &self,
        from: FolderId,
        uids: &UidSet,
        to: FolderId,
        now: Moment,
    ) -> Result<Vec<(u32, u32)>, StoreError> {
        let (uids, limits) = (uids.clone(), self.limits);
        self.change(move |tx| transfers::copy(tx, from, &uids, to, now, limits)).await
    }

    async fn move_to(
        &self,
        from: FolderId,
        uids: &UidSet,
        to: FolderId,
        now: Moment,
    ) -> Result<Vec<(u32, u32)>, StoreError> {
        let (uids, limits) = (uids.clone(), self.limits);
        self.change(move |tx| transfers::move_to(tx, from, &uids, to, now, limits)).await
    }

    async fn notes(&self, of: NotesOf, reader: Option<Reader>) -> Result<Notes, StoreError> {
        self.readers.run(move |db| annotations::list(db, of, reader)).await
    }

    async fn annotate(&self, of: NotesOf, notes: Vec<Note>) -> Result<Annotated, StoreError> {
        let limits = self.limits;
        self.write(move |tx| annotations::change(tx, of, &notes, limits)).await
    }

    async fn held(&self, folder: FolderId, uids: &UidSet) -> Result<UidSet, StoreError> {
        let uids = uids.clone();
        self.readers.run(move |db| holds::among(db, &sequence::place(db, folder)?, &uids)).await
    }

    async fn expunge(&self, folder: FolderId, uids: &UidSet, removal: &Removal) -> Result<Expunged, StoreError> {
        self.remove(folder, uids.clone(), Which::All, removal).await
    }

    async fn expunge_deleted(
        &self,
        folder: FolderId,
        among: &UidSet,
        removal: &Removal,
    ) -> Result<Expunged, StoreError> {
        self.remove(folder, among.clone(), Which::Marked, removal).await
    }

    async fn vanished(&self, folder: FolderId, since: u64) -> Result<Vanished, StoreError> {
        self.readers.run(move |db| removals::vanished(db, folder, since)).await
    }

    async fn service(&self, after: u64, limit: usize) -> Result<Vec<ServiceEntry>, StoreError> {
        self.readers.run(move |db| entries::service(db, after, limit)).await
    }

    async fn filed(&self, mailbox: MailboxId, identifier: &Identifier, limit: usize) -> Result<Vec<Filed>, StoreError> {
        let identifier = identifier.clone();
        self.readers.run(move |db| fates::filed(db, mailbox, &identifier, limit)).await
    }

    async fn fates(&self, mailbox: MailboxId, identifier: &Identifier) -> Result<Vec<Addressee>, StoreError> {
        let identifier = identifier.clone();
        self.readers.run(move |db| fates::of(db, mailbox, &identifier)).await
    }

    async fn fates_counted(
        &self,
        mailbox: MailboxId,
        identifiers: Vec<Identifier>,
    ) -> Result<Vec<FateCount>, StoreError> {
        self.readers.run(move |db| fates::counted(db, mailbox, &identifiers)).await
    }

    async fn correspondents(&self, mailbox: MailboxId, text: &str, limit: usize) -> Result<Vec<Address>, StoreError> {
        let text = text.to_owned();
        self.readers.run(move |db| fates::correspondents(db, mailbox, &text, limit)).await
    }

    fn changes(&self) -> Changes {
        self.feed.listen()
    }
}

impl Embedded {
    /// Removes entries lot by lot.
    async fn remove(
        &self,
        folder: FolderId,
        mut uids: UidSet,
        which: Which,
        removal: &Removal,
    ) -> Result<Expunged, StoreError> {
        let limits = self.limits;
        let (mut gone, mut held) = (Vec::new(), Vec::new());
        loop {
            // Looked for by a reader, so that the writer looks at few; and by the writer, because a mark may go meanwhile.
            let removal = removal.clone();
            let look = self.readers.run(move |db| expunging::lot(db, folder, &uids, which, &removal));
            let (lot, left) = look.await?;
            if lot.is_empty() {
                return Ok(Expunged { gone: UidSet::from_ranges(gone), held: UidSet::from_ranges(held) });
            }
            let lot = self.change(move |tx| expunging::remove(tx, folder, lot, which, limits)).await?;
            gone.extend(lot.gone.ranges().iter().cloned());
            held.extend(lot.held.ranges().iter().cloned());
            uids = left;
        }
    }
}
