//! Everything one provider process is told.

use std::sync::Arc;

use ::index::record::Publisher;
use ::provider::Rules;
use ::store::{EmbeddedOptions, MailboxLimits};

use crate::bounds::MailboxBounds;
use crate::dns::Dns;
use crate::evidence::Evidence;
use crate::log::Log;
use crate::mailboxes::{ImapExtensions, MailboxDoors};
use crate::ordinary::Ordinary;
use crate::quota::Quota;
use crate::scanner::{Infected, Scanner};
use crate::signing::Signing;
use crate::source::{ConfigError, Source};
use crate::tables::{Admin, Control, Privacy, Provider, Receipts, Relay, Retention, Shutdown, Smtp, Store, Trust};
use crate::timestamps::Timestamps;
use crate::web::Web;

/// Everything one process is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// Who the provider is.
    pub provider: Provider,
    /// The key that signs.
    pub signing: Signing,
    /// Whose signatures are believed.
    pub trust: Trust,
    /// How it is known which certificates are revoked.
    pub revocation: ::revocation::Settings,
    /// The index of providers.
    pub directory: ::index::Settings,
    /// Where everything is kept.
    pub store: Store,
    /// The SMTP doors.
    pub smtp: Smtp,
    /// The IMAP doors.
    pub imap: MailboxDoors,
    /// What the IMAP doors offer beyond the protocol's core.
    pub imap_extensions: ImapExtensions,
    /// The POP3 doors.
    pub pop3: MailboxDoors,
    /// The door of the pages.
    pub web: Web,
    /// How much a mailbox holds besides octets.
    pub mailboxes: MailboxBounds,
    /// When holders are told that their mailboxes fill.
    pub quota: Quota,
    /// The identity provider whose tokens log in; `None`: passwords alone do.
    pub tokens: Option<token::Settings>,
    /// How messages go out.
    pub relay: Relay,
    /// Whom to ask.
    pub dns: Dns,
    /// The virus scan.
    pub scanner: Scanner,
    /// Who sees the special store.
    pub infected: Infected,
    /// What becomes of ordinary mail.
    pub ordinary: Ordinary,
    /// What is logged.
    pub log: Log,
    /// How the trace is sealed.
    pub evidence: Evidence,
    /// Who stamps its heads; `None`: nobody does.
    pub timestamps: Option<Timestamps>,
    /// Who answers persons.
    pub privacy: Privacy,
    /// What is kept for how long.
    pub retention: Retention,
    /// How receipts are made where the rules leave a choice.
    pub receipts: Receipts,
    /// Who tells the time.
    pub clock: ::clock::Settings,
    /// The operator's local door.
    pub admin: Admin,
    /// Where the running provider is administered.
    pub control: Control,
    /// How the process ends.
    pub shutdown: Shutdown,
    /// The text it was read from.
    pub(crate) source: Arc<Source>,
}

impl Config {
    /// What is wrong with the value at `key`, found when what it names was read: the error says file, line and key.
    pub fn error_at(&self, key: &[&str], what: impl Into<String>) -> ConfigError {
        self.source.error_at(key, what)
    }

    /// Our EHLO name.
    pub fn ehlo(&self) -> &str {
        self.relay.ehlo.as_deref().unwrap_or(&self.provider.hostname)
    }

    /// How the store behaves.
    pub fn store_options(&self) -> EmbeddedOptions {
        let mailboxes = MailboxLimits { levels: self.quota.warnings, ..self.mailboxes.limits() };
        EmbeddedOptions { mailboxes, ..EmbeddedOptions::default() }
    }

    /// Whether SPF, DKIM and DMARC of ordinary mail are looked up: unless told otherwise, where DNS is asked at all.
    pub fn authenticate(&self) -> bool {
        self.ordinary.authenticate.unwrap_or(!self.relay.static_only)
    }

    /// What our record in the index says of these domains, which the store knows; `None` where it is not published.
    pub fn publisher(&self, domains: Vec<String>) -> Option<Publisher> {
        let publish = self.directory.publish.clone()?;
        let Provider { name, service_address, mail_receipt, .. } = self.provider.clone();
        Some(Publisher { name, service_address, mail_receipt, domains, publish })
    }

    /// What holds for the ordinary mail of every mailbox; what single domains and mailboxes say stands in the store.
    pub fn rules(&self) -> Rules {
        Rules {
            accept_bounces: self.ordinary.accept_bounces,
            refuse_dmarc: self.ordinary.refuse_dmarc,
            quarantine: self.ordinary.quarantine_folder.clone(),
            irregular_per_hour: self.ordinary.irregular_per_hour,
        }
    }
}
