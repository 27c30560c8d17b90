//! What every point knows: who we are, the instant, the index, the authorities, the signer.

use std::collections::BTreeSet;
use std::sync::Arc;

use directory::{Directory, Record};
pub use pec::Clock;
use pec::brief::HashInput;
use pec::compose::{Certified, Draft, Emitter};
use pec::daticert::CertificationData;
use pec::{Address, Kind, Moment, Pieces, formal};
use seal::{KeyError, Signer, Trust};
use store::{Hop, NewMessage, Sent, Summary};

use crate::revocation::Revocations;
use crate::rules::Rules;

/// The machine's clock, which the operator keeps within one second of UTC [R-L-9-2].
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // The one real clock, behind the trait that everybody else takes.
    fn now(&self) -> Moment {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Moment::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }
}

/// Gives identifiers that are unique in the whole network.
pub trait Ids: Send + Sync + 'static {
    /// A fresh Message-ID without brackets, in the given mail domain [R-2.2.1-a].
    fn fresh(&self, moment: Moment, domain: &str) -> String;
}

/// Identifiers from the elaboration's instant and a random UUID.
#[derive(Clone, Copy, Debug, Default)]
pub struct UniqueIds;

impl Ids for UniqueIds {
    fn fresh(&self, moment: Moment, domain: &str) -> String {
        format!("sigillo1.{}.{}@{domain}", moment.compact(), uuid::Uuid::now_v7().simple())
    }
}

/// Who we are.
#[derive(Clone, Debug)]
pub struct Identity {
    /// `gestore-emittente` and service address; its name is our providerName in the index.
    pub emitter: Emitter,
    /// The service mailbox, `mailReceipt` of our record [R-2.2.5-a].
    pub mail_receipt: Address,
    /// The certified domains that we host, lower case [R-1.2.3-b].
    pub domains: BTreeSet<String>,
    /// Domains, lower case, whose holders read an English text after the Italian one.
    pub english: BTreeSet<String>,
}

impl Identity {
    /// Whether we host the address's domain, without regard to case: what is outside has no mailbox here [R-1.2.3-b].
    pub fn hosts(&self, address: &Address) -> bool {
        self.domains.contains(&address.domain_key())
    }

    /// The emitter, in the languages that the reader's domain wants.
    pub fn emitter_for(&self, reader: &Address) -> Emitter {
        let english = self.emitter.english || self.english.contains(&reader.domain_key());
        Emitter { english, ..self.emitter.clone() }
    }
}

/// What a decision may consult; nothing in it waits.
pub struct Knowledge {
    /// Who we are.
    pub identity: Identity,
    /// The providers' index.
    pub directory: Arc<dyn Directory>,
    /// The pinned authorities.
    pub trust: Arc<Trust>,
    /// What is known about revoked certificates.
    pub revocation: Arc<dyn Revocations>,
    /// Our key.
    pub signer: Arc<dyn Signer>,
    /// Identifiers.
    pub ids: Arc<dyn Ids>,
    /// What the Access Point holds a message to.
    pub limits: formal::Limits,
    /// How long a dispatch lives, seconds; 24 hours at most [R-2.2.2-b].
    pub lifetime: i64,
    /// What the digest of an attachment covers in brief receipts.
    pub brief_hash: HashInput,
    /// What operators decide.
    pub rules: Rules,
}

/// The longest life of a dispatch, seconds [R-2.2.2-b].
pub const LIFETIME: i64 = 24 * 3600;

impl Knowledge {
    /// Signs a draft and makes it ready for the store.
    pub fn close(&self, draft: &Draft) -> Result<NewMessage, KeyError> {
        let pieces: Pieces = seal::seal(draft, self.signer.as_ref())?;
        metrics::counter!("sigillo_signatures_total", "kind" => draft.kind.name()).increment(1);
        let identifier = draft.data.as_ref().map(|data| data.identifier.clone());
        let summary = Summary::read(Some(draft.kind), identifier, &pieces);
        Ok(NewMessage { pieces, summary })
    }

    /// A fresh identifier in the mail domain of our service address [R-I-hdr-2].
    pub fn fresh_id(&self, moment: Moment) -> String {
        self.ids.fresh(moment, self.identity.emitter.address.domain())
    }

    /// Where mail for an address goes.
    pub fn hop(&self, address: &Address) -> Hop {
        if self.identity.hosts(address) {
            return Hop::Local;
        }
        match self.directory.by_domain(address.domain()) {
            Some(record) => self.hop_of(&record),
            None => Hop::Ordinary(address.domain_key()),
        }
    }

    /// Where mail for a provider goes: ourselves, when the record's service mailbox is ours.
    pub fn hop_of(&self, record: &Record) -> Hop {
        if self.identity.hosts(&record.mail_receipt) || record.mail_receipt == self.identity.mail_receipt {
            return Hop::Local;
        }
        Hop::Provider(provider_key(record))
    }
}

/// What was certified of an original that we accepted; `None` when the record cannot be read back.
pub(crate) fn facts_of(sent: &Sent) -> Option<Certified> {
    Certified::from_data(&CertificationData::read(&sent.data).ok()?).ok()
}

/// The stable name of a record: providerName, and the unit of a secondary environment after a slash.
pub fn provider_key(record: &Record) -> String {
    match &record.unit {
        Some(unit) => format!("{}/{unit}", record.name),
        None => record.name.clone(),
    }
}

/// Counts a message put in a mailbox.
pub(crate) fn count_deposit(kind: Kind) {
    metrics::counter!("sigillo_deposited_total", "kind" => kind.name()).increment(1);
}
