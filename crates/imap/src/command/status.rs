//! `status-att` (RFC 9051 §6.3.11 and what extensions add).

use crate::cursor::{Cursor, Parsed};

/// What STATUS is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusItem {
    /// `APPENDLIMIT` (RFC 7889)
    AppendLimit,
    /// `DELETED`
    Deleted,
    /// `DELETED-STORAGE` (RFC 9208)
    DeletedStorage,
    /// `HIGHESTMODSEQ` (RFC 7162); it enables CONDSTORE.
    HighestModSeq,
    /// `MAILBOXID` (RFC 8474)
    MailboxId,
    /// `MESSAGES`
    Messages,
    /// `RECENT` (RFC 3501)
    Recent,
    /// `SIZE` (RFC 8438)
    Size,
    /// `UIDNEXT`
    UidNext,
    /// `UIDVALIDITY`
    UidValidity,
    /// `UNSEEN`
    Unseen,
}

const NAMES: [(StatusItem, &str); 11] = [
    (StatusItem::AppendLimit, "APPENDLIMIT"),
    (StatusItem::Deleted, "DELETED"),
    (StatusItem::DeletedStorage, "DELETED-STORAGE"),
    (StatusItem::HighestModSeq, "HIGHESTMODSEQ"),
    (StatusItem::MailboxId, "MAILBOXID"),
    (StatusItem::Messages, "MESSAGES"),
    (StatusItem::Recent, "RECENT"),
    (StatusItem::Size, "SIZE"),
    (StatusItem::UidNext, "UIDNEXT"),
    (StatusItem::UidValidity, "UIDVALIDITY"),
    (StatusItem::Unseen, "UNSEEN"),
];

impl StatusItem {
    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(item, _)| *item == self).map_or("", |(_, name)| name)
    }

    pub(super) fn list(cursor: &mut Cursor<'_>) -> Parsed<Vec<Self>> {
        cursor.list1("status items", 32, |cursor| {
            let start = cursor.clone();
            let word = cursor.word();
            let item = NAMES.iter().find(|(_, name)| *name == word);
            item.map(|(item, _)| *item).ok_or(start.expected("a status item"))
        })
    }
}
