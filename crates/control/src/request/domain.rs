//! What may be asked of domains.

use serde::{Deserialize, Serialize};
use store::{Correspondents, Keeps, OrdinaryMail, SentCopies};

use crate::setting::CertifiedOnly;
use crate::text;
use crate::unit::OrNone;

/// On domains.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum DomainRequest {
    /// All of them.
    List,
    /// One.
    Show {
        /// Its name.
        name: String,
    },
    /// A new one.
    Add {
        /// Its name.
        name: String,
        /// What of it is not as usual.
        #[serde(default)]
        settings: DomainSettings,
    },
    /// Changes one.
    Set {
        /// Its name.
        name: String,
        /// What to change.
        settings: DomainSettings,
    },
    /// Removes one that has no mailboxes.
    Remove {
        /// Its name.
        name: String,
    },
}

/// What of a domain to set; `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainSettings {
    /// Whether its holders read an English text after the Italian one.
    #[serde(default)]
    pub english: Option<bool>,
    /// What becomes of ordinary mail.
    #[serde(default, with = "text::option")]
    pub ordinary: Option<OrdinaryMail>,
    /// From when on its mailboxes take certified mail only.
    #[serde(default, with = "text::option")]
    pub certified_only_from: Option<CertifiedOnly>,
    /// With whom its holders correspond.
    #[serde(default, with = "text::option")]
    pub correspondents: Option<Correspondents>,
    /// Whether copies are kept of what its holders send.
    #[serde(default, with = "text::option")]
    pub sent_copies: Option<SentCopies>,
    /// What is kept of its certified mail.
    #[serde(default, with = "text::option")]
    pub keeps: Option<Keeps>,
    /// The organisation that it belongs to, or none.
    #[serde(default, with = "text::option")]
    pub organisation: Option<OrNone<String>>,
}
