//! What operators decide: which mailboxes take ordinary mail, and who corresponds with whom.

use std::collections::BTreeMap;

use pec::{Address, Moment};
use store::{Correspondents, Mailbox, OrdinaryMail};

/// What holds for the whole provider.
#[derive(Clone, Debug)]
pub struct Rules {
    /// What holds for single domains, lower case; a mailbox may have its own policy and group instead.
    pub domains: BTreeMap<String, DomainRules>,
    /// Whether a delivery report about a message that a holder sent reaches a mailbox that refuses ordinary mail.
    pub accept_bounces: bool,
    /// Whether the wish of the domain of From is done to ordinary mail that fails DMARC.
    pub refuse_dmarc: bool,
    /// The folder for what that domain wants treated with suspicion.
    pub quarantine: String,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            domains: BTreeMap::new(),
            accept_bounces: true,
            refuse_dmarc: false,
            quarantine: "Posta indesiderata".into(),
        }
    }
}

/// What holds for the mailboxes of a domain.
#[derive(Clone, Debug, Default)]
pub struct DomainRules {
    /// What becomes of ordinary mail.
    pub ordinary: OrdinaryMail,
    /// From when on certified senders only, whatever the mailboxes say.
    pub certified_only_from: Option<Moment>,
    /// With whom the holders correspond.
    pub correspondents: Correspondents,
}

static REFUSE: OrdinaryMail = OrdinaryMail::Refuse;
static EVERYBODY: Correspondents = Correspondents { certified_only: false, domains: Vec::new(), addresses: Vec::new() };

impl Rules {
    fn of(&self, mailbox: &Mailbox) -> Option<&DomainRules> {
        self.domains.get(&mailbox.address.domain_key())
    }

    /// What becomes of ordinary mail for a mailbox; the service mailbox takes none [R-2.2.5-a].
    pub fn ordinary<'a>(&'a self, mailbox: &'a Mailbox) -> &'a OrdinaryMail {
        if mailbox.service {
            return &REFUSE;
        }
        mailbox.ordinary.as_ref().or(self.of(mailbox).map(|domain| &domain.ordinary)).unwrap_or(&REFUSE)
    }

    /// Since when a mailbox takes certified mail only by a rule of its domain, when that day has come.
    pub fn certified_only_since(&self, mailbox: &Mailbox, moment: Moment) -> Option<Moment> {
        self.of(mailbox)?.certified_only_from.filter(|from| moment >= *from)
    }

    /// Whether a mailbox corresponds with an address; the service mailbox does with everybody.
    pub fn admit(&self, mailbox: &Mailbox, other: &Address, certified: bool) -> bool {
        mailbox.service || self.correspondents(mailbox).admit(other, certified)
    }

    /// With whom a mailbox corresponds.
    pub fn correspondents<'a>(&'a self, mailbox: &'a Mailbox) -> &'a Correspondents {
        let of_domain = || self.of(mailbox).map(|domain| &domain.correspondents);
        mailbox.correspondents.as_ref().or_else(of_domain).unwrap_or(&EVERYBODY)
    }
}
