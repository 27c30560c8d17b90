//! The side of the engine that receives: what other systems bring, and what our own relay brings to us.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use pec::report::Report;
use pec::{Address, Kind, Moment, ReversePath};
use store::{CommitError, Done, Known, OnceNote, Question, QueueChange, StoreError};
use tokio::sync::OnceCell;

use super::{Provider, store_failed};
use crate::answer::{Failure, PeerFault, Received, Refusal};
use crate::authentication::Findings;
use crate::context::{Context, provider_key};
use crate::duties::account;
use crate::elaboration::{Elaborated, Remark};
use crate::points::finding::{Arrival, Contradiction, Decision, Facts, Finding, Reported};
use crate::points::incoming;
use crate::scanner::Verdict;

/// What is found out about an arrival once, however often the decision is made again.
struct Examination {
    finding: Arc<Finding>,
    remarks: Vec<Remark>,
    notes: Vec<OnceNote>,
    report: Option<Report>,
    scanned: OnceCell<Verdict>,
    origin: OnceCell<Option<Findings>>,
    /// Whether its signer may still send what is irregular, when it is.
    admitted: OnceLock<bool>,
}

impl Examination {
    /// What the message itself says: it may be large.
    fn of(arrival: &Arrival, context: &Context, moment: Moment) -> Self {
        let mut remarks = Vec::new();
        let finding = Arc::new(incoming::examine(arrival, context, moment, &mut remarks));
        let ordinary = matches!(*finding, Finding::Ordinary { .. });
        let report = if ordinary { incoming::report(arrival) } else { None };
        let notes = incoming::notes(&finding, arrival, report.as_ref(), &context.fresh_id(moment));
        Self {
            finding,
            remarks,
            notes,
            report,
            scanned: OnceCell::new(),
            origin: OnceCell::new(),
            admitted: OnceLock::new(),
        }
    }
}

/// How often a decision is made again because the store changed under it.
const AGAIN: usize = 8;

impl Provider {
    /// A recipient at the Incoming Point: every address of a domain of ours is taken; whether the mailbox exists is said by
    /// a certified notice, not here.
    ///
    /// A message of ordinary mail has one answer. Where the path is of no certified domain, a recipient that would answer
    /// otherwise than those `before` it is put off: the client sends to it apart, and each transaction is all taken or
    /// all refused. Certified mail comes from certified domains and is never put off; from one that the index does not
    /// know yet it comes in two transactions.
    pub async fn takes(&self, path: &ReversePath, before: &[Address], recipient: &Address) -> Result<(), Refusal> {
        let context = self.context();
        let ours = context.hosting.hosts(recipient)
            || *recipient == context.identity.mail_receipt
            || context.is_operator(recipient);
        if !ours {
            return Err(Refusal::Peer(PeerFault::NotHere { domain: recipient.domain().to_owned() }));
        }
        let (Some(sender), Some(first)) = (path.address(), before.first()) else { return Ok(()) };
        if context.directory.by_domain(sender.domain()).is_some() {
            return Ok(());
        }
        let mailboxes = vec![context.mailbox_of(first), context.mailbox_of(recipient)];
        let known = self.ask(Question { mailboxes, ..Question::default() }).await?;
        let [one, other] = known.mailboxes.as_slice() else { return Err(Failure::Store.into()) };
        let alike = incoming::alike(path, one.as_ref(), other.as_ref(), &context, self.clock.now());
        if alike { Ok(()) } else { Err(Refusal::Peer(PeerFault::Apart)) }
    }

    /// A whole message at the Incoming Point. What is answered is durable, and so is everything that it causes.
    pub async fn receive(&self, arrival: Arrival) -> Result<Received, Refusal> {
        self.open(&arrival.path)?;
        self.receive_from(arrival, None).await
    }

    /// The same, finishing a dispatch of our own queue in the same commit.
    pub(in crate::duties) async fn receive_from(
        &self,
        mut arrival: Arrival,
        finished: Option<QueueChange>,
    ) -> Result<Received, Refusal> {
        let begun = Instant::now();
        let mut seen = std::collections::HashSet::new();
        arrival.recipients.retain(|address| seen.insert(address.key()));
        let moment = self.clock.now();
        let (arrival, context) = (Arc::new(arrival), self.context());
        let examination = self.examine(&arrival, &context, moment).await?;
        if let (Finding::Ordinary { reason }, Some(_)) = (examination.finding.as_ref(), &finished) {
            // What we signed ourselves is no ordinary mail, whatever the mailbox takes: something of ours is wrong.
            return Err(Refusal::Peer(PeerFault::CertifiedOnly { reason: reason.english.clone() }));
        }
        // A mailbox that has room for some, and not for this, is full to it: only the commit knows what it weighs.
        let mut full = Vec::new();
        for _ in 0..AGAIN {
            match self.receive_once(&arrival, &examination, &full, &context, moment, finished.clone()).await {
                Ok(answer) => {
                    // Of what is refused, or was done before, nothing is made durable.
                    if matches!(answer, Ok(Received::Taken(_))) {
                        metrics::histogram!("sigillo_incoming_seconds").record(begun.elapsed());
                    }
                    return answer;
                }
                Err(CommitError::Store(error)) => return Err(store_failed(&error)),
                Err(CommitError::MailboxFull(mailbox)) => full.push(mailbox),
                // Somebody did a part of it in between, or a mailbox went: what is known has changed.
                Err(
                    CommitError::AlreadyDone(_)
                    | CommitError::AlreadyTold(_)
                    | CommitError::Moved { .. }
                    | CommitError::NoMailbox(_),
                ) => {}
            }
        }
        Err(Failure::Store.into())
    }

    /// The four tests; a second time when something had to be learnt about revocations first. What is unknown even then
    /// is put off.
    async fn examine(
        &self,
        arrival: &Arc<Arrival>,
        context: &Arc<Context>,
        moment: Moment,
    ) -> Result<Examination, Refusal> {
        let look = || {
            let arrival = arrival.clone();
            self.signing.consider(context.clone(), move |context| Examination::of(&arrival, context, moment))
        };
        let examination = look().await?;
        let Finding::Unsure { path, .. } = examination.finding.as_ref() else { return Ok(examination) };
        context.revocation.learn(path, moment.unix()).await;
        let examination = look().await?;
        let Finding::Unsure { why, .. } = examination.finding.as_ref() else { return Ok(examination) };
        tracing::error!(event = "revocation-unknown", path = arrival.path.as_str(), why, "a message was put off");
        metrics::counter!("sigillo_failures_total", "part" => "revocation").increment(1);
        Err(Failure::Revocation.into())
    }

    async fn receive_once(
        &self,
        arrival: &Arc<Arrival>,
        examination: &Examination,
        full: &[Address],
        context: &Arc<Context>,
        moment: Moment,
        finished: Option<QueueChange>,
    ) -> Result<Result<Received, Refusal>, CommitError> {
        let finding = &examination.finding;
        let mut facts = self.facts(arrival, examination, context).await?;
        for mailbox in facts.mailboxes.iter_mut().flatten().filter(|mailbox| full.contains(&mailbox.address)) {
            mailbox.counted = mailbox.quota;
        }
        if let Some(signer) = incoming::irregular(arrival, finding, &facts, context).map(provider_key) {
            // Before the scan and the signatures that it would cost.
            if !*examination.admitted.get_or_init(|| self.signers.admit(&signer, moment)) {
                return Ok(Err(Refusal::Peer(PeerFault::TooIrregular { signer: signer.to_string() })));
            }
        }
        let mut verdict = Verdict::Clean;
        if incoming::wants_scan(arrival, finding, &facts, context, moment) {
            verdict = match examination.scanned.get_or_try_init(|| self.scan(&arrival.message)).await {
                Ok(verdict) => verdict.clone(),
                Err(refusal) => return Ok(Err(refusal)),
            };
            if matches!(**finding, Finding::Ordinary { .. }) && verdict.virus().is_none() {
                facts.findings = examination.origin.get_or_init(|| self.origin(arrival)).await.clone();
            }
        }
        let (at, found) = (arrival.clone(), finding.clone());
        let decided = self.signing.elaborate(context.clone(), move |context| {
            match incoming::decide(&at, &found, facts, &verdict, context, moment) {
                Decision::Take { elaborated, what } => (Some(elaborated), Ok(Received::Taken(what))),
                Decision::Discard { refusal, elaborated } => (Some(elaborated), Err(refusal)),
                Decision::Contradicts { elaborated } => (Some(elaborated), Ok(Received::Known)),
                Decision::Known => (None, Ok(Received::Known)),
                Decision::Refuse(refusal) => (None, Err(refusal)),
            }
        });
        let (elaborated, answer) = match decided.await {
            Ok(decided) => decided,
            Err(failure) => return Ok(Err(failure.into())),
        };
        let result = match (&answer, &elaborated) {
            (Ok(Received::Taken(_)), _) => "taken",
            (Ok(Received::Known), _) => "known",
            (Err(Refusal::Peer(PeerFault::Infected { .. })), Some(_)) => "infected",
            (Err(_), _) => "refused",
        };
        let delivered = elaborated.as_ref().is_some_and(|made| made.deposits(Kind::TransportEnvelope));
        // What is refused is not finished: who brought it settles that.
        let finished = finished.filter(|_| answer.is_ok());
        match elaborated {
            Some(elaborated) => {
                self.commit(*elaborated, finished).await?;
            }
            None if answer.is_ok() && finished.is_some() => {
                self.commit(Elaborated::default(), finished).await?;
            }
            None => {}
        }
        metrics::counter!("sigillo_arrivals_total", "result" => result).increment(1);
        if let (Finding::Envelope(found), true) = (finding.as_ref(), delivered) {
            let time = &found.pec.data.time;
            let accepted = Moment::read(&time.day, &time.time, &time.zone);
            account::delivered(accepted, self.clock.now());
        }
        account::say(examination.remarks.clone());
        let path = arrival.path.as_str();
        match &answer {
            Ok(what) => tracing::info!(event = "received", identifier = finding.identifier(), path, %what),
            Err(refusal) => {
                tracing::info!(event = "refused", path, code = refusal.code(), reason = %refusal);
                if *refusal == Refusal::Us(Failure::NobodyKnown) {
                    tracing::error!(event = "nobody-known", "the store knows no mailbox: is it the right one?");
                    metrics::counter!("sigillo_failures_total", "part" => "nobody-known").increment(1);
                }
            }
        }
        Ok(answer)
    }

    /// What the network says about the origin of an ordinary message.
    async fn origin(&self, arrival: &Arrival) -> Option<Findings> {
        let (Some(authenticator), Some(peer)) = (&self.authenticator, &arrival.peer) else { return None };
        let findings = authenticator.examine(peer, &arrival.path, &arrival.message).await;
        tracing::info!(event = "origin-examined", path = arrival.path.as_str(), peer = %peer.ip, %findings);
        Some(findings)
    }

    /// Everything that a decision must know, in one question.
    async fn facts(
        &self,
        arrival: &Arrival,
        examination: &Examination,
        context: &Context,
    ) -> Result<Facts, StoreError> {
        let finding = examination.finding.as_ref();
        let mut mailboxes: Vec<Address> = arrival.recipients.iter().map(|a| context.mailbox_of(a)).collect();
        let mut about = examination.report.as_ref().and_then(|report| report.about.clone());
        if let Finding::Notification(found) = finding {
            mailboxes.push(found.certified.sender.clone());
            about = Some(found.certified.identifier.clone());
        }
        let question = Question {
            once: examination.notes.clone(),
            mailboxes,
            sent: about.map(Into::into),
            addressees: Vec::new(),
        };
        let Known { done, mut mailboxes, sent, anybody, .. } = self.ledger.ask(question).await?;
        let (mut todo, mut contradictions) = (Vec::new(), Vec::new());
        for (note, done) in examination.notes.iter().zip(done) {
            match done {
                Done::Not => todo.push(note.clone()),
                Done::So => {}
                Done::Otherwise(first) => contradictions.push(Contradiction { note: note.clone(), first }),
            }
        }
        let holder = mailboxes.split_off(arrival.recipients.len().min(mailboxes.len())).pop().flatten();
        let (mut sent, mut reported) = (sent, None);
        if let Some(report) = &examination.report {
            // Whoever sent it has the report; to anybody else it is a message like any.
            let to = mailboxes.first().and_then(Option::as_ref).map(|mailbox| &mailbox.address);
            let own = sent.take().filter(|sent| Some(&sent.mailbox) == to);
            incoming::narrow(&mut todo, report, own.as_ref());
            reported = own.map(|sent| Reported { report: report.clone(), sent });
        }
        let index_at = (self.index_at)(self.clock.now());
        Ok(Facts { todo, contradictions, mailboxes, holder, sent, report: reported, findings: None, anybody, index_at })
    }
}
