//! Where messages come from.

use std::sync::Arc;

use control::Refused;
use control::transfer::form::Marks;
use pec::Moment;
use pec::header::Header;
use store::SpecialUse;
use tokio::sync::mpsc;

use crate::spool::Spool;

/// Which messages are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// To see what would be imported: a source that is far away tells the sizes alone.
    Survey,
    /// To import.
    Import,
}

/// A source of messages. It is gone through twice, folder by folder, in the same order.
pub trait Source: Send + Sync {
    /// Where messages come from, for people and for the evidence.
    fn name(&self) -> String;
    /// Goes through it, beside who listens; what is found comes in its order. Every folder is told, and what is in those that
    /// are wanted. An item of [`Found::Broken`] or [`Found::Closed`] is
    /// the last one.
    fn start(&self, pass: Pass, wanted: Wanted) -> mpsc::Receiver<Found>;
    /// These messages are in the mailbox now.
    fn done(&self, origins: &[Origin]) -> Result<(), String> {
        let _ = origins;
        Ok(())
    }
}

/// Which folders of a source are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted(Arc<[String]>);

impl Wanted {
    /// Those with these names, and what is below them; with none, all.
    pub fn new(names: &[String]) -> Self {
        Self(names.into())
    }

    /// The names.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Whether a folder is among them.
    pub fn takes(&self, folder: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|name| is_at_or_below(folder, name))
    }
}

/// Whether a folder has this name or stands below it; `INBOX` in any case.
pub(crate) fn is_at_or_below(folder: &str, name: &str) -> bool {
    let name = if name.eq_ignore_ascii_case("INBOX") { "INBOX" } else { name };
    folder.strip_prefix(name).is_some_and(|below| below.is_empty() || below.starts_with('/'))
}

/// What a source has.
pub enum Found {
    /// A folder, before its messages.
    Folder(SourceFolder),
    /// A message of the folder that was told last.
    Message(Box<Message>),
    /// A message of which only the size is told.
    Outline {
        /// Octets.
        size: u64,
    },
    /// A message that was imported from there before.
    Done,
    /// Something that cannot be imported, and why; what follows can.
    Fault(Fault),
    /// Something that who imports should know; nothing is wrong.
    Note(String),
    /// Something that is no message, and is passed over.
    Passed(String),
    /// Nothing more comes, because of this; what came before stays, and the same import goes on from there.
    Broken(String),
    /// It cannot be had: something must be mended first. Nothing more comes.
    Closed(Refused),
}

/// A folder of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFolder {
    /// Its levels; none of them: `INBOX`.
    pub levels: Vec<String>,
    /// What it is for, where the source says so.
    pub special: Option<SpecialUse>,
}

impl SourceFolder {
    /// A folder with these levels. `INBOX` is the one at the top, however it is written.
    pub fn of(levels: Vec<String>) -> Self {
        let inbox = matches!(levels.as_slice(), [only] if only.eq_ignore_ascii_case("INBOX"));
        Self { levels: if inbox { Vec::new() } else { levels }, special: None }
    }

    /// Its name, as people name it with `--folder`.
    pub fn name(&self) -> String {
        if self.levels.is_empty() { "INBOX".to_owned() } else { self.levels.join("/") }
    }
}

/// A message of a source.
pub struct Message {
    /// Its octets.
    pub octets: Spool,
    /// Flags and keywords.
    pub marks: Marks,
    /// The internal date, seconds since 1970.
    pub at: i64,
    /// Where it stands, for people.
    pub place: String,
    /// Where it stands, for a source that remembers what was imported.
    pub origin: Option<Origin>,
}

/// Where a message stands at a source that remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The folder's name there.
    pub folder: String,
    /// Its UIDVALIDITY.
    pub validity: u32,
    /// Its UID.
    pub uid: u32,
}

/// Something that cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: String,
    /// Why.
    pub what: String,
}

/// When a message came, by its own words: the last server that it passed (the first `Received`), or else its `Date`.
pub fn when(head: &[u8]) -> Option<Moment> {
    let header = Header::parse(&bytes::Bytes::copy_from_slice(head));
    let received = header.value("Received");
    let received = received.as_deref().and_then(|value| value.rsplit_once(';')).map(|(_, date)| date);
    received.and_then(Moment::from_rfc5322).or_else(|| header.value("Date").as_deref().and_then(Moment::from_rfc5322))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_came_when_the_last_server_says_or_else_when_it_was_written() {
        let date = "Date: Wed, 14 Oct 2026 10:00:00 +0200\r\n";
        let received = "Received: from a by b;\r\n\tWed, 14 Oct 2026 10:00:07 +0200\r\n";
        let unix = |head: &str| when(head.as_bytes()).map(Moment::unix);
        assert_eq!(unix(&format!("{date}\r\n")), Some(1_791_964_800));
        assert_eq!(unix(&format!("{received}{date}\r\n")), Some(1_791_964_807));
        assert_eq!(unix(&format!("Received: without a date\r\n{date}\r\n")), Some(1_791_964_800));
        assert_eq!(unix("Subject: x\r\n\r\n"), None);
    }
}
