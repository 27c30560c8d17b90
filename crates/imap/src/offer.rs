//! What an IMAP door offers, and what it has been told not to.
//!
//! A capability that is switched off is not announced and cannot be enabled: a client that misuses it goes another way. Its
//! commands are understood as before, for who uses them unasked.

use std::collections::BTreeSet;

/// To everybody: who never asks again after the login, as Python's library does, finds ENABLE and IDLE.
pub(crate) const ALWAYS: [&str; 7] = ["IMAP4rev1", "IMAP4rev2", "LITERAL+", "SASL-IR", "ENABLE", "ID", "IDLE"];
/// To who has logged in; beside them `APPENDLIMIT`, with its number.
pub(crate) const WITHIN: [&str; 31] = [
    "ACL",
    "BINARY",
    "CHILDREN",
    "COMPRESS=DEFLATE",
    "CONDSTORE",
    "CREATE-SPECIAL-USE",
    "ESEARCH",
    "ESORT",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "METADATA",
    "MOVE",
    "MULTIAPPEND",
    "NAMESPACE",
    "OBJECTID",
    "PREVIEW",
    "QRESYNC",
    "QUOTA",
    "QUOTA=RES-STORAGE",
    "RIGHTS=texk",
    "SAVEDATE",
    "SEARCHRES",
    "SORT",
    "SPECIAL-USE",
    "STATUS=SIZE",
    "THREAD=ORDEREDSUBJECT",
    "THREAD=REFERENCES",
    "UIDPLUS",
    "UNSELECT",
    "UTF8=ACCEPT",
    "WITHIN",
];
const APPENDLIMIT: &str = "APPENDLIMIT";
const REV1: &str = "IMAP4rev1";
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

/// A name that is no capability of ours, or one that cannot be switched off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no capability that can be switched off")]
pub struct UnknownCapability(pub String);

/// What is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    without: BTreeSet<&'static str>,
}

impl Default for Offer {
    /// Everything but compression.
    fn default() -> Self {
        Self { without: BTreeSet::from([COMPRESSION]) }
    }
}

impl Offer {
    /// Everything but these capabilities, named as they are announced, without regard to case; compression only where it is
    /// wanted. What is nothing without one of them goes with it.
    ///
    /// # Errors
    /// A name that cannot be switched off.
    pub fn new<T: AsRef<str>>(without: &[T], compression: bool) -> Result<Self, UnknownCapability> {
        let mut offer = if compression { Self { without: BTreeSet::new() } } else { Self::default() };
        for name in without {
            let name = name.as_ref();
            let all = ALWAYS.iter().chain(&WITHIN).chain([&APPENDLIMIT]).filter(|known| **known != REV1);
            let known = all.copied().find(|known| known.eq_ignore_ascii_case(name));
            offer.without.insert(known.ok_or_else(|| UnknownCapability(name.to_owned()))?);
        }
        for (name, needed) in NEED {
            if needed.iter().any(|needed| offer.without.contains(needed)) {
                offer.without.insert(name);
            }
        }
        Ok(offer)
    }

    /// Whether it is offered.
    pub(crate) fn has(&self, name: &str) -> bool {
        !self.without.contains(name)
    }

    /// Those of these names that are offered.
    pub(crate) fn of(&self, names: &[&'static str]) -> impl Iterator<Item = String> {
        names.iter().filter(|name| self.has(name)).map(|name| (*name).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nothing_without_another_goes_with_it() {
        let offer = Offer::new(&["condstore", "Move"], false).unwrap();
        for name in ["CONDSTORE", "QRESYNC", "MOVE", "IMAP4rev2", "COMPRESS=DEFLATE"] {
            assert!(!offer.has(name), "{name}");
        }
        assert!(offer.has("IMAP4rev1") && offer.has("SORT"));
        assert!(Offer::new::<&str>(&[], true).unwrap().has("COMPRESS=DEFLATE"));
        assert!(
            NEED.iter()
                .flat_map(|(name, needed)| needed.iter().chain([name]))
                .all(|name| { ALWAYS.contains(name) || WITHIN.contains(name) })
        );
    }

    #[test]
    fn what_cannot_be_switched_off_is_named() {
        for name in ["IMAP4rev1", "STARTTLS", "FROBNICATE", ""] {
            let error = Offer::new(&[name], false).unwrap_err();
            assert_eq!(error.to_string(), format!("{name} is no capability that can be switched off"));
        }
    }
}
