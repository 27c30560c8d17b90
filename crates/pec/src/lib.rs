//! What the norm of certified mail says: RFC 6109 and the Italian technical rules around it.
//!
//! This crate has no I/O, no clock, no randomness and no async. It reads and writes bytes, and it
//! is useful alone to anyone who reads or checks PEC messages.
//!
//! * [`formal`]: the formal checks of the Access Point (§3.1.1);
//! * [`compose`]: every notification and envelope a provider emits (§3);
//! * [`message`]: a PEC message read back and classified (§2.2.2);
//! * [`daticert`]: the certification data and their XML (§4.4);
//! * [`brief`]: the reduced original of a brief delivery notification (§3.3.2.2);
//! * [`mime`]: the one reader of MIME, and the structure of a message;
//! * [`limits`]: what an Incoming Point must grant for what an Access Point accepts;
//! * [`report`]: the delivery reports of ordinary mail, as far as providers heed them;
//! * [`address`], [`clock`], [`identifier`], [`moment`], [`pieces`], [`kind`], [`words`]: the words all rooms share.

pub mod address;
pub mod brief;
pub mod clock;
pub mod compose;
pub mod daticert;
mod decode;
mod encoded_word;
pub mod formal;
pub mod header;
pub mod identifier;
pub mod kind;
pub mod limits;
pub mod message;
pub mod mime;
pub mod moment;
pub mod original;
pub mod pieces;
pub mod quirk;
pub mod report;
pub mod text;
pub mod words;

pub use address::{Address, ReversePath};
pub use clock::Clock;
pub use daticert::CertificationData;
pub use identifier::{Identifier, ProviderKey};
pub use kind::{Cause, Fault, Kind, ReceiptType, Recipient, RecipientType};
pub use moment::Moment;
pub use pieces::{Piece, Pieces, Shared};
pub use words::Words;
