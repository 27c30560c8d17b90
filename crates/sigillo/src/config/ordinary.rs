//! `[ordinary]`, and what the tables of domains say about ordinary mail and closed groups.

use std::collections::BTreeMap;
use std::time::Duration;

use pec::Address;
use provider::rules::{DomainRules, Rules};
use serde::Deserialize;
use store::{Correspondents, OrdinaryMail};

use super::source::{ConfigError, Source};
use super::{Config, Domain, value};

/// `[ordinary]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ordinary {
    /// Whether SPF, DKIM and DMARC are looked up; `None`: where DNS is used at all, see [`Config::authenticate`].
    pub authenticate: Option<bool>,
    /// Time for the lookups of one message.
    #[serde(deserialize_with = "value::duration")]
    pub authenticate_timeout: Duration,
    /// Whether delivery reports about a holder's own messages reach a mailbox that refuses ordinary mail.
    pub accept_bounces: bool,
    /// Whether the wish of the domain of From is done to what fails DMARC.
    pub refuse_dmarc: bool,
    /// The folder for what that domain wants treated with suspicion.
    #[serde(deserialize_with = "value::folder")]
    pub quarantine_folder: String,
}

impl Default for Ordinary {
    fn default() -> Self {
        let Rules { accept_bounces, refuse_dmarc, quarantine, .. } = Rules::default();
        Self {
            authenticate: None,
            authenticate_timeout: Duration::from_secs(10),
            accept_bounces,
            refuse_dmarc,
            quarantine_folder: quarantine,
        }
    }
}

/// `[domains."…".correspondents]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Group {
    /// Only holders of certified mailboxes.
    certified_only: bool,
    /// Only these domains.
    #[serde(deserialize_with = "value::domains")]
    domains: Vec<String>,
    /// Only these addresses.
    #[serde(deserialize_with = "value::addresses")]
    addresses: Vec<Address>,
}

impl Group {
    fn correspondents(&self) -> Correspondents {
        let Self { certified_only, domains, addresses } = self.clone();
        Correspondents { certified_only, domains, addresses }
    }
}

/// What forwards does so to somebody else: a hosted mailbox would get an anomaly envelope in another.
pub(super) fn check(
    domains: &BTreeMap<String, Domain>,
    hosted: &[String],
    source: &Source<'_>,
) -> Result<(), ConfigError> {
    for (name, domain) in domains {
        if let Some(Err(what)) = domain.ordinary.as_ref().map(|ordinary| elsewhere(ordinary, hosted)) {
            return Err(source.error_at(&["domains", name, "ordinary"], what));
        }
    }
    Ok(())
}

/// Whether a policy forwards to none of our own domains; the error says what was expected.
pub fn elsewhere(ordinary: &OrdinaryMail, hosted: &[String]) -> Result<(), String> {
    match ordinary {
        OrdinaryMail::Forward(to) if hosted.contains(&to.domain_key()) => {
            Err(format!("expected an address outside this provider's own domains after forward=, found {to}"))
        }
        _ => Ok(()),
    }
}

impl Config {
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
