//! The two languages that holders read.

use std::fmt;

/// The same said in both. `Display` is the English one, which logs and SMTP replies speak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// In Italian.
    pub italian: String,
    /// In English.
    pub english: String,
}

impl Words {
    /// The same in Italian and in English.
    pub fn new(italian: impl Into<String>, english: impl Into<String>) -> Self {
        Self { italian: italian.into(), english: english.into() }
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english)
    }
}
