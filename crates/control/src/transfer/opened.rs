//! A mailbox that is open for a transfer: what is asked of it, done on the store.

use std::collections::HashMap;

use bytes::Bytes;
use pec::Moment;
use sha2::{Digest as _, Sha256};
use store::{
    Append, ErrorKind, Folder, FolderName, Mailbox, MailboxState, MessageId, NewMessage, Reader, SpecialUse,
    StoreError, UidSet, Want,
};
use tokio::sync::OwnedSemaphorePermit;

use super::form::{EntryTold, FolderTold, Heading, Likeness, Marks, Purpose, Room, TransferRequest};
use super::known::{Digest, KnownFolder};
use crate::act::mailbox::holders;
use crate::control::Control;
use crate::operator::Operator;
use crate::record::Act;
use crate::refused::{Fault, Refused};

/// Entries told at once.
const PAGE: usize = 500;
/// Messages of one batch of several.
const BATCH: usize = 256;
/// Octets of one batch of several, and of a message that needs no room of its own: so much a transfer holds in any case.
pub(super) const BATCH_OCTETS: u64 = 8 << 20;

pub(super) struct OpenedMailbox {
    control: Control,
    mailbox: Mailbox,
    request: TransferRequest,
    who: Operator,
    known: HashMap<String, KnownFolder>,
    batch: Vec<Append>,
    weight: u64,
    /// Room for the large message that is the batch.
    room: Option<OwnedSemaphorePermit>,
    done: Count,
}

#[derive(Clone, Copy, Default)]
struct Count {
    messages: u64,
    octets: u64,
}

impl OpenedMailbox {
    /// Opens a mailbox of a holder. That its messages are carried out is recorded before the first one is.
    pub(super) async fn open(control: &Control, request: TransferRequest, who: &Operator) -> Result<Self, Refused> {
        let mailbox = holders(control, &request.address).await?;
        if request.purpose == Purpose::Import && mailbox.state == MailboxState::Closed {
            let what = format!("{} is closed: nothing is put in it any more", mailbox.address);
            return Err(Refused::request(what));
        }
        let (control, who) = (control.clone(), who.clone());
        let opened = Self {
            control,
            mailbox,
            request,
            who,
            known: HashMap::new(),
            batch: Vec::new(),
            weight: 0,
            room: None,
            done: Count::default(),
        };
        if opened.request.purpose == Purpose::Export {
            opened.record(format!("mailbox export to {}", opened.request.other_end)).await?;
        }
        Ok(opened)
    }

    /// Leaves evidence of what was put in the mailbox, if anything was.
    pub(super) async fn close(self) -> Result<(), Refused> {
        let Count { messages, octets } = self.done;
        match messages {
            0 => Ok(()),
            _ => {
                let what = format!(
                    "mailbox import from {}, {messages} messages of {octets} octets, nothing of them certified",
                    self.request.other_end
                );
                self.record(what).await
            }
        }
    }

    async fn record(&self, what: String) -> Result<(), Refused> {
        let act = Act::new(what, [self.mailbox.address.to_string()]);
        self.control.record(self.control.now(), &self.who, act).await
    }

    fn may_put(&self) -> Result<(), Refused> {
        match self.request.purpose {
            Purpose::Import => Ok(()),
            Purpose::Export => Err(Refused::request("this transfer carries messages out")),
        }
    }

    /// Forgets which messages were compared.
    pub(super) fn begin(&mut self) {
        self.known.clear();
    }

    pub(super) async fn room(&self) -> Result<Room, Refused> {
        let Mailbox { quota, counted, .. } = holders(&self.control, &self.mailbox.address).await?;
        Ok(Room { quota, counted })
    }

    async fn all_folders(&self) -> Result<Vec<Folder>, StoreError> {
        self.control.faces.mailboxes.folders(self.mailbox.id, Reader::Owner).await
    }

    async fn folder(&self, name: &str) -> Result<Option<Folder>, Refused> {
        let name = FolderName::parse(name)?;
        Ok(self.all_folders().await?.into_iter().find(|folder| folder.name == name.as_str()))
    }

    async fn existing(&self, name: &str) -> Result<Folder, Refused> {
        let found = self.folder(name).await?;
        found.ok_or_else(|| Refused::missing(format!("{} has no folder {name}", self.mailbox.address)))
    }

    pub(super) async fn folders(&self) -> Result<Vec<FolderTold>, Refused> {
        let folders = self.all_folders().await?.into_iter();
        Ok(folders
            .map(|Folder { name, special, messages, size, .. }| {
                let special = special.map(|special| special.name().to_owned());
                FolderTold { name, special, messages, octets: size }
            })
            .collect())
    }

    /// Makes a folder that is not there, with the use that it is for where no other folder has it.
    pub(super) async fn make(&self, name: &str, special: Option<&str>) -> Result<(), Refused> {
        self.may_put()?;
        let name = FolderName::parse(name)?;
        let folders = self.all_folders().await?;
        if folders.iter().any(|folder| folder.name == name.as_str()) {
            return Ok(());
        }
        let special = special.and_then(SpecialUse::from_name);
        let special = special.filter(|special| folders.iter().all(|folder| folder.special != Some(*special)));
        // Whoever made it meanwhile made the same.
        let mailboxes = &self.control.faces.mailboxes;
        mailboxes.create_folder(self.mailbox.id, name.as_str(), special).await?;
        Ok(mailboxes.subscribe(self.mailbox.id, name.as_str(), true).await?)
    }

    pub(super) async fn compare(&mut self, folder: &str, messages: &[Likeness]) -> Result<Vec<bool>, Refused> {
        if !self.known.contains_key(folder) {
            let Some(found) = self.folder(folder).await? else { return Ok(vec![false; messages.len()]) };
            // One at a time: sources come folder by folder, and a folder can be large.
            self.known.clear();
            let known = KnownFolder::of(self.control.faces.mailboxes.as_ref(), found.id).await?;
            self.known.insert(folder.to_owned(), known);
        }
        let Some(known) = self.known.get_mut(folder) else { return Ok(Vec::new()) };
        let mut there = Vec::with_capacity(messages.len());
        for Likeness { size, digest } in messages {
            let digest = digest.as_deref().map(read_digest).transpose()?;
            there.push(known.take(self.control.faces.mailboxes.as_ref(), *size, digest.as_ref()).await?);
        }
        Ok(there)
    }

    /// Holds room until the batch is put in the mailbox.
    pub(super) fn hold(&mut self, room: OwnedSemaphorePermit) {
        self.room = Some(room);
    }

    /// Whether a message of this size may come into the batch. A large one comes alone: nobody waits for room who holds some.
    pub(super) fn may_come(&mut self, size: u64) -> Result<(), Refused> {
        self.weight = self.weight.saturating_add(size);
        let fits = self.batch.len() < BATCH && self.weight <= BATCH_OCTETS;
        match self.batch.is_empty() || fits {
            true => Ok(()),
            false => Err(Refused::request(format!(
                "a batch is one message, or at most {BATCH} messages of {BATCH_OCTETS} octets in all"
            ))),
        }
    }

    /// Adds a message to the batch.
    pub(super) async fn append(&mut self, heading: Heading, octets: Bytes) -> Result<(), Refused> {
        self.may_put()?;
        let Heading { folder, flags, at, size, digest } = heading;
        let digest = read_digest(&digest)?;
        // Hashing and laying out a large message takes tens of milliseconds.
        let made = tokio::task::spawn_blocking(move || {
            let whole = octets.len() as u64 == size && Digest::from(Sha256::digest(&octets)) == digest;
            whole.then(|| NewMessage::of(octets))
        });
        let message =
            made.await?.ok_or_else(|| Refused::request("a message came with other octets than were announced"))?;
        let folder = self.existing(&folder).await?.id;
        let saved = self.control.now();
        let at = Moment::from_unix(at);
        // Nothing that is imported takes the place of what the mailbox has: it would be missing from where it was put.
        let own = false;
        self.batch.push(Append { folder, message, flags: flags.into(), reader: Reader::Owner, at, saved, own });
        Ok(())
    }

    /// Puts the batch in its folders. Nothing is certified by that: there is no deposit and no receipt, and what a message
    /// says of itself makes nothing of it.
    pub(super) async fn commit(&mut self) -> Result<(), Refused> {
        let (batch, _room) = (std::mem::take(&mut self.batch), self.room.take());
        self.weight = 0;
        let messages = batch.len() as u64;
        let octets = batch.iter().map(|append| append.message.pieces.len() as u64).sum::<u64>();
        match self.control.faces.mailboxes.append(batch).await {
            Ok(_) => {
                self.done.messages += messages;
                self.done.octets += octets;
                Ok(())
            }
            Err(error) if error.kind == ErrorKind::OverQuota => Err(self.over_quota(octets).await?),
            Err(error) => Err(error.into()),
        }
    }

    async fn over_quota(&self, octets: u64) -> Result<Refused, Refused> {
        let (room, address) = (self.room().await?, &self.mailbox.address);
        let what = format!(
            "{address} is full: {octets} octets are to come and {} are left of its quota; what was imported before stays",
            room.left()
        );
        Ok(Refused::new(Fault::Request, what))
    }

    pub(super) async fn entries(&self, folder: &str, after: u32) -> Result<Vec<EntryTold>, Refused> {
        let folder = self.existing(folder).await?;
        let Some(first) = after.checked_add(1) else { return Ok(Vec::new()) };
        let uids = UidSet::from_ranges([first..=u32::MAX]);
        let mailboxes = &self.control.faces.mailboxes;
        let page = mailboxes.entries(folder.id, &uids, Want::default(), Reader::Owner, PAGE).await?;
        Ok(page
            .into_iter()
            .map(|entry| EntryTold {
                uid: entry.uid,
                flags: Marks::from(&entry.flags),
                at: entry.internal_date.unix(),
                size: entry.size,
            })
            .collect())
    }

    pub(super) async fn message(&self, folder: &str, uid: u32) -> Result<(MessageId, u64), Refused> {
        let folder = self.existing(folder).await?;
        let uids = UidSet::from_ranges([uid..=uid]);
        let mailboxes = &self.control.faces.mailboxes;
        let found = mailboxes.entries(folder.id, &uids, Want::default(), Reader::Owner, 1).await?;
        let entry = found.into_iter().next();
        entry
            .map(|entry| (entry.message, entry.size))
            .ok_or_else(|| Refused::missing(format!("message {uid} is gone from {}", folder.name)))
    }

    pub(super) async fn read(&self, message: MessageId, from: u64, to: u64) -> Result<Bytes, Refused> {
        let gone = || Refused::missing("the message went while it was read");
        let piece = self.control.faces.mailboxes.read_range(message, from..to).await?;
        piece.filter(|piece| !piece.is_empty()).ok_or_else(gone)
    }
}

fn read_digest(text: &str) -> Result<Digest, Refused> {
    let read = hex::decode(text).ok().and_then(|octets| octets.try_into().ok());
    read.ok_or_else(|| Refused::request("expected a SHA-256 in hexadecimal"))
}
