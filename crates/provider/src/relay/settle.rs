//! What becomes of a dispatch when the fates of its recipients are known: gone, partly gone, put off, or over.

use pec::compose::{self, Certified};
use pec::{Address, Cause, Kind, Moment, Pieces};
use seal::KeyError;
use store::{Event, Evidence, NewMessage, Outcome, QueueChange, QueueItem, Sent, Summary, Watch, WatchChange};

use super::Policy;
use crate::evidence;
use crate::notice;
use crate::point::{Knowledge, facts_of};
use crate::transport::Fate;

/// What is known of a dispatch's message.
pub(super) struct Past<'a> {
    /// What was certified of it, when it is ours.
    pub(super) sent: Option<&'a Sent>,
    /// The row of its emission, when it is a notice about somebody else's message.
    pub(super) emitted: Option<&'a Evidence>,
    /// The watches on its recipients that are still open: of the others the holder knows already.
    pub(super) open: &'a [Watch],
    /// A forwarded message that was not taken, and the mailbox that forwards.
    pub(super) returned: Option<(Address, Pieces)>,
}

/// The same fates, every failure to be tried again.
pub(super) fn unfailed(fates: &[Fate]) -> Vec<Fate> {
    let unfailed = |fate: &Fate| match fate {
        Fate::Failed { detail, .. } => Fate::Deferred { detail: detail.clone() },
        other => other.clone(),
    };
    fates.iter().map(unfailed).collect()
}

/// Decides on the fates of a dispatch's recipients at one instant.
pub(super) fn decide(
    item: &QueueItem,
    fates: &[Fate],
    past: &Past<'_>,
    policy: &Policy,
    known: &Knowledge,
    moment: Moment,
) -> Result<Outcome, KeyError> {
    let sent = past.sent;
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
    let facts = sent.and_then(facts_of);
    let about = About::of(facts.as_ref(), past.emitted);
    let us = &known.identity.emitter.name;
    if !relayed.is_empty() {
        tracing::info!(
            event = "relayed",
            identifier = item.identifier,
            kind = item.kind.map(Kind::name),
            recipients = relayed.len()
        );
        outcome.evidence.push(row(Event::Relayed, item, about, &relayed, None, us, moment));
    }
    metrics::counter!("sigillo_relayed_total", "result" => "relayed").increment(relayed.len() as u64);
    metrics::counter!("sigillo_relayed_total", "result" => "failed").increment(failed.len() as u64);
    metrics::counter!("sigillo_relayed_total", "result" => "deferred").increment(later.len() as u64);
    for (address, cause, detail) in failed {
        tracing::warn!(event = "relay-failed", identifier = item.identifier, kind = item.kind.map(Kind::name), recipient = %address, detail);
        let concerned = std::slice::from_ref(&address);
        outcome.evidence.push(row(Event::RelayFailed, item, about, concerned, Some(detail), us, moment));
        if item.kind == Some(Kind::TransportEnvelope)
            && let (Some(certified), Some(sent)) = (&facts, sent)
        {
            // The end of the queue's life is told by the second notice of silence to certified recipients, whose watch
            // is open; ordinary ones have no watch, and are told here.
            let watch = past.open.iter().find(|watch| watch.recipient == address);
            let cause = match (cause, watch) {
                (None, _) | (Some(_), None) if certified.certifies(&address) => continue,
                (cause, _) => cause.unwrap_or(Cause::Expired),
            };
            tell(certified, sent, &address, cause, known, moment, &mut outcome)?;
            outcome.watches.extend(watch.map(|watch| WatchChange::Told { watch: watch.clone(), due: None }));
        }
    }
    if let Some((mailbox, pieces)) = &past.returned {
        let kept = std::slice::from_ref(mailbox);
        outcome.evidence.push(row(Event::Deposited, item, about, kept, None, us, moment));
        outcome.deposits.push(notice::inbox(outcome.messages.len(), mailbox, moment));
        let summary = Summary::read(item.kind, None, pieces);
        outcome.messages.push(NewMessage { pieces: pieces.clone(), summary });
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
        outcome.queue.push(put_off(item, later, last, policy, moment));
    }
    Ok(outcome)
}

/// The end of a dispatch whose message is gone; recorded like any other failure [R-2.3-a].
pub(super) fn lost(item: &QueueItem, sent: Option<&Sent>, us: &str, moment: Moment) -> Outcome {
    let facts = sent.and_then(facts_of);
    let why = Some("the message is not in the store any more".to_owned());
    let failed = row(Event::RelayFailed, item, About::of(facts.as_ref(), None), &item.recipients, why, us, moment);
    Outcome { evidence: vec![failed], queue: vec![QueueChange::Done(item.id)], ..Outcome::default() }
}

/// The same without anything for a mailbox: it is gone, and nothing is emitted to it.
pub(super) fn untold(outcome: Outcome) -> Outcome {
    let carried = |row: &Evidence| matches!(row.event, Event::Relayed | Event::RelayFailed);
    let Outcome { mut evidence, watches, queue, .. } = outcome;
    evidence.retain(carried);
    Outcome { evidence, watches, queue, ..Outcome::default() }
}

/// A permanent failure becomes a non-delivery at once.
fn tell(
    certified: &Certified,
    sent: &Sent,
    recipient: &Address,
    cause: Cause,
    known: &Knowledge,
    moment: Moment,
    outcome: &mut Outcome,
) -> Result<(), KeyError> {
    let emitter = known.identity.emitter_for(&certified.sender);
    let notice = compose::non_delivery(&emitter, moment, certified, recipient, cause, &known.fresh_id(moment));
    notice::give(&notice, certified, &sent.mailbox, known, outcome)
}

/// Back-off: doubled at each attempt up to the most, spread by a fifth either way so that many do not come back at once.
fn put_off(item: &QueueItem, recipients: Vec<Address>, error: String, policy: &Policy, moment: Moment) -> QueueChange {
    let base = policy.first.max(1).saturating_mul(1 << item.attempts.min(20)).min(policy.most.max(1));
    // Spread by the dispatch's number and attempt: no randomness needed, and tests can foresee it.
    let spread =
        item.id.0.wrapping_mul(2_654_435_761).wrapping_add(i64::from(item.attempts) * 40_503).rem_euclid(401) - 200;
    let due = moment.plus((base + base * spread / 1000).max(1)).min(item.expires.max(moment.plus(1)));
    QueueChange::Retry { id: item.id, due, recipients, error, attempted: true }
}

/// What is known of the message that is carried.
#[derive(Clone, Copy)]
enum About<'a> {
    /// It is about a message that was sent from here.
    Ours(&'a Certified),
    /// It is about another one; the row of its emission says which.
    Emitted(&'a Evidence),
    /// No more than what its dispatch says.
    Nothing,
}

impl<'a> About<'a> {
    fn of(facts: Option<&'a Certified>, emitted: Option<&'a Evidence>) -> Self {
        match (facts, emitted) {
            (Some(facts), _) => About::Ours(facts),
            (None, Some(emitted)) => About::Emitted(emitted),
            (None, None) => About::Nothing,
        }
    }
}

fn row(
    event: Event,
    item: &QueueItem,
    about: About<'_>,
    concerned: &[Address],
    error: Option<String>,
    us: &str,
    moment: Moment,
) -> Evidence {
    let concerns = concerned.iter().map(Address::to_string).collect();
    match about {
        About::Ours(certified) => {
            Evidence { concerns, error, ..evidence::row(event, item.kind, moment, certified, &item.identifier, us) }
        }
        // An auditor wants the same sender and recipients in all rows of an identifier [R-O-log-2].
        About::Emitted(emitted) => Evidence {
            at: moment,
            event,
            kind: item.kind,
            message_id: String::new(),
            provider: us.into(),
            concerns,
            error,
            ..emitted.clone()
        },
        About::Nothing => Evidence {
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

#[cfg(test)]
mod tests {
    use store::{Hop, MessageId, QueueId};

    use super::*;

    fn item() -> QueueItem {
        QueueItem {
            id: QueueId(7),
            message: MessageId(1),
            path: pec::ReversePath::Null,
            recipients: vec![Address::parse("a@b.example").unwrap(), Address::parse("c@b.example").unwrap()],
            hop: Hop::Provider("Altra".into()),
            identifier: "t1@alfa.example".into(),
            kind: Some(Kind::TransportEnvelope),
            created: Moment::from_unix(1),
            expires: Moment::from_unix(2),
            attempts: 0,
            last_error: None,
        }
    }

    /// [R-2.3-a]
    #[test]
    fn a_dispatch_whose_message_is_gone_ends_with_a_row_that_names_its_recipients() {
        let Outcome { evidence, queue, messages, .. } = lost(&item(), None, "Alfa", Moment::from_unix(3));
        assert!(matches!(queue[..], [QueueChange::Done(QueueId(7))]) && messages.is_empty());
        let [row] = &evidence[..] else { panic!("{evidence:?}") };
        assert_eq!((row.event, row.identifier.as_str()), (Event::RelayFailed, "t1@alfa.example"));
        assert_eq!(row.concerns, ["a@b.example", "c@b.example"]);
        assert!(row.error.as_deref().is_some_and(|why| why.contains("not in the store")), "{row:?}");
    }

    #[test]
    fn what_cannot_be_told_leaves_the_rest_of_the_decision_whole() {
        let row = |event| row(event, &item(), About::Nothing, &[], None, "Alfa", Moment::from_unix(3));
        let again = QueueChange::Retry {
            id: QueueId(7),
            due: Moment::from_unix(9),
            recipients: item().recipients,
            error: "busy".into(),
            attempted: true,
        };
        let mailbox = Address::parse("gone@alfa.example").unwrap();
        let decided = Outcome {
            evidence: [Event::Relayed, Event::RelayFailed, Event::Emitted, Event::Deposited].map(row).into(),
            deposits: vec![notice::inbox(0, &mailbox, Moment::from_unix(3))],
            queue: vec![again],
            ..Outcome::default()
        };
        let Outcome { evidence, deposits, queue, .. } = untold(decided);
        let events: Vec<Event> = evidence.iter().map(|row| row.event).collect();
        assert_eq!(events, [Event::Relayed, Event::RelayFailed]);
        assert!(deposits.is_empty());
        assert!(matches!(&queue[..], [QueueChange::Retry { recipients, .. }] if recipients.len() == 2), "{queue:?}");
    }
}
