//! The relay: carries the queue, to other providers over SMTP and to our own Incoming Point without the network.
//!
//! One worker per hop while the hop has something due, and further ones for a provider that keeps its worker waiting: a
//! message that the peer's software chokes on must not hold up the others. A dispatch is leased, carried, and settled in
//! one commit: gone, partly gone, or put off with back-off and jitter; at 24 hours it is over [R-2.2.2-b]. A crash between
//! the peer's yes and our commit sends it once more, and the peer recognises it.
//!
//! Trouble backs off: a hop that nobody reaches is asked by one dispatch, ever more seldom, and its first yes wakes all
//! that wait for it; where the store refuses, what is known is kept and settled when it takes again; leases of work that
//! ended badly are given back.

mod active;
mod memory;
mod policy;
mod settling;
mod trouble;

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, FuturesUnordered};
use pec::{Address, Cause, Moment};
use store::{Hop, HopFigures, Queue, QueueChange, QueueId, QueueItem, StoreError};
use tokio::sync::{Semaphore, mpsc, watch};

use crate::answer::{RecipientFault, Refusal};
use crate::duties::engine::Provider;
use crate::points::finding::Arrival;
use crate::transport::{Fate, Parcel, Route, Security, Transport};
use active::Active;
pub use memory::{Memory, Room};
pub use policy::Policy;
use trouble::Trouble;

/// The relay of one provider.
pub struct Relay {
    provider: Arc<Provider>,
    queue: Arc<dyn Queue>,
    transport: Arc<dyn Transport>,
    memory: Arc<dyn Memory>,
    policy: Policy,
    active: Mutex<Active>,
    ordinary: Semaphore,
    /// The store's with leasing and reading.
    trouble: Trouble,
    /// Its with what becomes of dispatches: a disk that is nearly full still takes a lease, which proves nothing here.
    settling: Trouble,
}

/// How the queue to a hop stands, for health and metrics.
#[derive(Clone, Debug)]
pub struct HopStanding {
    /// What waits.
    pub figures: HopFigures,
    /// Since when nobody is there.
    pub away_since: Option<Moment>,
}

/// What goes to one route together.
type Lot = (Route, Vec<(QueueItem, Parcel)>);

/// What became of a part of a dispatch; `None`: nobody was asked.
type Part = (QueueId, Vec<(Address, Fate)>, Option<bool>);

/// A dispatch on its way by several routes.
struct Parts {
    item: QueueItem,
    fates: Vec<(Address, Fate)>,
    missing: usize,
}

/// A worker of a hop; its place is free again when it ends, also by a fault.
struct Busy<'a> {
    relay: &'a Relay,
    hop: Hop,
    number: u64,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.relay.active().leave(&self.hop, self.number);
    }
}

/// The longest the relay waits without looking at the queue: a bell lost by a bug costs a minute, not a message.
const LOOK: Duration = Duration::from_secs(60);
/// Dispatches of a batch whose routes are looked up at once.
const LOOKUPS: usize = 16;
/// Octets that are copied without a thread of their own.
const SMALL: usize = 256 << 10;

impl Relay {
    /// A relay over `transport` that reads messages into `memory`.
    pub fn new(
        provider: Arc<Provider>,
        queue: Arc<dyn Queue>,
        transport: Arc<dyn Transport>,
        memory: Arc<dyn Memory>,
        policy: Policy,
    ) -> Arc<Self> {
        let ordinary = Semaphore::new(policy.ordinary.max(1));
        let (active, trouble, settling) = (Mutex::default(), Trouble::default(), Trouble::default());
        Arc::new(Self { provider, queue, transport, memory, policy, active, ordinary, trouble, settling })
    }

    /// Carries the queue until `stop` becomes true; workers under way finish what they hold.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut workers = tokio::task::JoinSet::new();
        while !*stop.borrow() {
            if let Err(error) = self.start_workers(&mut workers, &stop).await {
                self.trouble.note("the queue cannot be read", &error);
            }
            let wait = self.until_next().await;
            tokio::select! {
                () = self.provider.bell.notified() => {}
                Some(ended) = workers.join_next() => {
                    // What it held comes again when its leases end.
                    if let Err(error) = ended {
                        tracing::error!(event = "relay-worker-lost", %error);
                    }
                }
                () = tokio::time::sleep(wait) => {}
                _ = stop.changed() => {}
            }
            // While the store refuses, nothing is begun that could not be settled.
            tokio::select! {
                () = async { tokio::join!(self.trouble.pause(), self.settling.pause()); } => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
        while workers.join_next().await.is_some() {}
    }

    /// Carries everything that is due now, and what comes of it, until nothing is due. For tests and one-shot runs.
    pub async fn settle_all(self: &Arc<Self>) -> Result<(), StoreError> {
        let (_keep, stop) = watch::channel(false);
        loop {
            let mut workers = tokio::task::JoinSet::new();
            self.start_workers(&mut workers, &stop).await?;
            if workers.is_empty() {
                return Ok(());
            }
            while workers.join_next().await.is_some() {}
        }
    }

    /// How the queue stands, by hop, the oldest first.
    pub async fn standing(&self) -> Result<Vec<HopStanding>, StoreError> {
        let by_hop = self.queue.by_hop().await?;
        let active = self.active();
        let since = |hop: &Hop| active.away(hop).map(|away| away.since);
        Ok(by_hop.into_iter().map(|figures| HopStanding { away_since: since(&figures.hop), figures }).collect())
    }

    async fn start_workers(
        self: &Arc<Self>,
        workers: &mut tokio::task::JoinSet<()>,
        stop: &watch::Receiver<bool>,
    ) -> Result<(), StoreError> {
        let now = self.provider.now();
        if self.provider.ordered.swap(false, Ordering::AcqRel) {
            self.active().ask_all(now);
        }
        for hop in self.queue.due_hops(now).await? {
            let entered = self.active().enter(&hop, &self.policy, now);
            if let Some(number) = entered {
                let (relay, stop) = (self.clone(), stop.clone());
                workers.spawn(async move {
                    let busy = Busy { relay: &relay, hop, number };
                    if let Err(error) = relay.work(&busy, &stop).await {
                        relay.trouble.note("dispatches cannot be leased", &error);
                    }
                });
            }
        }
        Ok(())
    }

    async fn until_next(&self) -> Duration {
        let next = self.queue.next_due().await.ok().flatten();
        let seconds = next.map_or(i64::MAX, |due| due.unix() - self.provider.now().unix());
        // A hop whose worker is still busy may have more due: its end rings, so a second is no busy loop.
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0).max(1)).min(LOOK)
    }

    async fn work(self: &Arc<Self>, busy: &Busy<'_>, stop: &watch::Receiver<bool>) -> Result<(), StoreError> {
        let Busy { hop, number, .. } = busy;
        loop {
            let _turn = match hop {
                Hop::Ordinary(_) => self.ordinary.acquire().await.ok(),
                Hop::Local | Hop::Provider(_) => None,
            };
            let now = self.provider.now();
            let away = self.active().away(hop);
            if *stop.borrow() || away.is_some_and(|away| now < away.probe) {
                return Ok(());
            }
            let items = self.queue.lease(hop, self.policy.batch, now, now.plus(self.policy.lease)).await?;
            self.trouble.over();
            if items.is_empty() {
                return Ok(());
            }
            self.active().begins(hop, *number, now);
            let (ordered, items): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.failed_by.is_some());
            for item in ordered {
                self.fail_as_ordered(item, stop).await;
            }
            let items = if away.is_some() { self.one_of(items, now, stop).await } else { items };
            let asks = away.is_some() && !items.is_empty();
            let security = match hop {
                Hop::Provider(key) => Security::Certified(key.clone()),
                Hop::Local | Hop::Ordinary(_) => Security::Ordinary,
            };
            let reached = match hop {
                Hop::Local => {
                    self.to_ourselves(items, stop).await;
                    None
                }
                Hop::Provider(_) | Hop::Ordinary(_) => {
                    self.abroad(items, security, now.plus(self.policy.lease / 2), stop).await
                }
            };
            // Who is away, and could not even be asked, is asked later.
            self.reached(hop, reached.or(asks.then_some(false))).await?;
        }
    }

    /// Who is away is asked by one dispatch; the others go back, but for those whose time is over.
    async fn one_of(
        self: &Arc<Self>,
        items: Vec<QueueItem>,
        now: Moment,
        stop: &watch::Receiver<bool>,
    ) -> Vec<QueueItem> {
        let (over, mut open): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| now >= item.expires);
        for item in over {
            let detail = item.last_error.clone().unwrap_or_else(|| "the peer does not answer".into());
            let fates = vec![Fate::Unreachable { detail }; item.recipients.len()];
            self.settle(item, fates, stop).await;
        }
        // The least tried: one that nobody takes, as of a domain whose own hosts are gone, must not ask for all others.
        open.sort_by_key(|item| item.attempts);
        let others: Vec<QueueId> = open.iter().skip(1).map(|item| item.id).collect();
        open.truncate(1);
        if !others.is_empty() {
            self.give_back(&others, now.plus(1)).await;
        }
        open
    }

    /// Notes whether anybody answered; `None`: nobody was asked.
    async fn reached(&self, hop: &Hop, reached: Option<bool>) -> Result<(), StoreError> {
        let now = self.provider.now();
        match reached {
            None => {}
            Some(true) => {
                let since = self.active().reached(hop);
                if let Some(since) = since {
                    let woken = self.queue.wake(hop, now).await?;
                    tracing::info!(event = "peer-back", hop = %words(hop), %since, woken);
                }
            }
            Some(false) => {
                let (probe, new) = self.active().missed(hop, &self.policy, now);
                if new {
                    tracing::warn!(event = "peer-away", hop = %words(hop), next = %probe, "nobody answers; one message asks again");
                }
            }
        }
        Ok(())
    }

    async fn give_back(&self, ids: &[QueueId], due: Moment) {
        if let Err(error) = self.queue.release(ids, due).await {
            self.trouble.note("leases cannot be given back", &error);
        }
    }

    /// What an operator wants failed ends now, and its sender is told.
    async fn fail_as_ordered(self: &Arc<Self>, item: QueueItem, stop: &watch::Receiver<bool>) {
        let detail = item.failed_by.clone().unwrap_or_default();
        let fates = vec![Fate::Failed { cause: Cause::PeerRefused, detail }; item.recipients.len()];
        self.settle(item, fates, stop).await;
    }

    /// Recipients of our own: the same Incoming Point, in one commit with the end of the dispatch.
    async fn to_ourselves(self: &Arc<Self>, items: Vec<QueueItem>, stop: &watch::Receiver<bool>) {
        // In their order: whoever waits for memory must not see it go to those behind.
        let in_order = &tokio::sync::Mutex::new(true);
        let each = |item: QueueItem| async move {
            let mut is_room = in_order.lock().await;
            let room = if *is_room { self.room(&item, stop).await } else { None };
            *is_room = room.is_some();
            drop(is_room);
            let Some(_room) = room else {
                return self.give_back(&[item.id], self.provider.now().plus(1)).await;
            };
            let pieces = match self.queue.read(item.message).await {
                Ok(Some(pieces)) => pieces,
                Ok(None) => return self.lost(item).await,
                Err(error) => return self.unread(item, &error, stop).await,
            };
            let message = match pieces.len() {
                ..SMALL => pieces.to_bytes(),
                _ => match tokio::task::spawn_blocking(move || pieces.to_bytes()).await {
                    Ok(message) => message,
                    Err(error) => return self.unread(item, &StoreError::bug(error.to_string()), stop).await,
                },
            };
            let arrival = Arrival { path: item.path.clone(), recipients: item.recipients.clone(), message, peer: None };
            let Err(refusal) = self.provider.receive_from(arrival, Some(QueueChange::Done(item.id))).await else {
                return;
            };
            let fate = match refusal {
                // An ordinary recipient of a domain of ours: there is nothing to mend, and the holder is told.
                Refusal::Recipient(RecipientFault::NoMailbox) => {
                    Fate::Failed { cause: Cause::UnknownMailbox, detail: refusal.to_string() }
                }
                refusal => {
                    if !refusal.is_temporary() {
                        // What we signed ourselves we refuse only when something of ours is wrong (a certificate that
                        // expired or left the index): the operator has the life of the dispatch to mend it.
                        let identifier = item.identifier.as_str();
                        tracing::error!(event = "own-message-refused", identifier, reason = %refusal);
                        metrics::counter!("sigillo_failures_total", "part" => "own-message").increment(1);
                    }
                    Fate::Deferred { detail: refusal.to_string() }
                }
            };
            let fates = vec![fate; item.recipients.len()];
            self.settle(item, fates, stop).await;
        };
        stream::iter(items).for_each_concurrent(16, each).await;
    }

    /// Memory for a dispatch; `None` when the relay ends, or none has come free for so long that the lease is better given
    /// back.
    async fn room(&self, item: &QueueItem, stop: &watch::Receiver<bool>) -> Option<Room> {
        let mut stop = stop.clone();
        tokio::select! {
            biased;
            room = self.memory.take(&item.hop, octets(item)) => Some(room),
            _ = stop.wait_for(|stop| *stop) => None,
            () = tokio::time::sleep(LOOK) => None,
        }
    }

    /// Recipients of others: grouped by route, sent in lots as large as the memory that there is. Nothing is held while routes
    /// are looked up and memory is waited for. What is left at `late` goes back while its lease still holds: how long lots take is
    /// the peers' affair.
    ///
    /// Whether anybody was reached; `None` when nobody was to be.
    async fn abroad(
        self: &Arc<Self>,
        items: Vec<QueueItem>,
        security: Security,
        late: Moment,
        stop: &watch::Receiver<bool>,
    ) -> Option<bool> {
        let mut lots: Vec<Lot> = Vec::new();
        let mut rooms: Vec<Room> = Vec::new();
        let mut held = 0;
        let mut reached = None;
        let is_late = || self.provider.now() >= late;
        let routed = stream::iter(items).map(|item| async {
            let routes = self.transport.routes(&item.recipients).await;
            (item, routes)
        });
        let mut left: VecDeque<(QueueItem, _)> = routed.buffered(LOOKUPS).collect().await;
        while let Some((item, routes)) = left.pop_front() {
            let full = held > 0 && held + octets(&item) > self.policy.in_flight;
            let mut room = if full || is_late() { None } else { self.memory.try_take(&item.hop, octets(&item)) };
            if room.is_none() {
                if !lots.is_empty() {
                    reached = either(reached, self.send_lots(std::mem::take(&mut lots), stop).await);
                }
                rooms.clear();
                held = 0;
                // Nobody is there: what was not tried waits for who asks next.
                room = if reached == Some(false) || is_late() { None } else { self.room(&item, stop).await };
            }
            let Some(room) = room else {
                let ids: Vec<QueueId> =
                    std::iter::once(item.id).chain(left.drain(..).map(|(item, _)| item.id)).collect();
                self.give_back(&ids, self.provider.now().plus(1)).await;
                break;
            };
            rooms.push(room);
            held += octets(&item);
            let message = match self.queue.read(item.message).await {
                Ok(Some(message)) => message,
                Ok(None) => {
                    self.lost(item).await;
                    continue;
                }
                Err(error) => {
                    self.unread(item, &error, stop).await;
                    continue;
                }
            };
            for (route, recipients) in routes {
                let part = QueueItem { recipients: recipients.clone(), ..item.clone() };
                let (path, message, security) = (item.path.clone(), message.clone(), security.clone());
                let parcel = Parcel { path, recipients, message, security };
                match lots.iter_mut().find(|(known, _)| *known == route) {
                    Some((_, lot)) => lot.push((part, parcel)),
                    None => lots.push((route, vec![(part, parcel)])),
                }
            }
        }
        either(reached, self.send_lots(lots, stop).await)
    }

    /// Sends lots side by side. A dispatch whose recipients have several routes stands in several lots; it is settled
    /// once, when the fates of all its parts are known.
    async fn send_lots(self: &Arc<Self>, lots: Vec<Lot>, stop: &watch::Receiver<bool>) -> Option<bool> {
        let mut open: Vec<Parts> = Vec::new();
        for (part, _) in lots.iter().flat_map(|(_, lot)| lot) {
            match open.iter_mut().find(|parts| parts.item.id == part.id) {
                Some(parts) => parts.missing += 1,
                None => open.push(Parts { item: part.clone(), fates: Vec::new(), missing: 1 }),
            }
        }
        let (results, mut known) = mpsc::unbounded_channel::<Part>();
        let sending: FuturesUnordered<_> =
            lots.into_iter().map(|(route, lot)| self.send_lot(route, lot, results.clone())).collect();
        drop(results);
        let mut reached = None;
        let settling = async {
            let mut settled = FuturesUnordered::new();
            loop {
                tokio::select! {
                    result = known.recv() => {
                        let Some((id, fates, answered)) = result else { break };
                        reached = either(reached, answered);
                        let Some(at) = open.iter().position(|parts| parts.item.id == id) else { continue };
                        let Some(parts) = open.get_mut(at) else { continue };
                        parts.fates.extend(fates);
                        parts.missing -= 1;
                        if parts.missing == 0 {
                            let Parts { mut item, fates, .. } = open.swap_remove(at);
                            let (recipients, fates): (Vec<Address>, Vec<Fate>) = fates.into_iter().unzip();
                            item.recipients = recipients;
                            settled.push(self.settle(item, fates, stop));
                        }
                    }
                    Some(()) = settled.next(), if !settled.is_empty() => {}
                }
            }
            while settled.next().await.is_some() {}
        };
        tokio::join!(sending.collect::<Vec<()>>(), settling);
        reached
    }

    async fn send_lot(&self, route: Route, lot: Vec<(QueueItem, Parcel)>, results: mpsc::UnboundedSender<Part>) {
        let same = |lot: &[(QueueItem, Parcel)], fate: &Fate| {
            for (item, _) in lot {
                let fates = item.recipients.iter().map(|a| (a.clone(), fate.clone())).collect();
                let _ = results.send((item.id, fates, None));
            }
        };
        match &route {
            Route::Nowhere(detail) => {
                return same(&lot, &Fate::Failed { cause: Cause::NoDomain, detail: detail.clone() });
            }
            Route::Unknown(detail) => return same(&lot, &Fate::Unreachable { detail: detail.clone() }),
            Route::Hosts(_) => {}
        }
        let mut open: Vec<Option<QueueItem>> = Vec::with_capacity(lot.len());
        let mut parcels = Vec::with_capacity(lot.len());
        for (item, parcel) in lot {
            open.push(Some(item));
            parcels.push(parcel);
        }
        let (done, mut fates) = mpsc::unbounded_channel::<(usize, Vec<Fate>)>();
        let collect = async {
            while let Some((index, fates)) = fates.recv().await {
                let Some(item) = open.get_mut(index).and_then(|slot: &mut Option<QueueItem>| slot.take()) else {
                    continue;
                };
                // A recipient that the transport said nothing about was not served for sure.
                let unsaid =
                    std::iter::repeat_with(|| Fate::Deferred { detail: "the peer's answer is not known".into() });
                let fates = fates.into_iter().chain(unsaid);
                let fates: Vec<(Address, Fate)> = item.recipients.into_iter().zip(fates).collect();
                let answered = fates.iter().any(|(_, fate)| !matches!(fate, Fate::Unreachable { .. }));
                let _ = results.send((item.id, fates, Some(answered)));
            }
        };
        tokio::join!(self.transport.send(&route, parcels, done), collect);
        // A transport that said nothing about a parcel did not send it for sure: try again.
        let left: Vec<QueueItem> = open.into_iter().flatten().collect();
        for item in left {
            let fate = Fate::Deferred { detail: "the transmission was interrupted".into() };
            let fates = item.recipients.iter().map(|a| (a.clone(), fate.clone())).collect();
            let _ = results.send((item.id, fates, None));
        }
    }

    fn active(&self) -> std::sync::MutexGuard<'_, Active> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a dispatch takes of the memory.
fn octets(item: &QueueItem) -> usize {
    usize::try_from(item.size).unwrap_or(usize::MAX)
}

/// Whether one of two was reached.
fn either(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one || other),
        (one, other) => one.or(other),
    }
}

/// A hop as the log and health name it.
pub fn words(hop: &Hop) -> String {
    match hop {
        Hop::Local => "ourselves".into(),
        Hop::Provider(provider) => provider.to_string(),
        Hop::Ordinary(domain) => domain.clone(),
    }
}
