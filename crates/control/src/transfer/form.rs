//! What travels in a transfer: lines of JSON, and octets where a line announces them.

use pec::Address;
use serde::{Deserialize, Serialize};
use store::{Flags, SystemFlags};

use crate::refused::Refused;
use crate::text;

/// What a transfer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Messages are carried out; nothing of the mailbox changes.
    Export,
    /// Messages are carried in.
    Import,
}

/// Whose mailbox is opened for a transfer, and what for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferRequest {
    /// The mailbox.
    #[serde(with = "text")]
    pub address: Address,
    /// What for.
    pub purpose: Purpose,
    /// Where from or where to, for the evidence: one line in English.
    pub other_end: String,
}

/// What the command asks while a transfer is open. Each is answered by one or more [`Told`], but [`Ask::Append`] by nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ask {
    /// The next message of the batch; its octets follow the line. Refused at [`Ask::Commit`], where it is.
    Append(Heading),
    /// Forgets which messages were compared: the next [`Ask::Compare`] begins anew.
    Begin,
    /// Puts the batch in its folders, all of it or nothing.
    Commit,
    /// Which of these messages are in a folder already. Each that is there answers for one: of two that are the same, and
    /// one that is there, the second is not.
    Compare {
        /// The folder's name; one that does not exist holds nothing.
        folder: String,
        /// The messages.
        messages: Vec<Likeness>,
    },
    /// Entries of a folder.
    Entries {
        /// The folder's name.
        folder: String,
        /// After this UID.
        after: u32,
    },
    /// The folders.
    Folders,
    /// Makes a folder and those above it, where they are missing.
    Make {
        /// Its name.
        name: String,
        /// What it is for (RFC 6154), with its backslash; left out where another folder is for that.
        special: Option<String>,
    },
    /// The octets of a message.
    Read {
        /// The folder's name.
        folder: String,
        /// Its UID.
        uid: u32,
    },
    /// How much the mailbox holds and may hold.
    Room,
}

/// What a message is known by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Likeness {
    /// Octets.
    pub size: u64,
    /// SHA-256 of its octets, hexadecimal. `None`: not known yet, and any of that size is like it.
    pub digest: Option<String>,
}

/// A message that is appended; `size` octets follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heading {
    /// The folder's name; it exists.
    pub folder: String,
    /// Flags and keywords.
    pub flags: Marks,
    /// The internal date, seconds since 1970.
    pub at: i64,
    /// Octets.
    pub size: u64,
    /// SHA-256 of the octets, hexadecimal: other octets are not taken.
    pub digest: String,
}

/// Flags and keywords by their names, system flags with their backslash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks(pub Vec<String>);

impl From<&Flags> for Marks {
    fn from(flags: &Flags) -> Self {
        let system = SystemFlags::NAMES.iter().filter(|(flag, _)| flags.system.contains(*flag));
        Self(system.map(|(_, name)| (*name).to_owned()).chain(flags.keywords.iter().cloned()).collect())
    }
}

impl From<Marks> for Flags {
    /// Names with a backslash that stand for no flag that can be set, as `\Recent`, are left out.
    fn from(Marks(names): Marks) -> Self {
        let mut flags = Flags::default();
        for name in names {
            match SystemFlags::NAMES.iter().find(|(_, system)| system.eq_ignore_ascii_case(&name)) {
                Some((flag, _)) => flags.system = flags.system.with(*flag),
                None if name.starts_with('\\') => {}
                None => drop(flags.keywords.insert(name)),
            }
        }
        flags
    }
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// It takes long, and goes on.
    Alive,
    /// The batch is in its folders.
    Committed,
    /// For each of the messages that were asked about, whether it is there.
    Compared {
        /// In their order.
        there: Vec<bool>,
    },
    /// All that was asked for is said.
    End,
    /// An entry.
    Entry(EntryTold),
    /// A folder.
    Folder(FolderTold),
    /// The folder that was to be made is there.
    Made,
    /// So many octets follow.
    Octets(u64),
    /// The mailbox is open.
    Opened,
    /// It was not done.
    Refused(Refused),
    /// How much the mailbox holds and may hold.
    Room(Room),
}

/// A folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderTold {
    /// Its name, levels separated by `/`.
    pub name: String,
    /// What it is for, with its backslash.
    pub special: Option<String>,
    /// Messages.
    pub messages: u32,
    /// Octets of its messages.
    pub octets: u64,
}

/// A message in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryTold {
    /// UID
    pub uid: u32,
    /// Flags and keywords.
    pub flags: Marks,
    /// The internal date, seconds since 1970.
    pub at: i64,
    /// Octets.
    pub size: u64,
}

/// How much a mailbox holds and may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Octets that may count.
    pub quota: u64,
    /// Octets that count.
    pub counted: u64,
}

impl Room {
    /// Octets that still come in.
    pub fn left(self) -> u64 {
        self.quota.saturating_sub(self.counted)
    }
}
