//! Whether every message has what it must have, beside everything else and always: one envelope, one acceptance, each certified
//! recipient in exactly one final outcome, virus detections with their notices, nothing for addresses that are no recipients.
//!
//! * [`Case`]: what the evidence says of one message, row by row; [`Case::judge`] is the whole table of what may be wrong
//!   with it, pure;
//! * [`Reason`]: everything that can be wrong, each with its stable name (docs/monitoring.md says what to do about it);
//! * [`Reconciler`]: the duty that follows the evidence by its numbers, judges each message that new rows are about, and keeps
//!   what is wrong in the store. A round costs what came since the one before, however old the archive is.

mod case;
mod judge;
mod reason;
mod reconciler;
mod standing;

pub use case::{Case, Known};
pub use reason::{Flaw, Reason};
pub use reconciler::{MARGIN, Reconciler, Trace};
pub use standing::Standing;
