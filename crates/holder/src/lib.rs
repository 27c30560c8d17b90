//! What a logged-in person may do with mailboxes. Every door that shows mailboxes stands on this room: rights and states are
//! judged here, once, and no door sees the store.
//!
//! * [`entrance`]: a name and a secret in, a [`Holder`] out, and whether one still stands; [`barred`]: why not;
//! * [`browsers`]: who was let in stays known by a token, for the pages;
//! * [`token`]: who says whom a token of an identity provider is about;
//! * [`holder`]: who that is; [`granted`]: which mailboxes he may use, with which rights;
//! * [`desk`]: a mailbox opened by a holder; [`reading`] and [`changing`]: what he does with it; [`Coming`]: what is read meanwhile;
//! * [`accesses`]: who came, written for the holder to read;
//! * [`presence`]: that a login is over, told to a session that has no mailbox open;
//! * [`pulse`]: that something has changed in a mailbox or about a user, told to the sessions that it concerns.
//!
//! Begin with [`Entrance::enter`] and [`Desk::open`].

pub mod accesses;
pub mod barred;
pub mod browsers;
pub mod changing;
mod coming;
pub mod denied;
pub mod desk;
pub mod entrance;
pub mod granted;
pub mod holder;
pub mod presence;
pub mod pulse;
pub mod reading;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;

pub use accesses::{AccessLog, Came};
pub use barred::Barred;
pub use browsers::{Age, Browsers, Browsing, Token};
pub use changing::{By, HoldersNote, Letter};
pub use coming::Coming;
pub use denied::Denied;
pub use desk::{Desk, Opened};
pub use entrance::{Entered, Entrance, Given, Unproved};
pub use granted::GrantedPage;
pub use holder::Holder;
pub use presence::Presence;
pub use pulse::{Ear, Pulses};
pub use store::{
    AccessOutcome, AccessRow, Account, Actor, Addressee, Annotated, BrowserSession, BrowserSessionId, Capabilities,
    Capability, Entry, ErrorKind, Expunged, FateCount, Filed, FlagOperation, Flags, FlagsChanged, Folder, FolderId,
    Listed, Listing, Mailbox, MailboxId, MailboxState, Matches, MessageId, Newest, Protocol, Reader, Rights,
    SpecialUse, State, StoreError, Summary, SystemFlags, TextKey, UidSet, Vanished, Want, WordHit, WordPlace,
};
pub use token::{NotJudged, TokenJudge};
