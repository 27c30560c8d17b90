//! The embedded engine: SQLite and files, in one folder of this machine.
//!
//! # On disk
//!
//! ```text
//! <folder>/            mode 0700
//!   sigillo.store      the mark: this folder is a store, and which; written last when it is made, never again
//!   sigillo.db         everything but large originals: mailboxes, messages, queue, recipients' fates, evidence, accounts
//!   sigillo.db-wal     what was committed lately (write-ahead log); belongs to the database, never remove it
//!   sigillo.db-shm     its index; made again when missing
//!   search.db          the index for searches, with its own -wal and -shm; made anew whenever it is missing
//!   find.db            the index by which messages are found in the evidence; the same holds for it
//!   sigillo.lock       locked (flock) while a process has the folder open; holds its number, for the message
//!   originals/         originals of 256 KiB and more, each a file that is never changed
//!     aa/<sha256>      in the folder of its first two hexadecimal digits; mode 0600
//!     aa/<sha256>.<n>.new   one that is being written, or that a crash left
//! ```
//!
//! The tables stand in `embedded/schema/`. A message is a row with its header block and its further own bytes, into which
//! originals are let in at given positions; an original is found by its SHA-256, in a row or, when it is large, in its
//! file. So an envelope and five hundred complete receipts of one message hold its content once, and reading gives the
//! exact bytes back. A message goes when no entry of a folder, no dispatch, no row of the special store and none of the
//! service mailbox refers to it, an original when no message does, in the transaction that takes the last reference: no
//! counter of references exists that could be wrong.
//!
//! A file of an original is written, flushed and renamed before the row that refers to it is committed, on a thread of the
//! caller's; the one thread that writes never carries it. It is removed after the commit that took the last row, unless a
//! commit under way is about to refer to it. A crash in between leaves a file that nothing refers to: it is swept at the
//! next start.
//!
//! Nothing is given out that is not what was written: header and own bytes have a digest, originals are named by theirs,
//! and the parts of a file have digests of their own so that a range is checked without reading the rest.
//!
//! A store is made once, by [`Embedded::create`]; [`Embedded::open`] refuses a folder without its mark, so that a volume
//! that is not mounted never looks like a provider without mailboxes.
//!
//! # Writing
//!
//! One thread writes (`embedded/writer.rs`): everything that waits goes into one transaction with one flush
//! (`synchronous=FULL`). When a flush fails, everybody in it hears an error; after a crash in that very moment
//! the transaction may still be found whole, which the once keys make harmless. Leases promise nothing across a restart
//! and are not flushed.

mod accesses;
mod accounts;
mod addressees;
mod annotations;
mod app_passwords;
mod backup;
#[cfg(test)]
mod bounds;
mod browser_sessions;
mod check;
mod checks;
mod chunks;
mod commit;
mod content;
#[cfg(test)]
mod costs;
mod deposits;
mod derived;
mod domains;
mod entries;
mod evidence;
mod expiry;
mod expunging;
mod faces;
mod fates;
mod feed;
mod find;
mod flags;
mod folder;
mod folders;
mod fullness;
mod gaps;
mod grants;
mod health;
mod holders;
mod holds;
mod infected;
mod jobs;
mod kept;
mod keywords;
mod layout;
mod limits;
mod mailboxes;
#[cfg(test)]
mod model;
mod offices;
mod once;
mod organisations;
mod original_files;
mod originals;
mod pending;
mod persons;
mod principals;
mod queue;
mod reach;
mod readers;
mod reading;
mod recent;
mod reconciliation;
mod removals;
mod restored;
mod rounds;
mod schema;
mod seals;
mod search;
mod secrets;
mod seen;
mod sent_copies;
mod sequence;
mod sets;
mod sql;
mod structure;
mod subjects;
mod sums;
mod sweeper;
mod tables;
#[cfg(test)]
mod tests;
mod transfers;
mod units;
mod upkeep;
mod users;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

pub use accounts::PasswordCost;
pub use limits::MailboxLimits;
pub use upkeep::disk_free;

use tokio::sync::Semaphore;

use self::accounts::Accounts;
use self::commit::Workshop;
use self::feed::Feed;
use self::find::{Finder, Trail};
use self::folder::Folder as Place;
use self::health::Health;
use self::jobs::Purpose;
use self::layout::Sizes;
use self::originals::Files;
use self::pending::Pending;
use self::readers::Readers;
use self::search::{Indexer, Shelf};
use self::sweeper::Sweeper;
use self::writer::{Limits, Writer};
use crate::{FeedItem, StoreError};

/// A store in one folder of this machine.
pub struct Embedded {
    /// The thread of the index for searches; ends before the writer too.
    indexer: Option<Arc<Indexer>>,
    /// The thread of the index by which messages are found; ends before the writer too.
    finder: Option<Arc<Finder>>,
    /// Ends before the writer, which gives the folder back: who opens it next knows nothing of this one's sweeping.
    sweeper: Option<Arc<Sweeper>>,
    writer: Writer,
    readers: Readers,
    folder: PathBuf,
    accounts: Accounts,
    workshop: Workshop,
    feed: Arc<Feed>,
    health: Arc<Health>,
    limits: MailboxLimits,
    shelf: Arc<Shelf>,
    trail: Arc<Trail>,
    /// Steps of searches that may run at once.
    searches: Arc<Semaphore>,
}

/// How the engine behaves; the default suits a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddedOptions {
    /// Shared runs of bytes below this many octets are not worth storing once.
    pub inline_below: usize,
    /// Runs of bytes from this many octets on are files of their own, which the writer does not carry.
    pub files_from: usize,
    /// Outcomes and other writes that share one flush, at most.
    pub group: usize,
    /// Octets that share one flush, at most.
    pub group_octets: usize,
    /// Connections that read.
    pub readers: u16,
    /// What hashing a password costs.
    pub password_cost: PasswordCost,
    /// How much a mailbox may hold besides its messages.
    pub mailboxes: MailboxLimits,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            inline_below: 4 * 1024,
            files_from: 256 * 1024,
            group: 512,
            group_octets: 16 * 1024 * 1024,
            readers: 4,
            password_cost: PasswordCost::default(),
            mailboxes: MailboxLimits::default(),
        }
    }
}

impl Embedded {
    /// Makes a new store in `folder`, which is missing or empty, and opens it. Blocks. It is a store only when everything
    /// else is there and durable: one whose making was cut short is refused by [`Embedded::open`].
    pub fn create(folder: &Path, options: EmbeddedOptions) -> Result<Arc<Self>, StoreError> {
        let accounts = Accounts::new(options.password_cost)?;
        let place = Place::prepare(folder)?;
        let connection = place.writer()?;
        let id = schema::make(&connection)?;
        original_files::make_folders(&original_files::root(folder))?;
        place.mark(&id)?;
        tracing::info!(folder = %folder.display(), %id, "store made");
        Self::start(folder, options, accounts, place, connection, id)
    }

    /// Opens the store in `folder`. Blocks: it recovers what a crash left, brings an older schema up to date and voids all
    /// leases. Refuses a folder without a store's mark, one that another process has open, a database that is missing,
    /// damaged, another store's or another program's, and a schema newer than this program.
    pub fn open(folder: &Path, options: EmbeddedOptions) -> Result<Arc<Self>, StoreError> {
        let accounts = Accounts::new(options.password_cost)?;
        let (place, marked) = Place::take(folder)?;
        let connection = place.writer()?;
        same(&marked, &schema::open(&connection)?)?;
        if restored::renew(&connection)? {
            // What it is made from is not the store any more.
            derived::remove(&search::path(folder))?;
            derived::remove(&find::path(folder))?;
        }
        original_files::make_folders(&original_files::root(folder))?;
        fullness::judge_all(&connection, options.mailboxes.levels)?;
        let void = queue::void_leases(&connection)?;
        tracing::info!(folder = %folder.display(), void_leases = void, "store opened");
        Self::start(folder, options, accounts, place, connection, marked)
    }

    /// Looks into the store in `folder` without taking it, also while a provider has it open: reads see every commit
    /// that was answered before they began, and every change is refused.
    pub fn look(folder: &Path) -> Result<Arc<Self>, StoreError> {
        let options = EmbeddedOptions::default();
        let marked = folder::read_mark(folder)?;
        let database = folder::database(folder);
        same(&marked, &schema::look(&folder::reader(&database)?)?)?;
        let accounts = Accounts::new(options.password_cost)?;
        let (errands, _) = mpsc::channel();
        let files = Arc::new(Files::new(folder, errands)?);
        Ok(Arc::new(Self::without_writer(folder, &marked, options, accounts, files)))
    }

    fn start(
        folder: &Path,
        options: EmbeddedOptions,
        accounts: Accounts,
        place: Place,
        connection: rusqlite::Connection,
        id: String,
    ) -> Result<Arc<Self>, StoreError> {
        let (errands, to_do) = mpsc::channel();
        let files = Arc::new(Files::new(folder, errands)?);
        let mut store = Self::without_writer(folder, &id, options, accounts, files.clone());
        let limits = Limits { jobs: options.group, octets: options.group_octets };
        store.writer = Writer::start(connection, place, limits, store.feed.clone(), files.clone())?;
        store.sweeper = Some(Arc::new(Sweeper::start(files.clone(), to_do)?));
        let indexer = Indexer::start(store.shelf.clone(), folder::database(folder), id, files)?;
        store.indexer = Some(Arc::new(indexer));
        let finder = Finder::start(store.trail.clone(), folder::database(folder))?;
        store.finder = Some(Arc::new(finder));
        Ok(Arc::new(store))
    }

    fn without_writer(
        folder: &Path,
        id: &str,
        options: EmbeddedOptions,
        accounts: Accounts,
        files: Arc<Files>,
    ) -> Self {
        let health = Arc::<Health>::default();
        let sizes = Sizes { inline_below: options.inline_below, files_from: options.files_from };
        let pending = Arc::<Pending>::default();
        Self {
            indexer: None,
            finder: None,
            sweeper: None,
            writer: Writer::none(),
            readers: Readers::new(folder::database(folder), options.readers, health.clone()),
            folder: folder.to_owned(),
            accounts,
            workshop: Workshop { sizes, files, limits: options.mailboxes },
            feed: Arc::new(Feed::new(options.mailboxes.feed, pending.clone())),
            health,
            limits: options.mailboxes,
            shelf: Arc::new(Shelf::new(search::path(folder), pending)),
            trail: Arc::new(Trail::new(find::path(folder), id)),
            searches: Arc::new(Semaphore::new(usize::from(options.readers / 2).max(1))),
        }
    }

    /// Changes something that is no Outcome.
    async fn change<T, I, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&rusqlite::Connection) -> Result<(T, Vec<I>), StoreError> + Send + 'static,
        T: Send + 'static,
        I: Into<FeedItem> + 'static,
    {
        self.writer.run(Purpose::Change, 0, work).await
    }

    /// Changes something that nobody need be told of.
    async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&rusqlite::Connection) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.change(move |tx| work(tx).map(|value| (value, Vec::<FeedItem>::new()))).await
    }

    /// Changes something that a power cut may undo, or that a restart voids anyway: it costs no flush.
    async fn pass<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&rusqlite::Connection) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.writer.run(Purpose::Passing, 0, move |tx| work(tx).map(|value| (value, Vec::<FeedItem>::new()))).await
    }
}

/// A mark and a database belong together.
fn same(marked: &str, id: &str) -> Result<(), StoreError> {
    if marked == id {
        return Ok(());
    }
    Err(StoreError::damaged(format!(
        "sigillo.db is the database of store {id} and the mark beside it is that of store {marked}: put the right one \
         back, from the last backup"
    )))
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").field("folder", &self.folder).finish_non_exhaustive()
    }
}
