//! A mailbox opened by a holder: who he is, what he may, and that he still may. What is done with it stands in
//! [`crate::reading`] and [`crate::changing`].

use std::sync::Arc;

use pec::Address;
use store::{Listing, Mailbox, MailboxId, MailboxState, Mailboxes, Rights};

use crate::pulse::{Ear, Pulses};
use crate::{Denied, Entrance, Holder, Presence};

/// Where holders work with their mailboxes.
pub struct Desk {
    pub(crate) mailboxes: Arc<dyn Mailboxes>,
    entrance: Arc<Entrance>,
    pulses: Arc<Pulses>,
}

/// A mailbox that a holder may read. What is done here is judged again when the account has changed meanwhile.
pub struct Opened {
    pub(crate) desk: Arc<Desk>,
    holder: Holder,
    mailbox: Mailbox,
    rights: Rights,
    ear: Ear,
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

    /// Somebody who is logged in and opens no mailbox.
    pub fn presence(&self, holder: &Holder) -> Presence {
        Presence::new(self.entrance.clone(), &self.pulses, holder.clone())
    }

    /// Opens the mailbox that a login means: the one that it names in `acts_for`, or, where that is empty, the only one that
    /// the holder may read. `None`: he may not read it, or none, or several.
    pub async fn open_meant(self: &Arc<Self>, holder: &Holder, acts_for: &str) -> Result<Option<Opened>, Denied> {
        let address = match Address::parse(acts_for) {
            Ok(address) => address,
            Err(_) if !acts_for.is_empty() => return Ok(None),
            Err(_) => match self.entrance.first(holder, |rights| rights.read, 2).await?.as_slice() {
                [(only, _)] => only.address.clone(),
                _ => return Ok(None),
            },
        };
        match self.open(holder, &address).await {
            Err(Denied::NotYours(_)) => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// What there is to list of mailboxes that a page of what is granted has told, in their order: of as many as have `rows` folders
    /// and subscribed names together, and of one at least.
    pub async fn listings(
        &self,
        holder: &Holder,
        mailboxes: &[MailboxId],
        rows: usize,
    ) -> Result<Vec<Listing>, Denied> {
        Ok(self.mailboxes.listings(mailboxes, holder.reader(), rows).await?)
    }

    /// Opens a mailbox that the holder may read; that he did stands in its history.
    pub async fn open(self: &Arc<Self>, holder: &Holder, address: &Address) -> Result<Opened, Denied> {
        let opened = self.open_again(holder, address).await?;
        self.entrance.opened(&opened.holder, &opened.mailbox.address);
        Ok(opened)
    }

    /// Opens a mailbox that the same login has opened before.
    pub async fn open_again(self: &Arc<Self>, holder: &Holder, address: &Address) -> Result<Opened, Denied> {
        let found = self.entrance.at(holder, address).await?.filter(|(_, rights)| rights.read);
        let Some((mailbox, rights)) = found else { return Err(Denied::NotYours(address.clone())) };
        let ear = self.pulses.listen(Some(mailbox.id), holder.user());
        let seen = ear.account();
        let mut opened = Opened { desk: self.clone(), holder: holder.clone(), mailbox, rights, ear, seen };
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

    /// What the holder may do with it.
    pub fn rights(&self) -> Rights {
        self.rights
    }

    /// Hears of changes of the mailbox, and of the user who opened it.
    pub fn ear(&self) -> Ear {
        self.ear.clone()
    }

    /// Looks again at who the holder is and what he may, when the account has changed since.
    pub async fn still(&mut self) -> Result<(), Denied> {
        let now = self.ear.account();
        if now == self.seen {
            return Ok(());
        }
        self.look().await?;
        self.seen = now;
        Ok(())
    }

    pub(crate) async fn look(&mut self) -> Result<(), Denied> {
        let Some(holder) = self.desk.entrance.again(&self.holder).await? else { return Err(Denied::Over) };
        let mine = self.desk.entrance.at(&holder, &self.mailbox.address).await?;
        let mine = mine.filter(|(mailbox, rights)| rights.read && mailbox.id == self.mailbox.id);
        let Some((mailbox, rights)) = mine else { return Err(Denied::Over) };
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
}
