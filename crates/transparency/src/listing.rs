//! Which logs there are.

use serde::{Deserialize, Serialize};

/// The form.
pub(crate) const FORM: &str = "sigillo-logs 1";

/// Which logs a provider has, and what is published of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// The form.
    pub form: String,
    /// The domain of the provider's service address.
    pub domain: String,
    /// Whether nodes of the trees are published.
    pub tiles: bool,
    /// The logs that have heads, by their numbers.
    pub logs: Vec<Listed>,
}

/// A log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Its number.
    pub log: u32,
    /// The number of its last head.
    pub heads: u64,
}
