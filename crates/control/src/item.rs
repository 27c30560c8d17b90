//! What is answered: items, one after the other, each an object of its own with its `type` in JSON.
//!
//! Instants are RFC 3339 texts in Italian legal time; octets are numbers. Names of states, events and kinds are the
//! store's and the norm's stable ones.

mod mailbox;
mod message;
mod person;
mod queue;
mod unit;
mod upkeep;
mod user;

use serde::{Deserialize, Serialize};

pub use mailbox::{AccessItem, DomainItem, ForecastItem, HoldItem, MailboxItem};
pub use message::{
    AddresseeItem, DiscrepancyItem, FoundItem, LateItem, MessageItem, MoreItem, NamedItem, RowItem, SubjectItem,
};
pub use person::{ErasureItem, Fate};
pub use queue::{DispatchItem, HopItem, PeerHost, PeerItem};
pub use unit::{OfficeItem, OrganisationItem};
pub use upkeep::{CheckItem, FaultItem, ProgressItem, StatusItem};
pub use user::{AppPasswordItem, GrantItem, UserItem};

/// An item of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Item {
    /// What happened at a mailbox.
    Access(AccessItem),
    /// A recipient of a message and its fate.
    Addressee(AddresseeItem),
    /// A secret for mail programs.
    AppPassword(AppPasswordItem),
    /// What a check of the store found.
    Check(CheckItem),
    /// Something that is not as it must be.
    Discrepancy(DiscrepancyItem),
    /// A dispatch of the queue.
    Dispatch(DispatchItem),
    /// A domain.
    Domain(DomainItem),
    /// Something was done that has nothing to show.
    Done(DoneItem),
    /// What becomes of something that is kept of a person.
    Erasure(ErasureItem),
    /// Something that is wrong in the store.
    Fault(FaultItem),
    /// A message that was found in the evidence.
    Found(FoundItem),
    /// When a mailbox will be full.
    Forecast(ForecastItem),
    /// What a user may do with a mailbox, or with those of an office.
    Grant(GrantItem),
    /// A legal hold.
    Hold(HoldItem),
    /// What waits for a hop.
    Hop(HopItem),
    /// A mailbox.
    Mailbox(MailboxItem),
    /// A message that was accepted here.
    Message(MessageItem),
    /// There may be more behind what was shown.
    More(MoreItem),
    /// An office.
    Office(OfficeItem),
    /// An organisation.
    Organisation(OrganisationItem),
    /// Another provider, as far as its TLS certificate is remembered.
    Peer(PeerItem),
    /// How far a check is.
    Progress(ProgressItem),
    /// A row of evidence.
    Row(RowItem),
    /// How the provider fares.
    Status(StatusItem),
    /// What rows of evidence that follow are about.
    Subject(SubjectItem),
    /// A user.
    User(UserItem),
}

/// Something was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoneItem {
    /// What, in English.
    pub what: String,
}

impl Item {
    /// Something was done that has nothing to show.
    pub fn done(what: impl Into<String>) -> Self {
        Item::Done(DoneItem { what: what.into() })
    }
}
