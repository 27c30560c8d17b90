//! What may be asked of reconciliation.

use serde::{Deserialize, Serialize};

/// On what is not as it must be.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ReconcileRequest {
    /// What was found, in the order in which it was found.
    List {
        /// About this message only.
        #[serde(default)]
        identifier: Option<String>,
    },
    /// The recipients of whom something is awaited, and who need not have it yet.
    Open,
    /// Says that what was found is known.
    Acknowledge {
        /// About this message only.
        #[serde(default)]
        identifier: Option<String>,
    },
}
