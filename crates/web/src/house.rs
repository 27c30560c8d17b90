//! What pages stand on.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use ::door::Keeper;
use ::holder::{BrowserSessionId, Browsers, Browsing, Denied, Desk, Opened};
use bytes::Bytes;
use directory::Index;
use pec::{Address, Clock};
use provider::Provider;
use tokio::sync::Semaphore;
use verify::{Authorities, Examination, Sources};

/// Octets of one permit of [`House::room_for`].
const UNIT: u64 = 64 << 10;
/// Locks of drafts: two that share one wait for each other.
const LETTERS: usize = 64;
/// Logins and mailboxes that are remembered.
const VISITED: usize = 100_000;

/// Who judges messages that are shown: by the authorities, the index and the lists of revoked certificates of the provider.
pub struct Judge {
    /// Whom to believe.
    pub authorities: Authorities,
    /// The index in use.
    pub index: Arc<dyn Fn() -> Arc<Index> + Send + Sync>,
    /// What is known of revoked certificates.
    pub sources: Sources,
}

impl Judge {
    /// Who certified what, and the original inside. It costs a signature's check and as much as the message is long: for a thread that
    /// may wait.
    pub(crate) fn judge(&self, message: &Bytes) -> (Examination, Option<Bytes>) {
        verify::examine(message, &self.authorities, Some(&(self.index)()), &self.sources, None)
    }
}

/// Everything that pages ask.
pub struct House {
    /// Mailboxes.
    pub desk: Arc<Desk>,
    /// Logins by browser.
    pub browsers: Browsers,
    /// Who lets people in.
    pub keeper: Keeper,
    /// The Access Point, for what is sent.
    pub provider: Arc<Provider>,
    /// Who judges what is shown.
    pub judge: Judge,
    /// The instant.
    pub clock: Arc<dyn Clock>,
    /// The provider's name, as it stands in its messages.
    pub name: String,
    /// Octets of messages that pages have in memory at once.
    room: Semaphore,
    most: u32,
    /// Which logins have opened which mailboxes.
    visited: Mutex<HashSet<(BrowserSessionId, String)>>,
    /// What is being sent, by Message-ID.
    sending: Mutex<HashSet<String>>,
    /// Who changes a draft, changes it alone.
    letters: [tokio::sync::Mutex<()>; LETTERS],
}

/// A message that is being sent, until dropped.
pub(crate) struct UnderWay<'a> {
    house: &'a House,
    id: String,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.house.sending.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// The parts of a [`House`] that are given.
pub struct Parts {
    /// Mailboxes.
    pub desk: Arc<Desk>,
    /// Logins by browser.
    pub browsers: Browsers,
    /// Who lets people in.
    pub keeper: Keeper,
    /// The Access Point.
    pub provider: Arc<Provider>,
    /// Who judges what is shown.
    pub judge: Judge,
    /// The instant.
    pub clock: Arc<dyn Clock>,
    /// The provider's name.
    pub name: String,
    /// Octets of messages that pages have in memory at once.
    pub room: u64,
}

impl House {
    /// A house of these parts.
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts { desk, browsers, keeper, provider, judge, clock, name, room } = parts;
        let most = u32::try_from(room / UNIT).unwrap_or(u32::MAX >> 3).clamp(1, u32::MAX >> 3);
        let room = Semaphore::new(most as usize);
        Arc::new(Self {
            desk,
            browsers,
            keeper,
            provider,
            judge,
            clock,
            name,
            room,
            most,
            visited: Mutex::default(),
            sending: Mutex::default(),
            letters: std::array::from_fn(|_| tokio::sync::Mutex::default()),
        })
    }

    /// Opens a mailbox for a page. In its history stands that a login opened it, not how many pages it looked at.
    pub(crate) async fn open(&self, browsing: &Browsing, address: &Address) -> Result<Opened, Denied> {
        let key = (browsing.session.id, address.key());
        let known = self.visited.lock().unwrap_or_else(PoisonError::into_inner).contains(&key);
        if known {
            return self.desk.open_again(&browsing.holder, address).await;
        }
        let opened = self.desk.open(&browsing.holder, address).await?;
        let mut visited = self.visited.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever is forgotten is noted once more.
        if visited.len() >= VISITED {
            visited.clear();
        }
        visited.insert(key);
        Ok(opened)
    }

    /// Waits until nobody else changes the draft of this name.
    pub(crate) async fn letter(&self, name: &str) -> tokio::sync::MutexGuard<'_, ()> {
        // Names are random: their last letters spread them evenly.
        let at = name.bytes().rev().take(2).fold(0, |at, octet| at * 31 + usize::from(octet)) % LETTERS;
        self.letters[at].lock().await
    }

    /// A message with this Message-ID is being sent; `None`: it is already.
    pub(crate) fn sending(&self, id: &str) -> Option<UnderWay<'_>> {
        let mut sending = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        sending.insert(id.to_owned()).then(|| UnderWay { house: self, id: id.to_owned() })
    }

    /// Waits for memory for a message of so many octets, which is read whole and opened. A longer one than all the room takes all
    /// of it.
    pub(crate) async fn room_for(&self, octets: u64) -> tokio::sync::SemaphorePermit<'_> {
        let units = u32::try_from(octets / UNIT + 1).unwrap_or(u32::MAX).min(self.most);
        loop {
            // Never closed.
            if let Ok(permit) = self.room.acquire_many(units).await {
                return permit;
            }
        }
    }
}
