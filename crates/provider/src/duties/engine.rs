//! The provider: gathers what is known, has the points decide, signs, commits, answers.

mod receiving;

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use bytes::Bytes;
use directory::Directory;
use holder::{AccessLog, Came, Entered, Entrance, Given, Holder, Protocol, TokenJudge, Unproved};
use pec::brief::HashInput;
use pec::header::Header;
use pec::{Address, Moment, ReversePath, formal};
use seal::{Signer, Trust};
use store::{
    Accesses, CommitError, Committed, Known, Ledger, Mailbox, MailboxState, Principals, Question, QueueChange,
    StoreError,
};
use tokio::sync::Notify;

use super::account::{self, Tally};
use super::signers::Signers;
use super::signing::Signing;
use crate::answer::{Failure, Refusal, Submitted, SubmitterFault};
use crate::authentication::Authenticator;
use crate::context::{Clock, Context, Identity, Ids, Rules};
use crate::elaboration::Elaborated;
use crate::hosting::Hosting;
use crate::points::access::{self, Submission};
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
    /// Who comes to mailboxes.
    pub accesses: Arc<dyn Accesses>,
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
    /// Who judges tokens of an identity provider; `None`: passwords alone are taken.
    pub tokens: Option<Arc<dyn TokenJudge>>,
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
    /// Rung when a holder is to be told that his mailbox fills or has refused something.
    pub(super) filled: Notify,
    /// Whether an operator gave an order since the relay last looked.
    pub(super) ordered: AtomicBool,
}

/// Octets of a message in which its header is looked for.
const HEADER: usize = 64 << 10;

/// What the program that wrote a message calls itself.
fn program(message: &Bytes) -> Option<String> {
    let header = Header::parse(&message.slice(..message.len().min(HEADER)));
    header.value("User-Agent").or_else(|| header.value("X-Mailer")).filter(|name| !name.is_empty())
}

impl Provider {
    /// Puts the parts together; the hosted domains are read from the store.
    pub async fn new(parts: Parts) -> Result<Arc<Self>, StoreError> {
        let hosting: Hosting = parts.principals.domains().await?.into_iter().collect();
        let signers = Signers::new(parts.rules.irregular_per_hour);
        let (principals, reserved) = (parts.principals.clone(), parts.identity.reserved.clone());
        let log = AccessLog::start(parts.accesses);
        let entrance = Entrance::new(principals, reserved, parts.clock.clone(), log, parts.tokens);
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
            filled: Notify::new(),
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

    /// A login of who wants to send: who it is, when name and secret are right [R-5.2-a].
    pub async fn login(&self, login: &str, given: Given<'_>, peer: IpAddr) -> Result<Option<Holder>, Refusal> {
        let entered = self.entrance.enter(login, given, Came::by(Protocol::Submission, peer)).await;
        let failed = |error: Unproved| match error {
            Unproved::Tokens(_) => Failure::Tokens.into(),
            Unproved::Store(error) => store_failed(&error),
        };
        match entered.map_err(failed)? {
            Some(Entered::In(holder)) => Ok(Some(holder)),
            Some(Entered::Barred(barred)) => Err(Refusal::Submitter(SubmitterFault::Barred(barred))),
            None => Ok(None),
        }
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

    /// The mailbox that is to send. The login is looked at again: rights and secrets change while a session is open.
    async fn sender(&self, holder: &Holder, path: &ReversePath) -> Result<Mailbox, Refusal> {
        let now = self.entrance.again(holder).await.map_err(|error| store_failed(&error))?;
        let now = now.ok_or(Refusal::Submitter(SubmitterFault::LoginOver))?;
        let granted = match path.address() {
            Some(address) => self.entrance.at(&now, address).await.map_err(|error| store_failed(&error))?,
            None => None,
        };
        match granted.filter(|(_, rights)| rights.send) {
            Some((mailbox, _)) if mailbox.state == MailboxState::Active => Ok(mailbox),
            Some((mailbox, _)) => Err(may_not_send(&mailbox.address)),
            None => Err(Refusal::Submitter(SubmitterFault::NotYourAddress { login: holder.login().to_owned() })),
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
        let (from, program) = (mailbox.address.clone(), program(&message));
        let submission = Submission {
            correspondents: context.hosting.correspondents(&mailbox).clone(),
            sent_copy: context.hosting.keeps_sent_copies(&mailbox),
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
            self.entrance.sent(holder, &from, identifier.as_str(), program);
            tracing::info!(event = "accepted", %identifier, login);
            metrics::counter!("sigillo_submissions_total", "result" => "accepted").increment(1);
            return Ok(Submitted::Accepted { identifier });
        }
        let codes: Vec<&str> = exceptions.iter().map(formal::Exception::code).collect();
        tracing::info!(event = "not-accepted", %identifier, login, codes = codes.join(","));
        metrics::counter!("sigillo_submissions_total", "result" => "not-accepted").increment(1);
        Ok(Submitted::NotAccepted { identifier, exceptions })
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
        let (queued, refused) = (!outcome.dispatches.is_empty(), !outcome.refused.is_empty());
        let committed = if outcome.is_empty() { Committed::default() } else { self.ledger.commit(outcome).await? };
        if queued {
            self.bell.notify_one();
        }
        if committed.fills || refused {
            self.filled.notify_one();
        }
        tally.count();
        if let Some(kept) = committed.sent_copy {
            metrics::counter!("sigillo_sent_copies_total", "result" => kept.name()).increment(1);
        }
        self.signers.note(&remarks, self.clock.now());
        account::say(remarks);
        Ok(committed)
    }

    /// Has a message scanned; a scanner that fails is our fault, and nothing goes by it unscanned.
    async fn scan(&self, message: &Bytes) -> Result<Verdict, Refusal> {
        self.screen.examine(message, self.clock.now()).await.map_err(|_| Failure::Scanner.into())
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

    pub(super) fn principals(&self) -> &dyn Principals {
        self.principals.as_ref()
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
        CommitError::AlreadyDone(_)
        | CommitError::AlreadyTold(_)
        | CommitError::MailboxFull(_)
        | CommitError::Moved { .. } => Failure::Store.into(),
    }
}
