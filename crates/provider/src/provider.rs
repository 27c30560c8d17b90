//! The provider: gathers what is known, lets the points decide, commits, answers.

use std::sync::Arc;

use bytes::Bytes;
use directory::Directory;
use pec::brief::HashInput;
use pec::report::Report;
use pec::{Address, Kind, Moment, ReversePath, formal};
use seal::{KeyError, Signer, Trust};
use store::{CommitError, MailboxState, OnceKey, QueueChange, Store, StoreError};
use tokio::sync::{Notify, OnceCell, Semaphore};

use crate::access::{self, Submission};
use crate::answer::{Answer, Failure};
use crate::authentication::{Authenticator, Findings};
use crate::incoming::{self, Arrival, Decision, Facts, Finding};
use crate::point::{Clock, Identity, Ids, Knowledge};
use crate::revocation::Revocations;
use crate::rules::Rules;
use crate::scanner::{Screen, Trouble, Verdict};

/// What a provider is made of.
pub struct Parts {
    /// Who we are.
    pub identity: Identity,
    /// What must not be lost.
    pub store: Arc<dyn Store>,
    /// The providers' index.
    pub directory: Arc<dyn Directory>,
    /// The pinned authorities.
    pub trust: Arc<Trust>,
    /// Who knows about revoked certificates.
    pub revocation: Arc<dyn Revocations>,
    /// Our key.
    pub signer: Arc<dyn Signer>,
    /// The instant of each elaboration.
    pub clock: Arc<dyn Clock>,
    /// Identifiers.
    pub ids: Arc<dyn Ids>,
    /// What the Access Point holds a message to.
    pub limits: formal::Limits,
    /// How long a dispatch lives, seconds.
    pub lifetime: i64,
    /// How many decisions run at once: as many as there are cores.
    pub threads: usize,
    /// The virus scan.
    pub screen: Screen,
    /// What the digest of an attachment covers in brief receipts.
    pub brief_hash: HashInput,
    /// SPF, DKIM and DMARC of ordinary mail; `None`: nobody examines it.
    pub authenticator: Option<Arc<dyn Authenticator>>,
    /// What operators decide about ordinary mail and closed groups.
    pub rules: Rules,
}

/// A running provider: its points share everything here.
pub struct Provider {
    pub(crate) known: Arc<Knowledge>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) screen: Screen,
    pub(crate) authenticator: Option<Arc<dyn Authenticator>>,
    /// A decision signs and verifies: as many at once as there are cores.
    desks: Semaphore,
    /// Rung when dispatches were queued.
    pub(crate) bell: Notify,
}

/// What is found out about an arrival once, however often the decision is made again.
struct Looked {
    finding: Arc<Finding>,
    keys: Vec<OnceKey>,
    report: Option<Report>,
    scanned: OnceCell<Verdict>,
    origin: OnceCell<Option<Findings>>,
}

impl Looked {
    /// What the message itself says: it may be large.
    fn at(arrival: &Arrival, finding: Arc<Finding>, moment: Moment) -> Self {
        let keys = incoming::keys(&finding, arrival, moment);
        let ordinary = matches!(*finding, Finding::Ordinary { .. });
        let report = if ordinary { incoming::report(arrival) } else { None };
        Self { finding, keys, report, scanned: OnceCell::new(), origin: OnceCell::new() }
    }
}

/// How often a decision is made again because the store changed under it.
const AGAIN: usize = 8;

impl Provider {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Arc<Self> {
        let known = Knowledge {
            identity: parts.identity,
            directory: parts.directory,
            trust: parts.trust,
            revocation: parts.revocation,
            signer: parts.signer,
            ids: parts.ids,
            limits: parts.limits,
            lifetime: parts.lifetime.clamp(60, crate::point::LIFETIME),
            brief_hash: parts.brief_hash,
            rules: parts.rules,
        };
        Arc::new(Self {
            known: Arc::new(known),
            store: parts.store,
            clock: parts.clock,
            screen: parts.screen,
            authenticator: parts.authenticator,
            desks: Semaphore::new(parts.threads.max(1)),
            bell: Notify::new(),
        })
    }

    /// The store behind the points.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The instant, as every elaboration takes it.
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// A login at the Access Point: the address of the mailbox, when the password is right [R-5.2-a].
    pub async fn login(&self, login: &str, password: &str) -> Result<Option<String>, Answer> {
        match self.store.authenticate(login, password).await {
            Ok(Some(mailbox)) if mailbox.state != MailboxState::Closed && !mailbox.service => {
                Ok(Some(mailbox.address.to_string()))
            }
            Ok(_) => Ok(None),
            Err(error) => Err(store_failed(&error)),
        }
    }

    /// MAIL FROM at the Access Point: the sender is the mailbox that logged in, and may send.
    pub async fn may_send(&self, login: &str, path: &ReversePath) -> Answer {
        if !path.as_str().eq_ignore_ascii_case(login) {
            return Answer::not_your_address(login);
        }
        let Some(address) = path.address() else { return Answer::not_your_address(login) };
        match self.store.mailboxes(std::slice::from_ref(address)).await.map(|mut found| found.pop().flatten()) {
            Ok(Some(mailbox)) if mailbox.state == MailboxState::Active => Answer::fine("2.1.0"),
            Ok(_) => Answer::may_not_send(login),
            Err(error) => store_failed(&error),
        }
    }

    /// A whole message at the Access Point. 250 means that its receipt (acceptance or non-acceptance) is durable.
    pub async fn submit(
        self: &Arc<Self>,
        login: &str,
        recipients: Vec<Address>,
        message: Bytes,
        received_len: usize,
    ) -> Answer {
        let Ok(holder) = Address::parse(login) else { return Answer::not_your_address(login) };
        let correspondents = match self.store.mailboxes(std::slice::from_ref(&holder)).await {
            Ok(mut found) => {
                let group = |mailbox| self.known.rules.correspondents(&mailbox).clone();
                found.pop().flatten().map(group).unwrap_or_default()
            }
            Err(error) => return store_failed(&error),
        };
        let submission = Submission { holder, recipients, message, received_len, correspondents };
        let moment = self.clock.now();
        let decided = async {
            let examined = self.at_desk(move |known| Ok(access::examine(submission, known, moment))).await?;
            // Formal checks first: what they refuse is refused whatever it carries [R-I-ap-2].
            let verdict =
                if examined.exceptions.is_empty() { self.scan(&examined.message).await? } else { Verdict::Clean };
            self.at_desk(move |known| access::decide(examined, &verdict, known, moment)).await
        };
        let decision = match decided.await {
            Ok(decision) => decision,
            Err(answer) => return answer,
        };
        let queued = !decision.outcome.dispatches.is_empty();
        if let Err(error) = self.store.commit(decision.outcome).await {
            return commit_failed(&error);
        }
        if queued {
            self.bell.notify_one();
        }
        let identifier = decision.identifier;
        if let Some(virus) = decision.virus {
            tracing::warn!(event = "virus-found", point = "access", identifier, login, virus);
            metrics::counter!("sigillo_submissions_total", "result" => "infected").increment(1);
            return Answer::done(format!("not accepted, the notice {identifier} in your mailbox says why"));
        }
        if decision.exceptions.is_empty() {
            tracing::info!(event = "accepted", identifier, login);
            metrics::counter!("sigillo_submissions_total", "result" => "accepted").increment(1);
            return Answer::done(format!("accepted: {identifier}"));
        }
        let codes: Vec<&str> = decision.exceptions.iter().map(formal::Exception::code).collect();
        tracing::info!(event = "not-accepted", identifier, login, codes = codes.join(","));
        metrics::counter!("sigillo_submissions_total", "result" => "not-accepted").increment(1);
        Answer::done(format!("not accepted, the notice {identifier} in your mailbox says why"))
    }

    /// RCPT TO at the Incoming Point: every address of a domain of ours is taken; whether the mailbox exists is said by
    /// a certified notice, not by SMTP.
    ///
    /// A message of ordinary mail has one answer. Where the path is of no certified domain, a recipient that would answer
    /// otherwise than those `before` it is put off: the client sends to it apart, and each transaction is all taken or
    /// all refused. Certified mail comes from certified domains and is never put off; from one that the index does not
    /// know yet it comes in two transactions.
    pub async fn takes(&self, path: &ReversePath, before: &[Address], recipient: &Address) -> Answer {
        let ours = self.known.identity.hosts(recipient) || *recipient == self.known.identity.mail_receipt;
        if !ours {
            return Answer::not_here(recipient.domain());
        }
        let (Some(sender), Some(first)) = (path.address(), before.first()) else { return Answer::fine("2.1.5") };
        if self.known.directory.by_domain(sender.domain()).is_some() {
            return Answer::fine("2.1.5");
        }
        match self.store.mailboxes(&[first.clone(), recipient.clone()]).await.as_deref() {
            Ok([one, other]) => {
                let alike = incoming::alike(path, one.as_ref(), other.as_ref(), &self.known, self.clock.now());
                if alike { Answer::fine("2.1.5") } else { Answer::apart() }
            }
            Ok(_) => Answer::our_fault(Failure::Store),
            Err(error) => store_failed(error),
        }
    }

    /// A whole message at the Incoming Point. 250 means that everything it causes is durable.
    pub async fn receive(self: &Arc<Self>, arrival: Arrival) -> Answer {
        self.receive_from(arrival, None).await
    }

    /// The same, finishing a dispatch of our own queue in the same commit.
    pub(crate) async fn receive_from(self: &Arc<Self>, mut arrival: Arrival, finished: Option<QueueChange>) -> Answer {
        let mut seen = std::collections::HashSet::new();
        arrival.recipients.retain(|address| seen.insert(address.key()));
        let moment = self.clock.now();
        let arrival = Arc::new(arrival);
        let looked = match self.examine(&arrival, moment).await {
            Ok(looked) => looked,
            Err(answer) => return answer,
        };
        if let (Finding::Ordinary { reason }, Some(_)) = (looked.finding.as_ref(), &finished) {
            // What we signed ourselves is no ordinary mail, whatever the mailbox takes: something of ours is wrong.
            return Answer::certified_only(&reason.english);
        }
        for _ in 0..AGAIN {
            match self.receive_once(&arrival, &looked, moment, finished.clone()).await {
                Ok(answer) => return answer,
                Err(CommitError::Store(error)) => return store_failed(&error),
                // Somebody did a part of it in between, or a mailbox went: what is known has changed.
                Err(CommitError::AlreadyDone(_) | CommitError::NoMailbox(_) | CommitError::Moved { .. }) => {}
            }
        }
        Answer::our_fault(Failure::Store)
    }

    /// The four tests; a second time when something had to be learnt about revocations first. What is unknown even then
    /// is put off.
    async fn examine(&self, arrival: &Arc<Arrival>, moment: Moment) -> Result<Looked, Answer> {
        let look = || {
            let at = arrival.clone();
            self.at_desk(move |known| {
                let finding = incoming::examine(&at, known, moment);
                Ok(Looked::at(&at, Arc::new(finding), moment))
            })
        };
        let looked = look().await?;
        let Finding::Unsure { path, .. } = looked.finding.as_ref() else { return Ok(looked) };
        self.known.revocation.learn(path, moment.unix()).await;
        let looked = look().await?;
        let Finding::Unsure { why, .. } = looked.finding.as_ref() else { return Ok(looked) };
        tracing::error!(event = "revocation-unknown", path = arrival.path.as_str(), why, "a message was put off");
        metrics::counter!("sigillo_failures_total", "part" => "revocation").increment(1);
        Err(Answer::our_fault(Failure::Revocation))
    }

    async fn receive_once(
        self: &Arc<Self>,
        arrival: &Arc<Arrival>,
        looked: &Looked,
        moment: Moment,
        finished: Option<QueueChange>,
    ) -> Result<Answer, CommitError> {
        let finding = &looked.finding;
        let mut facts = self.facts(arrival, looked).await?;
        let mut verdict = Verdict::Clean;
        if incoming::wants_scan(arrival, finding, &facts, &self.known, moment) {
            verdict = match looked.scanned.get_or_try_init(|| self.scan(&arrival.message)).await {
                Ok(verdict) => verdict.clone(),
                Err(answer) => return Ok(answer),
            };
            if matches!(**finding, Finding::Ordinary { .. }) && verdict.virus().is_none() {
                facts.findings = looked.origin.get_or_init(|| self.origin(arrival)).await.clone();
            }
        }
        let (at, found) = (arrival.clone(), finding.clone());
        let decided = self.at_desk(move |known| incoming::decide(&at, &found, facts, &verdict, known, moment)).await;
        let (mut outcome, what) = match decided {
            Err(answer) => return Ok(answer),
            Ok(Decision::Refuse(answer)) => {
                tracing::info!(
                    event = "refused",
                    path = arrival.path.as_str(),
                    code = answer.enhanced,
                    reason = answer.text
                );
                metrics::counter!("sigillo_arrivals_total", "result" => "refused").increment(1);
                return Ok(answer);
            }
            Ok(Decision::Discard { answer, outcome }) => {
                metrics::counter!("sigillo_arrivals_total", "result" => "infected").increment(1);
                self.store.commit(*outcome).await?;
                return Ok(answer);
            }
            Ok(Decision::Known) => {
                metrics::counter!("sigillo_arrivals_total", "result" => "known").increment(1);
                (store::Outcome::default(), "already done".to_owned())
            }
            Ok(Decision::Take { outcome, what }) => {
                metrics::counter!("sigillo_arrivals_total", "result" => "taken").increment(1);
                (*outcome, what)
            }
        };
        outcome.queue.extend(finished);
        let queued = !outcome.dispatches.is_empty();
        if !(outcome.queue.is_empty() && outcome.once.is_empty()) {
            self.store.commit(outcome).await?;
        }
        if queued {
            self.bell.notify_one();
        }
        tracing::info!(event = "received", identifier = finding.identifier(), path = arrival.path.as_str(), what);
        Ok(Answer::done(what))
    }

    /// Has a message scanned; a scanner that fails is our fault, and nothing goes by it unscanned.
    async fn scan(&self, message: &Bytes) -> Result<Verdict, Answer> {
        self.screen.examine(message, self.clock.now()).await.map_err(|_| Answer::our_fault(Failure::Scanner))
    }

    /// What the network says about the origin of an ordinary message.
    async fn origin(&self, arrival: &Arrival) -> Option<Findings> {
        let (Some(authenticator), Some(peer)) = (&self.authenticator, &arrival.peer) else { return None };
        let findings = authenticator.examine(peer, &arrival.path, &arrival.message).await;
        tracing::info!(event = "origin-examined", path = arrival.path.as_str(), peer = %peer.ip, %findings);
        Some(findings)
    }

    /// What is wrong with the virus scanner at the moment, for health.
    pub fn scanner_trouble(&self) -> Option<Trouble> {
        self.screen.trouble()
    }

    /// When the virus scanner's signatures were made, for health; `None` when it does not say.
    pub fn scanner_signatures(&self) -> Option<Moment> {
        self.screen.signatures()
    }

    async fn facts(&self, arrival: &Arrival, looked: &Looked) -> Result<Facts, StoreError> {
        let finding = looked.finding.as_ref();
        let mut keys = looked.keys.clone();
        let mut done = self.store.done(&keys).await?.into_iter();
        keys.retain(|_| !done.next().unwrap_or(false));
        let mut addresses = arrival.recipients.clone();
        if let Finding::Notification(found) = finding {
            addresses.push(found.certified.sender.clone());
        }
        let mut mailboxes = self.store.mailboxes(&addresses).await?;
        let holder = mailboxes.split_off(arrival.recipients.len().min(mailboxes.len())).pop().flatten();
        let sent = match finding {
            Finding::Notification(found) if found.pec.kind == Kind::VirusDetection => {
                self.store.sent(&found.certified.identifier).await?
            }
            _ => None,
        };
        let report = match looked.report.as_ref().and_then(|report| Some((report, report.about.as_ref()?))) {
            Some((report, about)) => {
                let sent = self.store.sent(about).await?;
                sent.map(|sent| incoming::Reported { report: report.clone(), sent })
            }
            None => None,
        };
        Ok(Facts { todo: keys, mailboxes, holder, sent, report, findings: None })
    }

    /// Runs a decision on a blocking thread, no more at once than there are cores.
    pub(crate) async fn at_desk<T: Send + 'static>(
        &self,
        decide: impl FnOnce(&Knowledge) -> Result<T, KeyError> + Send + 'static,
    ) -> Result<T, Answer> {
        let Ok(_permit) = self.desks.acquire().await else { return Err(Answer::our_fault(Failure::Interrupted)) };
        let known = self.known.clone();
        match tokio::task::spawn_blocking(move || decide(&known)).await {
            Ok(Ok(decided)) => Ok(decided),
            Ok(Err(error)) => {
                tracing::error!(event = "signing-failed", %error);
                metrics::counter!("sigillo_failures_total", "part" => "signing").increment(1);
                Err(Answer::our_fault(Failure::Signing))
            }
            Err(error) => {
                tracing::error!(event = "decision-lost", %error);
                metrics::counter!("sigillo_failures_total", "part" => "decision").increment(1);
                Err(Answer::our_fault(Failure::Interrupted))
            }
        }
    }
}

fn store_failed(error: &StoreError) -> Answer {
    tracing::error!(event = "store-failed", %error);
    metrics::counter!("sigillo_failures_total", "part" => "store").increment(1);
    Answer::our_fault(Failure::Store)
}

fn commit_failed(error: &CommitError) -> Answer {
    match error {
        CommitError::Store(error) => store_failed(error),
        CommitError::NoMailbox(address) => Answer::may_not_send(address.as_str()),
        CommitError::AlreadyDone(_) | CommitError::Moved { .. } => Answer::our_fault(Failure::Store),
    }
}
