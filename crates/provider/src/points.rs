//! The points: pure decisions. A message, what is known, one instant; out comes what it causes. No decision waits, signs,
//! counts or logs.
//!
//! * [`access`]: the Access Point (RFC 6109 §3.1): what a holder submits;
//! * [`incoming`]: the Incoming Point (§3.2): what other systems bring;
//! * [`delivery`]: the Delivery Point (§3.3): mailboxes and the receipts about them;
//! * [`quarantine`]: infected messages (§3.1.3, §3.2.3, §2.2.4);
//! * [`silence`]: the notices when nothing comes (§3.1.6); [`progress`]: what a notification says of a recipient;
//! * [`ending`]: the notices before an app password ends; [`filling`]: those when a mailbox fills, [`refused`]: and of what a
//!   full one refuses; `letter`: what they have in common;
//! * [`handover`]: what becomes of a dispatch that was carried;
//! * [`notice`]: where a notice goes; [`finding`]: the words that they share.

pub mod access;
pub mod delivery;
pub mod ending;
pub mod filling;
pub mod finding;
pub mod handover;
pub mod incoming;
mod letter;
pub mod notice;
pub mod progress;
pub mod quarantine;
pub mod refused;
pub mod silence;
