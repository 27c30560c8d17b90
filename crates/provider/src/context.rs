//! What every decision may consult: who we are, what is hosted, the index, the authorities. Nothing in it waits, nothing
//! changes while a decision is made, and there is no key in it: decisions make drafts, and do not sign.

use std::num::NonZeroU32;
use std::sync::Arc;

use directory::{Directory, Record};
pub use pec::Clock;
use pec::brief::HashInput;
use pec::compose::{Certified, Emitter};
use pec::daticert::CertificationData;
use pec::{Address, Identifier, Moment, ProviderKey, formal};
use seal::Trust;
use store::{Hop, Sent};

use crate::hosting::Hosting;
use crate::revocation::Revocations;

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
    /// `gestore-emittente` and service address; its name is our providerName in the index. The language is each reader's.
    pub emitter: Emitter,
    /// The service mailbox, `mailReceipt` of our record [R-2.2.5-a].
    pub mail_receipt: Address,
    /// The addresses of our signing certificate: nobody but the provider speaks under them [R-2.1-d].
    pub reserved: Vec<Address>,
    /// The name of our mail host: its postmaster is ours too.
    pub hostname: String,
}

impl Identity {
    /// The mailbox of the operator, who is the postmaster of every domain of ours (RFC 5321 §4.5.1).
    pub fn operator(&self) -> Address {
        self.emitter.address.postmaster()
    }
}

/// What operators decide for the whole provider.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Whether a delivery report about a message that a holder sent reaches a mailbox that refuses ordinary mail.
    pub accept_bounces: bool,
    /// Whether the wish of the domain of From is done to ordinary mail that fails DMARC.
    pub refuse_dmarc: bool,
    /// The folder for what that domain wants treated with suspicion.
    pub quarantine: String,
    /// How many messages of one signer that are not formally correct, or contradict what was done, are taken in an hour.
    pub irregular_per_hour: NonZeroU32,
}

/// No genuine message at hand is irregular, so what comes is one provider's faulty release, which makes all of its mail so,
/// or somebody's attack. One in six seconds lets the mail of a middling provider through, wrapped, until it is mended, and
/// is a fraction of what one core signs; what is put off comes again for 24 hours.
const IRREGULAR_PER_HOUR: NonZeroU32 = NonZeroU32::new(600).unwrap();

impl Default for Rules {
    fn default() -> Self {
        Self {
            accept_bounces: true,
            refuse_dmarc: false,
            quarantine: "Posta indesiderata".into(),
            irregular_per_hour: IRREGULAR_PER_HOUR,
        }
    }
}

/// What a decision may consult.
#[derive(Clone)]
pub struct Context {
    /// Who we are.
    pub identity: Identity,
    /// The domains that we host, as they were when the elaboration began.
    pub hosting: Arc<Hosting>,
    /// The providers' index.
    pub directory: Arc<dyn Directory>,
    /// The pinned authorities.
    pub trust: Arc<Trust>,
    /// What is known about revoked certificates.
    pub revocation: Arc<dyn Revocations>,
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

impl Context {
    /// A fresh identifier in the mail domain of our service address [R-I-hdr-2].
    pub fn fresh_id(&self, moment: Moment) -> Identifier {
        self.ids.fresh(moment, self.identity.emitter.address.domain()).into()
    }

    /// The emitter, in the languages that the reader's domain wants.
    pub fn emitter_for(&self, reader: &Address) -> Emitter {
        let english = self.identity.emitter.english || self.hosting.english(reader);
        Emitter { english, ..self.identity.emitter.clone() }
    }

    /// Whether an address is a postmaster's of ours: of a domain that we host, or of the host itself.
    pub fn is_operator(&self, address: &Address) -> bool {
        let ours = || self.hosting.hosts(address) || address.domain().eq_ignore_ascii_case(&self.identity.hostname);
        address.is_postmaster() && ours()
    }

    /// The address of the mailbox that takes what is for an address: all postmasters are one.
    pub fn mailbox_of(&self, address: &Address) -> Address {
        if self.is_operator(address) { self.identity.operator() } else { address.clone() }
    }

    /// Where mail for an address goes.
    pub fn hop(&self, address: &Address) -> Hop {
        if self.hosting.hosts(address) || self.is_operator(address) {
            return Hop::Local;
        }
        match self.directory.by_domain(address.domain()) {
            Some(record) => self.hop_of(&record),
            None => Hop::Ordinary(address.domain_key()),
        }
    }

    /// Where mail for a provider goes: ourselves, when the record's service mailbox is ours.
    pub fn hop_of(&self, record: &Record) -> Hop {
        if self.hosting.hosts(&record.mail_receipt) || record.mail_receipt == self.identity.mail_receipt {
            return Hop::Local;
        }
        Hop::Provider(provider_key(record))
    }
}

/// What was certified of an original that we accepted; `None` when the record cannot be read back.
pub(crate) fn facts_of(sent: &Sent) -> Option<Certified> {
    Certified::from_data(&CertificationData::read(&sent.data).ok()?).ok()
}

/// Which record of the index it is.
pub fn provider_key(record: &Record) -> ProviderKey {
    ProviderKey { name: record.name.as_str().into(), unit: record.unit.as_deref().map(Into::into) }
}
