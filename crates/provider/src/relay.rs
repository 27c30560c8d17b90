//! The relay: carries the queue, to other providers over SMTP and to our own Incoming Point without the network.
//!
//! One worker per hop while the hop has something due. A dispatch is leased, carried, and settled in one commit: gone,
//! partly gone, or put off with back-off and jitter; at 24 hours it is over [R-2.2.2-b]. A crash between the peer's 250
//! and our commit sends it once more, and the peer recognises it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, FuturesUnordered};
use pec::compose::{self, Certified};
use pec::daticert::CertificationData;
use pec::{Address, Cause, Kind, Moment, RecipientType};
use seal::KeyError;
use store::{CommitError, Event, Evidence, Hop, Outcome, QueueChange, QueueItem, Sent, StoreError, WatchChange};
use tokio::sync::{mpsc, watch};

use crate::access::inbox;
use crate::evidence;
use crate::incoming::Arrival;
use crate::point::{Knowledge, count_deposit};
use crate::provider::Provider;
use crate::transport::{Fate, Parcel, Route, Security, Transport};

/// How the relay goes about it.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Seconds before the second attempt; doubled at each further one.
    pub first: i64,
    /// Most seconds between two attempts.
    pub most: i64,
    /// Seconds a lease lasts; longer than any transmission.
    pub lease: i64,
    /// Dispatches leased at once for a hop.
    pub batch: usize,
    /// Octets of messages held for a hop at once.
    pub in_flight: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self { first: 30, most: 1800, lease: 3600, batch: 64, in_flight: 32 << 20 }
    }
}

/// The relay of one provider.
pub struct Relay {
    provider: Arc<Provider>,
    transport: Arc<dyn Transport>,
    policy: Policy,
    active: Mutex<HashSet<Hop>>,
}

/// What goes to one route together.
type Lot = (Route, Vec<(QueueItem, Parcel)>);

/// A dispatch on its way by several routes.
struct Parts {
    item: QueueItem,
    fates: Vec<(Address, Fate)>,
    missing: usize,
}

/// The longest the relay waits without looking at the queue: a bell lost by a bug costs a minute, not a message.
const LOOK: Duration = Duration::from_secs(60);

impl Relay {
    /// A relay over `transport`.
    pub fn new(provider: Arc<Provider>, transport: Arc<dyn Transport>, policy: Policy) -> Arc<Self> {
        Arc::new(Self { provider, transport, policy, active: Mutex::default() })
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
                Some(_) = workers.join_next() => {}
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
        for hop in self.provider.store.due_hops(self.provider.now()).await? {
            if self.active().insert(hop.clone()) {
                let (relay, stop) = (self.clone(), stop.clone());
                workers.spawn(async move {
                    if let Err(error) = relay.work(&hop, &stop).await {
                        tracing::error!(event = "relay-store-failed", %error);
                    }
                    relay.active().remove(&hop);
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

    async fn work(self: &Arc<Self>, hop: &Hop, stop: &watch::Receiver<bool>) -> Result<(), StoreError> {
        while !*stop.borrow() {
            let now = self.provider.now();
            let items = self.provider.store.lease(hop, self.policy.batch, now, now.plus(self.policy.lease)).await?;
            if items.is_empty() {
                return Ok(());
            }
            match hop {
                Hop::Local => self.to_ourselves(items).await,
                Hop::Provider(_) => self.abroad(items, Security::Certified).await?,
                Hop::Ordinary(_) => self.abroad(items, Security::Ordinary).await?,
            }
        }
        Ok(())
    }

    /// Recipients of our own: the same Incoming Point, in one commit with the end of the dispatch.
    async fn to_ourselves(self: &Arc<Self>, items: Vec<QueueItem>) {
        let each = |item: QueueItem| async move {
            let message = match self.provider.store.read(item.message).await {
                Ok(Some(pieces)) => pieces.to_bytes(),
                Ok(None) => return self.lost(item).await,
                Err(error) => return tracing::error!(event = "relay-store-failed", %error),
            };
            let arrival = Arrival { path: item.path.clone(), recipients: item.recipients.clone(), message };
            let answer = self.provider.receive_from(arrival, Some(QueueChange::Done(item.id))).await;
            let fate = match answer.code {
                200..300 => return,
                400..500 => Fate::Deferred { detail: answer.text },
                _ => Fate::Failed { cause: Cause::PeerRefused, detail: answer.text },
            };
            let fates = vec![fate; item.recipients.len()];
            self.settle(item, fates).await;
        };
        stream::iter(items).for_each_concurrent(16, each).await;
    }

    /// Recipients of others: grouped by route, sent in lots that fit the memory budget.
    async fn abroad(self: &Arc<Self>, items: Vec<QueueItem>, security: Security) -> Result<(), StoreError> {
        let mut lots: Vec<Lot> = Vec::new();
        let mut held = 0;
        for item in items {
            let Some(message) = self.provider.store.read(item.message).await? else {
                self.lost(item).await;
                continue;
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
        Ok(())
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
        let (done, mut fates) = mpsc::unbounded_channel();
        let collect = async {
            while let Some((index, fates)) = fates.recv().await {
                let Some(item) = open.get_mut(index).and_then(|slot: &mut Option<QueueItem>| slot.take()) else {
                    continue;
                };
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

    /// Commits what became of a dispatch.
    async fn settle(self: &Arc<Self>, item: QueueItem, fates: Vec<Fate>) {
        let moment = self.provider.now();
        let sent = match self.provider.store.sent(&item.identifier).await {
            Ok(sent) => sent,
            Err(error) => return tracing::error!(event = "relay-store-failed", %error),
        };
        let policy = self.policy.clone();
        let again = item.clone();
        let decided =
            self.provider.at_desk(move |known| decide(&item, &fates, sent.as_ref(), &policy, known, moment)).await;
        let outcome = match decided {
            Ok(outcome) => outcome,
            // The key is away: what was sent is sent again and recognised; what failed is told later.
            Err(answer) => put_off(&again, again.recipients.clone(), answer.text, &self.policy, moment),
        };
        match self.provider.store.commit(outcome).await {
            Ok(()) => {}
            Err(CommitError::NoMailbox(_)) => {
                tracing::error!(event = "notice-without-mailbox", identifier = again.identifier);
                let _ = self
                    .provider
                    .store
                    .commit(Outcome { queue: vec![QueueChange::Done(again.id)], ..Outcome::default() })
                    .await;
            }
            // The lease runs out and the dispatch comes again.
            Err(error) => tracing::error!(event = "relay-store-failed", %error),
        }
    }

    /// A dispatch whose message is gone cannot exist; should it, it must not stop the queue.
    async fn lost(&self, item: QueueItem) {
        tracing::error!(event = "dispatch-without-message", identifier = item.identifier);
        let outcome = Outcome { queue: vec![QueueChange::Done(item.id)], ..Outcome::default() };
        if let Err(error) = self.provider.store.commit(outcome).await {
            tracing::error!(event = "relay-store-failed", %error);
        }
    }

    fn active(&self) -> std::sync::MutexGuard<'_, HashSet<Hop>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Decides on the fates of a dispatch's recipients at one instant.
fn decide(
    item: &QueueItem,
    fates: &[Fate],
    sent: Option<&Sent>,
    policy: &Policy,
    known: &Knowledge,
    moment: Moment,
) -> Result<Outcome, KeyError> {
    let over = moment >= item.expires;
    let mut outcome = Outcome::default();
    let (mut relayed, mut failed, mut later) = (Vec::new(), Vec::new(), Vec::new());
    let mut last = String::new();
    for (address, fate) in item.recipients.iter().zip(fates) {
        match fate {
            Fate::Accepted { .. } => relayed.push(address.clone()),
            Fate::Failed { cause, detail } => failed.push((address.clone(), Some(*cause), detail.clone())),
            Fate::Deferred { detail } if over => failed.push((address.clone(), None, detail.clone())),
            Fate::Deferred { detail } => {
                last.clone_from(detail);
                later.push(address.clone());
            }
        }
    }
    let facts =
        sent.and_then(|sent| CertificationData::read(&sent.data).ok()).and_then(|d| Certified::from_data(&d).ok());
    let us = &known.identity.emitter.name;
    if !relayed.is_empty() {
        tracing::info!(
            event = "relayed",
            identifier = item.identifier,
            kind = item.kind.map(Kind::name),
            recipients = relayed.len()
        );
        outcome.evidence.push(row(Event::Relayed, item, facts.as_ref(), &relayed, None, us, moment));
    }
    metrics::counter!("sigillo_relayed_total", "result" => "relayed").increment(relayed.len() as u64);
    metrics::counter!("sigillo_relayed_total", "result" => "failed").increment(failed.len() as u64);
    metrics::counter!("sigillo_relayed_total", "result" => "deferred").increment(later.len() as u64);
    for (address, cause, detail) in failed {
        tracing::warn!(event = "relay-failed", identifier = item.identifier, kind = item.kind.map(Kind::name), recipient = %address, detail);
        let concerned = std::slice::from_ref(&address);
        outcome.evidence.push(row(Event::RelayFailed, item, facts.as_ref(), concerned, Some(detail), us, moment));
        if item.kind == Some(Kind::TransportEnvelope)
            && let (Some(certified), Some(sent)) = (&facts, sent)
        {
            tell(certified, sent, &address, cause, known, moment, &mut outcome)?;
        }
    }
    if later.is_empty() {
        outcome.queue.push(QueueChange::Done(item.id));
    } else {
        tracing::info!(
            event = "deferred",
            identifier = item.identifier,
            kind = item.kind.map(Kind::name),
            attempts = item.attempts + 1,
            detail = last
        );
        outcome.queue.extend(put_off(item, later, last, policy, moment).queue);
    }
    Ok(outcome)
}

/// A permanent failure becomes a non-delivery at once. The end of the queue's life is told by the second notice
/// of silence to certified recipients, whose watch is open; ordinary ones have no watch, and are told here.
fn tell(
    certified: &Certified,
    sent: &Sent,
    recipient: &Address,
    cause: Option<Cause>,
    known: &Knowledge,
    moment: Moment,
    outcome: &mut Outcome,
) -> Result<(), KeyError> {
    let watched = certified.recipients.iter().any(|r| r.address == *recipient && r.kind == RecipientType::Certified);
    let cause = match cause {
        None if watched => return Ok(()),
        None => Cause::Expired,
        Some(cause) => cause,
    };
    let emitter = known.identity.emitter_for(&certified.sender);
    let notice = compose::non_delivery(&emitter, moment, certified, recipient, cause, &known.fresh_id(moment));
    outcome.evidence.push(evidence::emitted(&notice, certified, &emitter.name));
    outcome.deposits.push(inbox(outcome.messages.len(), &sent.mailbox, moment));
    outcome.messages.push(known.close(&notice)?);
    outcome.watches.push(WatchChange::Close { identifier: certified.identifier.clone(), recipient: recipient.clone() });
    count_deposit(notice.kind);
    Ok(())
}

/// Back-off: doubled at each attempt up to the most, spread by a fifth either way so that many do not come back at once.
fn put_off(item: &QueueItem, recipients: Vec<Address>, error: String, policy: &Policy, moment: Moment) -> Outcome {
    let base = policy.first.max(1).saturating_mul(1 << item.attempts.min(20)).min(policy.most.max(1));
    // Spread by the dispatch's number and attempt: no randomness needed, and tests can foresee it.
    let spread =
        item.id.0.wrapping_mul(2_654_435_761).wrapping_add(i64::from(item.attempts) * 40_503).rem_euclid(401) - 200;
    let due = moment.plus((base + base * spread / 1000).max(1)).min(item.expires.max(moment.plus(1)));
    let change = QueueChange::Retry { id: item.id, due, recipients, error, attempted: true };
    Outcome { queue: vec![change], ..Outcome::default() }
}

fn row(
    event: Event,
    item: &QueueItem,
    facts: Option<&Certified>,
    concerned: &[Address],
    error: Option<String>,
    us: &str,
    moment: Moment,
) -> Evidence {
    let concerns = concerned.iter().map(Address::to_string).collect();
    match facts {
        Some(certified) => {
            Evidence { concerns, error, ..evidence::row(event, item.kind, moment, certified, &item.identifier, us) }
        }
        // A notification about somebody else's message: its own certification data are in its Emitted row.
        None => Evidence {
            at: moment,
            event,
            kind: item.kind,
            identifier: item.identifier.clone(),
            message_id: String::new(),
            client_id: None,
            sender: item.path.as_str().into(),
            recipients: Vec::new(),
            subject: String::new(),
            provider: us.into(),
            concerns,
            error,
        },
    }
}
