//! The embedded engine: SQLite, in one folder of this machine.
//!
//! # On disk
//!
//! ```text
//! <folder>/            mode 0700
//!   sigillo.db         everything: mailboxes, messages, originals, queue, watches, evidence, accounts
//!   sigillo.db-wal     what was committed lately (write-ahead log); belongs to the database, never remove it
//!   sigillo.db-shm     its index; made again when missing
//!   sigillo.lock       locked (flock) while a process has the folder open; holds its number, for the message
//! ```
//!
//! The tables stand in `embedded/schema/`. A message is a row with its own bytes, into which originals are
//! let in at given positions; an original is a row found by its SHA-256. So an envelope and five hundred complete
//! receipts of one message hold its content once, and reading gives the exact bytes back. A message goes when no
//! entry of a folder, no dispatch and no row of the special store refers to it, an original when no message does, in the transaction that takes
//! the last reference: no counter of references exists that could be wrong.
//!
//! A backup is `sqlite3 sigillo.db ".backup <file>"` while running, or a copy of the folder after a clean stop.
//!
//! # Writing
//!
//! One thread writes (`embedded/writer.rs`): everything that waits goes into one transaction with one flush
//! (`synchronous=FULL`). When a flush fails, everybody in it hears an error; after a crash in that very moment
//! the transaction may still be found whole, which the once keys make harmless. Leases promise nothing across a restart
//! and are not flushed.

mod accounts;
mod commit;
mod content;
mod evidence;
mod expiry;
mod folder;
mod infected;
mod mailboxes;
mod queue;
mod readers;
mod schema;
mod sql;
#[cfg(test)]
mod tests;
mod verify;
mod watches;
mod writer;

use std::fmt;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use pec::{Address, Moment, Pieces};

pub use accounts::PasswordCost;

use self::accounts::{Accounts, Password};
use self::commit::Ready;
use self::folder::Folder as Place;
use self::mailboxes::Opening;
use self::readers::Readers;
use self::sql::{Statements, column, unsigned};
use self::writer::{Limits, Purpose, Writer};
use crate::{
    CommitError, Correspondents, Entry, EvidenceQuery, EvidenceRow, Expired, ExpiryLimit, Figures, Folder, Hop,
    InfectedQuery, InfectedRow, Mailbox, MailboxState, MessageId, NewMailbox, OnceKey, OrdinaryMail, Outcome,
    QueueItem, Sent, Store, StoreError, Watch,
};

/// A store in one folder of this machine.
pub struct Embedded {
    writer: Writer,
    readers: Readers,
    accounts: Accounts,
    inline_below: usize,
}

/// How the engine behaves; the default suits a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddedOptions {
    /// Shared runs of bytes below this many octets are not worth storing once.
    pub inline_below: usize,
    /// Outcomes and other writes that share one flush, at most.
    pub group: usize,
    /// Octets that share one flush, at most.
    pub group_octets: usize,
    /// Connections that read.
    pub readers: u16,
    /// What hashing a password costs.
    pub password_cost: PasswordCost,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            inline_below: 4 * 1024,
            group: 512,
            group_octets: 16 * 1024 * 1024,
            readers: 4,
            password_cost: PasswordCost::default(),
        }
    }
}

impl Embedded {
    /// Opens the store in `folder`, which is made if missing. Blocks: it recovers what a crash left, brings an
    /// older schema up to date and voids all leases. Refuses a folder that another process has open, a file of
    /// another program and a schema newer than this program.
    pub fn open(folder: &Path, options: EmbeddedOptions) -> Result<Arc<Self>, StoreError> {
        let accounts = Accounts::new(options.password_cost)?;
        let place = Place::take(folder)?;
        let connection = place.writer()?;
        schema::prepare(&connection)?;
        // Counting from the age of the file, UIDVALIDITY differs from that of a lost store in the same place.
        let validity = place.made().clamp(1, i64::from(u32::MAX / 2));
        let sql = "UPDATE counters SET value = ?1 WHERE name = 'uid_validity' AND value = 0";
        connection.run("starting the count of UIDVALIDITY", sql, [validity])?;
        let void = queue::void_leases(&connection)?;
        tracing::info!(folder = %folder.display(), void_leases = void, "store opened");
        let readers = Readers::new(place.database(), options.readers);
        let limits = Limits { jobs: options.group, octets: options.group_octets };
        let writer = Writer::start(connection, place, limits)?;
        Ok(Arc::new(Self { writer, readers, accounts, inline_below: options.inline_below }))
    }

    /// Looks into the store in `folder` without taking it, also while a provider has it open: reads see every commit
    /// that was answered before they began, and every change is refused.
    pub fn look(folder: &Path) -> Result<Arc<Self>, StoreError> {
        let options = EmbeddedOptions::default();
        let database = folder.join("sigillo.db");
        schema::recognise(&folder::reader(&database)?)?;
        let accounts = Accounts::new(options.password_cost)?;
        let readers = Readers::new(database, options.readers);
        Ok(Arc::new(Self { writer: Writer::none(), readers, accounts, inline_below: options.inline_below }))
    }

    /// UIDs of a folder that were expunged after modification sequence `since`, ascending (RFC 7162 §3.2.10).
    pub async fn vanished(&self, mailbox: &Address, folder: &str, since: u64) -> Result<Vec<u32>, StoreError> {
        let (mailbox, folder) = (mailbox.clone(), folder.to_owned());
        self.readers.run(move |db| mailboxes::vanished(db, &mailbox, &folder, since)).await
    }

    /// Checks the whole file: the database's own structure, and every sum and reference of ours. Reads everything,
    /// so it takes long on a large store; an error lists what is wrong.
    pub async fn verify(&self) -> Result<(), StoreError> {
        self.readers.run(verify::all).await
    }

    async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&rusqlite::Connection) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.writer.run(Purpose::Change, 0, work).await
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for Embedded {
    async fn commit(&self, outcome: Outcome) -> Result<(), CommitError> {
        let ready = Ready::make(outcome, self.inline_below).await?;
        self.writer.run(Purpose::Outcome, ready.octets(), move |tx| ready.write(tx)).await
    }

    async fn done(&self, keys: &[OnceKey]) -> Result<Vec<bool>, StoreError> {
        let keys = keys.to_vec();
        self.readers.run(move |db| keys.iter().map(|key| evidence::done(db, key)).collect()).await
    }

    async fn sent(&self, identifier: &str) -> Result<Option<Sent>, StoreError> {
        let identifier = identifier.to_owned();
        self.readers.run(move |db| evidence::sent(db, &identifier)).await
    }

    async fn create_mailbox(&self, mailbox: NewMailbox) -> Result<bool, StoreError> {
        let NewMailbox { address, password, quota, service } = mailbox;
        let password = match password {
            Some(password) => Some(self.accounts.hash(Password(password)).await?),
            None => None,
        };
        let new = Opening { address, password, quota, service };
        self.write(move |tx| mailboxes::create(tx, &new)).await
    }

    async fn mailboxes(&self, addresses: &[Address]) -> Result<Vec<Option<Mailbox>>, StoreError> {
        let keys: Vec<String> = addresses.iter().map(Address::key).collect();
        let one = |db: &_, key: &String| Ok(mailboxes::account(db, key)?.map(|(mailbox, _)| mailbox));
        self.readers.run(move |db| keys.iter().map(|key| one(db, key)).collect()).await
    }

    async fn all_mailboxes(&self) -> Result<Vec<Mailbox>, StoreError> {
        self.readers.run(mailboxes::every).await
    }

    async fn set_state(&self, address: &Address, state: MailboxState) -> Result<bool, StoreError> {
        let address = address.clone();
        self.write(move |tx| mailboxes::change(tx, &address, "state", state.name())).await
    }

    async fn set_quota(&self, address: &Address, quota: u64) -> Result<bool, StoreError> {
        let address = address.clone();
        self.write(move |tx| mailboxes::change(tx, &address, "quota", sql::signed(quota))).await
    }

    async fn set_ordinary(&self, address: &Address, ordinary: Option<OrdinaryMail>) -> Result<bool, StoreError> {
        let (address, ordinary) = (address.clone(), ordinary.map(|ordinary| ordinary.to_string()));
        self.write(move |tx| mailboxes::change(tx, &address, "ordinary", ordinary)).await
    }

    async fn set_correspondents(&self, address: &Address, group: Option<Correspondents>) -> Result<bool, StoreError> {
        let address = address.clone();
        let rules = group.map(|group| sql::list(group.rules().iter().map(String::as_str)));
        self.write(move |tx| mailboxes::change(tx, &address, "correspondents", rules)).await
    }

    async fn set_password(&self, address: &Address, password: &str) -> Result<bool, StoreError> {
        let address = address.clone();
        let hash = self.accounts.hash(Password(password.to_owned())).await?;
        self.write(move |tx| mailboxes::change(tx, &address, "password", hash)).await
    }

    async fn authenticate(&self, login: &str, password: &str) -> Result<Option<Mailbox>, StoreError> {
        let (key, password) = (login.to_ascii_lowercase(), Password(password.to_owned()));
        let account = self.readers.run(move |db| mailboxes::account(db, &key)).await?;
        let (mailbox, hash) = account.map_or((None, None), |(mailbox, hash)| (Some(mailbox), hash));
        let right = self.accounts.verify(password, hash).await?;
        Ok(mailbox.filter(|_| right))
    }

    async fn folders(&self, mailbox: &Address) -> Result<Vec<Folder>, StoreError> {
        let mailbox = mailbox.clone();
        self.readers.run(move |db| mailboxes::folders(db, &mailbox)).await
    }

    async fn list(&self, mailbox: &Address, folder: &str, after: u32, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let (mailbox, folder) = (mailbox.clone(), folder.to_owned());
        self.readers.run(move |db| mailboxes::entries(db, &mailbox, &folder, after, limit)).await
    }

    async fn set_flags(&self, mailbox: &Address, folder: &str, uid: u32, flags: &[String]) -> Result<bool, StoreError> {
        let (mailbox, folder, flags) = (mailbox.clone(), folder.to_owned(), flags.to_vec());
        self.write(move |tx| mailboxes::set_flags(tx, &mailbox, &folder, uid, &flags)).await
    }

    async fn expunge(&self, mailbox: &Address, folder: &str, uids: &[u32]) -> Result<usize, StoreError> {
        let (mailbox, folder, uids) = (mailbox.clone(), folder.to_owned(), uids.to_vec());
        self.write(move |tx| mailboxes::expunge(tx, &mailbox, &folder, &uids)).await
    }

    async fn read(&self, message: MessageId) -> Result<Option<Pieces>, StoreError> {
        self.readers.run(move |db| content::read(db, message)).await
    }

    async fn due_hops(&self, now: Moment) -> Result<Vec<Hop>, StoreError> {
        self.readers.run(move |db| queue::due_hops(db, now)).await
    }

    async fn lease(&self, hop: &Hop, limit: usize, now: Moment, until: Moment) -> Result<Vec<QueueItem>, StoreError> {
        let hop = hop.clone();
        self.writer.run(Purpose::Lease, 0, move |tx| queue::lease(tx, &hop, limit, now, until)).await
    }

    async fn next_due(&self) -> Result<Option<Moment>, StoreError> {
        self.readers.run(queue::next_due).await
    }

    async fn queue(&self, limit: usize) -> Result<Vec<QueueItem>, StoreError> {
        self.readers.run(move |db| queue::list_all(db, limit)).await
    }

    async fn due_watches(&self, now: Moment, limit: usize) -> Result<Vec<Watch>, StoreError> {
        self.readers.run(move |db| watches::due(db, now, limit)).await
    }

    async fn watch(&self, identifier: &str, recipient: &Address) -> Result<Option<Watch>, StoreError> {
        let (identifier, recipient) = (identifier.to_owned(), recipient.clone());
        self.readers.run(move |db| watches::one(db, &identifier, &recipient)).await
    }

    async fn evidence(&self, query: EvidenceQuery) -> Result<Vec<EvidenceRow>, StoreError> {
        self.readers.run(move |db| evidence::rows(db, &query)).await
    }

    async fn infected(&self, query: InfectedQuery) -> Result<Vec<InfectedRow>, StoreError> {
        self.readers.run(move |db| infected::rows(db, &query)).await
    }

    async fn expire(&self, limit: ExpiryLimit) -> Result<Expired, StoreError> {
        self.write(move |tx| expiry::run(tx, limit)).await
    }

    async fn figures(&self) -> Result<Figures, StoreError> {
        let mut figures = self.readers.run(counted).await?;
        figures.flushes = self.writer.tally().flushes.load(Ordering::Relaxed);
        figures.outcomes = self.writer.tally().outcomes.load(Ordering::Relaxed);
        figures.trouble = self.writer.tally().trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(figures)
    }

    async fn close(&self) -> Result<(), StoreError> {
        // Readers first: the checkpoint wants the file for itself.
        self.readers.close().await?;
        self.writer.close().await
    }
}

fn counted(connection: &rusqlite::Connection) -> Result<Figures, StoreError> {
    let what = "reading the figures";
    let count = |name: &str| -> Result<u64, StoreError> {
        let sql = "SELECT value FROM counters WHERE name = ?1";
        Ok(connection.one(what, sql, [name], |row| unsigned(row, 0))?.unwrap_or(0))
    };
    Ok(Figures {
        queued: count("queue")?,
        oldest: connection.one(what, "SELECT created FROM queue ORDER BY id LIMIT 1", [], |row| column(row, 0))?,
        messages: count("messages")?,
        originals: count("originals")?,
        watches: count("watches")?,
        ..Figures::default()
    })
}
