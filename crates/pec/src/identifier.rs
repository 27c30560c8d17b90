//! Two names that every room hands on: of a message, and of a provider.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A PEC msgid without brackets (RFC 6109 §2.2.1) [R-2.2.1-a], as it was given or as signed data name it. Cloning copies a
/// reference: one message to five hundred recipients has it in every receipt and row.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier(Arc<str>);

impl Identifier {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Identifier {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Identifier {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for Identifier {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

/// Which record of the index a provider is: its `providerName`, and the unit of a secondary environment (RFC 6109 §4.5).
/// Two parts, because a name may hold any character, also a slash.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderKey {
    /// `providerName`
    pub name: Arc<str>,
    /// `providerUnit`; `None` for the primary environment.
    pub unit: Option<Arc<str>>,
}

impl ProviderKey {
    /// A primary environment.
    pub fn primary(name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), unit: None }
    }
}

impl fmt::Display for ProviderKey {
    /// For people: the unit after a slash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.unit.iter().try_for_each(|unit| write!(f, "/{unit}"))
    }
}
