//! What the answers hold.

use pec::Moment;

/// A mailbox of `LIST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its attributes, as `\Noselect`.
    pub attributes: Vec<String>,
    /// What separates levels.
    pub delimiter: Option<char>,
    /// The name as it came, to be said again.
    pub raw: Vec<u8>,
    /// The name that it stands for: modified UTF-7 undone, or UTF-8 where it is none.
    pub name: String,
}

/// What the names of folders begin with (RFC 2342).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespaces {
    /// Those of who is logged in.
    pub own: Vec<String>,
    /// Those of other people, and those that several share.
    pub others: Vec<String>,
}

/// Items of `FETCH`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// `UID`
    pub uid: Option<u32>,
    /// `RFC822.SIZE`
    pub size: Option<u64>,
    /// `FLAGS`, system flags with their backslash.
    pub flags: Option<Vec<String>>,
    /// `INTERNALDATE`
    pub at: Option<Moment>,
    /// `BODY[]`; `Some(None)`: the server has none.
    pub body: Option<Option<Vec<u8>>>,
}
