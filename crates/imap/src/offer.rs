//! What an IMAP door offers, and what it has been told not to.
//!
//! A capability that is switched off is not announced and cannot be enabled: a client that misuses it goes another way. Its
//! commands are understood as before, for who uses them unasked.

use holder::{Capabilities, Capability};

/// The first of all, which cannot be switched off.
pub(crate) const REV1: &str = "IMAP4rev1";
/// To everybody: who never asks again after the login, as Python's library does, finds ENABLE and IDLE.
const ALWAYS: [&str; 6] = ["IMAP4rev2", "LITERAL+", "SASL-IR", "ENABLE", "ID", "IDLE"];
const COMPRESSION: &str = "COMPRESS=DEFLATE";
/// Which capabilities are nothing without another one. IMAP4rev2 has those after it within itself (RFC 9051, appendix E).
const NEED: [(&str, &[&str]); 5] = [
    ("QRESYNC", &["CONDSTORE"]),
    ("QUOTA=RES-STORAGE", &["QUOTA"]),
    ("RIGHTS=texk", &["ACL"]),
    ("CREATE-SPECIAL-USE", &["SPECIAL-USE"]),
    (
        "IMAP4rev2",
        &[
            "BINARY",
            "ENABLE",
            "ESEARCH",
            "IDLE",
            "LIST-EXTENDED",
            "LIST-STATUS",
            "LITERAL+",
            "MOVE",
            "NAMESPACE",
            "SASL-IR",
            "SEARCHRES",
            "SPECIAL-USE",
            "STATUS=SIZE",
            "UIDPLUS",
            "UNSELECT",
        ],
    ),
];

/// What is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    without: Capabilities,
}

impl Default for Offer {
    /// Everything but compression.
    fn default() -> Self {
        Self::new(Capabilities::default(), false)
    }
}

impl Offer {
    /// Everything but these capabilities; compression only where it is wanted. What is nothing without one of them goes with
    /// it.
    pub fn new(without: Capabilities, compression: bool) -> Self {
        let mut offer = Self { without };
        if !compression {
            offer.without.extend(&Capability::from_name(COMPRESSION).into_iter().collect());
        }
        offer.withdraw_dependent();
        offer
    }

    /// The same to an account that is to be without these too.
    pub(crate) fn lessen(&mut self, without: &Capabilities) {
        self.without.extend(without);
        self.withdraw_dependent();
    }

    fn withdraw_dependent(&mut self) {
        for (name, needed) in NEED {
            if needed.iter().any(|needed| !self.has(needed)) {
                self.without.extend(&Capability::from_name(name).into_iter().collect());
            }
        }
    }

    /// Whether it is offered.
    pub(crate) fn has(&self, name: &str) -> bool {
        Capability::from_name(name).is_none_or(|capability| !self.without.has(capability))
    }

    /// What of it is announced, to who has logged in or to everybody.
    pub(crate) fn announced(&self, within: bool) -> impl Iterator<Item = &'static str> {
        let all = Capability::ALL.into_iter().filter(|capability| !self.without.has(*capability));
        all.map(Capability::name).filter(move |name| within || ALWAYS.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nothing_without_another_goes_with_it() {
        let mut offer = Offer::new("condstore,Move".parse().unwrap(), false);
        for name in ["CONDSTORE", "QRESYNC", "MOVE", "IMAP4rev2", "COMPRESS=DEFLATE"] {
            assert!(!offer.has(name), "{name}");
        }
        assert!(offer.has("IMAP4rev1") && offer.has("SORT") && offer.has("CREATE-SPECIAL-USE"));
        offer.lessen(&"SPECIAL-USE".parse().unwrap());
        assert!(!offer.has("CREATE-SPECIAL-USE") && !offer.has("MOVE") && offer.has("SORT"));
        assert!(Offer::new(Capabilities::default(), true).has("COMPRESS=DEFLATE"));
        let named = NEED.iter().flat_map(|(name, needed)| needed.iter().chain([name])).chain(&ALWAYS);
        named.for_each(|name| assert!(Capability::from_name(name).is_some(), "{name}"));
    }
}
