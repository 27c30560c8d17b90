//! What operations are executed on.

use std::sync::Arc;

use pec::{Clock, Moment};
use store::{
    Accesses, AppPasswords, EvidenceLog, Fullness, Ledger, Mailboxes, Organisations, Persons, Principals, Queue,
    Reconciliation, Store, Upkeep,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::address::AddressRules;
use crate::item::Item;
use crate::operator::Operator;
use crate::person::PersonRules;
use crate::record::{Act, record, record_first};
use crate::refused::{Fault, Refused};
use crate::running::Running;

/// The faces of the store that administration needs.
#[derive(Clone)]
pub struct Faces {
    /// For the evidence of acts, and the history of messages.
    pub ledger: Arc<dyn Ledger>,
    /// For dispatches.
    pub queue: Arc<dyn Queue>,
    /// For domains, mailboxes, users.
    pub principals: Arc<dyn Principals>,
    /// For organisations and offices.
    pub organisations: Arc<dyn Organisations>,
    /// For secrets of mail programs.
    pub app_passwords: Arc<dyn AppPasswords>,
    /// For who came to mailboxes.
    pub accesses: Arc<dyn Accesses>,
    /// For what is kept of one person.
    pub persons: Arc<dyn Persons>,
    /// For the trace.
    pub evidence: Arc<dyn EvidenceLog>,
    /// For what is not as it must be.
    pub reconciliation: Arc<dyn Reconciliation>,
    /// For when mailboxes will be full.
    pub fullness: Arc<dyn Fullness>,
    /// For what is carried into mailboxes and out of them.
    pub mailboxes: Arc<dyn Mailboxes>,
    /// For figures, checks and copies.
    pub upkeep: Arc<dyn Upkeep>,
}

impl Faces {
    /// All of one store.
    pub fn of(store: Arc<dyn Store>) -> Self {
        Self {
            ledger: store.clone(),
            queue: store.clone(),
            principals: store.clone(),
            organisations: store.clone(),
            app_passwords: store.clone(),
            accesses: store.clone(),
            persons: store.clone(),
            evidence: store.clone(),
            reconciliation: store.clone(),
            fullness: store.clone(),
            mailboxes: store.clone(),
            upkeep: store,
        }
    }
}

/// Executes operations.
#[derive(Clone)]
pub struct Control {
    pub(crate) faces: Faces,
    pub(crate) addresses: Arc<AddressRules>,
    pub(crate) running: Arc<dyn Running>,
    pub(crate) persons: Arc<PersonRules>,
    clock: Arc<dyn Clock>,
    transfers: Arc<Semaphore>,
}

/// Octets of messages that all transfers together hold, a KiB each; also the largest message that is imported.
const TRANSFERS: usize = 128 << 10;

/// Where the items of an answer go.
#[derive(Clone, Debug)]
pub struct Out(mpsc::Sender<Item>);

/// Items on their way to a slow reader.
const AHEAD: usize = 64;

impl Out {
    /// A way for items, and its end.
    pub fn new() -> (Self, mpsc::Receiver<Item>) {
        let (send, receive) = mpsc::channel(AHEAD);
        (Self(send), receive)
    }

    /// Sends an item; waits while the reader is behind.
    ///
    /// # Errors
    ///
    /// When nobody reads any more: what only reads ends there, what changes something goes on.
    pub(crate) async fn send(&self, item: impl Into<Item>) -> Result<(), Refused> {
        let gone = |_| Refused::new(Fault::NotNow, "nobody reads the answer any more");
        self.0.send(item.into()).await.map_err(gone)
    }

    /// Sends an item that may as well not arrive: where the reader is behind it is left out.
    pub(crate) fn offer(&self, item: Item) {
        let _ = self.0.try_send(item);
    }
}

impl Control {
    /// On this store, for this provider.
    pub fn new(faces: Faces, addresses: AddressRules, running: Arc<dyn Running>, clock: Arc<dyn Clock>) -> Self {
        let transfers = Arc::new(Semaphore::new(TRANSFERS));
        Self { faces, addresses: Arc::new(addresses), running, persons: Arc::default(), clock, transfers }
    }

    /// With who answers persons; without, nobody does.
    #[must_use]
    pub fn with_persons(self, rules: PersonRules) -> Self {
        Self { persons: Arc::new(rules), ..self }
    }

    /// The instant of an act.
    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// The largest message that is imported, octets.
    pub(crate) fn transfer_octets(&self) -> usize {
        TRANSFERS << 10
    }

    /// Room for a message of a transfer; waits while others hold it.
    pub(crate) async fn transfer_room(&self, octets: usize) -> Result<OwnedSemaphorePermit, Refused> {
        let kib = u32::try_from(octets.div_ceil(1 << 10)).unwrap_or(u32::MAX);
        let room = self.transfers.clone().acquire_many_owned(kib).await;
        room.map_err(|_| Refused::new(Fault::Program, "there is no room for transfers any more"))
    }

    /// Writes that an act was done.
    pub(crate) async fn record(&self, now: Moment, who: &Operator, act: Act) -> Result<(), Refused> {
        record(self.faces.ledger.as_ref(), now, who, act).await
    }

    /// Writes that an act is about to be done.
    pub(crate) async fn record_first(&self, now: Moment, who: &Operator, act: Act) -> Result<(), Refused> {
        record_first(self.faces.ledger.as_ref(), now, who, act).await
    }
}
