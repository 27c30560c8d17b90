//! What may be asked of the queue, and of the providers to which it leads.

use serde::{Deserialize, Serialize};

use crate::named::HopName;

/// On the queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum QueueRequest {
    /// What is to be carried.
    List {
        /// Only to this hop.
        #[serde(default)]
        hop: Option<HopName>,
        /// Only about this message.
        #[serde(default)]
        identifier: Option<String>,
    },
    /// One dispatch.
    Show {
        /// Its number.
        id: i64,
    },
    /// Makes one due now.
    Retry {
        /// Its number.
        id: i64,
    },
    /// Makes all that waits for a hop due now.
    RetryAll {
        /// Which hop.
        hop: HopName,
    },
    /// Has the relay give one up at its next turn; the sender is told.
    Fail {
        /// Its number.
        id: i64,
        /// Why, for the sender's notice and the evidence.
        reason: String,
    },
}

/// On other providers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum PeerRequest {
    /// Those that have shown a valid TLS certificate, and must from then on.
    List,
    /// Forgets that one has, and makes due what waits for it.
    Forget {
        /// Its name in the index.
        name: String,
        /// The unit of a secondary environment.
        #[serde(default)]
        unit: Option<String>,
    },
}
