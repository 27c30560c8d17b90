//! A desk over a store of its own, for tests of doors.
#![allow(clippy::unwrap_used, reason = "only tests come here")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use pec::{Address, Clock, Moment, Pieces};
pub use store::{Account, Protocols};
use store::{
    AppPassword, AppPasswordMade, AppPasswords, Append, Domain, Embedded, EmbeddedOptions, Flags, Mailbox,
    MailboxChange, Mailboxes, NewAppPassword, NewMailbox, NewMessage, PasswordCost, Principals, Protocol, Reader,
    Summary,
};

use crate::{AccessLog, Came, Desk, Entered, Entrance, Given, Holder, TokenJudge};

/// A small provider's mailboxes.
pub struct House {
    /// Everything that is kept.
    pub store: Arc<Embedded>,
    /// What doors see of it.
    pub desk: Arc<Desk>,
    /// Where one comes in.
    pub entrance: Arc<Entrance>,
    /// What says whether a secret has ended.
    pub clock: Arc<ByHand>,
    _place: tempfile::TempDir,
}

/// A clock that goes when it is told to.
#[derive(Debug)]
pub struct ByHand(AtomicI64);

impl Default for ByHand {
    /// In September 2026.
    fn default() -> Self {
        Self(AtomicI64::new(1_790_000_000))
    }
}

impl ByHand {
    /// So many seconds pass.
    pub fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl pec::Clock for ByHand {
    fn now(&self) -> Moment {
        Moment::from_unix(self.0.load(Ordering::SeqCst))
    }
}

impl House {
    /// A house that hosts `pec.example`, with nobody in it.
    pub async fn new() -> Self {
        Self::taking(None).await
    }

    /// The same, where tokens are judged by these.
    pub async fn with_tokens(tokens: Arc<dyn TokenJudge>) -> Self {
        Self::taking(Some(tokens)).await
    }

    async fn taking(tokens: Option<Arc<dyn TokenJudge>>) -> Self {
        let place = tempfile::tempdir().unwrap();
        let options = EmbeddedOptions { password_cost: PasswordCost::CHEAPEST, ..EmbeddedOptions::default() };
        let store = Embedded::create(&place.path().join("store"), options).unwrap();
        store.put_domain(Domain::new("pec.example")).await.unwrap();
        let clock = Arc::new(ByHand::default());
        let entrance =
            Arc::new(Entrance::new(store.clone(), Vec::new(), clock.clone(), AccessLog::start(store.clone()), tokens));
        let desk = Arc::new(Desk::new(store.clone(), entrance.clone()));
        Self { store, desk, entrance, clock, _place: place }
    }

    /// A new mailbox with this password.
    pub async fn mailbox(&self, address: &str, password: &str) -> Mailbox {
        let address = Address::parse(address).unwrap();
        let (password, quota) = (Some(password.to_owned()), 1 << 30);
        let new = NewMailbox { address: address.clone(), password, quota, service: false };
        self.store.create_mailbox(new).await.unwrap();
        self.store.mailbox(&address).await.unwrap().unwrap()
    }

    /// Gives the holder of a mailbox another password.
    pub async fn change_password(&self, address: &str, password: &str) {
        let account = Account::Mailbox(Address::parse(address).unwrap());
        assert!(self.store.set_password(&account, password).await.unwrap());
    }

    /// Switches a protocol of a mailbox off.
    pub async fn switch_off(&self, address: &str, protocol: Protocol) {
        let off = MailboxChange { switch_off: protocol.into(), ..MailboxChange::default() };
        self.store.change_mailbox(&Address::parse(address).unwrap(), off).await.unwrap();
    }

    /// Who logs in so.
    pub async fn enter(&self, login: &str, password: &str, protocol: Protocol) -> Option<Entered> {
        let given = Given::Password(password);
        self.desk.entrance().enter(login, given, Came::by(protocol, [192, 0, 2, 9].into())).await.unwrap()
    }

    /// Who is in by IMAP.
    pub async fn holder(&self, login: &str, password: &str) -> Option<Holder> {
        match self.enter(login, password, Protocol::Imap).await? {
            Entered::In(holder) => Some(holder),
            Entered::Barred(barred) => panic!("{barred}"),
        }
    }

    /// A secret for mail programs; of a user for whatever is granted, or for one mailbox alone.
    pub async fn app_password(
        &self,
        of: Account,
        mailbox: Option<&str>,
        protocols: Protocols,
    ) -> (AppPassword, String) {
        self.ending_app_password(of, mailbox, protocols, None).await
    }

    /// The same with an end.
    pub async fn ending_app_password(
        &self,
        of: Account,
        mailbox: Option<&str>,
        protocols: Protocols,
        ends: Option<Moment>,
    ) -> (AppPassword, String) {
        let mailbox = mailbox.map(|address| Address::parse(address).unwrap());
        let name = format!("{protocols} {mailbox:?} {ends:?}");
        let new = NewAppPassword { of, mailbox, name, protocols, made: self.clock.now(), ends };
        match self.store.make_app_password(new).await.unwrap() {
            AppPasswordMade::Made(app, secret) => (app, secret.expose().to_owned()),
            other => panic!("{other:?}"),
        }
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
