//! What became of a dispatch is decided and committed.

use std::sync::Arc;

use pec::header::Header;
use pec::{Address, Kind, Moment, Pieces};
use store::{Addressee, CommitError, ErrorKind, Question, QueueItem, StoreError};
use tokio::sync::watch;

use super::Relay;
use crate::answer::Failure;
use crate::points::handover::{self, Count, Past};
use crate::points::incoming::DELIVERED_TO;
use crate::transport::Fate;

/// How often a dispatch is decided on again because a receipt came in between.
const AGAIN: usize = 8;

impl Relay {
    /// Commits what became of a dispatch. When a receipt comes in between, what the holder has to be told has changed. Where
    /// the store refuses, what is known is kept and settled when it takes again: the peer has the message.
    pub(super) async fn settle(self: &Arc<Self>, item: QueueItem, fates: Vec<Fate>, stop: &watch::Receiver<bool>) {
        let mut silent = false;
        let mut moved = 0;
        while moved < AGAIN {
            match self.settle_once(&item, &fates, silent).await {
                Ok(()) => return self.settling.over(),
                Err(CommitError::Moved { .. } | CommitError::MailboxFull(_)) => moved += 1,
                // Nobody is there to be told: all the rest holds, or recipients that are still to be served would be lost.
                Err(CommitError::NoMailbox(_)) if !silent => {
                    tracing::error!(event = "notice-without-mailbox", identifier = %item.identifier);
                    silent = true;
                }
                Err(CommitError::Store(error)) if error.kind != ErrorKind::Bug && !*stop.borrow() => {
                    self.settling.note("a dispatch cannot be settled", &error);
                    let mut stop = stop.clone();
                    tokio::select! {
                        () = self.settling.pause() => {}
                        _ = stop.wait_for(|stop| *stop) => {}
                    }
                }
                // The lease is given back, and the dispatch comes again.
                Err(error) => {
                    tracing::error!(event = "relay-undecided", identifier = %item.identifier, %error);
                    break;
                }
            }
        }
        self.give_back(&[item.id], self.provider.now().plus(self.policy.backoff.first.max(1))).await;
    }

    async fn settle_once(self: &Arc<Self>, item: &QueueItem, fates: &[Fate], silent: bool) -> Result<(), CommitError> {
        let moment = self.provider.now();
        let past = self.past(item, fates, moment).await?;
        let backoff = self.policy.backoff;
        let (again, later) = (item.clone(), handover::unfailed(fates));
        let (decided, known) = ((item.clone(), fates.to_vec()), past.clone());
        let decided = self.provider.elaborate(move |context| {
            let (item, fates) = &decided;
            let (elaborated, count) = handover::decide(item, fates, &known, backoff, context, moment);
            (Some(Box::new(elaborated)), count)
        });
        let (elaborated, count) = match decided.await {
            Ok(decided) => decided,
            // The key is away: what was sent is done; what failed is tried again, and told when the key is back.
            Err(Failure::Signing) => {
                let again = QueueItem { expires: again.expires.max(moment.plus(backoff.most.max(1))), ..again };
                let past = Past { sent: past.sent, ..Past::default() };
                let decided = self.provider.elaborate(move |context| {
                    let (elaborated, count) = handover::decide(&again, &later, &past, backoff, context, moment);
                    (Some(Box::new(elaborated)), count)
                });
                decided.await.map_err(|failure| StoreError::bug(failure.to_string()))?
            }
            Err(failure) => return Err(StoreError::bug(failure.to_string()).into()),
        };
        let Some(elaborated) = elaborated else { return Ok(()) };
        if silent {
            let (outcome, _) = elaborated.into_outcome();
            self.provider.ledger().commit(handover::untold(outcome)).await?;
        } else {
            self.provider.commit(*elaborated, None).await?;
        }
        say(item, &count);
        Ok(())
    }

    /// What must be known of a dispatch's message, in one question.
    async fn past(&self, item: &QueueItem, fates: &[Fate], moment: Moment) -> Result<Past, StoreError> {
        let envelope = item.kind == Some(Kind::TransportEnvelope);
        // Of those who are not awaited any more a receipt came, or the holder was told otherwise: an auditor wants exactly
        // one of delivery and non-delivery [R-O-log-2].
        let failed =
            item.recipients.iter().zip(fates).filter(|(_, fate)| envelope && matches!(fate, Fate::Failed { .. }));
        let question = Question {
            sent: envelope.then(|| item.identifier.clone()),
            addressees: failed.map(|(address, _)| (item.identifier.clone(), address.clone())).collect(),
            ..Question::default()
        };
        let known = self.provider.ledger().ask(question).await?;
        let open: Vec<Addressee> = known.addressees.into_iter().flatten().filter(|one| !one.state.is_final()).collect();
        Ok(Past { sent: known.sent, open, returned: self.returned(item, fates, moment).await? })
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
            Fate::Deferred { .. } | Fate::Unreachable { .. } => moment >= item.expires,
            Fate::Accepted { .. } => false,
        };
        if !(forwarded && fates.iter().any(lost)) {
            return Ok(None);
        }
        let Some(pieces) = self.queue.read(item.message).await? else { return Ok(None) };
        // The first of these fields is ours.
        let mailbox = Header::parse(&pieces.to_bytes()).addresses(DELIVERED_TO).into_iter().flatten().next();
        Ok(mailbox.map(|mailbox| (mailbox, pieces)))
    }

    /// A message that could not be read now: its dispatch is put off like any other, and does not wait for its lease. What
    /// is damaged is never sent.
    pub(super) async fn unread(self: &Arc<Self>, item: QueueItem, error: &StoreError, stop: &watch::Receiver<bool>) {
        if error.kind == ErrorKind::Damaged {
            tracing::error!(event = "damaged-message", identifier = %item.identifier, %error, "it is not sent");
            metrics::counter!("sigillo_failures_total", "part" => "damaged-message").increment(1);
        } else {
            self.trouble.note("a message cannot be read", error);
        }
        let fates = vec![Fate::Deferred { detail: "the message could not be read".into() }; item.recipients.len()];
        self.settle(item, fates, stop).await;
    }

    /// A dispatch whose message is gone cannot exist; should it, it must not stop the queue. The holder is told by the
    /// notices of silence.
    pub(super) async fn lost(&self, item: QueueItem) {
        tracing::error!(event = "dispatch-without-message", identifier = %item.identifier);
        metrics::counter!("sigillo_failures_total", "part" => "lost-message").increment(1);
        let lost = handover::lost(&item, &self.provider.context(), self.provider.now());
        match self.provider.ledger().commit(lost.into_outcome().0).await {
            Ok(_) | Err(CommitError::AlreadyDone(_)) => {}
            Err(error) => tracing::error!(event = "relay-undecided", identifier = %item.identifier, %error),
        }
    }
}

fn say(item: &QueueItem, count: &Count) {
    let (identifier, kind) = (item.identifier.as_str(), item.kind.map(Kind::name));
    let Count { relayed, failed, deferred, last } = count;
    if *relayed > 0 {
        tracing::info!(event = "relayed", identifier, kind, recipients = relayed);
    }
    for (recipient, detail) in failed {
        tracing::warn!(event = "relay-failed", identifier, kind, %recipient, detail);
    }
    if *deferred > 0 {
        tracing::info!(event = "deferred", identifier, kind, attempts = item.attempts + 1, detail = last);
    }
    metrics::counter!("sigillo_relayed_total", "result" => "relayed").increment(*relayed);
    metrics::counter!("sigillo_relayed_total", "result" => "failed").increment(failed.len() as u64);
    metrics::counter!("sigillo_relayed_total", "result" => "deferred").increment(*deferred);
}
