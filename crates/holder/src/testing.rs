//! A desk over a store of its own, for tests of doors.
#![allow(clippy::unwrap_used, reason = "only tests come here")]

use std::sync::Arc;

use bytes::Bytes;
use pec::{Address, Moment, Pieces};
use store::{
    Append, Domain, Embedded, EmbeddedOptions, Flags, Mailbox, Mailboxes, NewMailbox, NewMessage, PasswordCost,
    Principals, Reader, Summary,
};

use crate::{Desk, Entrance};

/// A small provider's mailboxes.
pub struct House {
    /// Everything that is kept.
    pub store: Arc<Embedded>,
    /// What doors see of it.
    pub desk: Arc<Desk>,
    _place: tempfile::TempDir,
}

impl House {
    /// A house that hosts `pec.example`, with nobody in it.
    pub async fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let options = EmbeddedOptions { password_cost: PasswordCost::CHEAPEST, ..EmbeddedOptions::default() };
        let store = Embedded::create(&place.path().join("store"), options).unwrap();
        store.put_domain(Domain::new("pec.example")).await.unwrap();
        let entrance = Arc::new(Entrance::new(store.clone(), Vec::new()));
        let desk = Arc::new(Desk::new(store.clone(), entrance));
        Self { store, desk, _place: place }
    }

    /// A new mailbox with this password.
    pub async fn mailbox(&self, address: &str, password: &str) -> Mailbox {
        let address = Address::parse(address).unwrap();
        let (password, quota) = (Some(password.to_owned()), 1 << 30);
        let new = NewMailbox { address: address.clone(), password, quota, service: false };
        self.store.create_mailbox(new).await.unwrap();
        self.store.mailbox(&address).await.unwrap().unwrap()
    }

    /// Puts messages in the `INBOX`; their UIDs.
    pub async fn deliver(&self, mailbox: &Mailbox, messages: &[&[u8]]) -> Vec<u32> {
        let inbox = self.store.folders(mailbox.id, Reader::Owner).await.unwrap().remove(0).id;
        let at = Moment::from_unix(1_790_000_000);
        let append = |message: &&[u8]| {
            let pieces = Pieces::own(Bytes::copy_from_slice(message));
            let message = NewMessage { pieces, summary: Summary::default() };
            Append { folder: inbox, message, flags: Flags::default(), reader: Reader::Owner, at, saved: at, own: false }
        };
        self.store.append(messages.iter().map(append).collect()).await.unwrap()
    }
}
