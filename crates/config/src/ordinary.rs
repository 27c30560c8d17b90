//! `[ordinary]`, and what the tables of domains say about ordinary mail and closed groups.

use std::time::Duration;

use pec::Address;
use provider::rules::Rules;
use serde::Deserialize;
use store::{Correspondents, OrdinaryMail};

use crate::value;

/// `[ordinary]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ordinary {
    /// Whether SPF, DKIM and DMARC are looked up; `None`: where DNS is used at all, see [`crate::Config::authenticate`].
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
    pub(crate) fn correspondents(&self) -> Correspondents {
        let Self { certified_only, domains, addresses } = self.clone();
        Correspondents { certified_only, domains, addresses }
    }
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
