//! What may be asked of organisations and offices.

use serde::{Deserialize, Serialize};

use crate::text;
use crate::unit::{OrNone, UnitPath};

/// On organisations.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum OrganisationRequest {
    /// All of them.
    List,
    /// One, with its offices as a tree.
    Show {
        /// Its name.
        name: String,
    },
    /// A new one.
    Add {
        /// Its name.
        name: String,
        /// Its code in the Index of public administrations.
        #[serde(default)]
        ipa: Option<String>,
    },
    /// Changes the code of one.
    Set {
        /// Its name.
        name: String,
        /// Its code, or none.
        #[serde(with = "text")]
        ipa: OrNone<String>,
    },
    /// Gives one another name.
    Rename {
        /// The name it has.
        name: String,
        /// The name it shall have.
        to: String,
    },
    /// Removes one that is empty.
    Remove {
        /// Its name.
        name: String,
    },
}

/// On offices.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum OfficeRequest {
    /// All offices of an organisation.
    List {
        /// Whose.
        organisation: String,
    },
    /// One, with who has rights on its mailboxes.
    Show {
        /// Which.
        #[serde(with = "text")]
        office: UnitPath,
    },
    /// A new one.
    Add {
        /// Its name, after those of what it stands in.
        #[serde(with = "text")]
        office: UnitPath,
        /// Its code as an organisational area.
        #[serde(default)]
        aoo: Option<String>,
        /// Its code as an organisational unit.
        #[serde(default)]
        uo: Option<String>,
    },
    /// Changes the codes of one.
    Set {
        /// Which.
        #[serde(with = "text")]
        office: UnitPath,
        /// Its code as an organisational area, or none.
        #[serde(default, with = "text::option")]
        aoo: Option<OrNone<String>>,
        /// Its code as an organisational unit, or none.
        #[serde(default, with = "text::option")]
        uo: Option<OrNone<String>>,
    },
    /// Gives one another name.
    Rename {
        /// Which.
        #[serde(with = "text")]
        office: UnitPath,
        /// The name it shall have.
        to: String,
    },
    /// Puts one under another office of its organisation, or right under that, with everything in it.
    Move {
        /// Which.
        #[serde(with = "text")]
        office: UnitPath,
        /// Where to.
        #[serde(with = "text")]
        under: UnitPath,
    },
    /// Removes one that is empty.
    Remove {
        /// Which.
        #[serde(with = "text")]
        office: UnitPath,
    },
}
