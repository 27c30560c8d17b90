//! `[mailboxes]`: how much a mailbox holds besides octets, which its quota bounds.

use serde::Deserialize;
use store::MailboxLimits;

use crate::source::{ConfigError, Source};
use crate::value;

/// `[mailboxes]`. What its holder's programs make beyond these is refused; what is delivered still comes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailboxBounds {
    /// Messages, each copy being one.
    pub messages: u32,
    /// Folders.
    pub folders: u32,
    /// Different keywords.
    pub keywords: u32,
    /// Subscribed names.
    pub subscriptions: u32,
    /// App passwords of one holder, and of one user.
    pub app_passwords: u32,
    /// Annotations of the mailbox and its folders together, those of all its users.
    pub annotations: u32,
    /// Octets of one annotation.
    #[serde(deserialize_with = "value::size")]
    pub annotation_octets: usize,
    /// Octets of all of them together.
    #[serde(deserialize_with = "value::size")]
    pub annotations_octets: usize,
    /// Ranges of UIDs that went, remembered for one folder.
    pub removals_remembered: u32,
}

impl Default for MailboxBounds {
    fn default() -> Self {
        let limits = MailboxLimits::default();
        Self {
            messages: limits.entries,
            folders: limits.folders,
            keywords: limits.keywords,
            subscriptions: limits.subscriptions,
            app_passwords: limits.app_passwords,
            annotations: limits.annotations,
            annotation_octets: limits.annotation as usize,
            annotations_octets: limits.annotated as usize,
            removals_remembered: limits.tombstones,
        }
    }
}

/// Folders that a mailbox may have at least: those that it is born with, and those in which receipts and mail under suspicion
/// are filed.
const FOLDERS: u32 = 6;
/// The most octets that annotations have: a program may ask for all of them at once, and they are held in memory.
const ANNOTATIONS: usize = 64 << 20;

impl MailboxBounds {
    /// The bounds as the store takes them.
    pub fn limits(&self) -> MailboxLimits {
        let octets = |octets: usize| u32::try_from(octets).unwrap_or(u32::MAX);
        MailboxLimits {
            entries: self.messages,
            folders: self.folders,
            keywords: self.keywords,
            subscriptions: self.subscriptions,
            app_passwords: self.app_passwords,
            annotations: self.annotations,
            annotation: octets(self.annotation_octets),
            annotated: octets(self.annotations_octets),
            tombstones: self.removals_remembered,
            ..MailboxLimits::default()
        }
    }

    /// Refuses what cannot be meant.
    pub(crate) fn check(&self, source: &Source) -> Result<(), ConfigError> {
        let at = |key: &str, what: String| Err(source.error_at(&["mailboxes", key], what));
        for (key, found, least, why) in [
            ("messages", self.messages, 1, "no program could keep a message"),
            (
                "folders",
                self.folders,
                FOLDERS,
                "a mailbox is born with four, and receipts and suspicious mail have theirs",
            ),
            ("subscriptions", self.subscriptions, self.folders, "each folder can be subscribed"),
            ("removals_remembered", self.removals_remembered, 2, "half of them are forgotten at once"),
        ] {
            if found < least {
                return at(key, format!("expected at least {least}: {why}; found {found}"));
            }
        }
        if self.annotations_octets > ANNOTATIONS {
            let found = self.annotations_octets;
            let what =
                format!("expected at most {ANNOTATIONS} octets: a program may ask for all at once; found {found}");
            return at("annotations_octets", what);
        }
        if self.annotation_octets > self.annotations_octets {
            let what = format!("expected no more than mailboxes.annotations_octets, {}", self.annotations_octets);
            return at("annotation_octets", what);
        }
        Ok(())
    }
}
