//! The folders of a mailbox, and their messages page by page. The service mailbox, which has no folders [R-2.2.5-a], reads
//! like one folder.

use output::printable;
use pec::Moment;
use serde_json::{Value, json};
use store::{FolderId, Mailbox, Mailboxes, MessageId, Reader, StoreError, Summary, UidSet, Want};

/// What is read: a folder, or the service mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// A folder of a holder's mailbox.
    Folder(FolderId),
    /// The service mailbox.
    Service,
}

/// A message as lists show it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// UID; in the service mailbox its number.
    pub number: u64,
    /// When it came.
    pub at: Moment,
    /// Octets.
    pub size: u64,
    /// The message.
    pub message: MessageId,
    /// Its header values.
    pub summary: Summary,
}

impl Shown {
    /// A line for the terminal, cleared of what would command it.
    pub fn row(&self) -> String {
        let subject = printable(&self.summary.subject);
        format!("{:>6}  {}  {:18} {:>9}  {subject}", self.number, self.at, self.kind().unwrap_or("-"), self.size)
    }

    /// The same as an item.
    pub fn json(&self) -> Value {
        let summary = &self.summary;
        json!({
            "type": "entry",
            "uid": self.number,
            "at": self.at.to_string(),
            "kind": self.kind(),
            "identifier": summary.identifier.as_ref().map(|identifier| identifier.as_str()),
            "size": self.size,
            "from": summary.from,
            "to": summary.to,
            "subject": summary.subject,
            "message_id": summary.message_id,
        })
    }

    /// The name of the file it is saved as: `UID-KIND.eml`.
    pub fn file_name(&self) -> String {
        format!("{}-{}.eml", self.number, self.kind().unwrap_or("message"))
    }

    fn kind(&self) -> Option<&'static str> {
        self.summary.kind.map(|kind| kind.name())
    }
}

/// The names of the folders, `INBOX` first; of the service mailbox `INBOX` alone.
pub async fn folders(store: &dyn Mailboxes, mailbox: &Mailbox) -> Result<Vec<String>, StoreError> {
    if mailbox.service {
        return Ok(vec!["INBOX".into()]);
    }
    let folders = store.folders(mailbox.id, Reader::Owner).await?;
    Ok(folders.into_iter().map(|folder| folder.name).collect())
}

/// The folder of this name; `INBOX` in any case.
pub async fn shelf(store: &dyn Mailboxes, mailbox: &Mailbox, folder: &str) -> Result<Option<Shelf>, StoreError> {
    let inbox = folder.eq_ignore_ascii_case("INBOX");
    if mailbox.service {
        return Ok(inbox.then_some(Shelf::Service));
    }
    let folders = store.folders(mailbox.id, Reader::Owner).await?;
    let found = folders.into_iter().find(|one| one.name == folder || (inbox && one.name == "INBOX"));
    Ok(found.map(|folder| Shelf::Folder(folder.id)))
}

/// Messages after this number, ascending, at most `limit`; none when there are no more.
pub async fn page(store: &dyn Mailboxes, shelf: Shelf, after: u64, limit: usize) -> Result<Vec<Shown>, StoreError> {
    match shelf {
        Shelf::Service => {
            let entries = store.service(after, limit).await?.into_iter();
            Ok(entries
                .map(|entry| Shown {
                    number: entry.number,
                    at: entry.at,
                    size: entry.size,
                    message: entry.message,
                    summary: entry.summary,
                })
                .collect())
        }
        Shelf::Folder(folder) => {
            let Some(first) = u32::try_from(after).ok().and_then(|after| after.checked_add(1)) else {
                return Ok(Vec::new());
            };
            let (uids, want) = (UidSet::from_ranges([first..=u32::MAX]), Want { summary: true, ..Want::default() });
            let entries = store.entries(folder, &uids, want, Reader::Owner, limit).await?.into_iter();
            Ok(entries
                .map(|entry| Shown {
                    number: entry.uid.into(),
                    at: entry.internal_date,
                    size: entry.size,
                    message: entry.message,
                    summary: entry.summary.map(|summary| *summary).unwrap_or_default(),
                })
                .collect())
        }
    }
}
