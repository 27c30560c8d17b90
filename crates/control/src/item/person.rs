//! What becomes of what is kept of a person, in answers.

use serde::{Deserialize, Serialize};

/// What becomes of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureItem {
    /// What it is, in English.
    pub what: String,
    /// What becomes of it.
    pub fate: Fate,
    /// Why it stays: a stable word (`docs/privacy.md`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
    /// The same in words, Italian.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_it: Option<String>,
    /// English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// By which provision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub law: Option<String>,
    /// The day on which the last of it goes by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It is gone.
    Erased,
    /// It goes by itself, until a day.
    Goes,
    /// It stays.
    Kept,
    /// It would go.
    ToErase,
}
