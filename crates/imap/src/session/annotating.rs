//! GETMETADATA and SETMETADATA (RFC 5464): what clients note about folders, and about the mailbox as a whole, which is the
//! server to them. `/private` is the holder's own, `/shared` is for everybody who reads the mailbox.

use std::collections::BTreeMap;

use holder::{Annotated, Denied, ErrorKind, FolderId, HoldersNote, StoreError};

use super::end::Stop;
use super::state::Session;
use crate::command::{GetMetadata, MetadataDepth};
use crate::response::Code;
use crate::tag::Tag;

const PRIVATE: &str = "/private";
const SHARED: &str = "/shared";

/// Whether a name, in lower case, is one of the holder's own, and what it is below that.
fn place(name: &str) -> Option<(bool, &str)> {
    let below = |root| name.strip_prefix(root).filter(|below| below.is_empty() || below.starts_with('/'));
    below(PRIVATE).map(|below| (true, below)).or_else(|| below(SHARED).map(|below| (false, below)))
}

impl Session<'_> {
    /// What notes are about: a folder, or with the empty name all of the mailbox; and its name here. To a user by own name no
    /// single mailbox is the server.
    async fn noted(&mut self, mailbox: &str) -> Result<(Option<FolderId>, String), Stop> {
        match (mailbox.is_empty(), self.mailboxes()?.is_one()) {
            (true, true) => Ok((None, String::new())),
            (true, false) => {
                Err(Stop::no(Code::Cannot, "nothing is noted but about a folder: name one under Caselle/"))
            }
            (false, _) => {
                let folder = self.folder(mailbox).await?;
                Ok((Some(folder.id), self.mailboxes()?.name(&folder.name)))
            }
        }
    }

    pub(super) async fn get_metadata(&mut self, tag: &Tag, get: GetMetadata) -> Result<(), Stop> {
        let GetMetadata { mailbox, max_size, depth, entries } = get;
        let (folder, name) = self.noted(&mailbox).await?;
        let mut held = BTreeMap::new();
        for (root, private) in [(PRIVATE, true), (SHARED, false)] {
            let notes = self.opened()?.notes(folder, private).await?;
            held.extend(notes.into_iter().map(|(name, value)| (format!("{root}{name}"), value)));
        }
        let mut told: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
        for entry in &entries {
            let wanted = entry.to_ascii_lowercase();
            let found = held.iter().filter(|(name, _)| is_within(name, &wanted, depth));
            told.extend(found.map(|(name, value)| (name.clone(), Some(value.clone()))));
            // That there is no such note is told of one that was asked for itself.
            if depth == MetadataDepth::Zero {
                told.entry(wanted).or_default();
            }
        }
        let most = max_size.map(|most| most as usize);
        let length = |value: &Option<Vec<u8>>| value.as_ref().map(Vec::len).unwrap_or_default();
        let longest = told.values().map(length).filter(|length| most.is_some_and(|most| *length > most)).max();
        told.retain(|_, value| most.is_none_or(|most| length(value) <= most));
        if !told.is_empty() {
            let told: Vec<_> = told.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
            self.out.metadata(&name, &told);
            self.relieve().await?;
        }
        let code = longest.map(|octets| Code::MetadataLongEntries(octets as u64));
        self.finish(tag, true, code, "done").await
    }

    pub(super) async fn set_metadata(
        &mut self,
        tag: &Tag,
        mailbox: &str,
        entries: Vec<(String, Option<Vec<u8>>)>,
    ) -> Result<(), Stop> {
        let (folder, _) = self.noted(mailbox).await?;
        let mut notes = Vec::with_capacity(entries.len());
        for (name, value) in entries {
            let name = name.to_ascii_lowercase();
            let Some((private, below)) = place(&name).filter(|(_, below)| !below.is_empty()) else {
                return Err(Stop::no(Code::Cannot, "the name of an entry begins with /private/ or /shared/"));
            };
            notes.push(HoldersNote { name: below.to_owned(), value, private });
        }
        match self.opened()?.annotate(folder, notes).await {
            Ok(Annotated::Done) => self.finish(tag, true, None, "noted").await,
            Ok(Annotated::TooLong(most)) => {
                Err(Stop::no(Code::MetadataMaxSize(most.into()), "an entry is longer than it may be"))
            }
            Err(Denied::Store(StoreError { kind: ErrorKind::Limit, what })) => {
                Err(Stop::no(Code::MetadataTooMany, what))
            }
            Err(denied) => Err(denied.into()),
        }
    }
}

/// Whether a name is the wanted one, or as far below it as is wanted.
fn is_within(name: &str, wanted: &str, depth: MetadataDepth) -> bool {
    let Some(below) = name.strip_prefix(wanted) else { return false };
    match (below.strip_prefix('/'), depth) {
        (None, _) => below.is_empty(),
        (Some(_), MetadataDepth::Zero) => false,
        (Some(below), MetadataDepth::One) => !below.contains('/'),
        (Some(_), MetadataDepth::Infinity) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_within_each_other_by_levels() {
        use MetadataDepth::{Infinity, One, Zero};
        for (name, depth, within) in [
            ("/private/a", Zero, true),
            ("/private/a/b", Zero, false),
            ("/private/a/b", One, true),
            ("/private/a/b/c", One, false),
            ("/private/a/b/c", Infinity, true),
            ("/private/ab", Infinity, false),
        ] {
            assert_eq!(is_within(name, "/private/a", depth), within, "{name} {depth:?}");
        }
        assert_eq!(place("/private/x/y"), Some((true, "/x/y")));
        assert_eq!((place("/shared"), place("/sharedx"), place("/vendor")), (Some((false, "")), None, None));
    }
}
