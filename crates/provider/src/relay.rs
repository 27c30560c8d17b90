//! The relay: carries the queue, to other providers over SMTP and to our own Incoming Point without the network.
//!
//! One worker per hop while the hop has something due, and further ones for a provider that keeps its worker waiting: a
//! message that the peer's software chokes on must not hold up the others. A dispatch is leased, carried, and settled in
//! one commit: gone, partly gone, or put off with back-off and jitter; at 24 hours it is over [R-2.2.2-b]. A crash between
//! the peer's 250 and our commit sends it once more, and the peer recognises it.

mod active;
mod settle;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, FuturesUnordered};
use pec::header::Header;
use pec::{Address, Cause, Kind, Moment, Pieces};
use store::{CommitError, Evidence, EvidenceQuery, Hop, QueueChange, QueueItem, StoreError, Watch};
use tokio::sync::{Semaphore, mpsc, watch};

use crate::incoming::{Arrival, DELIVERED_TO};
use crate::provider::Provider;
use crate::transport::{Fate, Parcel, Route, Security, Transport};
use active::Active;

/// How the relay goes about it.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Seconds before the second attempt; doubled at each further one.
    pub first: i64,
    /// Most seconds between two attempts.
    pub most: i64,
    /// Seconds a lease lasts; longer than any transmission.
    pub lease: i64,
    /// Dispatches that one worker leases at once.
    pub batch: usize,
    /// Octets of messages that one worker holds at once.
    pub in_flight: usize,
    /// Ordinary domains served at once. Providers are few and each has its worker at any time; a holder can write to any
    /// number of domains whose servers are slow.
    pub ordinary: usize,
    /// Workers of one provider at once.
    pub workers: usize,
    /// Seconds that all of a provider's workers have been at their lots before another one starts.
    pub patience: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            first: 30,
            most: 1800,
            lease: 3600,
            batch: 64,
            in_flight: 32 << 20,
            ordinary: 64,
            workers: 4,
            patience: 5,
        }
    }
}

/// The relay of one provider.
pub struct Relay {
    provider: Arc<Provider>,
    transport: Arc<dyn Transport>,
    policy: Policy,
    active: Mutex<Active>,
    ordinary: Semaphore,
}

/// What goes to one route together.
type Lot = (Route, Vec<(QueueItem, Parcel)>);

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
/// How often a dispatch is decided on again because a receipt came in between.
const AGAIN: usize = 8;
/// Octets that are copied without a thread of their own.
const SMALL: usize = 256 << 10;

impl Relay {
    /// A relay over `transport`.
    pub fn new(provider: Arc<Provider>, transport: Arc<dyn Transport>, policy: Policy) -> Arc<Self> {
        let ordinary = Semaphore::new(policy.ordinary.max(1));
        Arc::new(Self { provider, transport, policy, active: Mutex::default(), ordinary })
    }

    /// Carries the queue until `stop` becomes true; workers under way finish what they hold.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut workers = tokio::task::JoinSet::new();
        while !*stop.borrow() {
            if let Err(error) = self.start_workers(&mut workers, &stop).await {
                tracing::error!(event = "relay-store-failed", %error);
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

    async fn start_workers(
        self: &Arc<Self>,
        workers: &mut tokio::task::JoinSet<()>,
        stop: &watch::Receiver<bool>,
    ) -> Result<(), StoreError> {
        let now = self.provider.now();
        for hop in self.provider.store.due_hops(now).await? {
            let entered = self.active().enter(&hop, &self.policy, now);
            if let Some(number) = entered {
                let (relay, stop) = (self.clone(), stop.clone());
                workers.spawn(async move {
                    let busy = Busy { relay: &relay, hop, number };
                    if let Err(error) = relay.work(&busy, &stop).await {
                        tracing::error!(event = "relay-store-failed", %error);
                    }
                });
            }
        }
        Ok(())
    }

    async fn until_next(&self) -> Duration {
        let next = self.provider.store.next_due().await.ok().flatten();
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
            if *stop.borrow() {
                return Ok(());
            }
            let now = self.provider.now();
            let items = self.provider.store.lease(hop, self.policy.batch, now, now.plus(self.policy.lease)).await?;
            if items.is_empty() {
                return Ok(());
            }
            self.active().begins(hop, *number, now);
            match hop {
                Hop::Local => self.to_ourselves(items).await,
                Hop::Provider(_) => self.abroad(items, Security::Certified).await,
                Hop::Ordinary(_) => self.abroad(items, Security::Ordinary).await,
            }
        }
    }

    /// Recipients of our own: the same Incoming Point, in one commit with the end of the dispatch.
    async fn to_ourselves(self: &Arc<Self>, items: Vec<QueueItem>) {
        let most = u32::try_from(self.policy.in_flight).unwrap_or(u32::MAX).max(1);
        let budget = &Semaphore::new(most as usize);
        // One at a time reads, so that what is held passes the budget by one message at most.
        let reading = &tokio::sync::Mutex::new(());
        let each = |item: QueueItem| async move {
            let turn = reading.lock().await;
            let pieces = match self.provider.store.read(item.message).await {
                Ok(Some(pieces)) => pieces,
                Ok(None) => return self.lost(item).await,
                Err(error) => return self.unread(item, &error).await,
            };
            let share = u32::try_from(pieces.len()).unwrap_or(u32::MAX).min(most);
            let Ok(_share) = budget.acquire_many(share).await else { return };
            drop(turn);
            let message = match pieces.len() {
                ..SMALL => pieces.to_bytes(),
                _ => match tokio::task::spawn_blocking(move || pieces.to_bytes()).await {
                    Ok(message) => message,
                    Err(error) => return self.unread(item, &StoreError(error.to_string())).await,
                },
            };
            let arrival = Arrival { path: item.path.clone(), recipients: item.recipients.clone(), message, peer: None };
            let answer = self.provider.receive_from(arrival, Some(QueueChange::Done(item.id))).await;
            if (200..300).contains(&answer.code) {
                return;
            }
            if answer.code >= 500 && answer.enhanced != "5.1.1" {
                // What we signed ourselves we refuse only when something of ours is wrong (a certificate that expired or
                // left the index): the operator has the life of the dispatch to mend it.
                tracing::error!(event = "own-message-refused", identifier = item.identifier, reason = answer.text);
                metrics::counter!("sigillo_failures_total", "part" => "own-message").increment(1);
            }
            let fate = match answer.enhanced {
                // An ordinary recipient of a domain of ours: there is nothing to mend, and the holder is told.
                "5.1.1" => Fate::Failed { cause: Cause::UnknownMailbox, detail: answer.text },
                _ => Fate::Deferred { detail: answer.text },
            };
            let fates = vec![fate; item.recipients.len()];
            self.settle(item, fates).await;
        };
        stream::iter(items).for_each_concurrent(16, each).await;
    }

    /// Recipients of others: grouped by route, sent in lots that fit the memory budget.
    async fn abroad(self: &Arc<Self>, items: Vec<QueueItem>, security: Security) {
        let mut lots: Vec<Lot> = Vec::new();
        let mut held = 0;
        for item in items {
            let message = match self.provider.store.read(item.message).await {
                Ok(Some(message)) => message,
                Ok(None) => {
                    self.lost(item).await;
                    continue;
                }
                Err(error) => {
                    self.unread(item, &error).await;
                    continue;
                }
            };
            held += message.len();
            for (route, recipients) in self.transport.routes(&item.recipients).await {
                let part = QueueItem { recipients: recipients.clone(), ..item.clone() };
                let parcel = Parcel { path: item.path.clone(), recipients, message: message.clone(), security };
                match lots.iter_mut().find(|(known, _)| *known == route) {
                    Some((_, lot)) => lot.push((part, parcel)),
                    None => lots.push((route, vec![(part, parcel)])),
                }
            }
            if held >= self.policy.in_flight {
                self.send_lots(std::mem::take(&mut lots)).await;
                held = 0;
            }
        }
        self.send_lots(lots).await;
    }

    /// Sends lots side by side. A dispatch whose recipients have several routes stands in several lots; it is settled
    /// once, when the fates of all its parts are known.
    async fn send_lots(self: &Arc<Self>, lots: Vec<Lot>) {
        let mut open: Vec<Parts> = Vec::new();
        for (part, _) in lots.iter().flat_map(|(_, lot)| lot) {
            match open.iter_mut().find(|parts| parts.item.id == part.id) {
                Some(parts) => parts.missing += 1,
                None => open.push(Parts { item: part.clone(), fates: Vec::new(), missing: 1 }),
            }
        }
        let (results, mut known) = mpsc::unbounded_channel();
        let sending: FuturesUnordered<_> =
            lots.into_iter().map(|(route, lot)| self.send_lot(route, lot, results.clone())).collect();
        drop(results);
        let settling = async {
            let mut settled = FuturesUnordered::new();
            loop {
                tokio::select! {
                    result = known.recv() => {
                        let Some((id, fates)) = result else { break };
                        let Some(at) = open.iter().position(|parts| parts.item.id == id) else { continue };
                        let Some(parts) = open.get_mut(at) else { continue };
                        parts.fates.extend::<Vec<(Address, Fate)>>(fates);
                        parts.missing -= 1;
                        if parts.missing == 0 {
                            let Parts { mut item, fates, .. } = open.swap_remove(at);
                            let (recipients, fates) = fates.into_iter().unzip();
                            item.recipients = recipients;
                            settled.push(self.settle(item, fates));
                        }
                    }
                    Some(()) = settled.next(), if !settled.is_empty() => {}
                }
            }
            while settled.next().await.is_some() {}
        };
        tokio::join!(sending.collect::<Vec<()>>(), settling);
    }

    async fn send_lot(
        &self,
        route: Route,
        lot: Vec<(QueueItem, Parcel)>,
        results: mpsc::UnboundedSender<(store::QueueId, Vec<(Address, Fate)>)>,
    ) {
        let same = |lot: &[(QueueItem, Parcel)], fate: &Fate| {
            for (item, _) in lot {
                let fates = item.recipients.iter().map(|a| (a.clone(), fate.clone())).collect();
                let _ = results.send((item.id, fates));
            }
        };
        match &route {
            Route::Nowhere(detail) => {
                return same(&lot, &Fate::Failed { cause: Cause::NoDomain, detail: detail.clone() });
            }
            Route::Unknown(detail) => return same(&lot, &Fate::Deferred { detail: detail.clone() }),
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
                let _ = results.send((item.id, item.recipients.into_iter().zip(fates).collect::<Vec<_>>()));
            }
        };
        tokio::join!(self.transport.send(&route, parcels, done), collect);
        // A transport that said nothing about a parcel did not send it for sure: try again.
        let left: Vec<QueueItem> = open.into_iter().flatten().collect();
        for item in left {
            let fate = Fate::Deferred { detail: "the transmission was interrupted".into() };
            let fates = item.recipients.iter().map(|a| (a.clone(), fate.clone())).collect();
            let _ = results.send((item.id, fates));
        }
    }

    /// Commits what became of a dispatch. When a receipt comes in between, what the holder has to be told has changed.
    async fn settle(self: &Arc<Self>, item: QueueItem, fates: Vec<Fate>) {
        let mut silent = false;
        for _ in 0..AGAIN {
            match self.settle_once(&item, &fates, silent).await {
                Ok(()) => return,
                Err(CommitError::Moved { .. }) => {}
                // Nobody is there to be told: all the rest holds, or recipients that are still to be served would be lost.
                Err(CommitError::NoMailbox(_)) if !silent => {
                    tracing::error!(event = "notice-without-mailbox", identifier = item.identifier);
                    silent = true;
                }
                // The lease runs out and the dispatch comes again.
                Err(error) => return tracing::error!(event = "relay-store-failed", %error),
            }
        }
        tracing::error!(event = "relay-undecided", identifier = item.identifier, "comes again when its lease ends");
    }

    async fn settle_once(self: &Arc<Self>, item: &QueueItem, fates: &[Fate], silent: bool) -> Result<(), CommitError> {
        let moment = self.provider.now();
        let sent = self.provider.store.sent(&item.identifier).await?;
        let emitted = if sent.is_none() { self.emitted(item).await? } else { None };
        let open = self.open(item, fates).await?;
        let returned = self.returned(item, fates, moment).await?;
        let (policy, again, later) = (self.policy.clone(), item.clone(), settle::unfailed(fates));
        let (item, fates, facts, told) = (item.clone(), fates.to_vec(), sent.clone(), emitted.clone());
        let decided = self.provider.at_desk(move |known| {
            let past = settle::Past { sent: facts.as_ref(), emitted: told.as_ref(), open: &open, returned };
            settle::decide(&item, &fates, &past, &policy, known, moment)
        });
        let outcome = match decided.await {
            Ok(outcome) => outcome,
            // The key is away: what was sent is done; what failed is tried again, and told when the key is back.
            Err(_) => {
                let policy = self.policy.clone();
                let again = QueueItem { expires: again.expires.max(moment.plus(policy.most.max(1))), ..again };
                let decided = self.provider.at_desk(move |known| {
                    let (sent, emitted) = (sent.as_ref(), emitted.as_ref());
                    let past = settle::Past { sent, emitted, open: &[], returned: None };
                    settle::decide(&again, &later, &past, &policy, known, moment)
                });
                decided.await.map_err(|answer| StoreError(answer.text))?
            }
        };
        self.provider.store.commit(if silent { settle::untold(outcome) } else { outcome }).await
    }

    /// The row that says what a notice of ours about somebody else's message is about.
    async fn emitted(&self, item: &QueueItem) -> Result<Option<Evidence>, StoreError> {
        let (identifier, kind) = (Some(item.identifier.clone()), item.kind);
        let query = EvidenceQuery { identifier, kind, limit: 1, ..EvidenceQuery::default() };
        Ok(self.provider.store.evidence(query).await?.pop().map(|row| row.evidence))
    }

    /// The open watches on the recipients of an envelope that failed for good. Where none is open a receipt came, or the
    /// holder was told otherwise: an auditor wants exactly one of delivery and non-delivery [R-O-log-2].
    async fn open(&self, item: &QueueItem, fates: &[Fate]) -> Result<Vec<Watch>, StoreError> {
        let mut open = Vec::new();
        for (address, fate) in item.recipients.iter().zip(fates) {
            if item.kind == Some(Kind::TransportEnvelope) && matches!(fate, Fate::Failed { .. }) {
                open.extend(self.provider.store.watch(&item.identifier, address).await?);
            }
        }
        Ok(open)
    }

    /// A forwarded message that could not be passed on, and the mailbox that forwards: it stays there.
    async fn returned(
        &self,
        item: &QueueItem,
        fates: &[Fate],
        moment: Moment,
    ) -> Result<Option<(Address, Pieces)>, StoreError> {
        let forwarded = item.kind == Some(Kind::AnomalyEnvelope);
        let lost = |fate: &Fate| match fate {
            Fate::Failed { .. } => true,
            Fate::Deferred { .. } => moment >= item.expires,
            Fate::Accepted { .. } => false,
        };
        if !(forwarded && fates.iter().any(lost)) {
            return Ok(None);
        }
        let Some(pieces) = self.provider.store.read(item.message).await? else { return Ok(None) };
        // The first of these fields is ours.
        let mailbox = Header::parse(&pieces.to_bytes()).addresses(DELIVERED_TO).into_iter().flatten().next();
        Ok(mailbox.map(|mailbox| (mailbox, pieces)))
    }

    /// A message that could not be read now: its dispatch is put off like any other, and does not wait for its lease.
    async fn unread(self: &Arc<Self>, item: QueueItem, error: &StoreError) {
        tracing::error!(event = "relay-store-failed", identifier = item.identifier, %error);
        let fates = vec![Fate::Deferred { detail: "the message could not be read".into() }; item.recipients.len()];
        self.settle(item, fates).await;
    }

    /// A dispatch whose message is gone cannot exist; should it, it must not stop the queue. The watches on its recipients
    /// tell the holder.
    async fn lost(&self, item: QueueItem) {
        tracing::error!(event = "dispatch-without-message", identifier = item.identifier);
        metrics::counter!("sigillo_failures_total", "part" => "lost-message").increment(1);
        let ended = async {
            let sent = self.provider.store.sent(&item.identifier).await?;
            let us = &self.provider.known.identity.emitter.name;
            self.provider.store.commit(settle::lost(&item, sent.as_ref(), us, self.provider.now())).await
        };
        if let Err(error) = ended.await {
            tracing::error!(event = "relay-store-failed", %error);
        }
    }

    fn active(&self) -> std::sync::MutexGuard<'_, Active> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
