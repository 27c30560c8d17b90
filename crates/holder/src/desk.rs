//! A mailbox opened by a holder.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use pec::Address;
use store::{
    Entry, FlagChange, FlagOperation, Flags, FlagsChanged, Folder, FolderId, Mailbox, MailboxState, Mailboxes,
    MessageId, Rights, SystemFlags, UidSet, Want,
};
use tokio::sync::watch;

use crate::pulse::{Pulse, Pulses};
use crate::{Denied, Entrance, Holder};

/// Where holders work with their mailboxes.
pub struct Desk {
    mailboxes: Arc<dyn Mailboxes>,
    entrance: Arc<Entrance>,
    pulses: Arc<Pulses>,
}

/// A mailbox that a holder may read. What is done here is judged again when the account has changed meanwhile.
pub struct Opened {
    desk: Arc<Desk>,
    holder: Holder,
    mailbox: Mailbox,
    rights: Rights,
    pulse: watch::Receiver<Pulse>,
    /// As of which change of the account the rights are.
    seen: u64,
}

impl Desk {
    /// A desk over these mailboxes; it listens to their changes.
    pub fn new(mailboxes: Arc<dyn Mailboxes>, entrance: Arc<Entrance>) -> Self {
        let pulses = Pulses::start(&*mailboxes);
        Self { mailboxes, entrance, pulses }
    }

    /// Where one logs in.
    pub fn entrance(&self) -> &Entrance {
        &self.entrance
    }

    /// Opens a mailbox that the holder may read.
    pub async fn open(self: &Arc<Self>, holder: &Holder, address: &Address) -> Result<Opened, Denied> {
        let found = holder.mailboxes().iter().find(|(mailbox, rights)| rights.read && mailbox.address == *address);
        let Some((mailbox, rights)) = found else { return Err(Denied::NotYours(address.clone())) };
        let mut pulse = self.pulses.listen(mailbox.id);
        let seen = pulse.borrow_and_update().account;
        let (holder, mailbox, rights) = (holder.clone(), mailbox.clone(), *rights);
        let mut opened = Opened { desk: self.clone(), holder, mailbox, rights, pulse, seen };
        // Between the login and now something may have changed that nobody heard of.
        opened.look().await?;
        Ok(opened)
    }
}

impl Opened {
    /// Who opened it.
    pub fn holder(&self) -> &Holder {
        &self.holder
    }

    /// The mailbox, as it was when the account was last looked at.
    pub fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// Hears of changes of the mailbox.
    pub fn pulse(&self) -> watch::Receiver<Pulse> {
        self.pulse.clone()
    }

    /// Looks again at who the holder is and what he may, when the account has changed since.
    pub async fn still(&mut self) -> Result<(), Denied> {
        let now = self.pulse.borrow_and_update().account;
        if now == self.seen {
            return Ok(());
        }
        self.look().await?;
        self.seen = now;
        Ok(())
    }

    async fn look(&mut self) -> Result<(), Denied> {
        let Some(holder) = self.desk.entrance.again(&self.holder).await? else { return Err(Denied::Over) };
        let mine = holder.mailboxes().iter().find(|(mailbox, rights)| rights.read && mailbox.id == self.mailbox.id);
        let Some((mailbox, rights)) = mine.cloned() else { return Err(Denied::Over) };
        (self.mailbox, self.rights, self.holder) = (mailbox, rights, holder);
        Ok(())
    }

    /// Whether messages, flags and folders may be changed.
    pub fn writable(&self) -> Result<(), Denied> {
        match self.mailbox.state {
            MailboxState::Active | MailboxState::ReceiveOnly => Ok(()),
            state @ (MailboxState::ReadOnly | MailboxState::Closed) => {
                Err(Denied::ReadOnly { mailbox: self.mailbox.address.clone(), state })
            }
        }
    }

    /// The folders, `INBOX` first, then by name.
    pub async fn folders(&mut self) -> Result<Vec<Folder>, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.folders(self.mailbox.id, self.holder.reader()).await?)
    }

    /// Entries of a folder among `uids`, ascending, at most `limit`: read on after the last UID.
    pub async fn entries(
        &mut self,
        folder: FolderId,
        uids: &UidSet,
        want: Want,
        limit: usize,
    ) -> Result<Vec<Entry>, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.entries(folder, uids, want, None, self.holder.reader(), limit).await?)
    }

    /// Octets of a message; `None`: it is gone.
    pub async fn read(&mut self, message: MessageId, range: Range<u64>) -> Result<Option<Bytes>, Denied> {
        self.still().await?;
        Ok(self.desk.mailboxes.read_range(message, range).await?)
    }

    /// Marks messages as seen by the holder.
    pub async fn seen(&mut self, folder: FolderId, uids: UidSet) -> Result<FlagsChanged, Denied> {
        self.still().await?;
        self.writable()?;
        let change = FlagChange {
            folder,
            uids,
            operation: FlagOperation::Add,
            flags: Flags { system: SystemFlags::SEEN, ..Flags::default() },
            unchanged_since: None,
            reader: self.holder.reader(),
        };
        Ok(self.desk.mailboxes.change_flags(change).await?)
    }

    /// Removes messages for good; which went.
    pub async fn expunge(&mut self, folder: FolderId, uids: &UidSet) -> Result<UidSet, Denied> {
        self.still().await?;
        self.writable()?;
        Ok(self.desk.mailboxes.expunge(folder, uids).await?)
    }
}
