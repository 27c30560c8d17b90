//! A mailbox of a person: its folders, a line for each message, the messages.

use std::collections::BTreeMap;
use std::sync::Arc;

use bulk::file_name;
use control::Refused;
use control::transfer::form::Marks;
use serde_json::json;
use store::{
    Content as _, Embedded, Entry, ErrorKind, Folder, Mailbox, Mailboxes as _, Notes, NotesOf, Reader, UidSet, Want,
};

use super::archive::Archive;

/// Entries read at once.
const PAGE: usize = 500;
/// Messages that cannot be read and are named one by one.
const NAMED: usize = 1000;

/// What was written of mailboxes.
#[derive(Debug, Default)]
pub(crate) struct Holdings {
    /// Messages.
    pub(crate) messages: u64,
    /// Octets of those that are in the archive.
    pub(crate) octets: u64,
    /// Messages that are not, because they cannot be read.
    pub(crate) missing: u64,
    /// The first of them.
    pub(crate) named: Vec<String>,
}

impl Holdings {
    /// Writes a mailbox, its messages too where they are wanted.
    pub(crate) async fn write(
        &mut self,
        archive: &mut Archive,
        store: &Arc<Embedded>,
        mailbox: &Mailbox,
        with_messages: bool,
    ) -> Result<(), Refused> {
        let place = format!("mailboxes/{}", file_name::encode(&mailbox.address.key().replace('/', "%2F")));
        let folders = store.folders(mailbox.id, Reader::Owner).await?;
        archive.open(format!("{place}/folders.jsonl")).await?;
        let whole = notes(store, NotesOf { mailbox: mailbox.id, folder: None }).await?;
        let subscribed = store.subscriptions(mailbox.id).await?;
        archive.json(&json!({ "type": "mailbox", "subscribed": subscribed, "notes": whole })).await?;
        for folder in &folders {
            let notes = notes(store, NotesOf { mailbox: mailbox.id, folder: Some(folder.id) }).await?;
            archive
                .json(&json!({ "type": "folder", "name": folder.name, "special": folder.special.map(|one| one.name()),
                    "messages": folder.messages, "octets": folder.size, "notes": notes }))
                .await?;
        }
        archive.open(format!("{place}/messages.jsonl")).await?;
        for folder in &folders {
            let mut pages = Pages::of(folder, Want { summary: true, ..Want::default() });
            while let Some(page) = pages.next(store).await? {
                for entry in page {
                    self.messages += 1;
                    archive.json(&line(folder, &entry)).await?;
                }
            }
        }
        if with_messages {
            for folder in &folders {
                self.folder(archive, store, &place, folder).await?;
            }
        }
        Ok(())
    }

    async fn folder(
        &mut self,
        archive: &mut Archive,
        store: &Arc<Embedded>,
        place: &str,
        folder: &Folder,
    ) -> Result<(), Refused> {
        let levels: Vec<String> = folder.name.split('/').map(file_name::encode).collect();
        let mut pages = Pages::of(folder, Want::default());
        while let Some(page) = pages.next(store).await? {
            for Entry { uid, message, size, .. } in page {
                let name = format!("{place}/{}/{uid}.eml", levels.join("/"));
                match store.read(message).await {
                    Ok(Some(pieces)) => {
                        archive.file(name, pieces.chunks().cloned().collect()).await?;
                        self.octets += size;
                    }
                    // It went meanwhile.
                    Ok(None) => {}
                    Err(error) if error.kind == ErrorKind::Damaged => {
                        self.missing += 1;
                        if self.named.len() < NAMED {
                            self.named.push(format!("{name}: {error}"));
                        }
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }
}

/// The entries of a folder, page by page.
struct Pages<'a> {
    folder: &'a Folder,
    want: Want,
    after: Option<u32>,
}

impl<'a> Pages<'a> {
    fn of(folder: &'a Folder, want: Want) -> Self {
        Self { folder, want, after: Some(0) }
    }

    async fn next(&mut self, store: &Embedded) -> Result<Option<Vec<Entry>>, Refused> {
        let Some(first) = self.after.and_then(|after| after.checked_add(1)) else { return Ok(None) };
        let uids = UidSet::from_ranges([first..=u32::MAX]);
        let page = store.entries(self.folder.id, &uids, self.want, Reader::Owner, PAGE).await?;
        self.after = page.last().map(|last| last.uid);
        Ok(Some(page).filter(|page| !page.is_empty()))
    }
}

/// What mail programs noted for the owner's eyes and for everybody's, as text.
async fn notes(store: &Embedded, of: NotesOf) -> Result<BTreeMap<String, String>, Refused> {
    let mut all = BTreeMap::new();
    for (prefix, reader) in [("/private", Some(Reader::Owner)), ("/shared", None)] {
        let notes: Notes = store.notes(of, reader).await?;
        let text = |(name, value): (String, Vec<u8>)| {
            (format!("{prefix}{name}"), String::from_utf8_lossy(&value).into_owned())
        };
        all.extend(notes.into_iter().map(text));
    }
    Ok(all)
}

fn line(folder: &Folder, entry: &Entry) -> serde_json::Value {
    let summary = entry.summary.as_deref();
    json!({
        "type": "entry",
        "folder": folder.name,
        "uid": entry.uid,
        "at": entry.internal_date.to_string(),
        "saved": entry.saved.to_string(),
        "size": entry.size,
        "flags": Marks::from(&entry.flags),
        "kind": summary.and_then(|summary| summary.kind).map(|kind| kind.name()),
        "identifier": summary.and_then(|summary| summary.identifier.as_ref()).map(|identifier| identifier.as_str()),
        "from": summary.map(|summary| &summary.from),
        "to": summary.map(|summary| &summary.to),
        "subject": summary.map(|summary| &summary.subject),
        "message_id": summary.map(|summary| &summary.message_id),
    })
}
