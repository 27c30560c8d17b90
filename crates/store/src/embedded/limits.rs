//! How much a mailbox may hold besides its messages.

use crate::Levels;

/// Bounds on what a client can make a mailbox hold, and on what is kept for clients; the defaults suit a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailboxLimits {
    /// How full it is when its holder is told.
    pub levels: Levels,
    /// Messages of one mailbox, each copy being one. Deposits come also beyond it.
    pub entries: u32,
    /// Folders of one mailbox. Deposits make the folders that they need also beyond it.
    pub folders: u32,
    /// Different keywords in one mailbox.
    pub keywords: u32,
    /// Subscribed names of one mailbox.
    pub subscriptions: u32,
    /// App passwords of one holder, and of one user.
    pub app_passwords: u32,
    /// Annotations of one mailbox and its folders together, those of all its users.
    pub annotations: u32,
    /// Octets of one annotation.
    pub annotation: u32,
    /// Octets of all of them together, with their names: a client may ask for them at once.
    pub annotated: u32,
    /// Ranges of UIDs that went, kept for one folder: a client that was away for longer compares all UIDs instead.
    pub tombstones: u32,
    /// Changes kept for a slow listener of the change feed.
    pub feed: usize,
}

impl Default for MailboxLimits {
    fn default() -> Self {
        Self {
            levels: Levels::default(),
            entries: 1_000_000,
            folders: 10_000,
            keywords: 500,
            subscriptions: 20_000,
            app_passwords: 100,
            annotations: 1_000,
            annotation: 16 << 10,
            annotated: 1 << 20,
            tombstones: 10_000,
            feed: 4_096,
        }
    }
}
