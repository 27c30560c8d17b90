//! The certified domains that we host, with what their operators decide: which mailboxes take ordinary mail, and who
//! corresponds with whom. A snapshot of what the store says; [`crate::Provider::reload`] takes the next one.

use std::collections::BTreeMap;

use pec::{Address, Moment};
use store::{Correspondents, Domain, Keeps, Mailbox, OrdinaryMail, SentCopies};

/// What is hosted.
#[derive(Clone, Debug, Default)]
pub struct Hosting {
    /// By name, lower case.
    domains: BTreeMap<String, Domain>,
}

static REFUSE: OrdinaryMail = OrdinaryMail::Refuse;
static ANOMALY: OrdinaryMail = OrdinaryMail::Anomaly;
static EVERYBODY: Correspondents = Correspondents { certified_only: false, domains: Vec::new(), addresses: Vec::new() };

impl FromIterator<Domain> for Hosting {
    fn from_iter<T: IntoIterator<Item = Domain>>(domains: T) -> Self {
        Self { domains: domains.into_iter().map(|domain| (domain.name.clone(), domain)).collect() }
    }
}

impl Hosting {
    /// Whether we host the address's domain, without regard to case: what is outside has no mailbox here [R-1.2.3-b].
    pub fn hosts(&self, address: &Address) -> bool {
        self.domains.contains_key(&address.domain_key())
    }

    /// The names of the domains, lower case.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.domains.keys().map(String::as_str)
    }

    /// Whether holders of the address's domain read an English text after the Italian one.
    pub fn english(&self, address: &Address) -> bool {
        self.domains.get(&address.domain_key()).is_some_and(|domain| domain.english)
    }

    fn of(&self, mailbox: &Mailbox) -> Option<&Domain> {
        self.domains.get(&mailbox.address.domain_key())
    }

    /// What becomes of ordinary mail for a mailbox; the service mailbox takes none [R-2.2.5-a], the operator's takes
    /// all, whatever its domain says (RFC 5321 §4.5.1).
    pub fn ordinary<'a>(&'a self, mailbox: &'a Mailbox) -> &'a OrdinaryMail {
        if mailbox.service {
            return &REFUSE;
        }
        if mailbox.address.is_postmaster() {
            return mailbox.ordinary.as_ref().filter(|own| **own != REFUSE).unwrap_or(&ANOMALY);
        }
        mailbox.ordinary.as_ref().or(self.of(mailbox).map(|domain| &domain.ordinary)).unwrap_or(&REFUSE)
    }

    /// Since when a mailbox takes certified mail only by a rule of its domain, when that day has come.
    pub fn certified_only_since(&self, mailbox: &Mailbox, moment: Moment) -> Option<Moment> {
        let domain = self.of(mailbox).filter(|_| !mailbox.address.is_postmaster())?;
        domain.certified_only_from.filter(|from| moment >= *from)
    }

    /// Whether a mailbox corresponds with an address; the service mailbox does with everybody.
    pub fn admit(&self, mailbox: &Mailbox, other: &Address, certified: bool) -> bool {
        mailbox.service || self.correspondents(mailbox).admit(other, certified)
    }

    /// Whether a copy is kept of what is sent from a mailbox.
    pub fn keeps_sent_copies(&self, mailbox: &Mailbox) -> bool {
        let of_domain = || self.of(mailbox).map(|domain| domain.sent_copies);
        mailbox.sent_copies.or_else(of_domain).unwrap_or_default() == SentCopies::On
    }

    /// What is kept of certified mail of the address's domain, outside mailboxes.
    pub fn keeps(&self, address: &Address) -> Keeps {
        self.domains.get(&address.domain_key()).map(|domain| domain.keeps).unwrap_or_default()
    }

    /// With whom a mailbox corresponds; the operator's with everybody.
    pub fn correspondents<'a>(&'a self, mailbox: &'a Mailbox) -> &'a Correspondents {
        if mailbox.address.is_postmaster() {
            return &EVERYBODY;
        }
        let of_domain = || self.of(mailbox).map(|domain| &domain.correspondents);
        mailbox.correspondents.as_ref().or_else(of_domain).unwrap_or(&EVERYBODY)
    }
}
