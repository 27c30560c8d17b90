//! The provider: gathers what is known, has the points decide, signs, commits, answers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Instant;

use bytes::Bytes;
use directory::Directory;
use holder::{Entrance, Holder};
use pec::brief::HashInput;
use pec::report::Report;
use pec::{Address, Kind, Moment, ReversePath, formal};
use seal::{Signer, Trust};
use store::{
    CommitError, Committed, Done, Known, Ledger, Mailbox, MailboxState, OnceNote, Principals, Question, QueueChange,
    StoreError,
};
use tokio::sync::{Notify, OnceCell};

use super::account::{self, Tally};
use super::signers::Signers;
use super::signing::Signing;
use crate::answer::{Failure, PeerFault, Received, Refusal, Submitted, SubmitterFault};
use crate::authentication::{Authenticator, Findings};
use crate::context::{Clock, Context, Identity, Ids, Rules, provider_key};
use crate::elaboration::{Elaborated, Remark};
use crate::hosting::Hosting;
use crate::points::access::{self, Submission};
use crate::points::finding::{Arrival, Contradiction, Decision, Facts, Finding, Reported};
use crate::points::incoming;
use crate::revocation::Revocations;
use crate::scanner::{Screen, Trouble, Verdict};

/// What a provider is made of.
pub struct Parts {
    /// Who we are.
    pub identity: Identity,
    /// What must not be lost.
    pub ledger: Arc<dyn Ledger>,
    /// Who and what is hosted.
    pub principals: Arc<dyn Principals>,
    /// The providers' index.
    pub directory: Arc<dyn Directory>,
    /// Whether the copy of the index is too old to go on with.
    pub index_too_old: Arc<dyn Fn(Moment) -> bool + Send + Sync>,
    /// As of when the copy of the index is, asked at this instant.
    pub index_at: Arc<dyn Fn(Moment) -> Moment + Send + Sync>,
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
    /// Octets above which even a notice of non-acceptance is refused [R-3.1.1-h].
    pub ceiling: usize,
    /// How long a dispatch lives, seconds.
    pub lifetime: i64,
    /// How many decisions and signatures run at once: as many as there are cores.
    pub threads: usize,
    /// The virus scan.
    pub screen: Screen,
    /// What the digest of an attachment covers in brief receipts.
    pub brief_hash: HashInput,
    /// SPF, DKIM and DMARC of ordinary mail; `None`: nobody examines it.
    pub authenticator: Option<Arc<dyn Authenticator>>,
    /// What operators decide for the whole provider.
    pub rules: Rules,
}

/// A running provider: its points share everything here.
pub struct Provider {
    context: RwLock<Arc<Context>>,
    ledger: Arc<dyn Ledger>,
    principals: Arc<dyn Principals>,
    entrance: Arc<Entrance>,
    index_too_old: Arc<dyn Fn(Moment) -> bool + Send + Sync>,
    index_at: Arc<dyn Fn(Moment) -> Moment + Send + Sync>,
    clock: Arc<dyn Clock>,
    screen: Screen,
    authenticator: Option<Arc<dyn Authenticator>>,
    signing: Signing,
    signers: Signers,
    ceiling: usize,
    /// Rung when dispatches were queued.
    pub(super) bell: Notify,
    /// Whether an operator gave an order since the relay last looked.
    pub(super) ordered: AtomicBool,
}

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
    /// Puts the parts together; the hosted domains are read from the store.
    pub async fn new(parts: Parts) -> Result<Arc<Self>, StoreError> {
        let hosting: Hosting = parts.principals.domains().await?.into_iter().collect();
        let signers = Signers::new(parts.rules.irregular_per_hour);
        let entrance = Entrance::new(parts.principals.clone(), parts.identity.reserved.clone());
        let context = Context {
            identity: parts.identity,
            hosting: Arc::new(hosting),
            directory: parts.directory,
            trust: parts.trust,
            revocation: parts.revocation,
            ids: parts.ids,
            limits: parts.limits,
            lifetime: parts.lifetime.clamp(60, crate::context::LIFETIME),
            brief_hash: parts.brief_hash,
            rules: parts.rules,
        };
        Ok(Arc::new(Self {
            context: RwLock::new(Arc::new(context)),
            ledger: parts.ledger,
            principals: parts.principals,
            entrance: Arc::new(entrance),
            index_too_old: parts.index_too_old,
            index_at: parts.index_at,
            clock: parts.clock,
            screen: parts.screen,
            authenticator: parts.authenticator,
            signing: Signing::new(parts.signer, parts.threads),
            signers,
            ceiling: parts.ceiling,
            bell: Notify::new(),
            ordered: AtomicBool::new(false),
        }))
    }

    /// Reads again which domains are hosted, and by which rules: what begins from now on goes by them.
    pub async fn reload(&self) -> Result<(), StoreError> {
        let hosting: Arc<Hosting> = Arc::new(self.principals.domains().await?.into_iter().collect());
        let mut current = self.context.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(Context { hosting, ..Context::clone(&current) });
        Ok(())
    }

    /// Has the relay look at the queue now, since an operator gave an order; who is away is asked at once too.
    pub fn ring(&self) {
        self.ordered.store(true, Ordering::Release);
        self.bell.notify_one();
    }

    /// What decisions consult at the moment.
    pub fn context(&self) -> Arc<Context> {
        self.context.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The instant, as every elaboration takes it.
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Where one logs in.
    pub fn entrance(&self) -> &Arc<Entrance> {
        &self.entrance
    }

    /// A login: who it is, when name and password are right [R-5.2-a].
    pub async fn login(&self, login: &str, password: &str) -> Result<Option<Holder>, Refusal> {
        self.entrance.enter(login, password).await.map_err(|error| store_failed(&error))
    }

    /// What every door asks before a message is begun: whether we can go on at all.
    pub fn open(&self, path: &ReversePath) -> Result<(), Refusal> {
        if !(self.index_too_old)(self.now()) {
            return Ok(());
        }
        let path = path.as_str();
        tracing::error!(event = "index-too-old", path, "a message was put off (directory.refuse_after)");
        metrics::counter!("sigillo_failures_total", "part" => "index").increment(1);
        Err(Failure::Index.into())
    }

    /// Whether a login may begin a message from this address, of so many octets as far as it says: the sender is a mailbox
    /// that it may send from, and that may send.
    pub async fn may_send(&self, holder: &Holder, path: &ReversePath, size: Option<u64>) -> Result<(), Refusal> {
        self.open(path)?;
        if size.is_some_and(|size| size > self.ceiling as u64) {
            return Err(Refusal::Submitter(SubmitterFault::TooLarge { limit: self.ceiling }));
        }
        self.sender(holder, path).await.map(|_| ())
    }

    async fn sender(&self, holder: &Holder, path: &ReversePath) -> Result<Mailbox, Refusal> {
        let Some(address) = path.address().filter(|address| holder.sends_from(address)) else {
            let login = holder.login().to_owned();
            return Err(Refusal::Submitter(SubmitterFault::NotYourAddress { login }));
        };
        let known = self.ask(Question { mailboxes: vec![address.clone()], ..Question::default() }).await?;
        match known.mailboxes.into_iter().flatten().next() {
            Some(mailbox) if mailbox.state == MailboxState::Active => Ok(mailbox),
            _ => Err(may_not_send(address)),
        }
    }

    /// A whole message at the Access Point. What is answered is durable: the receipt, acceptance or non-acceptance, is in
    /// the mailbox.
    pub async fn submit(
        &self,
        holder: &Holder,
        path: &ReversePath,
        recipients: Vec<Address>,
        message: Bytes,
        received_len: usize,
    ) -> Result<Submitted, Refusal> {
        let begun = Instant::now();
        // Asked again: not every door asks before the message, and what was said then may have changed since.
        self.open(path)?;
        if message.len().saturating_sub(received_len) > self.ceiling {
            return Err(Refusal::Submitter(SubmitterFault::TooLarge { limit: self.ceiling }));
        }
        let mailbox = self.sender(holder, path).await?;
        let (context, moment) = (self.context(), self.clock.now());
        let submission = Submission {
            correspondents: context.hosting.correspondents(&mailbox).clone(),
            holder: mailbox.address,
            actor: holder.actor().clone(),
            recipients,
            message,
            received_len,
        };
        let examine = move |context: &Context| access::examine(submission, context, moment);
        let examined = self.signing.consider(context.clone(), examine).await?;
        // Formal checks first: what they refuse is refused whatever it carries [R-I-ap-2].
        let verdict = if examined.exceptions.is_empty() { self.scan(&examined.message).await? } else { Verdict::Clean };
        let decide = move |context: &Context| {
            let access::Decision { identifier, exceptions, virus, elaborated } =
                access::decide(examined, &verdict, context, moment);
            (Some(Box::new(elaborated)), (identifier, exceptions, virus))
        };
        let (elaborated, (identifier, exceptions, virus)) = self.signing.elaborate(context, decide).await?;
        let Some(elaborated) = elaborated else { return Err(Failure::Interrupted.into()) };
        self.commit(*elaborated, None).await.map_err(|error| commit_failed(&error))?;
        let login = holder.login();
        if let Some(virus) = virus {
            metrics::counter!("sigillo_submissions_total", "result" => "infected").increment(1);
            return Ok(Submitted::Infected { identifier, virus });
        }
        if exceptions.is_empty() {
            metrics::histogram!("sigillo_acceptance_seconds").record(begun.elapsed());
            tracing::info!(event = "accepted", %identifier, login);
            metrics::counter!("sigillo_submissions_total", "result" => "accepted").increment(1);
            return Ok(Submitted::Accepted { identifier });
        }
        let codes: Vec<&str> = exceptions.iter().map(formal::Exception::code).collect();
        tracing::info!(event = "not-accepted", %identifier, login, codes = codes.join(","));
        metrics::counter!("sigillo_submissions_total", "result" => "not-accepted").increment(1);
        Ok(Submitted::NotAccepted { identifier, exceptions })
    }

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
    pub(super) async fn receive_from(
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
                Err(CommitError::AlreadyDone(_) | CommitError::Moved { .. } | CommitError::NoMailbox(_)) => {}
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
            (Err(_), Some(_)) => "infected",
            (Err(_), None) => "refused",
        };
        let delivered = elaborated.as_ref().is_some_and(|made| made.deposits(Kind::TransportEnvelope));
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

    /// Commits what was decided and signed; then counts, says, and rings where something was queued.
    pub(super) async fn commit(
        &self,
        elaborated: Elaborated,
        finished: Option<QueueChange>,
    ) -> Result<Committed, CommitError> {
        let (mut outcome, remarks) = elaborated.into_outcome();
        outcome.queue.extend(finished);
        let tally = Tally::of(&outcome);
        let queued = !outcome.dispatches.is_empty();
        let committed = if outcome.is_empty() { Committed::default() } else { self.ledger.commit(outcome).await? };
        if queued {
            self.bell.notify_one();
        }
        tally.count();
        self.signers.note(&remarks, self.clock.now());
        account::say(remarks);
        Ok(committed)
    }

    /// Has a message scanned; a scanner that fails is our fault, and nothing goes by it unscanned.
    async fn scan(&self, message: &Bytes) -> Result<Verdict, Refusal> {
        self.screen.examine(message, self.clock.now()).await.map_err(|_| Failure::Scanner.into())
    }

    /// What the network says about the origin of an ordinary message.
    async fn origin(&self, arrival: &Arrival) -> Option<Findings> {
        let (Some(authenticator), Some(peer)) = (&self.authenticator, &arrival.peer) else { return None };
        let findings = authenticator.examine(peer, &arrival.path, &arrival.message).await;
        tracing::info!(event = "origin-examined", path = arrival.path.as_str(), peer = %peer.ip, %findings);
        Some(findings)
    }

    /// The operator's mailbox, for health; `None` when the store has none.
    pub async fn operator(&self) -> Result<Option<Mailbox>, StoreError> {
        self.principals.mailbox(&self.context().identity.operator()).await
    }

    /// What is wrong with the virus scanner at the moment, for health.
    pub fn scanner_trouble(&self) -> Option<Trouble> {
        self.screen.trouble()
    }

    /// When the virus scanner's signatures were made, for health; `None` when it does not say.
    pub fn scanner_signatures(&self) -> Option<Moment> {
        self.screen.signatures()
    }

    /// What providers sign that is not as the norm says, for health: a line each.
    pub fn signer_warnings(&self) -> Vec<String> {
        self.signers.warnings(self.clock.now())
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

    async fn ask(&self, question: Question) -> Result<Known, Refusal> {
        self.ledger.ask(question).await.map_err(|error| store_failed(&error))
    }

    /// Decides and signs.
    pub(super) async fn elaborate<T: Send + 'static>(
        &self,
        decide: impl FnOnce(&Context) -> (Option<Box<Elaborated>>, T) + Send + 'static,
    ) -> Result<(Option<Box<Elaborated>>, T), Failure> {
        self.signing.elaborate(self.context(), decide).await
    }

    pub(super) fn ledger(&self) -> &dyn Ledger {
        self.ledger.as_ref()
    }

    pub(super) fn screen(&self) -> &Screen {
        &self.screen
    }
}

fn may_not_send(address: &Address) -> Refusal {
    Refusal::Submitter(SubmitterFault::MayNotSend { mailbox: address.to_string() })
}

fn store_failed(error: &StoreError) -> Refusal {
    tracing::error!(event = "store-failed", %error);
    metrics::counter!("sigillo_failures_total", "part" => "store").increment(1);
    Failure::Store.into()
}

fn commit_failed(error: &CommitError) -> Refusal {
    match error {
        CommitError::Store(error) => store_failed(error),
        CommitError::NoMailbox(address) => may_not_send(address),
        CommitError::AlreadyDone(_) | CommitError::MailboxFull(_) | CommitError::Moved { .. } => Failure::Store.into(),
    }
}
