//! What becomes of a dispatch when the fates of its recipients are known: gone, partly gone, put off, or over.

use pec::compose::{self, Certified};
use pec::{Address, Cause, Kind, Moment, Pieces};
use store::{About, Actor, Addressee, Event, Outcome, Progress, QueueChange, QueueItem, Sent, Step};

use super::notice::{self, inbox};
use crate::context::{Context, facts_of};
use crate::elaboration::{Elaborated, Elaboration, Row};
use crate::transport::Fate;

/// When what could not be handed over is tried again.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// Seconds before the second attempt; doubled at each further one.
    pub first: i64,
    /// Most seconds between two attempts.
    pub most: i64,
}

impl Backoff {
    /// Seconds to wait after so many attempts: doubled at each, up to the most.
    pub fn wait(self, attempts: u32) -> i64 {
        self.first.max(1).saturating_mul(1 << attempts.min(20)).min(self.most.max(1))
    }
}

/// What is known of a dispatch's message.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// What was certified of it, when it is ours.
    pub sent: Option<Sent>,
    /// Its recipients of whom something is still awaited: of the others the holder knows already.
    pub open: Vec<Addressee>,
    /// A forwarded message that was not taken, and the mailbox that forwards.
    pub returned: Option<(Address, Pieces)>,
}

/// How many recipients came to what, for metrics and log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Taken over by the next system.
    pub relayed: u64,
    /// Whom it failed, with the reasons.
    pub failed: Vec<(Address, String)>,
    /// To be tried again.
    pub deferred: u64,
    /// What was said last to one that is tried again.
    pub last: String,
}

/// The same fates, every failure to be tried again.
pub fn unfailed(fates: &[Fate]) -> Vec<Fate> {
    let unfailed = |fate: &Fate| match fate {
        Fate::Failed { detail, .. } => Fate::Deferred { detail: detail.clone() },
        other => other.clone(),
    };
    fates.iter().map(unfailed).collect()
}

/// Decides on the fates of a dispatch's recipients at one instant.
pub fn decide(
    item: &QueueItem,
    fates: &[Fate],
    past: &Past,
    backoff: Backoff,
    context: &Context,
    moment: Moment,
) -> (Elaborated, Count) {
    let over = moment >= item.expires;
    let mut count = Count::default();
    let (mut relayed, mut failed, mut later) = (Vec::new(), Vec::new(), Vec::new());
    for (address, fate) in item.recipients.iter().zip(fates) {
        match fate {
            Fate::Accepted { .. } => relayed.push(address.clone()),
            Fate::Failed { cause, detail } => failed.push((address.clone(), Some(*cause), detail.clone())),
            Fate::Deferred { detail } | Fate::Unreachable { detail } if over => {
                failed.push((address.clone(), None, detail.clone()));
            }
            Fate::Deferred { detail } | Fate::Unreachable { detail } => {
                count.last.clone_from(detail);
                later.push(address.clone());
            }
        }
    }
    let facts = past.sent.as_ref().and_then(facts_of);
    let mut to = Elaboration::new(context, moment, about(item), Actor::System);
    let envelope = item.kind == Some(Kind::TransportEnvelope);
    let ours = facts.as_ref().filter(|_| envelope);
    if !relayed.is_empty() {
        to.record(row(Event::Relayed, item, &relayed, None, context));
        let ordinary = relayed.iter().filter(|address| ours.is_some_and(|facts| !facts.certifies(address)));
        to.outcome.progress.extend(ordinary.map(|address| step(item, address, Step::Leave, moment)));
    }
    count.relayed = relayed.len() as u64;
    for (address, cause, detail) in failed {
        count.failed.push((address.clone(), detail.clone()));
        to.record(row(Event::RelayFailed, item, std::slice::from_ref(&address), Some(detail), context));
        if let (Some(certified), Some(sent)) = (ours, &past.sent) {
            tell(&mut to, item, past, certified, sent, &address, cause);
        }
    }
    if let Some((mailbox, pieces)) = &past.returned {
        to.record(row(Event::Deposited, item, std::slice::from_ref(mailbox), None, context));
        let message = to.keep(item.kind, None, pieces.clone());
        to.outcome.deposits.push(inbox(message, mailbox, Kind::AnomalyEnvelope, moment));
    }
    if later.is_empty() {
        to.outcome.queue.push(QueueChange::Done(item.id));
    } else {
        count.deferred = later.len() as u64;
        to.outcome.queue.push(put_off(item, later, count.last.clone(), backoff, moment));
    }
    (to.finish(), count)
}

/// The end of a dispatch whose message is gone; recorded like any other failure [R-2.3-a].
pub fn lost(item: &QueueItem, context: &Context, moment: Moment) -> Elaborated {
    let mut to = Elaboration::new(context, moment, about(item), Actor::System);
    let why = Some("the message is not in the store any more".to_owned());
    to.record(row(Event::RelayFailed, item, &item.recipients, why, context));
    to.outcome.queue.push(QueueChange::Done(item.id));
    to.finish()
}

/// The same without anything for a mailbox: it is gone, and nothing is emitted to it.
pub fn untold(outcome: Outcome) -> Outcome {
    let Outcome { mut evidence, mut progress, queue, .. } = outcome;
    // The notices that it names are not.
    progress.iter_mut().for_each(|progress| progress.receipt = None);
    evidence.retain(|row| matches!(row.event, Event::Relayed | Event::RelayFailed));
    Outcome { evidence, progress, queue, ..Outcome::default() }
}

fn about(item: &QueueItem) -> About {
    item.about.map_or(About::Nothing, About::Known)
}

fn step(item: &QueueItem, recipient: &Address, step: Step, moment: Moment) -> Progress {
    Progress {
        about: item.identifier.clone(),
        recipient: recipient.clone(),
        step,
        at: moment,
        code: None,
        receipt: None,
        due: None,
        seen: None,
    }
}

/// A permanent failure becomes a non-delivery at once. The end of the queue's life is told by the second notice of
/// silence to certified recipients, who are awaited; ordinary ones are not, and are told here.
fn tell(
    to: &mut Elaboration<'_>,
    item: &QueueItem,
    past: &Past,
    certified: &Certified,
    sent: &Sent,
    recipient: &Address,
    cause: Option<Cause>,
) {
    let awaited = past.open.iter().find(|addressee| addressee.recipient == *recipient);
    let certifies = certified.certifies(recipient);
    // A certified recipient who is not awaited any more: a receipt came, or the holder was told otherwise.
    if certifies && (cause.is_none() || awaited.is_none()) {
        return;
    }
    let cause = cause.unwrap_or(Cause::Expired);
    let (context, moment) = (to.context, to.moment);
    let emitter = context.emitter_for(&certified.sender);
    let own_id = context.fresh_id(moment);
    let notice = compose::non_delivery(&emitter, moment, certified, recipient, cause, &own_id);
    notice::give(to, notice, &sent.mailbox);
    to.outcome.progress.push(Progress {
        code: Some(cause.code().to_owned()),
        receipt: Some(own_id.to_string()),
        seen: awaited.filter(|_| certifies).map(|addressee| Box::new(addressee.clone())),
        ..step(item, recipient, if certifies { Step::NotDeliver } else { Step::Fail }, moment)
    });
}

/// Back-off: doubled at each attempt up to the most, spread by a fifth either way so that many do not come back at once.
fn put_off(item: &QueueItem, recipients: Vec<Address>, error: String, backoff: Backoff, moment: Moment) -> QueueChange {
    let base = backoff.wait(item.attempts);
    // Spread by the dispatch's number and attempt: no randomness needed, and tests can foresee it.
    let spread =
        item.id.0.wrapping_mul(2_654_435_761).wrapping_add(i64::from(item.attempts) * 40_503).rem_euclid(401) - 200;
    let due = moment.plus((base + base * spread / 1000).max(1)).min(item.expires.max(moment.plus(1)));
    QueueChange::Retry { id: item.id, due, recipients, error, attempted: true }
}

fn row<'a>(
    event: Event,
    item: &'a QueueItem,
    concerned: &[Address],
    error: Option<String>,
    context: &'a Context,
) -> Row<'a> {
    Row {
        event,
        kind: item.kind,
        message_id: if item.kind == Some(Kind::TransportEnvelope) { &item.identifier } else { "" },
        provider: &context.identity.emitter.name,
        concerns: concerned.iter().map(Address::to_string).collect(),
        error,
    }
}
