//! What may be asked about one person.

use serde::{Deserialize, Serialize};

/// About one person; who asks for whom, and why, is on record.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonRequest {
    /// All names of the person: addresses, here or elsewhere, and login names of users.
    pub names: Vec<String>,
    /// Who answers: one of `privacy.officers`.
    pub officer: String,
    /// Why, for the evidence.
    pub reason: String,
    /// What is to be done.
    pub what: PersonAct,
}

/// What is to be done about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum PersonAct {
    /// Has it on record that everything is read, and tells accounts and accesses.
    Export,
    /// Says what can be erased, what not and why.
    Erase {
        /// Messages of its own mailboxes too.
        contents: bool,
        /// Does it.
        carry_out: bool,
    },
}

impl PersonAct {
    /// As the evidence names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Export => "person export",
            Self::Erase { contents: false, .. } => "person erase",
            Self::Erase { contents: true, .. } => "person erase contents",
        }
    }
}
