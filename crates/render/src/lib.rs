//! Messages of somebody's made safe and readable to look at.
//!
//! What a stranger wrote is octets until it has passed through here. This room has no I/O, no clock, no randomness and no
//! async; whatever the octets are, it gives something, within [`Limits`] and in bounded time.
//!
//! * [`Message`]: the octets of an original (what is inside `postacert.eml`), and everything that can be asked of it;
//! * [`Shown`]: who wrote, when, about what; the text as paragraphs, quotes and links ([`Text`], no markup: whoever shows it
//!   escapes it); what is attached ([`Attachment`]: a safe name, what it says it is and what it is, how it can be looked at);
//! * [`Page`]: foreign HTML as a document for a frame of its own, with the `Content-Security-Policy` that belongs to it
//!   ([`Remote::csp`]);
//! * [`SignedFile`]: a `.p7m` opened, with its signers; [`Invoice`]: an electronic invoice read; [`list`]: what is in a ZIP. Which of
//!   them an attachment is for, its [`Preview`] says;
//! * [`PartPath`]: where a part stands, so that an address can name it; [`Message::part`] gives its octets, byte for byte.
//!
//! Three rules hold in all of it:
//!
//! 1. **Nothing of the original passes that was not understood.** HTML is written anew from a tree by an allow-list, a style
//!    from its declarations, an address from its parts; a picture is one by its first octets, not by what is said of it.
//! 2. **What is shown reads as it is.** Characters that turn the direction of reading come out nowhere; hosts in other letters
//!    are shown in ASCII; a name that holds another address than the one beside it is marked.
//! 3. **Nothing is asked of anybody** unless the reader wants it ([`Remote`]): opening a message tells its sender nothing.

mod archive;
mod attachment;
mod html;
mod invoice;
mod limits;
mod link;
mod message;
mod name;
mod parts;
mod path;
mod picture;
mod plain;
mod preview;
mod seen;
mod shown;
mod signed;
mod text;

pub use archive::{Entry, Listing, NoArchive, list};
pub use attachment::Attachment;
pub use html::{CSP, CSP_WITH_REMOTE, Page, Remote};
pub use invoice::{Amount, Document, Inside, Invoice, Item, NotInvoice, Party, Payment, Tax};
pub use limits::Limits;
pub use message::Message;
pub use name::disposition;
pub use path::{NoPath, PartPath};
pub use picture::Picture;
pub use preview::Preview;
pub use seen::Seen;
pub use shown::{Person, Shown};
pub use signed::{Fit, NotOpened, Signature, SignedFile};
pub use text::{Line, Paragraph, Run, Text};
