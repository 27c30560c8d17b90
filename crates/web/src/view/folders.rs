//! The folders of a mailbox, as the column beside every page shows them.

use holder::{Folder, FolderId, SpecialUse};

use crate::language::Language;

/// A folder in the column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FolderLink {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) icon: &'static str,
    pub(crate) href: String,
    /// What is to be read, or, of drafts, what there is.
    pub(crate) count: u32,
    pub(crate) is_quiet: bool,
    pub(crate) is_open: bool,
    /// 1 to 4.
    pub(crate) level: usize,
}

/// What a folder is called here: those that every mailbox has in the language of the page, others by their own names.
pub(crate) fn called(folder: &Folder, l: Language) -> String {
    match folder.special {
        _ if folder.name == "INBOX" => l.inbox().to_owned(),
        Some(SpecialUse::Sent) => l.sent().to_owned(),
        Some(SpecialUse::Drafts) => l.drafts().to_owned(),
        Some(SpecialUse::Trash) => l.trash().to_owned(),
        Some(SpecialUse::Archive) => l.archive().to_owned(),
        Some(SpecialUse::Junk) => l.junk().to_owned(),
        None if folder.name == "Ricevute" => l.receipts().to_owned(),
        None => folder.name.rsplit('/').next().unwrap_or(&folder.name).to_owned(),
    }
}

fn icon(folder: &Folder) -> &'static str {
    match folder.special {
        _ if folder.name == "INBOX" => "inbox",
        Some(SpecialUse::Sent) => "send",
        Some(SpecialUse::Drafts) => "file",
        Some(SpecialUse::Trash) => "delete",
        _ if folder.name == "Ricevute" => "receipt",
        _ => "folder",
    }
}

/// Those that every mailbox has, in the order in which people use them, and the others by name.
pub(crate) fn column(
    folders: &[Folder],
    path: &str,
    open: Option<FolderId>,
    l: Language,
) -> (Vec<FolderLink>, Vec<FolderLink>) {
    let rank = |folder: &Folder| match folder.special {
        _ if folder.name == "INBOX" => Some(0),
        Some(SpecialUse::Sent) => Some(1),
        Some(SpecialUse::Drafts) => Some(2),
        None if folder.name == "Ricevute" => Some(3),
        Some(SpecialUse::Archive) => Some(4),
        Some(SpecialUse::Junk) => Some(5),
        Some(SpecialUse::Trash) => Some(6),
        None => None,
    };
    let link = |folder: &Folder| {
        let drafts = folder.special == Some(SpecialUse::Drafts);
        FolderLink {
            id: folder.id.0,
            name: called(folder, l),
            icon: icon(folder),
            href: format!("{path}/f/{}", folder.id.0),
            count: if drafts { folder.messages } else { folder.unseen },
            is_quiet: drafts,
            is_open: open == Some(folder.id),
            level: (folder.name.matches('/').count() + 1).min(4),
        }
    };
    let mut own: Vec<&Folder> = folders.iter().filter(|folder| rank(folder).is_some()).collect();
    own.sort_by_key(|folder| rank(folder));
    let made = folders.iter().filter(|folder| rank(folder).is_none());
    (own.into_iter().map(link).collect(), made.map(link).collect())
}
