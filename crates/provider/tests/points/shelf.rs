//! A provider's store, with the questions that the tests of the points ask.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use pec::{Address, Kind, Moment};
use store::{
    About, Addressee, Content, Correspondents, Embedded, EmbeddedOptions, Entry, Event, EvidenceLog, EvidenceQuery,
    Ledger, MailboxChange, MailboxState, Mailboxes, MessageId, OrdinaryMail, Principals, Queue, QueueItem, QueueQuery,
    Reader, UidSet, Want,
};

/// A store.
#[derive(Clone)]
pub struct Shelf(Arc<Embedded>);

impl Deref for Shelf {
    type Target = Embedded;

    fn deref(&self) -> &Embedded {
        &self.0
    }
}

/// A row of evidence with its subject, flat.
#[derive(Clone, Debug)]
pub struct Trace {
    pub event: Event,
    pub kind: Option<Kind>,
    pub identifier: String,
    pub sender: String,
    pub recipients: Vec<String>,
    pub subject: String,
    pub concerns: Vec<String>,
    pub error: Option<String>,
}

impl Shelf {
    pub fn create(path: &Path, options: EmbeddedOptions) -> Self {
        Self(Embedded::create(path, options).unwrap())
    }

    pub fn engine(&self) -> Arc<Embedded> {
        self.0.clone()
    }

    /// What stands in a folder; the service mailbox has but one.
    pub async fn entries(&self, mailbox: &str, folder: &str) -> Vec<Entry> {
        let address = Address::parse(mailbox).unwrap();
        let Some(mailbox) = self.mailbox(&address).await.unwrap() else { return Vec::new() };
        if mailbox.service {
            let entry = |(uid, one): (u32, store::ServiceEntry)| Entry {
                uid,
                message: one.message,
                flags: Default::default(),
                modseq: 0,
                internal_date: one.at,
                saved: one.at,
                size: one.size,
                summary: Some(Box::new(one.summary)),
                header: None,
                structure: None,
            };
            return (1u32..).zip(self.service(0, 10_000).await.unwrap()).map(entry).collect();
        }
        let folders = self.folders(mailbox.id, Reader::Owner).await.unwrap();
        let Some(folder) = folders.into_iter().find(|one| one.name == folder) else { return Vec::new() };
        let want = Want { summary: true, ..Want::default() };
        Mailboxes::entries(&*self.0, folder.id, &UidSet::all(), want, Reader::Owner, 10_000).await.unwrap()
    }

    pub async fn bytes(&self, message: MessageId) -> Bytes {
        self.read(message).await.unwrap().unwrap().to_bytes()
    }

    pub async fn set_state(&self, mailbox: &Address, state: MailboxState) {
        self.change(mailbox, MailboxChange { state: Some(state), ..MailboxChange::default() }).await;
    }

    pub async fn set_quota(&self, mailbox: &Address, quota: u64) {
        self.change(mailbox, MailboxChange { quota: Some(quota), ..MailboxChange::default() }).await;
    }

    pub async fn set_ordinary(&self, mailbox: &Address, ordinary: OrdinaryMail) {
        self.change(mailbox, MailboxChange { ordinary: Some(Some(ordinary)), ..MailboxChange::default() }).await;
    }

    pub async fn set_correspondents(&self, mailbox: &Address, group: Correspondents) {
        self.change(mailbox, MailboxChange { correspondents: Some(Some(group)), ..MailboxChange::default() }).await;
    }

    async fn change(&self, mailbox: &Address, change: MailboxChange) {
        assert!(self.change_mailbox(mailbox, change).await.unwrap().is_some(), "{mailbox}");
    }

    /// What waits.
    pub async fn queue(&self) -> Vec<QueueItem> {
        Queue::list(&*self.0, QueueQuery { limit: 10_000, ..QueueQuery::default() }).await.unwrap()
    }

    /// Of whom something is awaited.
    pub async fn awaited(&self) -> Vec<Addressee> {
        self.due(Moment::from_unix(i64::MAX), 10_000).await.unwrap()
    }

    /// The whole evidence.
    pub async fn traces(&self) -> Vec<Trace> {
        let rows = self.rows(EvidenceQuery { limit: 100_000, ..EvidenceQuery::default() }).await.unwrap();
        let flat = |row: Result<store::EvidenceRow, _>| {
            let evidence = row.unwrap().evidence;
            let About::Subject(subject) = evidence.about else { panic!("a row without its subject") };
            let subject = subject.subject().clone();
            let listed = |named: &store::Named| match named.kind {
                Some(kind) => format!("{} ({})", named.address, kind.as_str()),
                None => named.address.clone(),
            };
            Trace {
                event: evidence.event,
                kind: evidence.kind,
                identifier: subject.identifier.to_string(),
                sender: subject.sender,
                recipients: subject.recipients.iter().map(listed).collect(),
                subject: subject.subject,
                concerns: evidence.concerns,
                error: evidence.error,
            }
        };
        rows.into_iter().map(flat).collect()
    }
}
