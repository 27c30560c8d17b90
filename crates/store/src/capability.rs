//! The capabilities of IMAP doors that can be switched off, as the settings of mailboxes and of the provider name them.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A capability that can be switched off: a program that misuses it goes another way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Capability(&'static str);

impl Capability {
    /// Every one, in the order in which they are announced. IMAP4rev1 is not among them: it is what is left.
    pub const ALL: [Capability; 38] = [
        Capability("IMAP4rev2"),
        Capability("LITERAL+"),
        Capability("SASL-IR"),
        Capability("ENABLE"),
        Capability("ID"),
        Capability("IDLE"),
        Capability("APPENDLIMIT"),
        Capability("ACL"),
        Capability("BINARY"),
        Capability("CHILDREN"),
        Capability("COMPRESS=DEFLATE"),
        Capability("CONDSTORE"),
        Capability("CREATE-SPECIAL-USE"),
        Capability("ESEARCH"),
        Capability("ESORT"),
        Capability("LIST-EXTENDED"),
        Capability("LIST-STATUS"),
        Capability("METADATA"),
        Capability("MOVE"),
        Capability("MULTIAPPEND"),
        Capability("NAMESPACE"),
        Capability("OBJECTID"),
        Capability("PREVIEW"),
        Capability("QRESYNC"),
        Capability("QUOTA"),
        Capability("QUOTA=RES-STORAGE"),
        Capability("RIGHTS=texk"),
        Capability("SAVEDATE"),
        Capability("SEARCHRES"),
        Capability("SORT"),
        Capability("SPECIAL-USE"),
        Capability("STATUS=SIZE"),
        Capability("THREAD=ORDEREDSUBJECT"),
        Capability("THREAD=REFERENCES"),
        Capability("UIDPLUS"),
        Capability("UNSELECT"),
        Capability("UTF8=ACCEPT"),
        Capability("WITHIN"),
    ];

    /// Its name, as it is announced.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// The capability with this name, without regard to case.
    pub fn from_name(name: &str) -> Option<Capability> {
        Capability::ALL.into_iter().find(|known| known.0.eq_ignore_ascii_case(name))
    }
}

/// A set of capabilities; as text their names with commas between them, or `none`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(BTreeSet<Capability>);

impl Capabilities {
    /// Whether it is among them.
    pub fn has(&self, capability: Capability) -> bool {
        self.0.contains(&capability)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds those of another set.
    pub fn extend(&mut self, others: &Capabilities) {
        self.0.extend(&others.0);
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|capability| capability.0)
    }

    /// Those of a row, as [`fmt::Display`] wrote them; a name that stands for nothing any more is left out.
    pub(crate) fn kept(text: &str) -> Self {
        text.split(',').filter_map(Capability::from_name).collect()
    }

    /// Those with these names, without regard to case.
    ///
    /// # Errors
    ///
    /// Which name is no capability that can be switched off, in words.
    pub fn named<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Result<Self, String> {
        let one = |name: T| {
            let name = name.as_ref().trim();
            Capability::from_name(name).ok_or_else(|| {
                let all: Vec<&str> = Capability::ALL.iter().map(|known| known.0).collect();
                format!("expected capabilities that can be switched off, found {name:?}; these are: {}", all.join(", "))
            })
        };
        names.into_iter().map(one).collect()
    }
}

impl FromIterator<Capability> for Capabilities {
    fn from_iter<I: IntoIterator<Item = Capability>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_empty() {
            true => f.write_str("none"),
            false => f.write_str(&self.names().collect::<Vec<_>>().join(",")),
        }
    }
}

impl FromStr for Capabilities {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::default()),
            names => Self::named(names.split(',')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_read_back_as_it_is_written_and_as_it_is_stored() {
        let all: Capabilities = Capability::ALL.into_iter().collect();
        let some: Capabilities = "condstore, Move".parse().unwrap();
        assert_eq!(some.to_string(), "CONDSTORE,MOVE");
        for set in [all, some, Capabilities::default()] {
            assert_eq!(set.to_string().parse(), Ok(set.clone()));
            assert_eq!(Capabilities::kept(&set.to_string()), set);
        }
        assert_eq!(Capabilities::kept("FROBNICATE,MOVE").to_string(), "MOVE");
    }

    #[test]
    fn what_cannot_be_switched_off_is_named() {
        for name in ["IMAP4rev1", "STARTTLS", "FROBNICATE", ""] {
            let error = Capabilities::named([name]).unwrap_err();
            assert!(error.contains(&format!("found {name:?}; ")) && error.contains("CONDSTORE"), "{error}");
        }
    }
}
