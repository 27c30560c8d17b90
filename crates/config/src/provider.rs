//! Everything one provider process is told.

use std::collections::BTreeMap;

use ::index::record::Publisher;
use ::provider::rules::{DomainRules, Rules};

use crate::accounts::{Account, read_accounts};
use crate::dns::Dns;
use crate::ordinary::Ordinary;
use crate::scanner::{Infected, Scanner};
use crate::signing::Signing;
use crate::source::ConfigError;
use crate::tables::{Accounts, Admin, Domain, Log, Provider, Receipts, Relay, Retention, Shutdown, Smtp, Store, Trust};

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
    /// What is kept for how long.
    pub retention: Retention,
    /// How receipts are made where the rules leave a choice.
    pub receipts: Receipts,
    /// Who tells the time.
    pub clock: ::clock::Settings,
    /// The operator's local door.
    pub admin: Admin,
    /// Accounts to create at start.
    pub accounts: Accounts,
    /// How the process ends.
    pub shutdown: Shutdown,
    /// What differs for single domains; keys are lower case.
    pub domains: BTreeMap<String, Domain>,
}

impl Config {
    /// Whether English text follows the Italian one in what concerns a mailbox of `domain`.
    pub fn english(&self, domain: &str) -> bool {
        let own = self.domains.get(&domain.to_ascii_lowercase()).and_then(|d| d.english);
        own.unwrap_or(self.provider.english)
    }

    /// Our EHLO name.
    pub fn ehlo(&self) -> &str {
        self.relay.ehlo.as_deref().unwrap_or(&self.provider.hostname)
    }

    /// Whether SPF, DKIM and DMARC of ordinary mail are looked up: unless told otherwise, where DNS is asked at all.
    pub fn authenticate(&self) -> bool {
        self.ordinary.authenticate.unwrap_or(!self.relay.static_only)
    }

    /// The accounts of `accounts.import`; none when the key or the file is missing: the file may be removed after the
    /// first start. Every address must be of a hosted domain.
    pub fn accounts_to_import(&self) -> Result<Vec<Account>, ConfigError> {
        match &self.accounts.import {
            Some(file) if file.exists() => read_accounts(file, Some(&self.provider.domains)),
            _ => Ok(Vec::new()),
        }
    }

    /// What our record in the index says; `None` where it is not published.
    pub fn publisher(&self) -> Option<Publisher> {
        let publish = self.directory.publish.clone()?;
        let Provider { name, service_address, mail_receipt, domains, .. } = self.provider.clone();
        Some(Publisher { name, service_address, mail_receipt, domains, publish })
    }

    /// What operators decide about ordinary mail and closed groups.
    pub fn rules(&self) -> Rules {
        let of = |domain: &Domain| DomainRules {
            ordinary: domain.ordinary.clone().unwrap_or_default(),
            certified_only_from: domain.certified_only_from,
            correspondents: domain.correspondents.correspondents(),
        };
        Rules {
            domains: self.domains.iter().map(|(name, domain)| (name.clone(), of(domain))).collect(),
            accept_bounces: self.ordinary.accept_bounces,
            refuse_dmarc: self.ordinary.refuse_dmarc,
            quarantine: self.ordinary.quarantine_folder.clone(),
        }
    }
}
