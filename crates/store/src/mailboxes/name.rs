//! Names of folders.

use std::fmt;

use crate::error::{ErrorKind, StoreError};

/// The one folder that every mailbox has (RFC 9051 §5.1).
const INBOX: &str = "INBOX";
/// The longest name of one level, octets.
const LEVEL: usize = 255;
/// The longest name with all its levels, octets.
const WHOLE: usize = 1000;

/// The name of a folder: levels of UTF-8 separated by `/`, compared byte by byte. `INBOX` at the top has one spelling
/// however it is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FolderName(String);

impl FolderName {
    /// Reads a name as doors get it, already decoded. The error, of the kind [`ErrorKind::Refused`], says what is wrong
    /// with it. Refused are empty levels and those of blanks alone, levels of more than 255 octets, more than 1,000 octets in all, and the
    /// characters that RFC 6855 §3 forbids: controls and the two separators of lines and paragraphs.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let refused = |why: String| Err(StoreError::new(ErrorKind::Refused, format!("the name of the folder {why}")));
        let forbidden = |found: char| found.is_control() || matches!(found, '\u{2028}' | '\u{2029}');
        if text.len() > WHOLE {
            return refused(format!("has {} octets, {WHOLE} are allowed", text.len()));
        }
        if let Some(found) = text.chars().find(|found| forbidden(*found)) {
            return refused(format!("holds the character U+{:04X}, which no name may hold", u32::from(found)));
        }
        if text.split('/').any(|level| level.trim().is_empty()) {
            return refused("has an empty level: levels are separated by one / and stand on both its sides".into());
        }
        if let Some(level) = text.split('/').find(|level| level.len() > LEVEL) {
            return refused(format!("has a level of {} octets, {LEVEL} are allowed", level.len()));
        }
        let top = text.split('/').next().unwrap_or_default();
        Ok(match text.get(top.len()..) {
            Some(below) if top.eq_ignore_ascii_case(INBOX) => Self(format!("{INBOX}{below}")),
            _ => Self(text.to_owned()),
        })
    }

    /// `INBOX`.
    pub fn inbox() -> Self {
        Self(INBOX.to_owned())
    }

    /// Whether it is `INBOX` itself.
    pub fn is_inbox(&self) -> bool {
        self.0 == INBOX
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names above it, from the top.
    pub fn above(&self) -> impl Iterator<Item = FolderName> {
        self.0.match_indices('/').filter_map(|(end, _)| self.0.get(..end)).map(|name| Self(name.to_owned()))
    }

    /// Whether it stands below `other`, at any depth.
    pub fn is_below(&self, other: &FolderName) -> bool {
        self.0.strip_prefix(&other.0).is_some_and(|below| below.starts_with('/'))
    }
}

impl fmt::Display for FolderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_byte_for_byte_and_inbox_has_one_spelling() {
        for (text, name) in [
            ("Lavoro/2024 è", "Lavoro/2024 è"),
            ("e\u{301}", "e\u{301}"),
            ("inbox", "INBOX"),
            ("Inbox/Bandi", "INBOX/Bandi"),
            ("Inboxes", "Inboxes"),
            ("a/inbox", "a/inbox"),
            ("&%*#. \\\"", "&%*#. \\\""),
        ] {
            assert_eq!(FolderName::parse(text).unwrap().as_str(), name);
        }
        assert!(FolderName::parse("iNBOX").unwrap().is_inbox() && !FolderName::parse("INBOX/a").unwrap().is_inbox());
    }

    #[test]
    fn what_is_no_name_is_refused_with_the_reason() {
        let (level, whole) = ("x".repeat(256), ["x".repeat(249), "y".repeat(249)].join("/").repeat(3));
        for (text, reason) in [
            ("", "empty level"),
            ("/", "empty level"),
            ("a/", "empty level"),
            ("/a", "empty level"),
            ("a//b", "empty level"),
            ("a/ ", "empty level"),
            ("a\nb", "U+000A"),
            ("a\u{85}", "U+0085"),
            ("\u{2028}", "U+2028"),
            (&level, "a level of 256 octets"),
            (&whole, "octets, 1000 are allowed"),
        ] {
            let refused = FolderName::parse(text).unwrap_err();
            assert_eq!(refused.kind, ErrorKind::Refused);
            assert!(refused.what.contains(reason), "{text:?}: {refused}");
        }
        assert!(FolderName::parse(&"x".repeat(255)).is_ok());
    }

    #[test]
    fn a_name_knows_what_stands_above_it() {
        let name = |text| FolderName::parse(text).unwrap();
        let above: Vec<_> = name("a/bè/c").above().map(|name| name.to_string()).collect();
        assert_eq!(above, ["a", "a/bè"]);
        assert!(name("a/b/c").is_below(&name("a")) && name("a/b").is_below(&name("a")));
        assert!(!name("ab").is_below(&name("a")) && !name("a").is_below(&name("a")));
    }
}
