//! A recipient while one writes: certified, ordinary, or no address.

use directory::Directory;
use pec::Address;

use crate::language::Language;

/// A recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chip {
    /// Its class without `chip-`.
    pub(crate) look: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) address: String,
    pub(crate) kind: &'static str,
}

/// What the index says of an address [R-2.2.1-f].
pub(crate) fn chip(typed: Result<Address, String>, index: &dyn Directory, l: Language) -> Chip {
    match typed {
        Ok(address) if index.by_domain(address.domain()).is_some() => {
            Chip { look: "certified", icon: "certified", address: address.to_string(), kind: l.certified_address() }
        }
        Ok(address) => {
            Chip { look: "ordinary", icon: "mail", address: address.to_string(), kind: l.ordinary_address() }
        }
        Err(text) => Chip { look: "wrong", icon: "error", address: text, kind: l.incomplete_address() },
    }
}
