//! What a logged-in person may do with mailboxes. Every door that shows mailboxes stands on this room: rights and states are
//! judged here, once, and no door sees the store.
//!
//! * [`entrance`]: a name and a secret in, a [`Holder`] out, and whether one still stands;
//! * [`holder`]: who that is, and which mailboxes with which rights;
//! * [`desk`]: a mailbox opened by a holder; [`reading`] and [`changing`]: what he does with it;
//! * [`pulse`]: that something has changed in a mailbox, told to the sessions that it concerns.
//!
//! Begin with [`Entrance::enter`] and [`Desk::open`].

pub mod changing;
pub mod denied;
pub mod desk;
pub mod entrance;
pub mod holder;
pub mod pulse;
pub mod reading;
#[cfg(feature = "testing")]
pub mod testing;

pub use changing::Letter;
pub use denied::Denied;
pub use desk::{Desk, Opened};
pub use entrance::Entrance;
pub use holder::Holder;
pub use pulse::{Pulse, Pulses};
pub use store::{
    Actor, Entry, ErrorKind, FlagOperation, Flags, FlagsChanged, Folder, FolderId, Mailbox, MailboxId, MailboxState,
    MessageId, Reader, Rights, SpecialUse, StoreError, SystemFlags, UidSet, Vanished, Want,
};
